//! Compute units that instructions use at most, for packing and for limits.
//!
//! A pool's program may be any that keeps the contract, so the figures are upper bounds for the slowest one known, measured
//! and rounded up. What an instruction really uses is less; a simulation tells.

use tidepool_interface::{rebalance::is_ranked, state::ValidatorStakeInfo};

/// Compute units that a transaction may use.
pub const MAX_PER_TRANSACTION: u32 = 1_400_000;

/// For one record of the validator list that an instruction scans.
const PER_RECORD: u32 = 45;

/// For a validator of `UpdateValidatorListBalance` from which at most some excess is withdrawn.
pub const UPDATE_QUIET_VALIDATOR: u32 = 25_000;

/// For a validator of `UpdateValidatorListBalance` whose stake accounts may have to be merged.
pub const UPDATE_MOVING_VALIDATOR: u32 = 65_000;

/// For `UpdateValidatorListBalance` without any validator.
pub const UPDATE_LIST_BASE: u32 = 15_000;

/// For `UpdateValidators` without any validator.
pub const COMPACT_BASE: u32 = 8_000;

/// For a validator of `UpdateValidators`.
pub const COMPACT_RECORD: u32 = 1_000;

/// For an address that is searched. One try takes 1,500, every other try succeeds, and rarely does it take more than eight.
pub const COMPACT_SEARCH: u32 = 12_000;

/// For a merge of two stake accounts.
pub const COMPACT_MERGE: u32 = 22_000;

/// For lamports that are withdrawn from a validator's stake account.
pub const COMPACT_SWEEP: u32 = 10_000;

/// For an instruction that works on the pool account alone.
pub const SETTING: u32 = 35_000;

/// For `ExtendPool` of a pool with this many records, which it clears.
pub const fn extend_pool(records: usize) -> u32 {
    SETTING.saturating_add(15_u32.saturating_mul(records as u32))
}

/// For `SetValidatorWeights` of so many weights.
pub const fn set_weights(weights: usize) -> u32 {
    SETTING.saturating_add(500_u32.saturating_mul(weights as u32))
}

/// For one instruction of the system, stake, token or associated token account program.
pub const FOREIGN: u32 = 12_000;

/// For creating an associated token account.
pub const CREATE_TOKEN_ACCOUNT: u32 = 35_000;

/// For `Initialize`.
pub const INITIALIZE: u32 = 60_000;

/// For `DepositSol`.
pub const DEPOSIT_SOL: u32 = 45_000;

/// For `WithdrawSol`.
pub const WITHDRAW_SOL: u32 = 50_000;

/// For the metadata instructions.
pub const METADATA: u32 = 120_000;

/// What it costs a `Rebalance` to survey a list, in compute units.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RebalanceCost {
    /// For the pool's totals and deviations.
    survey: u32,
    /// For a look for the last validator that moves.
    counted: u32,
    /// For ranking, without the validators that are ranked.
    ranked: u32,
    /// Length of the list.
    records: usize,
    /// By which the survey may become dearer.
    growth: u32,
}

impl RebalanceCost {
    /// For these records, and a policy with or without a cap on one validator.
    pub fn new(records: &[ValidatorStakeInfo], has_cap: bool) -> Self {
        // A validator above target is the dearest of those without transient stake.
        const RECORD: u32 = 46;
        const TRANSIENT: u32 = 45;
        // Records in a row with the same weight share one target.
        const OTHER_WEIGHT: u32 = 15;
        // For as many rounds of sharing out as weights far apart take.
        const CAP: u32 = 12;
        const RANKED: u32 = 2 * 20;
        const RANKED_OTHER_WEIGHT: u32 = 2 * 12;
        const COUNTED: u32 = 34;
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let all = count(records.len());
        let moving = count(records.iter().filter(|record| record.transient_stake_lamports.get() > 0).count());
        let others =
            count(records.windows(2).filter(|pair| pair[0].extension.weight != pair[1].extension.weight).count());
        let record = if has_cap { RECORD + CAP } else { RECORD };
        let counted = COUNTED.saturating_mul(all).saturating_add(OTHER_WEIGHT.saturating_mul(others));
        let ranked = RANKED.saturating_mul(all).saturating_add(RANKED_OTHER_WEIGHT.saturating_mul(others));
        Self {
            survey: record
                .saturating_mul(all)
                .saturating_add(TRANSIENT.saturating_mul(moving))
                .saturating_add(OTHER_WEIGHT.saturating_mul(others)),
            counted,
            ranked,
            records: records.len(),
            growth: TRANSIENT.saturating_mul(all.saturating_sub(moving)),
        }
    }

    /// For an instruction that names `validators`, of which the program passes over `passed_over`, with the
    /// [`selections`](tidepool_interface::rebalance::Rebalance::selections) that its verdicts need.
    pub fn instruction(&self, validators: usize, passed_over: u32, selections: [Option<u64>; 2]) -> u32 {
        const BASE: u32 = 10_000;
        // A decrease, with a search of two addresses.
        const MOVEMENT: u32 = 50_000;
        let selection =
            selections.into_iter().flatten().map(|ranked| self.selection(ranked)).fold(0, u32::saturating_add);
        // Each validator that is passed over causes another selection.
        BASE.saturating_add(MOVEMENT.saturating_mul(validators as u32))
            .saturating_add(self.survey)
            .saturating_add(selection.saturating_mul(passed_over.saturating_add(1)))
    }

    /// For a selection among `from` validators beyond the tolerance, or among those within it (0): deviations are ranked in two
    /// scans, and a third looks for the last index; where they are too many to be ranked there is only the latter.
    fn selection(&self, from: u64) -> u32 {
        const RANKED_DEVIATION: u32 = 2 * 50;
        if from == 0 || !is_ranked(from, self.records) {
            return self.counted;
        }
        self.counted.saturating_add(self.ranked).saturating_add(RANKED_DEVIATION.saturating_mul(from as u32))
    }

    /// For a survey of the whole pool, as where a weight is cleared.
    pub const fn survey(&self) -> u32 {
        self.survey
    }

    /// Compute units by which an instruction may become dearer once others have moved stake of other validators.
    pub const fn growth(&self) -> u32 {
        self.growth
    }
}

/// Compute units by which an instruction that scans the list may become dearer while validators are being added.
pub const GROWING_LIST: u32 = 10_000;

const fn scanning(base: u32, records: usize) -> u32 {
    base.saturating_add(PER_RECORD.saturating_mul(records as u32))
}

/// For `DepositStake` into a pool of so many records.
pub const fn deposit_stake(records: usize) -> u32 {
    scanning(130_000, records)
}

/// For `WithdrawStake` from a pool of so many records.
pub const fn withdraw_stake(records: usize) -> u32 {
    scanning(120_000, records)
}

/// For adding or removing a validator, and for increasing or decreasing its stake.
pub const fn move_stake(records: usize) -> u32 {
    scanning(140_000, records)
}

/// For `UpdateStakePoolBalance`, `CleanupRemovedValidatorEntries` and `SetPreferredValidator`.
pub const fn scan_list(records: usize) -> u32 {
    scanning(40_000, records)
}
