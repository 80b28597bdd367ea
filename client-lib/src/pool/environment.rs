//! What the cluster itself sets: time, rent, rewards, the stake program's minimum.

use {
    solana_clock::Clock,
    solana_epoch_rewards::EpochRewards,
    solana_rent::Rent,
    solana_stake_interface::stake_history::StakeHistory,
    tidepool_interface::{STAKE_ACCOUNT_SPACE, minimum_delegation, minimum_stake_lamports},
};

/// The cluster's state on which the program's answers depend.
///
/// Nothing here is a constant: clusters differ, and each of these values has changed on mainnet or will.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Slot, epoch and Unix time in seconds.
    pub clock: Clock,
    /// Rent in force.
    pub rent: Rent,
    /// Whether, and how far, the rewards of the last epoch are being paid.
    pub epoch_rewards: EpochRewards,
    /// Effective, activating and deactivating stake of the cluster, by epoch.
    pub stake_history: StakeHistory,
    /// What the stake program answers to `GetMinimumDelegation`, in lamports.
    pub stake_program_minimum: u64,
}

impl Environment {
    /// The epoch.
    pub const fn epoch(&self) -> u64 {
        self.clock.epoch
    }

    /// Whether epoch rewards are being paid, so that the stake program refuses every change.
    pub const fn rewards_are_being_paid(&self) -> bool {
        self.epoch_rewards.active
    }

    /// Rent-exempt lamports of a new stake account.
    pub fn stake_rent(&self) -> u64 {
        self.rent.minimum_balance(STAKE_ACCOUNT_SPACE)
    }

    /// Lamports that must be delegated in each of a pool's stake accounts.
    pub const fn minimum_delegation(&self) -> u64 {
        minimum_delegation(self.stake_program_minimum)
    }

    /// Lamports that must stay in a validator stake account: rent and the minimum delegation.
    pub fn minimum_stake_lamports(&self) -> u64 {
        minimum_stake_lamports(self.stake_rent(), self.stake_program_minimum)
    }
}
