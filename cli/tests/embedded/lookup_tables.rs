//! Lookup tables: made, used by updates and rebalances, and closed.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{SIGNATURE, SOL, Stage, number, text},
    },
    serde_json::json,
    solana_signer::Signer as _,
};

async fn pool(stage: &Stage) -> String {
    let pool = stage.pool("").await;
    stage.add_validators(&pool, 0..4).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("deposit-sol {pool} 100")).await;
    pool
}

#[tokio::test]
async fn tables_live_from_make_to_close() {
    let stage = Stage::new();
    stage.cluster.advance_blocks(40);
    let pool = pool(&stage).await;
    let none = stage.must(&format!("lookup-tables {pool}")).await;
    assert_eq!((&none["tables"], &none["covered_addresses"]), (&json!([]), &json!(0)));
    assert!(stage.text.borrow()[0].contains("create them with --make"));

    let wallet = stage.wallet.pubkey();
    let before = stage.cluster.lamports(&wallet);
    let made = stage.must(&format!("lookup-tables {pool} --make")).await;
    let sent = made["transactions"].as_array().unwrap().len() as u64;
    let rent = number(&made["rent_lamports"]);
    assert_eq!(stage.cluster.lamports(&wallet), before - rent - sent * SIGNATURE);
    assert_eq!(made["tables"][0]["state"], "active");
    assert_eq!(made["covered_addresses"], made["wanted_addresses"]);
    assert_eq!(made["refundable_lamports"], rent);
    let again = stage.must(&format!("lookup-tables {pool} --make")).await;
    assert_eq!((&again["rent_lamports"], &again["transactions"]), (&json!(0), &json!([])));

    let table = text(&made["tables"][0]["address"]);
    stage.cluster.advance_epoch().unwrap();
    let updated = stage.must(&format!("update {pool} --lookup-tables auto")).await;
    assert_eq!(updated["updated"], true);
    let moved = stage.must(&format!("rebalance {pool} --lookup-tables {table}")).await;
    assert_eq!(moved["movements"].as_array().unwrap().len(), 4);
    stage.cluster.advance_epoch().unwrap();
    stage.must(&format!("rebalance {pool} --lookup-tables auto")).await;

    let (code, message) = stage.fails(&format!("update {pool} --force --lookup-tables {pool}")).await;
    assert!(code == 3 && message.contains("is not a lookup table"), "{message}");
    let (_, file) = stage.another_wallet("other", SOL);
    let (code, message) =
        stage.fails(&format!("lookup-tables {pool} --close --tables {table} --fee-payer {file}")).await;
    assert!(code == 2 && message.contains("is owned by"), "{message}");

    let closing = stage.must(&format!("lookup-tables {pool} --close")).await;
    assert_eq!((&closing["refund_lamports"], &closing["tables"][0]["state"]), (&json!(0), &json!("cooling_down")));
    assert!(stage.text.borrow()[0].contains("can be closed in 5"), "{}", stage.text.borrow()[0]);
    stage.cluster.advance_blocks(514);
    let before = stage.cluster.lamports(&wallet);
    let closed = stage.must(&format!("lookup-tables {pool} --close --wait")).await;
    assert_eq!((&closed["tables"], number(&closed["refund_lamports"])), (&json!([]), rent));
    assert_eq!(stage.cluster.lamports(&wallet), before + rent - SIGNATURE);
    assert!(stage.text.borrow()[0].contains("Closed all lookup tables"));
}

#[tokio::test]
async fn an_endpoint_that_does_not_search_is_no_obstacle() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let cluster = TestEndpoint::without_search(&stage.cluster);
    let moved = stage.run_on(&cluster, "wallet", &format!("rebalance {pool} --lookup-tables auto")).await.unwrap();
    assert_eq!(moved["movements"].as_array().unwrap().len(), 4);
    let error = stage.run_on(&cluster, "wallet", &format!("lookup-tables {pool}")).await.unwrap_err();
    assert_eq!(error.exit() as u8, 1);
    assert!(error.to_string().contains("specify the addresses of the tables"), "{error}");
}

#[tokio::test]
async fn a_large_pool_uses_its_tables_unasked() {
    let stage = Stage::of(104);
    stage.cluster.advance_blocks(40);
    let pool = stage.pool("").await;
    stage.must(&format!("deposit-sol {pool} 300")).await;
    stage.add_validators(&pool, 0..104).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("lookup-tables {pool} --make")).await;
    let mut sent = vec![];
    for option in ["--lookup-tables none", ""] {
        stage.cluster.advance_epoch().unwrap();
        let updated = stage.must(&format!("update {pool} --transaction-version v0 {option}")).await;
        sent.push(updated["transactions"].as_array().unwrap().len());
    }
    assert!(sent[1] < sent[0], "{sent:?}");
    let planned = stage.must(&format!("rebalance {pool} --transaction-version v0 --dry-run")).await;
    let moved = stage.must(&format!("rebalance {pool} --transaction-version v0")).await;
    assert_eq!(moved["movements"].as_array().unwrap().len(), 104);
    let (without, with) = (number(&planned["rebalance_transactions"]), number(&moved["rebalance_transactions"]));
    assert!(with < without, "{with} {without}");
    let sum = |answer: &serde_json::Value| number(&answer["idle"]["put_to_work_lamports"]);
    assert!(sum(&planned).abs_diff(sum(&moved)) < 1_000, "the order makes a difference of a few lamports");
}
