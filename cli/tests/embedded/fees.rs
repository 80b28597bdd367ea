//! Fees that a manager sets, and when they take effect.

use {
    super::{
        harness::{NOT_NOW, REFUSED, SOL, Stage, USAGE, assert_fails, fields, number, text},
        settings::{says, sets, shown},
    },
    clap::Parser as _,
    serde_json::{Value, json},
    tidepool_cli::command_line::Cli,
};

/// The defaults of a new pool, each with its reason, and their flags.
#[tokio::test]
async fn a_new_pool_has_a_withdrawal_fee_and_a_turnover_budget() {
    let stage = Stage::new();
    let line = format!("create-pool --program-id {} --initial-deposit 10", stage.program_id);
    let created = stage.must(&line).await;
    assert_eq!(created["turnover_budget_basis_points"], 1_000);
    says(&stage, "0.05 %: steering stake with short-lived deposits costs more than it yields");
    says(&stage, "10 % of the pool: maximum stake that can be deactivated in one epoch");
    let pool = shown(&stage, &text(&created["pool"])).await;
    for fee in ["sol_withdrawal", "stake_withdrawal"] {
        assert_eq!((&pool["fees"][fee]["numerator"], &pool["fees"][fee]["denominator"]), (&json!(5), &json!(10_000)));
    }
    assert_eq!(pool["extension"]["policy"]["turnover_budget_basis_points"], 1_000);

    let open = stage.must(&format!("{line} --withdrawal-fee 0 --turnover-budget 100%")).await;
    says(&stage, "short-lived deposits can steer stake at no cost (--withdrawal-fee)");
    says(&stage, "none: all stake can be deactivated in one epoch (--turnover-budget)");
    let pool = shown(&stage, &text(&open["pool"])).await;
    assert_eq!(pool["fees"]["sol_withdrawal"]["numerator"], 0);
    assert_eq!(pool["extension"]["policy"]["turnover_budget_basis_points"], 10_000);

    let plain = stage.must(&format!("{line} --without-extension")).await;
    assert_eq!(plain["turnover_budget_basis_points"], Value::Null);
    let both = ["tidepool", "create-pool", "--without-extension", "--turnover-budget", "5%"];
    assert!(Cli::try_parse_from(both).unwrap_err().to_string().contains("cannot be used with"));
}

#[tokio::test]
async fn fees_on_deposits_change_at_once() {
    let (stage, pool) = Stage::with_pool("").await;
    let set = sets(&stage, &format!("set-fee {pool} sol-deposit 1%")).await;
    let expected =
        ["announced", "changed", "fee", "fee_before", "from_epoch", "kind", "pending_before", "pool", "transactions"];
    assert_eq!(fields(&set), expected);
    assert_eq!(set["kind"], "sol_deposit");
    assert_eq!(set["fee_before"], json!({ "numerator": 0, "denominator": 0 }));
    assert_eq!(set["fee"], json!({ "numerator": 1, "denominator": 100 }));
    assert_eq!((&set["from_epoch"], &set["pending_before"]), (&Value::Null, &Value::Null));
    says(&stage, "1 % (before: none)");
    says(&stage, "at once");
    says(&stage, "1 pool token of each 100");
    sets(&stage, &format!("set-fee {pool} stake-deposit 25bps")).await;
    let share = sets(&stage, &format!("set-fee {pool} sol-referral 50%")).await;
    assert_eq!(share["fee"], json!({ "numerator": 50, "denominator": 100 }));
    sets(&stage, &format!("set-fee {pool} stake-referral 100")).await;
    let shown = shown(&stage, &pool).await;
    assert_eq!(shown["fees"]["sol_deposit"], json!({ "numerator": 1, "denominator": 100 }));
    assert_eq!(shown["fees"]["stake_deposit"], json!({ "numerator": 25, "denominator": 10_000 }));
    assert_eq!(
        (&shown["fees"]["sol_referral_percent"], &shown["fees"]["stake_referral_percent"]),
        (&json!(50), &json!(100))
    );
    let (_, file) = stage.another_wallet("referrer", SOL);
    let deposited =
        stage.must(&format!("deposit-sol {pool} 10 --from {} ", stage.another_wallet("rich", 20 * SOL).1)).await;
    // Half of the fee is paid back to a depositor without another referrer.
    assert_eq!(deposited["fee_pool_tokens"], SOL / 20);
    // An equal fee in another notation is no change, and needs no keypair.
    let same = stage.must(&format!("set-fee {pool} sol-deposit 2/200 --manager {file}")).await;
    assert_eq!(same["changed"], false);
}

