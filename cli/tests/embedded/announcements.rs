//! Changes that are announced before they are made.

use {
    super::{
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails, assert_malformed, fields, number},
        settings::{says, sets, shown},
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signer::Signer as _,
};

/// A pool with a notice of an epoch.
async fn announcing() -> (Stage, String) {
    let (stage, pool) = Stage::with_pool("").await;
    sets(&stage, &format!("set-limits {pool} --notice-epochs 1")).await;
    (stage, pool)
}

#[tokio::test]
async fn a_change_is_announced_and_made_by_the_same_command() {
    let (stage, pool) = announcing().await;
    let (staker, _) = stage.another_wallet("staker", SOL);
    let (_, file) = stage.another_wallet("new", SOL);
    // The wallet is the staker, too, who hands over at once: the manager needs another one.
    let (other, other_file) = stage.another_wallet("other", SOL);
    stage.must(&format!("set-staker {pool} {other}")).await;
    let epoch = number(&shown(&stage, &pool).await["epoch"]);
    let wallet = stage.wallet.pubkey();
    for (line, kind, is_set) in [
        (format!("set-staker {pool} {staker}"), "staker", &["authorities", "staker"][..]),
        (
            format!("set-funding-authority {pool} sol-withdraw {staker}"),
            "sol_withdraw_authority",
            &["authorities", "sol_withdraw"],
        ),
        (format!("set-fee {pool} stake-deposit 1%"), "stake_deposit_fee", &["fees", "stake_deposit", "numerator"]),
        (
            format!("set-policy {pool} --reserve-share 2%"),
            "rebalance_policy",
            &["extension", "policy", "reserve_share_basis_points"],
        ),
        (format!("set-manager {pool} {file}"), "manager", &["authorities", "manager"]),
    ] {
        let value = |shown: &Value| is_set.iter().fold(shown.clone(), |value, name| value[*name].clone());
        let before = value(&shown(&stage, &pool).await);
        let set = stage.must(&line).await;
        assert_eq!((&set["changed"], &set["announced"]["from_epoch"]), (&json!(false), &json!(epoch + 1)), "{line}");
        assert_eq!(set["transactions"].as_array().unwrap().len(), 1);
        says(&stage, "Announced a change of");
        says(&stage, &format!("nothing changes yet: repeat this command from epoch {} and ", epoch + 1));
        let found = shown(&stage, &pool).await;
        assert_eq!(value(&found), before);
        let announced = found["extension"]["announcements"].as_array().unwrap();
        assert!(announced.iter().any(|announced| announced["kind"] == kind), "{kind}: {announced:?}");
        assert_fails(&stage, &line, REFUSED, &["NoticeNotOver", "1 epoch", "repeat the call from epoch"]).await;
    }
    // A stale pool makes changes, too.
    stage.cluster.advance_epoch().unwrap();
    let pending = stage.must(&format!("announcements {pool}")).await;
    assert_eq!(fields(&pending), ["announcements", "epoch", "guardian", "notice_epochs", "notice_seconds", "pool"]);
    let pending = pending["announcements"].as_array().unwrap().clone();
    assert_eq!(fields(&pending[0]), ["due", "from_epoch", "from_timestamp", "kind", "value"]);
    assert!(pending.len() == 5 && pending.iter().all(|announced| announced["due"] == true), "{pending:?}");
    says(&stage, "can be made now: repeat the command that announced it");
    for line in [
        format!("set-staker {pool} {staker}"),
        format!("set-funding-authority {pool} sol-withdraw {staker}"),
        format!("set-fee {pool} stake-deposit 1%"),
        format!("set-policy {pool} --reserve-share 2%"),
        format!("set-manager {pool} {file}"),
    ] {
        let set = stage.must(&line).await;
        assert_eq!((&set["changed"], &set["announced"]), (&json!(true), &Value::Null), "{line}");
    }
    assert_ne!(shown(&stage, &pool).await["authorities"]["manager"], wallet.to_string());
    assert_eq!(stage.must(&format!("announcements {pool}")).await["announcements"], json!([]));
    says(&stage, "has no announced changes");
    drop(other_file);
}

