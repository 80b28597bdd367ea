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

    /// Whether there are both lamports and pool tokens.
    pub const fn has_amounts(&self) -> bool {
        let (total, supply) = self.numbers();
        total > 0 && supply > 0
    }

    /// Whether a pool token has more lamports at this rate than at `other`. Both rates need amounts.
    pub fn is_above(&self, other: &Self) -> bool {
        let ((total, supply), (other_total, other_supply)) = (self.numbers(), other.numbers());
        Wide::product(total, other_supply) > Wide::product(other_total, supply)
    }

    /// Whether the rate is above `before` by more than `up` basis points, or below by more than `down`. 0 basis points are no bound,
    /// and so is a rate without amounts.
    pub fn moved_beyond(&self, before: &Self, up: u16, down: u16) -> bool {
        const WHOLE: u64 = 10_000;
        let ((total, supply), (total_before, supply_before)) = (self.numbers(), before.numbers());
        // The quotients total / supply, crosswise. A product beyond 128 bits counts as the largest number: with both beyond, nothing
        // is known to have moved.
        let product = |wide: Wide, factor: u64| wide.checked_mul(factor).unwrap_or(Wide::MAX);
        let now = product(Wide::product(total, supply_before), WHOLE);
        let then = |factor: u64| product(Wide::product(total_before, supply), factor);
        let rose = up > 0 && now > then(WHOLE.saturating_add(up.into()));
        let fell = down > 0 && now < then(WHOLE.saturating_sub(down.into()));
        self.has_amounts() && before.has_amounts() && (rose || fell)
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
