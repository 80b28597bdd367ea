use super::*;
use tidepool_interface::state::WEIGHT_MAX;
use {
    crate::{
        actions::weights::{RelativeWeight, Unlisted, by_stake, changes, equal, relative, weights_per_instruction},
        pack::MAX_TRANSACTION_BYTES,
        pool::PoolAccounts,
    },
    proptest::prelude::*,
    tidepool_core::rebalance::{Inputs, Rebalance, Verdict},
    tidepool_interface::{
        ExtensionError,
        instruction::ExtensionInstruction,
        state::{PoolExtension, RebalancePolicy, ValidatorListMut},
    },
};

fn pool(weights: &[u16]) -> Fixture {
    let validators = weights.iter().map(|weight| FixtureValidator::new(20 * SOL).with_weight(*weight));
    Fixture { with_stakes: false, ..Fixture::extended(validators.collect()) }
}

fn numbers(texts: &[&str]) -> Vec<(Address, RelativeWeight)> {
    texts.iter().enumerate().map(|(index, text)| (vote(index), text.parse().unwrap())).collect()
}

fn scaled(texts: &[&str]) -> Vec<u16> {
    relative(&numbers(texts)).unwrap().into_iter().map(|(_, weight)| weight).collect()
}

fn parsed(text: &str) -> Result<RelativeWeight, WeightsError> {
    text.parse()
}

#[test]
fn scales_exactly_if_possible() {
    assert_eq!(scaled(&["1", "2", "3"]), [1, 2, 3]);
    assert_eq!(scaled(&["10", "20", "0", "30"]), [1, 2, 0, 3]);
    assert_eq!(scaled(&["0.25", "0.5", ".25"]), [1, 2, 1]);
    assert_eq!(scaled(&["1e9", "2500000000.00"]), [2, 5]);
    assert_eq!(scaled(&["123456789012345678901234567890"]), [1]);
    assert_eq!(scaled(&["32767", "1"]), [32_767, 1]);
    assert_eq!(scaled(&["32768", "1"]), [32_767, 1]);
    assert_eq!(scaled(&["1e-300", "3e-300"]), [1, 3]);
    assert_eq!(scaled(&["1000000007", "500000003"]), [32_767, 16_383]);
}

#[test]
fn rejects_weight_rounded_to_zero() {
    assert_eq!(scaled(&["65534", "1.00001"]), [32_767, 1]);
    let error = relative(&numbers(&["131071", "0.9"])).unwrap_err();
    assert_eq!(error, WeightsError::RoundsToZero { vote: vote(1), weight: "9e-1".into() });
    assert!(relative(&numbers(&["1e60", "1"])).is_err());
    assert_eq!(relative(&numbers(&["0", "0.0"])), Err(WeightsError::NoWeights));
    assert_eq!(relative(&[]), Err(WeightsError::NoWeights));
}

#[test]
fn rejects_invalid_number() {
    for text in ["", ".", "1,5", "1_000", "12 %", "NaN", "inf", "0x10", "1e", "1e1.5", "--1", "1e99999999999"] {
        assert!(matches!(parsed(text), Err(WeightsError::NotANumber { .. })), "{text}: {:?}", parsed(text));
    }
    assert_eq!(parsed("-3"), Err(WeightsError::Negative { text: "-3".into() }));
    assert_eq!(parsed("-0.0"), Ok(RelativeWeight::default()));
    assert_eq!(parsed(" +3. "), Ok(3.into()));
    assert_eq!((parsed("3e2").unwrap().to_string(), parsed("0.5").unwrap().to_string()), ("300".into(), "5e-1".into()));
}

#[test]
fn weights_by_stake_preserve_distribution() {
    let stakes = [20 * SOL, 10 * SOL, SOL, 500_000 * SOL + 1];
    let mut fixture = Fixture::extended(stakes.iter().map(|stake| FixtureValidator::new(*stake)).collect());
    let weights = by_stake(&fixture.snapshot()).unwrap();
    // The smallest would be rounded to 0.
    assert_eq!(weights.iter().map(|(_, weight)| *weight).collect::<Vec<_>>(), [1, 1, 1, 32_767]);
    fixture.validators.pop();
    fixture.validators.push(FixtureValidator::new(5 * SOL).with_status(StakeStatus::DeactivatingValidator));
    let exact = by_stake(&fixture.snapshot()).unwrap();
    assert_eq!(exact, [(vote(0), 20), (vote(1), 10), (vote(2), 1)]);
    assert_eq!(equal(&fixture.snapshot()), [(vote(0), 1), (vote(1), 1), (vote(2), 1)]);
    assert_eq!(by_stake(&Fixture::extended(vec![]).snapshot()), Err(WeightsError::NoStake));
}

