//! A cluster behind a JSON-RPC endpoint.

mod answer;
mod chunks;
mod error;
mod history;
mod retry_after;
mod subscribe;
#[cfg(test)]
mod tests;
mod transport;
mod wire;

use {
    super::{
        Blockhash, BytesAt, Cluster, ClusterError, ClusterNode, ClusterValidator, Confirmation, Execution,
        InflationReward, LandedTransaction, ListenEnd, PastTransaction, PerformanceSample, Simulation,
        TOKEN_ACCOUNT_OWNER_OFFSET, TransactionStatus,
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    chunks::{Chunks, check_count},
    error::from_client,
    serde::de::DeserializeOwned,
    serde_json::{Value, json},
    solana_account::Account,
    solana_address::Address,
    solana_commitment_config::CommitmentConfig,
    solana_hash::Hash,
    solana_message::VersionedMessage,
    solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::RpcClientConfig},
    solana_rpc_client_api::{
        config::{RpcSendTransactionConfig, RpcTransactionConfig},
        filter::{Memcmp, RpcFilterType},
        request::{MAX_GET_SIGNATURE_STATUSES_QUERY_ITEMS, MAX_MULTIPLE_ACCOUNTS, RpcRequest},
    },
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_status_client_types::UiTransactionEncoding,
    std::time::Duration,
    tokio::time::{Instant, sleep, sleep_until, timeout_at},
    transport::Transport,
    wire::{
        Answered, FoundAccount, WireAccount, WireBlockhash, WirePrice, WireSimulation, WireStatus, WireTransaction,
        check_requested,
    },
};

/// Timeout of a request. The largest validator list takes a while to transfer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Most requests in flight for one list.
const PARALLEL: usize = 4;

/// The same for accounts of one slot.
const PARALLEL_IN_SLOT: usize = 16;

/// Attempts to read accounts in one slot with several requests, and the time between attempts.
const SLOT_ATTEMPTS: u32 = 10;
const SLOT_PAUSE: Duration = Duration::from_millis(50);

/// A cluster behind a JSON-RPC endpoint.
///
/// Accounts and block heights are read at the chosen commitment, `confirmed` by default. Rate limits are waited for as
/// `Retry-After` says, within the timeout of a request. Redirects are not followed. Requests for many accounts are
/// split into sizes that the endpoint serves.
pub struct RpcCluster {
    client: RpcClient,
    /// Websocket URL for subscriptions, if any.
    websocket_url: Option<String>,
    accounts_per_request: Chunks,
    statuses_per_request: Chunks,
}

impl RpcCluster {
    /// A cluster behind the endpoint at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self::with_confirmation(url, Confirmation::Confirmed)
    }

    /// A cluster behind the endpoint at `url`, read at this commitment.
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
        Self {
            client: RpcClient::new_sender(Transport::new(url, timeout), config),
            websocket_url,
            accounts_per_request: Chunks::of(MAX_MULTIPLE_ACCOUNTS),
            statuses_per_request: Chunks::of(MAX_GET_SIGNATURE_STATUSES_QUERY_ITEMS),
        }
    }

    /// Subscribes to changes at `url` (`ws://` or `wss://`). The default is derived from the endpoint's URL: with a
    /// port, the next higher port.
    #[must_use]
    pub fn websocket(mut self, url: impl Into<String>) -> Self {
        self.websocket_url = Some(url.into());
        self
    }

    /// The inner RPC client, for methods that [`Cluster`] does not have. Its errors of kind `Io` hold a
    /// [`ClusterError`] if a request was not answered with JSON-RPC.
    pub fn client(&self) -> &RpcClient {
        &self.client
    }
}

impl RpcCluster {
    /// The commitment, raised to `confirmed`: methods about blocks do not support `processed`.
    fn history_commitment(&self) -> CommitmentConfig {
        match self.client.commitment() {
            processed if processed.is_processed() => CommitmentConfig::confirmed(),
            commitment => commitment,
        }
    }

    /// Sends a request and decodes the response here. The client's own methods also decode unused fields, and fail if
    /// one of these is malformed.
    async fn ask<T: DeserializeOwned>(&self, request: RpcRequest, params: Value) -> Result<T, ClusterError> {
        self.ask_for(1, request, params).await
    }

    /// Like [`Self::ask`], for a request of `items` items that can be split.
    async fn ask_for<T: DeserializeOwned>(
        &self,
        items: usize,
        request: RpcRequest,
        params: Value,
    ) -> Result<T, ClusterError> {
        self.client.send(request, params).await.map_err(|error| from_client(error, items))
    }

