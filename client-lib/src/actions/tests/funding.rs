use super::*;

#[test]
fn sol_deposits_create_the_token_account_and_ask_the_authority() {
    let mut fixture = one_validator();
    fixture.terms.sol_deposit_authority = Some(OTHER);
    let snapshot = fixture.snapshot();
    let deposit = DepositSol {
        from: USER,
        lamports: SOL,
        to: TokenReceiver::Wallet(USER),
        referrer: None,
        minimum_pool_tokens: Some(1),
    };
    let group = deposit_sol(&snapshot, &deposit);
    assert_eq!(group.instructions.len(), 2);
    assert_eq!(signers(&group), BTreeSet::from([USER, OTHER]));
    let (instruction, decoded) = last(&group);
    assert!(matches!(decoded, StakePoolInstruction::DepositSolWithSlippage { .. }));
    let own = associated_token_account(&snapshot, &USER);
    assert_eq!(instruction.accounts[4].pubkey, own);
    assert_eq!(instruction.accounts[6].pubkey, own, "the depositor refers themselves");
    let existing = DepositSol { to: TokenReceiver::Account(own), ..deposit };
    assert_eq!(deposit_sol(&snapshot, &existing).instructions.len(), 1);
}

#[test]
fn stake_deposits_hand_the_account_over_first() {
    let account = stake_account(USER, vote(0), 5 * SOL, EPOCH - 9, NOT_DEACTIVATED);
    let deposit = DepositStake {
        address: OTHER,
        account: &account,
        withdrawer: USER,
        payer: USER,
        to: TokenReceiver::Wallet(USER),
        referrer: None,
        minimum_pool_tokens: None,
    };
    let fixture = one_validator();
    let snapshot = fixture.snapshot();
    let (group, quote) = deposit_stake(&snapshot, &deposit).unwrap();
    assert_eq!(quote.stake_lamports, 5 * SOL);
    // Token account, staker, withdrawer, deposit.
    assert_eq!(group.instructions.len(), 4);
    assert_eq!(signers(&group), BTreeSet::from([USER]));
    let plan = crate::plan::Plan::one("deposit", group);
    assert!(pack_plan(&plan, &PackOptions::new(USER)).is_ok());
    let thief = DepositStake { withdrawer: OTHER, ..deposit };
    assert!(matches!(deposit_stake(&snapshot, &thief), Err(PlanError::Invalid { .. })));
}

#[test]
fn a_deposit_authority_of_ones_own_signs() {
    let fixture = one_validator();
    let mut accounts = fixture.accounts();
    accounts.pool.data[65..97].copy_from_slice(OTHER.as_ref());
    let mut snapshot = PoolSnapshot::from_accounts(POOL, accounts, fixture.environment()).unwrap();
    let addresses = snapshot.clone();
    snapshot.set_stake_accounts(|_| true, |address| fixture.stake_account_at(&addresses, address));
    let account = stake_account(USER, vote(0), 5 * SOL, EPOCH - 9, NOT_DEACTIVATED);
    let deposit = DepositStake {
        address: vote(77),
        account: &account,
        withdrawer: USER,
        payer: USER,
        to: TokenReceiver::Account(vote(78)),
        referrer: None,
        minimum_pool_tokens: None,
    };
    let (group, _) = deposit_stake(&snapshot, &deposit).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([USER, OTHER]));
}

#[test]
fn withdrawals_create_the_stake_account_they_fill() {
    let snapshot = one_validator().snapshot();
    let withdrawal = |to: NewStakeAccount| WithdrawStake {
        from: WithdrawFrom::Validator(vote(0)),
        tokens: TokenSource::wallet(&snapshot, &USER),
        pool_tokens: 100 * SOL,
        to,
        stake_authority: USER,
        payer: USER,
        minimum_lamports: None,
    };
    let at_key = NewStakeAccount::keypair(OTHER);
    let (group, quote) = withdraw_stake(&snapshot, &withdrawal(at_key)).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([USER, OTHER]));
    assert_eq!(quote.split_from, snapshot.stake_addresses()[0].validator);
    let derived = NewStakeAccount::with_seed(USER, "0").unwrap();
    let (group, _) = withdraw_stake(&snapshot, &withdrawal(derived.clone())).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([USER]));
    assert_eq!(last(&group).0.accounts[4].pubkey, derived.address);
    assert!(NewStakeAccount::with_seed(USER, &"x".repeat(33)).is_err());
}

#[test]
fn sol_withdrawals_ask_the_authority() {
    let mut fixture = one_validator();
    fixture.terms.sol_withdraw_authority = Some(OTHER);
    let snapshot = fixture.snapshot();
    let withdrawal = WithdrawSol {
        tokens: TokenSource::wallet(&snapshot, &USER),
        pool_tokens: SOL,
        to: USER,
        minimum_lamports: None,
    };
    let (group, _) = withdraw_sol(&snapshot, &withdrawal).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([USER, OTHER]));
}
