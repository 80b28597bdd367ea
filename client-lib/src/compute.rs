//! Upper bounds of compute units, for packing and for limits.
//!
//! A pool can belong to any program with the SPL layout: its figures are measured with the slowest known one, and rounded
//! up. Tidepool's own are lower ([`PoolBounds`]). Simulations return the actual use.

use {crate::pool::PoolSnapshot, tidepool_core::rebalance::is_ranked, tidepool_interface::state::ValidatorStakeInfo};

/// Most compute units of a transaction.
pub const MAX_PER_TRANSACTION: u32 = 1_400_000;

/// A validator of `UpdateValidatorListBalance` from which at most an excess is withdrawn.
pub const UPDATE_QUIET_VALIDATOR: u32 = 25_000;

/// A validator of `UpdateValidatorListBalance` whose stake accounts may be merged.
pub const UPDATE_MOVING_VALIDATOR: u32 = 65_000;

/// `UpdateValidatorListBalance` without validators.
pub const UPDATE_LIST_BASE: u32 = 15_000;

/// `UpdateValidators` without validators.
pub const COMPACT_BASE: u32 = 8_000;

/// A validator of `UpdateValidators`.
pub const COMPACT_RECORD: u32 = 1_000;

/// A PDA search. One attempt takes 1,500, every other one succeeds, and more than eight are rare.
pub const COMPACT_SEARCH: u32 = 12_000;

/// A merge of two stake accounts.
pub const COMPACT_MERGE: u32 = 22_000;

/// A withdrawal of lamports from a validator's stake account.
pub const COMPACT_SWEEP: u32 = 10_000;

/// An instruction of the extension that uses the pool account only.
pub const EXTENSION: u32 = 35_000;

/// `ExtendPool` of a pool with this many records, which are cleared.
pub const fn extend_pool(records: usize) -> u32 {
    EXTENSION.saturating_add(15_u32.saturating_mul(records as u32))
}

/// `SetValidatorWeights` with this many weights.
pub const fn set_weights(weights: usize) -> u32 {
    EXTENSION.saturating_add(500_u32.saturating_mul(weights as u32))
}

/// `DemoteValidator`, with the proof that another validator earned credits in this number of epochs.
pub const fn demote_validator(epochs: u8) -> u32 {
    EXTENSION.saturating_add(2_500_u32.saturating_mul(epochs as u32))
}

/// `RequestExit`.
pub const REQUEST_EXIT: u32 = 60_000;

/// `ClaimExit`.
pub const CLAIM_EXIT: u32 = 45_000;

/// `CancelExit`.
pub const CANCEL_EXIT: u32 = 45_000;

/// An instruction of the system, stake, token or associated token account program.
pub const FOREIGN: u32 = 12_000;

/// Creation of an associated token account.
pub const CREATE_TOKEN_ACCOUNT: u32 = 35_000;

/// `Initialize`.
pub const INITIALIZE: u32 = 60_000;

/// Metadata instructions.
pub const METADATA: u32 = 120_000;

/// Compute units of a `Rebalance` for scans of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RebalanceCost {
    /// Totals and deviations of the pool.
    survey: u32,
    /// A scan for the last validator that moves.
    counted: u32,
    /// Ranking, without the ranked validators.
    ranked: u32,
    /// Length of the list.
    records: usize,
    /// Compute units that other movements may add to a scan.
    growth: u32,
    /// A scan for the decreases of demoted validators; 0 without any.
    demoted: u32,
}

impl RebalanceCost {
    /// For these records, with or without a cap on one validator.
    pub fn new(records: &[ValidatorStakeInfo], has_cap: bool) -> Self {
        // The most expensive validator without transient stake is one above target.
        const RECORD: u32 = 46;
        const TRANSIENT: u32 = 45;
        // Consecutive records with the same weight share one target.
        const OTHER_WEIGHT: u32 = 15;
        // For as many cap rounds as weights of different magnitude need.
        const CAP: u32 = 12;
        const RANKED: u32 = 2 * 20;
        const RANKED_OTHER_WEIGHT: u32 = 2 * 12;
        const COUNTED: u32 = 34;
        const DEMOTED: u32 = 30;
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let all = count(records.len());
        let moving = count(records.iter().filter(|record| record.transient_stake_lamports.get() > 0).count());
        let others =
            count(records.windows(2).filter(|pair| pair[0].extension.weight() != pair[1].extension.weight()).count());
        let has_demoted = records.iter().any(|record| record.extension.is_demoted());
        let demoted = if has_demoted { DEMOTED.saturating_mul(all) } else { 0 };
        let record = if has_cap { RECORD + CAP } else { RECORD };
        let counted = COUNTED.saturating_mul(all).saturating_add(OTHER_WEIGHT.saturating_mul(others));
        let ranked = RANKED.saturating_mul(all).saturating_add(RANKED_OTHER_WEIGHT.saturating_mul(others));
        Self {
            survey: record
                .saturating_mul(all)
                .saturating_add(TRANSIENT.saturating_mul(moving))
                .saturating_add(OTHER_WEIGHT.saturating_mul(others))
                .saturating_add(demoted),
            counted,
            ranked,
            records: records.len(),
            growth: TRANSIENT.saturating_mul(all.saturating_sub(moving)),
            demoted,
        }
    }

