//! The bank of a test as a cluster of `tidepool_client`.

use {
    solana_account::Account,
    solana_address::Address,
    solana_program_test::{BanksClient, BanksClientError, ProgramTestContext},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    tidepool_client::cluster::{
        Blockhash, BytesAt, Cluster, ClusterError, Confirmation, Execution, ReturnData, Simulation, TransactionStatus,
    },
};

/// The bank of a [`ProgramTestContext`], for everything in `tidepool_client` that takes a [`Cluster`].
///
/// It stays valid when the context moves to another slot. Two methods have less than a real cluster:
/// [`Cluster::program_accounts`] is refused, since a bank's client cannot search accounts, and [`Cluster::execution`] knows
/// nothing of past transactions. [`Cluster::send`] returns once the transaction is processed.
#[derive(Clone)]
pub struct ProgramTestCluster {
    client: BanksClient,
}

impl From<&ProgramTestContext> for ProgramTestCluster {
    fn from(context: &ProgramTestContext) -> Self {
        Self { client: context.banks_client.clone() }
    }
}

fn unreachable(error: BanksClientError) -> ClusterError {
    ClusterError::Unreachable { detail: error.to_string() }
}

impl Cluster for ProgramTestCluster {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        let mut accounts = Vec::with_capacity(addresses.len());
        for address in addresses {
            accounts.push(self.client.get_account(*address).await.map_err(unreachable)?);
        }
        Ok(accounts)
    }

    async fn program_accounts(
        &self,
        program: &Address,
        _filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        let detail = format!("solana-program-test cannot search the accounts of program {program}");
        Err(ClusterError::Refused { detail })
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        let latest = self.client.get_latest_blockhash_with_commitment(Default::default()).await.map_err(unreachable)?;
        let missing = || ClusterError::UnexpectedAnswer { detail: "the bank has no blockhash".into() };
        latest.map(|(hash, last_valid_block_height)| Blockhash { hash, last_valid_block_height }).ok_or_else(missing)
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        self.client.get_root_block_height().await.map_err(unreachable)
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        let mut transaction = transaction.clone();
        // A simulation does not check signatures, but the bank rejects an unknown blockhash and a wrong number of signatures.
        transaction.message.set_recent_blockhash(self.latest_blockhash().await?.hash);
        let signatures = usize::from(transaction.message.header().num_required_signatures);
        transaction.signatures.resize(signatures, Signature::default());
        let answer = self.client.simulate_transaction(transaction).await.map_err(unreachable)?;
        let error = answer.result.and_then(Result::err);
        Ok(answer.simulation_details.map_or_else(
            || Simulation { error: error.clone(), ..Simulation::default() },
            |details| Simulation {
                error: error.clone(),
                logs: details.logs,
                units_consumed: details.units_consumed,
                loaded_bytes: Some(details.loaded_accounts_data_size),
                return_data: details
                    .return_data
                    .map(|returned| ReturnData { program_id: returned.program_id, data: returned.data }),
            },
        ))
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        let answer = self.client.process_transaction_with_metadata(transaction.clone()).await.map_err(unreachable)?;
        match answer.result {
            // One without metadata was not processed; what an instruction returned is in its status.
            Err(error) if answer.metadata.is_none() && error != TransactionError::AlreadyProcessed => {
                Err(ClusterError::TransactionRefused { error })
            }
            _ => Ok(signature),
        }
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        let statuses = self.client.get_transaction_statuses(signatures.to_vec()).await.map_err(unreachable)?;
        let known = |status: solana_banks_interface::TransactionStatus| TransactionStatus {
            slot: status.slot,
            error: status.err,
            confirmation: Confirmation::Finalized,
        };
        Ok(statuses.into_iter().map(|status| status.map(known)).collect())
    }

    async fn execution(&self, _signature: &Signature) -> Result<Option<Execution>, ClusterError> {
        Ok(None)
    }
}
