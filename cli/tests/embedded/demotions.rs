//! Validators that lose their stake without the staker.

use {
    super::{
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails, assert_malformed, fields, number},
        settings::{says, sets, shown},
    },
    serde_json::{Value, json},
    solana_address::Address,
};

/// Offset of the commission on inflation rewards in a vote account of version 4.
const COMMISSION: usize = 4 + 4 * 32;

const POLICY: &str = "--max-commission 10% --epochs-without-credits 2 --cooldown 3 --max-validators 5 --max-stake 100%";

/// A pool of four validators with equal weights and 25 SOL each, and a demotion policy.
async fn pool(stage: &Stage) -> String {
    let pool = stage.pool("").await;
    stage.add_validators(&pool, 0..4).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("deposit-sol {pool} 90")).await;
    stage.must(&format!("crank {pool}")).await;
    stage.next_epoch(&pool).await;
    sets(stage, &format!("set-demotion-policy {pool} {POLICY}")).await;
    pool
}

/// Sets the commission of a validator, in basis points.
fn set_commission(stage: &Stage, vote: &Address, basis_points: u16) {
    let mut account = stage.cluster.account(vote).unwrap();
    assert_eq!(account.data[0], 3, "version 4");
    account.data[COMMISSION..COMMISSION + 2].copy_from_slice(&basis_points.to_le_bytes());
    stage.cluster.set_account(vote, account);
}

async fn entry(stage: &Stage, pool: &str, vote: &Address) -> Value {
    let listed = stage.must(&format!("list {pool}")).await;
    let all = listed["validators"].as_array().unwrap();
    all.iter().find(|entry| entry["vote"] == vote.to_string()).unwrap().clone()
}

#[tokio::test]
async fn policy_is_set_in_parts() {
    let (stage, pool) = Stage::with_pool("").await;
    let set = sets(&stage, &format!("set-demotion-policy {pool} --max-commission 7% --require-bls-key true")).await;
    assert_eq!(
        fields(&set),
        ["announced", "changed", "demotion_policy", "demotion_policy_before", "pool", "transactions"]
    );
    says(&stage, "at most 7 % (before: none)");
    says(&stage, "no validator can be demoted: set --max-validators and --max-stake");
    let set = sets(&stage, &format!("set-demotion-policy {pool} {POLICY} --require-bls-key false")).await;
    assert_eq!(
        set["demotion_policy"],
        json!({
            "max_inflation_commission_basis_points": 1_000,
            "max_block_commission_basis_points": null,
            "epochs_without_credits": 2,
            "requires_bls_key": false,
            "cooldown_epochs": 3,
            "max_validators": 5,
            "max_stake_basis_points": 10_000,
        })
    );
    assert_eq!(set["demotion_policy_before"]["requires_bls_key"], true);
    let found = shown(&stage, &pool).await;
    assert_eq!(found["extension"]["demotion_policy"], set["demotion_policy"]);
    says(&stage, "none for 2 epochs demotes");
    let set = sets(&stage, &format!("set-demotion-policy {pool} --max-commission none")).await;
    assert_eq!(set["demotion_policy"]["max_inflation_commission_basis_points"], Value::Null);

    let line = format!("set-demotion-policy {pool} --epochs-without-credits 31");
    assert_fails(&stage, &line, REFUSED, &["31 epochs: use at most 30", "InvalidDemotionPolicy"]).await;
    let line = format!("set-demotion-policy {pool} --cooldown 1001");
    assert_fails(&stage, &line, REFUSED, &["1001 epochs: use at most 1000", "InvalidDemotionPolicy"]).await;
    let (_, file) = stage.another_wallet("other", SOL);
    let line = format!("set-demotion-policy {pool} --cooldown 1 --manager {file}");
    assert_fails(&stage, &line, USAGE, &["the pool's manager", "--manager"]).await;
    assert_malformed(&format!("set-demotion-policy {pool}"), "required arguments were not provided");
    assert_malformed(&format!("set-demotion-policy {pool} --max-commission 101%"), "use a smaller share, or none");
    let plain = stage.pool("--without-extension").await;
    let line = format!("set-demotion-policy {plain} --cooldown 1");
    assert_fails(&stage, &line, REFUSED, &["no extension", "tidepool extend-pool"]).await;
}

#[tokio::test]
async fn policy_is_announced_in_a_pool_with_a_notice() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.must(&format!("set-limits {pool} --notice-epochs 1")).await;
    let line = format!("set-demotion-policy {pool} {POLICY}");
    let announced = stage.must(&line).await;
    assert_eq!(announced["changed"], false);
    let epoch = number(&announced["announced"]["from_epoch"]);
    assert_eq!(shown(&stage, &pool).await["extension"]["demotion_policy"]["max_validators"], 0);
    says(&stage, "demotion policy");
    stage.next_epoch(&pool).await;
    let set = stage.must(&line).await;
    assert_eq!((&set["changed"], &set["demotion_policy"]["max_validators"]), (&json!(true), &json!(5)));
    assert_eq!(shown(&stage, &pool).await["epoch"], epoch);
}

