//! `WithdrawStake`, row by row: steps 4 to 6 of SPL, and step 8 of a validator whose whole account goes.

use {
    crate::withdraw_harness::{Expected, Harness, Row, check},
    Expected::{And, Error, Success},
    solana_address::Address,
    solana_instruction::error::InstructionError,
    solana_stake_interface::state::StakeStateV2,
    tidepool_interface::state::StakeStatus,
    tidepool_tests::{
        SOL,
        stake::{edit_delegation, undelegate},
    },
};

const fn row(name: &'static str, set: fn(&mut Harness), expected: Expected) -> Row {
    Row { name, set, expected }
}

const fn custom(code: u32) -> Expected {
    Error(InstructionError::Custom(code))
}

/// Step 5, and with it the thresholds of step 4.
const RESERVE: &[Row] = &[
    row("validators have stake", |h| h.split_from = h.pool.state.head.reserve_stake, custom(23)),
    row("active at the threshold", Harness::use_reserve, Success),
    row("active above it", |h| reserve_active(h, 1), custom(23)),
    row("active below it", |h| reserve_active(h, -1), Success),
    row("transient at the threshold", |h| reserve_transient(h, 0), Success),
    row("transient above it", |h| reserve_transient(h, 1), custom(23)),
    row("transient below it", |h| reserve_transient(h, -1), Success),
    row("stake of a validator that is removed", removed_stake, Success),
    row("preferred validator elsewhere", reserve_preferred, Success),
    row("all but the rent", |h| reserve_leaving(h, 0), Success),
    row("a lamport of the rent", |h| reserve_leaving(h, 1), custom(35)),
    row("more than the reserve", |h| reserve_leaving(h, SOL), custom(35)),
];

fn reserve_active(h: &mut Harness, more: i64) {
    h.use_reserve();
    h.hold(1, h.threshold().saturating_add_signed(more));
}

fn reserve_transient(h: &mut Harness, more: i64) {
    h.use_reserve();
    h.hold_transient(1, h.threshold().saturating_add_signed(more));
}

fn removed_stake(h: &mut Harness) {
    h.use_reserve();
    h.hold(1, 100 * SOL);
    h.hold_transient(1, 100 * SOL);
    h.status(1, StakeStatus::DeactivatingAll);
}

fn reserve_preferred(h: &mut Harness) {
    h.use_reserve();
    h.prefer(None, Some(h.vote(1)));
}

fn reserve_leaving(h: &mut Harness, beyond: u64) {
    h.use_reserve();
    h.tokens = h.lamports(h.split_from) - h.rent() + beyond;
}

/// Step 6: the preferred validator.
const PREFERRED: &[Row] = &[
    row("this validator", |h| h.prefer(None, Some(h.vote(0))), Success),
    row("another at the threshold", |h| prefer_other(h, 0), custom(25)),
    row("another below it", |h| prefer_other(h, -1), Success),
    row("another above it", |h| prefer_other(h, 1), custom(25)),
    row("another that is removed", prefer_removed, custom(25)),
    row("one that is not in the list", |h| h.prefer(None, Some(Address::new_unique())), Success),
    row("for deposits only", |h| h.prefer(Some(h.vote(1)), None), Success),
    row("another, before the voter is looked up", prefer_before_voter, custom(25)),
];

fn prefer_other(h: &mut Harness, more: i64) {
    h.hold(1, h.threshold().saturating_add_signed(more));
    h.prefer(None, Some(h.vote(1)));
}

fn prefer_removed(h: &mut Harness) {
    h.status(1, StakeStatus::ReadyForRemoval);
    prefer_other(h, 0);
}

fn prefer_before_voter(h: &mut Harness) {
    other_voter(h);
    prefer_other(h, 0);
}

/// Step 6: which account is the source.
const SOURCE: &[Row] = &[
    row("initialized", |h| undelegate(h.data(h.split_from)), custom(11)),
    row("uninitialized", |h| h.set_source(&StakeStateV2::Uninitialized), custom(11)),
    row("rewards pool", |h| h.set_source(&StakeStateV2::RewardsPool), custom(11)),
    row("empty", |h| h.data(h.split_from).clear(), Error(InstructionError::BorshIoError)),
    row("voter not in the list", other_voter, custom(14)),
    row("active", |_| (), Success),
    row("active of this one alone", |h| h.hold(1, h.threshold()), Success),
    row("active elsewhere: transient account", |h| h.split_from = h.pool.validators[0].transient, custom(15)),
    row("active elsewhere: another account", copy_source, custom(15)),
    row("active above the threshold", |h| small_source(h, 1), Success),
    row("active at the threshold is no source but whole", |h| small_source(h, 0), custom(23)),
    row("active below the threshold is no source but whole", |h| small_source(h, -1), custom(23)),
    row("transient", Harness::only_transient, Success),
    row("transient: validator account", validator_for_transient, custom(15)),
    row("transient: another account", copy_transient, custom(15)),
    row("transient elsewhere, a little here", |h| little_transient(h, 10 * SOL), Success),
    row("transient here, too little to count", |h| little_transient(h, 0), Success),
    row("transient here, too little to count: validator account", little_but_validator, custom(15)),
    row("transient elsewhere, none here: validator account", none_but_validator, custom(15)),
    row("whole: another account", copy_whole, custom(15)),
    row("active, deactivating transient", |h| h.status(0, StakeStatus::DeactivatingTransient), custom(14)),
    row("active, ready for removal", |h| h.status(0, StakeStatus::ReadyForRemoval), custom(14)),
    row("active, deactivating validator", |h| h.status(0, StakeStatus::DeactivatingValidator), custom(14)),
    row("active, deactivating all", |h| h.status(0, StakeStatus::DeactivatingAll), custom(14)),
    row("transient, removed", removed_transient, custom(14)),
    row("whole, removed", removed_whole, custom(14)),
    row("active: the required lamports stay", |h| leaving(h, 0), Success),
    row("active: a lamport less stays", |h| leaving(h, 1), custom(23)),
    row("active: more than the account", |h| h.tokens = 150 * SOL, custom(23)),
    row("transient: the required lamports stay", |h| leaving_transient(h, 0), Success),
    row("transient: a lamport less stays", |h| leaving_transient(h, 1), custom(23)),
    row("transient: the record holds less", short_transient, custom(3)),
];

