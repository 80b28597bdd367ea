//! Idle lamports: tips, block revenue and donations that lie beside the delegations of validators.

use {
    super::{UpdateOptions, chunk::Form, merging::usable_state, work},
    crate::{
        compute,
        pool::{PoolSnapshot, Validator},
        send::ComputeUnitPrice,
    },
    solana_account::Account,
    tidepool_interface::external::stake::StakeState,
};

/// Lamports of a transaction's signature.
const SIGNATURE: u64 = 5_000;

/// Sweeps of a transaction, by its log bytes.
const PER_TRANSACTION: u64 = 25;

/// An epoch's rewards are about this part of the stake.
const STAKE_PER_REWARD: u64 = 5_000;

const MICRO_LAMPORTS: u64 = 1_000_000;

/// The idle lamports that an update in the compact form moves to the reserve, where the next rebalance delegates them. The
/// exchange rate counts idle lamports, too: they only earn no rewards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sweep {
    /// Those of validators whose idle lamports, once delegated, earn the fees of the sweep in one epoch.
    Worthwhile {
        /// Price of a compute unit in micro-lamports.
        compute_unit_price: u64,
    },
    /// Those of validators with more idle lamports than this.
    Above(u64),
    /// None, apart from those that a merge leaves.
    Never,
}

impl Default for Sweep {
    fn default() -> Self {
        Self::Worthwhile { compute_unit_price: 0 }
    }
}

impl Sweep {
    /// The worthwhile ones at a price. One that is chosen later counts with its upper bound.
    pub const fn at(price: ComputeUnitPrice) -> Self {
        let (ComputeUnitPrice::Fixed(price) | ComputeUnitPrice::Recent { at_most: price, .. }) = price;
        Self::Worthwhile { compute_unit_price: price }
    }

    /// The lamports above which a validator is swept.
    pub const fn threshold(self) -> u64 {
        match self {
            Self::Worthwhile { compute_unit_price } => {
                let priority = (compute::COMPACT_SWEEP as u64).saturating_mul(compute_unit_price) / MICRO_LAMPORTS;
                priority.saturating_add(SIGNATURE / PER_TRANSACTION).saturating_mul(STAKE_PER_REWARD)
            }
            Self::Above(lamports) => lamports,
            Self::Never => u64::MAX,
        }
    }
}

/// The validators that an update with these options sweeps, in the list's order. Their records can be current.
///
/// Only validators whose stake accounts the snapshot holds are included: read [`StakeSelection::All`](crate::pool::StakeSelection).
pub fn sweepable<'a>(snapshot: &'a PoolSnapshot, options: &UpdateOptions) -> Vec<Validator<'a>> {
    if options.form(snapshot) == Form::Spl || options.sweep == Sweep::Never {
        return vec![];
    }
    let threshold = options.sweep.threshold();
    snapshot.validators().filter(|validator| idle_lamports(snapshot, validator) > threshold).collect()
}

/// Lamports of an active validator's stake account beside its rent and delegation; 0 if the account was not read.
pub fn idle_lamports(snapshot: &PoolSnapshot, validator: &Validator) -> u64 {
    match validator.validator_stake() {
        Some(account) if validator.record.is_active() => idle_of(snapshot, account),
        _ => 0,
    }
}

fn idle_of(snapshot: &PoolSnapshot, account: &Account) -> u64 {
    match usable_state(snapshot, account) {
        Some(StakeState::Stake(_, delegation)) => {
            account.lamports.saturating_sub(delegation.stake.get()).saturating_sub(snapshot.environment().stake_rent())
        }
        _ => 0,
    }
}

/// Whether the program skips the record if its accounts are passed read-only, or may, as far as the snapshot shows.
pub(super) fn must_be_written(snapshot: &PoolSnapshot, validator: &Validator) -> bool {
    let undelegated = |account: &Account| work::is_undelegated(Some(account)) || idle_of(snapshot, account) > 0;
    validator.accounts.is_none()
        || !validator.record.is_active()
        || work::is_undelegated(validator.validator_stake())
        || validator.has_transient_stake() && validator.transient_stake().is_some_and(undelegated)
}
