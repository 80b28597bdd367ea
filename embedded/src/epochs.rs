//! Advances a cluster: blocks, slots, and epochs with their rewards.

use {
    crate::{EmbeddedCluster, EmbeddedError, history, lock, validators},
    solana_clock::{Epoch, Slot, UnixTimestamp},
    solana_runtime::bank::Bank,
    std::sync::{Arc, PoisonError},
    tidepool_client::cluster::InflationReward,
};

/// Result of a change of epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochChange {
    /// The new epoch.
    pub epoch: Epoch,
    /// Rewards paid for the previous epoch, in lamports, commissions of validators included.
    pub rewards: u64,
    /// Number of blocks with reward payments.
    pub blocks: u64,
}

impl EmbeddedCluster {
    /// Ends the epoch and advances until all rewards for it are paid. Stake accounts can then be changed again.
    pub fn advance_epoch(&self) -> Result<EpochChange, EmbeddedError> {
        self.begin_epoch()?;
        Ok(self.finish_rewards())
    }

    /// Advances by a number of epochs, with rewards for each.
    pub fn advance_epochs(&self, epochs: u64) -> Result<(), EmbeddedError> {
        for _ in 0..epochs {
            self.begin_epoch()?;
            self.finish_rewards();
        }
        Ok(())
    }

    /// Ends the epoch and stops in the first slot of the next. Rewards are computed and commissions paid, but the rewards of stake
    /// accounts are still unpaid: `EpochRewards.active` is true, and the stake program rejects changes of stake. Continue with
    /// [`Self::finish_rewards`].
    pub fn begin_epoch(&self) -> Result<(), EmbeddedError> {
        // The earlier rewards must be paid before the epoch ends, as on a cluster with a block in each slot.
        self.finish_rewards();
        let mut state = self.turn();
        let bank = self.bank();
        for (vote, performance) in lock(&self.performance).iter() {
            validators::earn_credits(&bank, vote, *performance)?;
        }
        let next = bank.epoch() + 1;
        self.skip(bank.epoch_schedule().get_first_slot_in_epoch(next));
        state.blockhash_used = false;
        Ok(())
    }

    /// Advances block by block until all rewards are paid.
    pub fn finish_rewards(&self) -> EpochChange {
        let first_height = self.bank().block_height();
        while self.epoch_rewards().active {
            self.advance_blocks(1);
        }
        let bank = self.bank();
        EpochChange {
            epoch: bank.epoch(),
            rewards: self.epoch_rewards().distributed_rewards,
            blocks: bank.block_height() - first_height,
        }
    }

    /// Advances by a number of blocks, one per slot. A blockhash expires after 150 blocks.
    pub fn advance_blocks(&self, blocks: u64) {
        let mut state = self.turn();
        for _ in 0..blocks {
            self.skip(self.slot() + 1);
        }
        state.blockhash_used = false;
    }

    /// Advances to a later slot; the slots between have no block. Validators earn no credits for an epoch that ends this way: use
    /// [`Self::advance_epoch`] for that.
    pub fn skip_to_slot(&self, slot: Slot) -> Result<(), EmbeddedError> {
        let mut state = self.turn();
        let now = self.slot();
        if slot <= now {
            return Err(EmbeddedError::SlotNotAhead { wanted: slot, now });
        }
        self.skip(slot);
        state.blockhash_used = false;
        Ok(())
    }

    /// Advances from slot 0 to the first slot of the start epoch.
    pub(crate) fn open(&self, epoch: Epoch) -> Result<(), EmbeddedError> {
        let first_slot = self.bank().epoch_schedule().get_first_slot_in_epoch(epoch);
        self.advance_blocks(1);
        if epoch > 0 {
            self.skip_to_slot(first_slot)?;
            self.finish_rewards();
        }
        Ok(())
    }

    /// Ends the current slot and begins a later one.
    fn skip(&self, slot: Slot) {
        let bank = self.bank();
        // A bank records a new blockhash when it is full of ticks.
        bank.fill_bank_with_ticks_for_tests();
        bank.freeze();
        // A distant parent slot requires a warp, which returns a frozen bank.
        let parent = if slot > bank.slot() + 1 {
            let leader = *bank.leader();
            self.insert(Bank::warp_from_parent(bank, leader, slot - 1))
        } else {
            bank
        };
        self.root(&parent);
        self.open_slot(&parent, slot);
    }

    fn open_slot(&self, parent: &Arc<Bank>, slot: Slot) {
        let mut bank = Bank::new_from_parent(parent.clone(), *parent.leader(), slot);
        // The program cache does not notice programs that were replaced without the loader.
        bank.set_check_program_deployment_slot(true);
        history::fill(&bank);
        self.set_time(&bank);
        self.insert(bank);
    }

    /// Sets the clock by the slot. The bank takes the time from votes, and this cluster has none.
    fn set_time(&self, bank: &Bank) {
        let mut clock = bank.clock();
        let epoch_start = bank.epoch_schedule().get_first_slot_in_epoch(bank.epoch());
        clock.unix_timestamp = self.time_of(bank.slot());
        clock.epoch_start_timestamp = self.time_of(epoch_start);
        bank.set_sysvar_for_tests(&clock);
    }

    pub(crate) fn time_of(&self, slot: Slot) -> UnixTimestamp {
        let slots = u128::from(slot.saturating_sub(self.start_slot));
        let passed = slots * self.slot_time.as_millis() / 1_000;
        self.start_time + passed as UnixTimestamp
    }

    fn insert(&self, bank: Bank) -> Arc<Bank> {
        self.keep_rewards(&bank);
        self.bank_forks.write().unwrap_or_else(PoisonError::into_inner).insert(bank).clone_without_scheduler()
    }

    /// Keeps the rewards that a new block pays: the bank forgets them with the block.
    fn keep_rewards(&self, bank: &Bank) {
        let paid = bank.rewards.read().unwrap_or_else(PoisonError::into_inner);
        let mut kept = lock(&self.rewards);
        for (address, reward) in paid.iter() {
            let lamports = u64::try_from(reward.lamports).unwrap_or(0);
            let reward = InflationReward { lamports, commission_bps: reward.commission_bps };
            kept.insert((bank.epoch().saturating_sub(1), *address), reward);
        }
    }

    /// Roots a block, so that the bank can drop earlier ones.
    fn root(&self, bank: &Bank) {
        self.bank_forks.write().unwrap_or_else(PoisonError::into_inner).set_root(bank.slot(), None, Some(bank.slot()));
    }
}
