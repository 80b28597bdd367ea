//! `WithdrawStake`, row by row: steps 1 to 3 and 7 to 8 of the contract. Where the stake comes from is in `withdraw_source`.
//!
//! Not reached:
//! - A supply of zero with the error of step 3: the lamports of step 2 are zero then, which is refused first.
//! - Total lamports running below zero in step 8: no burn within the supply is worth more than all of them, and a burn beyond
//!   the supply fails on the supply first.

use {
    crate::withdraw_bed::{AMOUNT, Bed, Expected, Row, check, check_order, check_with},
    Expected::{And, Error, Success},
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    solana_stake_interface::state::StakeStateV2,
    tidepool_interface::address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    tidepool_tests::SOL,
};

const fn row(name: &'static str, set: fn(&mut Bed), expected: Expected) -> Row {
    Row { name, set, expected }
}

const fn custom(code: u32) -> Expected {
    Error(InstructionError::Custom(code))
}

/// Puts another address into the instruction, at which there is nothing.
macro_rules! other {
    ($index:literal) => {
        |bed: &mut Bed| {
            bed.edits.push(|instruction: &mut Instruction| instruction.accounts[$index].pubkey = Address::new_unique());
        }
    };
}

/// Steps 1 and 2 up to the lamports, in order.
const GATES: &[Row] = &[
    row("stake program", other!(12), Error(InstructionError::IncorrectProgramId)),
    row("pool owner", |bed| bed.disown(bed.pool.pool), Error(InstructionError::IncorrectProgramId)),
    row("pool type", |bed| bed.data(bed.pool.pool)[0] = 2, custom(2)),
    row("mint", other!(9), custom(10)),
    row(
        "mint data",
        |bed| bed.data(bed.pool.state.head.pool_mint).truncate(81),
        Error(InstructionError::InvalidAccountData),
    ),
    row("list address", other!(1), custom(8)),
    row("withdraw authority", other!(2), custom(1)),
    row("fee account", other!(8), custom(9)),
    row("token program", other!(11), Error(InstructionError::IncorrectProgramId)),
    row("stale", stale, custom(17)),
    row(
        "list owner",
        |bed| bed.disown(bed.pool.state.head.validator_list),
        Error(InstructionError::IncorrectProgramId),
    ),
    row("list type", |bed| bed.data(bed.pool.state.head.validator_list)[0] = 1, custom(2)),
    row("too small", |bed| bed.tokens = 0, custom(28)),
    row("source undecodable", |bed| bed.data(bed.split_from).clear(), Error(InstructionError::BorshIoError)),
];

/// The pool's epoch, and whatever else [`Bed`] has changed of its state.
fn stale(bed: &mut Bed) {
    let owner = bed.vm.account(&bed.pool.pool).owner;
    bed.pool.state.head.last_update_epoch = 1.into();
    bed.pool.write_pool(&mut bed.vm);
    bed.vm.accounts.get_mut(&bed.pool.pool).expect("a pool").owner = owner;
}

/// Step 2: fee and worth; step 3: a token's worth.
const AMOUNTS: &[Row] = &[
    row("no fee", |_| (), And(|bed| bed.took(0))),
    row("fee rounded up", one_percent, And(|bed| bed.took(SOL / 20 + 1))),
    row("burnt from the fee account", from_fee_account, And(burnt_without_fee)),
    row("fee account frozen", |bed| exempt(bed, |data| data[108] = 2), And(|bed| bed.took(0))),
    row("fee account uninitialized", |bed| exempt(bed, |data| data.fill(0)), And(|bed| bed.took(0))),
    row("fee account empty", |bed| exempt(bed, Vec::clear), And(|bed| bed.took(0))),
    row("fee account of another mint", |bed| exempt(bed, |data| data[0] ^= 1), And(|bed| bed.took(0))),
    row("fee account of another program", disown_fee_account, And(|bed| bed.took(0))),
    row("fee account wants memos", |bed| exempt(bed, |data| data.extend([2, 8, 0, 1, 0, 1])), And(|bed| bed.took(0))),
    row("all is fee", |bed| bed.fee(1, 1), custom(28)),
    row("more than all is fee", |bed| bed.fee(2, 1), custom(3)),
    row("no tokens", |bed| bed.tokens = 0, custom(28)),
    row("worth less than a lamport", |bed| worth(bed, SOL, 2 * SOL, 1), custom(28)),
    row("no supply", |bed| bed.price(1_000 * SOL, 0), custom(28)),
    row("worth more than can be", |bed| worth(bed, u64::MAX, 1, 2), custom(3)),
    row("a token's worth overflows", |bed| worth(bed, u64::MAX, 1 << 63, 1), custom(3)),
];

fn worth(bed: &mut Bed, total: u64, supply: u64, tokens: u64) {
    bed.price(total, supply);
    bed.tokens = tokens;
}

fn one_percent(bed: &mut Bed) {
    bed.fee(1, 100);
    bed.tokens = 5 * SOL + 1;
}

fn exempt(bed: &mut Bed, change: fn(&mut Vec<u8>)) {
    one_percent(bed);
    change(bed.fee_account());
}

fn disown_fee_account(bed: &mut Bed) {
    one_percent(bed);
    bed.disown(bed.pool.state.head.manager_fee_account);
}

