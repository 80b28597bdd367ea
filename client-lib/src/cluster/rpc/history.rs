//! Requests about the past, the pace and the validators of a cluster.
//!
//! Responses have the used fields only, as in [`wire`](super::wire).

use {
    super::{
        RpcCluster,
        chunks::check_count,
        wire::{lenient, required},
    },
    crate::cluster::{
        Call, ClusterError, ClusterNode, ClusterValidator, HISTORY_PAGE, InflationReward, LandedTransaction,
        PastTransaction, PerformanceSample, TokenChange,
    },
    serde::Deserialize,
    serde_json::{Value, json},
    solana_address::Address,
    solana_rpc_client_api::{
        filter::{Memcmp, MemcmpEncodedBytes},
        request::RpcRequest,
    },
    solana_signature::Signature,
    std::{collections::BTreeMap, str::FromStr},
};

/// Samples to request: half an hour of them.
const SAMPLES: usize = 30;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a performance sample")]
struct WireSample {
    slot: u64,
    num_slots: u64,
    sample_period_secs: u64,
}

#[derive(Deserialize)]
#[serde(expecting = "a transaction of the history")]
struct WirePast {
    signature: String,
    slot: u64,
    #[serde(deserialize_with = "required")]
    err: Option<Value>,
}

#[derive(Deserialize)]
#[serde(expecting = "the cluster's validators")]
struct WireValidators {
    current: Vec<WireValidator>,
    delinquent: Vec<WireValidator>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a validator")]
struct WireValidator {
    vote_pubkey: String,
    activated_stake: u64,
    epoch_vote_account: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an inflation reward")]
struct WireReward {
    amount: u64,
    #[serde(default, deserialize_with = "lenient")]
    commission: Option<u8>,
    #[serde(default, deserialize_with = "lenient")]
    commission_bps: Option<u16>,
}

/// A transaction in the encoding `json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a transaction")]
struct WireRun {
    slot: u64,
    #[serde(default, deserialize_with = "lenient")]
    transaction_index: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    block_time: Option<i64>,
    transaction: WireTransaction,
    meta: WireMeta,
}

#[derive(Deserialize)]
struct WireTransaction {
    message: WireMessage,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMessage {
    account_keys: Vec<String>,
    instructions: Vec<WireInstruction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMeta {
    #[serde(deserialize_with = "required")]
    err: Option<Value>,
    #[serde(default, deserialize_with = "lenient")]
    log_messages: Option<Vec<String>>,
    #[serde(default, deserialize_with = "lenient")]
    loaded_addresses: Option<WireLoaded>,
    #[serde(default, deserialize_with = "lenient")]
    inner_instructions: Option<Vec<WireInner>>,
    #[serde(default, deserialize_with = "lenient")]
    pre_token_balances: Option<Vec<WireTokenBalance>>,
    #[serde(default, deserialize_with = "lenient")]
    post_token_balances: Option<Vec<WireTokenBalance>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTokenBalance {
    account_index: usize,
    ui_token_amount: WireTokenAmount,
}

#[derive(Deserialize)]
struct WireTokenAmount {
    amount: String,
}

#[derive(Deserialize)]
struct WireLoaded {
    writable: Vec<String>,
    readonly: Vec<String>,
}

#[derive(Deserialize)]
struct WireInner {
    instructions: Vec<WireInstruction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireInstruction {
    program_id_index: usize,
    accounts: Vec<usize>,
    data: String,
}

impl RpcCluster {
    pub(super) async fn ask_samples(&self) -> Result<Vec<PerformanceSample>, ClusterError> {
        let found: Vec<WireSample> = self.ask(RpcRequest::GetRecentPerformanceSamples, json!([SAMPLES])).await?;
        Ok(found
            .into_iter()
            .map(|WireSample { slot, num_slots, sample_period_secs }| PerformanceSample {
                slot,
                slots: num_slots,
                seconds: sample_period_secs,
            })
            .collect())
    }

    pub(super) async fn ask_history(
        &self,
        address: &Address,
        before: Option<&Signature>,
        limit: usize,
    ) -> Result<Vec<PastTransaction>, ClusterError> {
        let mut config =
            json!({ "commitment": self.history_commitment().commitment, "limit": limit.min(HISTORY_PAGE) });
        if let Some(before) = before {
            config["before"] = json!(before.to_string());
        }
        let found: Vec<WirePast> =
            self.ask(RpcRequest::GetSignaturesForAddress, json!([address.to_string(), config])).await?;
        let decode = |WirePast { signature, slot, err }| {
            Ok(PastTransaction { signature: parse(&signature, "signature")?, slot, succeeded: err.is_none() })
        };
        found.into_iter().map(decode).collect()
    }

    pub(super) async fn ask_landed(&self, signature: &Signature) -> Result<Option<LandedTransaction>, ClusterError> {
        let config = json!({
            "encoding": "json",
            "commitment": self.history_commitment().commitment,
            "maxSupportedTransactionVersion": 1,
        });
        let found: Option<WireRun> =
            self.ask(RpcRequest::GetTransaction, json!([signature.to_string(), config])).await?;
        found.map(WireRun::landed).transpose()
    }

    pub(super) async fn ask_rewards(
        &self,
        accounts: Vec<Address>,
        epoch: u64,
    ) -> Result<Vec<Option<InflationReward>>, ClusterError> {
        let names: Vec<_> = accounts.iter().map(Address::to_string).collect();
        // The method does not support the commitment `processed`.
        let config = json!({ "epoch": epoch, "commitment": self.history_commitment().commitment });
        let found: Vec<Option<WireReward>> =
            self.ask_for(accounts.len(), RpcRequest::GetInflationReward, json!([names, config])).await?;
        let decode = |WireReward { amount, commission, commission_bps }| InflationReward {
            lamports: amount,
            commission_bps: commission_bps.or(commission.map(|percent| u16::from(percent) * 100)),
        };
        let found = check_count("rewards", &accounts, found)?;
        Ok(found.into_iter().map(|reward| reward.map(decode)).collect())
    }

    pub(super) async fn ask_validators(&self) -> Result<Vec<ClusterValidator>, ClusterError> {
        let config = json!({ "commitment": self.client.commitment().commitment });
        let WireValidators { current, delinquent } = self.ask(RpcRequest::GetVoteAccounts, json!([config])).await?;
        let voting = current.into_iter().map(|validator| (validator, true));
        let all = voting.chain(delinquent.into_iter().map(|validator| (validator, false)));
        all.map(|(WireValidator { vote_pubkey, activated_stake, epoch_vote_account }, is_voting)| {
            Ok(ClusterValidator {
                vote: parse(&vote_pubkey, "vote account")?,
                activated_stake,
                is_admitted: epoch_vote_account,
                is_voting,
            })
        })
        .collect()
    }
}

/// A node of gossip.
#[derive(Deserialize)]
#[serde(expecting = "a node")]
struct WireNode {
    pubkey: String,
    #[serde(default, deserialize_with = "lenient")]
    version: Option<String>,
}

impl RpcCluster {
    pub(super) async fn ask_nodes(&self) -> Result<Vec<ClusterNode>, ClusterError> {
        let found: Vec<WireNode> = self.ask(RpcRequest::GetClusterNodes, json!([])).await?;
        found
            .into_iter()
            .map(|WireNode { pubkey, version }| Ok(ClusterNode { identity: parse(&pubkey, "identity")?, version }))
            .collect()
    }
}

impl WireRun {
    fn landed(self) -> Result<LandedTransaction, ClusterError> {
        let WireMessage { account_keys, instructions } = self.transaction.message;
        let loaded = self.meta.loaded_addresses.into_iter().flat_map(|loaded| [loaded.writable, loaded.readonly]);
        let keys = account_keys.into_iter().chain(loaded.flatten());
        let keys = keys.map(|key| parse(&key, "account")).collect::<Result<Vec<Address>, _>>()?;
        let inner = self.meta.inner_instructions.into_iter().flatten().flat_map(|inner| inner.instructions);
        let own = instructions.len();
        let balances = self.meta.pre_token_balances.zip(self.meta.post_token_balances);
        let token_changes = balances.map(|(before, after)| token_changes(&keys, before, after)).transpose()?;
        let calls = instructions.into_iter().chain(inner).map(|instruction| instruction.call(&keys));
        Ok(LandedTransaction {
            slot: self.slot,
            index: self.transaction_index,
            block_time: self.block_time,
            succeeded: self.meta.err.is_none(),
            logs: self.meta.log_messages,
            instructions: own,
            calls: calls.collect::<Result<_, _>>()?,
            token_changes,
        })
    }
}

/// Balances by account. An account without a balance on one side was created or closed.
fn token_changes(
    keys: &[Address],
    before: Vec<WireTokenBalance>,
    after: Vec<WireTokenBalance>,
) -> Result<Vec<TokenChange>, ClusterError> {
    let mut changes: BTreeMap<usize, [u64; 2]> = BTreeMap::new();
    for (side, balances) in [before, after].into_iter().enumerate() {
        for WireTokenBalance { account_index, ui_token_amount } in balances {
            changes.entry(account_index).or_default()[side] = parse(&ui_token_amount.amount, "token balance")?;
        }
    }
    let change =
        |(index, [before, after]): (usize, [u64; 2])| Ok(TokenChange { account: key_at(keys, index)?, before, after });
    changes.into_iter().map(change).collect()
}

fn key_at(keys: &[Address], index: usize) -> Result<Address, ClusterError> {
    let detail = || format!("account {index} of a transaction with {} accounts", keys.len());
    keys.get(index).copied().ok_or_else(|| ClusterError::UnexpectedAnswer { detail: detail() })
}

impl WireInstruction {
    fn call(self, keys: &[Address]) -> Result<Call, ClusterError> {
        let key = |index| key_at(keys, index);
        Ok(Call {
            program_id: key(self.program_id_index)?,
            accounts: self.accounts.into_iter().map(key).collect::<Result<_, _>>()?,
            data: base58(self.data)?,
        })
    }
}

fn parse<T: FromStr>(text: &str, what: &str) -> Result<T, ClusterError> {
    text.parse().map_err(|_| ClusterError::UnexpectedAnswer { detail: format!("it contains an invalid {what}") })
}

/// Decodes base58 of any length, as filters of accounts do.
fn base58(text: String) -> Result<Vec<u8>, ClusterError> {
    let decoded = Memcmp::new(0, MemcmpEncodedBytes::Base58(text)).bytes().map(|bytes| bytes.into_owned());
    decoded.ok_or_else(|| ClusterError::UnexpectedAnswer { detail: "instruction data that is not base58".into() })
}
