//! Transactions v1: chosen by the cluster or the user, signed elsewhere, and refused where the cluster does not take them.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails, number, text},
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
    solana_message::VersionedMessage,
    solana_signer::Signer as _,
    solana_transaction::versioned::VersionedTransaction,
    tidepool_client::{cluster::Cluster as _, gates},
    tidepool_embedded::EmbeddedCluster,
};

fn gate() -> Address {
    gates::known().iter().find(|gate| gate.name == "enable_tx_v1").unwrap().address
}

const fn is_v1(transaction: &VersionedTransaction) -> bool {
    matches!(transaction.message, VersionedMessage::V1(_))
}

/// A pool whose validators are all below target.
async fn pool(stage: &Stage, validators: usize) -> String {
    let pool = stage.pool("").await;
    stage.must(&format!("deposit-sol {pool} 300")).await;
    stage.add_validators(&pool, 0..validators).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.cluster.advance_epoch().unwrap();
    pool
}

#[tokio::test]
async fn updates_and_rebalances_are_v1_where_the_cluster_takes_it() {
    let stage = Stage::of(60);
    let pool = pool(&stage, 60).await;
    let mut counts = vec![];
    for (version, expected) in [("v0", false), ("auto", true), ("v1", true)] {
        let endpoint = TestEndpoint::new(&stage.cluster);
        let line = format!("update {pool} --force --transaction-version {version} --compute-unit-price 1000 --yes");
        stage.run_on(&endpoint, "wallet", &line).await.unwrap_or_else(|error| panic!("{version}: {error}"));
        let sent = endpoint.sent();
        counts.push(sent.len());
        // The totals fit a legacy transaction, and are v1, too.
        assert!(sent.iter().all(|transaction| is_v1(transaction) == expected), "{version}");
    }
    // 23, 23 and 14 validators; 55 and 5. The totals.
    assert_eq!(counts, [4, 3, 3]);

    let planned = stage.must(&format!("rebalance {pool} --dry-run")).await;
    let moved = stage.must(&format!("rebalance {pool}")).await;
    assert_eq!(moved["movements"].as_array().unwrap().len(), 60);
    let transactions = number(&moved["rebalance_transactions"]);
    assert_eq!((number(&planned["rebalance_transactions"]), transactions), (60_u64.div_ceil(14), 60_u64.div_ceil(14)));
}

#[tokio::test]
async fn a_cluster_without_the_gate_gets_v0() {
    let stage = Stage::on(EmbeddedCluster::builder().validators(4).without_feature(gate()));
    let pool = pool(&stage, 4).await;
    let endpoint = TestEndpoint::new(&stage.cluster);
    stage.run_on(&endpoint, "wallet", &format!("update {pool} --yes")).await.unwrap();
    assert!(!endpoint.sent().is_empty() && !endpoint.sent().iter().any(is_v1));
    for line in [format!("update {pool} --force"), format!("deposit-sol {pool} 1")] {
        let line = format!("{line} --transaction-version v1");
        assert_fails(&stage, &line, REFUSED, &["does not take v1 transactions yet", "--transaction-version v0"]).await;
    }
}

#[tokio::test]
async fn lookup_tables_and_v1_exclude_each_other() {
    let stage = Stage::new();
    let pool = pool(&stage, 4).await;
    let line = format!("update {pool} --lookup-tables auto --transaction-version v1");
    assert_fails(&stage, &line, USAGE, &["a v1 transaction has no lookup tables"]).await;
    let endpoint = TestEndpoint::new(&stage.cluster);
    stage.run_on(&endpoint, "wallet", &format!("update {pool} --lookup-tables auto --yes")).await.unwrap();
    assert!(!endpoint.sent().is_empty() && !endpoint.sent().iter().any(is_v1));
}

#[tokio::test]
async fn other_commands_send_v1_on_request() {
    let (stage, pool) = Stage::with_pool("").await;
    for (option, expected) in [("", false), ("--transaction-version v1", true)] {
        let endpoint = TestEndpoint::new(&stage.cluster);
        let before = stage.cluster.lamports(&stage.wallet.pubkey());
        let line = format!("deposit-sol {pool} 5 --compute-unit-price 1000000 --yes {option}");
        stage.run_on(&endpoint, "wallet", &line).await.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(endpoint.sent().iter().map(is_v1).collect::<Vec<_>>(), [expected]);
        // The price is paid in either form: two signatures, and a lamport a compute unit.
        let paid = before - stage.cluster.lamports(&stage.wallet.pubkey()) - 5 * SOL;
        assert!((11_000..100_000).contains(&paid), "{line}: {paid}");
    }
}

#[tokio::test]
async fn v1_is_signed_elsewhere_and_submitted() {
    let (stage, pool) = Stage::with_pool("").await;
    let manager = stage.wallet.pubkey();
    let staker = Address::new_unique();
    let hash = stage.cluster.latest_blockhash().await.unwrap().hash;
    let line = format!(
        "--keypair {manager} set-staker {pool} {staker} --transaction-version v1 --compute-unit-price 1000000 --sign-only \
         --blockhash {hash} --yes"
    );
    let built = stage.run_without_key(&line).await.unwrap();
    let base64 = text(&built["transactions"][0]["message"]);
    let bytes = BASE64_STANDARD.decode(&base64).unwrap();
    assert_eq!(bytes[0], 0x81);
    let base58 = bs58::encode(&bytes).into_string();
    let mut signers = vec![];
    for message in [&base64, &base58] {
        let signed = stage.must(&format!("sign {message} --program-id {}", stage.program_id)).await;
        let signed = &signed["transactions"][0];
        let does: Vec<_> = signed["does"].as_array().unwrap().iter().map(text).collect();
        assert!(
            does[0].starts_with("header: compute unit limit ") && does[0].contains("priority fee 0.00"),
            "{does:?}"
        );
        assert!(does[1].contains("SetStaker"), "{does:?}");
        signers.push(text(&signed["signers"][0]));
    }
    assert_eq!(signers[0], signers[1]);

    let submit = format!("submit {base58} --signer {}", signers[0]);
    let other = Stage::on(EmbeddedCluster::builder().validators(1).without_feature(gate()));
    assert_fails(&other, &submit, REFUSED, &["does not take v1 transactions yet", "submit this message when it does"])
        .await;
    stage.run_without_key(&submit).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stage.must(&format!("show {pool}")).await["authorities"]["staker"], staker.to_string());
}

#[tokio::test]
async fn malformed_messages_get_a_sentence() {
    let stage = Stage::new();
    let version_2 = BASE64_STANDARD.encode([0x82, 1, 0, 0]);
    assert_fails(&stage, &format!("sign {version_2}"), USAGE, &["version 2 is unknown, the newest is 1"]).await;
    let truncated = BASE64_STANDARD.encode([0x81, 1, 0, 0]);
    assert_fails(&stage, &format!("submit {truncated}"), USAGE, &["truncated after 4 bytes"]).await;
}