fn from_fee_account(bed: &mut Bed) {
    one_percent(bed);
    let (fee_account, manager) = (bed.pool.state.head.manager_fee_account, bed.pool.state.head.manager);
    bed.fee_account()[AMOUNT].copy_from_slice(&(50 * SOL).to_le_bytes());
    (bed.holder.tokens, bed.holder.wallet) = (fee_account, manager);
}

fn burnt_without_fee(bed: &Bed) -> bool {
    let supply = bed.pool.read_state(&bed.vm).head.pool_token_supply.get();
    supply == 1_000 * SOL - bed.tokens
}

/// An extension that fee accounts may have. The pool takes such an account for valid whatever its program; then the program
/// itself has to cope with it.
const IMMUTABLE_OWNER: fn(&mut Bed) = |bed| exempt(bed, |data| data.extend([2, 7, 0, 0, 0]));
const EXTENDED: &[Row] = &[row("immutable owner", IMMUTABLE_OWNER, And(|bed| bed.took(SOL / 20 + 1)))];
const EXTENDED_OF_SPL_TOKEN: &[Row] =
    &[row("immutable owner", IMMUTABLE_OWNER, Error(InstructionError::InvalidAccountData))];

/// Step 7: slippage, and what the token and stake programs refuse; step 8: what does not add up afterwards.
const EFFECTS: &[Row] = &[
    row("just enough", |bed| bed.minimum = Some(bed.tokens), Success),
    row("slippage", |bed| bed.minimum = Some(bed.tokens + 1), custom(39)),
    row("slippage after the clamp: the account", |bed| clamp(bed, 0), And(Bed::removed)),
    row("slippage after the clamp: more", |bed| clamp(bed, 1), custom(39)),
    row("slippage from the reserve", slippage_from_reserve, custom(39)),
    row("too few tokens", |bed| bed.tokens = 0, custom(28)),
    row("more tokens than held", |bed| set_tokens(bed, 5 * SOL - 1), custom(1)),
    row("too few tokens for the fee", burn_all, custom(1)),
    row(
        "unsigned",
        |bed| bed.edits.push(|ix| ix.accounts[6].is_signer = false),
        Error(InstructionError::PrivilegeEscalation),
    ),
    row("tokens of another", |bed| bed.data(bed.holder.tokens)[32] ^= 1, custom(4)),
    row("tokens of another mint", |bed| bed.data(bed.holder.tokens)[0] ^= 1, custom(3)),
    row("tokens frozen", |bed| bed.data(bed.holder.tokens)[108] = 2, custom(17)),
    row("less than the least delegation", |bed| bed.tokens = bed.minimum_delegation() - 1, custom(12)),
    row("the least delegation", |bed| bed.tokens = bed.minimum_delegation(), Success),
    row("target delegated", delegate_target, Error(InstructionError::InvalidAccountData)),
    row(
        "target a rewards pool",
        |bed| target_state(bed, &StakeStateV2::RewardsPool),
        Error(InstructionError::InvalidAccountData),
    ),
    row("target too small", |bed| bed.data(bed.split_to).truncate(199), Error(InstructionError::InvalidAccountData)),
    row("target of another program", |bed| bed.disown(bed.split_to), Error(InstructionError::InvalidAccountOwner)),
    row("target without rent", |bed| target_lamports(bed, 1), Error(InstructionError::InsufficientFunds)),
    row("more burnt than the supply", |bed| worth(bed, SOL, SOL, 2 * SOL), custom(3)),
    row("record holds less", |bed| bed.record_active(0, 5 * SOL - 1), custom(3)),
    row("record holds just that", |bed| bed.record_active(0, 5 * SOL), Success),
];

fn clamp(bed: &mut Bed, more: u64) {
    let account = bed.required();
    bed.remove(account);
    bed.tokens = account + 1;
    bed.minimum = Some(account + more);
}

fn slippage_from_reserve(bed: &mut Bed) {
    bed.use_reserve();
    bed.minimum = Some(bed.tokens + 1);
}

fn set_tokens(bed: &mut Bed, amount: u64) {
    bed.data(bed.holder.tokens)[AMOUNT].copy_from_slice(&amount.to_le_bytes());
}

fn burn_all(bed: &mut Bed) {
    one_percent(bed);
    set_tokens(bed, 5 * SOL);
}

fn target_state(bed: &mut Bed, state: &StakeStateV2) {
    tidepool_tests::stake::set_state(bed.data(bed.split_to), state);
}

fn delegate_target(bed: &mut Bed) {
    let data = bed.data(bed.split_from).clone();
    *bed.data(bed.split_to) = data;
}

fn target_lamports(bed: &mut Bed, lamports: u64) {
    bed.vm.accounts.get_mut(&bed.split_to).expect("an account").lamports = lamports;
}

#[test]
fn each_gate_refuses_in_its_order() {
    check_order(GATES);
}

#[test]
fn each_amount_is_reckoned_alike() {
    check(AMOUNTS);
    check_with(EXTENDED, &[TOKEN_2022_PROGRAM_ID]);
    check_with(EXTENDED_OF_SPL_TOKEN, &[TOKEN_PROGRAM_ID]);
}

#[test]
fn each_effect_is_alike() {
    check(EFFECTS);
}
