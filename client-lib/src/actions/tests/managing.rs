use super::*;

#[test]
fn the_right_ones_sign() {
    let snapshot = one_validator().snapshot();
    let manager = BTreeSet::from([MANAGER]);
    assert_eq!(signers(&set_fee(&snapshot, FeeType::SolDeposit(Fee::new(1, 100))).unwrap()), manager);
    assert_eq!(signers(&set_funding_authority(&snapshot, FundingType::SolDeposit, Some(OTHER))), manager);
    assert_eq!(signers(&set_manager(&snapshot, &OTHER, &FEE_ACCOUNT)), BTreeSet::from([MANAGER, OTHER]));
    assert_eq!(signers(&set_staker(&snapshot, &STAKER, &OTHER).unwrap()), BTreeSet::from([STAKER]));
    assert_eq!(signers(&set_staker(&snapshot, &MANAGER, &OTHER).unwrap()), manager);
    assert_eq!(code(set_staker(&snapshot, &OTHER, &OTHER)), StakePoolError::SignatureMissing);
    let metadata = TokenMetadata { name: "Tide", symbol: "TIDE", uri: "" };
    let create = create_token_metadata(&snapshot, &USER, &metadata).unwrap();
    assert_eq!(signers(&create), BTreeSet::from([MANAGER, USER]));
    assert_eq!(signers(&update_token_metadata(&snapshot, &metadata).unwrap()), manager);
    let long = TokenMetadata { symbol: "ELEVENBYTES", ..metadata };
    assert!(update_token_metadata(&snapshot, &long).is_err());
}

#[test]
fn fees_are_checked_as_the_program_checks_them() {
    let fixture = one_validator();
    let snapshot = fixture.snapshot();
    assert_eq!(code(set_fee(&snapshot, FeeType::SolReferral(101))), StakePoolError::FeeTooHigh);
    let withdrawal = |numerator| set_fee(&snapshot, FeeType::StakeWithdrawal(Fee::new(numerator, 10_000)));
    assert!(withdrawal(15).is_ok());
    assert_eq!(code(withdrawal(16)), StakePoolError::FeeIncreaseTooHigh);
    let stale = Fixture { last_update_epoch: EPOCH - 1, ..fixture };
    let stale = stale.snapshot();
    let out_of_date = StakePoolError::StakeListAndPoolOutOfDate;
    assert_eq!(code(set_fee(&stale, FeeType::Epoch(Fee::new(1, 100)))), out_of_date);
    assert!(set_fee(&stale, FeeType::StakeDeposit(Fee::new(1, 100))).is_ok());
}
