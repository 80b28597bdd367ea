//! Quotes of SOL deposits and SOL withdrawals.

use {
    crate::{Pool, QuoteError},
    tidepool_core::{
        Error,
        maths::{Fee, Lamports, PoolTokens},
        quote::{self, DepositQuote, WithdrawalQuote},
    },
};

/// Quote of a SOL deposit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SolDeposit {
    /// Lamports of the deposit for which no pool tokens are minted, in favour of all holders: the pool's growth charge.
    pub growth_charge: Lamports,
    /// Pool tokens, for the rest.
    pub pool_tokens: DepositQuote,
}

impl Pool {
    /// Quotes a deposit of `lamports`.
    ///
    /// # Errors
    /// [`QuoteError::NeedsSignature`], [`QuoteError::Stale`], [`QuoteError::Halted`], [`QuoteError::SupplyBelowFloor`],
    /// [`QuoteError::FeeAccount`]; `DepositTooSmall` and `CalculationFailure` of the pool.
    #[inline]
    pub fn deposit_sol(&self, lamports: u64) -> Result<SolDeposit, QuoteError> {
        self.check_open(self.terms().sol_deposit_authority)?;
        self.check_fresh()?;
        self.check_not_halted()?;
        let quote = self.minted_for(Lamports::new(lamports))?;
        self.check_deposit(quote.pool_tokens.minted, quote.pool_tokens.to_manager)?;
        self.check_total(Lamports::new(lamports))?;
        Ok(quote)
    }

    /// Quotes a withdrawal of SOL from the reserve for `pool_tokens`, fee included. The manager's own fee account would pay no fee; this is
    /// the quote of all others.
    ///
    /// # Errors
    /// [`QuoteError::NeedsSignature`], [`QuoteError::Stale`], [`QuoteError::Halted`], [`QuoteError::EpochRewards`],
    /// [`QuoteError::ReserveTooSmall`]; `WithdrawalTooSmall` and `CalculationFailure` of the pool.
    #[inline]
    pub fn withdraw_sol(&self, pool_tokens: u64) -> Result<WithdrawalQuote, QuoteError> {
        self.check_open(self.terms().sol_withdraw_authority)?;
        self.check_fresh()?;
        self.check_not_halted()?;
        let fee = &self.terms().sol_withdrawal_fee;
        let quote = quote::withdrawal(&self.rate(), self.charged(fee), PoolTokens::new(pool_tokens))?;
        let available = self.available_lamports();
        if quote.lamports.get() > available {
            return Err(QuoteError::ReserveTooSmall { available });
        }
        self.check_no_rewards()?;
        Ok(quote)
    }

    /// Fewest lamports whose deposit yields at least `pool_tokens` to the depositor. With a growth charge, whose rounding is not monotonic,
    /// it can be a few lamports more than the fewest; it is always enough.
    ///
    /// # Errors
    /// As [`Self::deposit_sol`]; `DepositTooSmall` for 0 pool tokens.
    pub fn lamports_for_deposit(&self, pool_tokens: u64) -> Result<u64, QuoteError> {
        if pool_tokens == 0 {
            return Err(Error::DepositTooSmall.into());
        }
        let is_enough = |lamports| match self.minted_for(Lamports::new(lamports)) {
            Ok(quote) => quote.pool_tokens.to_depositor.get() >= pool_tokens,
            // More than all SOL there is.
            Err(error) => error == Error::CalculationFailure,
        };
        let lamports = least(u64::MAX, is_enough).ok_or(Error::CalculationFailure)?;
        self.deposit_sol(lamports)?;
        Ok(lamports)
    }

    /// Fewest pool tokens whose withdrawal yields at least `lamports`.
    ///
    /// # Errors
    /// As [`Self::withdraw_sol`]; `WithdrawalTooSmall` for 0 lamports, `CalculationFailure` if all pool tokens yield less.
    pub fn pool_tokens_for_withdrawal(&self, lamports: u64) -> Result<u64, QuoteError> {
        if lamports == 0 {
            return Err(Error::WithdrawalTooSmall.into());
        }
        let (rate, fee) = (self.rate(), self.charged(&self.terms().sol_withdrawal_fee));
        let is_enough = |tokens| match quote::withdrawal(&rate, fee, PoolTokens::new(tokens)) {
            Ok(quote) => quote.lamports.get() >= lamports,
            Err(error) => error == Error::CalculationFailure,
        };
        let tokens = least(rate.pool_token_supply.get(), is_enough).ok_or(Error::CalculationFailure)?;
        self.withdraw_sol(tokens)?;
        Ok(tokens)
    }

    fn minted_for(&self, lamports: Lamports) -> Result<SolDeposit, Error> {
        let (rate, terms) = (self.rate(), self.terms());
        let charge = match self.extension() {
            Some(extension) => extension.growth_charge.of_deposit(&rate, lamports).ok_or(Error::CalculationFailure)?,
            None => Lamports::default(),
        };
        let charged = lamports.checked_sub(charge).ok_or(Error::CalculationFailure)?;
        let fee: &Fee = &terms.sol_deposit_fee;
        let pool_tokens = quote::sol_deposit(&rate, fee, terms.sol_referral_fee, charged)?;
        Ok(SolDeposit { growth_charge: charge, pool_tokens })
    }

    /// Checks that no authority of the pool has to sign.
    fn check_open(&self, authority: Option<tidepool_interface::Address>) -> Result<(), QuoteError> {
        match authority {
            Some(authority) => Err(QuoteError::NeedsSignature { authority }),
            None => Ok(()),
        }
    }
}

/// The least number up to `most` for which `is_enough` holds, if it does for all greater ones.
fn least(most: u64, is_enough: impl Fn(u64) -> bool) -> Option<u64> {
    if !is_enough(most) {
        return None;
    }
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high)
}