#[test]
fn sends_changed_weights_only() {
    let snapshot = pool(&[1, 2, 0]).snapshot();
    let wanted = [(vote(2), 1), (vote(0), 1)];
    let total = 70 * SOL + 3 * rent() - RebalancePolicy::DEFAULT.get().working_lamports(rent());
    let [change] = changes(&snapshot, &wanted, Unlisted::Keep).unwrap()[..] else { panic!() };
    let expected = WeightChange {
        vote: vote(2),
        index: 2,
        old: 0,
        new: 1,
        target_before: None,
        target_after: Some(total / 4 + total % 4 / 4),
    };
    assert_eq!(change, expected);
    let all = changes(&snapshot, &wanted, Unlisted::Clear).unwrap();
    assert_eq!(
        all.iter().map(|change| (change.index, change.old, change.new)).collect::<Vec<_>>(),
        [(1, 2, 0), (2, 0, 1)]
    );
    let total = 50 * SOL + 2 * rent() - RebalancePolicy::DEFAULT.get().working_lamports(rent());
    assert_eq!(all[0].target_before, Some(total / 3 * 2 + total % 3 * 2 / 3));
    assert_eq!(all[0].target_after, None);
    let plan = set_validator_weights(&snapshot, &all).unwrap();
    let [group] = &plan.stages[0].groups[..] else { panic!("{plan:?}") };
    assert_eq!(signers(group), BTreeSet::from([STAKER]));
    let Ok(ExtensionInstruction::SetValidatorWeights { more: false, weights }) =
        ExtensionInstruction::decode(&group.instructions[0].data)
    else {
        panic!()
    };
    assert_eq!(weights.len(), 2);
    assert!(weights[0].is_for(&snapshot.records()[1]) && weights[0].weight.get() == 0);
    assert!(weights[1].index.get() == 2 && weights[1].weight.get() == 1);
    assert!(set_validator_weights(&snapshot, &[]).unwrap().is_empty());
}

#[test]
fn rejects_invalid_weights() {
    let mut fixture = pool(&[1, 2, 0]);
    fixture.validators[2].status = StakeStatus::DeactivatingValidator;
    let snapshot = fixture.snapshot();
    let refused = |wanted: &[(Address, u16)], unlisted| changes(&snapshot, wanted, unlisted).unwrap_err();
    let unknown = refused(&[(OTHER, 1)], Unlisted::Keep);
    assert_eq!(unknown.stake_pool_error(), Some(StakePoolError::ValidatorNotFound));
    assert!(unknown.to_string().contains(&OTHER.to_string()));
    let removed = refused(&[(vote(2), 1)], Unlisted::Keep);
    assert_eq!(removed.extension_error(), Some(ExtensionError::WeightOfRemovedValidator));
    assert!(changes(&snapshot, &[(vote(2), 0)], Unlisted::Keep).unwrap().is_empty());
    let twice = refused(&[(vote(0), 1), (vote(0), 1)], Unlisted::Keep);
    assert_eq!(twice, WeightsError::Twice { vote: vote(0) }.into());
    let no_weights = PlanError::from(WeightsError::NoWeights);
    assert_eq!(refused(&[], Unlisted::Clear), no_weights);
    assert_eq!(refused(&[(vote(0), 0), (vote(1), 0)], Unlisted::Keep), no_weights);
    fixture.policy = Some(RebalancePolicy { validator_cap: 6_000.into(), ..RebalancePolicy::DEFAULT });
    let error = changes(&fixture.snapshot(), &[(vote(1), 0)], Unlisted::Keep).unwrap_err();
    assert!(matches!(error, PlanError::Weights(WeightsError::CapTooLow { .. })), "{error:?}");
    let plain = Fixture { policy: None, ..fixture };
    let error = changes(&plain.snapshot(), &[(vote(1), 0)], Unlisted::Keep).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::NotExtended));
}

