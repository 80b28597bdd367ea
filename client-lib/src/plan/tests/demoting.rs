use super::*;
use {
    crate::actions::Demotion,
    solana_account::Account,
    solana_clock::Clock,
    solana_vote_interface::state::{VoteInit, VoteStateV4, VoteStateVersions},
    tidepool_core::rebalance::Reason,
    tidepool_interface::{
        ExtensionError,
        instruction::ExtensionInstruction,
        state::{Ceiling, DemotionGround, DemotionPolicy},
    },
};

/// A vote account with an inflation commission, and credits in these epochs.
fn vote_account(commission: u16, earned_in: Range<u64>) -> Account {
    let node = Address::new_from_array([8; 32]);
    let init = VoteInit { node_pubkey: node, authorized_voter: node, authorized_withdrawer: node, commission: 0 };
    let mut state = VoteStateV4::new_with_defaults(&node, &init, &Clock::default());
    state.inflation_rewards_commission_bps = commission;
    state.epoch_credits = earned_in.map(|epoch| (epoch, 10 * epoch + 10, 10 * epoch)).collect();
    let mut account = Account::new(1, 3_762, &solana_sdk_ids::vote::ID);
    VoteStateV4::serialize(&VoteStateVersions::new_v4(state), &mut account.data).unwrap();
    account
}

fn good() -> Account {
    vote_account(500, EPOCH - 10..EPOCH)
}

fn policy() -> DemotionPolicy {
    DemotionPolicy {
        inflation_commission: Ceiling::new(1_000),
        epochs_without_credits: 3,
        max_validators: 10.into(),
        max_stake: 10_000.into(),
        cooldown_epochs: 5.into(),
        ..DemotionPolicy::NONE
    }
}

fn pool(stakes: &[u64], demotion: DemotionPolicy) -> Fixture {
    let validators = stakes.iter().map(|stake| FixtureValidator::new(*stake).with_weight(1)).collect();
    Fixture { demotion, ..Fixture::extended(validators) }
}

fn judged(fixture: &Fixture, accounts: Vec<Option<Account>>) -> DemotionPlan {
    let votes = accounts.into_iter().enumerate().map(|(index, account)| (vote(index), account)).collect();
    demotions(&fixture.snapshot(), &votes).unwrap()
}

fn found(demotions: &[Demotion]) -> Vec<(usize, DemotionGround)> {
    demotions.iter().map(|demotion| (demotion.index, demotion.ground)).collect()
}

#[test]
fn demotes_by_the_worst_ground_idle_validators_first() {
    let fixture = pool(&[9 * SOL, 50 * SOL, 5 * SOL, 7 * SOL, 20 * SOL], policy());
    let idle = vote_account(1_100, EPOCH - 10..EPOCH - 3);
    let plan = judged(
        &fixture,
        vec![
            Some(good()),
            Some(vote_account(1_001, EPOCH - 10..EPOCH)),
            None,
            Some(idle),
            Some(vote_account(1_000, EPOCH - 2..EPOCH + 1)),
        ],
    );
    // The last one is at the bound, and earned in two of the three epochs.
    assert_eq!(
        found(&plan.demotions),
        [(2, DemotionGround::Closed), (3, DemotionGround::NoCredits), (1, DemotionGround::InflationCommission)]
    );
    assert_eq!(plan.postponed, []);
    assert_eq!(plan.demotions[1].peer, Some((0, vote(0))));
    let decoded: Vec<_> =
        plan.plan.groups().map(|group| ExtensionInstruction::decode(&group.instructions[0].data).unwrap()).collect();
    let demote = |index, ground| ExtensionInstruction::DemoteValidator { index, peer_index: 0, ground };
    assert_eq!(decoded[1], demote(3, DemotionGround::NoCredits));
    let accounts: Vec<Vec<Address>> = plan
        .plan
        .groups()
        .map(|group| group.instructions[0].accounts.iter().map(|meta| meta.pubkey).collect())
        .collect();
    assert_eq!(accounts[0], [POOL, LIST, vote(2)]);
    assert_eq!(accounts[1], [POOL, LIST, vote(3), vote(0)]);
}

