//! Addresses that are derived from seeds. By hand: the interface derives them in functions, to which a test holds these.

use {
    crate::{text, types},
    codama_nodes::{
        AccountValueNode, ArgumentValueNode, BytesTypeNode, BytesValueNode, CamelCaseString, ConstantPdaSeedNode,
        PdaLinkNode, PdaNode, PdaSeedNode, PdaSeedValueNode, PdaSeedValueValue, PdaValueNode, PublicKeyTypeNode,
        PublicKeyValueNode, TypeNode, VariablePdaSeedNode,
    },
    tidepool_interface::{
        Address,
        address::{
            ASSOCIATED_TOKEN_PROGRAM_ID, DEPOSIT_AUTHORITY_SEED, EPHEMERAL_STAKE_SEED, EXIT_TICKET_SEED,
            METADATA_PROGRAM_ID, TRANSIENT_STAKE_SEED, WITHDRAW_AUTHORITY_SEED,
        },
        schema::{Instruction, Number, Unit},
    },
};

/// A seed.
enum Seed {
    /// Bytes that are text.
    Text(&'static [u8]),
    /// The address of a program.
    Program(Address),
    /// An address.
    Address(&'static str),
    /// A number of 64 bits.
    Number(&'static str),
    /// Bytes, also none.
    Bytes(&'static str),
}

/// A derived address: the name of the account, its documentation, its program unless it is the stake pool's, its seeds.
struct Pda {
    name: &'static str,
    docs: &'static str,
    program: Option<Address>,
    seeds: &'static [Seed],
}

/// Named like the accounts of instructions, and the seeds like accounts and arguments.
const PDAS: [Pda; 8] = [
    Pda {
        name: "withdraw_authority",
        docs: "The staker and withdrawer of the pool's stake and the authority of its mint.",
        program: None,
        seeds: &[Seed::Address("pool"), Seed::Text(WITHDRAW_AUTHORITY_SEED)],
    },
    Pda {
        name: "deposit_authority",
        docs: "The stake deposit authority of a pool that has set no other.",
        program: None,
        seeds: &[Seed::Address("pool"), Seed::Text(DEPOSIT_AUTHORITY_SEED)],
    },
    Pda {
        name: "validator_stake",
        docs: "The stake account of a validator in the pool. `seed_suffix` is the record's `validator_seed_suffix` as four little-endian bytes, or no byte if it is 0.",
        program: None,
        seeds: &[Seed::Address("vote"), Seed::Address("pool"), Seed::Bytes("seed_suffix")],
    },
    Pda {
        name: "transient_stake",
        docs: "The account of a validator's activating or deactivating stake. The seed is the record's `transient_seed_suffix`.",
        program: None,
        seeds: &[
            Seed::Text(TRANSIENT_STAKE_SEED),
            Seed::Address("vote"),
            Seed::Address("pool"),
            Seed::Number("transient_stake_seed"),
        ],
    },
    Pda {
        name: "ephemeral_stake",
        docs: "A stake account that exists within one instruction only.",
        program: None,
        seeds: &[Seed::Text(EPHEMERAL_STAKE_SEED), Seed::Address("pool"), Seed::Number("ephemeral_stake_seed")],
    },
    Pda {
        name: "ticket",
        docs: "An exit ticket. The id of a new one is the `next_id` of the pool's tickets.",
        program: None,
        seeds: &[Seed::Text(EXIT_TICKET_SEED), Seed::Address("pool"), Seed::Number("id")],
    },
    Pda {
        name: "escrow",
        docs: "The token account of the withdraw authority that holds the pool tokens of exit tickets: the associated one.",
        program: Some(ASSOCIATED_TOKEN_PROGRAM_ID),
        seeds: &[Seed::Address("withdraw_authority"), Seed::Address("token_program"), Seed::Address("pool_mint")],
    },
    Pda {
        name: "metadata",
        docs: "The Metaplex metadata account of the pool token.",
        program: Some(METADATA_PROGRAM_ID),
        seeds: &[Seed::Text(b"metadata"), Seed::Program(METADATA_PROGRAM_ID), Seed::Address("pool_mint")],
    },
];

/// All derived addresses.
pub fn all() -> Vec<PdaNode> {
    let node = |pda: &Pda| PdaNode {
        name: pda.name.into(),
        docs: text::docs(&[pda.docs]),
        program_id: pda.program.map(|program| program.to_string()),
        seeds: pda.seeds.iter().map(seed).collect(),
    };
    PDAS.iter().map(node).collect()
}

fn seed(seed: &Seed) -> PdaSeedNode {
    match seed {
        Seed::Text(text) => {
            let text = str::from_utf8(text).expect("seeds are ASCII");
            ConstantPdaSeedNode::new(TypeNode::from(BytesTypeNode::new()), BytesValueNode::utf8(text)).into()
        }
        Seed::Program(program) => {
            let program = PublicKeyValueNode::new(program.to_string());
            ConstantPdaSeedNode::new(TypeNode::from(PublicKeyTypeNode::new()), program).into()
        }
        Seed::Address(name) => VariablePdaSeedNode::new(*name, PublicKeyTypeNode::new()).into(),
        Seed::Number(name) => VariablePdaSeedNode::new(*name, types::number(Number::U64, Unit::None)).into(),
        Seed::Bytes(name) => VariablePdaSeedNode::new(*name, BytesTypeNode::new()).into(),
    }
}

/// The address of the account `name` of an instruction, if each seed is another account or an argument of it.
pub fn default(name: &str, instruction: &Instruction) -> Option<PdaValueNode> {
    let pda = PDAS.iter().find(|pda| pda.name == name)?;
    let mut seeds = vec![];
    for seed in pda.seeds {
        let (Seed::Address(seed) | Seed::Number(seed) | Seed::Bytes(seed)) = seed else { continue };
        let value: PdaSeedValueValue = if instruction.accounts.iter().any(|account| account.name == *seed) {
            AccountValueNode::new(*seed).into()
        } else if instruction.arguments.iter().any(|argument| argument.name == *seed) {
            ArgumentValueNode::new(*seed).into()
        } else {
            return None;
        };
        seeds.push(PdaSeedValueNode::new(*seed, value));
    }
    Some(PdaValueNode::new(PdaLinkNode::new(CamelCaseString::new(pda.name)), seeds))
}
