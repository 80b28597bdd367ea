//! What is refused, with which exit code, and what it says.

use {
    super::harness::{NOT_NOW, REFUSED, SOL, Stage, USAGE, assert_fails, assert_malformed, text},
    solana_address::Address,
    solana_signer::Signer as _,
};

#[tokio::test]
async fn a_pool_that_is_none_is_named_for_what_it_is() {
    let (stage, pool) = Stage::with_pool("").await;
    let shown = stage.must(&format!("show {pool}")).await;
    let (mint, list) = (text(&shown["accounts"]["pool_mint"]), text(&shown["accounts"]["validator_list"]));
    for (command, rest) in [("show", ""), ("list", ""), ("deposit-sol", "1"), ("withdraw-stake", "1"), ("update", "")] {
        let line = format!("{command} {mint} {rest}");
        assert_fails(&stage, &line, REFUSED, &["is a token mint, not a stake pool", "with this token"]).await;
    }
    assert_fails(&stage, &format!("show {list}"), REFUSED, &["a pool's validator list"]).await;
    let nowhere = Address::new_unique();
    assert_fails(&stage, &format!("show {nowhere}"), REFUSED, &["does not exist", "the URL"]).await;
    let other = Address::new_unique();
    let line = format!("show {pool} --program-id {other}");
    assert_fails(&stage, &line, REFUSED, &["is owned by program", &other.to_string()]).await;
}

#[tokio::test]
async fn amounts_are_held_against_balances_and_limits() {
    let (stage, pool) = Stage::with_pool("--deposit-fee 1%").await;
    assert_fails(&stage, &format!("deposit-sol {pool} 5000"), REFUSED, &["holds 98", "5000", "smaller amount"]).await;
    let line = format!("deposit-sol {pool} 0.000000001");
    assert_fails(&stage, &line, REFUSED, &["yields no pool tokens", "deposit at least 0.000000002 SOL"]).await;
    assert_fails(&stage, &format!("withdraw-sol {pool} 11"), REFUSED, &["holds 10 pool tokens", "11"]).await;
    let (_, poor) = stage.another_wallet("poor", SOL);
    let line = format!("withdraw-sol {pool} ALL --owner {poor}");
    assert_fails(&stage, &line, REFUSED, &["holds no pool tokens"]).await;
    stage.must(&format!("add-validator {pool} {}", stage.vote(0))).await;
    let vote = stage.vote(0);
    let line = format!("increase {pool} {vote} 0.5");
    assert_fails(&stage, &line, REFUSED, &["below the minimum delegation of 1", "increase by more"]).await;
    let line = format!("increase {pool} {vote} 100");
    assert_fails(&stage, &line, REFUSED, &["the reserve can spare", "increase by less"]).await;
    let line = format!("decrease {pool} {vote} 1");
    assert_fails(&stage, &line, REFUSED, &["must stay", "remove the validator"]).await;
    let line = format!("withdraw-sol {pool} 9.9");
    assert_fails(&stage, &line, REFUSED, &["the reserve can pay", "withdraw up to"]).await;
    let line = format!("withdraw-stake {pool} 0.5");
    assert_fails(&stage, &line, REFUSED, &["cannot be withdrawn as stake", "--rest-as-sol"]).await;
}

#[tokio::test]
async fn bounds_are_kept() {
    let (stage, pool) = Stage::with_pool("").await;
    let line = format!("deposit-sol {pool} 1 --minimum 1.000000001");
    assert_fails(&stage, &line, REFUSED, &["below the minimum"]).await;
    stage.must(&format!("deposit-sol {pool} 1 --minimum 1")).await;
    let line = format!("withdraw-sol {pool} 1 --minimum 1.1");
    assert_fails(&stage, &line, REFUSED, &["below the minimum"]).await;
    let error = stage.run(&line).await.unwrap_err();
    assert_eq!(error.json()["error"]["cause"], "ExceededSlippage");
    assert_eq!(error.json()["error"]["exit_code"], 3);
}

