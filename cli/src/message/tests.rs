//! Messages as text, and what is shown of them.

use {
    super::*,
    solana_hash::Hash,
    solana_instruction::{AccountMeta, Instruction},
    solana_message::{AddressLookupTableAccount, v0},
    solana_stake_interface::{instruction as stake_instruction, state::StakeAuthorize},
    solana_system_interface::instruction as system_instruction,
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent,
    spl_token_2022_interface::{instruction as token_instruction, instruction::AuthorityType},
    tidepool_core::maths::Fee,
    tidepool_interface::{
        instruction::{
            ExtensionInstruction as Extension, FeeType, PreferredValidatorType, StakePoolInstruction as Pool,
            WeightEntry,
        },
        state::{Ceiling, DemotionGround, DemotionPolicy, FeeCeilings, Limits, RebalancePolicy},
    },
};

fn address(number: u8) -> Address {
    Address::new_from_array([number; 32])
}

fn of(instruction: Instruction) -> Message {
    let message = solana_message::Message::new_with_blockhash(&[instruction], Some(&address(1)), &Hash::default());
    Message(VersionedMessage::Legacy(message))
}

fn message() -> Message {
    of(Instruction::new_with_bytes(address(9), &[7], vec![]))
}

/// What is shown of an instruction, without knowing the pool's program.
fn shown(instruction: Instruction) -> String {
    of(instruction).instructions(None).concat()
}

#[test]
fn a_message_travels_as_text() {
    assert_eq!(message().to_string().parse(), Ok(message()));
    assert_eq!(message().pool_program(), Some(address(9)));
}

#[test]
fn what_is_no_message_or_more_than_one_is_refused() {
    let more = [message().0.serialize(), vec![0]].concat();
    for wrong in ["", "!", "AAAA", &BASE64_STANDARD.encode(more)] {
        assert!(wrong.parse::<Message>().unwrap_err().contains("--sign-only"), "{wrong}");
    }
}

#[test]
fn another_key_is_refused() {
    let refused = message().check_signs(&[address(2)]).unwrap_err().to_string();
    assert!(refused.contains(&address(1).to_string()), "{refused}");
    assert!(message().check_signs(&[address(1)]).is_ok());
}

#[test]
fn transfers_and_accounts_are_explained() {
    let [payer, to] = [address(1), address(2)];
    assert_eq!(
        shown(system_instruction::transfer(&payer, &to, 1_500_000_000)),
        format!("system program: transfer 1.5 SOL from {payer} to {to}")
    );
    assert_eq!(
        shown(system_instruction::create_account(&payer, &to, 1_000_000_000, 200, &STAKE_PROGRAM_ID)),
        format!(
            "system program: create account {to} with 1 SOL from {payer} and 200 bytes, for program {STAKE_PROGRAM_ID}"
        )
    );
    assert_eq!(
        shown(system_instruction::assign(&payer, &address(9))),
        format!("system program: assign account {payer} to program {}", address(9))
    );
    assert_eq!(
        shown(system_instruction::advance_nonce_account(&to, &payer)),
        format!("system program: advance nonce account {to}, as {payer}")
    );
    let seed = "\u{1b}[2J";
    let seeded = system_instruction::create_account_with_seed(&payer, &to, &payer, seed, 1, 0, &SYSTEM_PROGRAM_ID);
    assert!(!shown(seeded).contains('\u{1b}'), "a seed moves the cursor");
}

#[test]
fn stake_is_explained() {
    let [owner, stake, other] = [address(1), address(2), address(3)];
    let withdrawer = StakeAuthorize::Withdrawer;
    let cases = [
        (
            stake_instruction::authorize(&stake, &owner, &other, withdrawer, None),
            format!("make {other} withdrawer (owner) of stake account {stake}, as {owner}"),
        ),
        (
            stake_instruction::withdraw(&stake, &owner, &other, 2_000_000_000, None),
            format!("withdraw 2 SOL from stake account {stake} to {other}, as {owner}"),
        ),
        (
            stake_instruction::delegate_stake(&stake, &owner, &other),
            format!("delegate stake account {stake} to validator {other}, as {owner}"),
        ),
        (stake_instruction::deactivate_stake(&stake, &owner), format!("deactivate stake account {stake}, as {owner}")),
        (
            stake_instruction::merge(&stake, &other, &owner).remove(0),
            format!("merge stake account {other} into {stake}, as {owner}"),
        ),
        (
            stake_instruction::split(&stake, &owner, 1_000_000_000, &other).pop().unwrap(),
            format!("split 1 SOL off stake account {stake} into {other}, as {owner}"),
        ),
    ];
    for (instruction, expected) in cases {
        assert_eq!(shown(instruction), format!("stake program: {expected}"));
    }
}

