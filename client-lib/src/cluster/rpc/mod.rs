//! A cluster reached through JSON-RPC.

mod answer;
mod chunks;
mod error;
mod retry_after;
mod subscribe;
#[cfg(test)]
mod tests;
mod transport;
mod wire;

use {
    super::{
        Blockhash, BytesAt, Cluster, ClusterError, Confirmation, Execution, Simulation, TOKEN_ACCOUNT_OWNER_OFFSET,
        TransactionStatus,
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    chunks::Chunks,
    error::from_client,
    serde::de::DeserializeOwned,
    serde_json::{Value, json},
    solana_account::Account,
    solana_address::Address,
    solana_commitment_config::CommitmentConfig,
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
    },
};

/// Time in which an endpoint has to answer. The largest validator list takes a while to send.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Most requests under way at a time for one question.
const PARALLEL: usize = 4;

/// The same where all of them have to be answered in one slot.
const PARALLEL_IN_SLOT: usize = 16;

/// How often accounts of one slot are read that take several requests, and the time between two attempts.
const SLOT_ATTEMPTS: u32 = 10;
const SLOT_PAUSE: Duration = Duration::from_millis(50);

/// A cluster behind a JSON-RPC endpoint.
///
/// Accounts and block heights are those of the chosen commitment, blocks with votes of two thirds of the stake by
/// default. Rate limits are waited for within the time of a request, as long as `Retry-After` says; redirects are not followed.
/// Requests for many accounts are split as small as the endpoint serves them.
pub struct RpcCluster {
    client: RpcClient,
    /// Where changes can be subscribed to, if anywhere.
    websocket_url: Option<String>,
    accounts_per_request: Chunks,
    statuses_per_request: Chunks,
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
        Self {
            client: RpcClient::new_sender(Transport::new(url, timeout), config),
            websocket_url,
            accounts_per_request: Chunks::of(MAX_MULTIPLE_ACCOUNTS),
            statuses_per_request: Chunks::of(MAX_GET_SIGNATURE_STATUSES_QUERY_ITEMS),
        }
    }

    /// Subscribes to changes at `url` (`ws://` or `wss://`), instead of the one that follows from the endpoint's: the same with
    /// the next higher port, if it names a port.
    #[must_use]
    pub fn websocket(mut self, url: impl Into<String>) -> Self {
        self.websocket_url = Some(url.into());
        self
    }

    /// The client underneath, for methods that [`Cluster`] does not have. Its errors of kind `Io` hold a [`ClusterError`] where a
    /// request was not answered with JSON-RPC.
    pub fn client(&self) -> &RpcClient {
        &self.client
    }
}

impl RpcCluster {
    /// Sends a request, whose answer is decoded here and not by a method of the client: those decode fields that are not used, and
    /// fail where one of these is odd.
    async fn ask<T: DeserializeOwned>(&self, request: RpcRequest, params: Value) -> Result<T, ClusterError> {
        self.ask_for(1, request, params).await
    }

    /// As [`Self::ask`], for a request that has this number of items, and may have fewer.
    async fn ask_for<T: DeserializeOwned>(
        &self,
        items: usize,
        request: RpcRequest,
        params: Value,
    ) -> Result<T, ClusterError> {
        self.client.send(request, params).await.map_err(|error| from_client(error, items))
    }

    /// Accounts of one request, whole or the first `head` bytes of their data, and their slot if the endpoint tells it.
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
        let found = complete("accounts", &addresses, answered.value)?;
        let decode = |(address, found): (&Address, Option<WireAccount>)| {
            found.map(|account| account.decode(address)).transpose()
        };
        Ok((slot, addresses.iter().zip(found).map(decode).collect::<Result<_, _>>()?))
    }

    /// Accounts, whole or the first `head` bytes of their data.
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
            complete("statuses", &chunk, answered.value)
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
        // Not `get_token_accounts_by_owner`, which asks for a form of the data that only some programs have.
        let answered: Answered<Vec<FoundAccount>> =
            self.ask(RpcRequest::GetTokenAccountsByOwner, json!([owner.to_string(), filter, config])).await?;
        let of_owner = BytesAt::new(TOKEN_ACCOUNT_OWNER_OFFSET, owner.to_bytes());
        asked_for(answered.value, program, &[of_owner])
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
        asked_for(found, program, filters)
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
        // A fork that nobody votes for may be ahead.
        let commitment = match self.client.commitment() {
            processed if processed.is_processed() => CommitmentConfig::confirmed(),
            commitment => commitment,
        };
        self.client.get_block_height_with_commitment(commitment).await.map_err(|error| from_client(error, 1))
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        let bytes = bincode::serialize(transaction)
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
            // The sender simulates and repeats by itself: a node that did so too would only be slower to answer.
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
        let found: Option<WireTransaction> =
            self.ask(RpcRequest::GetTransaction, json!([signature.to_string(), config])).await?;
        Ok(found.and_then(WireTransaction::execution))
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
    Err(ClusterError::UnexpectedAnswer { detail: "it contains accounts that were not requested".into() })
}

/// The answers to `questions`, as many as there are of these: they are told apart by their place alone.
fn complete<Q, A>(what: &str, questions: &[Q], answers: Vec<A>) -> Result<Vec<A>, ClusterError> {
    if answers.len() == questions.len() {
        return Ok(answers);
    }
    let detail = format!("{} {what} were requested, {} returned", questions.len(), answers.len());
    Err(ClusterError::UnexpectedAnswer { detail })
}
