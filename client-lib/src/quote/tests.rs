mod limited;

use {
    super::*,
    crate::{error::Cause, pool::fixture::*},
    proptest::prelude::*,
    solana_account::Account,
    solana_stake_interface::{
        error::StakeError,
        stake_history::{StakeHistory, StakeHistoryEntry},
        state::{Lockup, StakeStateV2},
    },
    tidepool_interface::{
        external::stake::NOT_DEACTIVATED,
        state::{PoolTerms, RebalancePolicy, StakeStatus},
    },
};

const USER: Address = Address::new_from_array([210; 32]);

fn one_validator() -> Fixture {
    Fixture::of(vec![FixtureValidator::new(100 * SOL)])
}

fn code<T: std::fmt::Debug>(result: Result<T, PlanError>) -> StakePoolError {
    let error = result.unwrap_err();
    error.stake_pool_error().unwrap_or_else(|| panic!("{error:?}"))
}

fn stake_error<T: std::fmt::Debug>(result: Result<T, PlanError>) -> StakeError {
    match result.unwrap_err() {
        PlanError::Refused(refusal) => match refusal.cause {
            Cause::Stake(error) => error,
            cause => panic!("{cause:?}"),
        },
        error => panic!("{error:?}"),
    }
}

#[test]
fn sol_deposit_pays_fee_and_referrer() {
    let mut fixture = one_validator();
    fixture.terms = PoolTerms { sol_deposit_fee: Fee::new(1, 100), sol_referral_fee: 50, ..PoolTerms::default() };
    let snapshot = fixture.snapshot();
    let rate = snapshot.rate();
    let quote = quote_deposit_sol(&snapshot, SOL, None).unwrap();
    assert_eq!(quote.growth_charge.get(), 0);
    let quote = quote.pool_tokens;
    let minted =
        (u128::from(SOL) * u128::from(rate.pool_token_supply.get()) / u128::from(rate.total_lamports.get())) as u64;
    assert_eq!(quote.minted.get(), minted);
    assert_eq!(quote.to_manager.get() + quote.to_referrer.get(), minted.div_ceil(100));
    assert_eq!(quote.to_referrer.get(), minted.div_ceil(100) / 2);
    let minimum = Some(quote.to_depositor.get());
    assert!(quote_deposit_sol(&snapshot, SOL, minimum).is_ok());
    let minimum = Some(quote.to_depositor.get() + 1);
    assert_eq!(code(quote_deposit_sol(&snapshot, SOL, minimum)), StakePoolError::ExceededSlippage);
}

#[test]
fn an_empty_reserve_is_named_with_what_to_do() {
    let mut fixture = Fixture { reserve: 0, ..one_validator() };
    let refused =
        |fixture: &Fixture| quote_withdraw_sol(&fixture.snapshot(), &USER, SOL, None).unwrap_err().to_string();
    let plain = refused(&fixture);
    assert!(plain.contains("the reserve has no SOL to spare now: withdraw as a stake account"), "{plain}");
    assert!(!plain.contains("ticket") && !plain.contains("0.000000000"), "{plain}");
    fixture.policy = Some(RebalancePolicy::DEFAULT);
    fixture.reserve += 1;
    let extended = refused(&fixture);
    assert!(extended.contains("withdraw as a stake account, or request an exit ticket"), "{extended}");
}

#[test]
fn rejects_stale_pool_first() {
    let fixture = Fixture { last_update_epoch: EPOCH - 1, ..one_validator() };
    let stale = StakePoolError::StakeListAndPoolOutOfDate;
    let snapshot = fixture.snapshot();
    assert_eq!(code(quote_deposit_sol(&snapshot, 0, None)), stale);
    assert_eq!(code(quote_withdraw_sol(&snapshot, &USER, 0, None)), stale);
    let from = WithdrawFrom::Validator(vote(9));
    assert_eq!(code(quote_withdraw_stake(&snapshot, from, &USER, 0, None)), stale);
}

