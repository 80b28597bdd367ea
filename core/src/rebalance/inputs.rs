//! Inputs of the rebalance rule.

use {
    super::policy::{BASIS_POINTS, Policy, RESERVE_SHARE_MAX},
    crate::maths::mul_div_floor,
};

/// Inputs of the rebalance rule, beside the records of the validator list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Inputs {
    /// Lamports in the reserve above its own rent.
    pub reserve_lamports: u64,
    /// Total lamports of the pool before its last update into a new epoch. The turnover budget is a share of this total or of
    /// the present total, whichever is less: a deposit must not increase the budget.
    pub last_epoch_total_lamports: u64,
    /// Rent-exempt lamports of a stake account.
    pub stake_rent: u64,
    /// Minimum delegation of a stake account of the pool, in lamports.
    pub minimum_delegation: u64,
    /// The pool's policy.
    pub policy: Policy,
    /// Lamports of open exit tickets, which the reserve is to have above its target.
    pub ticket_lamports: u64,
    /// Whether rebalancing is paused, because weights are being set in several transactions.
    pub is_paused: bool,
}

/// `basis_points` of `lamports`, rounded down.
#[inline]
pub(super) fn share(lamports: u64, basis_points: u16) -> u64 {
    // A share of at most 100 % fits 64 bits.
    mul_div_floor(lamports, u64::from(basis_points), u64::from(BASIS_POINTS)).unwrap_or(lamports)
}

/// Turnover budget in lamports of stake, as a share of `base_lamports`; `u64::MAX` for no bound.
pub(super) fn turnover_budget(policy: &Policy, base_lamports: u64) -> u64 {
    let budget = policy.turnover_budget;
    if budget >= BASIS_POINTS { u64::MAX } else { share(base_lamports, budget) }
}

impl Inputs {
    /// Reserve target in lamports, for a pool with `total_lamports`. The floor is bounded here, because the pool may become smaller
    /// after it was set. The target is at least the rents of decreases; the lamports of tickets come on top.
    pub(super) fn reserve_target(&self, total_lamports: u64) -> u64 {
        let wanted = share(total_lamports, self.policy.reserve_share).max(self.policy.reserve_floor);
        // guard: reserve-target
        let target =
            wanted.min(share(total_lamports, RESERVE_SHARE_MAX)).max(self.policy.working_lamports(self.stake_rent));
        target.saturating_add(self.ticket_lamports)
    }

    /// Lamports that the reserve needs to pay all open tickets; 0 without tickets.
    pub(super) const fn claimed_lamports(&self) -> u64 {
        if self.ticket_lamports == 0 {
            return 0;
        }
        self.ticket_lamports.saturating_add(self.policy.working_lamports(self.stake_rent))
    }

    /// Maximum target of one validator in lamports, for a pool with `total_lamports`.
    pub(super) fn cap(&self, total_lamports: u64) -> u64 {
        let cap = self.policy.validator_cap;
        if cap >= BASIS_POINTS { u64::MAX } else { share(total_lamports, cap) }
    }

    /// Turnover budget in lamports of stake, for a pool with `total_lamports`.
    pub(super) fn turnover_budget(&self, total_lamports: u64) -> u64 {
        turnover_budget(&self.policy, total_lamports.min(self.last_epoch_total_lamports))
    }

    /// Maximum deviation in lamports that causes no movement.
    pub(super) fn tolerance(&self) -> u64 {
        self.policy.threshold.max(self.minimum_delegation)
    }

    /// Lamports that must stay in a validator stake account.
    pub(super) const fn required_lamports(&self) -> u64 {
        self.stake_rent.saturating_add(self.minimum_delegation)
    }
}
