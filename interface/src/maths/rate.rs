//! The exchange rate between lamports and pool tokens.

use super::{Fee, Wide, mul_div_floor};

/// What the pool owns and what holders hold: the two numbers that make every price.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ExchangeRate {
    /// Lamports under the pool's management, as of its last update.
    pub total_lamports: u64,
    /// Pool tokens (in their smallest unit) in circulation.
    pub pool_token_supply: u64,
}

impl ExchangeRate {
    /// Pool tokens for a deposit of `lamports`, rounded down. An empty pool trades one for one.
    #[inline]
    pub fn pool_tokens_for_deposit(&self, lamports: u64) -> Option<u64> {
        if self.total_lamports == 0 || self.pool_token_supply == 0 {
            return Some(lamports);
        }
        mul_div_floor(lamports, self.pool_token_supply, self.total_lamports)
    }

    /// Lamports for `pool_tokens`, rounded down; 0 where there is no supply.
    #[inline]
    pub fn lamports_for_withdrawal(&self, pool_tokens: u64) -> Option<u64> {
        if self.pool_token_supply == 0 {
            return Some(0);
        }
        mul_div_floor(pool_tokens, self.total_lamports, self.pool_token_supply)
    }

    /// Lamports that one pool token (its smallest unit) is worth, rounded up; `None` without a supply, or where the sum
    /// of both sides exceeds 64 bits.
    #[inline]
    pub fn lamports_per_pool_token(&self) -> Option<u64> {
        self.total_lamports.checked_add(self.pool_token_supply)?.checked_sub(1)?.checked_div(self.pool_token_supply)
    }

    /// Pool tokens that the manager gets for `reward` lamports, rounded down: worth the fee at the rate after both.
    ///
    /// `self` is the rate before the reward.
    pub fn epoch_fee(&self, fee: &Fee, reward: u64) -> Option<u64> {
        if reward == 0 {
            return Some(0);
        }
        let total = Wide::sum(self.total_lamports, reward);
        let fee_lamports = fee.apply_wide(reward)?;
        if total == fee_lamports || self.pool_token_supply == 0 {
            return Some(reward);
        }
        let owned_by_holders = total.checked_sub(fee_lamports);
        fee_lamports.checked_mul(self.pool_token_supply)?.divide_wide(owned_by_holders?)
    }
}