#[test]
fn rejects_sol_withdrawal_above_reserve_with_limit() {
    let mut fixture = one_validator();
    fixture.supply = fixture.snapshot().rate().total_lamports.get();
    let snapshot = fixture.snapshot();
    assert_eq!(largest_sol_withdrawal(&snapshot, &USER), 10 * SOL);
    assert_eq!(quote_withdraw_sol(&snapshot, &USER, 10 * SOL, None).unwrap().lamports.get(), 10 * SOL);
    let error = quote_withdraw_sol(&snapshot, &USER, 10 * SOL + 1, None).unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::SolWithdrawalTooLarge));
    assert!(error.to_string().contains("up to 10.000000000 pool tokens"), "{error}");
    // The slippage bound is checked before the reserve, as in the program.
    let too_much = quote_withdraw_sol(&snapshot, &USER, 11 * SOL, Some(12 * SOL));
    assert_eq!(code(too_much), StakePoolError::ExceededSlippage);
    assert_eq!(code(quote_withdraw_sol(&snapshot, &USER, 0, None)), StakePoolError::WithdrawalTooSmall);
}

#[test]
fn charges_no_fee_to_manager_or_without_fee_account() {
    let mut fixture = one_validator();
    fixture.terms.sol_withdrawal_fee = Fee::new(1, 10);
    let snapshot = fixture.snapshot();
    assert_eq!(quote_withdraw_sol(&snapshot, &USER, SOL, None).unwrap().fee.get(), SOL / 10);
    assert_eq!(quote_withdraw_sol(&snapshot, &FEE_ACCOUNT, SOL, None).unwrap().fee.get(), 0);
    for broken in [None, Some(Account::default())] {
        let mut accounts = fixture.accounts();
        accounts.manager_fee_account = broken;
        let snapshot = PoolSnapshot::from_accounts(POOL, accounts, fixture.environment()).unwrap();
        assert_eq!(quote_withdraw_sol(&snapshot, &USER, SOL, None).unwrap().fee.get(), 0);
        assert_eq!(quote_update(&snapshot, 1_000 * SOL).unwrap().manager_fee, 0);
    }
}

#[test]
fn update_charges_fee_on_gains_only() {
    let fixture = one_validator();
    let snapshot = fixture.snapshot();
    let total = snapshot.rate().total_lamports.get();
    assert_eq!(recorded_total(&snapshot), Ok(total));
    let loss = quote_update(&snapshot, total - SOL).unwrap();
    assert_eq!((loss.reward, loss.manager_fee, loss.supply_after), (0, 0, fixture.supply));
    let gain = quote_update(&snapshot, total + SOL).unwrap();
    assert_eq!(gain.reward, SOL);
    // A tenth of the reward, at the exchange rate after it.
    let worth = u128::from(gain.manager_fee) * u128::from(total + SOL) / u128::from(gain.supply_after);
    assert!(worth.abs_diff(u128::from(SOL / 10)) <= 1, "{worth}");
}

mod stake_deposits {
    use super::*;

    fn deposit(stake: u64) -> Account {
        stake_account(USER, vote(0), stake, EPOCH - 50, NOT_DEACTIVATED)
    }

    #[test]
    fn deposits_rent_of_active_stake_as_sol() {
        let mut fixture = one_validator();
        fixture.terms = PoolTerms {
            stake_deposit_fee: Fee::new(1, 100),
            sol_deposit_fee: Fee::new(1, 10),
            stake_referral_fee: 100,
            ..PoolTerms::default()
        };
        let snapshot = fixture.snapshot();
        let quote = quote_deposit_stake(&snapshot, &deposit(5 * SOL), None).unwrap();
        assert_eq!(quote.vote, vote(0));
        assert_eq!(quote.validator_stake, snapshot.stake_addresses()[0].validator);
        assert_eq!((quote.total_lamports, quote.stake_lamports), (5 * SOL + rent(), 5 * SOL));
        assert_eq!(quote.pool_tokens.to_manager.get(), 0);
        assert!(quote.pool_tokens.to_referrer.get() > quote.pool_tokens.minted.get() / 100);
    }

