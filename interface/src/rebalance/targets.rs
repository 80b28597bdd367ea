//! What each validator should have.

use {super::inputs::Inputs, crate::state::ValidatorStakeInfo};

/// Rounds in which stake above the cap is given to the validators under it. Each takes a scan of the list; two are enough
/// unless many weights are far apart. What is left after the last one stays in the reserve.
const CAP_ROUNDS: usize = 16;

/// Where the pool's lamports are, by what a rebalance may do with them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Holdings {
    /// Lamports in the whole pool.
    pub total: u64,
    /// Lamports that stay where they are: with active validators without a weight.
    pub settled: u64,
    /// Lamports on their way to the reserve, the rent of their accounts included.
    pub leaving: u64,
    /// Stake on its way to the reserve: what counts as turnover.
    pub leaving_stake: u64,
    /// Sum of the weights of active validators.
    pub weights: u64,
}

/// Lamports that a validator holds, as far as a rebalance is concerned: without those that leave it.
#[inline(always)]
pub(super) fn held(record: &ValidatorStakeInfo) -> u64 {
    let active = record.active_stake_lamports.get();
    if record.extension.is_leaving() { active } else { active.saturating_add(record.transient_stake_lamports.get()) }
}

/// Stake on its way to the reserve: what counts as turnover.
pub(super) fn leaving_stake(records: &[ValidatorStakeInfo], stake_rent: u64) -> u64 {
    let mut stake = 0u64;
    for record in records {
        let (active, transient) = (record.active_stake_lamports.get(), record.transient_stake_lamports.get());
        if !record.is_active() {
            stake = stake.saturating_add(active.saturating_sub(stake_rent));
        }
        if !record.is_active() || record.extension.is_leaving() {
            stake = stake.saturating_add(transient.saturating_sub(stake_rent));
        }
    }
    stake
}

impl Holdings {
    /// Scans the records.
    pub fn scan(records: &[ValidatorStakeInfo], inputs: &Inputs) -> Self {
        let mut holdings = Self { total: inputs.reserve_lamports, ..Self::default() };
        for record in records {
            let (active, transient) = (record.active_stake_lamports.get(), record.transient_stake_lamports.get());
            holdings.total = holdings.total.saturating_add(active).saturating_add(transient);
            if !record.is_active() {
                holdings.leave(active, inputs);
                holdings.leave(transient, inputs);
                continue;
            }
            if transient > 0 && record.extension.is_leaving() {
                holdings.leave(transient, inputs);
            }
            match record.extension.weight.get() {
                0 => holdings.settled = holdings.settled.saturating_add(held(record)),
                weight => holdings.weights = holdings.weights.saturating_add(u64::from(weight)),
            }
        }
        holdings
    }

    fn leave(&mut self, lamports: u64, inputs: &Inputs) {
        self.leaving = self.leaving.saturating_add(lamports);
        self.leaving_stake = self.leaving_stake.saturating_add(lamports.saturating_sub(inputs.stake_rent));
    }
}

/// How targets follow from weights: `weight * lamports / weights`, at most `cap`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Targets {
    /// Lamports per unit of weight, rounded down.
    quotient: u64,
    /// Lamports that the rounding leaves.
    remainder: u64,
    /// Sum of the weights that share the lamports.
    weights: u64,
    /// Lamports that a validator may have at most.
    pub cap: u64,
}

impl Targets {
    /// Shares out what the pool has beyond `reserve_target` and beyond what is settled.
    pub fn new(records: &[ValidatorStakeInfo], holdings: &Holdings, inputs: &Inputs, reserve_target: u64) -> Self {
        let lamports = holdings.total.saturating_sub(reserve_target).saturating_sub(holdings.settled);
        let mut targets = Self::share_out(lamports, holdings.weights, inputs.cap(holdings.total));
        if targets.cap == u64::MAX {
            return targets;
        }
        let mut capped = 0;
        for _ in 0..CAP_ROUNDS {
            let (mut count, mut weights) = (0u64, holdings.weights);
            for record in records {
                let weight = record.extension.weight.get();
                if record.is_active() && weight > 0 && targets.uncapped(weight) >= targets.cap {
                    count = count.saturating_add(1);
                    weights = weights.saturating_sub(u64::from(weight));
                }
            }
            if count == capped {
                break;
            }
            capped = count;
            targets = Self::share_out(lamports.saturating_sub(targets.cap.saturating_mul(count)), weights, targets.cap);
        }
        targets
    }

    fn share_out(lamports: u64, weights: u64, cap: u64) -> Self {
        match (lamports.checked_div(weights), lamports.checked_rem(weights)) {
            (Some(quotient), Some(remainder)) => Self { quotient, remainder, weights, cap },
            // Everybody is capped, or nobody has a weight and there is no target to ask for.
            _ => Self { quotient: cap, remainder: 0, weights: 1, cap },
        }
    }

    /// The target in lamports of a validator of this weight.
    #[inline(always)]
    pub fn of(&self, weight: u16) -> u64 {
        self.uncapped(weight).min(self.cap)
    }

    #[inline(always)]
    fn uncapped(&self, weight: u16) -> u64 {
        let weight = u64::from(weight);
        // A remainder is less than the sum of 20,000 weights of 16 bits: under 2^31, and its product under 2^47.
        let rest = weight.saturating_mul(self.remainder).checked_div(self.weights).unwrap_or(0);
        weight.saturating_mul(self.quotient).saturating_add(rest)
    }
}
