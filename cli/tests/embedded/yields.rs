//! The yield that `show` reports, against the inflation of the cluster's bank.

use {
    super::{
        harness::{SOL, Stage, number, text},
        hooked::Hooked,
        withdrawals::staked_pool,
    },
    serde_json::{Value, json},
    std::time::Duration,
    tidepool_client::cluster::Cluster,
    tidepool_embedded::{EmbeddedCluster, ValidatorSpec},
};

/// Highest error of a yield, in percentage points.
const TOLERANCE: f64 = 0.1;

/// The yield in words, and `show`.
async fn shown(stage: &Stage, pool: &str) -> (String, Value) {
    shown_by(stage, &stage.cluster, pool).await
}

async fn shown_by<C: Cluster>(stage: &Stage, cluster: &C, pool: &str) -> (String, Value) {
    let shown = stage.run_on(cluster, "wallet", &format!("show {pool}")).await.unwrap();
    let plain = stage.text.borrow()[0].clone();
    let line = plain.lines().find_map(|line| line.trim().strip_prefix("yield ")).expect("a yield").trim().to_owned();
    (line, shown)
}

/// A cluster whose validators take no commission and earn the same.
fn stage_of(milliseconds: u64) -> Stage {
    let spec = ValidatorSpec { commission_bps: 0, ..ValidatorSpec::default() };
    let cluster = EmbeddedCluster::builder().validator_specs(vec![spec; 4]);
    Stage::on(cluster.slot_time(Duration::from_millis(milliseconds)))
}

/// Yearly yield of the pool in percent, by the bank's inflation and the delegated part of the pool.
fn of_inflation(stage: &Stage, shown: &Value) -> f64 {
    let bank = stage.cluster.bank();
    let (supply, stakes) = (bank.capitalization(), bank.get_current_epoch_total_stake());
    let active = number(&shown["stake"]["active_lamports"]) as f64 / number(&shown["total_lamports"]) as f64;
    let rate = bank.inflation().validator(bank.slot_in_year_for_inflation()) * supply as f64 / stakes as f64 * active;
    rate.exp_m1() * 100.0
}

fn assert_is_of_inflation(stage: &Stage, (line, shown): &(String, Value), epochs: u64) {
    let (percent, expected) = (&shown["estimated_annual_yield_percent"], of_inflation(stage, shown));
    let percent = percent.as_f64().unwrap_or_else(|| panic!("{line}"));
    assert!((percent - expected).abs() < TOLERANCE, "{percent} instead of {expected}: {line}");
    assert_eq!((&shown["yield_epochs"], &shown["no_yield_estimate"]), (&json!(epochs), &Value::Null), "{line}");
    assert!(line.contains(&format!("about {percent:.2} % a year")), "{line}");
}

#[tokio::test]
async fn yield_is_that_of_inflation_after_any_number_of_epochs() {
    for milliseconds in [400, 200] {
        let stage = stage_of(milliseconds);
        let pool = staked_pool(&stage, "").await;
        for epochs in [1, 1, 5, 2] {
            stage.cluster.advance_epochs(epochs).unwrap();
            let seconds = epochs * 432 * milliseconds;
            stage.must(&format!("update {pool}")).await;
            let found = shown(&stage, &pool).await;
            assert_is_of_inflation(&stage, &found, epochs);
            assert_eq!(found.1["yield_seconds"], seconds);
            // Nor do later updates and trades of the epoch change it.
            stage.cluster.advance_blocks(100);
            stage.must(&format!("update {pool} --force")).await;
            stage.must(&format!("withdraw-stake {pool} 1")).await;
            assert_is_of_inflation(&stage, &shown(&stage, &pool).await, epochs);
        }
    }
}

#[tokio::test]
async fn five_epochs_without_history_give_no_yield() {
    let stage = stage_of(400);
    // An extended pool has the history in its ledger.
    let pool = staked_pool(&stage, "--without-extension").await;
    stage.cluster.advance_epochs(5).unwrap();
    stage.must(&format!("update {pool}")).await;
    let without_history = Hooked { cluster: &stage.cluster, before: |_| Ok(()) };
    let (line, shown) = shown_by(&stage, &without_history, &pool).await;
    assert_eq!(shown["estimated_annual_yield_percent"], Value::Null, "{line}");
    assert_eq!(shown["no_yield_estimate"], "no_history");
    assert_eq!(line, "unknown: the endpoint has no history of the update before the last one, so the time is unknown");
}

#[tokio::test]
async fn donation_is_no_yield() {
    for milliseconds in [400, 200] {
        let stage = stage_of(milliseconds);
        let pool = staked_pool(&stage, "").await;
        let reserve = text(&stage.must(&format!("--verbose show {pool}")).await["accounts"]["reserve_stake"]);
        stage.cluster.advance_epoch().unwrap();
        stage.must(&format!("update {pool}")).await;
        stage.cluster.airdrop(&reserve.parse().unwrap(), SOL);
        stage.must(&format!("update {pool} --force")).await;
        let (line, shown) = shown(&stage, &pool).await;
        assert_eq!(shown["estimated_annual_yield_percent"], Value::Null, "{line}");
        assert_eq!(shown["no_yield_estimate"], "more_than_rewards");
        assert!(line.contains("in one epoch, more than staking pays, as by a donation"), "{line}");
    }
}

#[tokio::test]
async fn yield_that_is_not_meaningful_is_not_shown() {
    let short = Stage::with_epochs_of(32);
    let pool = staked_pool(&short, "").await;
    short.cluster.advance_epochs(2).unwrap();
    short.must(&format!("update {pool}")).await;
    let (line, found) = shown(&short, &pool).await;
    assert_eq!(found["no_yield_estimate"], "short_epochs", "{line}");
    assert_eq!(line, "unknown: epochs of 13 s");

    let stage = Stage::new();
    let pool = stage.pool("").await;
    assert_eq!(shown(&stage, &pool).await.1["no_yield_estimate"], "no_earlier_rate");
}