#[tokio::test]
async fn crank_demotes_a_validator_that_raises_its_commission() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    let vote = stage.vote(1);
    let quiet = stage.must(&format!("crank {pool}")).await;
    assert_eq!((&quiet["pools"][0]["demotions"], &quiet["pools"][0]["demoted_validators"]), (&json!([]), &json!(0)));
    set_commission(&stage, &vote, 1_001);

    let left = stage.must(&format!("crank {pool} --no-demote")).await;
    assert_eq!(left["pools"][0]["demoted_validators"], 0);
    let rebalanced = stage.must(&format!("rebalance {pool}")).await;
    assert_eq!(rebalanced["movements"], json!([]));
    let explained = stage.must(&format!("explain-stake {pool} {vote}")).await;
    assert_eq!(explained["demotion_grounds"], json!(["inflation_commission"]));
    assert_eq!(explained["demoted_in_epoch"], Value::Null);
    says(&stage, "its vote account proves a ground: commission on inflation rewards above");

    let cranked = stage.must(&format!("crank {pool}")).await;
    let round = &cranked["pools"][0];
    let epoch = number(&round["epoch"]);
    assert_eq!(round["demotions"][0]["vote"], vote.to_string());
    assert_eq!(round["demotions"][0]["ground"], "inflation_commission");
    assert_eq!((&round["demoted_validators"], &round["postponed_demotions"]), (&json!(1), &json!([])));
    says(&stage, "demoted");
    let explained = stage.must(&format!("explain-stake {pool} {vote}")).await;
    assert_eq!((&explained["weight"], &explained["demoted_in_epoch"]), (&json!(0), &json!(epoch)));
    assert_eq!(explained["reinstatable_from_epoch"], epoch + 3);
    assert_eq!(explained["in_motion"]["to"], "reserve");
    says(&stage, "its vote account still proves a ground");
    let listed = entry(&stage, &pool, &vote).await;
    assert_eq!((&listed["demoted_in_epoch"], &listed["cautions"]), (&json!(epoch), &json!(["demoted"])));
    shown(&stage, &pool).await;
    says(&stage, "1 validator: see `tidepool list`");

    // All but the minimum returns, and goes to the others.
    stage.cluster.advance_epoch().unwrap();
    stage.must(&format!("crank {pool}")).await;
    stage.next_epoch(&pool).await;
    let demoted = number(&entry(&stage, &pool, &vote).await["active_lamports"]);
    assert!((SOL..SOL + SOL / 10).contains(&demoted), "{demoted}");
    assert!(number(&entry(&stage, &pool, &stage.vote(0)).await["active_lamports"]) > 30 * SOL);

    let line = format!("increase {pool} {vote} 2");
    assert_fails(&stage, &line, REFUSED, &["was demoted", "ValidatorDemoted"]).await;
    let csv = stage.file("weights.csv", format!("vote,weight\n{vote},1\n"));
    let weigh = format!("set-weights {pool} --file {csv}");
    assert_fails(&stage, &weigh, REFUSED, &["can have a weight from epoch", "ValidatorDemoted"]).await;
    stage.next_epoch(&pool).await;
    set_commission(&stage, &vote, 500);
    stage.must(&weigh).await;
    let explained = stage.must(&format!("explain-stake {pool} {vote}")).await;
    assert_eq!((&explained["weight"], &explained["demoted_in_epoch"]), (&json!(1), &Value::Null));
}

#[tokio::test]
async fn idle_validators_are_demoted_beside_a_peer() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    let vote = stage.vote(2);
    let line = format!("demote {pool} {vote}");
    assert_fails(&stage, &line, REFUSED, &["proves no ground", "NoGroundForDemotion"]).await;
    stage.cluster.set_performance(&vote, 0).unwrap();
    stage.next_epoch(&pool).await;
    assert_fails(&stage, &line, REFUSED, &["NoGroundForDemotion"]).await;
    stage.next_epoch(&pool).await;
    let demoted = stage.run_as("wallet", &line).await.unwrap();
    assert_eq!(
        fields(&demoted),
        ["epoch", "ground", "lamports", "pool", "reinstatable_from_epoch", "transactions", "vote"]
    );
    assert_eq!(demoted["ground"], "no_credits");
    says(&stage, "no vote credits");
    assert_fails(&stage, &line, REFUSED, &["was demoted in epoch", "already", "ValidatorDemoted"]).await;
    let unknown = Address::new_unique();
    assert_fails(&stage, &format!("demote {pool} {unknown}"), REFUSED, &["ValidatorNotFound"]).await;
    sets(&stage, &format!("set-demotion-policy {pool} --max-validators 0")).await;
    let line = format!("demote {pool} {}", stage.vote(0));
    assert_fails(&stage, &line, REFUSED, &["demotes no validator", "tidepool set-demotion-policy"]).await;
}

#[tokio::test]
async fn demotions_stay_within_the_bounds_of_the_epoch() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    sets(&stage, &format!("set-demotion-policy {pool} --max-validators 1")).await;
    for index in 0..2 {
        set_commission(&stage, &stage.vote(index), 10_000);
    }
    let cranked = stage.must(&format!("crank {pool}")).await;
    let round = &cranked["pools"][0];
    assert_eq!(round["demotions"].as_array().unwrap().len(), 1);
    assert_eq!(round["postponed_demotions"].as_array().unwrap().len(), 1);
    says(&stage, "the bounds of the epoch are reached");
    let rest = [0, 1].map(|index| stage.vote(index)).into_iter();
    let rest = rest.map(|vote| vote.to_string()).find(|vote| round["postponed_demotions"][0]["vote"] == *vote).unwrap();
    assert_fails(&stage, &format!("demote {pool} {rest}"), REFUSED, &["DemotionBoundReached"]).await;
    stage.cluster.advance_epoch().unwrap();
    let cranked = stage.must(&format!("crank {pool}")).await;
    assert_eq!(cranked["pools"][0]["demotions"][0]["vote"], rest);
    assert_eq!(cranked["pools"][0]["demoted_validators"], 2);
}
