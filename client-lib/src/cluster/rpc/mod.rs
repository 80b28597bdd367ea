//! A cluster reached through JSON-RPC.

mod error;
mod subscribe;
#[cfg(test)]
mod tests;

use {
    super::{
        Blockhash, BytesAt, Cluster, ClusterError, Confirmation, Execution, ReturnData, Simulation, TransactionStatus,
        types,
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    error::from_client,
    futures_util::{StreamExt as _, TryStreamExt as _, stream},
    serde_json::json,
    solana_account::Account,
    solana_address::Address,
    solana_commitment_config::CommitmentConfig,
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    solana_rpc_client_api::{
        config::{RpcSendTransactionConfig, RpcSimulateTransactionConfig, RpcTransactionConfig},
        filter::{Memcmp, RpcFilterType},
        request::{MAX_GET_SIGNATURE_STATUSES_QUERY_ITEMS, MAX_MULTIPLE_ACCOUNTS, RpcRequest},
        response::RpcKeyedAccount,
    },
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_status_client_types::{
        EncodedConfirmedTransactionWithStatusMeta, TransactionConfirmationStatus, TransactionStatus as SignatureStatus,
        UiTransactionEncoding, UiTransactionReturnData,
    },
    std::time::Duration,
    tokio::time::{Instant, sleep_until, timeout_at},
};

/// Time in which an endpoint has to answer. The largest validator list takes a while to send.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Most requests under way at a time for one question.
const PARALLEL: usize = 4;

/// A cluster behind a JSON-RPC endpoint.
///
/// Accounts and block heights are those of the chosen commitment, blocks with votes of two thirds of the stake by
/// default.
pub struct RpcCluster {
    client: RpcClient,
    /// Where changes can be subscribed to, if anywhere.
    websocket_url: Option<String>,
}

impl RpcCluster {
    /// A cluster behind the endpoint at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self::with_confirmation(url, Confirmation::Confirmed)
    }

    /// A cluster of which only blocks of at least this certainty are seen.
    pub fn with_confirmation(url: impl Into<String>, confirmation: Confirmation) -> Self {
        let commitment = match confirmation {
            Confirmation::Processed => CommitmentConfig::processed(),
            Confirmation::Confirmed => CommitmentConfig::confirmed(),
            Confirmation::Finalized => CommitmentConfig::finalized(),
        };
        let url = url.into();
        let websocket_url = subscribe::websocket_url(&url);
        Self { client: RpcClient::new_with_timeout_and_commitment(url, TIMEOUT, commitment), websocket_url }
    }

    /// Subscribes to changes at `url` (`ws://` or `wss://`), instead of the one that follows from the endpoint's: the same with
    /// the next higher port, if it names a port.
    #[must_use]
    pub fn websocket(mut self, url: impl Into<String>) -> Self {
        self.websocket_url = Some(url.into());
        self
    }

    /// The client underneath, for methods that [`Cluster`] does not have.
    pub fn client(&self) -> &RpcClient {
        &self.client
    }
}

impl RpcCluster {
    async fn statuses_from(
        &self,
        signatures: &[Signature],
        history: bool,
    ) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        let chunks = signatures.chunks(MAX_GET_SIGNATURE_STATUSES_QUERY_ITEMS);
        let parts: Vec<_> = stream::iter(chunks.map(<[Signature]>::to_vec))
            .map(|chunk| async move {
                if history {
                    self.client.get_signature_statuses_with_history(&chunk).await
                } else {
                    self.client.get_signature_statuses(&chunk).await
                }
            })
            .buffered(PARALLEL)
            .map_ok(|response| response.value)
            .try_collect()
            .await
            .map_err(from_client)?;
        let statuses = parts.concat();
        if statuses.len() != signatures.len() {
            return Err(ClusterError::UnexpectedAnswer {
                detail: format!("{} statuses were asked for, {} came", signatures.len(), statuses.len()),
            });
        }
        let confirmation = |status: &SignatureStatus| match status.confirmation_status() {
            TransactionConfirmationStatus::Processed => Confirmation::Processed,
            TransactionConfirmationStatus::Confirmed => Confirmation::Confirmed,
            TransactionConfirmationStatus::Finalized => Confirmation::Finalized,
        };
        let status = |status: SignatureStatus| TransactionStatus {
            slot: status.slot,
            confirmation: confirmation(&status),
            error: status.err,
        };
        Ok(statuses.into_iter().map(|found| found.map(status)).collect())
    }
}

