use {super::*, solana_account::Account};

#[test]
fn required_authority_signs() {
    let snapshot = one_validator().snapshot();
    let manager = BTreeSet::from([MANAGER]);
    assert_eq!(signers(&set_fee(&snapshot, FeeType::SolDeposit(Fee::new(1, 100))).unwrap()), manager);
    assert_eq!(signers(&set_funding_authority(&snapshot, FundingType::SolDeposit, Some(OTHER)).unwrap()), manager);
    let handed_over = set_manager(&snapshot, &USER, &OTHER, &TokenReceiver::Account(FEE_ACCOUNT)).unwrap();
    assert_eq!(signers(&handed_over), BTreeSet::from([MANAGER, OTHER]));
    let handed_over = set_manager(&snapshot, &USER, &OTHER, &TokenReceiver::Wallet(OTHER)).unwrap();
    assert_eq!(signers(&handed_over), BTreeSet::from([MANAGER, OTHER, USER]));
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
fn fee_checks_match_program() {
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

#[test]
fn rejected_fee_increase_names_maximum() {
    let with = |fee| {
        let mut fixture = one_validator();
        fixture.terms.stake_withdrawal_fee = fee;
        fixture.snapshot()
    };
    for (in_force, most, units) in [
        (Fee::default(), "0.15 %", 1_500),
        (Fee::new(0, 100), "0.15 %", 1_500),
        (Fee::new(1, 1_000), "0.15 %", 1_500),
        (Fee::new(1, 3_000), "0.05 %", 500),
        (Fee::new(1, 200), "0.75 %", 7_500),
        (Fee::new(2, 100), "2.5 %", 25_000),
        (Fee::new(997, 1_000), "100 %", 1_000_000),
    ] {
        let snapshot = with(in_force);
        let set = |numerator| set_fee(&snapshot, FeeType::StakeWithdrawal(Fee::new(numerator, 1_000_000)));
        assert!(set(units).is_ok(), "{in_force:?}");
        if units < 1_000_000 {
            let error = set(units + 1).unwrap_err();
            assert!(error.to_string().contains(&format!("use {most} or less")), "{error}");
        }
    }
}

#[test]
fn rejects_unusable_fee_account_with_reason() {
    let snapshot = one_validator().snapshot();
    let good = snapshot.accounts().manager_fee_account.clone().unwrap();
    assert_eq!(check_fee_account(&snapshot, &FEE_ACCOUNT, Some(&good)), Ok(()));
    let edited = |edit: &dyn Fn(&mut Account)| {
        let mut account = good.clone();
        edit(&mut account);
        account
    };
    let wallet = Account { owner: tidepool_interface::address::SYSTEM_PROGRAM_ID, ..Account::default() };
    for (account, part) in [
        (None, "does not exist"),
        (Some(wallet), "is a wallet, not a token account"),
        (Some(snapshot.accounts().pool_mint.clone()), "is a token mint, not a token account"),
        (Some(edited(&|account| account.data[0] ^= 1)), "is a token account of mint"),
        (Some(edited(&|account| account.owner = TOKEN_2022_PROGRAM_ID)), "another token program"),
        (Some(edited(&|account| account.owner = OTHER)), "an account of program"),
        (Some(edited(&|account| account.data[108] = 2)), "is frozen"),
    ] {
        let error = check_fee_account(&snapshot, &FEE_ACCOUNT, account.as_ref());
        assert_eq!(code(error.clone()), StakePoolError::InvalidFeeAccount);
        let error = error.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    // An account that requires a memo with each transfer.
    let memo = edited(&|account| account.data.extend([2, 8, 0, 1, 0, 1]));
    let error = check_fee_account(&snapshot, &FEE_ACCOUNT, Some(&memo));
    assert_eq!(code(error), StakePoolError::UnsupportedFeeAccountExtension);
}
