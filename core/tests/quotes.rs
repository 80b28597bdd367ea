//! Quotes of deposits and withdrawals, and the withdrawal order, match the published pool's calculations.

mod common;

use {
    common::{config, fee, number, pair, rate, reference_fee},
    proptest::{collection::vec, prelude::*},
    solana_pubkey::Pubkey,
    spl_stake_pool::{
        self as reference,
        error::StakePoolError as ReferenceError,
        state::{StakePool, StakeStatus as ReferenceStatus, ValidatorStakeInfo as ReferenceRecord},
    },
    tidepool_core::{
        Error, Validator,
        maths::{ExchangeRate, Fee, Lamports, PoolTokens},
        quote::{self, DepositQuote, StakeDepositFees, WithdrawalQuote},
        withdrawal::{StakeSource, Withdrawable, WithdrawalLimits, check_preferred},
    },
};

/// A result with the published error.
type Outcome<T> = Result<T, ReferenceError>;

/// A result of ours, with the published error of the same name.
fn ours<T>(result: Result<T, Error>) -> Outcome<T> {
    result.map_err(|error| match error {
        Error::CalculationFailure => ReferenceError::CalculationFailure,
        Error::DepositTooSmall => ReferenceError::DepositTooSmall,
        Error::WithdrawalTooSmall => ReferenceError::WithdrawalTooSmall,
        other => panic!("{other:?} is not an error of a quote"),
    })
}

fn exact<T>(value: Option<T>) -> Outcome<T> {
    value.ok_or(ReferenceError::CalculationFailure)
}

/// Fees of a pool.
#[derive(Clone, Copy, Debug, Default)]
struct Terms {
    stake_deposit_fee: Fee,
    sol_deposit_fee: Fee,
    stake_withdrawal_fee: Fee,
    sol_withdrawal_fee: Fee,
    stake_referral_fee: u8,
    sol_referral_fee: u8,
}

fn rate_and_terms() -> impl Strategy<Value = (ExchangeRate, Terms)> {
    (rate(), [fee(), fee(), fee(), fee()], any::<[u8; 2]>(), any::<bool>()).prop_map(
        |(rate, [a, b, c, d], percents, sane)| {
            let percent = |percent: u8| if sane { percent % 101 } else { percent };
            let terms = Terms {
                stake_deposit_fee: a,
                sol_deposit_fee: b,
                stake_withdrawal_fee: c,
                sol_withdrawal_fee: d,
                stake_referral_fee: percent(percents[0]),
                sol_referral_fee: percent(percents[1]),
            };
            (rate, terms)
        },
    )
}

fn reference_pool(rate: &ExchangeRate, terms: &Terms) -> StakePool {
    StakePool {
        total_lamports: rate.total_lamports.get(),
        pool_token_supply: rate.pool_token_supply.get(),
        stake_deposit_fee: reference_fee(terms.stake_deposit_fee),
        sol_deposit_fee: reference_fee(terms.sol_deposit_fee),
        stake_withdrawal_fee: reference_fee(terms.stake_withdrawal_fee),
        sol_withdrawal_fee: reference_fee(terms.sol_withdrawal_fee),
        stake_referral_fee: terms.stake_referral_fee,
        sol_referral_fee: terms.sol_referral_fee,
        ..StakePool::default()
    }
}

fn split(minted: u64, fee: u64, to_referrer: Option<u64>) -> Outcome<DepositQuote> {
    let to_depositor = exact(minted.checked_sub(fee))?;
    let to_referrer = exact(to_referrer)?;
    let to_manager = exact(fee.checked_sub(to_referrer))?;
    if to_depositor == 0 {
        return Err(ReferenceError::DepositTooSmall);
    }
    let [minted, to_depositor, to_manager, to_referrer] =
        [minted, to_depositor, to_manager, to_referrer].map(PoolTokens::new);
    Ok(DepositQuote { minted, to_depositor, to_manager, to_referrer })
}

fn reference_sol_deposit(pool: &StakePool, lamports: u64) -> Outcome<DepositQuote> {
    let minted = exact(pool.calc_pool_tokens_for_deposit(lamports))?;
    let fee = exact(pool.calc_pool_tokens_sol_deposit_fee(minted))?;
    split(minted, fee, pool.calc_pool_tokens_sol_referral_fee(fee))
}

