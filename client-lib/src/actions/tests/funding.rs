use {
    super::*, spl_token_2022_interface::instruction::TokenInstruction, tidepool_interface::address::TOKEN_PROGRAM_ID,
};

#[test]
fn sol_deposit_creates_token_account_and_needs_authority() {
    let mut fixture = one_validator();
    fixture.terms.sol_deposit_authority = Some(OTHER);
    let snapshot = fixture.snapshot();
    let deposit = DepositSol {
        from: USER,
        lamports: SOL,
        to: TokenReceiver::Wallet(USER),
        referrer: None,
        minimum_pool_tokens: Some(1),
        throwaway: None,
        unwrap: None,
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
fn stake_deposit_transfers_authorities_first() {
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
    let plan = crate::transaction::Plan::one("deposit", group);
    assert!(pack_plan(&plan, &PackOptions::new(USER)).is_ok());
    let thief = DepositStake { withdrawer: OTHER, ..deposit };
    assert!(matches!(deposit_stake(&snapshot, &thief), Err(PlanError::Invalid { .. })));
}

#[test]
fn custom_deposit_authority_signs() {
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
fn stake_withdrawal_creates_its_account() {
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
fn sol_withdrawal_needs_authority() {
    let mut fixture = one_validator();
    fixture.terms.sol_withdraw_authority = Some(OTHER);
    let snapshot = fixture.snapshot();
    let withdrawal = WithdrawSol {
        tokens: TokenSource::wallet(&snapshot, &USER),
        pool_tokens: SOL,
        to: USER,
        wrap: Wrap::No,
        payer: USER,
        minimum_lamports: None,
    };
    let (group, _) = withdraw_sol(&snapshot, &withdrawal).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([USER, OTHER]));
}

const THROWAWAY: Address = Address::new_from_array([212; 32]);

/// Checks that the throw-away key is the only signer that the stake pool program is passed, if `payer` pays. A program
/// sees all signers of the transaction, even if its instruction does not mark them.
fn is_passed_the_throwaway_alone(group: &InstructionGroup, payer: Address) {
    let mut signers = signers(group);
    signers.insert(payer);
    let pools = group.instructions.iter().filter(|instruction| instruction.program_id == PROGRAM);
    for instruction in pools {
        let passed = instruction.accounts.iter().map(|meta| meta.pubkey).filter(|address| signers.contains(address));
        assert_eq!(passed.collect::<BTreeSet<_>>(), BTreeSet::from([THROWAWAY]));
    }
    assert!(pack_plan(&crate::transaction::Plan::one("trade", group.clone()), &PackOptions::new(payer)).is_ok());
}

/// Pool tokens that a group approves to the throw-away key.
fn approved(group: &InstructionGroup) -> Vec<u64> {
    let approvals =
        group.instructions.iter().filter_map(|instruction| match TokenInstruction::unpack(&instruction.data) {
            Ok(TokenInstruction::Approve { amount }) if instruction.program_id == TOKEN_PROGRAM_ID => {
                assert_eq!(instruction.accounts[1].pubkey, THROWAWAY);
                Some(amount)
            }
            _ => None,
        });
    approvals.collect()
}

#[test]
fn throwaway_key_deposits_its_lamports() {
    let snapshot = one_validator().snapshot();
    for to in [TokenReceiver::Wallet(USER), TokenReceiver::Account(vote(78))] {
        let deposit = DepositSol {
            from: USER,
            lamports: SOL,
            to,
            referrer: None,
            minimum_pool_tokens: Some(1),
            throwaway: Some(THROWAWAY),
            unwrap: None,
        };
        let group = deposit_sol(&snapshot, &deposit);
        assert_eq!(signers(&group), BTreeSet::from([USER, THROWAWAY]));
        for payer in [USER, OTHER] {
            is_passed_the_throwaway_alone(&group, payer);
        }
        let funding = &group.instructions[group.instructions.len() - 2];
        assert_eq!(*funding, solana_system_interface::instruction::transfer(&USER, &THROWAWAY, SOL));
    }
}

/// The program is passed the throw-away key only, and no other key signs for the temporary account.
#[test]
fn unwraps_sol_before_deposit() {
    let snapshot = one_validator().snapshot();
    let account = wrapped_sol_account(&USER);
    for throwaway in [None, Some(THROWAWAY)] {
        let deposit = DepositSol {
            from: USER,
            lamports: SOL,
            to: TokenReceiver::Wallet(USER),
            referrer: None,
            minimum_pool_tokens: Some(1),
            throwaway,
            unwrap: Some(Unwrap { account, number: 3 }),
        };
        let group = deposit_sol(&snapshot, &deposit);
        assert_eq!(signers(&group), [USER].into_iter().chain(throwaway).collect());
        if throwaway.is_some() {
            is_passed_the_throwaway_alone(&group, OTHER);
        }
        let temporary = Unwrap::temporary_account(&USER, 3);
        let transfer = TokenInstruction::unpack(&group.instructions[2].data).unwrap();
        assert_eq!(transfer, TokenInstruction::TransferChecked { amount: SOL, decimals: 9 });
        let accounts: Vec<_> = group.instructions[2].accounts.iter().map(|meta| meta.pubkey).collect();
        assert_eq!(accounts, [account, NATIVE_MINT_ID, temporary, USER]);
        let close = TokenInstruction::unpack(&group.instructions[3].data).unwrap();
        assert_eq!((close, group.instructions[3].accounts[1].pubkey), (TokenInstruction::CloseAccount, USER));
    }
}

/// For each receiver and each fee payer.
#[test]
fn wraps_withdrawal_without_receiver_signature() {
    let snapshot = one_validator().snapshot();
    let tokens = TokenSource { throwaway: Some(THROWAWAY), ..TokenSource::wallet(&snapshot, &USER) };
    for (payer, to) in [(USER, USER), (OTHER, USER), (OTHER, OTHER), (USER, vote(79))] {
        let withdrawal =
            WithdrawSol { tokens, pool_tokens: SOL, to, wrap: Wrap::Associated, payer, minimum_lamports: Some(1) };
        let (group, _) = withdraw_sol(&snapshot, &withdrawal).unwrap();
        is_passed_the_throwaway_alone(&group, payer);
        let wrapped = wrapped_sol_account(&to);
        let [creation, _, withdraw, count] = &group.instructions[..] else { panic!("{group:?}") };
        assert_eq!((creation.accounts[0].pubkey, creation.accounts[1].pubkey), (payer, wrapped));
        assert_eq!((withdraw.program_id, withdraw.accounts[5].pubkey), (PROGRAM, wrapped));
        assert_eq!(TokenInstruction::unpack(&count.data), Ok(TokenInstruction::SyncNative));
        assert_eq!(count.accounts[0].pubkey, wrapped);
    }
}

/// For each receiver and each fee payer.
#[test]
fn throwaway_key_withdraws_approved_tokens() {
    let snapshot = one_validator().snapshot();
    let tokens = TokenSource { throwaway: Some(THROWAWAY), ..TokenSource::wallet(&snapshot, &USER) };
    for (payer, to) in [(USER, USER), (OTHER, USER), (OTHER, OTHER), (USER, vote(79))] {
        for minimum_lamports in [None, Some(1), Some(SOL / 100)] {
            let withdrawal = WithdrawSol { tokens, pool_tokens: SOL, to, wrap: Wrap::No, payer, minimum_lamports };
            let (group, _) = withdraw_sol(&snapshot, &withdrawal).unwrap();
            is_passed_the_throwaway_alone(&group, payer);
            assert_eq!(approved(&group), [SOL]);
            let lends = minimum_lamports.unwrap_or(0) < SOL / 100;
            let expected = if ![USER, payer].contains(&to) { 2 } else { 5 + usize::from(lends) };
            assert_eq!(group.instructions.len(), expected);
            // The loan comes after the stake pool program has run.
            let is_loan = |instruction: &Instruction| instruction.data.starts_with(&[2, 0, 0, 0]);
            let at = |is: &dyn Fn(&Instruction) -> bool| group.instructions.iter().position(is);
            assert!(at(&is_loan) > at(&|instruction| instruction.program_id == PROGRAM) || at(&is_loan).is_none());
        }
        let withdrawal = WithdrawStake {
            from: WithdrawFrom::Validator(vote(0)),
            tokens,
            pool_tokens: 100 * SOL,
            to: NewStakeAccount::with_seed(USER, "0").unwrap(),
            stake_authority: to,
            payer,
            minimum_lamports: None,
        };
        let (group, quote) = withdraw_stake(&snapshot, &withdrawal).unwrap();
        is_passed_the_throwaway_alone(&group, payer);
        assert_eq!(approved(&group), [quote.pool_tokens]);
        let hands_over = [USER, payer].contains(&to);
        assert_eq!(group.instructions.len(), if hands_over { 5 } else { 3 });
    }
}

/// Without the key, the program is passed the wallet's signature, and the check above fails.
#[test]
#[should_panic(expected = "left == right")]
fn wallet_signature_reaches_program_without_throwaway_key() {
    let snapshot = one_validator().snapshot();
    let tokens = TokenSource::wallet(&snapshot, &USER);
    let withdrawal =
        WithdrawSol { tokens, pool_tokens: SOL, to: USER, wrap: Wrap::No, payer: USER, minimum_lamports: None };
    let (group, _) = withdraw_sol(&snapshot, &withdrawal).unwrap();
    is_passed_the_throwaway_alone(&group, USER);
}

#[test]
fn stake_deposit_passes_no_signer() {
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
    let (group, _) = deposit_stake(&one_validator().snapshot(), &deposit).unwrap();
    let (instruction, _) = last(&group);
    assert!(instruction.accounts.iter().all(|meta| meta.pubkey != USER));
}