    #[test]
    fn deposits_excess_lamports_as_sol() {
        let mut account = deposit(5 * SOL);
        account.lamports += SOL;
        let quote = quote_deposit_stake(&one_validator().snapshot(), &account, None).unwrap();
        assert_eq!((quote.total_lamports, quote.stake_lamports), (6 * SOL + rent(), 5 * SOL));
    }

    #[test]
    fn checks_validator_in_program_order() {
        let mut fixture = Fixture::of(vec![
            FixtureValidator::new(SOL),
            FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator),
        ]);
        let of = |index| stake_account(USER, vote(index), SOL, EPOCH - 50, NOT_DEACTIVATED);
        let snapshot = fixture.snapshot();
        let not_found = StakePoolError::ValidatorNotFound;
        assert_eq!(code(quote_deposit_stake(&snapshot, &of(1), None)), not_found);
        assert_eq!(code(quote_deposit_stake(&snapshot, &of(2), None)), not_found);
        fixture.terms.preferred_deposit_validator_vote_address = Some(vote(0));
        let snapshot = fixture.snapshot();
        let not_preferred = StakePoolError::IncorrectDepositVoteAddress;
        assert_eq!(code(quote_deposit_stake(&snapshot, &of(2), None)), not_preferred);
        assert!(quote_deposit_stake(&snapshot, &of(0), None).is_ok());
    }

    #[test]
    fn rejects_unmergeable_stake() {
        let fixture = one_validator();
        let snapshot = fixture.snapshot();
        let mismatch = |account: &Account| stake_error(quote_deposit_stake(&snapshot, account, None));
        let activating = stake_account(USER, vote(0), SOL, EPOCH, NOT_DEACTIVATED);
        assert_eq!(mismatch(&activating), StakeError::MergeMismatch);
        let inactive = stake_account(USER, vote(0), SOL, EPOCH - 50, EPOCH - 10);
        assert_eq!(mismatch(&inactive), StakeError::MergeMismatch);
        let deactivating = stake_account(USER, vote(0), SOL, EPOCH - 50, EPOCH);
        assert_eq!(mismatch(&deactivating), StakeError::MergeTransientStake);
        let undelegated = stake_program_account(&StakeStateV2::Initialized(meta(USER)), SOL);
        assert_eq!(mismatch(&undelegated), StakeError::MergeMismatch);
    }

    #[test]
    fn rejects_lockup_in_force() {
        let snapshot = one_validator().snapshot();
        let locked_until = |epoch| {
            let mut account = deposit(SOL);
            let Ok(StakeStateV2::Stake(mut meta, stake, flags)) = bincode::deserialize(&account.data) else {
                panic!("the account is delegated")
            };
            meta.lockup = Lockup { epoch, ..Lockup::default() };
            account.data = stake_program_account(&StakeStateV2::Stake(meta, stake, flags), 0).data;
            quote_deposit_stake(&snapshot, &account, None)
        };
        assert_eq!(stake_error(locked_until(EPOCH + 1)), StakeError::LockupInForce);
        assert!(locked_until(EPOCH).is_ok());
    }

    #[test]
    fn rejects_unread_validator_stake() {
        let fixture = Fixture { with_stakes: false, ..one_validator() };
        let error = quote_deposit_stake(&fixture.snapshot(), &deposit(SOL), None).unwrap_err();
        assert_eq!(error, PlanError::StakeAccountsNotRead { vote: vote(0) });
    }
}

