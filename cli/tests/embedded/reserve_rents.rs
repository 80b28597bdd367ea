//! Reserves that ordinary SOL withdrawals empty, and the rents of decreases.

use {
    super::{
        crank::{is_fresh, snapshot},
        harness::{SIGNATURE, SOL, Stage, number, text},
        withdrawals::staked_pool,
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signer::Signer as _,
    tidepool_cli::exit::Exit,
    tidepool_client::crank::{Crank, CrankOptions, missing_reserve_rent},
};

/// Rent of a stake account.
const STAKE_RENT: u64 = 2_282_880;

fn sol(lamports: u64) -> String {
    format!("{}.{:09}", lamports / SOL, lamports % SOL)
}

async fn crank(stage: &Stage, line: &str) -> Value {
    stage.must(&format!("crank {line}")).await["pools"][0].clone()
}

/// Two validators with equal weights, and a reserve target of 20 % of 60 SOL: a withdrawal of more than the reserve holds.
#[tokio::test]
async fn a_reserve_that_was_emptied_is_refilled() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.add_validators(&pool, 0..2).await;
    stage.must(&format!("set-policy {pool} --reserve-share 20%")).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("deposit-sol {pool} 50")).await;
    crank(&stage, &pool).await;
    stage.cluster.advance_epoch().unwrap();
    crank(&stage, &pool).await;

    let withdrawn = stage.must(&format!("withdraw {pool} 15")).await;
    assert!(number(&withdrawn["sol_lamports"]) > 11 * SOL, "{withdrawn:#}");
    let rents = snapshot(&stage, &pool).await.reserve_lamports_above_rent();
    assert!((4 * STAKE_RENT..5 * STAKE_RENT).contains(&rents), "{rents} lamports");
    for _ in 0..2 {
        stage.cluster.advance_epoch().unwrap();
        let round = crank(&stage, &pool).await;
        assert_eq!(
            (&round["reserve_missing_rent_lamports"], &round["reserve_top_up_lamports"]),
            (&json!(0), &json!(0))
        );
    }
    let shown = stage.must(&format!("show {pool}")).await;
    let reserve = number(&shown["stake"]["reserve_lamports"]);
    assert!(reserve + SOL > number(&shown["total_lamports"]) / 5, "{shown:#}");
    stage.must(&format!("withdraw-sol {pool} 5")).await;
}

/// A pool without the extension, whose reserve holds its own rent and next to nothing else.
async fn emptied(stage: &Stage) -> String {
    let pool = staked_pool(stage, "--without-extension").await;
    empty(stage, &pool).await;
    pool
}

async fn empty(stage: &Stage, pool: &str) {
    let snapshot = snapshot(stage, pool).await;
    let (rate, lamports) = (snapshot.rate(), snapshot.withdrawable_reserve_lamports());
    let pool_tokens =
        u128::from(lamports) * u128::from(rate.pool_token_supply.get()) / u128::from(rate.total_lamports.get());
    stage.must(&format!("withdraw-sol {pool} {}", sol(u64::try_from(pool_tokens).unwrap()))).await;
}

#[tokio::test]
async fn a_plain_pool_is_sent_the_missing_rent() {
    let stage = Stage::new();
    let pool = emptied(&stage).await;
    let (vote, reserve) = (stage.vote(0), snapshot(&stage, &pool).await.pool().head.reserve_stake);
    let decrease = format!("decrease {pool} {vote} 2");
    let error = stage.run_as("wallet", &decrease).await.unwrap_err().to_string();
    assert!(error.contains("a decrease borrows") && error.contains(&reserve.to_string()), "{error}");

    let told = crank(&stage, &format!("{pool} --no-top-up")).await;
    let missing = number(&told["reserve_missing_rent_lamports"]);
    assert!((1..=STAKE_RENT).contains(&missing), "{missing} lamports");
    assert_eq!((&told["reserve_top_up_lamports"], &told["transactions"]), (&json!(0), &json!([])));
    let advice = stage.text.borrow()[0].clone();
    assert!(advice.contains("cannot lend the rent of a decrease") && advice.contains(&reserve.to_string()), "{advice}");

    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    let topped_up = crank(&stage, &pool).await;
    assert_eq!(topped_up["reserve_missing_rent_lamports"], 0);
    assert_eq!(topped_up["reserve_top_up_lamports"], missing);
    assert_eq!(topped_up["transactions"].as_array().unwrap().len(), 1);
    assert!(stage.text.borrow()[0].contains("from the fee payer, the rent of a decrease"));
    assert_eq!(before - stage.cluster.lamports(&stage.wallet.pubkey()), missing + SIGNATURE);
    stage.must(&decrease).await;
    let again = crank(&stage, &pool).await;
    assert_eq!((&again["reserve_top_up_lamports"], &again["transactions"]), (&json!(0), &json!([])));
}

/// A holder who empties the reserve again and again gets no more than one rent an epoch out of a crank.
#[tokio::test]
async fn a_crank_sends_one_rent_an_epoch() {
    let stage = Stage::new();
    let pool = emptied(&stage).await;
    let address: Address = pool.parse().unwrap();
    let options = CrankOptions { top_up: true, ..CrankOptions::default() };
    let crank = Crank::new(&stage.cluster, &stage.wallet).options(options);
    for _ in 0..2 {
        let first = crank.run_once(&address).await.unwrap();
        assert!(first.top_up_lamports > 0);
        empty(&stage, &pool).await;
        let before = stage.cluster.lamports(&stage.wallet.pubkey());
        let second = crank.run_once(&address).await.unwrap();
        assert!(second.top_up_lamports == 0 && missing_reserve_rent(&second.snapshot) > 0);
        assert_eq!(stage.cluster.lamports(&stage.wallet.pubkey()), before);
        stage.cluster.advance_epoch().unwrap();
    }
}

/// A payer that cannot afford the rent still updates the pool.
#[tokio::test]
async fn a_payer_with_insufficient_funds_updates_without_the_rent() {
    let stage = Stage::new();
    let pool = emptied(&stage).await;
    let (_, small) = stage.another_wallet("small", 10_000_000);
    stage.cluster.advance_epoch().unwrap();
    let cranked = stage.run_as("small", &format!("crank {pool} --keypair {small}")).await;
    assert_eq!(stage.exit.get(), Exit::Done, "{cranked:?}");
    assert!(is_fresh(&stage, &pool).await);
    let told = stage.must(&format!("crank {pool} --no-top-up")).await;
    assert!(number(&told["pools"][0]["reserve_missing_rent_lamports"]) > 0, "{}", text(&told["pools"][0]["pool"]));
}
