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

    /// Whether the rate is above `before` by more than `up` basis points, or below by more than `down`. 0 basis points are no bound,
    /// and so is a rate without lamports or supply.
    pub fn moved_beyond(&self, before: &Self, up: u16, down: u16) -> bool {
        const WHOLE: u64 = 10_000;
        let has_rates = [self, before].iter().all(|rate| rate.total_lamports > 0 && rate.pool_token_supply > 0);
        // Compares total / supply with total before / supply before, crosswise. A product beyond 128 bits is beyond any bound.
        let scaled = |total: u64, supply: u64, factor: u64| Wide::product(total, supply).checked_mul(factor);
        let (now, then) =
            ((self.total_lamports, before.pool_token_supply), (before.total_lamports, self.pool_token_supply));
        let is_above =
            |a: (u64, u64), b: (u64, u64), factor: u64| match (scaled(a.0, a.1, WHOLE), scaled(b.0, b.1, factor)) {
                (Some(a), Some(b)) => a > b,
                (a, b) => a.is_none() && b.is_some(),
            };
        let rose = up > 0 && is_above(now, then, WHOLE.saturating_add(up.into()));
        let kept = WHOLE.saturating_sub(down.into());
        let fell = down > 0
            && match (scaled(now.0, now.1, WHOLE), scaled(then.0, then.1, kept)) {
                (Some(now), Some(least)) => now < least,
                (now, least) => now.is_some() && least.is_none(),
            };
        has_rates && (rose || fell)
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