#[test]
fn tokens_are_explained_in_both_programs() {
    let [owner, from, to, mint] = [address(1), address(2), address(3), address(4)];
    for (program, name) in [(TOKEN_PROGRAM_ID, "token program"), (TOKEN_2022_PROGRAM_ID, "Token-2022 program")] {
        let signers = &[];
        let kind = AuthorityType::AccountOwner;
        let cases = [
            (
                token_instruction::transfer_checked(&program, &from, &mint, &to, &owner, signers, 77, 9),
                format!("transfer 77 smallest units of mint {mint} from token account {from} to {to}, as {owner}"),
            ),
            (
                token_instruction::approve(&program, &from, &to, &owner, signers, 5),
                format!("approve {to} for 5 smallest units in token account {from}, as {owner}"),
            ),
            (
                token_instruction::set_authority(&program, &from, Some(&to), kind, &owner, signers),
                format!("make {to} owner of {from}, as {owner}"),
            ),
            (
                token_instruction::close_account(&program, &from, &to, &owner, signers),
                format!("close {from}, whose lamports go to {to}, as {owner}"),
            ),
            (
                token_instruction::mint_to(&program, &mint, &to, &owner, signers, 6),
                format!("mint 6 smallest units of mint {mint} into {to}, as {owner}"),
            ),
            (
                token_instruction::burn(&program, &from, &mint, &owner, signers, 7),
                format!("burn 7 smallest units of mint {mint} in {from}, as {owner}"),
            ),
        ];
        for (instruction, expected) in cases {
            assert_eq!(shown(instruction.unwrap()), format!("{name}: {expected}"));
        }
    }
    let made = create_associated_token_account_idempotent(&owner, &to, &mint, &TOKEN_PROGRAM_ID);
    let made = shown(made);
    assert!(made.contains(&format!("of {to} for mint {mint}, with rent from {owner}, unless it exists")), "{made}");
}

#[test]
fn the_budget_is_explained() {
    let budget = |data: &[u8]| shown(Instruction::new_with_bytes(COMPUTE_BUDGET_PROGRAM_ID, data, vec![]));
    assert_eq!(budget(&[2, 64, 13, 3, 0]), "compute budget program: compute unit limit 200000");
    let price = "compute budget program: compute unit price 5 micro-lamports";
    assert_eq!(budget(&[3, 5, 0, 0, 0, 0, 0, 0, 0]), price);
    assert!(budget(&[3, 5]).contains("unknown instruction data"));
}

#[test]
fn what_is_not_known_is_shown_as_it_is() {
    let account = AccountMeta::new(address(5), false);
    let unknown = |program, data: &[u8]| Instruction::new_with_bytes(program, data, vec![account.clone()]);
    let raw =
        |data: &str| format!("unknown instruction data {data} on {}: sign only if you trust its source", address(5));
    assert_eq!(shown(unknown(SYSTEM_PROGRAM_ID, &[255, 1])), format!("system program: {}", raw("ff01")));
    assert_eq!(shown(unknown(address(9), &[250, 1])), format!("{}: {}", address(9), raw("fa01")));
}

