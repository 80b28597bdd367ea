//! Quotes of deposits and withdrawals: one computation for the program, which executes it, and for clients, which show it.

use crate::{
    error::Error::{self, CalculationFailure, DepositTooSmall, ExceededSlippage, WithdrawalTooSmall},
    maths::{ExchangeRate, Fee, Lamports, PoolTokens, percentage_floor},
};

/// The outcome of a deposit, in pool tokens.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DepositQuote {
    /// Pool tokens minted in all.
    pub minted: PoolTokens,
    /// Minted to the depositor.
    pub to_depositor: PoolTokens,
    /// Minted to the manager's fee account.
    pub to_manager: PoolTokens,
    /// Minted to the referrer.
    pub to_referrer: PoolTokens,
}

impl DepositQuote {
    fn split(minted: PoolTokens, fee: PoolTokens, referral_percent: u8) -> Result<Self, Error> {
        let to_depositor = minted.checked_sub(fee).ok_or(CalculationFailure)?;
        let to_referrer = percentage_floor(fee, referral_percent).ok_or(CalculationFailure)?;
        let to_manager = fee.checked_sub(to_referrer).ok_or(CalculationFailure)?; // guard: referral-out-of-fee
        // guard: deposit-mints-tokens
        if to_depositor == PoolTokens::default() {
            return Err(DepositTooSmall);
        }
        Ok(Self { minted, to_depositor, to_manager, to_referrer })
    }

    /// Checks the slippage bound, if there is one.
    ///
    /// # Errors
    /// [`ExceededSlippage`] if the depositor gets fewer pool tokens than `minimum`.
    #[inline]
    pub fn check_minimum(self, minimum: Option<PoolTokens>) -> Result<Self, Error> {
        match minimum {
            Some(minimum) if self.to_depositor < minimum => Err(ExceededSlippage), // guard: minimum-to-depositor
            _ => Ok(self),
        }
    }
}

/// Quotes a deposit of `lamports` under `fee`, with the referrer's share of it, `referral_percent`.
///
/// # Errors
/// [`DepositTooSmall`] if the depositor would get no pool tokens; [`CalculationFailure`] if a number exceeds 64 bits.
#[inline]
pub fn sol_deposit(
    rate: &ExchangeRate,
    fee: &Fee,
    referral_percent: u8,
    lamports: Lamports,
) -> Result<DepositQuote, Error> {
    let minted = rate.pool_tokens_for_deposit(lamports).ok_or(CalculationFailure)?;
    let fee = fee.apply(minted).ok_or(CalculationFailure)?;
    DepositQuote::split(minted, fee, referral_percent)
}

/// Fees of a stake deposit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeDepositFees {
    /// Fee on delegated lamports.
    pub stake: Fee,
    /// Fee on undelegated lamports.
    pub sol: Fee,
    /// The referrer's share of both, in percent.
    pub referral_percent: u8,
}

/// Quotes the deposit of a stake account that adds `total_lamports` to the pool, `stake_lamports` of them delegated.
///
/// Rent and other undelegated lamports pay the SOL deposit fee. The stake referral fee applies to both fees.
///
/// # Errors
/// As [`sol_deposit`]; [`CalculationFailure`] also if `stake_lamports` exceeds `total_lamports`.
#[inline]
pub fn stake_deposit(
    rate: &ExchangeRate,
    fees: &StakeDepositFees,
    total_lamports: Lamports,
    stake_lamports: Lamports,
) -> Result<DepositQuote, Error> {
    // Rounding could hide this below: both amounts may yield the same pool tokens.
    if stake_lamports > total_lamports {
        return Err(CalculationFailure);
    }
    let minted = rate.pool_tokens_for_deposit(total_lamports).ok_or(CalculationFailure)?;
    let for_stake = rate.pool_tokens_for_deposit(stake_lamports).ok_or(CalculationFailure)?;
    let for_sol = minted.checked_sub(for_stake).ok_or(CalculationFailure)?;
    let stake_fee = fees.stake.apply(for_stake).ok_or(CalculationFailure)?;
    let sol_fee = fees.sol.apply(for_sol).ok_or(CalculationFailure)?;
    let fee = stake_fee.checked_add(sol_fee).ok_or(CalculationFailure)?;
    DepositQuote::split(minted, fee, fees.referral_percent)
}

/// The outcome of a withdrawal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct WithdrawalQuote {
    /// Pool tokens burnt.
    pub burnt: PoolTokens,
    /// Pool tokens that go to the manager's fee account.
    pub fee: PoolTokens,
    /// Lamports that the holder gets.
    pub lamports: Lamports,
}

impl WithdrawalQuote {
    /// Checks the slippage bound, if there is one.
    ///
    /// # Errors
    /// [`ExceededSlippage`] if the holder gets fewer lamports than `minimum`.
    #[inline]
    pub fn check_minimum(self, minimum: Option<Lamports>) -> Result<Self, Error> {
        match minimum {
            Some(minimum) if self.lamports < minimum => Err(ExceededSlippage),
            _ => Ok(self),
        }
    }
}

/// Quotes a withdrawal of `pool_tokens` under `fee`. `fee` is `None` if the manager's fee account cannot receive it, or if that
/// account withdraws.
///
/// # Errors
/// [`WithdrawalTooSmall`] if the result is 0 lamports; [`CalculationFailure`] if a number exceeds 64 bits.
#[inline]
pub fn withdrawal(rate: &ExchangeRate, fee: Option<&Fee>, pool_tokens: PoolTokens) -> Result<WithdrawalQuote, Error> {
    let fee = match fee {
        Some(fee) => fee.apply(pool_tokens).ok_or(CalculationFailure)?,
        None => PoolTokens::default(),
    };
    let burnt = pool_tokens.checked_sub(fee).ok_or(CalculationFailure)?;
    let lamports = rate.lamports_for_withdrawal(burnt).ok_or(CalculationFailure)?;
    if lamports == Lamports::default() {
        return Err(WithdrawalTooSmall);
    }
    Ok(WithdrawalQuote { burnt, fee, lamports })
}

/// Most pool tokens whose withdrawal under `fee` yields at most `lamports`. `fee` is that of [`withdrawal`].
pub fn largest_withdrawal(rate: &ExchangeRate, fee: Option<&Fee>, lamports: Lamports) -> PoolTokens {
    let yields_more = |tokens: u64| match withdrawal(rate, fee, PoolTokens::new(tokens)) {
        Ok(quote) => quote.lamports > lamports,
        Err(WithdrawalTooSmall) => false,
        Err(_) => true,
    };
    // The yield is monotonic, so a binary search finds the bound.
    let (mut low, mut high) = (0_u64, rate.pool_token_supply.get());
    while low < high {
        // `middle` is from `low + 1` to `high`, so nothing wraps.
        let middle = high.wrapping_sub(high.wrapping_sub(low) / 2);
        if yields_more(middle) {
            high = middle.wrapping_sub(1);
        } else {
            low = middle;
        }
    }
    PoolTokens::new(low)
}
