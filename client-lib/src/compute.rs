//! Compute units that instructions use at most, for packing and for limits.
//!
//! A pool's program may be any that keeps the contract, so the figures are upper bounds for the slowest one known, measured
//! and rounded up. What an instruction really uses is less; a simulation tells.

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
pub const COMPACT_BASE: u32 = 15_000;

/// For a validator of `UpdateValidators` without stake in motion, whose record holds the bump of its stake account.
pub const COMPACT_QUIET: u32 = 3_000;

/// For a validator of `UpdateValidators` without stake in motion, whose stake account's address is searched.
pub const COMPACT_QUIET_SEARCHED: u32 = 12_000;

/// For lamports that are withdrawn from a validator's stake account besides.
pub const COMPACT_SWEEP: u32 = 10_000;

/// For a validator of `UpdateValidators` whose stake accounts may have to be merged.
pub const COMPACT_MOVING: u32 = 60_000;

/// For an instruction that works on the pool account alone.
pub const SETTING: u32 = 35_000;

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

/// For `Rebalance` of a pool of so many records that names so many validators, for as many as `forced` of which it has to look
/// who is furthest off its target.
pub const fn rebalance(records: usize, validators: usize, forced: u32) -> u32 {
    const BASE: u32 = 20_000;
    const MOVEMENT: u32 = 70_000;
    const SURVEY: u32 = 120;
    const LOOK: u32 = 60;
    let records = records as u32;
    BASE.saturating_add(MOVEMENT.saturating_mul(validators as u32))
        .saturating_add(SURVEY.saturating_mul(records))
        .saturating_add(LOOK.saturating_mul(records).saturating_mul(forced))
}

/// Compute units by which a `Rebalance` may become dearer once others have set the stake of any of so many records in motion.
pub const fn rebalance_growth(records: usize) -> u32 {
    const IN_MOTION: u32 = 40;
    IN_MOTION.saturating_mul(records as u32)
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