#[test]
fn merges_match_stake_program() {
    let fixture = one_validator();
    let mut environment = fixture.environment();
    let kind = |environment: &_, stake, activation, deactivation| {
        merge_kind(&stake_account(USER, vote(0), stake, activation, deactivation), environment)
    };
    let active = kind(&environment, 5, EPOCH - 9, NOT_DEACTIVATED).unwrap();
    let activating = kind(&environment, 5, EPOCH, NOT_DEACTIVATED).unwrap();
    let inactive = kind(&environment, 5, EPOCH - 9, EPOCH - 5).unwrap();
    assert_eq!(merged_delegation(&active, &active), Ok(5));
    assert_eq!(merged_delegation(&activating, &activating), Ok(5 + rent()));
    assert_eq!(merged_delegation(&activating, &inactive), Ok(5 + rent()));
    assert_eq!(merged_delegation(&inactive, &activating), Ok(0));
    assert_eq!(merged_delegation(&active, &activating), Err(StakeError::MergeMismatch));
    assert_eq!(merged_delegation(&inactive, &active), Err(StakeError::MergeMismatch));

    // The warm-up limit of the cluster is exceeded: only a part is activated per epoch.
    let mut history = StakeHistory::default();
    history.add(EPOCH - 1, StakeHistoryEntry { effective: 1_000 * SOL, activating: 1_000 * SOL, deactivating: 0 });
    environment.stake_history = history;
    let warming = kind(&environment, 1_000 * SOL, EPOCH - 1, NOT_DEACTIVATED);
    assert_eq!(warming, Err(StakeError::MergeTransientStake));
}

mod stake_withdrawals {
    use super::*;

    fn at_par(validators: Vec<FixtureValidator>) -> Fixture {
        let mut fixture = Fixture::of(validators);
        fixture.supply = fixture.snapshot().rate().total_lamports.get();
        fixture
    }

    fn from(index: usize) -> WithdrawFrom {
        WithdrawFrom::Validator(vote(index))
    }

    #[test]
    fn split_respects_minimum_delegation() {
        let snapshot = at_par(vec![FixtureValidator::new(10 * SOL)]).snapshot();
        let quote = |tokens| quote_withdraw_stake(&snapshot, from(0), &USER, tokens, None);
        assert_eq!(quote(9 * SOL).unwrap().yields.lamports.get(), 9 * SOL);
        assert_eq!(quote(9 * SOL).unwrap().split_from, snapshot.stake_addresses()[0].validator);
        assert_eq!(code(quote(9 * SOL + 1)), StakePoolError::StakeLamportsNotEqualToMinimum);
        assert_eq!(stake_error(quote(SOL - 1)), StakeError::InsufficientDelegation);
        assert!(quote(SOL).is_ok());
    }

    #[test]
    fn preferred_validator_comes_first() {
        let mut fixture = at_par(vec![FixtureValidator::new(10 * SOL), FixtureValidator::new(10 * SOL)]);
        fixture.terms.preferred_withdraw_validator_vote_address = Some(vote(1));
        let snapshot = fixture.snapshot();
        let quote = |index| quote_withdraw_stake(&snapshot, from(index), &USER, SOL, None);
        assert_eq!(code(quote(0)), StakePoolError::IncorrectWithdrawVoteAddress);
        assert!(quote(1).is_ok());
        assert_eq!(code(quote(2)), StakePoolError::ValidatorNotFound);
    }

    #[test]
    fn splits_reserve_only_without_validator_stake() {
        let quote = |fixture: &Fixture, tokens| {
            quote_withdraw_stake(&fixture.snapshot(), WithdrawFrom::Reserve, &USER, tokens, None)
        };
        let rich = at_par(vec![FixtureValidator::new(10 * SOL)]);
        assert_eq!(code(quote(&rich, SOL)), StakePoolError::StakeLamportsNotEqualToMinimum);
        let poor = at_par(vec![FixtureValidator::new(SOL)]);
        assert_eq!(quote(&poor, 10 * SOL).unwrap().split_from, RESERVE);
        assert_eq!(code(quote(&poor, 10 * SOL + 1)), StakePoolError::SolWithdrawalTooLarge);
    }

