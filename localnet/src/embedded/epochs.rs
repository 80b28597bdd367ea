//! Moving a cluster forward: blocks, slots, and epochs with their rewards.

use {
    super::{EmbeddedCluster, EmbeddedError, genesis::SLOT_DURATION, history, lock, progress::Spinner, validators},
    solana_clock::{Epoch, Slot, UnixTimestamp},
    solana_runtime::bank::Bank,
    std::sync::{Arc, PoisonError},
};

/// What the beginning of an epoch brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochChange {
    /// The epoch that has begun.
    pub epoch: Epoch,
    /// Rewards paid for the epoch before, in lamports, commissions of validators included.
    pub rewards: u64,
    /// Blocks over which they were paid.
    pub blocks: u64,
}

impl EmbeddedCluster {
    /// Ends the epoch, and goes on until all rewards for it are paid and stake accounts can be changed again.
    pub fn advance_epoch(&self) -> Result<EpochChange, EmbeddedError> {
        let _spinner = Spinner::new("Moving to the next epoch");
        self.begin_epoch()?;
        Ok(self.finish_rewards())
    }

    /// Moves on by a number of epochs, with rewards for each.
    pub fn advance_epochs(&self, epochs: u64) -> Result<(), EmbeddedError> {
        let _spinner = Spinner::new("Moving on by several epochs");
        for _ in 0..epochs {
            self.begin_epoch()?;
            self.finish_rewards();
        }
        Ok(())
    }

    /// Ends the epoch and stops in the first slot of the next. Rewards are computed and commissions paid, but stake
    /// accounts have not got theirs: `EpochRewards.active` is true, and the stake program refuses to change a stake.
    /// Go on with [`Self::finish_rewards`].
    pub fn begin_epoch(&self) -> Result<(), EmbeddedError> {
        // Those of the epoch that ends have to be paid by then, as they always are on a cluster that makes blocks.
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

    /// Moves on block by block until all rewards are paid.
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

    /// Moves on by a number of blocks, one in each slot. A blockhash expires after 150 of them.
    pub fn advance_blocks(&self, blocks: u64) {
        let mut state = self.turn();
        for _ in 0..blocks {
            self.skip(self.slot() + 1);
        }
        state.blockhash_used = false;
    }

    /// Moves on to a slot ahead; the slots between stay without a block. Crossing the end of an epoch this way earns
    /// validators no credits: use [`Self::advance_epoch`] for that.
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

    /// Leaves slot 0 for the first slot of the epoch in which the cluster is to start.
    pub(super) fn open(&self, epoch: Epoch) -> Result<(), EmbeddedError> {
        let first_slot = self.bank().epoch_schedule().get_first_slot_in_epoch(epoch);
        self.advance_blocks(1);
        if epoch > 0 {
            self.skip_to_slot(first_slot)?;
            self.finish_rewards();
        }
        Ok(())
    }

    /// Closes the current slot and opens one ahead.
    fn skip(&self, slot: Slot) {
        let bank = self.bank();
        // Filled with ticks, a bank records a new blockhash.
        bank.fill_bank_with_ticks_for_tests();
        bank.freeze();
        // The one before the slot may be far away, and only a warp gets there. It comes out frozen.
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
        // A program that was replaced past the loader is still in the cache as it was.
        bank.set_check_program_deployment_slot(true);
        history::fill(&bank);
        self.set_time(&bank);
        self.insert(bank);
    }

    /// Lets time pass slot by slot. The bank asks votes for the time, and there are none.
    fn set_time(&self, bank: &Bank) {
        let mut clock = bank.clock();
        let epoch_start = bank.epoch_schedule().get_first_slot_in_epoch(bank.epoch());
        clock.unix_timestamp = self.time_of(bank.slot());
        clock.epoch_start_timestamp = self.time_of(epoch_start);
        bank.set_sysvar_for_tests(&clock);
    }

    fn time_of(&self, slot: Slot) -> UnixTimestamp {
        let slots = u128::from(slot.saturating_sub(self.start_slot));
        let passed = slots * SLOT_DURATION.as_millis() / 1_000;
        self.start_time + passed as UnixTimestamp
    }

    fn insert(&self, bank: Bank) -> Arc<Bank> {
        self.bank_forks.write().unwrap_or_else(PoisonError::into_inner).insert(bank).clone_without_scheduler()
    }

    /// Makes a block final, which lets the bank forget the ones before it.
    fn root(&self, bank: &Bank) {
        self.bank_forks.write().unwrap_or_else(PoisonError::into_inner).set_root(bank.slot(), None, Some(bank.slot()));
    }
}
