//! Reading pools, and updating them first where they are behind the epoch.

use {
    crate::{args::UpdateFirst, context::Context, error::CliError, output::Landed},
    solana_address::Address,
    tidepool_client::{
        cluster::Cluster,
        error::FailedProgram,
        plan::{self, UpdateOptions},
        pool::{MinimumDelegation, PoolSnapshot, ReadOptions, StakeSelection},
        send::{Outcome, Summary},
    },
    tokio::time::sleep,
};

/// How often a pool is read again that has just been updated. The endpoint that is asked may be behind the one that
/// confirmed the update.
const LOOKS: u32 = 20;

/// A pool that is up to date, and what it took.
pub struct Fresh {
    /// The pool.
    pub snapshot: PoolSnapshot,
    /// Transactions that have updated it.
    pub transactions: Vec<Landed>,
}

impl Fresh {
    /// The transactions of the update, and then those that were sent after it.
    pub fn and(&self, sent: Vec<Landed>) -> Vec<Landed> {
        self.transactions.iter().cloned().chain(sent).collect()
    }
}

/// What an update has done.
#[derive(Default)]
pub struct Updated {
    /// Its transactions.
    pub transactions: Vec<Landed>,
    /// Whether some stake could not be merged, so that it was only counted.
    pub without_merging: bool,
}

impl<C: Cluster> Context<'_, C> {
    /// Reads a pool, for looking at it.
    ///
    /// # Errors
    /// [`CliError::Pool`].
    pub async fn look_at(&self, pool: &Address) -> Result<PoolSnapshot, CliError> {
        // The minimum delegation plays no part in what is shown, and asking for it takes a funded wallet.
        self.read(pool, StakeSelection::None, MinimumDelegation::Known(0)).await
    }

    /// Reads a pool as it is, with all that plans are made from.
    ///
    /// # Errors
    /// [`CliError::Pool`]; as [`Self::fee_payer`].
    pub async fn read_for_planning(&self, pool: &Address, stakes: StakeSelection) -> Result<PoolSnapshot, CliError> {
        let payer = self.fee_payer()?.pubkey();
        self.read(pool, stakes, MinimumDelegation::AskAs(payer)).await
    }

    async fn read(
        &self,
        pool: &Address,
        stakes: StakeSelection,
        minimum_delegation: MinimumDelegation,
    ) -> Result<PoolSnapshot, CliError> {
        let options = ReadOptions { stakes, minimum_delegation, program_id: self.global.program_id };
        let reading = PoolSnapshot::read(self.cluster, pool, &options);
        Ok(self.watch("Reading the pool", reading).await?)
    }

    /// Reads a pool that is to be up to date, and updates it first where it is not and that is allowed.
    ///
    /// # Errors
    /// [`CliError::Stale`]; as [`Self::read_for_planning`] and [`Self::update`].
    pub async fn fresh(&self, pool: &Address, stakes: StakeSelection, how: UpdateFirst) -> Result<Fresh, CliError> {
        let snapshot = self.read_for_planning(pool, stakes.clone()).await?;
        if !snapshot.is_stale() {
            let transactions = vec![];
            return Ok(Fresh { snapshot, transactions });
        }
        let (last, now) = (snapshot.pool().head.last_update_epoch.get(), snapshot.epoch());
        if how.no_update {
            return Err(CliError::Stale { pool: *pool, last, now });
        }
        self.terminal.note(&format!("The pool was last updated in epoch {last}; updating it to epoch {now} first"));
        let transactions = self.update(&snapshot, &UpdateOptions::default()).await?.transactions;
        let snapshot = self.read_updated(&snapshot, stakes).await?;
        Ok(Fresh { snapshot, transactions })
    }

    /// Reads a pool again that has just been updated, until it shows.
    ///
    /// # Errors
    /// [`CliError::Pool`].
    pub async fn read_updated(&self, before: &PoolSnapshot, stakes: StakeSelection) -> Result<PoolSnapshot, CliError> {
        let mut snapshot = before.read_again(self.cluster, stakes.clone()).await?;
        for _ in 0..LOOKS {
            if !snapshot.is_stale() {
                break;
            }
            sleep(self.poll_every).await;
            snapshot = snapshot.read_again(self.cluster, stakes.clone()).await?;
        }
        Ok(snapshot)
    }

    /// Updates a pool. What cannot be merged because it is only partly warmed up or cooled down is updated without
    /// merging: one such account must not keep the pool from being updated.
    ///
    /// # Errors
    /// [`CliError::Plan`] while epoch rewards are being paid; as [`Self::send`].
    pub async fn update(&self, snapshot: &PoolSnapshot, options: &UpdateOptions) -> Result<Updated, CliError> {
        let mut updated = Updated::default();
        let plan = plan::update(snapshot, options)?;
        match self.send(&plan, &[], snapshot.program_id()).await {
            Ok(transactions) => {
                updated.transactions = transactions;
                return Ok(updated);
            }
            Err(CliError::NotLanded(summary)) if !options.no_merge && only_merges_failed(&summary) => {
                updated.transactions = Landed::of(&summary);
            }
            Err(error) => return Err(error),
        }
        self.terminal.note("Some stake cannot be merged yet; updating what is left without merging");
        updated.without_merging = true;
        let again = snapshot.read_again(self.cluster, StakeSelection::None).await?;
        let options = UpdateOptions { no_merge: true, ..options.clone() };
        let plan = plan::update(&again, &options)?;
        let rest = self.send(&plan, &[], snapshot.program_id()).await?;
        updated.transactions.extend(rest);
        Ok(updated)
    }
}

/// Whether merging is what went wrong wherever something did.
fn only_merges_failed(summary: &Summary) -> bool {
    let mut failures = summary.problems().filter_map(|sent| match &sent.outcome {
        Outcome::NotSent(tidepool_client::send::NotSent::EarlierDidNotLand) => None,
        Outcome::Failed { failure, .. } | Outcome::WouldFail(failure) => {
            let explanation = &failure.explanation;
            let is_merge = ["MergeTransientStake", "MergeMismatch"].contains(&explanation.name.as_str());
            Some(is_merge && explanation.program == Some(FailedProgram::Stake))
        }
        _ => Some(false),
    });
    failures.next() == Some(true) && failures.all(|is_merge| is_merge)
}
