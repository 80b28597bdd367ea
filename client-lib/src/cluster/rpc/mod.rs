//! A cluster reached through JSON-RPC.

mod account;
mod error;
mod subscribe;
#[cfg(test)]
mod tests;
mod transport;

use {
    super::{
        Blockhash, BytesAt, Cluster, ClusterError, Confirmation, Execution, ReturnData, Simulation,
        TOKEN_ACCOUNT_OWNER_OFFSET, TransactionStatus, types,
    },
    account::{FoundAccount, WireAccount},
    base64::{Engine as _, prelude::BASE64_STANDARD},
    error::from_client,
    futures_util::{StreamExt as _, TryStreamExt as _, stream},
    serde_json::json,
    solana_account::Account,
    solana_address::Address,
    solana_commitment_config::CommitmentConfig,
    solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::RpcClientConfig},
    solana_rpc_client_api::{
        config::{RpcSendTransactionConfig, RpcSimulateTransactionConfig, RpcTransactionConfig},
        filter::{Memcmp, RpcFilterType},
        request::{MAX_GET_SIGNATURE_STATUSES_QUERY_ITEMS, MAX_MULTIPLE_ACCOUNTS, RpcRequest},
        response::Response,
    },
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_status_client_types::{
        EncodedConfirmedTransactionWithStatusMeta, TransactionConfirmationStatus, TransactionStatus as SignatureStatus,
        UiTransactionEncoding, UiTransactionReturnData,
    },
    std::time::Duration,
    tokio::time::{Instant, sleep_until, timeout_at},
    transport::Transport,
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
        Self::with_timeout(url.into(), confirmation, TIMEOUT)
    }

    fn with_timeout(url: String, confirmation: Confirmation, timeout: Duration) -> Self {
        let commitment = match confirmation {
            Confirmation::Processed => CommitmentConfig::processed(),
            Confirmation::Confirmed => CommitmentConfig::confirmed(),
            Confirmation::Finalized => CommitmentConfig::finalized(),
        };
        let websocket_url = subscribe::websocket_url(&url);
        let config = RpcClientConfig::with_commitment(commitment);
        Self { client: RpcClient::new_sender(Transport::new(url, timeout), config), websocket_url }
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
    /// Accounts of one slot, as many as one request may ask for.
    async fn some_accounts(
        &self,
        addresses: &[Address],
        head: Option<usize>,
    ) -> Result<Vec<Option<Account>>, ClusterError> {
        let names: Vec<_> = addresses.iter().map(Address::to_string).collect();
        let mut config = json!({ "encoding": "base64", "commitment": self.client.commitment().commitment });
        if let Some(length) = head {
            config["dataSlice"] = json!({ "offset": 0, "length": length });
        }
        // Not `get_multiple_accounts`, which panics as `get_program_accounts_with_config` does, and which unpacks what it gets
        // whatever it comes to.
        let answered: Response<Vec<Option<WireAccount>>> =
            self.client.send(RpcRequest::GetMultipleAccounts, json!([names, config])).await.map_err(from_client)?;
        let found = complete("accounts", addresses, answered.value)?;
        let decode = |(address, found): (&Address, Option<WireAccount>)| {
            found.map(|account| account.decode(address)).transpose()
        };
        addresses.iter().zip(found).map(decode).collect()
    }

    /// Accounts, whole or the first `head` bytes of their data.
    async fn accounts_from(
        &self,
        addresses: &[Address],
        head: Option<usize>,
    ) -> Result<Vec<Option<Account>>, ClusterError> {
        let parts: Vec<_> = stream::iter(addresses.chunks(MAX_MULTIPLE_ACCOUNTS).map(<[Address]>::to_vec))
            .map(|chunk| async move { self.some_accounts(&chunk, head).await })
            .buffered(PARALLEL)
            .try_collect()
            .await?;
        Ok(parts.concat())
    }

    async fn statuses_from(
        &self,
        signatures: &[Signature],
        history: bool,
    ) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        let chunks = signatures.chunks(MAX_GET_SIGNATURE_STATUSES_QUERY_ITEMS);
        let parts: Vec<_> = stream::iter(chunks.map(<[Signature]>::to_vec))
            .map(|chunk| async move {
                let answered = if history {
                    self.client.get_signature_statuses_with_history(&chunk).await
                } else {
                    self.client.get_signature_statuses(&chunk).await
                };
                complete("statuses", &chunk, answered.map_err(from_client)?.value)
            })
            .buffered(PARALLEL)
            .try_collect()
            .await?;
        let statuses = parts.concat();
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
        self.accounts_from(addresses, None).await
    }

    async fn account_heads(&self, addresses: &[Address], length: usize) -> Result<Vec<Option<Account>>, ClusterError> {
        self.accounts_from(addresses, Some(length)).await
    }

    async fn token_accounts(
        &self,
        owner: &Address,
        program: &Address,
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        let config = json!({ "encoding": "base64", "commitment": self.client.commitment().commitment });
        let filter = json!({ "programId": program.to_string() });
        // Not `get_token_accounts_by_owner`, which asks for a form of the data that only some programs have.
        let answered: Response<Vec<FoundAccount>> = self
            .client
            .send(RpcRequest::GetTokenAccountsByOwner, json!([owner.to_string(), filter, config]))
            .await
            .map_err(from_client)?;
        let of_owner = BytesAt::new(TOKEN_ACCOUNT_OWNER_OFFSET, owner.to_bytes());
        asked_for(answered.value, program, &[of_owner])
    }

    async fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        let wanted: Vec<_> = filters
            .iter()
            .map(|filter| RpcFilterType::Memcmp(Memcmp::new_base58_encoded(filter.offset, &filter.bytes)))
            .collect();
        let config = json!({
            "encoding": "base64",
            "commitment": self.client.commitment().commitment,
            "filters": wanted,
        });
        // Not `get_program_accounts_with_config`, which panics where the data is in no form that it knows.
        let found: Vec<FoundAccount> = self
            .client
            .send(RpcRequest::GetProgramAccounts, json!([program.to_string(), config]))
            .await
            .map_err(from_client)?;
        asked_for(found, program, filters)
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
        if simulated.err.is_none() && simulated.units_consumed.is_none() {
            // All of its fields may be missing, so anything could pass for a success.
            return Err(ClusterError::UnexpectedAnswer { detail: "a simulation that used no compute units".into() });
        }
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

