//! Rates and fees are exactly those of the published stake pool, errors included.

mod common;

use {
    common::{config, fee, future_fee, number, pair, rate, reference_fee, reference_future},
    proptest::prelude::*,
    spl_stake_pool::{self as published_pool, error::StakePoolError, state as reference},
    tidepool_core::{
        Error, MAX_VALIDATORS_IN_POOL, MINIMUM_ACTIVE_STAKE,
        maths::{
            ExchangeRate, Fee, Lamports, PoolTokens, WITHDRAWAL_BASELINE_FEE, check_withdrawal_fee, mul_div_floor,
            percentage_floor,
        },
        minimum_delegation, minimum_stake_lamports,
    },
};

fn reference_pool(rate: ExchangeRate) -> reference::StakePool {
    reference::StakePool {
        total_lamports: rate.total_lamports.get(),
        pool_token_supply: rate.pool_token_supply.get(),
        ..Default::default()
    }
}

/// The fee of the published program. Its callers narrow the result to 64 bits and return `CalculationFailure` if it does not fit.
fn reference_apply(fee: &reference::Fee, amount: u64) -> Option<u64> {
    u64::try_from(fee.apply(amount)?).ok()
}

/// The published error of the same name.
fn published(error: Error) -> StakePoolError {
    match error {
        Error::CalculationFailure => StakePoolError::CalculationFailure,
        Error::FeeIncreaseTooHigh => StakePoolError::FeeIncreaseTooHigh,
        other => panic!("{other:?} is not an error of a fee"),
    }
}

fn check_epoch_fee(rate: ExchangeRate, fee: Fee, reward: u64) -> Result<(), TestCaseError> {
    let pool = reference::StakePool { epoch_fee: reference_fee(fee), ..reference_pool(rate) };
    prop_assert_eq!(
        rate.epoch_fee(&fee, Lamports::new(reward)).map(PoolTokens::get),
        pool.calc_epoch_fee_amount(reward)
    );
    Ok(())
}

fn check_withdrawal(new: Fee, old: Fee) -> Result<(), TestCaseError> {
    prop_assert_eq!(
        check_withdrawal_fee(&new, &old).map_err(published),
        reference_fee(new).check_withdrawal(&reference_fee(old))
    );
    Ok(())
}

