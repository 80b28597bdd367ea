//! Limits that a manager promises, and what they stop.

use {
    super::{
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails, assert_malformed, fields, number, text},
        settings::{says, sets, shown},
    },
    serde_json::{Value, json},
    solana_address::Address,
};

#[tokio::test]
async fn limits_are_set_and_never_loosened() {
    let (stage, pool) = Stage::with_pool("").await;
    let set = sets(&stage, &format!("set-limits {pool} --max-epoch-fee 10% --supply-floor 2 --notice-epochs 1")).await;
    assert_eq!(fields(&set), ["announced", "changed", "limits", "limits_before", "pool", "transactions"]);
    assert_eq!(
        fields(&set["limits"]),
        [
            "closes_without_notice",
            "growth_charge_hundredths",
            "guardian",
            "halt_epochs",
            "max_epoch_fee_basis_points",
            "max_fall_basis_points",
            "max_rise_basis_points",
            "max_sol_deposit_fee_basis_points",
            "max_sol_withdrawal_fee_basis_points",
            "max_stake_deposit_fee_basis_points",
            "max_stake_withdrawal_fee_basis_points",
            "notice_epochs",
            "notice_seconds",
            "supply_floor_pool_tokens",
        ]
    );
    assert_eq!((&set["limits_before"]["max_epoch_fee_basis_points"], &set["announced"]), (&Value::Null, &Value::Null));
    says(&stage, "at most 10 % (before: none)");
    says(&stage, "at least 2 pool tokens (before: none)");
    says(&stage, "1 epoch (before: none)");

    // The others stay.
    let set = sets(&stage, &format!("set-limits {pool} --max-epoch-fee 5% --notice-time 2d --growth-charge 1.5")).await;
    assert_eq!(set["limits"]["supply_floor_pool_tokens"], 2 * SOL);
    assert_eq!((&set["limits"]["notice_epochs"], &set["limits"]["notice_seconds"]), (&json!(1), &json!(172_800)));
    assert_eq!(set["limits"]["growth_charge_hundredths"], 150);
    says(&stage, "at most 5 % (before: at most 10 %)");
    says(&stage, "1 epoch and 2 days (before: 1 epoch)");
    let found = shown(&stage, &pool).await;
    assert_eq!(found["extension"]["limits"], set["limits"]);
    says(&stage, "the growth of 1.5 epochs");

    let account = stage.cluster.account(&pool.parse().unwrap());
    for (options, parts) in [
        (
            "--max-epoch-fee 5.01%",
            ["ceiling of the fee on rewards is 500 basis points", "raised to 501", "LimitLoosened"],
        ),
        ("--supply-floor 1", ["supply floor is 2.000000000 pool tokens", "lowered to 1.000000000", "LimitLoosened"]),
        ("--notice-epochs 0", ["notice is 1 epochs", "lowered to 0 epochs", "LimitLoosened"]),
        ("--growth-charge 1", ["growth charge is 150 hundredths", "lowered to 100", "LimitLoosened"]),
        ("--close-without-notice true", ["closing deposits", "only while the pool has no notice", "LimitLoosened"]),
        (
            "--max-rise 0.5% --halt-epochs 1",
            ["rate guard (rise) is 50 basis points", "use 100 to 10000", "InvalidLimit"],
        ),
        ("--halt-epochs 1", ["has a length and no bound", "set the highest rise", "InvalidLimit"]),
        ("--supply-floor 1001", ["supply floor is 1001.000000000", "at most 1000.000000000", "InvalidLimit"]),
    ] {
        assert_fails(&stage, &format!("set-limits {pool} {options}"), REFUSED, &parts).await;
    }
    assert_eq!(stage.cluster.account(&pool.parse().unwrap()), account);
}

#[tokio::test]
async fn set_limits_asks_and_warns_that_it_is_for_good() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.denies.set(true);
    let error = stage.run_as("wallet", &format!("set-limits {pool} --max-rise 5% --halt-epochs 2")).await.unwrap_err();
    assert_eq!(error.exit() as u8, 7, "{error}");
    let plain = Stage::with_pool("--without-extension").await;
    let line = format!("set-limits {} --max-rise 5% --halt-epochs 2", plain.1);
    assert_fails(&plain.0, &line, REFUSED, &["no extension", "tidepool extend-pool"]).await;
    let (_, file) = stage.another_wallet("other", SOL);
    let line = format!("set-limits {pool} --max-epoch-fee 50% --manager {file}");
    assert_fails(&stage, &line, USAGE, &["the pool's manager", "--manager"]).await;
}