fn reference_stake_deposit(pool: &StakePool, total: u64, stake: u64) -> Outcome<DepositQuote> {
    exact(total.checked_sub(stake))?;
    let minted = exact(pool.calc_pool_tokens_for_deposit(total))?;
    let for_stake = exact(pool.calc_pool_tokens_for_deposit(stake))?;
    let for_sol = exact(minted.checked_sub(for_stake))?;
    let stake_fee = exact(pool.calc_pool_tokens_stake_deposit_fee(for_stake))?;
    let sol_fee = exact(pool.calc_pool_tokens_sol_deposit_fee(for_sol))?;
    let fee = exact(stake_fee.checked_add(sol_fee))?;
    split(minted, fee, pool.calc_pool_tokens_stake_referral_fee(fee))
}

fn reference_withdrawal(pool: &StakePool, pool_tokens: u64, fee: Option<u64>) -> Outcome<WithdrawalQuote> {
    let fee = exact(fee)?;
    let burnt = exact(pool_tokens.checked_sub(fee))?;
    let lamports = exact(pool.calc_lamports_withdraw_amount(burnt))?;
    if lamports == 0 {
        return Err(ReferenceError::WithdrawalTooSmall);
    }
    Ok(WithdrawalQuote { burnt: PoolTokens::new(burnt), fee: PoolTokens::new(fee), lamports: Lamports::new(lamports) })
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn sol_deposits_yield_what_the_published_pool_calculates((rate, terms) in rate_and_terms(), lamports in number()) {
        let pool = reference_pool(&rate, &terms);
        for lamports in [lamports, rate.total_lamports.get(), 1] {
            prop_assert_eq!(
                ours(quote::sol_deposit(&rate, &terms.sol_deposit_fee, terms.sol_referral_fee, Lamports::new(lamports))),
                reference_sol_deposit(&pool, lamports)
            );
        }
    }

    #[test]
    fn stake_deposits_yield_what_the_published_pool_calculates(
        (rate, terms) in rate_and_terms(),
        (total, stake) in pair(),
    ) {
        let pool = reference_pool(&rate, &terms);
        let fees = StakeDepositFees {
            stake: terms.stake_deposit_fee,
            sol: terms.sol_deposit_fee,
            referral_percent: terms.stake_referral_fee,
        };
        for stake in [stake, total, total.saturating_sub(2_282_880)] {
            prop_assert_eq!(
                ours(quote::stake_deposit(&rate, &fees, Lamports::new(total), Lamports::new(stake))),
                reference_stake_deposit(&pool, total, stake)
            );
        }
    }

    #[test]
    fn withdrawals_yield_what_the_published_pool_calculates((rate, terms) in rate_and_terms(), tokens in number()) {
        let pool = reference_pool(&rate, &terms);
        let quoted = |fee: Option<&Fee>| ours(quote::withdrawal(&rate, fee, PoolTokens::new(tokens)));
        prop_assert_eq!(
            quoted(Some(&terms.stake_withdrawal_fee)),
            reference_withdrawal(&pool, tokens, pool.calc_pool_tokens_stake_withdrawal_fee(tokens))
        );
        prop_assert_eq!(
            quoted(Some(&terms.sol_withdrawal_fee)),
            reference_withdrawal(&pool, tokens, pool.calc_pool_tokens_sol_withdrawal_fee(tokens))
        );
        prop_assert_eq!(quoted(None), reference_withdrawal(&pool, tokens, Some(0)));
    }

    #[test]
    fn bounds_refuse_exactly_what_is_below_them((got, minimum) in pair()) {
        let refused = got < minimum;
        let deposit = DepositQuote { to_depositor: PoolTokens::new(got), ..DepositQuote::default() };
        let withdrawal = WithdrawalQuote { lamports: Lamports::new(got), ..WithdrawalQuote::default() };
        let expected = refused.then_some(Error::ExceededSlippage);
        prop_assert_eq!(deposit.check_minimum(Some(PoolTokens::new(minimum))).err(), expected);
        prop_assert_eq!(withdrawal.check_minimum(Some(Lamports::new(minimum))).err(), expected);
        prop_assert_eq!(deposit.check_minimum(None), Ok(deposit));
        prop_assert_eq!(withdrawal.check_minimum(None), Ok(withdrawal));
    }
}

/// Lamports around a limit.
fn around(limit: u64) -> impl Strategy<Value = u64> {
    prop_oneof![number(), (0u64..3).prop_map(move |distance| limit.saturating_add(distance).saturating_sub(1))]
}

fn limits() -> impl Strategy<Value = (ExchangeRate, u64, u64)> {
    (rate(), number(), number())
}

