//! Hostile updates that merge nothing, and the updates that make up for them.

use {
    super::{
        crank::{snapshot, weighted_pool},
        harness::{Random, SOL, Stage, number},
    },
    serde_json::json,
    solana_address::Address,
    solana_keypair::Keypair,
    tidepool_client::plan::{self, UpdateOptions},
    tidepool_interface::state::ValidatorStakeInfo,
};

/// Updates first in the epoch, by the SPL instruction, and merges nothing.
async fn update_without_merging(stage: &Stage, pool: &str, payer: &Keypair) {
    let options = UpdateOptions { no_merge: true, ..UpdateOptions::default() };
    let plan = plan::update(&snapshot(stage, pool).await, &options).unwrap();
    for group in plan.groups() {
        stage.cluster.process(&group.instructions, payer, &[]).unwrap();
    }
}

/// What the records of a pool say, and what its reserve has.
async fn holdings(stage: &Stage, pool: &str) -> (Vec<(Address, u64, u64, bool)>, u64, u64) {
    let snapshot = snapshot(stage, pool).await;
    let of = |record: &ValidatorStakeInfo| {
        let (active, transient) = (record.active_stake_lamports.get(), record.transient_stake_lamports.get());
        (record.vote_account_address, active, transient, record.extension.is_deactivating())
    };
    let records = snapshot.records().iter().map(of).collect();
    (records, snapshot.reserve_lamports(), snapshot.rate().total_lamports.get())
}

#[tokio::test]
async fn hostile_updates_without_merging_leave_no_trace() {
    let stage = Stage::new();
    let [attacked, spared] = [weighted_pool(&stage).await, weighted_pool(&stage).await];
    let hostile = stage.cluster.funded_keypair(SOL);
    let both = format!("{attacked} {spared}");
    stage.must(&format!("crank {both}")).await;
    let mut repaired = 0;
    for epoch in 0..6 {
        stage.cluster.advance_epoch().unwrap();
        update_without_merging(&stage, &attacked, &hostile).await;
        let shown = stage.must(&format!("show {attacked}")).await;
        let (mergeable, listed) =
            (number(&shown["validators"]["mergeable"]), stage.must(&format!("list {attacked}")).await);
        let marked = listed["validators"].as_array().unwrap().iter().filter(|entry| entry["mergeable"] == true).count();
        assert_eq!((&shown["stale"], marked as u64), (&json!(false), mergeable), "epoch {epoch}");
        repaired += mergeable;
        if epoch == 1 {
            // Stake has to come back for the reserve.
            for pool in [&attacked, &spared] {
                stage.must(&format!("set-policy {pool} --reserve-share 10%")).await;
            }
        }
        let cranked = stage.must(&format!("crank {both}")).await;
        assert_eq!(cranked["pools"][0]["validators_mergeable"], 0, "epoch {epoch}");
        assert_eq!(holdings(&stage, &attacked).await, holdings(&stage, &spared).await, "epoch {epoch}");
        assert_eq!(cranked["pools"][0]["validators_off_target"], cranked["pools"][1]["validators_off_target"]);
        let again = stage.must(&format!("crank {attacked}")).await;
        assert_eq!(again["pools"][0]["rounds"], 0, "epoch {epoch}: nothing is left");
    }
    assert!(repaired >= 8, "{repaired} merges were held up");
    let shown = stage.must(&format!("show {attacked}")).await;
    assert!(number(&shown["stake"]["withdrawable_reserve_lamports"]) > 10 * SOL, "the reserve was refilled: {shown}");
}

/// A command that changes a pool, as the staker, the manager or a holder would send it.
fn random_command(random: &mut Random, stage: &Stage) -> impl Fn(&str) -> String + use<> {
    let (name, vote, amount) = (random.below(7), stage.vote(random.below(4) as usize), 1 + random.below(30));
    move |pool| match name {
        0 | 1 => format!("deposit-sol {pool} {amount}"),
        2 => format!("withdraw-sol {pool} {amount}"),
        3 => format!("set-weights {pool} --set {vote}={amount}"),
        4 => format!("set-policy {pool} --reserve-share {amount}%"),
        5 => format!("rebalance {pool}"),
        _ => format!("decrease {pool} {vote} {amount}"),
    }
}

