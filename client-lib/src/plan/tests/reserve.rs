use super::*;

fn of(validators: Vec<FixtureValidator>, reserve: u64) -> Fixture {
    Fixture { reserve, ..Fixture::of(validators) }
}

#[test]
fn splits_reserve_equally_above_its_minimum() {
    let fixture = of(vec![FixtureValidator::new(SOL); 4], 50 * SOL);
    let split = split_reserve(&fixture.snapshot(), 10 * SOL, &Shares::Equal).unwrap();
    let part = (40 * SOL - 4 * rent()) / 4;
    let expected: Vec<_> = (0..4).map(|index| (vote(index), part)).collect();
    assert_eq!(split.parts, expected);
    assert_eq!(split.rent_lamports, 4 * rent());
    assert!((10 * SOL..10 * SOL + 4).contains(&split.reserve_left));
    assert_eq!(split.plan.groups().count(), 4);
}

#[test]
fn skips_validators_below_minimum_delegation() {
    let fixture = of(vec![FixtureValidator::new(SOL); 4], 3 * SOL);
    let split = split_reserve(&fixture.snapshot(), 0, &Shares::Equal).unwrap();
    let takers: Vec<_> = split.parts.iter().map(|(vote, _)| *vote).collect();
    // Rent comes on top, so that the reserve is too small for three.
    assert_eq!(takers, [vote(0), vote(1)]);
    let small = of(vec![FixtureValidator::new(SOL); 4], SOL);
    let split = split_reserve(&small.snapshot(), 0, &Shares::Equal).unwrap();
    assert!(split.plan.is_empty());
    assert_eq!(split.reserve_left, SOL);
}

#[test]
fn skips_transient_stake_and_removed_validators() {
    let fixture = of(
        vec![
            FixtureValidator::new(SOL).increasing(SOL),
            FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator),
        ],
        50 * SOL,
    );
    let error = split_reserve(&fixture.snapshot(), 0, &Shares::Equal).unwrap_err();
    assert!(matches!(error, PlanError::Invalid { .. }));
}

proptest! {
    #[test]
    fn parts_are_pro_rata_to_weights(
        weights in prop::collection::vec(0..1_000u64, 1..30),
        reserve in 0..500 * SOL,
        keep in 0..100 * SOL,
    ) {
        let fixture = of(vec![FixtureValidator::new(SOL); weights.len()], reserve);
        let by_vote: HashMap<_, _> = weights.iter().enumerate().map(|(index, weight)| (vote(index), *weight)).collect();
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let split = split_reserve(&fixture.snapshot(), keep, &Shares::Weighted(by_vote.clone())).unwrap();
        let spent: u64 = split.parts.iter().map(|(_, part)| part + rent()).sum();
        prop_assert_eq!(split.reserve_left, reserve - spent);
        prop_assert!(spent == 0 || split.reserve_left >= keep);
        for (vote, part) in &split.parts {
            prop_assert!(*part >= SOL);
            for (other, other_part) in &split.parts {
                // Proportional, up to one lamport of rounding each.
                let cross = u128::from(*part) * u128::from(by_vote[other]);
                let other_cross = u128::from(*other_part) * u128::from(by_vote[vote]);
                prop_assert!(cross.abs_diff(other_cross) <= 1_000);
            }
        }
    }
}