    /// Reads accounts with one request, whole or the first `head` bytes of their data. Returns their slot if the
    /// endpoint reports it.
    async fn some_accounts(
        &self,
        addresses: Vec<Address>,
        head: Option<usize>,
    ) -> Result<(Option<u64>, Vec<Option<Account>>), ClusterError> {
        let names: Vec<_> = addresses.iter().map(Address::to_string).collect();
        let mut config = json!({ "encoding": "base64", "commitment": self.client.commitment().commitment });
        if let Some(length) = head {
            config["dataSlice"] = json!({ "offset": 0, "length": length });
        }
        let answered: Answered<Vec<Option<WireAccount>>> =
            self.ask_for(addresses.len(), RpcRequest::GetMultipleAccounts, json!([names, config])).await?;
        let slot = answered.slot();
        let found = check_count("accounts", &addresses, answered.value)?;
        let decode = |(address, found): (&Address, Option<WireAccount>)| {
            found.map(|account| account.decode(address)).transpose()
        };
        Ok((slot, addresses.iter().zip(found).map(decode).collect::<Result<_, _>>()?))
    }

    /// Reads accounts, whole or the first `head` bytes of their data.
    async fn accounts_from(
        &self,
        addresses: &[Address],
        head: Option<usize>,
    ) -> Result<Vec<Option<Account>>, ClusterError> {
        let request = |chunk| self.some_accounts(chunk, head);
        let parts = self.accounts_per_request.ask(addresses, PARALLEL, request).await?;
        Ok(parts.into_iter().flat_map(|(_, accounts)| accounts).collect())
    }

