//! The format of transactions.

use {
    super::Context,
    crate::{
        args::{LookupArgs, LookupTables, TransactionVersion},
        error::CliError,
    },
    tidepool_client::{
        cluster::Cluster,
        pack::{PackOptions, TransactionFormat, cluster_takes_v1},
        pool::PoolSnapshot,
    },
};

impl<C: Cluster> Context<'_, C> {
    /// The format of a command's own transactions: legacy, which every wallet signs, unless v1 was asked for.
    pub async fn format(&self) -> Result<TransactionFormat, CliError> {
        match self.version() {
            TransactionVersion::Auto | TransactionVersion::V0 => Ok(TransactionFormat::Legacy),
            TransactionVersion::V1 => self.v1().await,
        }
    }

    /// How a command's own transactions are packed.
    pub async fn packing(&self) -> Result<PackOptions, CliError> {
        Ok(PackOptions::new(self.fee_payer()?.pubkey()).in_format(self.format().await?))
    }

    /// The format of a pool's updates and rebalances, which the fee payer alone signs.
    pub async fn upkeep_format(
        &self,
        snapshot: &PoolSnapshot,
        lookup: &LookupArgs,
    ) -> Result<TransactionFormat, CliError> {
        let names_tables = !matches!(lookup.lookup_tables, None | Some(LookupTables::None));
        let is_v1 = match self.version() {
            TransactionVersion::V0 => false,
            TransactionVersion::V1 if names_tables => {
                return Err(CliError::usage(
                    "a v1 transaction has no lookup tables: omit --lookup-tables or --transaction-version v1",
                ));
            }
            TransactionVersion::V1 => return self.v1().await,
            TransactionVersion::Auto => {
                // A hardware wallet may not show what it is to sign.
                !names_tables
                    && !self.global.transactions.signs_elsewhere()
                    && !self.fee_payer()?.is_interactive()
                    && cluster_takes_v1(self.cluster).await?
            }
        };
        if is_v1 {
            return Ok(TransactionFormat::V1);
        }
        Ok(TransactionFormat::with_tables(self.lookup_tables(snapshot, lookup).await?))
    }

    /// As [`Self::upkeep_format`], without a key. Which tables would be used depends on who sends.
    pub async fn upkeep_format_without_key(
        &self,
        snapshot: &PoolSnapshot,
        lookup: &LookupArgs,
    ) -> Result<TransactionFormat, CliError> {
        match (self.version(), &lookup.lookup_tables) {
            (_, Some(LookupTables::Given(_))) | (TransactionVersion::V1, _) => {
                self.upkeep_format(snapshot, lookup).await
            }
            (TransactionVersion::Auto, None | Some(LookupTables::None)) => {
                Ok(TransactionFormat::newest(self.cluster).await?)
            }
            (TransactionVersion::Auto | TransactionVersion::V0, _) => Ok(TransactionFormat::Legacy),
        }
    }

    /// Checks that the cluster takes v1 transactions.
    pub async fn check_takes_v1(&self, advice: &'static str) -> Result<(), CliError> {
        if cluster_takes_v1(self.cluster).await? { Ok(()) } else { Err(CliError::NoV1 { advice }) }
    }

    async fn v1(&self) -> Result<TransactionFormat, CliError> {
        self.check_takes_v1("use --transaction-version v0").await?;
        Ok(TransactionFormat::V1)
    }

    fn version(&self) -> TransactionVersion {
        self.global.transactions.transaction_version.unwrap_or_default()
    }
}
