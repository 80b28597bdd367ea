//! The cluster trait of the client crate for the embedded cluster.
//!
//! All calls return immediately: when `send` returns, the transaction is executed and final.

use {
    crate::{EmbeddedCluster, transactions::first_signature},
    solana_account::{Account, ReadableAccount},
    solana_address::Address,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    tidepool_client::cluster::{
        Blockhash, BytesAt, Cluster, ClusterError, Confirmation, Execution, ReturnData, Simulation, TransactionStatus,
    },
};

impl Cluster for EmbeddedCluster {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        Ok(addresses.iter().map(|address| EmbeddedCluster::account(self, address)).collect())
    }

    async fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        let matches = |data: &[u8]| filters.iter().all(|filter| filter.matches(data));
        let found = self
            .bank()
            .get_filtered_program_accounts(program, |account| matches(account.data()))
            .map_err(|error| ClusterError::Unreachable { detail: format!("the bank broke off its search: {error}") })?;
        Ok(found.into_iter().map(|(address, account)| (address, account.into())).collect())
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        let hash = self.unused_blockhash();
        let last_valid_block_height = self.bank().get_blockhash_last_valid_block_height(&hash).ok_or_else(|| {
            ClusterError::UnexpectedAnswer { detail: "the cluster moved on while it was asked".into() }
        })?;
        Ok(Blockhash { hash, last_valid_block_height })
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        Ok(self.bank().block_height())
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        let simulated = match self.dry_run(transaction.clone()) {
            Ok(simulated) => simulated,
            Err(error) => {
                return Ok(Simulation { error: Some(error), ..Simulation::default() });
            }
        };
        Ok(Simulation {
            error: simulated.result.err(),
            logs: simulated.logs,
            units_consumed: simulated.units_consumed,
            return_data: simulated
                .return_data
                .map(|returned| ReturnData { program_id: returned.program_id, data: returned.data }),
        })
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        match self.execute(transaction.clone()) {
            // Clients may send a transaction repeatedly. It is executed once.
            Ok(_) | Err(TransactionError::AlreadyProcessed) => Ok(first_signature(transaction)),
            Err(error) => Err(ClusterError::TransactionRefused { error }),
        }
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        let state = self.turn();
        Ok(signatures
            .iter()
            .map(|signature| {
                let landed = state.landed.get(signature)?;
                Some(TransactionStatus {
                    slot: landed.slot,
                    error: landed.error.clone(),
                    confirmation: Confirmation::Finalized,
                })
            })
            .collect())
    }

    async fn execution(&self, signature: &Signature) -> Result<Option<Execution>, ClusterError> {
        let state = self.turn();
        Ok(state
            .landed
            .get(signature)
            .map(|landed| Execution { logs: landed.logs.clone(), units_consumed: Some(landed.units_consumed) }))
    }
}
