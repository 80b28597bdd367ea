//! The events of a pool, read back from its history and compared with it.

use {
    super::{
        harness::{REFUSED, Random, SOL, Stage, USAGE, assert_fails, assert_malformed, fields, number, text},
        withdrawals::staked_pool,
    },
    serde_json::{Value, json},
    solana_address::Address,
    tidepool_client::{
        events::{Cursor, EventReader, Follow, FollowOptions, Followed, Note, Reconciliation, Record, Start, Totals},
        pool::{PoolSnapshot, ReadOptions},
    },
    tidepool_embedded::EmbeddedCluster,
};

/// A pool with all kinds of events in its history. Its fee account is that of the wallet.
pub async fn life(stage: &Stage) -> String {
    let pool = staked_pool(stage, "--epoch-fee 5% --withdrawal-fee 1% --deposit-fee 10bps").await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("set-policy {pool} --reserve-share 10%")).await;
    stage.must(&format!("set-fee {pool} sol-withdrawal 1.5%")).await;
    stage.must(&format!("crank {pool}")).await;
    stage.next_epoch(&pool).await;
    let demotions = "--max-commission 10% --epochs-without-credits 2 --cooldown 3 --max-validators 5 --max-stake 100%";
    stage.must(&format!("set-demotion-policy {pool} {demotions}")).await;
    stage.must(&format!("withdraw-sol {pool} 1")).await;
    stage.must(&format!("withdraw-stake {pool} 3")).await;
    stage.must(&format!("withdraw {pool} 8 --as ticket")).await;
    stage.must(&format!("withdraw {pool} 2 --as ticket")).await;
    stage.must(&format!("crank {pool}")).await;
    stage.next_epoch(&pool).await;
    stage.must(&format!("crank {pool}")).await;
    stage.must(&format!("deposit-sol {pool} 7")).await;
    let another = stage.another_wallet("another", SOL).0;
    stage.must(&format!("set-staker {pool} {another} --allow-unsignable-address")).await;
    pool
}

async fn snapshot(stage: &Stage, pool: &str) -> PoolSnapshot {
    let pool = pool.parse().unwrap();
    PoolSnapshot::read(&stage.cluster, &pool, &ReadOptions::default()).await.unwrap()
}

fn reader<'c>(stage: &'c Stage, pool: &str) -> EventReader<'c, EmbeddedCluster> {
    let pool: Address = pool.parse().unwrap();
    EventReader::new(&stage.cluster, pool, stage.program_id)
}

async fn rest(reader: &mut EventReader<'_, EmbeddedCluster>) -> Vec<Record> {
    let mut records = vec![];
    while let Some(record) = reader.next().await.unwrap() {
        records.push(record);
    }
    records
}

fn totals(records: &[Record]) -> Totals {
    let mut totals = Totals::default();
    for record in records {
        let Record::Event(record) = record else { panic!("{record:?}") };
        if let tidepool_client::events::Event::Funds(funds) = &record.event {
            totals.add(funds);
        }
    }
    totals
}

