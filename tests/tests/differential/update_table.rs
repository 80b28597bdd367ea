//! `UpdateValidatorListBalance`, row by row: what stands in the two accounts of a validator, against its status and `no_merge`.
//! The gates before the list is walked are in `update_gates`. Pool tokens play no part, so one token program will do.
//!
//! Not reached: the errors of half a pair of accounts, as an odd number of them is refused first.

use {
    crate::update_harness::{
        Harness, cooling_down, deactivate_transient, deactivate_validator, other_lockup, other_staker, other_vote,
        other_withdrawer, warming_up,
    },
    StakeStatus::{Active, DeactivatingAll, DeactivatingTransient, DeactivatingValidator, ReadyForRemoval},
    solana_instruction::error::InstructionError,
    solana_stake_interface::state::StakeStateV2,
    tidepool_interface::state::StakeStatus,
    tidepool_tests::{
        extension::PoolKind,
        scenario::EPOCH,
        stake::{set_state, undelegate},
        vm::Vm,
    },
};

/// Errors of the stake program.
const LOCKUP_IN_FORCE: u32 = 1;
pub const MERGE_TRANSIENT_STAKE: u32 = 5;
pub const MERGE_MISMATCH: u32 = 6;

pub const STATUSES: [StakeStatus; 5] =
    [Active, DeactivatingTransient, ReadyForRemoval, DeactivatingValidator, DeactivatingAll];

/// What becomes of the record.
#[derive(Debug, PartialEq)]
pub struct End {
    status: StakeStatus,
    /// Whether the account's lamports are counted; else none are.
    active: bool,
    transient: bool,
    reserve_grows: bool,
}

pub type Expected = Result<End, InstructionError>;

pub struct Row {
    pub name: &'static str,
    pub set: fn(&mut Harness),
    /// By status and `no_merge`.
    expected: fn(StakeStatus, bool) -> Expected,
}

fn end(status: StakeStatus, active: bool, transient: bool, reserve_grows: bool) -> Expected {
    Ok(End { status, active, transient, reserve_grows })
}

/// Whether a delegated validator account is counted.
fn counts(status: StakeStatus) -> bool {
    matches!(status, Active | DeactivatingValidator | DeactivatingAll)
}

fn without_transient(status: StakeStatus) -> StakeStatus {
    match status {
        DeactivatingAll => DeactivatingValidator,
        DeactivatingTransient => ReadyForRemoval,
        other => other,
    }
}

fn without_validator(status: StakeStatus) -> StakeStatus {
    match status {
        DeactivatingAll => DeactivatingTransient,
        DeactivatingValidator => ReadyForRemoval,
        other => other,
    }
}

/// Step A: the transient account goes to the reserve.
fn transient_to_reserve(status: StakeStatus, no_merge: bool) -> Expected {
    let after = if no_merge { status } else { without_transient(status) };
    end(after, counts(after), no_merge, !no_merge)
}

/// Step A: the transient account goes to the validator account while the status is `Active`; else it is deactivated.
fn transient_to_validator(status: StakeStatus, no_merge: bool) -> Expected {
    let merged = !no_merge && status == Active;
    end(status, counts(status), !merged, merged)
}

fn transient_stays(status: StakeStatus, _: bool) -> Expected {
    end(status, counts(status), true, false)
}

fn transient_ignored(status: StakeStatus, _: bool) -> Expected {
    end(status, counts(status), false, false)
}

fn active_refused(code: u32, status: StakeStatus, no_merge: bool) -> Expected {
    if !no_merge && status == Active { Err(InstructionError::Custom(code)) } else { transient_stays(status, no_merge) }
}

/// Step B: an inactive validator account goes to the reserve once it has been removed.
fn validator_to_reserve(status: StakeStatus, no_merge: bool) -> Expected {
    let merged = !no_merge && matches!(status, DeactivatingValidator | DeactivatingAll);
    end(if merged { without_validator(status) } else { status }, counts(status) && !merged, false, merged)
}

fn validator_ignored(status: StakeStatus, _: bool) -> Expected {
    end(status, false, false, false)
}

fn removed_refused(code: u32, status: StakeStatus, no_merge: bool) -> Expected {
    match validator_to_reserve(status, no_merge) {
        Ok(End { reserve_grows: true, .. }) => Err(InstructionError::Custom(code)),
        other => other,
    }
}

macro_rules! row {
    ($name:literal, $set:expr, $expected:expr) => {
        Row { name: $name, set: $set, expected: $expected }
    };
}

