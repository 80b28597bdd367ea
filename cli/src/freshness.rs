//! Reading pools, and updating them first where they are behind the epoch.

use {
    crate::{
        args::{LookupArgs, UpdateFirst},
        context::Context,
        error::CliError,
        output::Landed,
    },
    solana_address::Address,
    tidepool_client::{
        cluster::Cluster,
        plan::{self, UpdateOptions},
        pool::{MinimumDelegation, PoolSnapshot, ReadOptions, StakeSelection},
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

    /// Reads a pool as it is, with all that plans are made from, without a key: the cluster says what it has to in a simulation
    /// that the pool's manager or staker would pay for.
    ///
    /// # Errors
    /// [`CliError::Pool`].
    pub async fn read_without_key(&self, pool: &Address, stakes: StakeSelection) -> Result<PoolSnapshot, CliError> {
        self.read(pool, stakes, MinimumDelegation::Ask).await
    }

    /// Reads a pool that is to be up to date, and updates it first where it is not and that is allowed.
    ///
    /// # Errors
    /// [`CliError::Stale`]; as [`Self::read_for_planning`] and [`Self::update`].
    pub async fn fresh(&self, pool: &Address, stakes: StakeSelection, how: UpdateFirst) -> Result<Fresh, CliError> {
        let snapshot = self.read_for_planning(pool, stakes.clone()).await?;
        let mut options = UpdateOptions::default();
        if snapshot.is_stale() && !how.no_update {
            options.lookup_tables = self.lookup_tables(&snapshot, &LookupArgs::default()).await?;
        }
        self.freshen(snapshot, stakes, how, &options).await
    }

    /// As [`Self::fresh`], for a pool that has been read, and with options for the update.
    ///
    /// # Errors
    /// As [`Self::fresh`].
    pub async fn freshen(
        &self,
        snapshot: PoolSnapshot,
        stakes: StakeSelection,
        how: UpdateFirst,
        options: &UpdateOptions,
    ) -> Result<Fresh, CliError> {
        if !snapshot.is_stale() {
            return Ok(Fresh { snapshot, transactions: vec![] });
        }
        let (last, now) = (snapshot.pool().head.last_update_epoch.get(), snapshot.epoch());
        if how.no_update {
            let otherwise = "or leave out --no-update";
            return Err(CliError::Stale { pool: snapshot.address(), last, now, otherwise });
        }
        self.terminal.note(&format!("The pool was last updated in epoch {last}; updating it to epoch {now} first"));
        let transactions = self.update(&snapshot, options).await?;
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

    /// Updates a pool. Stake that is only partly warmed up or cooled down is counted and left where it is.
    ///
    /// # Errors
    /// [`CliError::Plan`] while epoch rewards are being paid; as [`Self::send`].
    pub async fn update(&self, snapshot: &PoolSnapshot, options: &UpdateOptions) -> Result<Vec<Landed>, CliError> {
        let plan = if snapshot.is_stale() || options.all {
            // The stake accounts tell which stake can be merged: one that cannot would make its whole transaction fail.
            let reading = snapshot.read_again(self.cluster, StakeSelection::All);
            let snapshot = self.watch("Reading the pool's stake", reading).await?;
            plan::update(&snapshot, options)?
        } else {
            plan::update(snapshot, options)?
        };
        self.send_with(&plan, &[], snapshot.program_id(), &options.lookup_tables).await
    }
}
