//! Quotes of deposits, withdrawals and updates, exact to the lamport.
//!
//! Each quote runs the program's formulas (`tidepool_interface`) and its checks in the program's order. A
//! [`Refusal`](crate::error::Refusal) has the program's error, with an explanation. A quote is valid while the pool
//! does not change; set a slippage bound otherwise.

mod activation;
mod deposit_stake;
mod exit;
mod merge;
mod withdraw_stake;
mod withdrawn_merge;

#[cfg(test)]
mod tests;

pub(crate) use {activation::activation_status, deposit_stake::stake_deposit_at};
pub use {
    activation::{StakeActivation, StakeCondition},
    deposit_stake::{StakeDepositQuote, quote_deposit_stake},
    exit::{CancellationQuote, ExitQuote, claimable_lamports, pool_tokens_for_exit, quote_cancellation, quote_exit},
    merge::{MergeKind, merge_kind, merged_delegation},
    withdraw_stake::{StakeWithdrawalQuote, WithdrawFrom, WithdrawalState, quote_withdraw_stake},
    withdrawn_merge::check_withdrawn_merge,
};

use {
    crate::{
        checks::{check_no_rewards, check_not_halted, check_supply_floor, check_up_to_date},
        error::{PlanError, Sol, Tokens},
        pool::PoolSnapshot,
    },
    solana_address::Address,
    tidepool_core::{
        Error,
        maths::{ExchangeRate, Fee, Lamports, PoolTokens, mul_div_floor},
        quote::{self, DepositQuote, WithdrawalQuote},
    },
    tidepool_interface::StakePoolError,
};

/// Quote of a SOL deposit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SolDepositQuote {
    /// Lamports of the deposit for which no pool tokens are minted, in favour of all holders: the pool's growth charge.
    pub growth_charge: Lamports,
    /// Pool tokens, for the rest.
    pub pool_tokens: DepositQuote,
}

/// Quotes a deposit of `lamports`, with `minimum` pool tokens out.
///
/// # Errors
/// Refusals: `StakeListAndPoolOutOfDate`, `RateGuardHalt`, `DepositTooSmall`, `ExceededSlippage`, `SupplyBelowFloor`,
/// `CalculationFailure`.
pub fn quote_deposit_sol(
    snapshot: &PoolSnapshot,
    lamports: u64,
    minimum: Option<u64>,
) -> Result<SolDepositQuote, PlanError> {
    check_up_to_date(snapshot)?;
    check_not_halted(snapshot)?;
    let quote = sol_deposit(snapshot, &snapshot.rate(), lamports)
        .map_err(|error| explain_deposit(error, lamports, || least_deposit(snapshot)))?;
    let pool_tokens = check_deposit_minimum(quote.pool_tokens, minimum)?;
    check_supply_floor(snapshot, &snapshot.rate(), pool_tokens.minted.get())?;
    Ok(quote)
}

/// Like [`quote_deposit_sol`], at another exchange rate of an up-to-date pool.
pub(crate) fn sol_deposit_at(
    snapshot: &PoolSnapshot,
    rate: &ExchangeRate,
    lamports: u64,
) -> Result<SolDepositQuote, PlanError> {
    let quote = sol_deposit(snapshot, rate, lamports).map_err(|error| explain_deposit(error, lamports, || None))?;
    check_supply_floor(snapshot, rate, quote.pool_tokens.minted.get())?;
    Ok(quote)
}

/// Lamports of the base fee of a signature. A part from the reserve below it costs more than it brings.
pub(crate) const LEAST_RESERVE_PART: u64 = 5_000;

