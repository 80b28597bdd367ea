use super::*;
use {
    crate::{error::WeightsError, pool::PoolSnapshot},
    tidepool_core::rebalance::{Inputs, Reason, Rebalance, Verdict},
    tidepool_interface::{
        ExtensionError,
        address::find_transient_stake,
        instruction::ExtensionInstruction,
        state::{RebalancePolicy, ValidatorStakeInfo},
    },
};

/// A model of the program's rebalance: records, the reserve, and validators that it cannot move.
struct ProgramModel {
    records: Vec<ValidatorStakeInfo>,
    inputs: Inputs,
    stuck: BTreeSet<usize>,
    moved: Vec<(usize, Direction, u64)>,
}

impl ProgramModel {
    fn new(snapshot: &PoolSnapshot, stuck: &BTreeSet<usize>) -> Self {
        Self {
            records: snapshot.records().to_vec(),
            inputs: snapshot.rebalance_inputs().unwrap(),
            stuck: stuck.clone(),
            moved: vec![],
        }
    }

    fn run(&mut self, group: &InstructionGroup) {
        let [instruction] = group.instructions.as_slice() else { panic!("{group:?}") };
        let Ok(ExtensionInstruction::Rebalance { indices }) = ExtensionInstruction::decode(&instruction.data) else {
            panic!("{instruction:?}");
        };
        let (triples, rest) = instruction.accounts[10..].as_chunks::<3>();
        assert!(rest.is_empty() && triples.len() == indices.len() && indices.len() <= 32);
        let mut rebalance = Rebalance::survey(&self.records, &self.inputs);
        for (index, [vote, _, transient]) in indices.iter().zip(triples) {
            let index = index.get() as usize;
            let before = self.records[index];
            assert_eq!(vote.pubkey, before.vote_account_address);
            let seed = before.rebalance_seed();
            assert_eq!(transient.pubkey, find_transient_stake(&PROGRAM, &vote.pubkey, &POOL, seed).0);
            let verdict = rebalance.verdict(&self.records, index);
            let takes_part = !matches!(verdict, Verdict::Nothing(reason) if reason.excludes_validator());
            let lacks = rebalance.target(&before).is_some_and(|target| before.active_stake_lamports.get() < target);
            if takes_part && lacks && self.stuck.contains(&index) {
                self.records[index].extension.set_weight(0);
                rebalance.renew(&self.records);
                continue;
            }
            if !verdict.is_movement() {
                continue;
            }
            self.carry_out(index, verdict);
            rebalance.record_movement(&before, verdict);
        }
        self.inputs.reserve_lamports = rebalance.reserve_lamports();
    }

    fn carry_out(&mut self, index: usize, verdict: Verdict) {
        let record = &mut self.records[index];
        let transient = record.transient_stake_lamports.get();
        let moving = transient.saturating_sub(self.inputs.stake_rent);
        let rent = self.inputs.stake_rent;
        let is_deactivating = record.extension.is_deactivating();
        let (direction, lamports, after) = match verdict {
            Verdict::Increase(lamports) if lamports < moving => (Direction::Recall, moving - lamports, lamports + rent),
            Verdict::Increase(lamports) => (Direction::Increase, lamports - moving, lamports + rent),
            Verdict::Decrease(lamports) if lamports < moving => (Direction::Keep, moving - lamports, lamports + rent),
            Verdict::Decrease(lamports) => (Direction::Decrease, lamports - moving, lamports + rent),
            Verdict::Recall if is_deactivating => (Direction::Keep, moving, 0),
            Verdict::Recall => (Direction::Recall, moving, 0),
            Verdict::Nothing(_) => return,
        };
        let active = record.active_stake_lamports.get();
        match direction {
            Direction::Decrease => record.active_stake_lamports.set(active - lamports),
            Direction::Keep => record.active_stake_lamports.set(active + lamports),
            Direction::Increase | Direction::Recall => {}
        }
        let seed = record.rebalance_seed();
        record.transient_stake_lamports.set(after);
        record.transient_seed_suffix.set(seed);
        record.extension.set_transient_bump(200, matches!(direction, Direction::Decrease | Direction::Keep));
        self.moved.push((index, direction, lamports));
    }
}