#[tokio::test]
async fn fee_above_its_ceiling_is_rejected_before_anything_is_sent() {
    let (stage, pool) = Stage::with_pool("--epoch-fee 5%").await;
    let line = format!("set-limits {pool} --max-epoch-fee 4%");
    assert_fails(&stage, &line, REFUSED, &["400 basis points", "5/100 is in force", "FeeAboveCeiling"]).await;
    sets(&stage, &format!("set-limits {pool} --max-epoch-fee 6% --max-sol-deposit-fee 1%")).await;
    let line = format!("set-fee {pool} epoch 7%");
    assert_fails(&stage, &line, REFUSED, &["fee on rewards", "its ceiling is 600 basis points"]).await;
    let line = format!("set-fee {pool} sol-deposit 2%");
    assert_fails(&stage, &line, REFUSED, &["fee on SOL deposits", "its ceiling is 100 basis points"]).await;
    sets(&stage, &format!("set-fee {pool} epoch 6%")).await;
}

#[tokio::test]
async fn growth_charge_has_a_line_of_its_own() {
    let stage = Stage::new();
    let pool = super::withdrawals::staked_pool(&stage, "").await;
    sets(&stage, &format!("set-limits {pool} --growth-charge 1")).await;
    stage.next_epoch(&pool).await;
    stage.next_epoch(&pool).await;
    let before = shown(&stage, &pool).await;
    let deposited = stage.must(&format!("--verbose deposit-sol {pool} 10")).await;
    let charge = number(&deposited["growth_charge_lamports"]);
    assert!(charge > 0 && charge < SOL / 100, "{charge}");
    assert!(stage.text.borrow()[1].contains("growth charge"), "{}", stage.text.borrow()[1]);
    // The pool has all lamports, and minted tokens for the rest of them.
    let rate = |shown: &Value| number(&shown["total_lamports"]) as f64 / number(&shown["pool_token_supply"]) as f64;
    let minted = (10 * SOL - charge) as f64 / rate(&before);
    assert!((number(&deposited["pool_tokens"]) as f64 - minted).abs() < 2.0, "{deposited}");
    let after = shown(&stage, &pool).await;
    assert!(rate(&after) > rate(&before));
    assert_eq!(number(&after["total_lamports"]) - number(&before["total_lamports"]), 10 * SOL);
}

#[tokio::test]
async fn a_rate_that_moves_too_far_halts_deposits_and_sol_withdrawals() {
    let stage = Stage::new();
    let pool = super::withdrawals::staked_pool(&stage, "").await;
    sets(&stage, &format!("set-limits {pool} --max-rise 1% --halt-epochs 1")).await;
    let reserve = text(&stage.must(&format!("--verbose show {pool}")).await["accounts"]["reserve_stake"]);
    stage.cluster.airdrop(&reserve.parse().unwrap(), 10 * SOL);
    stage.cluster.advance_epoch().unwrap();
    let cranked = stage.must(&format!("crank {pool}")).await;
    let found = shown(&stage, &pool).await;
    let until = number(&found["epoch"]) + 1;
    assert_eq!(found["extension"]["halted_until_epoch"], until);
    says(&stage, &format!("halted deposits and SOL withdrawals until epoch {until}"));
    assert_eq!(cranked["pools"][0]["halted_until_epoch"], until);
    for line in [format!("deposit-sol {pool} 1"), format!("withdraw-sol {pool} 1")] {
        assert_fails(&stage, &line, REFUSED, &["rate guard", &format!("until epoch {until}"), "RateGuardHalt"]).await;
    }
    stage.must(&format!("withdraw-stake {pool} 2")).await;
    stage.next_epoch(&pool).await;
    stage.must(&format!("deposit-sol {pool} 1")).await;
    assert_eq!(shown(&stage, &pool).await["extension"]["halted_until_epoch"], Value::Null);
}

#[test]
fn malformed_limits_are_rejected_before_anything_is_opened() {
    let pool = Address::new_unique();
    for (options, part) in [
        ("", "required arguments were not provided"),
        ("--max-epoch-fee 101%", "more than 100 %"),
        ("--supply-floor 0", "invalid amount 0"),
        ("--notice-time 2", "expected 2d, 48h, 30m or 45s"),
        ("--growth-charge 1.234", "more than 2 decimals"),
        ("--guardian me", ", or none"),
        ("--guardian none --manager a --old-guardian b", "cannot be used with"),
    ] {
        assert_malformed(&format!("set-limits {pool} {options}"), part);
    }
}