/// Quotes a withdrawal of SOL from the reserve for `pool_tokens` of the token account `burn_from`, with `minimum`
/// lamports out.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `StakeListAndPoolOutOfDate`, `RateGuardHalt`, `WithdrawalTooSmall`,
/// `ExceededSlippage`, `SolWithdrawalTooLarge`, `CalculationFailure`.
pub fn quote_withdraw_sol(
    snapshot: &PoolSnapshot,
    burn_from: &Address,
    pool_tokens: u64,
    minimum: Option<u64>,
) -> Result<WithdrawalQuote, PlanError> {
    check_no_rewards(snapshot)?;
    check_up_to_date(snapshot)?;
    check_not_halted(snapshot)?;
    let fee = &snapshot.pool().terms.sol_withdrawal_fee;
    let fee = charged_fee(snapshot, burn_from, fee);
    let quote = quote::withdrawal(&snapshot.rate(), fee, PoolTokens::new(pool_tokens))
        .map_err(|error| explain_withdrawal(error, pool_tokens, &snapshot.rate(), fee))?;
    let quote = check_withdrawal_minimum(quote, minimum)?;
    let available = snapshot.withdrawable_reserve_lamports();
    if quote.lamports.get() > available {
        let has_tickets = snapshot.is_extended() && snapshot.pool().terms.sol_withdraw_authority.is_none();
        let stays = snapshot.stays_in_reserve();
        let detail = if available < LEAST_RESERVE_PART {
            let ticket = if has_tickets { ", or request an exit ticket" } else { "" };
            format!("the reserve has no SOL to spare now{stays}: withdraw as a stake account{ticket}")
        } else {
            let most = quote::largest_withdrawal(&snapshot.rate(), fee, Lamports::new(available)).get();
            format!(
                "{} yield {}, but the reserve can pay at most {}{stays}: withdraw up to {}, {}",
                Tokens(pool_tokens),
                Sol(quote.lamports.get()),
                Sol(available),
                Tokens(most),
                if has_tickets { "withdraw stake, or request an exit ticket" } else { "or withdraw stake" }
            )
        };
        return Err(PlanError::refused(StakePoolError::SolWithdrawalTooLarge, detail));
    }
    Ok(quote)
}

/// Most pool tokens that can be withdrawn as SOL from the token account `burn_from` now; 0 if the reserve is empty, or while
/// the rate guard halts SOL withdrawals.
pub fn largest_sol_withdrawal(snapshot: &PoolSnapshot, burn_from: &Address) -> u64 {
    let fee = charged_fee(snapshot, burn_from, &snapshot.pool().terms.sol_withdrawal_fee);
    let lamports = Lamports::new(snapshot.sol_withdrawal_lamports());
    quote::largest_withdrawal(&snapshot.rate(), fee, lamports).get()
}

/// Quote of the next `UpdateStakePoolBalance`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UpdateQuote {
    /// Total lamports before.
    pub total_before: u64,
    /// Total lamports afterwards.
    pub total_after: u64,
    /// Lamports that the pool has gained; 0 for a loss.
    pub reward: u64,
    /// Pool tokens minted to the manager's fee account.
    pub manager_fee: u64,
    /// Pool token supply afterwards.
    pub supply_after: u64,
}

/// Quotes an update to `total_lamports` of stake and reserve.
///
/// # Errors
/// Refusal `CalculationFailure` on overflow.
pub fn quote_update(snapshot: &PoolSnapshot, total_lamports: u64) -> Result<UpdateQuote, PlanError> {
    let rate = snapshot.rate();
    let reward = total_lamports.saturating_sub(rate.total_lamports.get());
    let manager_fee = if snapshot.manager_fee_account_is_valid() {
        let fee = snapshot.pool().head.epoch_fee.get();
        rate.epoch_fee(&fee, Lamports::new(reward)).ok_or(StakePoolError::CalculationFailure)?.get()
    } else {
        0
    };
    Ok(UpdateQuote {
        total_before: rate.total_lamports.get(),
        total_after: total_lamports,
        reward,
        manager_fee,
        supply_after: snapshot.mint_supply().checked_add(manager_fee).ok_or(StakePoolError::CalculationFailure)?,
    })
}

/// Total lamports by the present records: the result of an update that finds them unchanged.
///
/// # Errors
/// Refusal `CalculationFailure` on overflow.
pub fn recorded_total(snapshot: &PoolSnapshot) -> Result<u64, PlanError> {
    let mut total = snapshot.reserve_lamports_above_rent();
    for record in snapshot.records() {
        total = total.checked_add(record.stake_lamports()?).ok_or(StakePoolError::CalculationFailure)?;
    }
    Ok(total)
}

/// The fee of a withdrawal: none from the manager's fee account, and none while that account cannot receive fees.
fn charged_fee<'a>(snapshot: &PoolSnapshot, burn_from: &Address, fee: &'a Fee) -> Option<&'a Fee> {
    let exempt = *burn_from == snapshot.pool().head.manager_fee_account || !snapshot.manager_fee_account_is_valid();
    (!exempt).then_some(fee)
}

/// Quotes a withdrawal of SOL at another exchange rate, without a check of the reserve.
pub(crate) fn sol_withdrawal_at(
    snapshot: &PoolSnapshot,
    rate: &ExchangeRate,
    burn_from: &Address,
    pool_tokens: u64,
) -> Result<WithdrawalQuote, Error> {
    let fee = charged_fee(snapshot, burn_from, &snapshot.pool().terms.sol_withdrawal_fee);
    quote::withdrawal(rate, fee, PoolTokens::new(pool_tokens))
}

