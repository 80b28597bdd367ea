//! Timing, errors and backoff of a crank. Its behaviour with a bank is tested in `localnet`.

use {
    super::{
        Backlog, CrankError, CrankOptions, RebalanceAt,
        error::{Verdict, judge},
        pace::Pace,
        report::Run,
        timing::Timing,
    },
    crate::{
        cluster::{ClusterError, PerformanceSample, SlotTime},
        error::{Explanation, PlanError},
        pack::PackError,
        plan::{InstructionGroup, Plan},
        pool::PoolError,
        send::{FailureReport, NotSent, Outcome, Sent, Summary, UnknownReason},
    },
    backon::BackoffBuilder as _,
    solana_address::Address,
    solana_clock::Clock,
    solana_epoch_schedule::EpochSchedule,
    solana_signature::Signature,
    solana_transaction_error::TransactionError,
    std::time::Duration,
    tokio::time::Instant,
};

type Error = CrankError<PackError>;

fn schedule() -> EpochSchedule {
    EpochSchedule::custom(432_000, 432_000, false)
}

/// `slots` slots into epoch 3, and `seconds` by the cluster's clock.
fn clock(slots: u64, seconds: i64) -> Clock {
    Clock {
        slot: 3 * 432_000 + slots,
        epoch: 3,
        epoch_start_timestamp: 1_000_000,
        unix_timestamp: 1_000_000 + seconds,
        ..Clock::default()
    }
}

#[test]
fn estimates_epoch_end_from_best_source() {
    let reported = SlotTime::of_samples(&[PerformanceSample { slot: 1, slots: 200, seconds: 60 }], 1);
    let (mut pace, unknown) = (Pace::new(reported), Pace::default());
    let left = 432_000 - 1_000;
    let ends = |pace: &Pace, slots, seconds| {
        pace.until_next_epoch(&clock(slots, seconds), &schedule()).map(|end| (end / left).as_millis())
    };
    assert_eq!(ends(&unknown, 1_000, 0), None);
    assert_eq!(ends(&pace, 1_000, 0), Some(300));
    assert_eq!(ends(&pace, 1_000, 500), Some(500));
    // A clock that runs backwards or has barely started gives no estimate.
    assert_eq!((ends(&pace, 1_000, -500), ends(&unknown, 1_000, -500)), (Some(300), None));
    assert_eq!((ends(&pace, 1_000, 3), ends(&unknown, 1_000, 3)), (Some(300), None));

    let now = Instant::now();
    pace.note(5_000, now);
    assert_eq!(ends(&pace, 1_000, 500), Some(500));
    pace.note(5_100, now + Duration::from_secs(5));
    assert_eq!(ends(&pace, 1_000, 500), Some(50));
    // A measurement of hours ago is dropped, and an endpoint that is behind is ignored.
    pace.note(5_200, now + Duration::from_secs(10_000));
    pace.note(5_300, now + Duration::from_secs(10_060));
    assert_eq!(ends(&pace, 1_000, 500), Some(600));
    pace.note(4_000, now + Duration::from_secs(10_061));
    assert_eq!(ends(&pace, 1_000, 500), Some(500));
}

#[test]
fn last_slot_is_near_epoch_end() {
    let pace = Pace::default();
    let end = |slot| pace.until_next_epoch(&at_slot(slot), &schedule());
    assert_eq!((end(431_999).map(|end| end.as_millis()), end(432_000)), (Some(499), Some(Duration::ZERO)));
}

#[test]
fn unknown_slot_time_gives_no_times() {
    let unknown = |slot| clock(slot, 0);
    let mut timing = Timing::new(RebalanceAt::Share(9_000), schedule(), None);
    let next = timing.next(&unknown(1_000)).unwrap();
    assert_eq!((next.slot, next.within), (3 * 432_000 + 388_800, None));
    assert_eq!(timing.until_next_poll(&unknown(1_000)), Pace::MEASUREMENT);
    // An hour before the end is not known, so it waits until the last rebalance.
    timing = Timing::new(RebalanceAt::BeforeEnd(Duration::from_secs(3_600)), schedule(), None);
    assert!(!timing.is_due(&unknown(431_000), &Plan::default()));
    assert!(timing.is_due(&unknown(432_000 - 300), &Plan::default()));
}

fn at_slot(slot: u64) -> Clock {
    // A slot takes half a second.
    clock(slot, i64::try_from(slot / 2).unwrap())
}

fn of_next_epoch(clock: Clock) -> Clock {
    Clock { slot: clock.slot + 432_000, epoch: 4, ..clock }
}

