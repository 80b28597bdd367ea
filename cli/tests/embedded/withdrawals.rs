//! The less usual ways in, through and out.

use {
    super::{
        harness::{SOL, Stage, number, said, text},
        life,
    },
    serde_json::json,
    tidepool_client::{
        actions,
        pool::{PoolSnapshot, ReadOptions},
    },
    tidepool_core::maths::Fee,
    tidepool_interface::instruction::FeeType,
};

/// A pool of 10 + 50 SOL whose first two validators have 20 and 15 SOL of stake, active.
pub async fn staked_pool(stage: &Stage, options: &str) -> String {
    let pool = stage.pool(options).await;
    stage.must(&format!("deposit-sol {pool} 50")).await;
    for (index, amount) in [(0, 20), (1, 15)] {
        stage.must(&format!("add-validator {pool} {}", stage.vote(index))).await;
        stage.must(&format!("increase {pool} {} {amount}", stage.vote(index))).await;
    }
    stage.next_epoch(&pool).await;
    pool
}

#[tokio::test]
async fn a_sum_is_withdrawn_from_several_validators_and_the_rest_as_sol() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let withdrawn = stage.must(&format!("withdraw-stake {pool} ALL --rest-as-sol --max-slippage 0.01%")).await;
    let accounts = withdrawn["stake_accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 2);
    assert_eq!(accounts[0]["vote"], stage.vote(0).to_string());
    assert_eq!(accounts[1]["vote"], stage.vote(1).to_string());
    for account in accounts {
        let rent = number(&withdrawn["rent_lamports"]) / 2;
        let held = stage.lamports(&account["address"]);
        assert!(held.abs_diff(number(&account["lamports"]) + rent) <= 1, "{withdrawn:#}");
    }
    let stake: u64 = accounts.iter().map(|account| number(&account["lamports"])).sum();
    assert_eq!(number(&withdrawn["lamports"]), stake + number(&withdrawn["sol_lamports"]));
    assert!(number(&withdrawn["sol_lamports"]) > 20 * SOL);
    assert!(stage.text.borrow()[0].contains("as SOL"));
}

#[tokio::test]
async fn stake_comes_from_the_validator_that_was_named_into_the_account_that_was_given() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let account = solana_keypair::Keypair::new();
    let file = stage.keypair_file("stake", &account);
    let (authority, _) = stage.another_wallet("authority", 0);
    let line = format!(
        "withdraw-stake {pool} 2 --validator {} --stake-keypair {file} --stake-authority {authority} --minimum 1.99",
        stage.vote(1)
    );
    let withdrawn = stage.must(&line).await;
    let accounts = withdrawn["stake_accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0]["vote"], stage.vote(1).to_string());
    assert_eq!(text(&accounts[0]["address"]), solana_signer::Signer::pubkey(&account).to_string());
    assert_eq!(withdrawn["stake_authority"], authority.to_string());
    assert!(number(&withdrawn["minimum_lamports"]) >= 1_990_000_000);
}

#[tokio::test]
async fn a_deposit_that_is_too_small_is_told_how_much_would_do() {
    let (stage, pool) = Stage::with_pool("--deposit-fee 50%").await;
    let (code, message) = stage.fails(&format!("deposit-sol {pool} 0.000000001")).await;
    assert!(code == 3 && message.contains("at least 0.000000002 SOL"), "{message}");
    let deposited = stage.must(&format!("deposit-sol {pool} 0.000000002 --max-slippage 0")).await;
    assert_eq!(deposited["minimum_pool_tokens"], 1);
    let closed = stage.pool("--deposit-fee 100% --allow-full-fee").await;
    let (code, message) = stage.fails(&format!("deposit-sol {closed} 5")).await;
    assert!(code == 3 && message.contains("no SOL deposit yields pool tokens"), "{message}");
}

#[tokio::test]
async fn stake_accounts_get_addresses_that_are_free() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let wallet = solana_signer::Signer::pubkey(&stage.wallet);
    let numbered =
        |number: u8| actions::NewStakeAccount::with_seed(wallet, &format!("tidepool {number}")).unwrap().address;
    let [first, second, third] = [0, 1, 2].map(numbered);
    // The second address has lamports, so no account can be created there.
    stage.must(&format!("withdraw-sol {pool} 1 --to {second}")).await;
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 30")).await;
    let addresses: Vec<String> =
        withdrawn["stake_accounts"].as_array().unwrap().iter().map(|account| text(&account["address"])).collect();
    assert_eq!(addresses, [first, third].map(|address| address.to_string()));
}

#[tokio::test]
async fn the_least_is_taken_and_all_is_given_back() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let vote = stage.vote(0);
    let before = number(&stage.must(&format!("list {pool}")).await["validators"][0]["active_lamports"]);
    let decreased = stage.must(&format!("decrease {pool} {vote} ALL")).await;
    let left = &stage.must(&format!("list {pool}")).await["validators"][0];
    assert_eq!(number(&left["active_lamports"]), before - number(&decreased["lamports"]));
    assert_eq!(number(&left["active_lamports"]), SOL + 2_282_880);
    let increased = stage.must(&format!("increase {pool} {} ALL", stage.vote(1))).await;
    let shown = stage.must(&format!("show {pool}")).await;
    assert!(number(&increased["lamports"]) > 20 * SOL);
    assert_eq!(shown["stake"]["withdrawable_reserve_lamports"], 0);
}