fn other_voter(h: &mut Harness) {
    let source = h.split_from;
    edit_delegation(h.data(source), |delegation| delegation.voter_pubkey = Address::new_from_array([9; 32]));
}

fn copy_source(h: &mut Harness) {
    let account = h.vm.account(&h.split_from);
    h.split_from = Address::new_unique();
    h.vm.accounts.insert(h.split_from, account);
}

fn small_source(h: &mut Harness, more: i64) {
    h.exhaust();
    h.hold(0, h.threshold().saturating_add_signed(more));
    h.tokens = h.minimum_delegation();
}

fn validator_for_transient(h: &mut Harness) {
    h.only_transient();
    h.split_from = h.pool.validators[0].stake;
}

fn copy_transient(h: &mut Harness) {
    h.only_transient();
    copy_source(h);
}

fn little_transient(h: &mut Harness, elsewhere: u64) {
    h.only_transient();
    h.hold_transient(0, h.threshold());
    h.record_transient(1, elsewhere);
    h.tokens = h.minimum_delegation();
}

fn little_but_validator(h: &mut Harness) {
    little_transient(h, 0);
    h.split_from = h.pool.validators[0].stake;
}

fn none_but_validator(h: &mut Harness) {
    validator_for_transient(h);
    h.record_transient(0, 0);
}

fn copy_whole(h: &mut Harness) {
    h.remove(h.required());
    copy_source(h);
}

fn removed_transient(h: &mut Harness) {
    h.only_transient();
    h.status(0, StakeStatus::DeactivatingTransient);
}

fn removed_whole(h: &mut Harness) {
    h.remove(h.required());
    h.status(0, StakeStatus::ReadyForRemoval);
}

fn leaving(h: &mut Harness, less: u64) {
    h.hold(0, h.required() + 5 * SOL - less);
}

fn leaving_transient(h: &mut Harness, less: u64) {
    h.only_transient();
    h.hold_transient(0, h.required() + 5 * SOL - less);
}

fn short_transient(h: &mut Harness) {
    h.only_transient();
    h.record_transient(0, 5 * SOL - 1);
}

/// Step 6 where the whole account goes, and what step 8 then does.
const REMOVAL: &[Row] = &[
    row("the account", |h| h.remove(h.required()), And(Harness::removed)),
    row("at the threshold", |h| h.remove(h.threshold()), And(Harness::removed)),
    row("a lamport too few", |h| remove_for(h, -1), custom(23)),
    row("a token's value more", |h| remove_for(h, 1), And(Harness::removed)),
    row("more than a token's value more", |h| remove_for(h, 2), custom(23)),
    row("at 1000: the account", |h| h.remove_at_thousand(0, 0), And(Harness::removed)),
    row("at 1000: a lamport too few", |h| h.remove_at_thousand(0, 1), custom(23)),
    row("at 1000: a lamport within", |h| h.remove_at_thousand(1, 1), And(Harness::removed)),
    row("at 1000: a token's value more", |h| h.remove_at_thousand(1, 0), And(Harness::removed)),
    row("at 1000: a lamport more than that", |h| h.remove_at_thousand(1, -1), custom(23)),
    row("preferred for both", |h| preferring(h, [0, 0]), And(|h| h.preferences() == [None; 2])),
    row("preferred for deposits", |h| preferring(h, [0, 1]), And(|h| h.preferences() == [None, Some(h.vote(1))])),
    row("preferred for withdrawals", |h| preferring(h, [1, 0]), And(|h| h.preferences() == [Some(h.vote(1)), None])),
    row("others preferred", |h| preferring(h, [1, 1]), And(|h| h.preferences() == [Some(h.vote(1)); 2])),
    row("the record holds more", |h| recorded(h, 1), custom(17)),
    row("the record holds less", |h| recorded(h, -1), custom(3)),
];

fn remove_for(h: &mut Harness, more: i64) {
    h.remove(h.required());
    h.tokens = h.tokens.saturating_add_signed(more);
}

fn preferring(h: &mut Harness, [deposit, withdraw]: [usize; 2]) {
    h.remove(h.required());
    h.hold(1, h.required());
    h.prefer(Some(h.vote(deposit)), Some(h.vote(withdraw)));
}

fn recorded(h: &mut Harness, more: i64) {
    h.remove(h.required());
    h.record_active(0, h.required().saturating_add_signed(more));
}

#[test]
fn the_reserve_is_a_source_alike() {
    check(RESERVE);
}

#[test]
fn the_preferred_validator_is_heeded_alike() {
    check(PREFERRED);
}

#[test]
fn each_source_is_taken_alike() {
    check(SOURCE);
}

#[test]
fn each_whole_account_goes_alike() {
    check(REMOVAL);
}
