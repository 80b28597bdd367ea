//! Advances the pool to the next epoch.

use {
    super::stage::Stage,
    crate::run::{RunError, Side, next_epoch, update},
    tidepool_core::maths::ExchangeRate,
};

/// Figures of an epoch of the pool.
#[derive(Clone, Copy, Debug)]
pub struct EpochFigures {
    pub epoch: u64,
    /// The rate after the update.
    pub rate: ExchangeRate,
    /// Rewards in lamports that the bank paid to the pool's stake accounts.
    pub rewards: u64,
    /// The manager's share of the rewards in lamports.
    pub fee_lamports: u64,
    /// Pool tokens minted to the manager for it.
    pub fee_tokens: u64,
    /// Lamports in the reserve at the end, without its rent.
    pub reserve: u64,
    /// Lamports of activating and deactivating stake at the end.
    pub in_motion: u64,
}

impl Stage<'_> {
    /// Lets an epoch pass and updates the pool.
    pub async fn next_epoch(&mut self) -> Result<EpochFigures, RunError> {
        let (stakes, before) = (self.active_stakes(), self.snapshot().rate());
        let rewards = next_epoch(self.cluster(), self.snapshot())?;
        self.check_rewards(&rewards, &stakes)?;
        self.note_raised_commission(&rewards, &stakes)?;
        for (vote, lamports) in &rewards.by_vote {
            *self.rewards.entry(*vote).or_default() += lamports;
        }
        if rewards.total > 0 {
            let label = format!("rewards paid in epoch {}", rewards.epoch);
            self.ledger.book(Side::Entered, label, rewards.total);
        }
        self.refresh().await?;
        let updated = update(&self.driver, self.snapshot()).await?;
        // Only the bank's rewards can have increased the pool's total.
        RunError::check("the reward that the pool booked, in lamports,", rewards.total, updated.reward)?;
        let years = self.cluster().bank().epoch_duration_in_years(rewards.epoch - 1);
        let total = before.total_lamports.get();
        self.growth.note_inflation(rewards.epoch, rewards.total, updated.fee.lamports, total, years);
        let rate = updated.snapshot.rate();
        self.set_snapshot(updated.snapshot);
        Ok(EpochFigures {
            epoch: rewards.epoch,
            rate,
            rewards: rewards.total,
            fee_lamports: updated.fee.lamports,
            fee_tokens: updated.fee.pool_tokens,
            reserve: 0,
            in_motion: 0,
        })
    }

    /// Adds the reserve and the transient stake at the end of the epoch.
    pub fn note_movement(&self, figures: &mut EpochFigures) {
        let snapshot = self.snapshot();
        figures.reserve = snapshot.reserve_lamports_above_rent();
        figures.in_motion = snapshot.records().iter().map(|record| record.transient_stake_lamports.get()).sum();
    }
}