#[test]
fn rejects_moved_entry() {
    let before = pool(&[0, 0, 0]).snapshot();
    let all = changes(&before, &[(vote(0), 1), (vote(2), 1)], Unlisted::Keep).unwrap();
    let fewer = pool(&[0, 0]).snapshot();
    let error = set_validator_weights(&fewer, &all).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::EntryMoved));
    assert!(error.to_string().contains("no longer in the pool"), "{error}");
    let elsewhere = [WeightChange { index: 1, ..all[0] }];
    let error = set_validator_weights(&before, &elsewhere).unwrap_err();
    assert!(error.to_string().contains("at 0 of the list now, and no longer at 1"), "{error}");
}

#[test]
fn fills_transactions_with_weights() {
    let most = weights_per_instruction();
    assert_eq!(most, 59);
    let snapshot = pool(&vec![0; most * 2 + 1]).snapshot();
    let all = changes(&snapshot, &equal(&snapshot), Unlisted::Keep).unwrap();
    let plan = set_validator_weights(&snapshot, &all).unwrap();
    let packed = pack_plan(&plan, &PackOptions::new(USER)).unwrap();
    assert_eq!(packed.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
    let options = PackOptions::new(USER);
    let bytes = |count: usize| {
        let group = &set_validator_weights(&snapshot, &all[..count]).unwrap().stages[0].groups[0];
        crate::pack::transaction_bytes(&USER, &group.instructions) + options.reserved_bytes
    };
    assert!(bytes(most) <= MAX_TRANSACTION_BYTES && bytes(most) + 14 > MAX_TRANSACTION_BYTES);
}

/// A pool that is balanced by its weights, and the effect of transactions on it.
struct Weighed {
    fixture: Fixture,
    accounts: PoolAccounts,
}

impl Weighed {
    fn new(weights: &[u16]) -> Self {
        const STAKE_OF_A_WEIGHT: u64 = 20 * SOL;
        let validator = |weight: &u16| {
            FixtureValidator::new(STAKE_OF_A_WEIGHT * u64::from((*weight).max(1))).with_weight(*weight).without_bumps()
        };
        let fixture = Fixture { with_stakes: false, ..Fixture::extended(weights.iter().map(validator).collect()) };
        Self { accounts: fixture.accounts(), fixture }
    }

    /// Sets weights like the program.
    fn land(&mut self, group: &InstructionGroup) {
        let Ok(ExtensionInstruction::SetValidatorWeights { more, weights }) =
            ExtensionInstruction::decode(&group.instructions[0].data)
        else {
            panic!("{group:?}")
        };
        let mut list = ValidatorListMut::decode(&mut self.accounts.validator_list.data).unwrap();
        for entry in weights {
            list.records()[entry.index.get() as usize].extension.set_weight(entry.weight.get());
        }
        let paused_until = if more { self.fixture.environment().clock.slot + 1 } else { 0 };
        PoolExtension::find_mut(&mut self.accounts.pool.data).unwrap().paused_until_slot = paused_until.into();
    }

    fn snapshot(&self) -> PoolSnapshot {
        PoolSnapshot::from_accounts(POOL, self.accounts.clone(), self.fixture.environment()).unwrap()
    }
}

/// The verdict on each validator, as the first one that a rebalance names.
fn verdicts(snapshot: &PoolSnapshot) -> Vec<Verdict> {
    let (records, inputs) = (snapshot.records(), snapshot.rebalance_inputs().unwrap());
    let survey = Rebalance::survey(records, &inputs);
    (0..records.len()).map(|index| survey.clone().verdict(records, index)).collect()
}

/// Equal weights are scaled in two transactions. The first alone would deactivate stake of the other validators.
#[test]
fn partial_weights_move_stake_without_pause() {
    let count = weights_per_instruction() + 20;
    let mut pool = Weighed::new(&vec![1; count]);
    let snapshot = pool.snapshot();
    let wanted: Vec<_> = (0..count).map(|index| (vote(index), 30_000)).collect();
    let plan = set_validator_weights(&snapshot, &changes(&snapshot, &wanted, Unlisted::Keep).unwrap()).unwrap();
    let groups: Vec<_> = plan.groups().collect();
    assert_eq!(groups.len(), 2);
    pool.land(groups[0]);
    let between = pool.snapshot();
    assert!(between.is_paused() && verdicts(&between).iter().all(|verdict| !verdict.is_movement()));
    let inputs = Inputs { is_paused: false, ..between.rebalance_inputs().unwrap() };
    let mut survey = Rebalance::survey(between.records(), &inputs);
    let verdicts = (0..count).map(|index| survey.verdict(between.records(), index));
    assert_eq!(verdicts.filter(|verdict| matches!(verdict, Verdict::Decrease(_))).count(), 20);
    pool.land(groups[1]);
    assert!(!pool.snapshot().is_paused());
}

#[test]
fn ends_abandoned_pause_without_change() {
    let mut pool = Weighed::new(&[0, 3, 0]);
    let snapshot = pool.snapshot();
    let one = changes(&snapshot, &[(vote(0), 2)], Unlisted::Keep).unwrap();
    let mut group = set_validator_weights(&snapshot, &one).unwrap().stages[0].groups[0].clone();
    // More transactions were announced, and did not land.
    group.instructions[0].data[1] = 1;
    pool.land(&group);
    let paused = pool.snapshot();
    assert!(paused.is_paused());
    set_validator_weights(&paused, &[]).unwrap().groups().for_each(|group| pool.land(group));
    let resumed = pool.snapshot();
    assert!(!resumed.is_paused());
    assert_eq!(resumed.records(), paused.records(), "no weight changes");
    assert!(set_validator_weights(&resumed, &[]).unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// After any part of a plan, with any order within a stage, no stake moves.
    #[test]
    fn partial_weights_move_no_stake(
        pairs in prop::collection::vec((prop_oneof![Just(0), Just(1), 0..=WEIGHT_MAX], 0..=WEIGHT_MAX), 2..400),
        order in any::<prop::sample::Index>(),
    ) {
        let (old, new): (Vec<u16>, Vec<u16>) = pairs.into_iter().unzip();
        prop_assume!(new.iter().any(|weight| *weight > 0));
        let mut pool = Weighed::new(&old);
        let snapshot = pool.snapshot();
        let wanted: Vec<_> = new.iter().enumerate().map(|(index, weight)| (vote(index), *weight)).collect();
        let changes = changes(&snapshot, &wanted, Unlisted::Keep).unwrap();
        let plan = set_validator_weights(&snapshot, &changes).unwrap();
        let (all, mut landed) = (plan.groups().count(), 0);
        for stage in &plan.stages {
            let mut groups: Vec<_> = stage.groups.iter().collect();
            let turn = order.index(groups.len());
            groups.rotate_left(turn);
            for group in groups {
                pool.land(group);
                landed += 1;
                let now = pool.snapshot();
                prop_assert_eq!(now.is_paused(), landed < all);
                prop_assert!(landed == all || verdicts(&now).iter().all(|verdict| !verdict.is_movement()));
            }
        }
        let now = pool.snapshot();
        prop_assert!(now.records().iter().zip(&new).all(|(record, weight)| record.extension.weight() == *weight));
    }
}

proptest! {
    /// Proportions survive, up to the rounding of one unit.
    #[test]
    fn scaled_weights_are_proportional(numbers in prop::collection::vec(0..u64::MAX, 1..40)) {
        prop_assume!(numbers.iter().any(|number| *number > 0));
        let largest = *numbers.iter().max().unwrap();
        let given: Vec<_> = numbers.iter().enumerate().map(|(index, number)| (vote(index), (*number).into())).collect();
        match relative(&given) {
            Ok(weights) => {
                let top = u128::from(weights.iter().map(|(_, weight)| *weight).max().unwrap());
                for ((_, weight), number) in weights.iter().zip(&numbers) {
                    let exact = u128::from(*number) * top;
                    let got = u128::from(*weight) * u128::from(largest);
                    prop_assert!(exact.abs_diff(got) <= u128::from(largest) / 2 + 1_000_000);
                }
            }
            Err(WeightsError::RoundsToZero { vote: refused, .. }) => {
                let index = (0..numbers.len()).find(|index| vote(*index) == refused).unwrap();
                prop_assert!(u128::from(numbers[index]) * 2 * u128::from(WEIGHT_MAX) <= u128::from(largest) + 1_000_000);
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    /// Any text is parsed or refused.
    #[test]
    fn parses_or_rejects_any_text(text in "[-+0-9.eE]{0,30}") {
        let _ = parsed(&text);
    }
}
