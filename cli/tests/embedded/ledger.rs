//! The ledger of an extended pool: `history`, and the yields of `show`.

use {
    super::{
        harness::{REFUSED, Stage, USAGE, assert_fails, fields, number},
        settings::{says, shown},
        withdrawals::staked_pool,
    },
    serde_json::Value,
};

fn entries(history: &Value) -> Vec<Value> {
    history["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn history_has_a_row_for_each_update_and_gaps() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--epoch-fee 10%").await;
    stage.next_epoch(&pool).await;
    stage.cluster.advance_epochs(5).unwrap();
    stage.must(&format!("update {pool}")).await;
    stage.next_epoch(&pool).await;
    let history = stage.must(&format!("history {pool}")).await;
    assert_eq!(fields(&history), ["entries", "fee_pool_tokens", "pool", "reward_lamports"]);
    let rows = entries(&history);
    assert_eq!(
        fields(&rows[0]),
        [
            "epoch",
            "epochs",
            "growth_percent",
            "lamports_per_whole_pool_token",
            "pool_token_supply",
            "seconds",
            "timestamp",
            "total_lamports",
        ]
    );
    let epochs: Vec<_> = rows.iter().map(|row| number(&row["epoch"])).collect();
    let last = epochs.len() - 1;
    assert_eq!(epochs[last - 3..], [1, 2, 7, 8]);
    let since: Vec<_> = rows.iter().map(|row| row["epochs"].clone()).collect();
    assert_eq!((&since[0], &since[last - 1], &since[last]), (&Value::Null, &5.into(), &1.into()));
    // Seconds are the cluster's: five epochs take five times as long.
    let (five, one) = (number(&rows[last - 1]["seconds"]), number(&rows[last]["seconds"]));
    assert!(five.abs_diff(5 * one) < one / 10, "{five} {one}");
    assert_eq!(number(&rows[last]["timestamp"]) - number(&rows[last - 1]["timestamp"]), one);
    let found = shown(&stage, &pool).await;
    assert_eq!(rows[last]["total_lamports"], found["total_lamports"]);
    assert_eq!(rows[last]["pool_token_supply"], found["pool_token_supply"]);
    assert!(rows[last]["growth_percent"].as_f64().unwrap() > 0.0);
    assert!(number(&history["reward_lamports"]) > 0 && number(&history["fee_pool_tokens"]) > 0);

    stage.must(&format!("history {pool}")).await;
    says(&stage, "5 epochs, ");
    says(&stage, "growth: ");
}

#[tokio::test]
async fn history_is_csv_on_request() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    stage.next_epoch(&pool).await;
    let line = format!("history {pool} --csv");
    assert_fails(&stage, &line, USAGE, &["--csv cannot be combined with --output json"]).await;
    let csv = stage.displayed(&line).await;
    let lines: Vec<_> = csv.lines().collect();
    let head = "epoch,timestamp,seconds,total_lamports,pool_token_supply,lamports_per_whole_pool_token,growth_percent";
    assert_eq!(lines[0], head);
    let found = shown(&stage, &pool).await;
    let last: Vec<_> = lines.last().unwrap().split(',').collect();
    assert_eq!(last.len(), 7);
    assert_eq!((last[0], last[3]), (found["epoch"].to_string().as_str(), found["total_lamports"].to_string().as_str()));
    assert!(lines[1].split(',').nth(2) == Some("") && lines[1].ends_with(','), "{}", lines[1]);
}

#[tokio::test]
async fn yields_say_over_how_many_epochs_they_are() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    for epochs in [1, 5, 1, 2] {
        stage.cluster.advance_epochs(epochs).unwrap();
        stage.must(&format!("update {pool}")).await;
    }
    let found = shown(&stage, &pool).await;
    let yields = found["yields"].as_array().unwrap();
    assert_eq!(
        fields(&yields[0]),
        ["annual_yield_percent", "growth_percent", "no_yield_estimate", "over_epochs", "yield_epochs", "yield_seconds"]
    );
    let over: Vec<_> =
        yields.iter().map(|figure| (number(&figure["over_epochs"]), number(&figure["yield_epochs"]))).collect();
    // The ledger begins with the first update, in epoch 1, and ends in epoch 10.
    assert_eq!(over, [(1, 2), (10, 9), (30, 9), (180, 9)]);
    assert_eq!(yields[0]["annual_yield_percent"], found["estimated_annual_yield_percent"]);
    says(&stage, "a year over 9 epochs (");
    let text = stage.text.borrow()[0].clone();
    assert_eq!(text.matches("a year over").count(), 1, "{text}");
    assert!(yields.iter().all(|figure| figure["annual_yield_percent"].as_f64().unwrap() > 1.0), "{yields:?}");
}

#[tokio::test]
async fn a_plain_pool_has_no_ledger() {
    let (stage, pool) = Stage::with_pool("--without-extension").await;
    assert_fails(&stage, &format!("history {pool}"), REFUSED, &["no extension"]).await;
    assert_eq!(shown(&stage, &pool).await["yields"], Value::Array(vec![]));
}