#[tokio::test]
async fn events_of_a_life_add_up_to_the_lamport() {
    let stage = Stage::new();
    let pool = life(&stage).await;
    let records = rest(&mut reader(&stage, &pool)).await;
    let reconciled = Reconciliation::of(&totals(&records), &snapshot(&stage, &pool).await);
    assert!(reconciled.is_exact(), "{reconciled:#?}");
    assert_eq!(reconciled.difference(), Some((0, 0)));
    // The first deposit of a pool is there before it can be extended.
    assert_eq!(reconciled.totals.span.unwrap()[0].lamports, 10 * SOL);
    assert_eq!(reconciled.burned_pool_tokens(), Some(0));
    assert_eq!((reconciled.unrecorded_burned_pool_tokens(), reconciled.unrecorded_reserve_lamports()), (0, Some(0)));
    assert!(reconciled.totals.reward_lamports > 0);
    // Each key is there once.
    let keys: std::collections::HashSet<_> = records
        .iter()
        .map(|record| match record {
            Record::Event(record) => record.key,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(keys.len(), records.len());
}

#[tokio::test]
async fn gifts_and_losses_are_told_apart_as_far_as_events_go() {
    let stage = Stage::new();
    let pool = life(&stage).await;
    let reserve = snapshot(&stage, &pool).await.pool().head.reserve_stake;
    let give = |lamports: u64| {
        let mut account = stage.cluster.account(&reserve).unwrap();
        account.lamports += lamports;
        stage.cluster.set_account(&reserve, account);
    };
    give(5 * SOL);
    let records = rest(&mut reader(&stage, &pool)).await;
    let reconciled = Reconciliation::of(&totals(&records), &snapshot(&stage, &pool).await);
    assert!(reconciled.is_exact(), "the pool does not count it before the update");
    assert_eq!(reconciled.unrecorded_reserve_lamports(), Some(i128::from(5 * SOL)));
    stage.next_epoch(&pool).await;
    let records = rest(&mut reader(&stage, &pool)).await;
    let reconciled = Reconciliation::of(&totals(&records), &snapshot(&stage, &pool).await);
    assert!(reconciled.is_exact(), "{reconciled:#?}");
    assert_eq!(reconciled.totals.reserve_received_lamports, i128::from(5 * SOL));
    assert!(reconciled.totals.reward_lamports > u128::from(5 * SOL), "a gift counts as a reward");
}

/// Readers that end at random records, and others that start there while the pool goes on.
#[tokio::test]
async fn interrupted_readers_miss_and_repeat_nothing() {
    let stage = Stage::new();
    let pool = life(&stage).await;
    let mut random = Random(19);
    let (mut records, mut cursor) = (vec![], None::<Cursor>);
    for round in 0..40 {
        let mut reader = reader(&stage, &pool);
        if round % 2 == 1 {
            reader = reader.confirmed();
        }
        if let Some(cursor) = cursor.take() {
            reader = reader.start(Start::After(cursor));
        }
        for _ in 0..=random.below(4) {
            records.extend(reader.next().await.unwrap());
        }
        cursor = reader.cursor().cloned();
        if round % 8 == 7 {
            stage.must(&format!("deposit-sol {pool} {}", 1 + random.below(5))).await;
        }
    }
    let mut last = reader(&stage, &pool).start(Start::After(cursor.unwrap()));
    records.extend(rest(&mut last).await);
    assert_eq!(records, rest(&mut reader(&stage, &pool)).await);
}

#[tokio::test]
async fn followed_pool_is_read_as_it_goes_on() {
    let stage = Stage::new();
    let pool = life(&stage).await;
    let options = FollowOptions { poll_every: std::time::Duration::from_millis(1), ..FollowOptions::default() };
    let mut follow = Follow::new(reader(&stage, &pool), options);
    let mut records = vec![];
    for round in 0..3 {
        stage.must(&format!("deposit-sol {pool} {}", round + 1)).await;
        loop {
            match follow.next().await {
                Followed::Record(record) => records.push(record),
                Followed::Note(Note::CaughtUp | Note::Polling { .. }) => {}
                Followed::Note(note) => panic!("{note:?}"),
            }
            if records == rest(&mut reader(&stage, &pool)).await {
                break;
            }
        }
    }
}

#[tokio::test]
async fn transaction_has_its_events() {
    let stage = Stage::new();
    let pool = life(&stage).await;
    let deposited = stage.must(&format!("deposit-sol {pool} 3")).await;
    let signature = text(&deposited["transactions"][0]["signature"]);
    let shown = stage.must(&format!("events {signature}")).await;
    assert_eq!(fields(&shown), ["events", "signature", "slot", "succeeded", "truncated"]);
    assert_eq!((&shown["succeeded"], &shown["truncated"]), (&json!(true), &json!(false)));
    let event = &shown["events"][0];
    assert_eq!(event["lamports_change"], 3 * SOL);
    assert!(number(&event["pool_tokens_change"]) < 3 * SOL);
    assert_eq!((&event["event"], &event["data"]["instruction"]), (&json!("funds"), &json!("deposit_sol")));
    assert_eq!((&event["type"], &event["pool"]), (&json!("event"), &json!(pool)));
    let plain = stage.text.borrow()[0].clone();
    assert!(plain.contains("deposit sol: pool ") && plain.contains("reserve "), "{plain}");
    // Of a pool of another program, nothing.
    let funded = stage.cluster.funded_keypair(SOL);
    let other = stage.cluster.process(&[], &funded, &[]).unwrap().signature;
    assert_eq!(stage.must(&format!("events {other}")).await["events"], json!([]));
}

/// All lines of the command are printed by the binary; the last one is its answer.
#[tokio::test]
async fn answer_is_the_comparison() {
    let stage = Stage::new();
    let pool = life(&stage).await;
    let state = stage.folder_file("state");
    let compared = stage.must(&format!("events {pool} --state {state}")).await;
    assert_eq!(
        (&compared["type"], &compared["exact"], &compared["gaps"]),
        (&json!("reconciliation"), &json!(true), &json!(0))
    );
    for zero in ["lamports_difference", "pool_tokens_difference", "reward_lamports_difference"] {
        assert_eq!(compared[zero], 0, "{zero}");
    }
    let kinds: Vec<_> =
        compared["by_instruction"].as_array().unwrap().iter().map(|kind| text(&kind["instruction"])).collect();
    for kind in
        ["deposit_sol", "withdraw_sol", "withdraw_stake", "update_stake_pool_balance", "rebalance", "claim_exit"]
    {
        assert!(kinds.contains(&kind.to_owned()), "{kinds:?}");
    }
    assert_eq!(compared["lamports_before"], 10 * SOL);
    assert!(stage.text.borrow()[0].contains("agree with the pool"), "{}", stage.text.borrow()[0]);
    // Nothing new; then one more.
    let again = stage.must(&format!("events {pool} --state {state}")).await;
    assert_eq!((&again["events"], &again["exact"]), (&json!(0), &json!(false)));
    stage.must(&format!("deposit-sol {pool} 3")).await;
    let more = stage.must(&format!("events {pool} --state {state}")).await;
    assert_eq!((&more["events"], &more["lamports_change"]), (&json!(1), &json!(3 * SOL)));
    let saved: Value = serde_json::from_str(&std::fs::read_to_string(&state).unwrap()).unwrap();
    let key = text(&saved["key"]);
    let none = stage.must(&format!("events {pool} --from {key}")).await;
    assert_eq!(none["events"], 0);
    let (signature, _) = key.split_once(':').unwrap();
    assert_eq!(stage.must(&format!("events {pool} --from {signature}")).await["events"], 1);
    let from_slot = stage.must(&format!("events {pool} --from {}", saved["slot"])).await;
    assert!(number(&from_slot["events"]) > 0);
}

#[tokio::test]
async fn wrong_beginnings_are_usage_errors() {
    let (stage, pool) = Stage::with_pool("").await;
    let signature = solana_signature::Signature::from([9; 64]);
    assert_fails(&stage, &format!("events {pool} --from {signature}"), USAGE, &["has no transaction", "--from"]).await;
    assert_fails(&stage, &format!("events {signature}"), USAGE, &["has no transaction"]).await;
    assert_fails(&stage, &format!("events {signature} --follow"), USAGE, &["omit --follow"]).await;
    assert_fails(&stage, &format!("events {pool} --commitment processed"), USAGE, &["confirmed or finalized"]).await;
    assert_malformed(&format!("events {pool} --from x"), "invalid beginning \"x\"");
    assert_malformed("events x", "invalid address \"x\"");
    let other =
        stage.file("other.json", format!(r#"{{"pool":"{}","key":"x","slot":1,"unfinal":[]}}"#, stage.program_id));
    assert_fails(&stage, &format!("events {pool} --state {other}"), USAGE, &["is of pool"]).await;
    let malformed = stage.file("malformed.json", format!(r#"{{"pool":"{pool}","key":"x","slot":1,"unfinal":[]}}"#));
    assert_fails(&stage, &format!("events {pool} --state {malformed}"), USAGE, &["malformed key"]).await;
    let plain = stage.pool("--without-extension").await;
    assert_fails(&stage, &format!("events {plain}"), REFUSED, &["no extension"]).await;
}