/// Step A: the transient account, beside a validator account that is active.
pub const TRANSIENT: &[Row] = &[
    row!("no transient in the record", Harness::without_transient, transient_ignored),
    row!("initialized", |h| h.transient(|data| undelegate(data)), transient_to_reserve),
    row!("deactivated before", |h| deactivate_transient(h, 0, EPOCH - 1), transient_to_reserve),
    row!("activated and deactivated now", |h| deactivate_transient(h, EPOCH, EPOCH), transient_to_reserve),
    row!("activated before", |_| (), transient_to_validator),
    row!("activating now", |h| deactivate_transient(h, EPOCH, u64::MAX), transient_stays),
    // SPL's table has "nothing" here; the reference tries the merge, which the stake program refuses.
    row!("deactivating now", |h| deactivate_transient(h, 0, EPOCH), |status, no_merge| active_refused(
        MERGE_TRANSIENT_STAKE,
        status,
        no_merge
    )),
    row!("validator activating now", |h| deactivate_validator(h, EPOCH, u64::MAX), transient_stays),
    row!(
        "validator uninitialized",
        |h| h.validator(|data| set_state(data, &StakeStateV2::Uninitialized)),
        |status, _| end(status, false, true, false)
    ),
    row!("validator initialized", |h| h.validator(|data| undelegate(data)), |_, _| end(
        DeactivatingTransient,
        false,
        true,
        true
    )),
    row!(
        "both initialized",
        |h| {
            h.validator(|data| undelegate(data));
            h.transient(|data| undelegate(data));
        },
        |_, no_merge| if no_merge {
            end(DeactivatingTransient, false, true, true)
        } else {
            end(ReadyForRemoval, false, false, true)
        }
    ),
    row!("other staker", |h| h.transient(|data| other_staker(data)), transient_ignored),
    row!("other withdrawer", |h| h.transient(|data| other_withdrawer(data)), transient_ignored),
    row!("other lockup", |h| h.transient(|data| other_lockup(data)), transient_ignored),
    row!(
        "initialized, other staker",
        |h| h.transient(|data| {
            undelegate(data);
            other_staker(data);
        }),
        transient_ignored
    ),
    row!("uninitialized", |h| h.transient(|data| set_state(data, &StakeStateV2::Uninitialized)), transient_ignored),
    row!("rewards pool", |h| h.transient(|data| set_state(data, &StakeStateV2::RewardsPool)), transient_ignored),
    row!("empty", |h| h.transient(Vec::clear), transient_ignored),
    row!("undecodable", |h| h.transient(|data| data.fill(0xff)), transient_ignored),
    row!("warming up", warming_up, |status, no_merge| active_refused(MERGE_TRANSIENT_STAKE, status, no_merge)),
    row!("cooling down", cooling_down, |status, no_merge| refused_unless(no_merge, MERGE_TRANSIENT_STAKE, status)),
    row!("other vote account", other_vote, |status, no_merge| active_refused(MERGE_MISMATCH, status, no_merge)),
    row!("validator locked up", |h| h.validator(|data| other_lockup(data)), |status, no_merge| match active_refused(
        MERGE_MISMATCH,
        status,
        no_merge
    ) {
        Ok(_) => end(status, false, true, false),
        refused => refused,
    }),
    row!(
        "initialized, reserve locked up",
        |h| {
            h.transient(|data| undelegate(data));
            h.lock_reserve();
        },
        |status, no_merge| refused_unless(no_merge, MERGE_MISMATCH, status)
    ),
];