fn plan(fixture: &Fixture) -> RebalancePlan {
    rebalance(&fixture.snapshot(), &RebalanceOptions::default()).unwrap()
}

fn moves(plan: &RebalancePlan) -> Vec<(usize, Direction, u64)> {
    plan.movements.iter().map(|movement| (movement.index, movement.direction, movement.lamports)).collect()
}

fn weighted(stakes: &[(u64, u16)]) -> Fixture {
    Fixture::extended(stakes.iter().map(|(stake, weight)| FixtureValidator::new(*stake).with_weight(*weight)).collect())
}

#[test]
fn distributes_deposit_by_weights() {
    let fixture = Fixture { reserve: 90 * SOL, ..weighted(&[(10 * SOL, 1), (10 * SOL, 2), (10 * SOL, 3)]) };
    let snapshot = fixture.snapshot();
    let plan = rebalance(&snapshot, &RebalanceOptions::default()).unwrap();
    assert_eq!(labels(&plan.plan), ["rebalance"]);
    let working = RebalancePolicy::DEFAULT.get().working_lamports(rent());
    let total = 120 * SOL + 3 * rent() - working;
    for movement in &plan.movements {
        let weight = u64::from(snapshot.records()[movement.index].extension.weight());
        assert_eq!(movement.direction, Direction::Increase);
        assert_eq!(movement.target, total * weight / 6);
        assert_eq!(movement.held, 10 * SOL + rent());
    }
    let moved: u64 = plan.movements.iter().map(|movement| movement.lamports + rent()).sum();
    assert_eq!(plan.idle.newly_delegated, moved - 3 * rent());
    assert_eq!(plan.idle.lent_rent, 3 * rent());
    assert_eq!(plan.idle.left_in_reserve, 90 * SOL - moved);
    assert!(plan.idle.left_in_reserve - working < 1_000 && plan.idle.lost_lamport_epochs == 0);
    assert_eq!((plan.turnover_left, plan.no_movement_reason()), (None, None));
    assert_eq!(plan.unread_votes(&snapshot).len(), 3);
}

#[test]
fn decreased_stake_is_idle_for_an_epoch() {
    let fixture = Fixture { reserve: 10 * SOL, ..weighted(&[(100 * SOL, 1), (20 * SOL, 1)]) };
    let plan = plan(&fixture);
    let directions: Vec<_> = plan.movements.iter().map(|movement| (movement.index, movement.direction)).collect();
    // Idle lamports of the reserve are delegated first.
    assert_eq!(directions, [(1, Direction::Increase), (0, Direction::Decrease)]);
    assert_eq!(plan.idle.lost_lamport_epochs, plan.movements[1].lamports);
    assert_eq!(plan.idle.newly_delegated, plan.movements[0].lamports);
    assert_eq!(plan.plan.groups().count(), 1);
}

#[test]
fn balanced_pool_needs_no_movement() {
    let plan = plan(&Fixture { reserve: 0, ..weighted(&[(20 * SOL, 1), (20 * SOL, 1), (SOL, 0)]) });
    assert!(plan.is_empty() && plan.plan.is_empty());
    assert_eq!(plan.no_movement_reason(), Some(UnmovedReason::Rule(Reason::Balanced)));
    let reasons: Vec<_> = plan.unmoved.iter().map(|unmoved| unmoved.reason).collect();
    let [balanced, no_weight] = [Reason::Balanced, Reason::NoWeight].map(UnmovedReason::Rule);
    assert_eq!(reasons, [balanced, balanced, no_weight]);
}