#[test]
fn demotes_within_the_bounds_of_the_epoch() {
    let high = || Some(vote_account(2_000, EPOCH - 10..EPOCH));
    let two = DemotionPolicy { max_validators: 2.into(), ..policy() };
    let plan = judged(&pool(&[5 * SOL, 9 * SOL, 7 * SOL], two), vec![high(), high(), high()]);
    let by = |indices: &[usize]| -> Vec<_> {
        indices.iter().map(|index| (*index, DemotionGround::InflationCommission)).collect()
    };
    assert_eq!((found(&plan.demotions), found(&plan.postponed)), (by(&[1, 2]), by(&[0])));

    // A tenth of 110 SOL: the largest validator alone is more.
    let tenth = DemotionPolicy { max_stake: 1_000.into(), ..policy() };
    let plan = judged(&pool(&[5 * SOL, 90 * SOL, 5 * SOL], tenth), vec![high(), high(), high()]);
    assert_eq!((found(&plan.demotions), found(&plan.postponed)), (by(&[0, 2]), by(&[1])));
}

#[test]
fn idle_validators_need_a_peer() {
    let idle = || Some(vote_account(0, EPOCH - 10..EPOCH - 3));
    let fixture = pool(&[5 * SOL, 5 * SOL], policy());
    assert_eq!(judged(&fixture, vec![idle(), idle()]), DemotionPlan::default());
    let mut fixture = pool(&[5 * SOL, 5 * SOL, 5 * SOL], policy());
    fixture.validators[1] = fixture.validators[1].demoted_in(EPOCH - 1);
    fixture.validators[2] = fixture.validators[2].with_status(StakeStatus::DeactivatingValidator);
    assert_eq!(judged(&fixture, vec![idle(), Some(good()), Some(good())]), DemotionPlan::default());
    // A peer that is to be demoted itself waits until it was a proof.
    let both = vec![idle(), Some(vote_account(2_000, EPOCH - 10..EPOCH))];
    let plan = judged(&pool(&[5 * SOL, 5 * SOL], policy()), both);
    assert_eq!(found(&plan.demotions), [(0, DemotionGround::NoCredits)]);
    assert_eq!(found(&plan.postponed), [(1, DemotionGround::InflationCommission)]);
}

#[test]
fn without_bounds_no_vote_account_is_read() {
    let fixture = pool(&[5 * SOL], policy());
    assert_eq!(judged_votes(&fixture.snapshot()), [vote(0)]);
    for off in
        [DemotionPolicy { max_validators: 0.into(), ..policy() }, DemotionPolicy { max_stake: 0.into(), ..policy() }]
    {
        assert_eq!(judged_votes(&pool(&[5 * SOL], off).snapshot()), []);
    }
    // An account that was not read is not judged.
    assert_eq!(judged(&fixture, vec![]), DemotionPlan::default());
    let mut stale = fixture;
    stale.last_update_epoch = EPOCH - 1;
    let error = demotions(&stale.snapshot(), &VoteAccounts::default()).unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::StakeListAndPoolOutOfDate));
}

#[test]
fn stake_of_demoted_validators_is_taken_first() {
    let mut fixture = pool(&[30 * SOL, 20 * SOL, 10 * SOL], policy());
    fixture.validators[1] = fixture.validators[1].demoted_in(EPOCH);
    fixture.reserve = 40 * SOL;
    let plan = rebalance(&fixture.snapshot(), &RebalanceOptions::default()).unwrap();
    let first = plan.movements[0];
    assert_eq!((first.index, first.direction), (1, Direction::Decrease));
    assert_eq!(first.target, rent() + SOL);
    assert_eq!(first.lamports, 19 * SOL);
    // A pool whose weights are all gone too.
    fixture.validators.iter_mut().for_each(|validator| validator.weight = 0);
    let plan = rebalance(&fixture.snapshot(), &RebalanceOptions::default()).unwrap();
    let moved: Vec<_> = plan.movements.iter().map(|movement| (movement.index, movement.direction)).collect();
    assert_eq!(moved, [(1, Direction::Decrease)]);
}