#[tokio::test]
async fn fees_of_holders_change_after_two_updates() {
    let (stage, pool) = Stage::with_pool("--epoch-fee 2% --withdrawal-fee 0.1%").await;
    let set = sets(&stage, &format!("set-fee {pool} epoch 3%")).await;
    assert_eq!((&set["from_epoch"], &set["pending_before"]), (&json!(2), &Value::Null));
    says(&stage, "3 %, until then 2 %");
    says(&stage, "3 SOL of each 100 SOL of rewards");
    says(&stage, "from epoch 2 on: the rewards of that epoch are the first");
    let withdrawal = sets(&stage, &format!("set-fee {pool} stake-withdrawal 0.15%")).await;
    assert_eq!(withdrawal["from_epoch"], 2);
    says(&stage, "0.15 pool tokens of each 100 that they withdraw as stake");
    let pending = json!({ "numerator": 3, "denominator": 100, "from_epoch": 2 });
    assert_eq!(shown(&stage, &pool).await["fees"]["epoch"]["pending"], pending);
    // The fee in force, set again, drops what is pending.
    let dropped = sets(&stage, &format!("set-fee {pool} epoch 2/100")).await;
    assert_eq!(dropped["pending_before"], pending);
    says(&stage, "3 % from epoch 2 on, which was pending");
    sets(&stage, &format!("set-fee {pool} epoch 3%")).await;
    for epoch in 1..=2 {
        stage.next_epoch(&pool).await;
        let fees = &shown(&stage, &pool).await["fees"];
        let expected = if epoch < 2 { (2, 10) } else { (3, 15) };
        assert_eq!((number(&fees["epoch"]["numerator"]), &fees["epoch"]["denominator"]), (expected.0, &json!(100)));
        let withdrawal = &fees["stake_withdrawal"];
        let per_mille = number(&withdrawal["numerator"]) * 10_000 / number(&withdrawal["denominator"]);
        assert_eq!(per_mille, expected.1);
    }
    assert_eq!(shown(&stage, &pool).await["fees"]["epoch"]["pending"], Value::Null);
}

#[tokio::test]
async fn a_stale_pool_is_updated_before_a_delay_is_counted() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.must(&format!("add-validator {pool} {}", stage.vote(0))).await;
    let (other, file) = stage.another_wallet("other", SOL);
    stage.cluster.begin_epoch().unwrap();
    let line = format!("set-fee {pool} epoch 4%");
    assert_fails(&stage, &line, NOT_NOW, &["rewards of epoch 0", "wait"]).await;
    stage.cluster.finish_rewards();
    assert_fails(&stage, &format!("{line} --no-update"), NOT_NOW, &["epoch 0", "epoch 1", "tidepool update"]).await;
    assert_fails(&stage, &format!("{line} --manager {file}"), USAGE, &["the pool's manager", &other.to_string()]).await;
    // A fee that changes at once, and a signer that may not change one, leave the pool as it is.
    stage.must(&format!("set-fee {pool} stake-deposit 1%")).await;
    assert_eq!(shown(&stage, &pool).await["stale"], true);
    let set = stage.must(&line).await;
    assert_eq!(set["from_epoch"], 3);
    assert!(set["transactions"].as_array().unwrap().len() > 1, "{set}");
    assert_eq!(shown(&stage, &pool).await["stale"], false);
}

#[tokio::test]
async fn fees_that_go_too_far_are_refused_with_a_sentence() {
    let (stage, pool) = Stage::with_pool("--withdrawal-fee 1%").await;
    for (kind, part) in [
        ("epoch", "leaves holders no rewards"),
        ("stake-withdrawal", "leaves holders nothing of what they withdraw"),
        ("sol-withdrawal", "leaves holders nothing of what they withdraw"),
        ("stake-deposit", "leaves depositors no pool token"),
        ("sol-deposit", "leaves depositors no pool token"),
    ] {
        let line = format!("set-fee {pool} {kind} 100%");
        assert_fails(&stage, &line, USAGE, &["a fee of 100 %", part, "--allow-full-fee"]).await;
    }
    for kind in ["stake-withdrawal", "sol-withdrawal"] {
        let line = format!("set-fee {pool} {kind} 1.51%");
        assert_fails(&stage, &line, REFUSED, &["is 1 %", "by half of itself", "use 1.5 % or less"]).await;
        let line = format!("set-fee {pool} {kind} 1/1 --allow-full-fee");
        assert_fails(&stage, &line, REFUSED, &["use 1.5 % or less"]).await;
        sets(&stage, &format!("set-fee {pool} {kind} 1.5%")).await;
    }
    sets(&stage, &format!("set-fee {pool} sol-deposit 100% --allow-full-fee")).await;
    assert_fails(&stage, &format!("deposit-sol {pool} 1"), REFUSED, &["yields no pool tokens"]).await;
    assert_fails(&stage, &format!("set-fee {pool} sol-deposit 50"), USAGE, &["invalid fee"]).await;
    assert_fails(&stage, &format!("set-fee {pool} sol-referral 1/3"), USAGE, &["whole percent"]).await;
}
