//! Validators that are added and removed, and their weights.

use super::*;

#[test]
fn validators_are_added_and_removed_before_weights_are_set() {
    let fixture = three();
    let desired = Desired { removes_others: true, ..validators(&[(0, Some(7)), (2, Some(3)), (50, Some(5))]) };
    let first = planned(&live(&fixture), &desired).unwrap();
    assert_eq!(
        kinds(&first),
        [(StepKind::AddValidators, true), (StepKind::RemoveValidators, true), (StepKind::Weights, false)]
    );
    assert_eq!(first[0].parts, [Part::Validator(vote(50))]);
    assert_eq!(first[1].parts, [Part::Validator(vote(1))]);
    // The removal has landed.
    let mut removed = fixture;
    removed.validators[1] = removed.validators[1].with_status(StakeStatus::DeactivatingValidator).with_weight(0);
    let kept = Desired { removes_others: true, ..validators(&[(0, Some(7)), (2, Some(3))]) };
    let second = planned(&live(&removed), &kept).unwrap();
    assert_eq!(kinds(&second), [(StepKind::Weights, true)]);
    assert_eq!(second[0].parts, [Part::Validator(vote(0))]);
    // One that leaves can be added once it has left.
    let again = planned(&live(&removed), &validators(&[(1, Some(2))]));
    let error = again.unwrap_err();
    assert!(error.error.to_string().contains("vote account"), "it was not read: {error}");
    let mut known = live(&removed);
    let open = known.votes[&vote(50)].clone();
    known.votes.insert(vote(1), open);
    let again = planned(&known, &validators(&[(1, Some(2))])).unwrap();
    assert!(matches!(&again[0].state, State::Waits(Wait::Epoch { epoch, .. }) if *epoch == EPOCH + 1), "{again:?}");
}

#[test]
fn additions_take_what_the_reserve_can_spare() {
    let fixture = Fixture { reserve: 3 * SOL, ..three() };
    let steps = planned(&live(&fixture), &validators(&[(50, Some(1)), (51, Some(1)), (52, Some(1))])).unwrap();
    assert_eq!(kinds(&steps), [(StepKind::AddValidators, true), (StepKind::AddValidators, false)]);
    assert_eq!((steps[0].parts.len(), steps[1].parts.len()), (2, 1));
    assert!(matches!(steps[1].state, State::Waits(Wait::Reserve { missing }) if missing > 0 && missing < 2 * SOL));
}

#[test]
fn removals_stay_within_the_turnover_budget() {
    let mut fixture = three();
    fixture.validators[0].active = 5 * SOL;
    fixture.policy = Some(RebalancePolicy { turnover_budget: 1_000.into(), ..RebalancePolicy::DEFAULT });
    // The base of the budget.
    fixture.terms.last_epoch_total_lamports = 300 * SOL;
    let live = live(&fixture);
    let steps = planned(&live, &validators(&[(0, None), (1, None)])).unwrap();
    assert_eq!(
        kinds(&steps),
        [
            (StepKind::RemoveValidators, true),
            (StepKind::Decrease, true),
            (StepKind::RemoveValidators, false),
            (StepKind::Weights, false),
        ]
    );
    let votes = |step: &Step| step.parts.clone();
    assert_eq!((votes(&steps[0]), votes(&steps[2])), (vec![Part::Validator(vote(0))], vec![Part::Validator(vote(1))]));
    let State::Waits(Wait::Epoch { epoch, why }) = &steps[2].state else { panic!("{steps:?}") };
    assert_eq!(*epoch, EPOCH + 1);
    assert!(why.contains("the turnover budget of this epoch has"), "{why}");
    // The one that stays for now is to get no stake.
    assert_eq!(votes(&steps[3]), [Part::Validator(vote(1))]);
    // A budget that is only to be set counts.
    let mut desired = validators(&[(0, None), (1, None)]);
    desired.settings = settings(&[(Setting::TurnoverBudget, "10%")]).settings;
    fixture.policy = Some(RebalancePolicy::DEFAULT);
    assert_eq!(planned(&self::live(&fixture), &desired).unwrap()[1..], steps);
}

/// A larger budget in the same plan counts before the end of the epoch.
#[test]
fn removals_wait_for_a_larger_budget_of_the_same_plan() {
    let mut fixture = three();
    fixture.policy = Some(RebalancePolicy { turnover_budget: 1_000.into(), ..RebalancePolicy::DEFAULT });
    fixture.terms.last_epoch_total_lamports = 300 * SOL;
    let removal_waits_for = |fixture: &Fixture, budget: &str| {
        let wanted = settings(&[(Setting::TurnoverBudget, budget)]);
        let steps = planned(&live(fixture), &Desired { validators: validators(&[(1, None)]).validators, ..wanted });
        let removal = steps.unwrap().into_iter().find(|step| step.kind == StepKind::RemoveValidators).unwrap();
        let State::Waits(wait) = removal.state else { panic!("{removal:?}") };
        wait
    };
    let why = "the new turnover budget comes first";
    assert_eq!(removal_waits_for(&fixture, "50%"), Wait::Steps { why });
    assert!(matches!(removal_waits_for(&fixture, "20%"), Wait::Epoch { .. }));
    // A policy that is only announced is not in force.
    fixture.limits = Limits { notice_epochs: 2.into(), ..Limits::NONE };
    assert!(matches!(removal_waits_for(&fixture, "50%"), Wait::Epoch { .. }));
}

#[test]
fn cap_and_weights_wait_for_each_other_in_the_right_order() {
    let mut fixture = three();
    fixture.policy = Some(RebalancePolicy { validator_cap: 4_000.into(), ..RebalancePolicy::DEFAULT });
    let mut desired = validators(&[(0, Some(0))]);
    desired.settings = settings(&[(Setting::ValidatorCap, "60%")]).settings;
    // Two validators need the higher cap. Stake of one without a weight counts, so it has next to none.
    fixture.validators[0].active = SOL;
    let steps = planned(&live(&fixture), &desired).unwrap();
    assert_eq!(kinds(&steps), [(StepKind::Policy, true), (StepKind::Weights, false)]);
    // The other way, the weights come first.
    fixture.policy = Some(RebalancePolicy::DEFAULT);
    fixture.validators[0].weight = 0;
    let mut desired = validators(&[(0, Some(1))]);
    desired.settings = settings(&[(Setting::ValidatorCap, "40%")]).settings;
    let steps = planned(&live(&fixture), &desired).unwrap();
    assert_eq!(kinds(&steps), [(StepKind::Policy, false), (StepKind::Weights, true)]);
    // A cap that no order makes possible is refused, with its place.
    let fault = planned(&live(&fixture), &settings(&[(Setting::ValidatorCap, "40%")])).unwrap_err();
    assert_eq!(fault.part, Part::Setting(Setting::ValidatorCap));
}