#[test]
fn a_strange_program_is_not_taken_for_a_stake_pool() {
    // 13: set a staker; any program may have an instruction of the same bytes.
    let instruction = || Instruction::new_with_bytes(address(9), &[13], vec![AccountMeta::new(address(5), false)]);
    let guessed = shown(instruction());
    assert!(guessed.starts_with(&format!("{}: if that is a stake pool program", address(9))), "{guessed}");
    assert!(guessed.contains("SetStaker") && guessed.contains("data 0d"), "{guessed}");
    let told = of(instruction()).instructions(Some(address(9))).concat();
    assert_eq!(
        told,
        format!(
            "stake pool program {}: SetStaker: Make a missing account the staker of the pool {pool} (pool: {pool}, staker or manager: a \
             missing account, new staker: a missing account)",
            address(9),
            pool = address(5)
        )
    );
    let other = of(instruction()).instructions(Some(address(8))).concat();
    assert_eq!(other, guessed);
}

#[test]
fn accounts_of_a_pool_have_their_names() {
    let told = |data: &[u8], accounts: u8| {
        let metas = (1..=accounts).map(|number| AccountMeta::new(address(number), false)).collect();
        of(Instruction::new_with_bytes(address(9), data, metas)).instructions(Some(address(9))).concat()
    };
    let [program, pool, manager, new] = [address(9), address(1), address(2), address(3)];
    let set_staker = format!(
        "SetStaker: Make {new} the staker of the pool {pool} (pool: {pool}, staker or manager: {manager}, new staker: {new}"
    );
    assert_eq!(told(&[13], 3), format!("stake pool program {program}: {set_staker})"));
    // Whatever comes after them is not kept back.
    assert_eq!(told(&[13], 4), format!("stake pool program {program}: {set_staker}, {})", address(4)));
    let authority = told(&[15, 0], 3);
    assert!(authority.ends_with(&format!("manager: {manager}, new authority: {new})")), "{authority}");
    assert!(told(&[15, 0], 2).ends_with("new authority: none)"), "{}", told(&[15, 0], 2));
    let cancel = format!("CancelAnnouncement: Withdraw the announcement of the pool {pool} about: staker (pool");
    assert_eq!(
        told(&[70, 1], 2),
        format!("stake pool program {program}: {cancel}: {pool}, manager or guardian: {manager})")
    );
    assert!(told(&[72, 1, 0, 0, 0, 0, 0, 0, 0, 2], 3).ends_with("peer vote: none)"));
    for (data, accounts, last) in [
        (&[69][..], 2, "manager or guardian"),
        (&[71], 2, "manager"),
        (&[73], 12, "system program"),
        (&[74], 12, "token program"),
        (&[75], 8, "token program"),
    ] {
        let length = match data[0] {
            69 => 64,
            71 | 73 => 16,
            _ => 0,
        };
        let told = told(&[data, &vec![0; length]].concat(), accounts);
        assert!(told.ends_with(&format!("{last}: {})", address(accounts))), "{told}");
    }
}

/// What is shown of an instruction up to its accounts.
fn sentence(data: &[u8]) -> String {
    let metas = (1..=15).map(|number| AccountMeta::new(address(number), false)).collect();
    let shown = of(Instruction::new_with_bytes(address(20), data, metas)).instructions(Some(address(20))).concat();
    let shown = shown.strip_prefix(&format!("stake pool program {}: ", address(20))).unwrap();
    shown.split(" (").next().unwrap().to_owned()
}