/// Step B: the validator account, without a transient one.
pub const VALIDATOR: &[Row] = &[
    row!("active", |_| (), |status, _| end(status, counts(status), false, false)),
    row!("active with a donation", Harness::donate, |status, _| end(status, counts(status), false, true)),
    row!("activating now", |h| deactivate_validator(h, EPOCH, u64::MAX), transient_ignored),
    row!("deactivating now", |h| deactivate_validator(h, 0, EPOCH), transient_ignored),
    row!("deactivated before", |h| deactivate_validator(h, 0, EPOCH - 1), validator_to_reserve),
    row!("activated and deactivated now", |h| deactivate_validator(h, EPOCH, EPOCH), validator_to_reserve),
    row!(
        "deactivated before, with a donation",
        |h| {
            deactivate_validator(h, 0, EPOCH - 1);
            h.donate();
        },
        |status, no_merge| validator_to_reserve(status, no_merge).map(|end| End { reserve_grows: true, ..end })
    ),
    row!("initialized", |h| h.validator(|data| undelegate(data)), |_, _| end(ReadyForRemoval, false, false, true)),
    row!("other staker", |h| h.validator(|data| other_staker(data)), validator_ignored),
    row!("other withdrawer", |h| h.validator(|data| other_withdrawer(data)), validator_ignored),
    row!("other lockup", |h| h.validator(|data| other_lockup(data)), validator_ignored),
    row!(
        "initialized, other withdrawer",
        |h| h.validator(|data| {
            undelegate(data);
            other_withdrawer(data);
        }),
        validator_ignored
    ),
    row!("uninitialized", |h| h.validator(|data| set_state(data, &StakeStateV2::Uninitialized)), validator_ignored),
    row!("rewards pool", |h| h.validator(|data| set_state(data, &StakeStateV2::RewardsPool)), validator_ignored),
    row!("empty", |h| h.validator(Vec::clear), validator_ignored),
    row!("undecodable", |h| h.validator(|data| data.fill(0xff)), validator_ignored),
    row!(
        "cooling down",
        |h| {
            deactivate_validator(h, 0, EPOCH - 1);
            h.slow_down();
        },
        |status, no_merge| removed_refused(MERGE_TRANSIENT_STAKE, status, no_merge)
    ),
    row!(
        "deactivated before, reserve locked up",
        |h| {
            deactivate_validator(h, 0, EPOCH - 1);
            h.lock_reserve();
        },
        |status, no_merge| removed_refused(MERGE_MISMATCH, status, no_merge)
    ),
    row!(
        "initialized, reserve locked up",
        |h| {
            h.validator(|data| undelegate(data));
            h.lock_reserve();
        },
        |_, _| Err(InstructionError::Custom(MERGE_MISMATCH))
    ),
    row!("pool locked up", Harness::lock_pool, |status, _| end(status, counts(status), false, false)),
    row!(
        "pool locked up, with a donation",
        |h| {
            h.lock_pool();
            h.donate();
        },
        |_, _| Err(InstructionError::Custom(LOCKUP_IN_FORCE))
    ),
    row!("unknown status", |h| h.pool.edit_record(0, &mut h.vm, |record| record.status = 5), |_, _| Err(
        InstructionError::InvalidAccountData
    )),
];

fn refused_unless(no_merge: bool, code: u32, status: StakeStatus) -> Expected {
    if no_merge { transient_stays(status, no_merge) } else { Err(InstructionError::Custom(code)) }
}

/// Runs a row and returns what became of the record.
fn run(h: &mut Harness, no_merge: bool) -> Result<Expected, String> {
    let validator = h.pool.validators[0];
    let reserve = h.pool.state.head.reserve_stake;
    let before = h.lamports(&reserve);
    let instruction = h.pool.update_list(0, no_merge, &[(validator.stake, validator.transient)]);
    let outcome = h.vm.compare(&instruction)?;
    if let Err(error) = outcome.result.raw_result {
        return Ok(Err(error));
    }
    let record = h.pool.record(0, &h.vm);
    if record.last_update_epoch.get() != EPOCH {
        return Err("the record is stale".to_owned());
    }
    let counted = |address, lamports: u64| match lamports {
        0 => Ok(false),
        lamports if lamports == h.lamports(address) => Ok(true),
        lamports => Err(format!("{lamports} counted of {}", h.lamports(address))),
    };
    Ok(Ok(End {
        status: *STATUSES.iter().find(|status| **status as u8 == record.status).ok_or("an unknown status")?,
        active: counted(&validator.stake, record.active_stake_lamports.get())?,
        transient: counted(&validator.transient, record.transient_stake_lamports.get())?,
        reserve_grows: h.lamports(&reserve) > before,
    }))
}

fn check(rows: &[Row], before: fn(&mut Harness), departs: impl Fn(&Row, PoolKind, bool) -> bool) {
    let mut vm = Vm::beside_reference();
    let mut failures = vec![];
    for (row, kind) in rows.iter().flat_map(|row| PoolKind::ALL.map(|kind| (row, kind))) {
        for status in STATUSES {
            for no_merge in [false, true].into_iter().filter(|no_merge| !departs(row, kind, *no_merge)) {
                let mut h = Harness::new(vm, &[status], kind);
                before(&mut h);
                (row.set)(&mut h);
                let (got, expected) = (run(&mut h, no_merge), (row.expected)(status, no_merge));
                if got.as_ref() != Ok(&expected) {
                    failures.push(format!(
                        "{}, {kind:?}, {status:?}, no_merge {no_merge}: {got:?}, not {expected:?}",
                        row.name
                    ));
                }
                vm = h.vm;
            }
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn each_state_of_the_transient_account_ends_alike() {
    // A pool with the extension keeps no transient account without a delegation: it would bar other withdrawals.
    let undelegated = ["initialized", "both initialized", "initialized, reserve locked up"];
    check(
        TRANSIENT,
        |_| (),
        move |row, kind, no_merge| no_merge && kind.policy().is_some() && undelegated.contains(&row.name),
    );
}

#[test]
fn each_state_of_the_validator_account_ends_alike() {
    check(VALIDATOR, Harness::without_transient, |_, _, _| false);
}