#[tokio::test]
async fn a_stale_pool_is_not_updated_where_that_is_forbidden() {
    let (stage, pool) = Stage::with_pool("").await;
    let vote = stage.vote(0);
    stage.must(&format!("add-validator {pool} {vote}")).await;
    stage.cluster.begin_epoch().unwrap();
    for command in ["deposit-sol", "withdraw-sol", "withdraw-stake"] {
        let line = format!("{command} {pool} 1 --no-update");
        assert_fails(&stage, &line, NOT_NOW, &["epoch 0", "epoch 1", "tidepool update"]).await;
    }
    let line = format!("remove-validator {pool} {vote} --no-update");
    assert_fails(&stage, &line, NOT_NOW, &["tidepool update"]).await;
    // While rewards are being paid, the pool cannot be updated either.
    assert_fails(&stage, &format!("deposit-sol {pool} 1"), NOT_NOW, &["rewards of epoch 0", "wait"]).await;
    assert_fails(&stage, &format!("update {pool}"), NOT_NOW, &["rewards of epoch 0", "wait"]).await;
    stage.cluster.finish_rewards();
    stage.must(&format!("deposit-sol {pool} 1")).await;
    stage.must(&format!("deposit-sol {pool} 1 --no-update")).await;
}

#[tokio::test]
async fn validators_have_to_be_what_they_are_said_to_be() {
    let (stage, pool) = Stage::with_pool("--max-validators 1").await;
    let (vote, other) = (stage.vote(0), stage.vote(1));
    for command in ["remove-validator", "increase", "decrease"] {
        let amount = if command == "remove-validator" { "" } else { "1" };
        let line = format!("{command} {pool} {vote} {amount}");
        assert_fails(&stage, &line, REFUSED, &[&vote.to_string(), "is not in the pool"]).await;
    }
    let wallet = stage.wallet.pubkey();
    let line = format!("add-validator {pool} {wallet}");
    assert_fails(&stage, &line, USAGE, &["is a wallet, not a validator's vote account"]).await;
    let line = format!("add-validator {pool} {}", Address::new_unique());
    assert_fails(&stage, &line, USAGE, &["is missing: the vote account was closed"]).await;
    stage.must(&format!("add-validator {pool} {vote}")).await;
    let line = format!("withdraw-stake {pool} 1 --validator {other}");
    assert_fails(&stage, &line, REFUSED, &["is not in the pool"]).await;
    let line = format!("add-validator {pool} {other}");
    assert_fails(&stage, &line, REFUSED, &["the validator list is full"]).await;
}

#[tokio::test]
async fn keys_have_to_be_the_right_ones() {
    let (stage, pool) = Stage::with_pool("").await;
    let missing = stage.missing_file();
    let line = format!("deposit-sol {pool} 1 --from {missing}");
    assert_fails(&stage, &line, USAGE, &["the depositor (--from)", "missing.json"]).await;
    let line = format!("update {pool} --fee-payer {missing}");
    assert_fails(&stage, &line, USAGE, &["the fee payer", "missing.json"]).await;
    let (other, file) = stage.another_wallet("other", SOL);
    let line = format!("add-validator {pool} {} --staker {file}", stage.vote(0));
    assert_fails(&stage, &line, USAGE, &["the pool's staker", &other.to_string(), "--staker"]).await;
    let line = format!("create-pool --program-id {} --manager {missing}", stage.program_id);
    assert_fails(&stage, &line, USAGE, &["the manager", "missing.json"]).await;
    assert_fails(&stage, "create-pool", USAGE, &["--program-id"]).await;
    // Looking at a pool opens no key.
    stage.run_as("missing", &format!("show {pool}")).await.unwrap();
    stage.run_as("missing", &format!("list {pool}")).await.unwrap();
}

#[tokio::test]
async fn nothing_is_sent_without_consent() {
    let (stage, pool) = Stage::with_pool("").await;
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    for line in [
        format!("deposit-sol {pool} 1"),
        format!("withdraw-sol {pool} 1"),
        format!("withdraw-stake {pool} 1"),
        format!("create-pool --program-id {}", stage.program_id),
        format!("extend-pool {pool}"),
        format!("set-policy {pool} --reserve-share 1%"),
        format!("set-weights {pool} --equal"),
        format!("lookup-tables {pool} --make"),
        format!("lookup-tables {pool} --close"),
    ] {
        let error = stage.run_as("wallet", &line).await.unwrap_err();
        assert_eq!(error.exit() as u8, USAGE);
        assert!(error.to_string().contains("--yes"), "{error}");
    }
    assert_eq!(stage.cluster.lamports(&stage.wallet.pubkey()), before);
}

