//! `report`: its figures against the pool account, the ledger and the bank, to the lamport.

use {
    super::{
        events::life,
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails, fields, number, text},
        metadata::metadata_program,
        withdrawals::staked_pool,
    },
    serde_json::Value,
    std::fs,
    tidepool_client::{
        cluster::Cluster,
        pool::{PoolSnapshot, ReadOptions},
    },
    tidepool_interface::address::METADATA_PROGRAM_ID,
};

async fn report(stage: &Stage, pool: &str, options: &str) -> Value {
    stage.must(&format!("report {pool} --format json {options}")).await
}

async fn snapshot(stage: &Stage, pool: &str) -> PoolSnapshot {
    PoolSnapshot::read(&stage.cluster, &pool.parse().unwrap(), &ReadOptions::default()).await.unwrap()
}

#[tokio::test]
async fn report_reconciles_with_pool_ledger_and_bank() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--epoch-fee 10%").await;
    for deposit in [7, 11] {
        stage.next_epoch(&pool).await;
        stage.must(&format!("deposit-sol {pool} {deposit}.000000007")).await;
    }
    // What the bank pays to each stake account of the pool.
    let before = snapshot(&stage, &pool).await;
    let held = || -> Vec<u64> {
        before.stake_addresses().iter().map(|addresses| stage.cluster.lamports(&addresses.validator)).collect()
    };
    let earlier = held();
    stage.cluster.advance_epoch().unwrap();
    let paid: Vec<_> = held().iter().zip(earlier).map(|(now, before)| now - before).collect();
    assert!(paid.iter().all(|lamports| *lamports > 0), "{paid:?}");
    stage.must(&format!("update {pool}")).await;

    let (found, now) = (report(&stage, &pool, "").await, snapshot(&stage, &pool).await);
    let ledger = now.ledger().unwrap();
    assert_eq!(number(&found["ledger"]["reward_lamports"]), ledger.rewards.get());
    assert_eq!(number(&found["ledger"]["fee_pool_tokens"]), ledger.fees.get());
    let rows: Vec<_> = found["ledger"]["entries"].as_array().unwrap().iter().rev().collect();
    let row =
        |row: &&Value| ["epoch", "timestamp", "total_lamports", "pool_token_supply"].map(|name| number(&row[name]));
    let recorded: Vec<_> = now.recorded();
    assert_eq!(rows.len(), recorded.len());
    for (shown, recorded) in rows.iter().map(row).zip(&recorded) {
        let (rate, time) = (recorded.rate, recorded.timestamp as u64);
        assert_eq!(shown, [recorded.epoch, time, rate.total_lamports.get(), rate.pool_token_supply.get()]);
    }
    // Every lamport of the pool is in the reserve or with a validator, by the bank.
    let head = &now.pool().head;
    let reserve = stage.cluster.lamports(&head.reserve_stake);
    assert_eq!(number(&found["summary"]["stake"]["reserve_lamports"]), reserve);
    let validators = found["validators"].as_array().unwrap();
    let stakes: u64 = validators.iter().map(|validator| number(&validator["stake_lamports"])).sum();
    assert_eq!(stakes + reserve - now.reserve_rent(), number(&found["summary"]["total_lamports"]));
    assert_eq!(number(&found["summary"]["pool_token_supply"]), now.mint_supply());
    // Rewards are those of the bank, validator by validator.
    assert_eq!(number(&found["rewards_epoch"]), now.epoch() - 1);
    for (validator, paid) in before.validators().zip(paid) {
        let vote = validator.vote().to_string();
        let shown = validators.iter().find(|shown| shown["vote"] == vote).unwrap();
        let held = stage.cluster.lamports(&validator.addresses.validator);
        assert_eq!((number(&shown["earned_lamports"]), number(&shown["stake_lamports"])), (paid, held));
    }
}

