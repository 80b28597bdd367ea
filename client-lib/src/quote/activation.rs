//! Activation state of stake, and the epoch in which it can be withdrawn as SOL.

use {
    crate::pool::Environment,
    solana_account::Account,
    solana_stake_interface::{
        stake_history::{StakeHistory, StakeHistoryEntry},
        state::{Delegation, StakeStateV2},
    },
};

/// The first epoch of the current warm-up rate: 0 on every current cluster.
const NEW_RATE_ACTIVATION_EPOCH: Option<u64> = Some(0);

/// Activation state of a stake account, ordered by what it earns, least first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum StakeActivation {
    /// Undelegated, or fully deactivated: earns nothing.
    Inactive,
    /// Deactivating: earns nothing from the next epoch on.
    Deactivating,
    /// Activating: earns from the next epoch on.
    Activating,
    /// Fully active: earns.
    Active,
}

impl StakeActivation {
    /// The state that follows from effective, activating and deactivating lamports.
    pub(crate) const fn of(status: &StakeHistoryEntry) -> Self {
        match (status.effective, status.activating, status.deactivating) {
            (0, 0, 0) => Self::Inactive,
            (_, _, 1..) => Self::Deactivating,
            (_, 1.., _) => Self::Activating,
            _ => Self::Active,
        }
    }
}

/// Activation state of a stake account, and when it can be withdrawn as SOL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeCondition {
    /// The state.
    pub activation: StakeActivation,
    /// The first epoch in which all of it can be withdrawn as SOL, if it is deactivated in the current epoch. The
    /// cluster's cool-down limit may delay it.
    pub withdrawable_from_epoch: u64,
}

impl StakeCondition {
    /// The condition of a stake account; `None` if the account is uninitialized.
    pub fn of(account: &Account, environment: &Environment) -> Option<Self> {
        match bincode::deserialize(&account.data).ok()? {
            StakeStateV2::Initialized(_) => Some(Self::inactive(environment)),
            StakeStateV2::Stake(_, stake, _) => {
                let status = activation_status(&stake.delegation, environment.epoch(), &environment.stake_history);
                Some(Self::new(&status, environment))
            }
            StakeStateV2::Uninitialized | StakeStateV2::RewardsPool => None,
        }
    }

    /// The condition of undelegated stake.
    pub const fn inactive(environment: &Environment) -> Self {
        Self { activation: StakeActivation::Inactive, withdrawable_from_epoch: environment.epoch() }
    }

    fn new(status: &StakeHistoryEntry, environment: &Environment) -> Self {
        let activation = StakeActivation::of(status);
        // Stake without an effective part has no cool-down.
        let epochs = u64::from(status.effective > 0);
        Self { activation, withdrawable_from_epoch: environment.epoch().saturating_add(epochs) }
    }
}

/// Effective, activating and deactivating lamports of a delegation in `epoch`.
pub(crate) fn activation_status(delegation: &Delegation, epoch: u64, history: &StakeHistory) -> StakeHistoryEntry {
    delegation.stake_activating_and_deactivating_v2(epoch, history, NEW_RATE_ACTIVATION_EPOCH)
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::pool::fixture::{SOL, meta, stake_program_account},
        solana_address::Address,
        solana_stake_interface::{stake_flags::StakeFlags, state::Stake},
    };

    #[test]
    fn derives_withdrawable_epoch_of_each_state() {
        let mut environment = Environment::default();
        environment.clock.epoch = 10;
        let meta = meta(Address::default());
        let condition = |activated, deactivated| {
            let delegation = Delegation {
                stake: SOL,
                activation_epoch: activated,
                deactivation_epoch: deactivated,
                ..Delegation::default()
            };
            let stake = Stake { delegation, credits_observed: 0 };
            let state = StakeStateV2::Stake(meta, stake, StakeFlags::empty());
            StakeCondition::of(&stake_program_account(&state, 2 * SOL), &environment).unwrap()
        };
        for (activated, deactivated, activation, from) in [
            (1, u64::MAX, StakeActivation::Active, 11),
            (10, u64::MAX, StakeActivation::Activating, 10),
            (1, 10, StakeActivation::Deactivating, 11),
            (1, 9, StakeActivation::Inactive, 10),
            (10, 10, StakeActivation::Inactive, 10),
        ] {
            let expected = StakeCondition { activation, withdrawable_from_epoch: from };
            assert_eq!(condition(activated, deactivated), expected, "{activated} to {deactivated}");
        }
        let undelegated = stake_program_account(&StakeStateV2::Initialized(meta), SOL);
        assert_eq!(StakeCondition::of(&undelegated, &environment), Some(StakeCondition::inactive(&environment)));
        let unused = stake_program_account(&StakeStateV2::Uninitialized, SOL);
        assert_eq!(StakeCondition::of(&unused, &environment), None);
    }
}