#[test]
fn constants_are_the_published_ones() {
    assert_eq!(MINIMUM_ACTIVE_STAKE, published_pool::MINIMUM_ACTIVE_STAKE);
    assert_eq!(MAX_VALIDATORS_IN_POOL, published_pool::MAX_VALIDATORS_IN_POOL);
    assert_eq!(reference_fee(WITHDRAWAL_BASELINE_FEE), published_pool::WITHDRAWAL_BASELINE_FEE);
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn deposits_and_withdrawals_trade_at_the_published_rate(rate in rate(), amount in number()) {
        let pool = reference_pool(rate);
        // Amounts around the whole supply and the whole stake, too.
        for amount in [amount, rate.total_lamports.get(), rate.pool_token_supply.get()] {
            let (lamports, tokens) = (Lamports::new(amount), PoolTokens::new(amount));
            let deposit = rate.pool_tokens_for_deposit(lamports).map(PoolTokens::get);
            prop_assert_eq!(deposit, pool.calc_pool_tokens_for_deposit(amount));
            let withdrawal = rate.lamports_for_withdrawal(tokens).map(Lamports::get);
            prop_assert_eq!(withdrawal, pool.calc_lamports_withdraw_amount(amount));
        }
        prop_assert_eq!(rate.lamports_per_pool_token().map(Lamports::get), pool.get_lamports_per_pool_token());
    }

    #[test]
    fn fees_are_the_published_ones(fee in fee(), amount in number()) {
        let reference = reference_fee(fee);
        for amount in [amount, fee.denominator, fee.numerator, 0, 1] {
            prop_assert_eq!(fee.apply(Lamports::new(amount)).map(Lamports::get), reference_apply(&reference, amount));
        }
    }

    #[test]
    fn epoch_fees_are_the_published_ones(rate in rate(), fee in fee(), reward in number()) {
        check_epoch_fee(rate, fee, reward)?;
    }

    /// Totals over 64 bits, and fees that take all of the total or more.
    #[test]
    fn epoch_fees_at_the_limits_are_the_published_ones(
        rate in rate(),
        fee in fee(),
        reward in number(),
        distance in 0u64..4,
    ) {
        let full = Fee::new(reward, reward.wrapping_add(distance).wrapping_sub(1));
        let overflowing = ExchangeRate { total_lamports: Lamports::new(u64::MAX - distance), ..rate };
        let empty = ExchangeRate { total_lamports: Lamports::default(), ..rate };
        for rate in [rate, overflowing, empty] {
            for fee in [fee, full, Fee::new(1, 1), Fee::new(u64::MAX, 1)] {
                check_epoch_fee(rate, fee, reward)?;
            }
        }
    }

    #[test]
    fn minimum_balances_are_the_published_ones(rent in number(), minimum in number()) {
        prop_assert_eq!(minimum_delegation(minimum), published_pool::minimum_delegation(minimum));
        prop_assert_eq!(
            minimum_stake_lamports(rent, minimum),
            published_pool::minimum_stake_lamports(rent, minimum)
        );
    }

    #[test]
    fn referral_fees_are_the_published_ones(amount in number(), percent in any::<u8>()) {
        let pool = reference::StakePool {
            stake_referral_fee: percent,
            sol_referral_fee: percent,
            ..Default::default()
        };
        prop_assert_eq!(percentage_floor(PoolTokens::new(amount), percent).map(PoolTokens::get), pool.calc_pool_tokens_stake_referral_fee(amount));
        prop_assert_eq!(percentage_floor(PoolTokens::new(amount), percent).map(PoolTokens::get), pool.calc_pool_tokens_sol_referral_fee(amount));
    }

    #[test]
    fn products_divide_as_in_128_bits((a, c) in pair(), b in number()) {
        let expected = (u128::from(a) * u128::from(b))
            .checked_div(u128::from(c))
            .and_then(|quotient| u64::try_from(quotient).ok());
        prop_assert_eq!(mul_div_floor(a, b, c), expected);
    }

    #[test]
    fn withdrawal_fees_rise_as_far_as_published(new in fee(), old in fee()) {
        check_withdrawal(new, old)?;
        check_withdrawal(old, old)?;
    }

    /// New fees within one unit of what the two limits allow.
    #[test]
    fn withdrawal_fees_rise_exactly_to_the_published_limits(
        numerator in 0u64..=3_000,
        denominator in 1u64..=100_000,
        scale in 1u64..=1_000_000,
        distance in 0u64..3,
    ) {
        let old = Fee::new(numerator, denominator);
        let by_half = Fee::new((numerator * 3 * scale + distance).saturating_sub(1), denominator * 2 * scale);
        let by_share = Fee::new(
            ((numerator * 200 + denominator) * scale + distance).saturating_sub(1),
            denominator * 200 * scale,
        );
        let from_baseline = Fee::new((3 * scale + distance).saturating_sub(1), 2_000 * scale);
        for new in [by_half, by_share, from_baseline] {
            check_withdrawal(new, old)?;
            check_withdrawal(new, Fee::new(0, denominator))?;
            check_withdrawal(new, Fee::new(numerator, 0))?;
        }
    }

    #[test]
    fn pending_fees_take_effect_after_as_many_epochs_as_published(pending in future_fee()) {
        let mut ours = pending;
        let mut theirs = reference_future(pending);
        for _ in 0..4 {
            prop_assert_eq!(
                ours.pending().map(|(fee, _)| reference_fee(fee)),
                Option::<reference::Fee>::from(theirs)
            );
            let updates = match theirs {
                reference::FutureEpoch::None => None,
                reference::FutureEpoch::One(_) => Some(1),
                reference::FutureEpoch::Two(_) => Some(2),
            };
            prop_assert_eq!(ours.pending().map(|(_, updates)| updates), updates);
            prop_assert_eq!(ours.advance().map(reference_fee), theirs.get().copied());
            theirs.update_epoch();
            prop_assert_eq!(reference_future(ours), theirs);
        }
    }
}