/// The flows of all epochs lead from the pool before its first event to the pool as it is, and those of an epoch to its row of the ledger.
#[tokio::test]
async fn flows_lead_from_update_to_update() {
    let stage = Stage::new();
    let pool = life(&stage).await;
    stage.next_epoch(&pool).await;
    let found = report(&stage, &pool, "--events").await;
    let flows = &found["flows"];
    assert_eq!((&flows["exact"], &flows["gaps"]), (&true.into(), &0.into()), "{flows:#}");
    let (mut lamports, mut pool_tokens) =
        (flows["lamports_before"].as_i64().unwrap(), flows["pool_tokens_before"].as_i64().unwrap());
    let entries = found["ledger"]["entries"].as_array().unwrap();
    let mut compared = 0;
    let epochs = flows["epochs"].as_array().unwrap();
    for flows in epochs {
        let sum = |name: &str| flows[name].as_i64().unwrap();
        lamports += sum("update_lamports");
        pool_tokens += sum("update_pool_tokens");
        // Trades of an epoch are possible after its update only. The first epoch's begin with the pool.
        let entry = entries.iter().find(|entry| entry["epoch"] == flows["epoch"] && sum("update_lamports") != 0);
        if let Some(entry) = entry {
            assert_eq!(entry["total_lamports"].as_i64(), Some(lamports), "{flows:#}");
            assert_eq!(entry["pool_token_supply"].as_i64(), Some(pool_tokens), "{flows:#}");
            compared += 1;
        }
        lamports += sum("deposited_lamports") - sum("withdrawn_lamports");
        pool_tokens += sum("minted_pool_tokens") - sum("burned_pool_tokens");
    }
    assert!(compared > 1, "{flows:#}");
    assert_eq!(found["summary"]["total_lamports"].as_i64(), Some(lamports));
    assert_eq!(found["summary"]["pool_token_supply"].as_i64(), Some(pool_tokens));
    let total = |name: &str| epochs.iter().map(|flows| number(&flows[name])).sum::<u64>();
    assert!(total("deposits") > 1 && total("withdrawals") > 3, "{flows:#}");
    let rewards: u64 = epochs.iter().map(|flows| number(&flows["update_lamports"])).sum();
    assert_eq!(rewards, number(&found["ledger"]["reward_lamports"]));

    // The same figures are in the other formats, and all are without flows if they are not asked for.
    let html = stage.displayed(&format!("report {pool} --events")).await;
    let withdrawn = tidepool_cli::units::sol(total("withdrawn_lamports"));
    assert!(html.contains(&withdrawn) && html.contains("to the lamport."), "{withdrawn}: {html}");
    let csv = stage.displayed(&format!("report {pool} --events --format csv")).await;
    let rows = csv.lines().filter(|line| line.starts_with("flows,") && line.contains(",withdrawn_sol,"));
    assert_eq!(rows.count(), epochs.len());
    assert!(report(&stage, &pool, "").await["flows"].is_null());
    assert!(!stage.displayed(&format!("report {pool}")).await.contains("Deposits and withdrawals"));
    let (plain, pool) = Stage::with_pool("--without-extension").await;
    assert_fails(&plain, &format!("report {pool} --format json --events"), REFUSED, &["extend-pool"]).await;
}

#[tokio::test]
async fn report_names_keys_and_concentration() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let groups = stage.file("groups.csv", format!("\u{feff}vote,group\n{},<b>Berlin\n", stage.vote(0)));
    let found = report(&stage, &pool, &format!("--epochs 1 --groups {groups}")).await;
    let by_group = found["concentration"]["by_group"].as_array().unwrap();
    let names: Vec<_> = by_group.iter().map(|part| text(&part["name"])).collect();
    assert_eq!(names, ["<b>Berlin", "no group"]);
    assert_eq!(by_group[0]["lamports"], found["validators"][0]["stake_lamports"]);
    let html = stage.displayed(&format!("report {pool} --groups {groups}")).await;
    assert!(html.contains("&lt;b&gt;Berlin") && !html.contains("<b>"), "{html}");
    let wrong = stage.file("wrong.csv", format!("vote,city\n{},Berlin\n", stage.vote(0)));
    let line = format!("report {pool} --format json --groups {wrong}");
    assert_fails(&stage, &line, USAGE, &["wrong.csv, line 1, column 1: no column group"]).await;
    assert_eq!(found["ledger"]["entries"].as_array().unwrap().len(), 1);
    let concentration = &found["concentration"];
    let stakes = found["validators"].as_array().unwrap().iter().map(|validator| number(&validator["stake_lamports"]));
    let [more, less] = stakes.collect::<Vec<_>>()[..] else { panic!("two validators, the larger first") };
    assert!(more > less);
    let share = more * 10_000 / (more + less);
    assert_eq!(
        (&concentration["validators_above_a_third"], &concentration["largest_share_basis_points"]),
        (&1.into(), &share.into())
    );
    let (gini, expected) = (concentration["gini"].as_f64().unwrap(), (more - less) as f64 / (more + less) as f64 / 2.0);
    assert!((gini - expected).abs() < 1e-9, "{gini} {expected}");
    let roles = found["control"]["roles"].as_array().unwrap();
    assert_eq!(fields(&roles[0]), ["address", "can", "key_kind", "role"]);
    let manager = text(&found["summary"]["authorities"]["manager"]);
    assert_eq!((text(&roles[0]["address"]), text(&roles[0]["key_kind"])), (manager, "key".to_owned()));
}