    /// An instruction with `validators`, which skips `skipped` of them and needs these
    /// [`selections`](tidepool_core::rebalance::Rebalance::selections).
    pub fn instruction(&self, validators: usize, skipped: u32, selections: [Option<u64>; 2]) -> u32 {
        const BASE: u32 = 10_000;
        // A decrease, with two PDA searches.
        const MOVEMENT: u32 = 50_000;
        // A demoted validator that is named causes a scan, a skipped one a survey.
        let surveys = if self.demoted > 0 { self.survey.saturating_mul(skipped) } else { 0 };
        // Each skipped validator causes another selection.
        BASE.saturating_add(MOVEMENT.saturating_add(self.demoted).saturating_mul(validators as u32))
            .saturating_add(self.survey)
            .saturating_add(surveys)
            .saturating_add(self.selections(selections).saturating_mul(skipped.saturating_add(1)))
    }

    fn selections(&self, selections: [Option<u64>; 2]) -> u32 {
        selections.into_iter().flatten().map(|ranked| self.selection(ranked)).fold(0, u32::saturating_add)
    }

    /// A selection among `from` validators beyond the tolerance, or among those within it (0). Deviations are ranked in
    /// two scans, and a third finds the last index; with too many to rank there is only the latter.
    fn selection(&self, from: u64) -> u32 {
        const RANKED_DEVIATION: u32 = 2 * 50;
        if from == 0 || !is_ranked(from, self.records) {
            return self.counted;
        }
        self.counted.saturating_add(self.ranked).saturating_add(RANKED_DEVIATION.saturating_mul(from as u32))
    }

    /// A scan of the whole pool, for example after a weight is cleared.
    pub const fn survey(&self) -> u32 {
        self.survey
    }

    /// Compute units that movements of other validators may add to an instruction with these selections: where there is
    /// enough for all validators before these movements, it needs no selection then.
    pub fn growth(&self, selections: [Option<u64>; 2]) -> u32 {
        self.growth.saturating_add(self.selections(selections))
    }
}

/// Compute units that new validators may add to an instruction that scans the list.
pub const GROWING_LIST: u32 = 10_000;

/// Bounds of the instructions that every program with the SPL layout has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PoolBounds {
    /// One record of the validator list in a scan.
    per_record: u32,
    /// An instruction that uses the pool account only.
    pub setting: u32,
    /// `DepositSol`.
    pub deposit_sol: u32,
    /// `WithdrawSol`.
    pub withdraw_sol: u32,
    deposit_stake: u32,
    withdraw_stake: u32,
    move_stake: u32,
    scan_list: u32,
}

impl PoolBounds {
    /// Of the slowest known program, the SPL stake pool.
    pub const SPL: Self = Self {
        per_record: 45,
        setting: 35_000,
        deposit_sol: 45_000,
        withdraw_sol: 50_000,
        deposit_stake: 130_000,
        withdraw_stake: 120_000,
        move_stake: 140_000,
        scan_list: 40_000,
    };

    /// Of Tidepool: the use in the committed table of its costs, and up to three searches of an address
    /// ([`COMPACT_SEARCH`]).
    pub const TIDEPOOL: Self = Self {
        per_record: 11,
        setting: 15_000,
        deposit_sol: 22_000,
        withdraw_sol: 27_000,
        deposit_stake: 100_000,
        withdraw_stake: 92_000,
        move_stake: 83_000,
        scan_list: 15_000,
    };

    /// Of the program that runs a pool. Only Tidepool extends pools.
    pub const fn of(snapshot: &PoolSnapshot) -> Self {
        if snapshot.is_extended() { Self::TIDEPOOL } else { Self::SPL }
    }

    /// `DepositStake` into a pool with this many records.
    pub const fn deposit_stake(&self, records: usize) -> u32 {
        self.scanning(self.deposit_stake, records)
    }

    /// `WithdrawStake` from a pool with this many records.
    pub const fn withdraw_stake(&self, records: usize) -> u32 {
        self.scanning(self.withdraw_stake, records)
    }

    /// Adding or removing a validator, increasing or decreasing its stake.
    pub const fn move_stake(&self, records: usize) -> u32 {
        self.scanning(self.move_stake, records)
    }

    /// `UpdateStakePoolBalance`, `CleanupRemovedValidatorEntries` and `SetPreferredValidator`.
    pub const fn scan_list(&self, records: usize) -> u32 {
        self.scanning(self.scan_list, records)
    }

    const fn scanning(&self, base: u32, records: usize) -> u32 {
        base.saturating_add(self.per_record.saturating_mul(records as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_covers_selections_that_a_simulation_does_not_need() {
        let cost = RebalanceCost::new(&[bytemuck::Zeroable::zeroed(); 500], false);
        for selections in [[None, Some(0)], [Some(100), None], [Some(0), Some(400)]] {
            let needed = cost.instruction(1, 0, selections) - cost.instruction(1, 0, [None; 2]);
            assert!(needed > 0);
            assert_eq!(cost.growth(selections), cost.growth([None; 2]) + needed);
        }
    }
}