/// Most pool tokens that yield at most `lamports` of SOL at another exchange rate.
pub(crate) fn sol_tokens_within(
    snapshot: &PoolSnapshot,
    rate: &ExchangeRate,
    burn_from: &Address,
    lamports: u64,
) -> u64 {
    let fee = charged_fee(snapshot, burn_from, &snapshot.pool().terms.sol_withdrawal_fee);
    quote::largest_withdrawal(rate, fee, Lamports::new(lamports)).get()
}

/// Minimum amount out for `quoted` with a slippage of `slippage_bps` basis points: rounded down, at least 1. `None` for
/// a slippage of 100 %, and for a quote of 0.
pub fn minimum_out(quoted: u64, slippage_bps: u16) -> Option<u64> {
    const WHOLE: u64 = 10_000;
    let kept = WHOLE.saturating_sub(u64::from(slippage_bps));
    let minimum = mul_div_floor(quoted, kept, WHOLE).unwrap_or(quoted).max(1);
    (kept > 0 && quoted > 0).then_some(minimum)
}

/// Fewest pool tokens that yield a lamport; `None` if the whole supply yields none.
pub(crate) fn least_withdrawal(rate: &ExchangeRate, fee: Option<&Fee>) -> Option<u64> {
    let least = quote::largest_withdrawal(rate, fee, Lamports::default()).checked_add(PoolTokens::new(1))?;
    quote::withdrawal(rate, fee, least).is_ok().then_some(least.get())
}

fn sol_deposit(snapshot: &PoolSnapshot, rate: &ExchangeRate, lamports: u64) -> Result<SolDepositQuote, Error> {
    let terms = &snapshot.pool().terms;
    let growth_charge = snapshot.growth_charge_at(rate, lamports).ok_or(Error::CalculationFailure)?;
    let charged = Lamports::new(lamports).checked_sub(growth_charge).ok_or(Error::CalculationFailure)?;
    let pool_tokens = quote::sol_deposit(rate, &terms.sol_deposit_fee, terms.sol_referral_fee, charged)?;
    Ok(SolDepositQuote { growth_charge, pool_tokens })
}

/// Smallest SOL deposit, in lamports, that yields a pool token; `None` if no deposit does.
fn least_deposit(snapshot: &PoolSnapshot) -> Option<u64> {
    let is_enough = |lamports: u64| sol_deposit(snapshot, &snapshot.rate(), lamports).is_ok();
    // The yield is monotonic, so a binary search finds the bound.
    let mut high = (0..u64::BITS).map(|bit| 1u64 << bit).find(|lamports| is_enough(*lamports))?;
    let mut low = high / 2;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

fn explain_deposit(error: Error, lamports: u64, least: impl FnOnce() -> Option<u64>) -> PlanError {
    if error != Error::DepositTooSmall {
        return error.into();
    }
    let advice = match least() {
        Some(least) => format!("deposit at least {}", Sol(least)),
        None => "no SOL deposit yields pool tokens; wait for a lower fee, or deposit stake".into(),
    };
    PlanError::refused(error, format!("a deposit of {} yields no pool tokens after fees: {advice}", Sol(lamports)))
}

fn explain_withdrawal(error: Error, pool_tokens: u64, rate: &ExchangeRate, fee: Option<&Fee>) -> PlanError {
    if error != Error::WithdrawalTooSmall {
        return error.into();
    }
    let advice = match least_withdrawal(rate, fee) {
        Some(least) => format!("withdraw at least {}", Tokens(least)),
        None => "no amount yields a lamport; wait for a lower fee".into(),
    };
    PlanError::refused(error, format!("{} yield no lamport after fees: {advice}", Tokens(pool_tokens)))
}

fn check_deposit_minimum(quote: DepositQuote, minimum: Option<u64>) -> Result<DepositQuote, PlanError> {
    quote.check_minimum(minimum.map(PoolTokens::new)).map_err(|error| {
        PlanError::refused(
            error,
            format!(
                "the quote of {} is below the minimum of {}: lower the minimum, or deposit more",
                Tokens(quote.to_depositor.get()),
                Tokens(minimum.unwrap_or(0))
            ),
        )
    })
}

fn check_withdrawal_minimum(quote: WithdrawalQuote, minimum: Option<u64>) -> Result<WithdrawalQuote, PlanError> {
    quote.check_minimum(minimum.map(Lamports::new)).map_err(|error| {
        PlanError::refused(
            error,
            format!(
                "the quote of {} is below the minimum of {}: lower the minimum, or withdraw more",
                Sol(quote.lamports.get()),
                Sol(minimum.unwrap_or(0))
            ),
        )
    })
}
