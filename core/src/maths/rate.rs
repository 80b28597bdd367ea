//! The exchange rate: lamports per pool token.

use super::{Fee, Lamports, PoolTokens, Wide, mul_div_floor};

/// Exchange rate of a pool: total lamports to pool token supply.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ExchangeRate {
    /// Lamports under the pool's management, as of its last update.
    pub total_lamports: Lamports,
    /// Pool tokens in circulation.
    pub pool_token_supply: PoolTokens,
}

impl ExchangeRate {
    /// Total lamports and supply as numbers.
    #[inline(always)]
    const fn numbers(&self) -> (u64, u64) {
        (self.total_lamports.get(), self.pool_token_supply.get())
    }

    /// Pool tokens for a deposit of `lamports`, rounded down. The rate of an empty pool is 1.
    #[inline]
    pub fn pool_tokens_for_deposit(&self, lamports: Lamports) -> Option<PoolTokens> {
        let (total, supply) = self.numbers();
        if total == 0 || supply == 0 {
            return Some(PoolTokens::new(lamports.get()));
        }
        // guard: pool-tokens-round-down
        mul_div_floor(lamports.get(), supply, total).map(PoolTokens::new)
    }

    /// Lamports for `pool_tokens`, rounded down; 0 without a supply.
    #[inline]
    pub fn lamports_for_withdrawal(&self, pool_tokens: PoolTokens) -> Option<Lamports> {
        let (total, supply) = self.numbers();
        if supply == 0 {
            return Some(Lamports::new(0));
        }
        // guard: lamports-round-down
        mul_div_floor(pool_tokens.get(), total, supply).map(Lamports::new)
    }

    /// Lamports per pool token (its smallest unit), rounded up; `None` without a supply, or if the sum of lamports and supply
    /// exceeds 64 bits.
    #[inline]
    pub fn lamports_per_pool_token(&self) -> Option<Lamports> {
        let (total, supply) = self.numbers();
        total.checked_add(supply)?.checked_sub(1)?.checked_div(supply).map(Lamports::new)
    }

    /// Pool tokens of the manager's fee on `reward`, rounded down. At the rate after reward and fee, their value is the fee in
    /// lamports.
    ///
    /// `self` is the rate before the reward.
    pub fn epoch_fee(&self, fee: &Fee, reward: Lamports) -> Option<PoolTokens> {
        let ((total, supply), reward) = (self.numbers(), reward.get());
        if reward == 0 {
            return Some(PoolTokens::new(0));
        }
        let total = Wide::sum(total, reward);
        let fee_lamports = fee.apply_wide(reward)?;
        if total == fee_lamports || supply == 0 {
            return Some(PoolTokens::new(reward));
        }
        let owned_by_holders = total.checked_sub(fee_lamports);
        fee_lamports.checked_mul(supply)?.divide_wide(owned_by_holders?).map(PoolTokens::new)
    }
}
