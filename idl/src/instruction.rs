//! Instructions as nodes.

use {
    crate::{pda, text, types},
    codama_nodes::{
        ArgumentValueNode, CamelCaseString, DefaultValueStrategy, DisplaySkip, FieldDiscriminatorNode,
        InstructionAccountDisplayNode, InstructionAccountNode, InstructionArgumentNode, InstructionDisplayNode,
        InstructionLifecycle, InstructionNode, InstructionRemainingAccountsNode, InstructionStatusNode, IsSigner,
        NumberValueNode, OptionalAccountStrategy, PublicKeyValueNode, StructFieldDisplayNode,
    },
    tidepool_interface::{
        Address, address,
        schema::{Account, Field, Instruction, Number, Role, Unit},
    },
};

/// Accounts that have the same address in each transaction.
const FIXED: [(&str, Address); 8] = [
    ("system_program", address::SYSTEM_PROGRAM_ID),
    ("stake_program", address::STAKE_PROGRAM_ID),
    ("metadata_program", address::METADATA_PROGRAM_ID),
    ("clock", address::CLOCK_ID),
    ("rent", address::RENT_ID),
    ("stake_history", address::STAKE_HISTORY_ID),
    ("stake_config", address::STAKE_CONFIG_ID),
    ("instructions", address::INSTRUCTIONS_ID),
];

/// Instructions that new clients should not send, and why.
const RETIRED: [(&str, InstructionLifecycle, &str); 2] = [
    ("DecreaseValidatorStake", InstructionLifecycle::Deprecated, "Use DecreaseValidatorStakeWithReserve."),
    ("Redelegate", InstructionLifecycle::Archived, "The program rejects it."),
];

/// An instruction.
pub fn node(instruction: &Instruction) -> InstructionNode {
    let (rest, accounts): (Vec<_>, Vec<_>) =
        instruction.accounts.iter().partition(|account| account.role == Role::Rest);
    InstructionNode {
        name: instruction.name.into(),
        docs: text::docs(instruction.docs),
        optional_account_strategy: Some(OptionalAccountStrategy::Omitted),
        accounts: accounts.into_iter().map(|row| account(row, instruction)).collect(),
        arguments: [tag(instruction.tag)].into_iter().chain(instruction.arguments.iter().map(argument)).collect(),
        remaining_accounts: rest.into_iter().map(remaining).collect(),
        discriminators: vec![FieldDiscriminatorNode::new("tag", 0).into()],
        status: RETIRED
            .iter()
            .find(|(name, ..)| *name == instruction.name)
            .map(|(_, lifecycle, message)| InstructionStatusNode::with_message(*lifecycle, *message)),
        display: Some(InstructionDisplayNode {
            intent: Some(text::title(instruction.name)),
            interpolated_intent: Some(interpolated(instruction)),
        }),
        ..InstructionNode::default()
    }
}

fn tag(tag: u8) -> InstructionArgumentNode {
    let mut node = InstructionArgumentNode::new("tag", types::number(Number::U8, Unit::None));
    *node.default_value = Some(NumberValueNode::new(u64::from(tag)).into());
    node.default_value_strategy = Some(DefaultValueStrategy::Omitted);
    node.display = Some(StructFieldDisplayNode::skipped(DisplaySkip::Always));
    node
}

fn argument(argument: &Field) -> InstructionArgumentNode {
    let mut node = InstructionArgumentNode::new(argument.name, types::node(&argument.shape));
    node.docs = text::docs(argument.docs);
    node
}

fn account(row: &Account, instruction: &Instruction) -> InstructionAccountNode {
    let signer = match row.flags {
        "s" | "sw" => IsSigner::True,
        "e" => IsSigner::Either,
        _ => IsSigner::False,
    };
    let mut node = InstructionAccountNode::new(row.name, row.flags.contains('w'), signer);
    node.docs = text::docs(&[row.docs]);
    node.is_optional = (row.role == Role::Optional).then_some(true);
    let fixed = FIXED.iter().find(|(name, _)| *name == row.name);
    if let Some((_, address)) = fixed {
        *node.default_value = Some(PublicKeyValueNode::new(address.to_string()).into());
        node.display = Some(InstructionAccountDisplayNode::skipped(DisplaySkip::Always));
    } else if node.is_optional.is_none()
        && let Some(address) = pda::default(row.name, instruction)
    {
        *node.default_value = Some(address.into());
    }
    node
}

fn remaining(row: &Account) -> InstructionRemainingAccountsNode {
    InstructionRemainingAccountsNode {
        is_optional: None,
        is_signer: None,
        is_writable: row.flags.contains('w').then_some(true),
        docs: text::docs(&[row.docs]),
        value: Box::new(ArgumentValueNode::new(row.name).into()),
        display: None,
    }
}

/// The sentence with Codama's placeholders: `${data.NAME}` for an argument, `${accounts.NAME}` for an account.
fn interpolated(instruction: &Instruction) -> String {
    let is_argument = |name: &str| instruction.arguments.iter().any(|argument| argument.name == name);
    instruction.with(|name| {
        let list = if is_argument(name) { "data" } else { "accounts" };
        format!("${{{list}.{}}}", &*CamelCaseString::new(name))
    })
}