#[test]
fn unusable_demoted_validators_are_skipped() {
    let mut fixture = pool(&[30 * SOL, 20 * SOL], policy());
    fixture.validators[0] = fixture.validators[0].demoted_in(EPOCH).deactivated_in(EPOCH - 1);
    fixture.validators[1] = fixture.validators[1].demoted_in(EPOCH);
    let plan = rebalance(&fixture.snapshot(), &RebalanceOptions::default()).unwrap();
    let moved: Vec<_> = plan.movements.iter().map(|movement| movement.index).collect();
    assert_eq!(moved, [1]);
    assert_eq!(plan.unmoved[0].reason, UnmovedReason::Obstacle(Obstacle::NotDelegated));
}

#[test]
fn explains_demotion() {
    let mut fixture = pool(&[30 * SOL, 20 * SOL], policy());
    fixture.validators[0] = fixture.validators[0].demoted_in(EPOCH - 2);
    let explanation = explain_stake(&fixture.snapshot(), &vote(0)).unwrap();
    let demotion = explanation.demotion.unwrap();
    assert_eq!((demotion.epoch, demotion.reinstatable_from_epoch), (EPOCH - 2, EPOCH + 3));
    assert_eq!((explanation.weight, explanation.target), (0, None));
    assert_eq!(explanation.next, NextStep::Moves(Direction::Decrease, 29 * SOL));
    let sentence = &explanation.sentences()[0];
    assert!(sentence.contains("demoted in epoch 698"), "{sentence}");
    assert!(sentence.contains("reinstates it, from epoch 703 on"), "{sentence}");
    assert_eq!(explain_stake(&fixture.snapshot(), &vote(1)).unwrap().demotion, None);
    let at_minimum = Fixture { validators: vec![FixtureValidator::new(SOL).demoted_in(EPOCH)], ..fixture };
    let explanation = explain_stake(&at_minimum.snapshot(), &vote(0)).unwrap();
    assert_eq!(explanation.next, NextStep::Stays(UnmovedReason::Rule(Reason::Balanced)));
}

#[test]
fn demoted_validators_take_neither_weight_nor_stake() {
    let mut fixture = pool(&[30 * SOL, 20 * SOL], policy());
    fixture.validators[0] = fixture.validators[0].demoted_in(EPOCH - 4);
    fixture.reserve = 50 * SOL;
    let snapshot = fixture.snapshot();
    let weights = crate::actions::weights::equal(&snapshot);
    assert_eq!(weights, [(vote(1), 1)]);
    let wanted = [(vote(0), 2), (vote(1), 1)];
    let change = |snapshot: &crate::pool::PoolSnapshot| {
        crate::actions::weights::changes(snapshot, &wanted, crate::actions::weights::Unlisted::Keep)
    };
    let error = change(&snapshot).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::ValidatorDemoted));
    assert!(error.to_string().contains("can have a weight from epoch 701 on"), "{error}");
    let error = crate::actions::increase_validator_stake(&snapshot, &vote(0), 5 * SOL).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::ValidatorDemoted));
    let stake = stake_account(USER, vote(0), 5 * SOL, EPOCH - 100, NOT_DEACTIVATED);
    let error = crate::quote::quote_deposit_stake(&snapshot, &stake, None).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::ValidatorDemoted));

    fixture.validators[0] = fixture.validators[0].demoted_in(EPOCH - 5);
    let changes = change(&fixture.snapshot()).unwrap();
    assert_eq!(changes.iter().map(|change| (change.index, change.new)).collect::<Vec<_>>(), [(0, 2)]);
    let high = [(vote(1), 32_768)];
    let error =
        crate::actions::weights::changes(&snapshot, &high, crate::actions::weights::Unlisted::Keep).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::WeightTooHigh));
    // Weight 0 does not end a demotion.
    let cleared = [(vote(0), 0), (vote(1), 3)];
    let kept = crate::actions::weights::Unlisted::Keep;
    let changes = crate::actions::weights::changes(&fixture.snapshot(), &cleared, kept).unwrap();
    assert_eq!(changes.iter().map(|change| change.index).collect::<Vec<_>>(), [1]);
}
