use {
    super::*,
    solana_transaction_error::TransactionError,
    tidepool_interface::address::{STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID},
};

const POOL_PROGRAM: Address = Address::new_from_array([101; 32]);

fn explain_custom(code: u32, programs: &[Address], logs: &[&str]) -> Explanation {
    let error = TransactionError::InstructionError(0, InstructionError::Custom(code));
    let logs: Vec<String> = logs.iter().map(|line| (*line).to_owned()).collect();
    explain(&Failure {
        error: &error,
        programs,
        logs: &logs,
        stake_pool_program: POOL_PROGRAM,
        payer: None,
        below_rent: None,
    })
}

#[test]
fn explains_code_by_failing_program() {
    let programs = [POOL_PROGRAM];
    let by_pool = explain_custom(12, &programs, &[]);
    assert_eq!((by_pool.program, by_pool.name.as_str()), (Some(FailedProgram::StakePool), "UserStakeNotActive"));
    let logs = [
        format!("Program {POOL_PROGRAM} invoke [1]"),
        format!("Program {STAKE_PROGRAM_ID} invoke [2]"),
        format!("Program {STAKE_PROGRAM_ID} failed: custom program error: 0xc"),
        format!("Program {POOL_PROGRAM} failed: custom program error: 0xc"),
    ];
    let logs: Vec<&str> = logs.iter().map(String::as_str).collect();
    let by_stake = explain_custom(12, &programs, &logs);
    assert_eq!((by_stake.program, by_stake.name.as_str()), (Some(FailedProgram::Stake), "InsufficientDelegation"));
    let token = explain_custom(1, &[TOKEN_PROGRAM_ID], &[]);
    assert_eq!(token.name, "InsufficientFunds");
    let unknown = explain_custom(4_711, &programs, &[]);
    assert_eq!(unknown.name, "Custom(4711)");
}

#[test]
fn explains_associated_account_of_other_owner() {
    let explanation = explain_custom(0, &[spl_associated_token_account_interface::program::ID], &[]);
    assert_eq!(
        (explanation.program, explanation.name.as_str()),
        (Some(FailedProgram::AssociatedToken), "InvalidOwner")
    );
    assert!(explanation.message.contains("owned by another wallet"), "{explanation}");
    assert_eq!(explain_custom(1, &[spl_associated_token_account_interface::program::ID], &[]).name, "Custom(1)");
}

#[test]
fn explanations_are_sentences() {
    let explanation = explain_custom(35, &[POOL_PROGRAM], &[]);
    assert_eq!(
        explanation.to_string(),
        "instruction 1 failed in the stake pool program: The reserve holds less than that: withdraw less, or withdraw a stake \
         account (SolWithdrawalTooLarge)"
    );
    let stale = explain_custom(17, &[POOL_PROGRAM], &[]);
    assert!(stale.message.contains("A new epoch has begun since the pool was read: repeat"), "{stale}");
    let error = TransactionError::BlockhashNotFound;
    let explanation = explain(&Failure {
        error: &error,
        programs: &[],
        logs: &[],
        stake_pool_program: POOL_PROGRAM,
        payer: None,
        below_rent: None,
    });
    assert_eq!(explanation.name, "BlockhashNotFound");
    assert_eq!(explanation.instruction, None);
}

#[test]
fn explains_every_stake_pool_error() {
    for code in (0..=44).chain(1_000..=1_007) {
        let explanation = explain_custom(code, &[POOL_PROGRAM], &[]);
        assert!(!explanation.name.starts_with("Custom"), "{code}");
    }
}

#[test]
fn explains_extension_errors() {
    let explanation = explain_custom(1_004, &[POOL_PROGRAM], &[]);
    assert_eq!(
        (explanation.name.as_str(), explanation.message.as_str()),
        ("EntryMoved", ExtensionError::EntryMoved.message())
    );
    // The same code of another program has another meaning.
    assert_eq!(explain_custom(1_004, &[TOKEN_PROGRAM_ID], &[]).name, "Custom(1004)");
    let refusal = Refusal::from(ExtensionError::NotExtended);
    assert_eq!((refusal.extension_error(), refusal.stake_pool_error()), (Some(ExtensionError::NotExtended), None));
    assert!(refusal.to_string().ends_with("(stake pool error 1001 NotExtended)"), "{refusal}");
}

#[test]
fn refusal_displays_cause_and_context() {
    let refusal = Refusal::new(StakePoolError::SolWithdrawalTooLarge, "the reserve can pay 1 SOL");
    assert_eq!(refusal.to_string(), "the reserve can pay 1 SOL (stake pool error 35 SolWithdrawalTooLarge)");
    assert_eq!(Sol(1_500_000_000).to_string(), "1.500000000 SOL");
    assert_eq!(Tokens(1).to_string(), "0.000000001 pool tokens");
}

#[test]
fn names_account_below_rent() {
    let account = Address::new_from_array([7; 32]);
    let error = TransactionError::InsufficientFundsForRent { account_index: 3 };
    let explained = |below_rent| {
        let failure = Failure {
            error: &error,
            programs: &[],
            logs: &[],
            stake_pool_program: POOL_PROGRAM,
            payer: Some(POOL_PROGRAM),
            below_rent,
        };
        explain(&failure).message
    };
    assert_eq!(
        explained(Some(BelowRent { account, lamports: Some((5_000, 890_880)) })),
        format!(
            "Account {account} holds 0.000005000 SOL, and would keep less than 0.000890880 SOL, its rent-exempt minimum: \
             fund it, use a smaller amount, or withdraw its whole balance"
        )
    );
    let unknown = explained(Some(BelowRent { account, lamports: None }));
    assert!(unknown.contains(&account.to_string()) && unknown.contains("rent-exempt minimum"), "{unknown}");
    assert!(explained(None).starts_with("An account would fall below"));
}

#[test]
fn explains_errors_of_a_multisig_but_not_in_place_of_the_called_program() {
    let squads = tidepool_squads::PROGRAM_ID;
    let early = explain_custom(6_021, &[squads], &[]);
    assert_eq!((early.program, early.name.as_str()), (Some(FailedProgram::Multisig), "TimeLockNotReleased"));
    assert!(early.to_string().contains("time lock has not passed"), "{early}");
    let logs = [
        format!("Program {squads} invoke [1]"),
        format!("Program {POOL_PROGRAM} invoke [2]"),
        format!("Program {POOL_PROGRAM} failed: custom program error: 0xc"),
        format!("Program {squads} failed: custom program error: 0xc"),
    ];
    let logs: Vec<&str> = logs.iter().map(String::as_str).collect();
    assert_eq!(explain_custom(12, &[squads], &logs).program, Some(FailedProgram::StakePool));
}