#[test]
fn small_reserve_goes_to_largest_deviations_in_order() {
    // 3 SOL for ten validators: less than one SOL for each.
    let stakes: Vec<_> = (0..10).map(|index| ((20 + index) * SOL, 1)).collect();
    let policy = RebalancePolicy { turnover_budget: 0.into(), ..RebalancePolicy::DEFAULT };
    let fixture = Fixture { reserve: 2 * SOL + 9 * rent(), policy: Some(policy), ..weighted(&stakes) };
    let plan = plan(&fixture);
    let [one, two] = [0, 1].map(|index| (index, Direction::Increase, SOL));
    assert_eq!(moves(&plan), [one, two]);
    assert_eq!(labels(&plan.plan), ["rebalance"]);
    let reason: Vec<_> = plan.unmoved.iter().map(|unmoved| unmoved.reason).collect();
    assert!(reason.contains(&UnmovedReason::Rule(Reason::BudgetSpent)), "{reason:?}");
}

#[test]
fn largest_deviations_come_first_in_one_stage() {
    let stakes: Vec<_> = (0..40).map(|index| (20 * SOL + index * SOL / 10, 1)).collect();
    let policy = RebalancePolicy { turnover_budget: 0.into(), ..RebalancePolicy::DEFAULT };
    let fixture = Fixture { reserve: 16 * SOL, policy: Some(policy), ..weighted(&stakes) };
    let snapshot = fixture.snapshot();
    let plan = rebalance(&snapshot, &RebalanceOptions::default()).unwrap();
    assert_eq!(plan.plan.stages.len(), 1);
    let moved = moves(&plan);
    assert!(moved.iter().map(|(index, ..)| *index).eq(0..13), "{moved:?}");
    assert!(moved.is_sorted_by(|(.., one), (.., other)| one >= other) && moved[12].2 == SOL, "{moved:?}");
    let mut machine = ProgramModel::new(&snapshot, &BTreeSet::new());
    plan.plan.groups().for_each(|group| machine.run(group));
    assert_eq!(machine.moved, moves(&plan));
}

#[test]
fn clears_weight_of_unusable_validators() {
    let stakes: Vec<_> = (0..10).map(|index| ((20 + index) * SOL, 1)).collect();
    let policy = RebalancePolicy { turnover_budget: 0.into(), ..RebalancePolicy::DEFAULT };
    let fixture = Fixture { reserve: 2 * SOL, policy: Some(policy), ..weighted(&stakes) };
    let mut snapshot = fixture.snapshot();
    snapshot.set_vote_account(vote(0), false);
    // The stake of the second one was deactivated by a cluster restart.
    let gone = snapshot.stake_addresses()[1].validator;
    let addresses = snapshot.clone();
    snapshot.set_stake_accounts(
        |_| true,
        |address| fixture.stake_account_at(&addresses, address).filter(|_| *address != gone),
    );
    let plan = rebalance(&snapshot, &RebalanceOptions::default()).unwrap();
    assert_eq!(moves(&plan), [(2, Direction::Increase, SOL)]);
    let reason = |index: usize| plan.unmoved.iter().find(|unmoved| unmoved.index == index).unwrap().reason;
    assert_eq!(reason(0), UnmovedReason::Obstacle(Obstacle::VoteAccountClosed));
    assert_eq!(reason(1), UnmovedReason::Obstacle(Obstacle::NotDelegated));
    let mut machine = ProgramModel::new(&snapshot, &BTreeSet::from([0, 1]));
    plan.plan.groups().for_each(|group| machine.run(group));
    assert_eq!(machine.moved, moves(&plan));
}

