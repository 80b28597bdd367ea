//! The cluster's answers in JSON.

use {
    super::endpoint::Request,
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde_json::{Value, json},
    solana_account::Account,
    solana_address::Address,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::future::Future,
    tidepool_client::cluster::{Cluster, ClusterError, Confirmation, Simulation, TransactionStatus},
    tidepool_embedded::EmbeddedCluster,
};

/// Code of a node's for a transaction that would fail.
const WOULD_FAIL: i64 = -32_002;

/// What the cluster answers to a request: `result`, or `error`.
pub fn answer(cluster: &EmbeddedCluster, request: &Request) -> Value {
    let params = &request.params;
    match request.method.as_str() {
        "getMultipleAccounts" => {
            let found = ask(cluster.accounts(&addresses(&params[0])));
            with_context(cluster, found.iter().map(|account| account.as_ref().map(encode)).collect())
        }
        "getLatestBlockhash" => {
            let found = ask(Cluster::latest_blockhash(cluster));
            let (hash, last) = (found.hash.to_string(), found.last_valid_block_height);
            with_context(cluster, json!({ "blockhash": hash, "lastValidBlockHeight": last }))
        }
        "getGenesisHash" => json!({ "result": ask(cluster.genesis_hash()).map(|hash| hash.to_string()) }),
        "getBlockHeight" => json!({ "result": ask(Cluster::block_height(cluster)) }),
        "simulateTransaction" => with_context(cluster, simulated(&ask(cluster.simulate(&transaction(params))))),
        "sendTransaction" => match block_on(Cluster::send(cluster, &transaction(params))) {
            Ok(signature) => json!({ "result": signature.to_string() }),
            Err(ClusterError::TransactionRefused { error }) => {
                json!({ "error": { "code": WOULD_FAIL, "message": error.to_string(), "data": { "err": error } } })
            }
            Err(error) => panic!("{error}"),
        },
        "getSignatureStatuses" => {
            let signatures: Vec<Signature> =
                strings(&params[0]).map(|text| text.parse().expect("a signature")).collect();
            let found = ask(Cluster::statuses(cluster, &signatures));
            with_context(cluster, found.iter().map(|status| status.as_ref().map(status_of)).collect())
        }
        "getRecentPrioritizationFees" => json!({ "result": [] }),
        "getTransaction" => json!({ "result": null }),
        other => json!({ "error": { "code": -32_601, "message": format!("Method not found: {other}") } }),
    }
}

/// An account as an endpoint writes it.
pub fn encode(account: &Account) -> Value {
    json!({
        "lamports": account.lamports,
        "data": [BASE64_STANDARD.encode(&account.data), "base64"],
        "owner": account.owner.to_string(),
        "executable": account.executable,
        "rentEpoch": account.rent_epoch,
        "space": account.data.len(),
    })
}

/// The transaction of a request.
pub fn transaction(params: &Value) -> VersionedTransaction {
    let bytes = BASE64_STANDARD.decode(params[0].as_str().expect("a transaction")).expect("in base64");
    wincode::deserialize(&bytes).expect("of the right form")
}

/// The addresses of a list.
pub fn addresses(list: &Value) -> Vec<Address> {
    strings(list).map(|text| text.parse().expect("an address")).collect()
}

/// What became of a transaction, as an endpoint writes it.
pub fn status_of(status: &TransactionStatus) -> Value {
    let confirmation = match status.confirmation {
        Confirmation::Processed => "processed",
        Confirmation::Confirmed => "confirmed",
        Confirmation::Finalized => "finalized",
    };
    let result = status.error.as_ref().map_or(json!({ "Ok": null }), |error| json!({ "Err": error }));
    json!({ "slot": status.slot, "confirmations": null, "status": result, "err": status.error,
            "confirmationStatus": confirmation })
}

/// A simulation as an endpoint writes it.
pub fn simulated(simulation: &Simulation) -> Value {
    let returned = simulation.return_data.as_ref().map(|returned| {
        json!({ "programId": returned.program_id.to_string(), "data": [BASE64_STANDARD.encode(&returned.data), "base64"] })
    });
    json!({ "err": simulation.error, "logs": simulation.logs, "unitsConsumed": simulation.units_consumed,
            "returnData": returned })
}

fn with_context(cluster: &EmbeddedCluster, value: Value) -> Value {
    json!({ "result": { "context": { "slot": cluster.slot() }, "value": value } })
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("a string"))
}

fn ask<T>(answer: impl Future<Output = Result<T, ClusterError>>) -> T {
    block_on(answer).expect("the cluster answers")
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(work)
}