#[test]
fn values_have_their_units() {
    let [pool, recipient] = [address(1), address(7)];
    let limits = |limits| sentence(&Extension::SetLimits { limits }.to_vec());
    let ceilings = FeeCeilings { epoch: Ceiling::new(700), ..FeeCeilings::default() };
    let demotion = DemotionPolicy { max_validators: 1.into(), max_stake: 500.into(), ..DemotionPolicy::NONE };
    let weights = [WeightEntry::new(3, &address(4), 5), WeightEntry::new(6, &address(5), 0)];
    let cases = [
        (
            Extension::RequestExit { pool_tokens: 1_500_000_000, minimum_lamports: 1_400_000_000 }.to_vec(),
            format!(
                "RequestExit: Request an exit ticket of the pool {pool} for 1.5 pool tokens: at least 1.4 SOL to {recipient}"
            ),
        ),
        (
            Extension::SetDemotionPolicy { policy: demotion }.to_vec(),
            format!(
                "SetDemotionPolicy: Set the demotion policy of the pool {pool}: cooldown 0 epochs, demotions in an epoch at most 1, with 5 \
                 % of the pool"
            ),
        ),
        (
            Extension::SetDemotionPolicy { policy: DemotionPolicy::NONE }.to_vec(),
            format!("SetDemotionPolicy: Set the demotion policy of the pool {pool}: no demotions"),
        ),
        (
            Extension::DemoteValidator { index: 3, peer_index: 5, ground: DemotionGround::NoBlsKey }.to_vec(),
            format!(
                "DemoteValidator: Demote the validator {} of the pool {pool}: no BLS key; index 3; peer index 5",
                address(3)
            ),
        ),
        (
            Extension::SetRebalancePolicy { policy: RebalancePolicy::DEFAULT }.to_vec(),
            format!(
                "SetRebalancePolicy: Set the rebalance policy of the pool {pool}: reserve share 0 %, turnover budget 100 %, validator cap \
                 100 %, reserve floor 0 SOL, threshold 0 SOL, reserve rents {}",
                RebalancePolicy::DEFAULT.reserve_rents
            ),
        ),
        (
            Extension::SetValidatorWeights { more: false, weights: &weights }.to_vec(),
            format!(
                "SetValidatorWeights: Set weights of validators of the pool {pool}: index 3, vote prefix 0404040404040404, weight 5; index \
                 6, vote prefix 0505050505050505, weight 0; more no"
            ),
        ),
        (
            Pool::SetFee { fee: FeeType::SolDeposit(Fee::new(1, 1_000)) }.to_vec(),
            format!("SetFee: Set a fee of the pool {pool}: fee on SOL deposits 0.1 %"),
        ),
        (
            Pool::SetPreferredValidator { validator_type: PreferredValidatorType::Deposit, vote_account: None }
                .to_vec(),
            format!("SetPreferredValidator: Set the preferred validator for deposit of the pool {pool} to none"),
        ),
    ];
    for (data, expected) in cases {
        assert_eq!(sentence(&data), expected);
    }
    let tighter = "SetLimits: Tighten the limits of the pool";
    assert_eq!(limits(Limits::NONE), format!("{tighter} {pool}: no limits"));
    assert_eq!(limits(Limits { ceilings, ..Limits::NONE }), format!("{tighter} {pool}: fee on rewards at most 7 %"));
}

#[test]
fn text_of_an_instruction_moves_no_cursor() {
    let name = "\u{1b}[2J";
    let shown = sentence(&Pool::CreateTokenMetadata { name, symbol: "S", uri: "u" }.to_vec());
    assert!(!shown.contains('\u{1b}') && shown.contains("symbol \"S\""), "{shown}");
}

/// The interface decodes instructions too: both accept the same bytes, or one would be signed that is not shown.
#[test]
fn what_the_interface_decodes_is_shown() {
    for row in tidepool_interface::schema::instructions() {
        for length in 0..200 {
            let data = [&[row.tag][..], &vec![0; length]].concat();
            let decodes = Pool::decode(&data).is_ok() || Extension::decode(&data).is_ok();
            let shown = !sentence_or_raw(&data).contains("unknown instruction data");
            assert_eq!(shown, decodes, "tag {}, {length} bytes", row.tag);
        }
    }
}

fn sentence_or_raw(data: &[u8]) -> String {
    of(Instruction::new_with_bytes(address(20), data, vec![])).instructions(Some(address(20))).concat()
}

#[test]
fn accounts_of_lookup_tables_are_told_apart() {
    let metas = vec![AccountMeta::new_readonly(address(20), false), AccountMeta::new(address(21), false)];
    let instruction = Instruction::new_with_bytes(SYSTEM_PROGRAM_ID, &[2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], metas);
    let table = AddressLookupTableAccount { key: address(30), addresses: vec![address(22), address(21), address(20)] };
    let message = v0::Message::try_compile(&address(1), &[instruction], &[table], Hash::default()).unwrap();
    let shown = Message(VersionedMessage::V0(message)).instructions(None).concat();
    let table = address(30);
    assert_eq!(
        shown,
        format!(
            "system program: transfer 0.000000001 SOL from address 2 of lookup table {table} to address 1 of lookup table {table}"
        )
    );
}