    #[test]
    fn extended_pool_splits_reserve_if_sol_needs_signature() {
        let mut fixture = at_par(vec![FixtureValidator::new(10 * SOL)]);
        let quote = |fixture: &Fixture, tokens| {
            quote_withdraw_stake(&fixture.snapshot(), WithdrawFrom::Reserve, &USER, tokens, None)
        };
        fixture.terms.sol_withdraw_authority = Some(STAKER);
        assert_eq!(code(quote(&fixture, SOL)), StakePoolError::StakeLamportsNotEqualToMinimum);
        fixture.policy = Some(RebalancePolicy::DEFAULT);
        assert_eq!(quote(&fixture, fixture.reserve).unwrap().split_from, RESERVE);
        assert_eq!(code(quote(&fixture, fixture.reserve + 1)), StakePoolError::SolWithdrawalTooLarge);
        fixture.terms.sol_withdraw_authority = None;
        assert_eq!(code(quote(&fixture, SOL)), StakePoolError::StakeLamportsNotEqualToMinimum);
    }

    #[test]
    fn whole_account_costs_its_lamports() {
        let snapshot = at_par(vec![FixtureValidator::new(SOL)]).snapshot();
        let balance = SOL + rent();
        let quote = |tokens| quote_withdraw_stake(&snapshot, from(0), &USER, tokens, None);
        assert_eq!(quote(balance).unwrap().yields.lamports.get(), balance);
        // One more pool token is rounded away.
        assert_eq!(quote(balance + 1).unwrap().yields.lamports.get(), balance);
        for wrong in [balance - 1, balance + 2] {
            assert_eq!(code(quote(wrong)), StakePoolError::StakeLamportsNotEqualToMinimum);
        }
    }

    #[test]
    fn undelegated_lamports_cannot_be_split() {
        let fixture = at_par(vec![FixtureValidator::new(10 * SOL)]);
        let mut accounts = fixture.accounts();
        // The record counts tips that were sent to the account.
        let more = (12 * SOL + rent()).to_le_bytes();
        accounts.validator_list.data[9..17].copy_from_slice(&more);
        let mut snapshot = PoolSnapshot::from_accounts(POOL, accounts, fixture.environment()).unwrap();
        let addresses = snapshot.clone();
        snapshot.set_stake_accounts(
            |_| true,
            |address| {
                let mut account = fixture.stake_account_at(&addresses, address)?;
                account.lamports += 2 * SOL;
                Some(account)
            },
        );
        let quote = |tokens| quote_withdraw_stake(&snapshot, from(0), &USER, tokens, None);
        assert!(quote(9 * SOL).is_ok());
        assert_eq!(stake_error(quote(9 * SOL + SOL / 2)), StakeError::InsufficientDelegation);
    }
}

proptest! {
    /// The largest withdrawal succeeds, and one pool token more fails.
    #[test]
    fn largest_withdrawal_is_exact(
        supply in 1_000..u64::MAX / 4,
        reserve in 1..1_000_000 * SOL,
        stake in SOL..1_000_000 * SOL,
        fee in 0..1_000u64,
    ) {
        let mut fixture = Fixture { reserve, supply, ..Fixture::of(vec![FixtureValidator::new(stake)]) };
        fixture.terms.sol_withdrawal_fee = Fee::new(fee, 1_000);
        let snapshot = fixture.snapshot();
        let most = largest_sol_withdrawal(&snapshot, &USER);
        if most > 0 {
            match quote_withdraw_sol(&snapshot, &USER, most, None) {
                Ok(quote) => prop_assert!(quote.lamports.get() <= reserve),
                Err(error) => prop_assert_eq!(error.stake_pool_error(), Some(StakePoolError::WithdrawalTooSmall)),
            }
        }
        if most < supply {
            let refused = code(quote_withdraw_sol(&snapshot, &USER, most + 1, None));
            prop_assert_eq!(refused, StakePoolError::SolWithdrawalTooLarge);
        }
    }
}
