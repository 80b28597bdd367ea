//! Confirmations that take longer than a blockhash is valid.

use super::{
    endpoints::TestEndpoint,
    harness::{SOL, Stage, text},
};

/// More blocks than a blockhash is valid for.
const BLOCKS: u64 = 155;

/// More blocks than those whose slots can give a new lookup table its address.
const BLOCKS_OF_SLOT_HASHES: u64 = 515;

/// Runs a command line whose confirmation takes long: every transaction that it sends lands.
async fn confirmed_late(stage: &Stage, line: &str) -> serde_json::Value {
    confirmed_after(BLOCKS, stage, line).await
}

async fn confirmed_after(blocks: u64, stage: &Stage, line: &str) -> serde_json::Value {
    let endpoint = TestEndpoint::with_slow_person(&stage.cluster, blocks);
    let before = stage.cluster.slot();
    stage.agrees.set(true);
    let answered = stage.run_on(&endpoint, "wallet", line).await;
    stage.agrees.set(false);
    let answer = answered.unwrap_or_else(|error| panic!("{line}: {error}"));
    assert!(stage.cluster.slot() >= before + blocks, "{line} asked nothing");
    let landed = answer["transactions"].as_array().unwrap().len();
    assert!(landed > 0 && endpoint.sent().len() == landed, "{line}: {} sent, {landed} landed", endpoint.sent().len());
    answer
}

#[tokio::test]
async fn slow_confirmation_expires_no_transaction() {
    let stage = Stage::new();
    stage.cluster.advance_blocks(40);
    let create = format!("create-pool --program-id {} --initial-deposit 10 --withdrawal-fee 0", stage.program_id);
    let pool = text(&confirmed_late(&stage, &create).await["pool"]);
    stage.add_validators(&pool, 0..1).await;
    confirmed_late(&stage, &format!("set-weights {pool} --equal")).await;
    confirmed_late(&stage, &format!("deposit-sol {pool} 100")).await;
    confirmed_late(&stage, &format!("withdraw-sol {pool} 1")).await;
    stage.next_epoch(&pool).await;
    stage.must(&format!("rebalance {pool}")).await;
    stage.next_epoch(&pool).await;
    let withdrawn = confirmed_late(&stage, &format!("withdraw-stake {pool} 2")).await;
    let stake = text(&withdrawn["stake_accounts"][0]["address"]);
    confirmed_late(&stage, &format!("deposit-stake {pool} {stake}")).await;
    confirmed_late(&stage, &format!("withdraw {pool} 2")).await;
    confirmed_after(BLOCKS_OF_SLOT_HASHES, &stage, &format!("lookup-tables {pool} --make")).await;
    confirmed_late(&stage, &format!("lookup-tables {pool} --close")).await;
    let (staker, _) = stage.another_wallet("staker", SOL);
    confirmed_late(&stage, &format!("set-staker {pool} {staker}")).await;
}