#[tokio::test]
async fn changes_without_harm_are_made_at_once() {
    let (stage, pool) = Stage::with_pool("--deposit-fee 1%").await;
    sets(&stage, &format!("set-limits {pool} --close-without-notice true")).await;
    sets(&stage, &format!("set-limits {pool} --notice-time 1h")).await;
    sets(&stage, &format!("set-fee {pool} sol-deposit 0.5%")).await;
    let (closer, _) = stage.another_wallet("closer", SOL);
    sets(&stage, &format!("set-funding-authority {pool} sol-deposit {closer}")).await;
    let open = stage.must(&format!("set-funding-authority {pool} sol-deposit none")).await;
    assert_eq!(open["changed"], false);
    assert_ne!(open["announced"], Value::Null);
}

#[tokio::test]
async fn guardian_withdraws_an_announcement() {
    let (stage, pool) = announcing().await;
    let (guardian, file) = stage.another_wallet("guardian", SOL);
    let line = format!("cancel-announcement {pool} sol-deposit-fee");
    assert_fails(&stage, &format!("{line} --guardian {file}"), USAGE, &["has no guardian"]).await;
    sets(&stage, &format!("set-limits {pool} --guardian {guardian}")).await;
    assert_fails(&stage, &line, REFUSED, &["no announced change of this kind", "NoAnnouncement"]).await;
    stage.must(&format!("set-fee {pool} sol-deposit 1%")).await;
    stage.must(&format!("announcements {pool}")).await;
    says(&stage, &format!("tidepool cancel-announcement {pool} sol-deposit-fee"));
    says(&stage, &format!("or its guardian {guardian}"));
    let (_, stranger) = stage.another_wallet("stranger", SOL);
    assert_fails(&stage, &format!("{line} --guardian {stranger}"), USAGE, &["the pool's guardian"]).await;
    let cancelled = stage.must(&format!("{line} --guardian {file}")).await;
    assert_eq!(fields(&cancelled), ["announced", "changed", "kind", "pool", "transactions", "value"]);
    assert_eq!((&cancelled["kind"], &cancelled["value"]), (&json!("sol_deposit_fee"), &json!("1 %")));
    says(&stage, "Withdrew an announced change of pool");
    assert_eq!(stage.must(&format!("announcements {pool}")).await["announcements"], json!([]));
    // The notice begins anew.
    stage.cluster.advance_epoch().unwrap();
    let again = stage.must(&format!("set-fee {pool} sol-deposit 1%")).await;
    assert_eq!(again["changed"], false);
    // The manager needs no option, and neither does the guardian as the wallet.
    stage.must(&line).await;
    stage.must(&format!("set-fee {pool} sol-deposit 1%")).await;
    stage.run_as("guardian", &format!("{line} --yes")).await.unwrap();
    // It hands over its place, and nothing else.
    let (next, _) = stage.another_wallet("next", SOL);
    let limits = format!("set-limits {pool} --guardian {next}");
    assert_fails(&stage, &limits, REFUSED, &["hands over its place itself", "WrongGuardian"]).await;
    assert_fails(&stage, &format!("{limits} --supply-floor 5 --old-guardian {file}"), REFUSED, &["only hand over"])
        .await;
    sets(&stage, &format!("{limits} --old-guardian {file}")).await;
}

#[tokio::test]
async fn crank_tells_of_announcements() {
    let (stage, pool) = announcing().await;
    let cranked = stage.must(&format!("crank {pool}")).await;
    assert_eq!(cranked["pools"][0]["announcements"], json!([]));
    stage.must(&format!("set-fee {pool} sol-deposit 1%")).await;
    let cranked = stage.must(&format!("crank {pool}")).await;
    assert_eq!(cranked["pools"][0]["announcements"][0]["kind"], "sol_deposit_fee");
    says(&stage, "fee on SOL deposits to 1 %, can be made from epoch");
}

#[tokio::test]
async fn a_plain_pool_has_no_announcements() {
    let (stage, pool) = Stage::with_pool("--without-extension").await;
    for line in [format!("announcements {pool}"), format!("cancel-announcement {pool} staker")] {
        assert_fails(&stage, &line, REFUSED, &["no extension"]).await;
    }
    let (stage, pool) = Stage::with_pool("").await;
    stage.must(&format!("announcements {pool}")).await;
    says(&stage, "It has no notice: its manager can make changes at once");
    let pool = Address::new_unique();
    assert_malformed(&format!("cancel-announcement {pool} fee"), "possible values: manager, staker");
}