    async fn statuses_from(
        &self,
        signatures: &[Signature],
        history: bool,
    ) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        let request = |chunk: Vec<Signature>| async move {
            let names: Vec<_> = chunk.iter().map(Signature::to_string).collect();
            let config = json!({ "searchTransactionHistory": history });
            let answered: Answered<Vec<Option<WireStatus>>> =
                self.ask_for(chunk.len(), RpcRequest::GetSignatureStatuses, json!([names, config])).await?;
            check_count("statuses", &chunk, answered.value)
        };
        let parts = self.statuses_per_request.ask(signatures, PARALLEL, request).await?;
        Ok(parts.into_iter().flatten().map(|status| status.map(Into::into)).collect())
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
        // Not `get_token_accounts_by_owner`: it requests an encoding that only some programs support.
        let answered: Answered<Vec<FoundAccount>> =
            self.ask(RpcRequest::GetTokenAccountsByOwner, json!([owner.to_string(), filter, config])).await?;
        let of_owner = BytesAt::new(TOKEN_ACCOUNT_OWNER_OFFSET, owner.to_bytes());
        check_requested(answered.value, program, &[of_owner])
    }

    async fn accounts_of_one_slot(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        for _ in 0..SLOT_ATTEMPTS {
            let parts = self
                .accounts_per_request
                .ask(addresses, PARALLEL_IN_SLOT, |chunk| self.some_accounts(chunk, None))
                .await?;
            let is_one_slot = parts.windows(2).all(|pair| pair[0].0.is_some() && pair[0].0 == pair[1].0);
            if is_one_slot {
                return Ok(parts.into_iter().flat_map(|(_, accounts)| accounts).collect());
            }
            sleep(SLOT_PAUSE).await;
        }
        Err(ClusterError::SlotChanged { wanted: addresses.len(), served: self.accounts_per_request.most() })
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
        let found: Vec<FoundAccount> =
            self.ask(RpcRequest::GetProgramAccounts, json!([program.to_string(), config])).await?;
        check_requested(found, program, filters)
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        let answered: Answered<WireBlockhash> =
            self.ask(RpcRequest::GetLatestBlockhash, json!([self.client.commitment()])).await?;
        let WireBlockhash { blockhash, last_valid_block_height } = answered.value;
        let hash = blockhash
            .parse()
            .map_err(|_| ClusterError::UnexpectedAnswer { detail: "the latest blockhash is not a hash".into() })?;
        Ok(Blockhash { hash, last_valid_block_height })
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        // The height of a minority fork can be ahead.
        self.client
            .get_block_height_with_commitment(self.history_commitment())
            .await
            .map_err(|error| from_client(error, 1))
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        let bytes = wincode::serialize(transaction)
            .map_err(|error| ClusterError::Refused { detail: format!("the transaction cannot be encoded: {error}") })?;
        let config = json!({
            "encoding": "base64",
            "commitment": self.client.commitment().commitment,
            "sigVerify": false,
            "replaceRecentBlockhash": true,
        });
        let answered: Answered<WireSimulation> =
            self.ask(RpcRequest::SimulateTransaction, json!([BASE64_STANDARD.encode(bytes), config])).await?;
        answered.value.decode()
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        let config = RpcSendTransactionConfig {
            // The sender simulates and resends itself. Preflight and retries by the node would only delay the response.
            skip_preflight: true,
            max_retries: Some(0),
            encoding: Some(UiTransactionEncoding::Base64),
            ..RpcSendTransactionConfig::default()
        };
        self.client.send_transaction_with_config(transaction, config).await.map_err(|error| from_client(error, 1))
    }

    async fn recent_prices(&self, writable: &[Address]) -> Result<Vec<u64>, ClusterError> {
        let names: Vec<_> = writable.iter().map(Address::to_string).collect();
        let recent: Vec<WirePrice> = self.ask(RpcRequest::GetRecentPrioritizationFees, json!([names])).await?;
        Ok(recent.into_iter().map(|block| block.prioritization_fee).collect())
    }

    async fn fee(&self, message: &VersionedMessage) -> Result<Option<u64>, ClusterError> {
        let params = json!([BASE64_STANDARD.encode(message.serialize()), self.client.commitment()]);
        let answered: Answered<Option<u64>> = self.ask(RpcRequest::GetFeeForMessage, params).await?;
        Ok(answered.value)
    }

    async fn performance_samples(&self) -> Result<Vec<PerformanceSample>, ClusterError> {
        self.ask_samples().await
    }

    async fn block_time(&self, slot: u64) -> Result<Option<i64>, ClusterError> {
        self.ask(RpcRequest::GetBlockTime, json!([slot])).await
    }

    async fn history(
        &self,
        address: &Address,
        before: Option<&Signature>,
        limit: usize,
    ) -> Result<Option<Vec<PastTransaction>>, ClusterError> {
        self.ask_history(address, before, limit).await.map(Some)
    }

    async fn first_available_block(&self) -> Result<u64, ClusterError> {
        self.ask(RpcRequest::GetFirstAvailableBlock, Value::Null).await
    }

    async fn landed(&self, signature: &Signature) -> Result<Option<LandedTransaction>, ClusterError> {
        self.ask_landed(signature).await
    }

    async fn listen(&self, address: &Address, heard: &(dyn Fn() + Sync)) -> ListenEnd {
        let Some(url) = &self.websocket_url else { return ListenEnd::Unsupported };
        match subscribe::listen(url, address, self.history_commitment(), heard).await {
            Ok(never) => match never {},
            Err(error) => ListenEnd::Lost { detail: error.to_string() },
        }
    }

    async fn inflation_rewards(
        &self,
        accounts: &[Address],
        epoch: u64,
    ) -> Result<Option<Vec<Option<InflationReward>>>, ClusterError> {
        let request = |chunk| self.ask_rewards(chunk, epoch);
        let parts = self.accounts_per_request.ask(accounts, PARALLEL, request).await?;
        Ok(Some(parts.into_iter().flatten().collect()))
    }

    async fn validator_set(&self) -> Result<Option<Vec<ClusterValidator>>, ClusterError> {
        self.ask_validators().await.map(Some)
    }

    async fn gossip(&self) -> Result<Option<Vec<ClusterNode>>, ClusterError> {
        self.ask_nodes().await.map(Some)
    }

    async fn genesis_hash(&self) -> Result<Option<Hash>, ClusterError> {
        self.client.get_genesis_hash().await.map(Some).map_err(|error| from_client(error, 1))
    }

    async fn wait_for_change(&self, address: &Address, within: Duration) {
        let end = Instant::now() + within;
        let Some(url) = &self.websocket_url else { return sleep_until(end).await };
        let change = subscribe::next_change(url, address, self.client.commitment());
        // Without a subscription, the next poll must come in time.
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
            // The method does not support the commitment `processed`.
            commitment: Some(CommitmentConfig::confirmed()),
            max_supported_transaction_version: Some(1),
        };
        let found: Option<WireTransaction> =
            self.ask(RpcRequest::GetTransaction, json!([signature.to_string(), config])).await?;
        Ok(found.and_then(WireTransaction::execution))
    }
}