#[test]
fn rebalances_twice_near_epoch_end() {
    let mut timing = Timing::new(RebalanceAt::Share(9_000), schedule(), None);
    let plan = Plan::default();
    assert!(!timing.is_due(&at_slot(10_000), &plan) && !timing.is_due(&at_slot(388_799), &plan));
    let next = timing.next(&at_slot(387_800)).unwrap();
    assert_eq!((next.slot, next.within), (3 * 432_000 + 388_800, Some(Duration::from_secs(500))));
    assert!(timing.is_due(&at_slot(388_800), &plan));
    // The rebalance is done once no stake moves any more.
    assert!(timing.is_due(&at_slot(388_900), &plan));
    timing.done(&at_slot(388_900));
    assert!(!timing.is_due(&at_slot(400_000), &plan));
    let last = 432_000 - 150;
    assert_eq!(timing.next(&at_slot(400_000)).unwrap().slot, 3 * 432_000 + last);
    assert!(!timing.is_due(&at_slot(last - 1), &plan) && timing.is_due(&at_slot(last), &plan));
    timing.done(&at_slot(last));
    assert!(!timing.is_due(&at_slot(last + 1), &plan));
    assert_eq!(timing.next(&at_slot(last + 1)).unwrap().slot, 4 * 432_000 + 388_800);
    // Next epoch.
    assert!(!timing.is_due(&of_next_epoch(at_slot(0)), &plan));
}

#[test]
fn missed_rebalance_is_done_early_in_next_epoch() {
    let mut timing = Timing::new(RebalanceAt::Share(9_000), schedule(), None);
    let plan = Plan::default();
    assert!(!timing.is_due(&at_slot(0), &plan));
    let next = of_next_epoch(at_slot(10));
    assert!(timing.is_due(&next, &plan));
    timing.done(&next);
    assert!(!timing.is_due(&of_next_epoch(at_slot(11)), &plan));
    assert!(timing.is_due(&of_next_epoch(at_slot(388_800)), &plan), "that of the epoch comes besides");
    // A watch that starts late in an epoch rebalances at once.
    assert!(Timing::new(RebalanceAt::Share(9_000), schedule(), None).is_due(&at_slot(400_000), &plan));
}

#[test]
fn margin_grows_with_plan_and_fits_short_epochs() {
    let group = InstructionGroup::new("a transaction", vec![], 1);
    let mut plan = Plan::default();
    plan.push("increase", vec![group.clone(); 400]);
    plan.push("decrease", vec![group; 400]);
    let mut timing = Timing::new(RebalanceAt::BeforeEnd(Duration::from_secs(60)), schedule(), None);
    // Twice the margin of 150 + 2 * 32 + 800 / 4 slots, which is more than a minute.
    assert!(!timing.is_due(&at_slot(432_000 - 829), &plan) && timing.is_due(&at_slot(432_000 - 828), &plan));
    let short = EpochSchedule::custom(32, 32, false);
    let clock = |slot: u64| Clock { slot: 3 * 32 + slot, epoch: 3, ..Clock::default() };
    let mut timing = Timing::new(RebalanceAt::Share(9_000), short, None);
    assert!(!timing.is_due(&clock(27), &plan) && timing.is_due(&clock(28), &plan));
    timing.done(&clock(28));
    assert!(!timing.is_due(&clock(29), &plan) && timing.is_due(&clock(30), &plan));
}

#[test]
fn converts_time_before_end_to_measured_slots() {
    let mut timing = Timing::new(RebalanceAt::BeforeEnd(Duration::from_secs(7_200)), schedule(), None);
    assert!(!timing.is_due(&at_slot(432_000 - 14_401), &Plan::default()));
    assert!(timing.is_due(&at_slot(432_000 - 14_400), &Plan::default()));
    // Slots have become shorter since the beginning of the epoch.
    let now = Instant::now();
    timing.pace.note(3 * 432_000 + 300_000, now);
    timing.pace.note(3 * 432_000 + 300_100, now + Duration::from_secs(20));
    assert!(!timing.is_due(&at_slot(432_000 - 36_001), &Plan::default()));
    assert!(timing.is_due(&at_slot(432_000 - 36_000), &Plan::default()));
    // Longer than the epoch: from its beginning on.
    let mut timing = Timing::new(RebalanceAt::BeforeEnd(Duration::from_secs(1_000_000)), schedule(), None);
    assert!(timing.is_due(&at_slot(40), &Plan::default()));
}