#[test]
fn malformed_arguments_are_refused_before_anything_is_opened() {
    let pool = Address::new_unique();
    for (line, part) in [
        (format!("deposit-sol {pool} 1,5"), "invalid amount \"1,5\": expected a decimal number"),
        (format!("deposit-sol {pool} 1e3"), "invalid amount"),
        (format!("deposit-sol {pool} 0"), "invalid amount 0"),
        (format!("deposit-sol {pool} 0.0000000001"), "more than 9 decimals"),
        (format!("deposit-sol {pool} 99999999999"), "too large"),
        ("show not-an-address".into(), "invalid address"),
        ("create-pool --epoch-fee 5".into(), "expected 1/100"),
        ("create-pool --epoch-fee 101%".into(), "more than 100 %"),
        ("create-pool --deposit-fee 1/0".into(), "more than 100 %"),
        ("create-pool --max-validators 0".into(), "1..=20000"),
        (format!("withdraw-sol {pool} 1 --max-slippage lots"), "invalid slippage"),
        (format!("withdraw-sol {pool} 1 --max-slippage 0.001%"), "finer than 0.01 %"),
        (format!("withdraw-sol {pool} 1 --max-slippage 1% --minimum 1"), "cannot be used with"),
        (format!("deposit-sol {pool} 1 --to {pool} --token-account {pool}"), "cannot be used with"),
        (format!("show {pool} --fee-payer usb://abacus"), "invalid hardware wallet"),
        (format!("show {pool} --commitment sure"), "possible values"),
        (format!("set-policy {pool}"), "required arguments were not provided"),
        (format!("set-policy {pool} --reserve-share 101%"), "more than 100 % of the pool"),
        (format!("set-policy {pool} --validator-cap 5"), "invalid share \"5\": expected 5%"),
        (format!("set-policy {pool} --turnover-budget 0.001%"), "finer than 0.01 %"),
        (format!("set-weights {pool}"), "required arguments were not provided"),
        (format!("set-weights {pool} --equal --by-stake"), "cannot be used with"),
        (format!("set-weights {pool} --equal --others-zero"), "cannot be used with"),
        (format!("set-weights {pool} --set {pool}"), "expected VOTE_ACCOUNT=WEIGHT"),
        (format!("set-weights {pool} --set nobody=1"), "invalid address"),
        (format!("set-weights {pool} --set {pool}=many"), "invalid weight"),
        (format!("set-weights {pool} --set {pool}=-1"), "is negative"),
        (format!("lookup-tables {pool} --make --close"), "cannot be used with"),
        (format!("lookup-tables {pool} --wait"), "required arguments were not provided"),
        (format!("update {pool} --lookup-tables some"), ", auto or none"),
    ] {
        assert_malformed(&line, part);
    }
}

#[tokio::test]
async fn a_pool_is_made_by_a_program_that_can() {
    let stage = Stage::new();
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    let other = tidepool_interface::address::STAKE_PROGRAM_ID;
    assert_fails(&stage, &format!("create-pool --program-id {other}"), 2, &["not Tidepool", "--without-extension"])
        .await;
    let nowhere = solana_address::Address::new_unique();
    assert_fails(&stage, &format!("create-pool --program-id {nowhere}"), 2, &["does not exist", "--program-id"]).await;
    let wallet = stage.wallet.pubkey();
    assert_fails(&stage, &format!("create-pool --program-id {wallet}"), 2, &["is not a program"]).await;
    let full = format!("create-pool --program-id {} --epoch-fee 100%", stage.program_id);
    assert_fails(&stage, &full, 2, &["--epoch-fee of 100 % leaves holders nothing", "--allow-full-fee"]).await;
    assert_eq!(stage.cluster.lamports(&stage.wallet.pubkey()), before, "nothing was paid for");
}