/// Random commands on two pools alike, and hostile updates of one of them in between: after each crank both have the same.
#[tokio::test]
async fn hostile_updates_in_random_histories_leave_no_trace() {
    let stage = Stage::new();
    let [attacked, spared] = [weighted_pool(&stage).await, weighted_pool(&stage).await];
    let hostile = stage.cluster.funded_keypair(SOL);
    let mut random = Random(14);
    let (mut done, mut repaired) = (0, 0);
    for epoch in 0..24 {
        stage.cluster.advance_epoch().unwrap();
        for _ in 0..random.below(4) {
            if random.below(2) == 0 {
                update_without_merging(&stage, &attacked, &hostile).await;
            }
            let shown = stage.must(&format!("show {attacked}")).await;
            repaired += if shown["stale"] == false { number(&shown["validators"]["mergeable"]) } else { 0 };
            let command = random_command(&mut random, &stage);
            let [one, other] = [stage.run(&command(&attacked)).await, stage.run(&command(&spared)).await];
            assert_eq!(one.is_ok(), other.is_ok(), "epoch {epoch}: {}: {one:?} {other:?}", command("POOL"));
            done += u64::from(one.is_ok());
        }
        if random.below(2) == 0 {
            update_without_merging(&stage, &attacked, &hostile).await;
        }
        stage.must(&format!("crank {attacked} {spared}")).await;
        assert_eq!(holdings(&stage, &attacked).await, holdings(&stage, &spared).await, "epoch {epoch}");
    }
    assert!(done > 15 && repaired > 8, "{done} commands, {repaired} merges held up");
}

#[tokio::test]
async fn a_plain_pool_is_repaired_by_the_spl_instruction() {
    let stage = Stage::new();
    let hostile = stage.cluster.funded_keypair(SOL);
    let mut pools = vec![];
    for _ in 0..2 {
        let pool = stage.pool("--without-extension").await;
        stage.add_validators(&pool, 0..3).await;
        stage.must(&format!("deposit-sol {pool} 60")).await;
        stage.must(&format!("increase {pool} {} 20", stage.vote(0))).await;
        stage.must(&format!("increase {pool} {} 20", stage.vote(1))).await;
        pools.push(pool);
    }
    let [attacked, spared] = [&pools[0], &pools[1]];
    for epoch in 0..3 {
        stage.cluster.advance_epoch().unwrap();
        update_without_merging(&stage, attacked, &hostile).await;
        let shown = stage.must(&format!("show {attacked}")).await;
        let expected = [2, 2, 0][epoch];
        assert_eq!(number(&shown["validators"]["mergeable"]), expected, "epoch {epoch}");
        let cranked = stage.must(&format!("crank {attacked} {spared}")).await;
        assert_eq!(number(&cranked["pools"][0]["rounds"]), u64::from(expected > 0), "epoch {epoch}");
        assert_eq!(holdings(&stage, attacked).await, holdings(&stage, spared).await, "epoch {epoch}");
        if epoch == 0 {
            for pool in &pools {
                // Of an active validator, and of one that is removed.
                stage.must(&format!("decrease {pool} {} 5", stage.vote(0))).await;
                stage.must(&format!("remove-validator {pool} {}", stage.vote(1))).await;
            }
        }
    }
    assert_eq!(snapshot(&stage, attacked).await.records().len(), 2, "the removed validator is cleaned up");
}

#[tokio::test]
async fn commands_that_update_first_merge_first() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let hostile = stage.cluster.funded_keypair(SOL);
    stage.must(&format!("crank {pool}")).await;
    stage.cluster.advance_epoch().unwrap();
    update_without_merging(&stage, &pool, &hostile).await;
    for command in ["rebalance --dry-run", "rebalance --no-update"] {
        let (name, options) = command.split_once(' ').unwrap();
        let (code, message) = stage.fails(&format!("{name} {pool} {options}")).await;
        assert!(code == 5 && message.contains("4 validators") && message.contains("tidepool update"), "{message}");
    }
    let explained = stage.must(&format!("explain-stake {pool} {}", stage.vote(0))).await;
    assert_eq!(
        (&explained["next"]["step"], &explained["in_motion"]["arrives_in_epoch"]),
        (&json!("needs_update"), &json!(1))
    );
    // The program trades without it.
    let deposit = stage.must(&format!("deposit-sol {pool} 1 --no-update")).await;
    assert_eq!(deposit["transactions"].as_array().unwrap().len(), 1);
    let deposit = stage.must(&format!("deposit-sol {pool} 1")).await;
    assert!(deposit["transactions"].as_array().unwrap().len() > 1, "{deposit}");
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!((&shown["validators"]["mergeable"], &shown["stake"]["activating_lamports"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn stake_of_this_epoch_is_not_due() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let hostile = stage.cluster.funded_keypair(SOL);
    stage.must(&format!("crank {pool}")).await;
    let again = stage.must(&format!("crank {pool}")).await;
    assert_eq!(again["pools"][0]["rounds"], 0, "what was activated in this epoch is merged in a later one");
    update_without_merging(&stage, &pool, &hostile).await;
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["validators"]["mergeable"], 0);
}
