use {
    super::*, crate::pool::PoolSnapshot, solana_epoch_schedule::EpochSchedule, tidepool_core::rebalance::Reason,
    tidepool_interface::state::RebalancePolicy,
};

fn explain(fixture: &Fixture, index: usize) -> StakeExplanation {
    explain_stake(&fixture.snapshot(), &vote(index)).unwrap()
}

fn two(policy: RebalancePolicy) -> Fixture {
    let validators = vec![
        FixtureValidator::new(30 * SOL).with_weight(3),
        FixtureValidator::new(20 * SOL).with_weight(1).increasing(6 * SOL),
    ];
    Fixture { reserve: 50 * SOL, policy: Some(policy), ..Fixture::extended(validators) }
}

#[test]
fn explains_target_and_next_step() {
    let first = explain(&two(RebalancePolicy::DEFAULT), 0);
    let total = 106 * SOL + 3 * rent() - RebalancePolicy::DEFAULT.get().working_lamports(rent());
    assert_eq!((first.weight, first.weights, first.share_basis_points()), (3, 4, Some(7_500)));
    assert_eq!(first.target, Some(total / 4 * 3 + total % 4 * 3 / 4));
    assert_eq!((first.cap, first.is_capped(), first.held), (None, false, 30 * SOL + rent()));
    let NextStep::Moves(Direction::Increase, lamports) = first.next else { panic!("{first:?}") };
    assert!(lamports > 40 * SOL);
    let sentences = first.sentences();
    assert!(sentences[0].contains("by its weight of 3 of 4 (75.00 %)"), "{sentences:#?}");
    assert!(sentences[1].contains("below target"), "{sentences:#?}");
    assert!(sentences[2].contains(&format!("earns from epoch {} on", EPOCH + 1)), "{sentences:#?}");
}

#[test]
fn explains_transient_stake() {
    let fixture = two(RebalancePolicy::DEFAULT);
    let second = explain(&fixture, 1);
    let transient = TransientStake {
        lamports: 6 * SOL + rent(),
        direction: Some(Direction::Increase),
        mergeable_from_epoch: Some(EPOCH + 1),
    };
    assert_eq!(second.transient, Some(transient));
    assert_eq!(second.held, 26 * SOL + rent());
    assert_eq!(second.next, NextStep::Stays(UnmovedReason::Rule(Reason::TransientStake)));
    assert_eq!(second.sentences().len(), 4);
    // The record shows the direction, and only the account shows the epoch.
    let unread = explain(&Fixture { with_stakes: false, ..fixture.clone() }, 1);
    assert_eq!(unread.transient, Some(TransientStake { mergeable_from_epoch: None, ..transient }));
    let mut unknown = Fixture { with_stakes: false, ..fixture };
    unknown.validators[1].has_bumps = false;
    assert_eq!(explain(&unknown, 1).transient.unwrap().direction, None);
    let leaving = Fixture::extended(vec![FixtureValidator::new(20 * SOL).with_weight(1).decreasing(5 * SOL)]);
    let leaving = explain(&leaving, 0);
    assert_eq!(leaving.transient.unwrap().direction, Some(Direction::Decrease));
    assert_eq!(leaving.held, 20 * SOL + rent());
}

#[test]
fn explains_cap() {
    let capped = explain(&two(RebalancePolicy { validator_cap: 6_000.into(), ..RebalancePolicy::DEFAULT }), 0);
    assert_eq!((capped.target, capped.is_capped()), (Some((106 * SOL + 3 * rent()) / 10 * 6), true));
    assert!(capped.sentences()[0].contains("the cap on one validator"));
}

#[test]
fn explains_obstacles() {
    let fixture = two(RebalancePolicy::DEFAULT);
    let next = |fixture: &Fixture| explain(fixture, 0).next;
    assert_eq!(next(&Fixture { policy: None, ..fixture.clone() }), NextStep::NotExtended);
    assert_eq!(next(&Fixture { last_update_epoch: EPOCH - 1, ..fixture.clone() }), NextStep::NeedsUpdate);
    let weightless = Fixture::extended(vec![FixtureValidator::new(20 * SOL)]);
    assert_eq!(next(&weightless), NextStep::Stays(UnmovedReason::Rule(Reason::NoWeight)));
    let mut environment = fixture.environment();
    environment.epoch_rewards.active = true;
    let snapshot = PoolSnapshot::from_accounts(POOL, fixture.accounts(), environment).unwrap();
    assert_eq!(explain_stake(&snapshot, &vote(0)).unwrap().next, NextStep::RewardsBeingPaid);
    let mut snapshot = fixture.snapshot();
    snapshot.set_vote_account(vote(0), false);
    let gone = explain_stake(&snapshot, &vote(0)).unwrap();
    assert_eq!(gone.next, NextStep::Stays(UnmovedReason::Obstacle(Obstacle::VoteAccountClosed)));
    assert!(explain_stake(&snapshot, &USER).is_err());
    let removed = Fixture::extended(vec![FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator)]);
    assert!(explain(&removed, 0).sentences()[0].contains("is being removed"));
}

#[test]
fn counts_slots_until_next_epoch() {
    let fixture = two(RebalancePolicy::DEFAULT);
    let mut environment = fixture.environment();
    let schedule = EpochSchedule::custom(1_000, 1_000, false);
    environment.clock.slot = schedule.get_first_slot_in_epoch(EPOCH) + 100;
    let snapshot = PoolSnapshot::from_accounts(POOL, fixture.accounts(), environment).unwrap();
    assert_eq!(explain_stake(&snapshot, &vote(0)).unwrap().slots_until_next_epoch(&schedule), 900);
}
