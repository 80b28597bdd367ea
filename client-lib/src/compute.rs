//! Compute units that instructions use at most, for packing and for limits.
//!
//! A pool's program may be any that keeps the contract, so the figures are upper bounds for the slowest one known, measured
//! and rounded up. What an instruction really uses is less; a simulation tells.

use tidepool_interface::state::ValidatorStakeInfo;

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

/// Validators that are furthest off their targets and that `Rebalance` remembers from one look at the list.
const REMEMBERED: u32 = 8;

/// What it costs a `Rebalance` to look at a list, in compute units.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RebalanceCost {
    /// For adding up what there is and who lacks what.
    survey: u32,
    /// For looking who is furthest off its target.
    look: u32,
    /// By which the survey may become dearer.
    growth: u32,
}

impl RebalanceCost {
    /// For these records, and a policy with a cap on one validator or without.
    pub fn new(records: &[ValidatorStakeInfo], has_cap: bool) -> Self {
        // Somebody who has too much is the dearest of those without stake in motion.
        const RECORD: u32 = 43;
        const IN_MOTION: u32 = 30;
        // A target is worked out once for those in a row that have the same weight.
        const OTHER_WEIGHT: u32 = 15;
        // For as many rounds of sharing out as weights far apart take.
        const CAP: u32 = 12;
        const LOOK: u32 = 16;
        const LOOK_OTHER_WEIGHT: u32 = 10;
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let all = count(records.len());
        let in_motion = count(records.iter().filter(|record| record.transient_stake_lamports.get() > 0).count());
        let others =
            count(records.windows(2).filter(|pair| pair[0].extension.weight != pair[1].extension.weight).count());
        let record = if has_cap { RECORD + CAP } else { RECORD };
        Self {
            survey: record
                .saturating_mul(all)
                .saturating_add(IN_MOTION.saturating_mul(in_motion))
                .saturating_add(OTHER_WEIGHT.saturating_mul(others)),
            look: LOOK.saturating_mul(all).saturating_add(LOOK_OTHER_WEIGHT.saturating_mul(others)),
            growth: IN_MOTION.saturating_mul(all.saturating_sub(in_motion)),
        }
    }

    /// For an instruction that names so many validators, for as many as `forced` of which it has to look who is furthest off its
    /// target.
    pub const fn instruction(&self, validators: usize, forced: u32) -> u32 {
        const BASE: u32 = 10_000;
        // A decrease, with a search of two addresses.
        const MOVEMENT: u32 = 50_000;
        // Another look where it turns from those who are far off to those who are within the tolerance.
        let looks = forced.div_ceil(REMEMBERED).saturating_add((forced > 1) as u32);
        BASE.saturating_add(MOVEMENT.saturating_mul(validators as u32))
            .saturating_add(self.survey)
            .saturating_add(self.look.saturating_mul(looks))
    }

    /// For looking at the whole pool anew, as where a weight is taken away.
    pub const fn survey(&self) -> u32 {
        self.survey
    }

    /// Compute units by which an instruction may become dearer once others have set stake of other validators in motion.
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