impl Cluster for RpcCluster {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        let parts: Vec<_> = stream::iter(addresses.chunks(MAX_MULTIPLE_ACCOUNTS).map(<[Address]>::to_vec))
            .map(|chunk| async move { self.client.get_multiple_accounts(&chunk).await })
            .buffered(PARALLEL)
            .try_collect()
            .await
            .map_err(from_client)?;
        let accounts = parts.concat();
        if accounts.len() != addresses.len() {
            return Err(ClusterError::UnexpectedAnswer {
                detail: format!("{} accounts were asked for, {} came", addresses.len(), accounts.len()),
            });
        }
        Ok(accounts)
    }

    async fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        let filters: Vec<_> = filters
            .iter()
            .map(|filter| RpcFilterType::Memcmp(Memcmp::new_base58_encoded(filter.offset, &filter.bytes)))
            .collect();
        let config = json!({
            "encoding": "base64",
            "commitment": self.client.commitment().commitment,
            "filters": filters,
        });
        // Not `get_program_accounts_with_config`, which panics where the data is in no form that it knows.
        let found: Vec<RpcKeyedAccount> = self
            .client
            .send(RpcRequest::GetProgramAccounts, json!([program.to_string(), config]))
            .await
            .map_err(from_client)?;
        found.into_iter().map(keyed_account).collect()
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        let (hash, last_valid_block_height) =
            self.client.get_latest_blockhash_with_commitment(self.client.commitment()).await.map_err(from_client)?;
        Ok(Blockhash { hash, last_valid_block_height })
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        // A fork that nobody votes for may be ahead.
        let commitment = match self.client.commitment() {
            processed if processed.is_processed() => CommitmentConfig::confirmed(),
            commitment => commitment,
        };
        self.client.get_block_height_with_commitment(commitment).await.map_err(from_client)
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            replace_recent_blockhash: true,
            commitment: Some(self.client.commitment()),
            encoding: Some(UiTransactionEncoding::Base64),
            ..RpcSimulateTransactionConfig::default()
        };
        let simulated =
            self.client.simulate_transaction_with_config(transaction, config).await.map_err(from_client)?.value;
        Ok(Simulation {
            error: simulated.err.map(Into::into),
            logs: simulated.logs.unwrap_or_default(),
            units_consumed: simulated.units_consumed.unwrap_or_default(),
            return_data: simulated.return_data.map(return_data).transpose()?,
        })
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        let config = RpcSendTransactionConfig {
            // The sender simulates and repeats by itself: a node that did so too would only be slower to answer.
            skip_preflight: true,
            max_retries: Some(0),
            encoding: Some(UiTransactionEncoding::Base64),
            ..RpcSendTransactionConfig::default()
        };
        self.client.send_transaction_with_config(transaction, config).await.map_err(from_client)
    }

    async fn recent_prices(&self, writable: &[Address]) -> Result<Vec<u64>, ClusterError> {
        let recent = self.client.get_recent_prioritization_fees(writable).await.map_err(from_client)?;
        Ok(recent.into_iter().map(|block| block.prioritization_fee).collect())
    }

    async fn changed(&self, address: &Address, within: Duration) {
        let end = Instant::now() + within;
        let Some(url) = &self.websocket_url else { return sleep_until(end).await };
        let change = subscribe::next_change(url, address, self.client.commitment());
        // Without a subscription, the next look has to come in time.
        if !matches!(timeout_at(end, change).await, Ok(Ok(()))) {
            sleep_until(end).await;
        }
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        self.statuses_from(signatures, false).await
    }

    async fn statuses_in_history(
        &self,
        signatures: &[Signature],
    ) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        self.statuses_from(signatures, true).await
    }

    async fn execution(&self, signature: &Signature) -> Result<Option<Execution>, ClusterError> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            // The method knows no transaction that is merely processed.
            commitment: Some(CommitmentConfig::confirmed()),
            max_supported_transaction_version: Some(0),
        };
        // Not `get_transaction_with_config`, for which a transaction that is not known is an error.
        let found: Option<EncodedConfirmedTransactionWithStatusMeta> = self
            .client
            .send(RpcRequest::GetTransaction, json!([signature.to_string(), config]))
            .await
            .map_err(from_client)?;
        Ok(found.and_then(|found| found.transaction.meta).map(|meta| Execution {
            logs: Option::from(meta.log_messages).unwrap_or_default(),
            units_consumed: meta.compute_units_consumed.into(),
        }))
    }
}

fn keyed_account(found: RpcKeyedAccount) -> Result<(Address, Account), ClusterError> {
    let unexpected = || ClusterError::UnexpectedAnswer {
        detail: format!("the account at {} has no address or no binary data", found.pubkey),
    };
    let address = found.pubkey.parse().map_err(|_| unexpected())?;
    Ok((address, found.account.to_account().ok_or_else(unexpected)?))
}

fn return_data(returned: UiTransactionReturnData) -> Result<types::ReturnData, ClusterError> {
    let unexpected =
        || ClusterError::UnexpectedAnswer { detail: "return data that is not base64, or of no program".into() };
    Ok(ReturnData {
        program_id: returned.program_id.parse().map_err(|_| unexpected())?,
        data: BASE64_STANDARD.decode(returned.data.0).map_err(|_| unexpected())?,
    })
}