#[test]
fn unusable_validators_do_not_block_others() {
    let stakes: Vec<_> = (0..60).map(|index| ((20 + index) * SOL, 1)).collect();
    let policy = RebalancePolicy { turnover_budget: 0.into(), ..RebalancePolicy::DEFAULT };
    let fixture = Fixture { reserve: 2 * SOL, policy: Some(policy), ..weighted(&stakes) };
    let mut snapshot = fixture.snapshot();
    (0..25).for_each(|index| snapshot.set_vote_account(vote(index), false));
    let plan = rebalance(&snapshot, &RebalanceOptions::default()).unwrap();
    assert_eq!(moves(&plan), [(25, Direction::Increase, SOL)]);
    let mut machine = ProgramModel::new(&snapshot, &(0..25).collect());
    plan.plan.groups().for_each(|group| machine.run(group));
    assert_eq!(machine.moved, moves(&plan));
    assert!(machine.records[..25].iter().all(|record| record.extension.weight() == 0));
}

#[test]
fn distinguishes_refusals() {
    let options = RebalanceOptions::default();
    let fixture = weighted(&[(20 * SOL, 1)]);
    let plain = Fixture { policy: None, ..fixture.clone() };
    let error = rebalance(&plain.snapshot(), &options).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::NotExtended));
    let stale = Fixture { last_update_epoch: EPOCH - 1, ..fixture.clone() };
    let error = rebalance(&stale.snapshot(), &options).unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::StakeListAndPoolOutOfDate));
    let weightless = weighted(&[(20 * SOL, 0)]);
    assert_eq!(rebalance(&weightless.snapshot(), &options), Err(PlanError::Weights(WeightsError::NoWeights)));
    let mut environment = fixture.environment();
    environment.epoch_rewards.active = true;
    let snapshot = PoolSnapshot::from_accounts(POOL, fixture.accounts(), environment).unwrap();
    assert!(matches!(rebalance(&snapshot, &options), Err(PlanError::EpochRewardsActive { .. })));
    for size in [0, 33] {
        let options = RebalanceOptions { validators_per_instruction: Some(size), ..RebalanceOptions::default() };
        assert!(matches!(rebalance(&fixture.snapshot(), &options), Err(PlanError::Invalid { .. })));
    }
}

#[test]
fn lookup_tables_and_v1_allow_more_movements() {
    let stakes: Vec<_> = (0..40).map(|_| (20 * SOL, 1)).collect();
    let fixture = Fixture { reserve: 400 * SOL, with_stakes: false, ..weighted(&stakes) };
    let snapshot = fixture.snapshot();
    let legacy = rebalance(&snapshot, &RebalanceOptions::default()).unwrap();
    let lookup_tables = tables(&lookup_addresses(&snapshot, LookupContent { votes: true, transients: false }));
    let transactions = |format: TransactionFormat| {
        let plan = rebalance(&snapshot, &RebalanceOptions { format: format.clone(), ..Default::default() }).unwrap();
        assert_eq!(moves(&plan), moves(&legacy));
        pack_plan(&plan.plan, &PackOptions::new(USER).in_format(format)).unwrap()[0].len()
    };
    // By bytes, and by logs.
    assert_eq!(transactions(TransactionFormat::Legacy), 40usize.div_ceil(6));
    assert_eq!(transactions(TransactionFormat::V0(lookup_tables)), 40usize.div_ceil(14));
    assert_eq!(transactions(TransactionFormat::V1), 40usize.div_ceil(14));
}

