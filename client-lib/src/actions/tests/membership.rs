use super::*;

#[test]
fn validators_are_added_where_there_is_room_and_stake_for_them() {
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

#[test]
fn validators_are_removed_once() {
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
