use super::*;

#[test]
fn uses_plain_instructions_without_transient_stake() {
    let snapshot = one_validator().snapshot();
    let increase = increase_validator_stake(&snapshot, &vote(0), 2 * SOL).unwrap();
    assert_eq!(
        last(&increase).1,
        StakePoolInstruction::IncreaseValidatorStake { lamports: 2 * SOL, transient_stake_seed: 0 }
    );
    assert_eq!(signers(&increase), BTreeSet::from([STAKER]));
    let decrease = decrease_validator_stake(&snapshot, &vote(0), 2 * SOL).unwrap();
    let (_, decoded) = last(&decrease);
    assert!(matches!(decoded, StakePoolInstruction::DecreaseValidatorStakeWithReserve { .. }));
}

#[test]
fn adds_to_transient_stake_of_same_direction() {
    let fixture = Fixture::of(vec![
        FixtureValidator::new(20 * SOL).increasing(SOL),
        FixtureValidator { transient_epochs: (EPOCH, EPOCH), ..FixtureValidator::new(20 * SOL).decreasing(SOL) },
        FixtureValidator::new(20 * SOL).decreasing(SOL),
    ]);
    let snapshot = fixture.snapshot();
    let increase = increase_validator_stake(&snapshot, &vote(0), SOL).unwrap();
    let (instruction, decoded) = last(&increase);
    assert!(matches!(decoded, StakePoolInstruction::IncreaseAdditionalValidatorStake { transient_stake_seed: 0, .. }));
    let transient = find_transient_stake(&PROGRAM, &vote(0), &POOL, 0).0;
    assert_eq!(instruction.accounts[6].pubkey, transient);
    let decrease = decrease_validator_stake(&snapshot, &vote(1), SOL).unwrap();
    let (instruction, decoded) = last(&decrease);
    // Two additions in one transaction need two ephemeral accounts.
    assert!(matches!(decoded, StakePoolInstruction::DecreaseAdditionalValidatorStake { ephemeral_stake_seed: 1, .. }));
    assert_eq!(instruction.accounts[6].pubkey, find_ephemeral_stake(&PROGRAM, &POOL, 1).0);
    let in_use = StakePoolError::WrongStakeStake;
    assert_eq!(code(decrease_validator_stake(&snapshot, &vote(0), SOL)), in_use);
    assert_eq!(code(increase_validator_stake(&snapshot, &vote(1), SOL)), in_use);
    // Older deactivating stake is still effective, and cannot be merged into.
    let more = decrease_validator_stake(&snapshot, &vote(2), SOL);
    assert_eq!(cause(more), StakeError::MergeTransientStake.into());
}

#[test]
fn rejects_unread_transient_stake() {
    let fixture = Fixture { with_stakes: false, ..Fixture::of(vec![FixtureValidator::new(20 * SOL).increasing(SOL)]) };
    let error = increase_validator_stake(&fixture.snapshot(), &vote(0), SOL).unwrap_err();
    assert_eq!(error, PlanError::StakeAccountsNotRead { vote: vote(0) });
}

#[test]
fn uses_new_seed_if_address_is_in_use() {
    let fixture = one_validator();
    let mut snapshot = fixture.snapshot();
    let left = snapshot.stake_addresses()[0].transient;
    snapshot.set_stake_accounts(
        |_| true,
        |address| (*address == left).then(|| stake_account(USER, vote(0), SOL, 1, NOT_DEACTIVATED)),
    );
    let group = increase_validator_stake(&snapshot, &vote(0), SOL).unwrap();
    let (instruction, decoded) = last(&group);
    assert!(matches!(decoded, StakePoolInstruction::IncreaseValidatorStake { transient_stake_seed: 1, .. }));
    let transient = find_transient_stake(&PROGRAM, &vote(0), &POOL, 1).0;
    assert_eq!(instruction.accounts[5].pubkey, transient);
}

#[test]
fn movement_limits_match_program() {
    let snapshot = one_validator().snapshot();
    let increase = |lamports| increase_validator_stake(&snapshot, &vote(0), lamports);
    assert_eq!(cause(increase(SOL - 1)), StakeError::InsufficientDelegation.into());
    assert!(increase(10 * SOL - rent()).is_ok());
    assert_eq!(cause(increase(10 * SOL - rent() + 1)), InstructionError::InsufficientFunds.into());
    assert_eq!(cause(increase(u64::MAX)), InstructionError::InsufficientFunds.into());
    let decrease = |lamports| decrease_validator_stake(&snapshot, &vote(0), lamports);
    assert_eq!(cause(decrease(SOL - 1)), InstructionError::AccountNotRentExempt.into());
    assert!(decrease(19 * SOL).is_ok());
    assert_eq!(cause(decrease(19 * SOL + 1)), InstructionError::InsufficientFunds.into());
    let empty = Fixture { reserve: rent() - 1, ..one_validator() };
    let depleted = decrease_validator_stake(&empty.snapshot(), &vote(0), SOL);
    assert_eq!(code(depleted), StakePoolError::ReserveDepleted);
}