fn pools() -> impl Strategy<Value = (Fixture, BTreeSet<usize>)> {
    let stake = prop_oneof![SOL..3 * SOL, SOL..60 * SOL, SOL..1_000 * SOL];
    let validator = (stake, prop_oneof![1 => Just(0u16), 3 => 1..6u16, 3 => 1..u16::MAX], 0..12u8, SOL..20 * SOL);
    let validator = validator.prop_map(|(stake, weight, kind, transient)| {
        let validator = FixtureValidator::new(stake).with_weight(weight);
        match kind {
            0 => validator.with_weight(0).with_status(StakeStatus::DeactivatingValidator),
            1 => validator.decreasing(transient),
            2 => validator.increasing(transient),
            _ => validator,
        }
    });
    let basis_points = |most: u16| prop_oneof![Just(0u16), 0..most];
    let policy = (
        basis_points(3_000),
        prop_oneof![Just(10_000u16), 0..3_000u16],
        prop_oneof![Just(10_000u16), 500..5_000u16],
        prop_oneof![Just(0u64), 0..20 * SOL],
        prop_oneof![Just(0u64), 0..20 * SOL],
    );
    let reserve = prop_oneof![0..20 * SOL, 0..2_000 * SOL];
    let pool =
        (prop::collection::vec(validator, 1..40), policy, reserve, prop::collection::btree_set(0..40usize, 0..4));
    pool.prop_map(|(validators, policy, reserve, stuck)| {
        let (reserve_share, turnover_budget, validator_cap, reserve_floor, threshold) = policy;
        let policy = RebalancePolicy {
            reserve_share: reserve_share.into(),
            turnover_budget: turnover_budget.into(),
            validator_cap: validator_cap.into(),
            reserve_floor: reserve_floor.into(),
            threshold: threshold.into(),
            ..RebalancePolicy::DEFAULT
        };
        let mut fixture =
            Fixture { reserve, with_stakes: false, policy: Some(policy), ..Fixture::extended(validators) };
        let total = fixture.snapshot().pool().head.total_lamports.get();
        fixture.terms.last_epoch_total_lamports = total / 10 * 9;
        (fixture, stuck)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The program executes the instructions in order, moves exactly what the plan says, and then nothing more.
    #[test]
    fn plan_matches_program((fixture, stuck) in pools()) {
        let mut snapshot = fixture.snapshot();
        // A validator without a vote account can only be decreased.
        stuck.iter().for_each(|index| snapshot.set_vote_account(vote(*index), false));
        let planned = rebalance(&snapshot, &RebalanceOptions::default());
        prop_assume!(planned != Err(PlanError::Weights(WeightsError::NoWeights)));
        let plan = planned.unwrap();
        let mut machine = ProgramModel::new(&snapshot, &stuck);
        plan.plan.groups().for_each(|group| machine.run(group));
        prop_assert_eq!(&machine.moved, &moves(&plan));
        prop_assert_eq!(machine.inputs.reserve_lamports, plan.idle.left_in_reserve);
        let moved: BTreeSet<usize> = plan.movements.iter().map(|movement| movement.index).collect();
        prop_assert_eq!(moved.len() + plan.unmoved.len(), snapshot.records().len());
        let mut end = Rebalance::survey(&machine.records, &machine.inputs);
        for index in 0..machine.records.len() {
            prop_assert!(!end.verdict(&machine.records, index).is_movement());
        }
        for (stage, packed) in plan.plan.stages.iter().zip(pack_plan(&plan.plan, &PackOptions::new(USER)).unwrap()) {
            prop_assert_eq!(packed.len(), stage.groups.len());
        }
    }

    /// Groups of one stage are independent of their order.
    #[test]
    fn order_within_stage_is_irrelevant((mut fixture, _) in pools(), rotation in 0..10usize) {
        fixture.validators.iter_mut().for_each(|validator| validator.transient = 0);
        let snapshot = fixture.snapshot();
        let options = RebalanceOptions { validators_per_instruction: Some(2), ..RebalanceOptions::default() };
        let Ok(plan) = rebalance(&snapshot, &options) else { return Ok(()) };
        let mut machine = ProgramModel::new(&snapshot, &BTreeSet::new());
        for stage in &plan.plan.stages {
            let mut groups = stage.groups.clone();
            let count = groups.len();
            groups.rotate_left(rotation % count);
            groups.iter().for_each(|group| machine.run(group));
        }
        let (mut moved, mut planned) = (machine.moved, moves(&plan));
        moved.sort_unstable_by_key(|(index, _, lamports)| (*index, *lamports));
        planned.sort_unstable_by_key(|(index, _, lamports)| (*index, *lamports));
        prop_assert_eq!(moved, planned);
    }
}
