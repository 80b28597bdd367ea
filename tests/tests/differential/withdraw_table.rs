//! `WithdrawStake`, row by row: steps 1 to 3 and 7 to 8 of SPL. Where the stake comes from is in `withdraw_source`.
//!
//! Not reached:
//! - A supply of zero with the error of step 3: the lamports of step 2 are zero then, which is refused first.
//! - Total lamports running below zero in step 8: no burn within the supply has more value than all of them, and a burn beyond
//!   the supply fails on the supply first.

use {
    crate::withdraw_harness::{AMOUNT, Expected, Harness, Row, check, check_order, check_with},
    Expected::{And, Error, Success},
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    solana_stake_interface::state::StakeStateV2,
    tidepool_interface::address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    tidepool_tests::SOL,
};

const fn row(name: &'static str, set: fn(&mut Harness), expected: Expected) -> Row {
    Row { name, set, expected }
}

const fn custom(code: u32) -> Expected {
    Error(InstructionError::Custom(code))
}

/// Puts another address into the instruction, at which there is nothing.
macro_rules! other {
    ($index:literal) => {
        |h: &mut Harness| {
            h.edits.push(|instruction: &mut Instruction| instruction.accounts[$index].pubkey = Address::new_unique());
        }
    };
}

/// Steps 1 and 2 up to the lamports, in order.
const GATES: &[Row] = &[
    row("stake program", other!(12), Error(InstructionError::IncorrectProgramId)),
    row("pool owner", |h| h.disown(h.pool.pool), Error(InstructionError::IncorrectProgramId)),
    row("pool type", |h| h.data(h.pool.pool)[0] = 2, custom(2)),
    row("mint", other!(9), custom(10)),
    row("mint data", |h| h.data(h.pool.state.head.pool_mint).truncate(81), Error(InstructionError::InvalidAccountData)),
    row("list address", other!(1), custom(8)),
    row("withdraw authority", other!(2), custom(1)),
    row("fee account", other!(8), custom(9)),
    row("token program", other!(11), Error(InstructionError::IncorrectProgramId)),
    row("stale", stale, custom(17)),
    row("list owner", |h| h.disown(h.pool.state.head.validator_list), Error(InstructionError::IncorrectProgramId)),
    row("list type", |h| h.data(h.pool.state.head.validator_list)[0] = 1, custom(2)),
    row("too small", |h| h.tokens = 0, custom(28)),
    row("source undecodable", |h| h.data(h.split_from).clear(), Error(InstructionError::BorshIoError)),
];

/// The pool's epoch, and whatever else [`Harness`] has changed of its state.
fn stale(h: &mut Harness) {
    let owner = h.vm.account(&h.pool.pool).owner;
    h.pool.state.head.last_update_epoch = 1.into();
    h.pool.write_pool(&mut h.vm);
    h.vm.accounts.get_mut(&h.pool.pool).expect("a pool").owner = owner;
}

/// Step 2: fee and value; step 3: the value of a token.
const AMOUNTS: &[Row] = &[
    row("no fee", |_| (), And(|h| h.took(0))),
    row("fee rounded up", one_percent, And(|h| h.took(SOL / 20 + 1))),
    row("burnt from the fee account", from_fee_account, And(burnt_without_fee)),
    row("fee account frozen", |h| exempt(h, |data| data[108] = 2), And(|h| h.took(0))),
    row("fee account uninitialized", |h| exempt(h, |data| data.fill(0)), And(|h| h.took(0))),
    row("fee account empty", |h| exempt(h, Vec::clear), And(|h| h.took(0))),
    row("fee account of another mint", |h| exempt(h, |data| data[0] ^= 1), And(|h| h.took(0))),
    row("fee account of another program", disown_fee_account, And(|h| h.took(0))),
    row("fee account wants memos", |h| exempt(h, |data| data.extend([2, 8, 0, 1, 0, 1])), And(|h| h.took(0))),
    row("all is fee", |h| h.fee(1, 1), custom(28)),
    row("more than all is fee", |h| h.fee(2, 1), custom(3)),
    row("no tokens", |h| h.tokens = 0, custom(28)),
    row("value below a lamport", |h| value(h, SOL, 2 * SOL, 1), custom(28)),
    row("no supply", |h| h.price(1_000 * SOL, 0), custom(28)),
    row("value above 64 bits", |h| value(h, u64::MAX, 1, 2), custom(3)),
    row("the value of a token overflows", |h| value(h, u64::MAX, 1 << 63, 1), custom(3)),
];

fn value(h: &mut Harness, total: u64, supply: u64, tokens: u64) {
    h.price(total, supply);
    h.tokens = tokens;
}

fn one_percent(h: &mut Harness) {
    h.fee(1, 100);
    h.tokens = 5 * SOL + 1;
}

