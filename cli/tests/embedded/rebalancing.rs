//! Stake that finds its way by itself: extended pools, from weights to epochs later.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{SOL, Stage, number, text},
    },
    serde_json::{Value, json},
    solana_address::Address,
    tidepool_client::{
        plan::{self, RebalanceOptions},
        pool::{PoolSnapshot, ReadOptions},
    },
};

const RENT: u64 = 2_282_880;

/// A pool of SPL tools with three validators, extended, of which two have weights: 3 to 1.
async fn weighted_pool(stage: &Stage) -> String {
    let pool = stage.pool("--without-extension").await;
    stage.add_validators(&pool, 0..3).await;
    stage.must(&format!("extend-pool {pool}")).await;
    let csv = stage.file("weights.csv", format!("vote,weight\n{},30\n{},10\n", stage.vote(0), stage.vote(1)));
    stage.must(&format!("set-weights {pool} --file {csv}")).await;
    pool
}

/// `(index, to, lamports)` of each movement.
fn movements(stage: &Stage, answer: &Value) -> Vec<(usize, String, u64)> {
    let votes = stage.cluster.votes();
    let movement = |movement: &Value| {
        let index = votes.iter().position(|vote| movement["vote"] == vote.to_string()).unwrap();
        (index, text(&movement["to"]), number(&movement["lamports"]))
    };
    answer["movements"].as_array().unwrap().iter().map(movement).collect()
}

async fn record(stage: &Stage, pool: &str, index: usize) -> Value {
    let vote = stage.vote(index).to_string();
    let listed = stage.must(&format!("list {pool}")).await;
    listed["validators"].as_array().unwrap().iter().find(|entry| entry["vote"] == vote).unwrap().clone()
}

async fn explain(stage: &Stage, pool: &str, vote: Address) -> Value {
    // No authority's keypair is available.
    stage.run_as("missing", &format!("explain-stake {pool} {vote}")).await.unwrap()
}

#[tokio::test]
async fn deposits_spread_themselves() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.another_wallet("payer", SOL);
    stage.must(&format!("deposit-sol {pool} 100")).await;

    let explained = explain(&stage, &pool, stage.vote(0)).await;
    assert_eq!((&explained["weight"], &explained["weights"]), (&json!(30), &json!(40)));
    assert_eq!(explained["weight_share_basis_points"], 7_500);
    assert_eq!(explained["next"]["step"], "increase");
    let due = number(&explained["next"]["lamports"]);

    let planned = stage.run_as("missing", &format!("rebalance {pool} --dry-run")).await.unwrap();
    assert_eq!((&planned["dry_run"], &planned["transactions"]), (&json!(true), &json!([])));
    assert!(stage.text.borrow()[0].contains("Would move"), "{}", stage.text.borrow()[0]);
    assert_eq!(record(&stage, &pool, 0).await["transient_lamports"], 0, "a dry run moves nothing");

    let wallet = stage.run_as("payer", &format!("rebalance {pool}")).await.unwrap();
    assert_eq!(movements(&stage, &wallet), movements(&stage, &planned));
    assert_eq!(wallet["rebalance_transactions"], planned["rebalance_transactions"]);
    assert_eq!(wallet["idle"], planned["idle"]);
    assert!(movements(&stage, &wallet).contains(&(0, "validator".into(), due)));
    for (index, _, lamports) in movements(&stage, &wallet) {
        assert_eq!(record(&stage, &pool, index).await["transient_lamports"], lamports + RENT);
    }
    // The validator without a weight got nothing, and the reserve has nothing to spare.
    assert_eq!(record(&stage, &pool, 2).await["transient_lamports"], 0);
    assert!(number(&wallet["idle"]["left_in_reserve_lamports"]) < SOL);

    // A second call finds nothing to do, and says why.
    let again = stage.run_as("payer", &format!("rebalance {pool}")).await.unwrap();
    assert_eq!((&again["movements"], &again["transactions"]), (&json!([]), &json!([])));
    assert_eq!(again["why_nothing_moves"], "the validator's activating or deactivating stake stays as it is");
    assert!(stage.text.borrow()[0].contains("Nothing moves"));

    let explained = explain(&stage, &pool, stage.vote(0)).await;
    assert_eq!(explained["in_motion"], json!({ "lamports": due + RENT, "to": "validator", "arrives_in_epoch": 1 }));
    assert_eq!(explained["next"]["step"], "nothing");
    let slots = number(&explained["slots_until_next_epoch"]);
    assert_eq!(number(&explained["seconds_until_next_epoch"]), slots * 400 / 1_000);
    assert!(stage.text.borrow()[0].contains("1 begins in"), "{}", stage.text.borrow()[0]);
}