/// What was found, if all of it belongs to `program` and matches `filters`.
fn asked_for(
    found: Vec<FoundAccount>,
    program: &Address,
    filters: &[BytesAt],
) -> Result<Vec<(Address, Account)>, ClusterError> {
    let found = found.into_iter().map(FoundAccount::decode).collect::<Result<Vec<_>, _>>()?;
    let is_asked_for =
        |account: &Account| account.owner == *program && filters.iter().all(|filter| filter.matches(&account.data));
    if found.iter().all(|(_, account)| is_asked_for(account)) {
        return Ok(found);
    }
    Err(ClusterError::UnexpectedAnswer { detail: "among the accounts are some that were not asked for".into() })
}

/// The answers to `questions`, as many as there are of these: they are told apart by their place alone.
fn complete<Q, A>(what: &str, questions: &[Q], answers: Vec<A>) -> Result<Vec<A>, ClusterError> {
    if answers.len() == questions.len() {
        return Ok(answers);
    }
    let detail = format!("{} {what} were asked for, {} came", questions.len(), answers.len());
    Err(ClusterError::UnexpectedAnswer { detail })
}

fn return_data(returned: UiTransactionReturnData) -> Result<types::ReturnData, ClusterError> {
    let unexpected =
        || ClusterError::UnexpectedAnswer { detail: "return data that is not base64, or of no program".into() };
    Ok(ReturnData {
        program_id: returned.program_id.parse().map_err(|_| unexpected())?,
        data: BASE64_STANDARD.decode(returned.data.0).map_err(|_| unexpected())?,
    })
}
