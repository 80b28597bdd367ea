//! State of the cluster: time, rent, rewards, and the stake program's minimum delegation.

use {
    solana_clock::Clock,
    solana_epoch_rewards::EpochRewards,
    solana_rent::Rent,
    solana_stake_interface::stake_history::StakeHistory,
    tidepool_core::{minimum_delegation, minimum_stake_lamports},
    tidepool_interface::STAKE_ACCOUNT_SPACE,
};

/// The cluster's state on which the program's results depend.
///
/// Nothing here is a constant: the values differ between clusters and change over time.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Slot, epoch and Unix time in seconds.
    pub clock: Clock,
    /// Rent in force.
    pub rent: Rent,
    /// State of the distribution of the last epoch's rewards.
    pub epoch_rewards: EpochRewards,
    /// Effective, activating and deactivating stake of the cluster, by epoch.
    pub stake_history: StakeHistory,
    /// Result of the stake program's `GetMinimumDelegation`, in lamports.
    pub stake_program_minimum: u64,
}

impl Environment {
    /// Current epoch.
    pub const fn epoch(&self) -> u64 {
        self.clock.epoch
    }

    /// Whether epoch rewards are being paid, so that the stake program refuses every change.
    pub const fn rewards_are_being_paid(&self) -> bool {
        self.epoch_rewards.active
    }

    /// Rent-exempt reserve of a new stake account, in lamports.
    pub fn stake_rent(&self) -> u64 {
        self.rent.minimum_balance(STAKE_ACCOUNT_SPACE)
    }

    /// Minimum delegation of each of a pool's stake accounts, in lamports.
    pub const fn minimum_delegation(&self) -> u64 {
        minimum_delegation(self.stake_program_minimum)
    }

    /// Lamports that must stay in a validator stake account: rent-exempt reserve and minimum delegation.
    pub fn minimum_stake_lamports(&self) -> u64 {
        minimum_stake_lamports(self.stake_rent(), self.stake_program_minimum)
    }
}
