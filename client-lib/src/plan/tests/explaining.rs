use {
    super::*,
    crate::pool::PoolSnapshot,
    solana_epoch_schedule::EpochSchedule,
    tidepool_interface::{rebalance::Reason, state::RebalancePolicy},
};

fn explain(fixture: &Fixture, index: usize) -> StakeExplanation {
    explain_stake(&fixture.snapshot(), &vote(index)).unwrap()
}

fn two(policy: RebalancePolicy) -> Fixture {
    let validators = vec![
        FixtureValidator::new(30 * SOL).weighing(3),
        FixtureValidator::new(20 * SOL).weighing(1).increasing(6 * SOL),
    ];
    Fixture { reserve: 50 * SOL, policy: Some(policy), ..Fixture::extended(validators) }
}

#[test]
fn what_a_validator_should_have_and_what_comes_next() {
    let first = explain(&two(RebalancePolicy::DEFAULT), 0);
    let total = 106 * SOL + 3 * rent() - RebalancePolicy::DEFAULT.working_lamports(rent());
    assert_eq!((first.weight, first.weights, first.share_basis_points()), (3, 4, Some(7_500)));
    assert_eq!(first.target, Some(total / 4 * 3 + total % 4 * 3 / 4));
    assert_eq!((first.cap, first.is_capped(), first.held), (None, false, 30 * SOL + rent()));
    let NextStep::Moves(Direction::Increase, lamports) = first.next else { panic!("{first:?}") };
    assert!(lamports > 40 * SOL);
    let sentences = first.sentences();
    assert!(sentences[0].contains("its weight is 3 of 4 (75.00 %)"), "{sentences:#?}");
    assert!(sentences[1].contains("too little"), "{sentences:#?}");
    assert!(sentences[2].contains(&format!("earns from epoch {} on", EPOCH + 1)), "{sentences:#?}");
}

#[test]
fn where_stake_is_on_its_way_to_and_since_when() {
    let fixture = two(RebalancePolicy::DEFAULT);
    let second = explain(&fixture, 1);
    let in_motion =
        InMotion { lamports: 6 * SOL + rent(), direction: Some(Direction::Increase), arrives_in: Some(EPOCH + 1) };
    assert_eq!(second.in_motion, Some(in_motion));
    assert_eq!(second.held, 26 * SOL + rent());
    assert_eq!(second.next, NextStep::Stays(WhyNot::Rule(Reason::TransientStake)));
    assert_eq!(second.sentences().len(), 4);
    // The record tells the direction, and only the account since when.
    let unread = explain(&Fixture { with_stakes: false, ..fixture.clone() }, 1);
    assert_eq!(unread.in_motion, Some(InMotion { arrives_in: None, ..in_motion }));
    let mut unknown = Fixture { with_stakes: false, ..fixture };
    unknown.validators[1].has_bumps = false;
    assert_eq!(explain(&unknown, 1).in_motion.unwrap().direction, None);
    let leaving = Fixture::extended(vec![FixtureValidator::new(20 * SOL).weighing(1).decreasing(5 * SOL)]);
    let leaving = explain(&leaving, 0);
    assert_eq!(leaving.in_motion.unwrap().direction, Some(Direction::Decrease));
    assert_eq!(leaving.held, 20 * SOL + rent());
}

#[test]
fn a_cap_is_named() {
    let capped = explain(&two(RebalancePolicy { validator_cap: 6_000.into(), ..RebalancePolicy::DEFAULT }), 0);
    assert_eq!((capped.target, capped.is_capped()), (Some((106 * SOL + 3 * rent()) / 10 * 6), true));
    assert!(capped.sentences()[0].contains("the most that one validator may have"));
}

#[test]
fn what_stands_in_the_way_is_named() {
    let fixture = two(RebalancePolicy::DEFAULT);
    let next = |fixture: &Fixture| explain(fixture, 0).next;
    assert_eq!(next(&Fixture { policy: None, ..fixture.clone() }), NextStep::NotExtended);
    assert_eq!(next(&Fixture { last_update_epoch: EPOCH - 1, ..fixture.clone() }), NextStep::NeedsUpdate);
    let weightless = Fixture::extended(vec![FixtureValidator::new(20 * SOL)]);
    assert_eq!(next(&weightless), NextStep::Stays(WhyNot::Rule(Reason::NoWeight)));
    let mut environment = fixture.environment();
    environment.epoch_rewards.active = true;
    let snapshot = PoolSnapshot::from_accounts(POOL, fixture.accounts(), environment).unwrap();
    assert_eq!(explain_stake(&snapshot, &vote(0)).unwrap().next, NextStep::RewardsBeingPaid);
    let mut snapshot = fixture.snapshot();
    snapshot.set_vote_account(vote(0), false);
    let gone = explain_stake(&snapshot, &vote(0)).unwrap();
    assert_eq!(gone.next, NextStep::Stays(WhyNot::Obstacle(Obstacle::VoteAccountGone)));
    assert!(explain_stake(&snapshot, &USER).is_err());
    let removed = Fixture::extended(vec![FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator)]);
    assert!(explain(&removed, 0).sentences()[0].contains("is being removed"));
}

#[test]
fn the_next_epoch_is_counted_down_in_slots() {
    let fixture = two(RebalancePolicy::DEFAULT);
    let mut environment = fixture.environment();
    let schedule = EpochSchedule::custom(1_000, 1_000, false);
    environment.clock.slot = schedule.get_first_slot_in_epoch(EPOCH) + 100;
    let snapshot = PoolSnapshot::from_accounts(POOL, fixture.accounts(), environment).unwrap();
    assert_eq!(explain_stake(&snapshot, &vote(0)).unwrap().slots_until_next_epoch(&schedule), 900);
}