#[tokio::test]
async fn html_is_self_contained_and_escapes_hostile_names() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    stage.next_epoch(&pool).await;
    stage.cluster.replace_program(&METADATA_PROGRAM_ID, metadata_program()).unwrap();
    let line = format!("set-metadata {pool} --name <script>alert(1)</script> --symbol \"><b> --uri =1");
    stage.must(&line).await;
    let file = stage.missing_file();
    let answer = stage.must(&format!("report {pool} --out {file}")).await;
    assert_eq!(text(&answer["file"]), file);
    let html = fs::read_to_string(&file).unwrap();
    let lower = html.to_lowercase();
    for forbidden in ["<script", "src=", "@import", "url(", "<b>", "http://", "https://", "javascript:"] {
        let harmless = lower.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!harmless.contains(forbidden), "{forbidden}");
    }
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt;")
            && html.contains("role=\"img\" aria-label=\"The exchange rate: ")
    );
    // Amounts are those of the JSON.
    let found = report(&stage, &pool, "").await;
    let total = tidepool_cli::units::sol(number(&found["summary"]["total_lamports"]));
    assert!(html.contains(&total), "{total}");

    let csv = stage.displayed(&format!("report {pool} --format csv")).await;
    assert!(csv.starts_with("section,subject,date,figure,value\npool,"), "{csv}");
    let row = csv.lines().find(|line| line.contains(",total_sol,")).unwrap();
    assert!(row.ends_with(&format!(",total_sol,{}", total.trim_end_matches(" SOL"))), "{row}");
    assert!(csv.lines().all(|line| line.matches(',').count() >= 4), "{csv}");
}

#[tokio::test]
async fn report_works_without_a_ledger_and_without_reported_rewards() {
    let (stage, pool) = Stage::with_pool("--without-extension").await;
    let without = super::hooked::Hooked { cluster: &stage.cluster, before: |_| Ok(()) };
    let line = format!("report {pool} --format json");
    let found = stage.run_on(&without, "wallet", &line).await.unwrap();
    assert_eq!((&found["ledger"], &found["rewards_epoch"]), (&Value::Null, &Value::Null));
    let epoch = without.clock().await.unwrap().epoch;
    let why = if epoch == 0 { "first_epoch" } else { "not_reported" };
    assert_eq!((&found["no_rewards"], &found["concentration"]["gini"]), (&why.into(), &Value::Null));
    stage.must(&format!("deposit-sol {pool} 1")).await;
    let html = stage.displayed(&format!("report {pool}")).await;
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("keeps no ledger"), "{html}");
    assert_eq!(
        stage.cluster.lamports(&found["summary"]["accounts"]["reserve_stake"].as_str().unwrap().parse().unwrap()) / SOL,
        11
    );
}

#[tokio::test]
async fn html_does_not_fit_into_json() {
    let (stage, pool) = Stage::with_pool("").await;
    assert_fails(&stage, &format!("report {pool}"), USAGE, &["--out"]).await;
    let line = format!("report {pool} --out /nowhere/report.html");
    assert_fails(&stage, &line, USAGE, &["cannot write /nowhere/report.html", "check --out"]).await;
}
