//! Commands that update a pool first. Where nothing is sent, what they show, sign or simulate is the command itself, never
//! the update alone.

use {
    super::{
        harness::{NOT_NOW, Stage, USAGE, assert_fails, text},
        signing::nonce_account,
        withdrawals::staked_pool,
    },
    serde_json::Value,
    solana_signer::Signer as _,
    std::collections::BTreeSet,
    tidepool_cli::{command_line, exit::Exit},
    tidepool_client::cluster::Cluster as _,
};

/// A command line of each command that updates a pool first, with the label of its transaction.
fn lines(stage: &Stage, pool: &str, stake_account: &str, other: &str) -> Vec<(String, &'static str)> {
    let [first, second, new] = [0, 1, 2].map(|index| stage.vote(index));
    vec![
        (format!("deposit-sol {pool} 1"), "deposit SOL"),
        (format!("deposit-stake {pool} {stake_account}"), "deposit stake"),
        (format!("withdraw {pool} 1"), "withdraw"),
        (format!("withdraw-sol {pool} 1"), "withdraw SOL"),
        (format!("withdraw-stake {pool} 2"), "withdraw"),
        (format!("move {pool} {other} 2"), "move"),
        (format!("add-validator {pool} {new}"), "add validator"),
        (format!("remove-validator {pool} {second}"), "remove"),
        (format!("increase {pool} {first} 2"), "increase"),
        (format!("decrease {pool} {first} 2"), "decrease"),
        (format!("set-fee {pool} epoch 7%"), "fee"),
        (format!("rebalance {pool}"), "rebalance"),
        (format!("crank {pool} --no-demote"), "rebalance"),
        (format!("demote {pool} {first}"), "demote"),
        (format!("claim {pool}"), "pay exit ticket"),
        (format!("cancel-exit {pool} 0"), "cancel exit ticket"),
    ]
}

async fn hows(stage: &Stage) -> [String; 3] {
    let hash = stage.cluster.latest_blockhash().await.unwrap().hash;
    ["--dry-run".into(), format!("--sign-only --blockhash {hash}"), "--dump-transaction-message".into()]
}

/// A pool with two validators, weights that the stake does not follow, a policy that can demote both, a ticket, a stake account of
/// the wallet at the first, and another pool with this validator.
async fn scenario(stage: &Stage) -> (String, String, String) {
    let pool = staked_pool(stage, "").await;
    let (first, second) = (stage.vote(0), stage.vote(1));
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 3 --validator {first}")).await;
    stage.must(&format!("set-weights {pool} --set {first}=1 --set {second}=3")).await;
    let policy = "--require-bls-key true --max-validators 5 --max-stake 100%";
    stage.must(&format!("set-demotion-policy {pool} {policy}")).await;
    stage.must(&format!("withdraw {pool} 1 --as ticket")).await;
    let other = stage.pool("").await;
    stage.must(&format!("add-validator {other} {first}")).await;
    (pool, text(&withdrawn["stake_accounts"][0]["address"]), other)
}

/// Labels of what was simulated, signed or shown.
fn labels(answer: &Value) -> Vec<String> {
    let listed = if answer["simulated"].is_null() { &answer["transactions"] } else { &answer["simulated"] };
    listed.as_array().unwrap().iter().map(|transaction| text(&transaction["label"])).collect()
}

#[tokio::test]
async fn the_table_holds_every_command_that_updates_first() {
    let stage = Stage::new();
    let in_table: BTreeSet<String> = lines(&stage, "POOL", "STAKE", "OTHER")
        .into_iter()
        .map(|(line, _)| line.split_whitespace().next().unwrap().to_owned())
        .collect();
    let all = command_line::command();
    let update_first = all.get_subcommands().filter_map(|command| {
        let has_option = command.get_arguments().any(|argument| argument.get_long() == Some("no-update"));
        // A crank has no such option: to update is a part of what it is asked for.
        (has_option || command.get_name() == "crank").then(|| command.get_name().to_owned())
    });
    assert_eq!(in_table, update_first.collect());
}

