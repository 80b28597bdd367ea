//! Rebalance policy of a pool.

/// 100 %, in basis points.
pub const BASIS_POINTS: u16 = 10_000;

/// Maximum reserve target, in basis points of the pool. It bounds both the policy's reserve share and its reserve floor.
pub const RESERVE_SHARE_MAX: u16 = BASIS_POINTS / 2;

/// Rebalance policy of a pool: the reserve's target and the bounds on movements.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Policy {
    /// Reserve target as a share of the pool, in basis points: [`RESERVE_SHARE_MAX`] at most.
    pub reserve_share: u16,
    /// Turnover budget: share of the pool that may be deactivating in one epoch, in basis points. It also bounds the staker's
    /// decreases and removals. 10,000 sets no bound.
    pub turnover_budget: u16,
    /// Maximum target of one validator as a share of the pool, in basis points.
    pub validator_cap: u16,
    /// Minimum reserve target in lamports, above the reserve's rent. [`RESERVE_SHARE_MAX`] of the pool bounds it.
    pub reserve_floor: u64,
    /// Deviation in lamports up to which the stake of a validator, or the reserve, stays unchanged. The minimum delegation is
    /// its lower bound.
    pub threshold: u64,
    /// Number of stake account rents that stay in the reserve above its own rent: 1 at least. A decrease borrows one until the next
    /// epoch, so an empty reserve could never be refilled. SOL withdrawals, increases and new validators cannot use them.
    pub reserve_rents: u8,
}

impl Policy {
    /// The default policy: no reserve target and no bounds.
    pub const DEFAULT: Self = Self {
        reserve_share: 0,
        turnover_budget: BASIS_POINTS,
        validator_cap: BASIS_POINTS,
        reserve_floor: 0,
        threshold: 0,
        reserve_rents: 4,
    };

    /// Lamports that stay in the reserve of a pool with weights, above its own rent: [`Self::reserve_rents`] times `stake_rent`, the rent
    /// of a stake account in lamports.
    #[inline]
    pub const fn working_lamports(&self, stake_rent: u64) -> u64 {
        stake_rent.saturating_mul(self.reserve_rents as u64)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
