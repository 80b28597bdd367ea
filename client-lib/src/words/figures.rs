//! Figures of a pool.

use {
    crate::pool::PoolSnapshot,
    tidepool_core::maths::{ExchangeRate, mul_div_floor},
    tidepool_interface::state::StakeStatus,
};

/// One whole pool token, in its smallest unit.
const ONE_TOKEN: u64 = 1_000_000_000;

/// Value of a whole pool token in lamports, rounded down; `None` without a supply.
pub fn lamports_per_whole_pool_token(snapshot: &PoolSnapshot) -> Option<u64> {
    lamports_per_whole_token(&snapshot.rate())
}

/// The same by a rate.
pub fn lamports_per_whole_token(rate: &ExchangeRate) -> Option<u64> {
    mul_div_floor(ONE_TOKEN, rate.total_lamports.get(), rate.pool_token_supply.get().max(1))
        .filter(|_| rate.pool_token_supply.get() > 0)
}

/// Transient stake in lamports, rent included.
pub fn in_motion(snapshot: &PoolSnapshot) -> u64 {
    let transient = snapshot.records().iter().map(|record| record.transient_stake_lamports.get());
    transient.fold(0, u64::saturating_add)
}

/// `2 h 5 min`, or `45 s`.
pub fn duration(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// The name of a status in JSON.
pub const fn status_name(status: Option<StakeStatus>) -> &'static str {
    match status {
        Some(StakeStatus::Active) => "active",
        Some(StakeStatus::DeactivatingTransient) => "deactivating_transient",
        Some(StakeStatus::ReadyForRemoval) => "ready_for_removal",
        Some(StakeStatus::DeactivatingValidator) => "deactivating_validator",
        Some(StakeStatus::DeactivatingAll) => "deactivating_all",
        None => "invalid",
    }
}
