//! The exchange rate: lamports per pool token.

use super::{Fee, Wide, mul_div_floor};

/// Exchange rate of a pool: total lamports to pool token supply.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ExchangeRate {
    /// Lamports under the pool's management, as of its last update.
    pub total_lamports: u64,
    /// Pool tokens (in their smallest unit) in circulation.
    pub pool_token_supply: u64,
}

impl ExchangeRate {
    /// Pool tokens for a deposit of `lamports`, rounded down. The rate of an empty pool is 1.
    #[inline]
    pub fn pool_tokens_for_deposit(&self, lamports: u64) -> Option<u64> {
        if self.total_lamports == 0 || self.pool_token_supply == 0 {
            return Some(lamports);
        }
        // guard: pool-tokens-round-down
        mul_div_floor(lamports, self.pool_token_supply, self.total_lamports)
    }

    /// Lamports for `pool_tokens`, rounded down; 0 without a supply.
    #[inline]
    pub fn lamports_for_withdrawal(&self, pool_tokens: u64) -> Option<u64> {
        if self.pool_token_supply == 0 {
            return Some(0);
        }
        // guard: lamports-round-down
        mul_div_floor(pool_tokens, self.total_lamports, self.pool_token_supply)
    }

    /// Lamports per pool token (its smallest unit), rounded up; `None` without a supply, or if the sum of lamports and supply
    /// exceeds 64 bits.
    #[inline]
    pub fn lamports_per_pool_token(&self) -> Option<u64> {
        self.total_lamports.checked_add(self.pool_token_supply)?.checked_sub(1)?.checked_div(self.pool_token_supply)
    }

    /// Pool tokens of the manager's fee on `reward` lamports, rounded down. At the rate after reward and fee, their value is the
    /// fee in lamports.
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