fn reference_records(limit: u64) -> impl Strategy<Value = Vec<ReferenceRecord>> {
    let record = (around(limit), around(limit), 0u8..5, any::<u8>()).prop_map(|(active, transient, status, vote)| {
        let status = [
            ReferenceStatus::Active,
            ReferenceStatus::DeactivatingTransient,
            ReferenceStatus::ReadyForRemoval,
            ReferenceStatus::DeactivatingValidator,
            ReferenceStatus::DeactivatingAll,
        ][usize::from(status)];
        ReferenceRecord {
            active_stake_lamports: active.into(),
            transient_stake_lamports: transient.into(),
            status: status.into(),
            vote_account_address: Pubkey::new_from_array([vote; 32]),
            ..ReferenceRecord::default()
        }
    });
    vec(record, 0..4)
}

fn rows(theirs: &[ReferenceRecord]) -> Vec<Validator> {
    let row = |record: &ReferenceRecord| Validator {
        active_lamports: record.active_stake_lamports.into(),
        transient_lamports: record.transient_stake_lamports.into(),
        is_active: ReferenceStatus::try_from(record.status) == Ok(ReferenceStatus::Active),
        ..Validator::default()
    };
    theirs.iter().map(row).collect()
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn withdrawal_limits_are_the_published_sums((rate, rent, minimum) in limits()) {
        let pool = reference_pool(&rate, &Terms::default());
        let required_lamports = reference::minimum_stake_lamports(rent, minimum);
        let expected = pool.get_lamports_per_pool_token().map(|lamports_per_pool_token| WithdrawalLimits {
            required_lamports,
            lamports_per_pool_token,
            withdrawable_above: required_lamports.saturating_add(minimum).saturating_add(lamports_per_pool_token),
        });
        prop_assert_eq!(ours(WithdrawalLimits::new(&rate, rent, minimum)), exact(expected));
    }

    #[test]
    fn stake_anywhere_decides_where_stake_may_be_taken(
        (limit, theirs) in number().prop_flat_map(|limit| (Just(limit), reference_records(limit))),
        stranger in any::<u8>(),
    ) {
        let stranger = Pubkey::new_from_array([stranger; 32]);
        let limits = WithdrawalLimits {
            required_lamports: 0,
            lamports_per_pool_token: 0,
            withdrawable_above: limit,
        };
        let ours = rows(&theirs);
        let anywhere = |greater: fn(&[u8], &u64) -> bool| theirs.iter().any(|record| {
            let bytes = bytemuck::bytes_of(record);
            greater(bytes, &limit) && ReferenceRecord::is_active(bytes)
        });
        let active = anywhere(ReferenceRecord::active_lamports_greater_than);
        // If validator stake can be split, transient stake is irrelevant.
        let transient = !active && anywhere(ReferenceRecord::transient_lamports_greater_than);
        let expected = Withdrawable { active, transient };
        prop_assert_eq!(Withdrawable::scan(&ours, &limits), expected);
        prop_assert_eq!(expected.allows_reserve(), !(expected.active || expected.transient));

        for record in &ours {
            let source = expected.source(record);
            prop_assert_eq!(source == StakeSource::Active, expected.active);
            prop_assert_eq!(
                source == StakeSource::ValidatorRemoval,
                expected.allows_reserve() && record.transient_lamports == 0
            );
        }
        let find = |vote: &Pubkey| ours.get(theirs.iter().position(|record| record.vote_account_address == *vote)?);
        for preferred in [None, Some(stranger), theirs.first().map(|record| record.vote_account_address)] {
            // Lists have no duplicates; the first of several records counts.
            let first = theirs.iter().find(|record| Some(record.vote_account_address) == preferred);
            let has_enough = first.is_some_and(|record| u64::from(record.active_stake_lamports) >= limit);
            for vote in theirs.iter().map(|record| record.vote_account_address).chain([stranger]) {
                let refused = has_enough && preferred != Some(vote);
                prop_assert_eq!(
                    check_preferred(preferred.as_ref(), &vote, find, &limits).err(),
                    refused.then_some(Error::IncorrectWithdrawVoteAddress)
                );
            }
        }
    }

    #[test]
    fn whole_accounts_go_for_what_they_hold_and_a_pool_token_more(
        (balance, lamports) in pair(),
        (rate, rent, minimum) in limits(),
    ) {
        let Ok(limits) = WithdrawalLimits::new(&rate, rent, minimum) else { return Ok(()) };
        let tolerated = balance..=balance.saturating_add(limits.lamports_per_pool_token);
        let remainder = balance.saturating_sub(lamports);
        prop_assert_eq!(limits.check_whole(balance, lamports).is_ok(), tolerated.contains(&lamports));
        prop_assert_eq!(limits.check_split(balance, lamports).is_ok(), remainder >= limits.required_lamports);
    }
}