#[test]
fn backoff_grows_to_maximum() {
    let options = CrankOptions {
        initial_backoff: Duration::from_secs(1),
        max_backoff: Duration::from_secs(10),
        ..CrankOptions::default()
    };
    let waits: Vec<_> = options.backoff().build().take(6).map(|wait| wait.as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
}

fn landed() -> Outcome {
    Outcome::Landed { signature: Signature::default(), slot: 1, units_consumed: None }
}

fn would_fail(error: TransactionError) -> Outcome {
    let explanation = Explanation {
        instruction: None,
        program: None,
        cause: None,
        name: error.to_string(),
        message: error.to_string(),
    };
    Outcome::WouldFail(FailureReport { error, explanation, logs: vec![] })
}

fn unreachable() -> ClusterError {
    ClusterError::Unreachable { detail: String::new() }
}

fn forbidden() -> ClusterError {
    ClusterError::Refused { detail: "HTTP 403 Forbidden".into() }
}

fn summary(outcomes: Vec<Outcome>) -> Summary {
    let sent = |outcome| Sent { label: "update validators 0 to 9".into(), steps: vec![], outcome };
    Summary { transactions: outcomes.into_iter().map(sent).collect() }
}

#[test]
fn retries_unless_funds_or_signature_missing() {
    let unknown = |reason| Outcome::Unknown { signature: Signature::default(), reason };
    for (outcome, verdict, is_retryable) in [
        (landed(), Verdict::Landed, true),
        (Outcome::Expired { attempts: 5, has_fixed_hash: false }, Verdict::Reread, true),
        (unknown(UnknownReason::Cluster(unreachable())), Verdict::Reread, true),
        (unknown(UnknownReason::NoBlocks), Verdict::NoBlocks, true),
        (Outcome::NotSent(NotSent::EarlierDidNotLand), Verdict::Reread, true),
        (Outcome::NotSent(NotSent::Cluster(unreachable())), Verdict::Reread, true),
        (Outcome::NotSent(NotSent::Cluster(forbidden())), Verdict::Reread, true),
        (would_fail(TransactionError::AccountInUse), Verdict::Reread, true),
        // The payer can be funded later.
        (would_fail(TransactionError::InsufficientFundsForFee), Verdict::Final, true),
        (would_fail(TransactionError::AccountNotFound), Verdict::Final, true),
        (Outcome::NotSent(NotSent::MissingSigner { signer: Address::default() }), Verdict::Final, false),
        (Outcome::NotSent(NotSent::Stopped), Verdict::Stopped, true),
        (unknown(UnknownReason::Stopped), Verdict::Stopped, true),
    ] {
        let told = outcome.to_string();
        let summary = summary(vec![landed(), outcome]);
        assert_eq!(judge(&summary), verdict, "{told}");
        assert_eq!(Error::NotLanded(summary).is_retryable(true), is_retryable, "{told}");
    }
}

#[test]
fn watch_ends_after_final_error() {
    let refused = |error| Error::from(ClusterError::TransactionRefused { error });
    let missing = PoolError::NotFound { address: Address::default() };
    let rewards = PlanError::EpochRewardsActive { epoch: 1, until_block_height: 2 };
    let nonsense = ClusterError::UnexpectedAnswer { detail: String::new() };
    // Retryable at the start, and once the pool was read.
    for (error, is_retryable) in [
        (Error::from(unreachable()), [true, true]),
        (refused(TransactionError::AccountNotFound), [true, true]),
        (refused(TransactionError::SanitizeFailure), [false, true]),
        (Error::Pool(PoolError::KeepsChanging { attempts: 5 }), [true, true]),
        (Error::Pool(missing), [false, true]),
        (Error::from(forbidden()), [false, true]),
        (Error::from(nonsense), [false, true]),
        (Error::Plan(rewards), [true, true]),
        (Error::Plan(PlanError::Invalid { what: "0 validators".into() }), [false, false]),
    ] {
        assert_eq!([error.is_retryable(false), error.is_retryable(true)], is_retryable, "{error}");
    }
    assert!(Error::from(unreachable()).is_cluster() && Error::from(forbidden()).is_cluster());
    let error =
        Error::NotLanded(summary(vec![landed(), Outcome::Expired { attempts: 5, has_fixed_hash: false }])).to_string();
    assert!(error.starts_with("1 of 2 transactions did not land: update validators 0 to 9 expired"), "{error}");
}

#[test]
fn reports_unknown_outcome_before_cluster_error() {
    let run = |outcome| Run {
        sent: summary(vec![landed()]).transactions,
        problem: Some(summary(vec![outcome])),
        ..Run::default()
    };
    let unknown = Outcome::Unknown { signature: Signature::default(), reason: UnknownReason::Cluster(unreachable()) };
    let error = run(unknown).complete(Error::from(unreachable()));
    assert!(matches!(&error, CrankError::NotLanded(summary) if summary.landed() == 1), "{error}");
    let error = run(Outcome::Expired { attempts: 1, has_fixed_hash: false }).complete(Error::from(unreachable()));
    assert!(matches!(&error, CrankError::Pool(_)), "{error}");
}

#[test]
fn smaller_backlog_or_new_epoch_is_progress() {
    let before = Backlog { epoch: 5, is_stale: true, stale_validators: 9, validators_mergeable: 2, removed_entries: 1 };
    assert!(!before.is_progress_since(&before));
    for after in [
        Backlog { epoch: 6, ..before },
        Backlog { is_stale: false, ..before },
        Backlog { stale_validators: 8, ..before },
        Backlog { validators_mergeable: 1, ..before },
        Backlog { removed_entries: 0, ..before },
    ] {
        assert!(after.is_progress_since(&before));
    }
    assert!(!Backlog { validators_mergeable: 1, ..Backlog::default() }.is_empty());
    assert!(!Backlog { removed_entries: 1, ..Backlog::default() }.is_empty());
    assert!(Backlog { epoch: 5, stale_validators: 1, ..Backlog::default() }.is_empty());
}