#[tokio::test]
async fn refuses_a_stale_pool_instead_of_answering_with_the_update() {
    let stage = Stage::new();
    let (pool, stake_account, other) = scenario(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let advice = format!("run `tidepool update {pool}`");
    for (line, _) in lines(&stage, &pool, &stake_account, &other) {
        for how in hows(&stage).await {
            let error = match stage.run(&format!("{line} {how}")).await {
                Ok(answer) => panic!("{line} {how}: {answer:#}"),
                Err(error) => error,
            };
            let (message, json) = (error.to_string(), error.json());
            assert!(message.contains(&advice) && !message.contains('\n'), "{line} {how}: {message}");
            assert!(message.contains("epoch 1") && message.contains("epoch 2"), "{line} {how}: {message}");
            assert_eq!(json["error"]["kind"], "not_now", "{line} {how}");
            assert_eq!((error.exit() as u8, json["error"]["exit_code"].as_u64()), (NOT_NOW, Some(5)), "{line} {how}");
            assert_eq!(json["error"]["message"], message, "{line} {how}");
        }
    }
    // The update is answered where it is asked for.
    for how in hows(&stage).await {
        for line in [format!("update {pool}"), format!("crank {pool} --no-rebalance")] {
            let answer = stage.must(&format!("{line} {how}")).await;
            assert!(labels(&answer).iter().all(|label| label.contains("update")), "{line} {how}: {answer:#}");
        }
    }
    stage.must(&format!("update {pool}")).await;
    stage.must(&format!("update {other}")).await;
    for (line, label) in lines(&stage, &pool, &stake_account, &other) {
        for how in hows(&stage).await {
            // A rehearsed rebalance is a plan.
            if how == "--dry-run" && line.starts_with("rebalance") {
                continue;
            }
            let answer = stage.must(&format!("{line} {how}")).await;
            assert_eq!(stage.exit.get(), Exit::Done, "{line} {how}: {answer:#}");
            let labels = labels(&answer);
            assert!(labels.iter().any(|found| found.contains(label)), "{line} {how}: {labels:?}");
            assert!(!labels.iter().any(|found| found.contains("update")), "{line} {how}: {labels:?}");
        }
    }
}

/// The same for a pool of which an update of this epoch left stake unmerged.
#[tokio::test]
async fn refuses_unmerged_stake_instead_of_answering_with_the_merge() {
    let stage = Stage::new();
    let (pool, stake_account, other) = scenario(&stage).await;
    stage.must(&format!("increase {pool} {} 5", stage.vote(0))).await;
    stage.cluster.advance_epoch().unwrap();
    stage.must(&format!("update {pool} --no-merge")).await;
    for (line, _) in lines(&stage, &pool, &stake_account, &other) {
        // The fee is set whether or not stake is merged.
        if line.starts_with("set-fee") {
            continue;
        }
        for how in hows(&stage).await {
            let parts = ["stake of 1 validator can be merged", &format!("run `tidepool update {pool}`")];
            assert_fails(&stage, &format!("{line} {how}"), NOT_NOW, &parts).await;
        }
    }
    // What does not depend on it can be had without.
    for how in hows(&stage).await {
        let answer = stage.must(&format!("deposit-sol {pool} 1 --no-update {how}")).await;
        assert_eq!(labels(&answer), ["deposit SOL"]);
    }
}

/// A nonce, a blockhash or a signature belongs to the command's own transaction: an update would use it up, or void it.
#[tokio::test]
async fn refuses_a_stale_pool_where_a_nonce_or_blockhash_is_given() {
    let stage = Stage::new();
    let (pool, stake_account, other) = scenario(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let (nonce, hash) = nonce_account(&stage, stage.wallet.pubkey());
    let latest = stage.cluster.latest_blockhash().await.unwrap().hash;
    let before = stage.cluster.account(&nonce);
    for (line, _) in lines(&stage, &pool, &stake_account, &other) {
        for how in
            [format!("--nonce {nonce}"), format!("--blockhash {latest}"), format!("--nonce {nonce} --blockhash {hash}")]
        {
            let parts = ["epoch 1", "epoch 2", &format!("run `tidepool update {pool}`")];
            assert_fails(&stage, &format!("{line} {how}"), NOT_NOW, &parts).await;
        }
    }
    assert_eq!(stage.cluster.account(&nonce), before);
}

#[tokio::test]
async fn refuses_several_pools_where_nothing_is_sent() {
    let stage = Stage::new();
    let pools = [stage.pool("").await, stage.pool("").await];
    stage.cluster.advance_epoch().unwrap();
    for how in hows(&stage).await {
        let line = format!("crank {} {} --no-rebalance {how}", pools[0], pools[1]);
        assert_fails(&stage, &line, USAGE, &["one pool"]).await;
        // Tables are closed in several steps, of which only the first could be shown.
        let line = format!("lookup-tables {} --close --wait {how}", pools[0]);
        assert_fails(&stage, &line, USAGE, &["--wait"]).await;
    }
}