fn exempt(h: &mut Harness, change: fn(&mut Vec<u8>)) {
    one_percent(h);
    change(h.fee_account());
}

fn disown_fee_account(h: &mut Harness) {
    one_percent(h);
    h.disown(h.pool.state.head.manager_fee_account);
}

fn from_fee_account(h: &mut Harness) {
    one_percent(h);
    let (fee_account, manager) = (h.pool.state.head.manager_fee_account, h.pool.state.head.manager);
    h.fee_account()[AMOUNT].copy_from_slice(&(50 * SOL).to_le_bytes());
    (h.holder.tokens, h.holder.wallet) = (fee_account, manager);
}

fn burnt_without_fee(h: &Harness) -> bool {
    let supply = h.pool.read_state(&h.vm).head.pool_token_supply.get();
    supply == 1_000 * SOL - h.tokens
}

/// An extension that fee accounts may have. The pool takes such an account for valid whatever its program; then the program
/// itself has to cope with it.
const IMMUTABLE_OWNER: fn(&mut Harness) = |h| exempt(h, |data| data.extend([2, 7, 0, 0, 0]));
const EXTENDED: &[Row] = &[row("immutable owner", IMMUTABLE_OWNER, And(|h| h.took(SOL / 20 + 1)))];
const EXTENDED_OF_SPL_TOKEN: &[Row] =
    &[row("immutable owner", IMMUTABLE_OWNER, Error(InstructionError::InvalidAccountData))];

/// Step 7: slippage, and what the token and stake programs refuse; step 8: what does not add up afterwards.
const EFFECTS: &[Row] = &[
    row("just enough", |h| h.minimum = Some(h.tokens), Success),
    row("slippage", |h| h.minimum = Some(h.tokens + 1), custom(39)),
    row("slippage after the clamp: the account", |h| clamp(h, 0), And(Harness::removed)),
    row("slippage after the clamp: more", |h| clamp(h, 1), custom(39)),
    row("slippage from the reserve", slippage_from_reserve, custom(39)),
    row("too few tokens", |h| h.tokens = 0, custom(28)),
    row("more tokens than held", |h| set_tokens(h, 5 * SOL - 1), custom(1)),
    row("too few tokens for the fee", burn_all, custom(1)),
    row(
        "unsigned",
        |h| h.edits.push(|ix| ix.accounts[6].is_signer = false),
        Error(InstructionError::PrivilegeEscalation),
    ),
    row("tokens of another", |h| h.data(h.holder.tokens)[32] ^= 1, custom(4)),
    row("tokens of another mint", |h| h.data(h.holder.tokens)[0] ^= 1, custom(3)),
    row("tokens frozen", |h| h.data(h.holder.tokens)[108] = 2, custom(17)),
    row("less than the least delegation", |h| h.tokens = h.minimum_delegation() - 1, custom(12)),
    row("the least delegation", |h| h.tokens = h.minimum_delegation(), Success),
    row("target delegated", delegate_target, Error(InstructionError::InvalidAccountData)),
    row(
        "target a rewards pool",
        |h| target_state(h, &StakeStateV2::RewardsPool),
        Error(InstructionError::InvalidAccountData),
    ),
    row("target too small", |h| h.data(h.split_to).truncate(199), Error(InstructionError::InvalidAccountData)),
    row("target of another program", |h| h.disown(h.split_to), Error(InstructionError::InvalidAccountOwner)),
    row("target without rent", |h| target_lamports(h, 1), Error(InstructionError::InsufficientFunds)),
    row("more burnt than the supply", |h| value(h, SOL, SOL, 2 * SOL), custom(3)),
    row("record holds less", |h| h.record_active(0, 5 * SOL - 1), custom(3)),
    row("record holds just that", |h| h.record_active(0, 5 * SOL), Success),
];

fn clamp(h: &mut Harness, more: u64) {
    let account = h.required();
    h.remove(account);
    h.tokens = account + 1;
    h.minimum = Some(account + more);
}

fn slippage_from_reserve(h: &mut Harness) {
    h.use_reserve();
    h.minimum = Some(h.tokens + 1);
}

fn set_tokens(h: &mut Harness, amount: u64) {
    h.data(h.holder.tokens)[AMOUNT].copy_from_slice(&amount.to_le_bytes());
}

fn burn_all(h: &mut Harness) {
    one_percent(h);
    set_tokens(h, 5 * SOL);
}

fn target_state(h: &mut Harness, state: &StakeStateV2) {
    tidepool_tests::stake::set_state(h.data(h.split_to), state);
}

fn delegate_target(h: &mut Harness) {
    let data = h.data(h.split_from).clone();
    *h.data(h.split_to) = data;
}

fn target_lamports(h: &mut Harness, lamports: u64) {
    h.vm.accounts.get_mut(&h.split_to).expect("an account").lamports = lamports;
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
