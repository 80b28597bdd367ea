//! A pool on a cluster whose consensus is Alpenglow: credits are lamports, and begin after a marker.

use {
    super::{
        harness::{Stage, number},
        withdrawals::staked_pool,
    },
    serde_json::json,
    tidepool_embedded::{EmbeddedCluster, ValidatorSpec},
};

/// Highest error of a yield, in percentage points.
const TOLERANCE: f64 = 0.1;

#[tokio::test]
async fn a_pool_earns_and_shows_no_credits_as_amounts() {
    let spec = ValidatorSpec { commission_bps: 0, ..ValidatorSpec::default() };
    let stage = Stage::on(EmbeddedCluster::builder().validator_specs(vec![spec; 4]).alpenglow());
    let pool = staked_pool(&stage, "").await;
    for _ in 0..3 {
        stage.cluster.advance_epoch().unwrap();
        stage.must(&format!("crank {pool}")).await;
    }
    let epoch = stage.cluster.epoch();
    let listed = stage.must(&format!("list {pool}")).await;
    for row in listed["validators"].as_array().unwrap() {
        assert_eq!(row["last_epoch_with_credits"], epoch - 1, "{row}");
        assert_eq!((&row["bls_key"], &row["cautions"]), (&json!(true), &json!([])), "{row}");
    }
    let shown = stage.must(&format!("show {pool}")).await;
    let bank = stage.cluster.bank();
    let active = number(&shown["stake"]["active_lamports"]) as f64 / number(&shown["total_lamports"]) as f64;
    let expected = (bank.inflation().validator(bank.slot_in_year_for_inflation()) * active).exp_m1() * 100.0;
    let percent = shown["estimated_annual_yield_percent"].as_f64().unwrap();
    assert!((percent - expected).abs() < TOLERANCE, "{percent} instead of {expected}");
}
