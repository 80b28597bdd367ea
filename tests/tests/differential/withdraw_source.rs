//! `WithdrawStake`, row by row: steps 4 to 6 of the contract, and step 8 of a validator whose whole account goes.

use {
    crate::withdraw_bed::{Bed, Expected, Row, check},
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

const fn row(name: &'static str, set: fn(&mut Bed), expected: Expected) -> Row {
    Row { name, set, expected }
}

const fn custom(code: u32) -> Expected {
    Error(InstructionError::Custom(code))
}

/// Step 5, and with it the thresholds of step 4.
const RESERVE: &[Row] = &[
    row("validators have stake", |bed| bed.split_from = bed.pool.state.head.reserve_stake, custom(23)),
    row("active at the threshold", Bed::use_reserve, Success),
    row("active above it", |bed| reserve_active(bed, 1), custom(23)),
    row("active below it", |bed| reserve_active(bed, -1), Success),
    row("transient at the threshold", |bed| reserve_transient(bed, 0), Success),
    row("transient above it", |bed| reserve_transient(bed, 1), custom(23)),
    row("transient below it", |bed| reserve_transient(bed, -1), Success),
    row("stake of a validator that is removed", removed_stake, Success),
    row("preferred validator elsewhere", reserve_preferred, Success),
    row("all but the rent", |bed| reserve_leaving(bed, 0), Success),
    row("a lamport of the rent", |bed| reserve_leaving(bed, 1), custom(35)),
    row("more than the reserve", |bed| reserve_leaving(bed, SOL), custom(35)),
];

fn reserve_active(bed: &mut Bed, more: i64) {
    bed.use_reserve();
    bed.hold(1, bed.threshold().saturating_add_signed(more));
}

fn reserve_transient(bed: &mut Bed, more: i64) {
    bed.use_reserve();
    bed.hold_transient(1, bed.threshold().saturating_add_signed(more));
}

fn removed_stake(bed: &mut Bed) {
    bed.use_reserve();
    bed.hold(1, 100 * SOL);
    bed.hold_transient(1, 100 * SOL);
    bed.status(1, StakeStatus::DeactivatingAll);
}

fn reserve_preferred(bed: &mut Bed) {
    bed.use_reserve();
    bed.prefer(None, Some(bed.vote(1)));
}

fn reserve_leaving(bed: &mut Bed, beyond: u64) {
    bed.use_reserve();
    bed.tokens = bed.lamports(bed.split_from) - bed.rent() + beyond;
}

/// Step 6: the preferred validator.
const PREFERRED: &[Row] = &[
    row("this validator", |bed| bed.prefer(None, Some(bed.vote(0))), Success),
    row("another at the threshold", |bed| prefer_other(bed, 0), custom(25)),
    row("another below it", |bed| prefer_other(bed, -1), Success),
    row("another above it", |bed| prefer_other(bed, 1), custom(25)),
    row("another that is removed", prefer_removed, custom(25)),
    row("one that is not in the list", |bed| bed.prefer(None, Some(Address::new_unique())), Success),
    row("for deposits only", |bed| bed.prefer(Some(bed.vote(1)), None), Success),
    row("another, before the voter is looked up", prefer_before_voter, custom(25)),
];

fn prefer_other(bed: &mut Bed, more: i64) {
    bed.hold(1, bed.threshold().saturating_add_signed(more));
    bed.prefer(None, Some(bed.vote(1)));
}

fn prefer_removed(bed: &mut Bed) {
    bed.status(1, StakeStatus::ReadyForRemoval);
    prefer_other(bed, 0);
}

fn prefer_before_voter(bed: &mut Bed) {
    other_voter(bed);
    prefer_other(bed, 0);
}

/// Step 6: which account is the source.
const SOURCE: &[Row] = &[
    row("initialized", |bed| undelegate(bed.data(bed.split_from)), custom(11)),
    row("uninitialized", |bed| bed.set_source(&StakeStateV2::Uninitialized), custom(11)),
    row("rewards pool", |bed| bed.set_source(&StakeStateV2::RewardsPool), custom(11)),
    row("empty", |bed| bed.data(bed.split_from).clear(), Error(InstructionError::BorshIoError)),
    row("voter not in the list", other_voter, custom(14)),
    row("active", |_| (), Success),
    row("active of this one alone", |bed| bed.hold(1, bed.threshold()), Success),
    row("active elsewhere: transient account", |bed| bed.split_from = bed.pool.validators[0].transient, custom(15)),
    row("active elsewhere: another account", copy_source, custom(15)),
    row("active above the threshold", |bed| small_source(bed, 1), Success),
    row("active at the threshold is no source but whole", |bed| small_source(bed, 0), custom(23)),
    row("active below the threshold is no source but whole", |bed| small_source(bed, -1), custom(23)),
    row("transient", Bed::only_transient, Success),
    row("transient: validator account", validator_for_transient, custom(15)),
    row("transient: another account", copy_transient, custom(15)),
    row("transient elsewhere, a little here", |bed| little_transient(bed, 10 * SOL), Success),
    row("transient here, too little to count", |bed| little_transient(bed, 0), Success),
    row("transient here, too little to count: validator account", little_but_validator, custom(15)),
    row("transient elsewhere, none here: validator account", none_but_validator, custom(15)),
    row("whole: another account", copy_whole, custom(15)),
    row("active, deactivating transient", |bed| bed.status(0, StakeStatus::DeactivatingTransient), custom(14)),
    row("active, ready for removal", |bed| bed.status(0, StakeStatus::ReadyForRemoval), custom(14)),
    row("active, deactivating validator", |bed| bed.status(0, StakeStatus::DeactivatingValidator), custom(14)),
    row("active, deactivating all", |bed| bed.status(0, StakeStatus::DeactivatingAll), custom(14)),
    row("transient, removed", removed_transient, custom(14)),
    row("whole, removed", removed_whole, custom(14)),
    row("active: the required lamports stay", |bed| leaving(bed, 0), Success),
    row("active: a lamport less stays", |bed| leaving(bed, 1), custom(23)),
    row("active: more than the account", |bed| bed.tokens = 150 * SOL, custom(23)),
    row("transient: the required lamports stay", |bed| leaving_transient(bed, 0), Success),
    row("transient: a lamport less stays", |bed| leaving_transient(bed, 1), custom(23)),
    row("transient: the record holds less", short_transient, custom(3)),
];

fn other_voter(bed: &mut Bed) {
    let source = bed.split_from;
    edit_delegation(bed.data(source), |delegation| delegation.voter_pubkey = Address::new_from_array([9; 32]));
}

fn copy_source(bed: &mut Bed) {
    let account = bed.vm.account(&bed.split_from);
    bed.split_from = Address::new_unique();
    bed.vm.accounts.insert(bed.split_from, account);
}

fn small_source(bed: &mut Bed, more: i64) {
    bed.exhaust();
    bed.hold(0, bed.threshold().saturating_add_signed(more));
    bed.tokens = bed.minimum_delegation();
}

fn validator_for_transient(bed: &mut Bed) {
    bed.only_transient();
    bed.split_from = bed.pool.validators[0].stake;
}

fn copy_transient(bed: &mut Bed) {
    bed.only_transient();
    copy_source(bed);
}

fn little_transient(bed: &mut Bed, elsewhere: u64) {
    bed.only_transient();
    bed.hold_transient(0, bed.threshold());
    bed.record_transient(1, elsewhere);
    bed.tokens = bed.minimum_delegation();
}

fn little_but_validator(bed: &mut Bed) {
    little_transient(bed, 0);
    bed.split_from = bed.pool.validators[0].stake;
}

fn none_but_validator(bed: &mut Bed) {
    validator_for_transient(bed);
    bed.record_transient(0, 0);
}

fn copy_whole(bed: &mut Bed) {
    bed.remove(bed.required());
    copy_source(bed);
}

fn removed_transient(bed: &mut Bed) {
    bed.only_transient();
    bed.status(0, StakeStatus::DeactivatingTransient);
}

fn removed_whole(bed: &mut Bed) {
    bed.remove(bed.required());
    bed.status(0, StakeStatus::ReadyForRemoval);
}

fn leaving(bed: &mut Bed, less: u64) {
    bed.hold(0, bed.required() + 5 * SOL - less);
}

fn leaving_transient(bed: &mut Bed, less: u64) {
    bed.only_transient();
    bed.hold_transient(0, bed.required() + 5 * SOL - less);
}

fn short_transient(bed: &mut Bed) {
    bed.only_transient();
    bed.record_transient(0, 5 * SOL - 1);
}

/// Step 6 where the whole account goes, and what step 8 then does.
const REMOVAL: &[Row] = &[
    row("the account", |bed| bed.remove(bed.required()), And(Bed::removed)),
    row("at the threshold", |bed| bed.remove(bed.threshold()), And(Bed::removed)),
    row("a lamport too few", |bed| remove_for(bed, -1), custom(23)),
    row("a token's worth more", |bed| remove_for(bed, 1), And(Bed::removed)),
    row("more than a token's worth more", |bed| remove_for(bed, 2), custom(23)),
    row("at 1000: the account", |bed| bed.remove_at_thousand(0, 0), And(Bed::removed)),
    row("at 1000: a lamport too few", |bed| bed.remove_at_thousand(0, 1), custom(23)),
    row("at 1000: a lamport within", |bed| bed.remove_at_thousand(1, 1), And(Bed::removed)),
    row("at 1000: a token's worth more", |bed| bed.remove_at_thousand(1, 0), And(Bed::removed)),
    row("at 1000: a lamport more than that", |bed| bed.remove_at_thousand(1, -1), custom(23)),
    row("preferred for both", |bed| preferring(bed, [0, 0]), And(|bed| bed.preferences() == [None; 2])),
    row(
        "preferred for deposits",
        |bed| preferring(bed, [0, 1]),
        And(|bed| bed.preferences() == [None, Some(bed.vote(1))]),
    ),
    row(
        "preferred for withdrawals",
        |bed| preferring(bed, [1, 0]),
        And(|bed| bed.preferences() == [Some(bed.vote(1)), None]),
    ),
    row("others preferred", |bed| preferring(bed, [1, 1]), And(|bed| bed.preferences() == [Some(bed.vote(1)); 2])),
    row("the record holds more", |bed| recorded(bed, 1), custom(17)),
    row("the record holds less", |bed| recorded(bed, -1), custom(3)),
];

fn remove_for(bed: &mut Bed, more: i64) {
    bed.remove(bed.required());
    bed.tokens = bed.tokens.saturating_add_signed(more);
}

fn preferring(bed: &mut Bed, [deposit, withdraw]: [usize; 2]) {
    bed.remove(bed.required());
    bed.hold(1, bed.required());
    bed.prefer(Some(bed.vote(deposit)), Some(bed.vote(withdraw)));
}

fn recorded(bed: &mut Bed, more: i64) {
    bed.remove(bed.required());
    bed.record_active(0, bed.required().saturating_add_signed(more));
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
