use super::*;
use tidepool_interface::{ExtensionError, state::RebalancePolicy};

#[test]
fn adds_validator_with_capacity_and_reserve() {
    let fixture = one_validator();
    let snapshot = fixture.snapshot();
    let group = add_validator(&snapshot, &OTHER, 0).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([STAKER]));
    let duplicate = add_validator(&snapshot, &vote(0), 1);
    assert_eq!(code(duplicate), StakePoolError::ValidatorAlreadyAdded);
    let full = Fixture { max_validators: 1, ..fixture.clone() };
    assert_eq!(cause(add_validator(&full.snapshot(), &OTHER, 0)), InstructionError::AccountDataTooSmall.into());
    let poor = Fixture { reserve: SOL + rent() - 1, ..fixture };
    assert_eq!(cause(add_validator(&poor.snapshot(), &OTHER, 0)), InstructionError::InsufficientFunds.into());
}

/// The error names the remaining budget, and what to do.
#[test]
fn rejects_removal_above_turnover_budget() {
    let policy = RebalancePolicy { turnover_budget: 1_000.into(), ..RebalancePolicy::DEFAULT };
    let mut fixture = Fixture {
        policy: Some(policy),
        reserve: 60 * SOL,
        ..Fixture::of(vec![FixtureValidator::new(30 * SOL), FixtureValidator::new(9 * SOL)])
    };
    fixture.terms.last_epoch_total_lamports = 100 * SOL;
    let snapshot = fixture.snapshot();
    let error = remove_validator(&snapshot, &vote(0)).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::TurnoverBudgetExceeded));
    let text = error.to_string();
    assert!(text.contains("deactivate 30.000000000 SOL") && text.contains("decrease its stake"), "{text}");
    assert!(remove_validator(&snapshot, &vote(1)).is_ok());
    // A pool without the extension has no budget.
    fixture.policy = None;
    assert!(remove_validator(&fixture.snapshot(), &vote(0)).is_ok());
}

#[test]
fn removes_validator_once() {
    let fixture = Fixture::of(vec![
        FixtureValidator::new(SOL),
        FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator),
    ]);
    let snapshot = fixture.snapshot();
    assert!(remove_validator(&snapshot, &vote(0)).is_ok());
    assert_eq!(code(remove_validator(&snapshot, &vote(1))), StakePoolError::ValidatorNotFound);
    let prefer = |index| set_preferred_validator(&snapshot, PreferredValidatorType::Withdraw, Some(vote(index)));
    assert!(prefer(0).is_ok());
    assert_eq!(code(prefer(1)), StakePoolError::InvalidPreferredValidator);
    assert_eq!(code(prefer(2)), StakePoolError::ValidatorNotFound);
}