#[tokio::test]
async fn a_stale_pool_is_updated_first_and_weights_are_met_epochs_later() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.another_wallet("payer", SOL);
    stage.must(&format!("deposit-sol {pool} 100")).await;
    stage.run_as("payer", &format!("rebalance {pool}")).await.unwrap();
    // Other weights: what is with the first has to move to the second, by a fifth of the pool in an epoch.
    stage.must(&format!("set-weights {pool} --set {}=10 --set {}=30", stage.vote(0), stage.vote(1))).await;
    stage.must(&format!("set-policy {pool} --turnover-budget 20%")).await;
    stage.cluster.advance_epoch().unwrap();
    let (code, message) = stage.fails(&format!("rebalance {pool} --no-update")).await;
    assert!(code == 5 && message.contains("omit --no-update"), "{message}");
    let (code, message) = stage.fails(&format!("rebalance {pool} --dry-run")).await;
    assert!(code == 5 && message.contains("rewards that the update adds"), "{message}");

    let moved = stage.run_as("payer", &format!("rebalance {pool}")).await.unwrap();
    let sent = moved["transactions"].as_array().unwrap().len() as u64;
    assert!(sent > number(&moved["rebalance_transactions"]), "the update comes first: {moved:#}");
    let [(index, to, lamports)] = &movements(&stage, &moved)[..] else { panic!("{moved:#}") };
    assert_eq!((*index, to.as_str()), (0, "reserve"));
    let budget = 110 * SOL / 5;
    assert!(*lamports <= budget && *lamports > budget - SOL, "{lamports}");
    assert_eq!(moved["idle"]["lost_lamport_epochs"], *lamports);
    assert!(number(&moved["turnover_left_lamports"]) < SOL);

    for _ in 0..4 {
        stage.cluster.advance_epoch().unwrap();
        stage.run_as("payer", &format!("rebalance {pool}")).await.unwrap();
    }
    let [first, second] =
        [record(&stage, &pool, 0).await, record(&stage, &pool, 1).await].map(|entry| number(&entry["active_lamports"]));
    assert!(second / SOL > 75 && first / SOL < 30, "{first} {second}");
}

#[tokio::test]
async fn somebody_who_is_faster_does_no_harm() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.must(&format!("deposit-sol {pool} 100")).await;
    let snapshot = PoolSnapshot::read(&stage.cluster, &pool.parse().unwrap(), &ReadOptions::default()).await.unwrap();
    let planned = plan::rebalance(&snapshot, &RebalanceOptions::default()).unwrap();
    let other = stage.cluster.funded_keypair(SOL);
    let faster = TestEndpoint::with_competing_change(&stage.cluster, || {
        for group in planned.plan.groups() {
            stage.cluster.process(&group.instructions, &other, &[]).unwrap();
        }
    });
    let moved = stage.run_on(&faster, "wallet", &format!("rebalance {pool}")).await.unwrap();
    let by_plan: Vec<u64> = planned.movements.iter().map(|movement| movement.lamports).collect();
    let seen: Vec<u64> = movements(&stage, &moved).into_iter().map(|(_, _, lamports)| lamports).collect();
    assert_eq!(seen, by_plan, "reported transient stake differs");
}

#[tokio::test]
async fn pools_that_cannot_be_rebalanced_say_so() {
    let (stage, plain) = Stage::with_pool("--without-extension").await;
    let (code, message) = stage.fails(&format!("rebalance {plain}")).await;
    assert!(code == 3 && message.contains("has no extension"), "{message}");
    let pool = stage.pool("").await;
    stage.must(&format!("add-validator {pool} {}", stage.vote(0))).await;
    let nothing = stage.must(&format!("rebalance {pool}")).await;
    assert!(text(&nothing["why_nothing_moves"]).contains("set-weights"));
    let explained = explain(&stage, &pool, stage.vote(0)).await;
    assert_eq!((&explained["target_lamports"], &explained["next"]["step"]), (&json!(null), &json!("nothing")));
    assert_eq!(explained["next"]["reason"], "the validator has no weight");
    stage.must(&format!("add-validator {plain} {}", stage.vote(0))).await;
    let explained = explain(&stage, &plain, stage.vote(0)).await;
    assert_eq!(explained["next"]["step"], "not_extended");
    let (code, message) = stage.fails(&format!("explain-stake {plain} {}", stage.vote(1))).await;
    assert!(code == 3 && message.contains("is not in the pool"), "{message}");
}
