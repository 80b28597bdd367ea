//! Lookup tables that shorten transactions.

use {
    super::Context,
    crate::{
        args::{LookupArgs, LookupTables},
        error::CliError,
    },
    solana_message::AddressLookupTableAccount,
    tidepool_client::{
        cluster::Cluster,
        lookup::{self, LookupError, LookupTable},
        pool::PoolSnapshot,
    },
};

/// Validators up to which a pool takes so few transactions that looking for tables is not worth while.
const SMALL_POOL: usize = 100;

impl<C: Cluster> Context<'_, C> {
    /// The lookup tables to use for a pool, as transactions use them. Where the fee payer's are searched for and the search fails,
    /// it goes on without them.
    pub async fn lookup_tables(
        &self,
        snapshot: &PoolSnapshot,
        choice: &LookupArgs,
    ) -> Result<Vec<AddressLookupTableAccount>, CliError> {
        let tables = match &choice.lookup_tables {
            Some(LookupTables::None) => vec![],
            None if snapshot.records().len() <= SMALL_POOL => vec![],
            Some(LookupTables::Given(addresses)) => lookup::load(self.cluster, addresses).await?,
            None | Some(LookupTables::Auto) => self.own_tables(snapshot).await?,
        };
        if tables.is_empty() {
            return Ok(vec![]);
        }
        let slot_hashes = self.cluster.slot_hashes().await?;
        let usable: Vec<_> = tables.iter().filter_map(|table| table.usable(&slot_hashes)).collect();
        if usable.len() < tables.len() {
            let unusable = tables.len() - usable.len();
            self.terminal
                .note(&format!("{unusable} of {} lookup tables are not usable now and are skipped", tables.len()));
        }
        Ok(usable)
    }

    async fn own_tables(&self, snapshot: &PoolSnapshot) -> Result<Vec<LookupTable>, CliError> {
        let (payer, pool) = (self.fee_payer()?.pubkey(), snapshot.address());
        let search = lookup::find(self.cluster, &payer, &pool);
        match self.watch("Searching for lookup tables", search).await {
            Ok(tables) => Ok(tables),
            // A search that takes too long for the endpoint is refused as well, in its own way.
            Err(error @ (LookupError::SearchRefused { .. } | LookupError::Cluster(_))) => {
                self.terminal.note(&format!("Continuing without lookup tables, with more transactions: {error}"));
                Ok(vec![])
            }
            Err(error) => Err(error.into()),
        }
    }
}