#[tokio::test]
async fn pools_of_token_2022_and_with_a_deposit_authority_work() {
    let stage = Stage::new();
    let (_, authority) = stage.another_wallet("authority", SOL);
    let pool = stage.pool(&format!("--token-program token-2022 --deposit-authority {authority}")).await;
    let (code, message) = stage.fails(&format!("deposit-sol {pool} 1")).await;
    assert_eq!(code, 2);
    assert!(message.contains("--sol-deposit-authority"), "{message}");
    let (receiver, _) = stage.another_wallet("receiver", 0);
    let line = format!("deposit-sol {pool} 1 --to {receiver} --sol-deposit-authority {authority}");
    let deposited = stage.must(&line).await;
    assert_eq!(stage.tokens(&deposited["token_account"]), SOL);
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["authorities"]["stake_deposit_is_open"], false);
    assert!(shown["authorities"]["sol_deposit"].is_string());
}

#[tokio::test]
async fn stake_that_warms_up_over_several_epochs_stays_in_motion() {
    let (stage, pool) = Stage::with_pool("").await;
    let vote = stage.vote(0);
    stage.must(&format!("add-validator {pool} {vote}")).await;
    // A cluster of 2,000,000 SOL lets 9 % of it warm up in an epoch.
    let (_, whale) = stage.another_wallet("whale", 310_000 * SOL);
    stage.must(&format!("deposit-sol {pool} 300000 --from {whale}")).await;
    stage.must(&format!("increase {pool} {vote} 300000")).await;
    stage.cluster.advance_epoch().unwrap();
    let updated = stage.must(&format!("update {pool}")).await;
    assert_eq!(updated["in_motion_lamports"], 300_000 * SOL + 2_282_880);
    assert_eq!(stage.must(&format!("show {pool}")).await["stale"], false);
    let (code, message) = stage.fails(&format!("increase {pool} {vote} 1")).await;
    assert_eq!(code, 3);
    assert!(message.contains("of an earlier epoch"), "{message}");
    stage.cluster.advance_epoch().unwrap();
    assert_eq!(stage.must(&format!("update {pool}")).await["in_motion_lamports"], 0);
}

#[tokio::test]
async fn fees_that_are_to_change_are_shown_with_the_epoch() {
    let (stage, pool) = Stage::with_pool("--epoch-fee 2%").await;
    let address = pool.parse().unwrap();
    let snapshot = PoolSnapshot::read(&stage.cluster, &address, &ReadOptions::default()).await.unwrap();
    let change = actions::set_fee(&snapshot, FeeType::Epoch(Fee::new(3, 100))).unwrap();
    stage.cluster.process(&change.instructions, &stage.wallet, &[]).unwrap();
    let pending = json!({ "numerator": 3, "denominator": 100, "from_epoch": 2 });
    for epoch in 0..2 {
        let shown = stage.must(&format!("show {pool}")).await;
        assert_eq!((&shown["epoch"], &shown["fees"]["epoch"]["pending"]), (&json!(epoch), &pending));
        assert!(stage.text.borrow()[0].contains("2 %; 3 % from epoch 2 on"));
        stage.cluster.advance_epoch().unwrap();
        // A pool that is not updated yet tells the same epoch.
        assert_eq!(stage.must(&format!("show {pool}")).await["fees"]["epoch"]["pending"], pending);
        stage.must(&format!("update {pool}")).await;
    }
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["fees"]["epoch"], json!({ "numerator": 3, "denominator": 100, "pending": null }));
}

#[tokio::test]
async fn a_minimum_of_zero_is_shown_as_no_minimum() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let stake = life::delegate_as(&stage, &stage.wallet, 5 * SOL);
    stage.next_epoch(&pool).await;
    for (line, field) in [
        (format!("deposit-sol {pool} 1"), "minimum_pool_tokens"),
        (format!("deposit-stake {pool} {stake}"), "minimum_pool_tokens"),
        (format!("withdraw-sol {pool} 1"), "minimum_lamports"),
        (format!("withdraw-stake {pool} 2"), "minimum_lamports"),
        (format!("withdraw {pool} 1"), "minimum_lamports"),
    ] {
        let bounds: &[&str] =
            if line.contains("deposit-stake") { &["--minimum 0"] } else { &["--minimum 0", "--max-slippage 100%"] };
        for bound in bounds {
            let done = stage.must(&format!("{line} {bound}")).await;
            assert_eq!(done[field], json!(null), "{line} {bound}");
            let said = said();
            assert!(said.iter().any(|line| line.contains("no minimum: any rate is accepted")), "{said:?}");
            assert!(stage.text.borrow()[1].lines().any(|line| line.split_whitespace().eq(["minimum", "none"])));
        }
        if !line.contains("deposit-stake") {
            assert!(number(&stage.must(&line).await[field]) > 0, "{line}");
        }
    }
}

#[tokio::test]
async fn what_yields_nothing_is_told_the_least_that_yields_something() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--withdrawal-fee 50% --allow-full-fee").await;
    let (holder, file) = stage.another_wallet("holder", SOL);
    stage.must(&format!("deposit-sol {pool} 5 --to {holder}")).await;
    for command in ["withdraw-sol", "withdraw"] {
        let (code, message) = stage.fails(&format!("{command} {pool} 0.000000001 --owner {file}")).await;
        assert!(code == 3 && message.contains("0.000000002 pool tokens"), "{command}: {message}");
        let done = stage.must(&format!("{command} {pool} 0.000000002 --owner {file}")).await;
        assert_eq!(
            (&done["lamports"], &done["minimum_lamports"]),
            (&json!(1), &json!(1)),
            "a bound of 0 would be none"
        );
    }
    let (code, message) = stage.fails(&format!("withdraw-stake {pool} 0.000000001 --owner {file}")).await;
    assert!(code == 3 && message.contains("0.000000002 pool tokens"), "{message}");
}
