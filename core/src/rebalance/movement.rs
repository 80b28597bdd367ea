//! Transient stake: stake that is activating or deactivating in this epoch.

use crate::row::ValidatorRow;

/// A validator's transient stake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Transient {
    /// None.
    None,
    /// Lamports that are activating.
    Activating(u64),
    /// Lamports that are deactivating.
    Deactivating(u64),
}

impl Transient {
    /// The transient stake of a record, without the rent of its account.
    pub fn of(record: &impl ValidatorRow, stake_rent: u64) -> Self {
        match record.transient_lamports() {
            0 => Self::None,
            lamports if record.is_deactivating() => Self::Deactivating(lamports.saturating_sub(stake_rent)),
            lamports => Self::Activating(lamports.saturating_sub(stake_rent)),
        }
    }
}

/// Lamports of a validator's stake account before this epoch's movements, rent included. Activating stake came from the reserve,
/// deactivating stake from the validator.
#[inline(always)]
pub(super) fn base_stake(record: &impl ValidatorRow, stake_rent: u64) -> u64 {
    let active = record.active_lamports();
    // Most validators have no transient stake.
    // guard: base-stake
    if record.transient_lamports() == 0 { active } else { active.wrapping_add(deactivating(record, stake_rent)) }
}

/// Lamports of deactivating stake. The pool's update has added them to the active stake, so the sum fits 64 bits.
#[inline(never)]
fn deactivating(record: &impl ValidatorRow, stake_rent: u64) -> u64 {
    match Transient::of(record, stake_rent) {
        Transient::Deactivating(lamports) => lamports,
        Transient::None | Transient::Activating(_) => 0,
    }
}
