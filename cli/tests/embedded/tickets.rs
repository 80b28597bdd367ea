//! Exit tickets: SOL for any amount, once the reserve has it.

use {
    super::{
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails, fields, number, said, text},
        settings::says,
        withdrawals::staked_pool,
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signer::Signer as _,
    tidepool_client::{
        actions::{self, RequestExit, TokenSource},
        crank::Crank,
        pool::{PoolSnapshot, ReadOptions},
    },
};

/// A pool with 50 SOL in its reserve and with two validators, which have weights.
async fn pool(stage: &Stage) -> String {
    let pool = staked_pool(stage, "").await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("crank {pool}")).await;
    stage.next_epoch(&pool).await;
    pool
}

async fn open(stage: &Stage, pool: &str) -> Vec<Value> {
    stage.must(&format!("tickets {pool}")).await["tickets"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_ticket_is_paid_by_the_crank_after_the_rebalance() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    let (recipient, _) = stage.another_wallet("recipient", SOL);
    let line = format!("withdraw {pool} 30 --as ticket --to {recipient}");
    let requested = stage.must(&line).await;
    assert_eq!(
        fields(&requested),
        [
            "fee_pool_tokens",
            "lamports",
            "minimum_lamports",
            "payable_from_epoch",
            "pool",
            "pool_tokens",
            "rent_lamports",
            "ticket",
            "ticket_id",
            "to",
            "token_account",
            "transactions",
        ]
    );
    assert_eq!((&requested["ticket_id"], &requested["pool_tokens"]), (&json!(0), &json!(30 * SOL)));
    let lamports = number(&requested["lamports"]);
    assert!(lamports > 30 * SOL, "the pool has earned rewards: {lamports}");
    let listed = stage.must(&format!("tickets {pool}")).await;
    let epoch = number(&listed["epoch"]);
    assert_eq!(requested["payable_from_epoch"], epoch + 1);
    assert_eq!((&listed["open_tickets"], &listed["open_ticket_lamports"]), (&json!(1), &json!(lamports)));
    assert_eq!(
        listed["tickets"][0],
        json!({
            "id": 0,
            "owner": stage.wallet.pubkey().to_string(),
            "recipient": recipient.to_string(),
            "pool_tokens": 30 * SOL,
            "lamports": lamports,
            "claimable_lamports": lamports,
            "requested_in_epoch": epoch,
            "payable": false,
        })
    );
    says(&stage, "the reserve cannot pay it yet");
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["extension"]["open_tickets"], 1);
    says(&stage, "1 open, for");
    assert_eq!(shown["stake"]["withdrawable_reserve_lamports"], 0);

    let claim = stage.must(&format!("claim {pool}")).await;
    assert_eq!((&claim["paid_tickets"], &claim["transactions"]), (&json!([]), &json!([])));
    assert_eq!(claim["waiting_tickets"][0]["id"], 0);
    says(&stage, "cannot pay a ticket yet: nothing was sent");
    let line = format!("claim {pool} 0");
    assert_fails(&stage, &line, REFUSED, &["ticket 0 is for", "the reserve can pay", "ReserveTooSmall"]).await;

    let cranked = stage.must(&format!("crank {pool}")).await;
    assert_eq!((&cranked["pools"][0]["paid_tickets"], &cranked["pools"][0]["open_tickets"]), (&json!([]), &json!(1)));
    stage.cluster.advance_epoch().unwrap();
    let before = stage.cluster.lamports(&recipient);
    let updated = stage.must(&format!("crank {pool} --no-rebalance")).await;
    assert_eq!(updated["pools"][0]["open_tickets"], 1);
    let cranked = stage.must(&format!("crank {pool}")).await;
    let paid = json!([{ "id": 0, "recipient": recipient.to_string(), "paid_lamports": lamports }]);
    assert_eq!((&cranked["pools"][0]["paid_tickets"], &cranked["pools"][0]["open_tickets"]), (&paid, &json!(0)));
    says(&stage, "ticket 0: ");
    assert_eq!(stage.cluster.lamports(&recipient) - before, lamports);
    assert_eq!(open(&stage, &pool).await, [] as [Value; 0]);
    says(&stage, "has no open exit tickets");
    assert_fails(&stage, &line, USAGE, &["no open exit ticket 0, it was paid or cancelled", "tidepool tickets"]).await;
    assert_fails(&stage, &format!("claim {pool} 7"), USAGE, &["no open exit ticket 7, it was never requested"]).await;
}

#[tokio::test]
async fn a_ticket_is_cancelled_from_the_next_epoch_on() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    let requested = stage.must(&format!("withdraw {pool} 5 --as ticket")).await;
    let line = format!("cancel-exit {pool} 0");
    assert_fails(&stage, &line, REFUSED, &["requested in this epoch", "ExitTooEarly"]).await;
    stage.next_epoch(&pool).await;
    let (_, other) = stage.another_wallet("other", SOL);
    let wrong = format!("{line} --owner {other}");
    assert_fails(&stage, &wrong, USAGE, &["the ticket's owner", "--owner"]).await;
    assert_fails(&stage, &format!("cancel-exit {pool} 1"), USAGE, &["no open exit ticket 1"]).await;
    stage.denies.set(true);
    let error = stage.run_as("wallet", &line).await.unwrap_err();
    assert_eq!(error.exit() as u8, 7, "{error}");
    assert!(
        said().iter().any(|line| line.contains("the growth since the request stays with the holders")),
        "{:?}",
        said()
    );
    stage.denies.set(false);

    let held = stage.tokens(&requested["token_account"]);
    let cancelled = stage.must(&line).await;
    assert_eq!(
        fields(&cancelled),
        [
            "burned_pool_tokens",
            "pool",
            "pool_tokens",
            "rent_lamports",
            "returned_pool_tokens",
            "ticket_id",
            "token_account",
            "transactions",
        ]
    );
    let returned = number(&cancelled["returned_pool_tokens"]);
    // The pool has grown since.
    assert!(returned < 5 * SOL && returned > 49 * SOL / 10, "{returned}");
    assert_eq!(returned + number(&cancelled["burned_pool_tokens"]), 5 * SOL);
    assert_eq!(stage.tokens(&requested["token_account"]), held + returned);
    says(&stage, "Cancelled exit ticket 0");
    assert_fails(&stage, &line, USAGE, &["it was paid or cancelled"]).await;
}

#[tokio::test]
async fn a_ticket_is_offered_where_the_reserve_is_too_small() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    stage.agrees.set(true);
    stage.run_as("wallet", &format!("withdraw {pool} 30")).await.unwrap();
    assert!(said().iter().any(|line| line.contains("--as ticket yields")), "{:?}", said());
    let line = format!("withdraw {pool} 20 --as sol");
    assert_fails(&stage, &line, REFUSED, &["request an exit ticket"]).await;
    stage.run_as("wallet", &format!("withdraw {pool} 1 --as ticket")).await.unwrap();
    let all = said().join("\n");
    for part in ["exit ticket 0: ", "for the ticket, returned", "for the pool's first ticket, not returned", "when"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    // What tickets have claimed stays in the reserve.
    let fewest = stage.run(&format!("withdraw {pool} --worth 2 --as ticket")).await.unwrap();
    assert_eq!(number(&fewest["lamports"]), 2 * SOL);
    assert!(number(&fewest["pool_tokens"]) < 2 * SOL);
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    let line = format!("withdraw {pool} 0.0001 --as ticket");
    assert_fails(&stage, &line, REFUSED, &["below the rent of a wallet", "ExitTooSmall"]).await;
    let line = format!("withdraw {pool} 1 --as ticket --minimum 5");
    assert_fails(&stage, &line, REFUSED, &["ExceededSlippage"]).await;
    let line = format!("withdraw {pool} 1 --as ticket --wrap");
    assert_fails(&stage, &line, USAGE, &["omit --wrap"]).await;
    let line = format!("withdraw {pool} --worth 1000 --as ticket");
    assert_fails(&stage, &line, REFUSED, &["holds 60 pool tokens", "pool tokens for 1000 SOL"]).await;
    let (authority, _) = stage.another_wallet("authority", SOL);
    stage.must(&format!("set-funding-authority {pool} sol-withdraw {authority}")).await;
    let line = format!("withdraw {pool} 1 --as ticket");
    assert_fails(&stage, &line, REFUSED, &[&authority.to_string(), "ExitsNeedAuthority"]).await;
    let plain = stage.pool("--without-extension").await;
    let line = format!("withdraw {plain} 1 --as ticket");
    assert_fails(&stage, &line, REFUSED, &["no extension"]).await;
    assert_fails(&stage, &format!("tickets {plain}"), REFUSED, &["no extension"]).await;
}

#[tokio::test]
async fn a_ticket_that_cannot_be_paid_stops_no_other() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    stage.must(&format!("deposit-sol {pool} 20")).await;
    let address: Address = pool.parse().unwrap();
    // The runtime lets no transaction change a sysvar.
    let recipient = solana_sdk_ids::sysvar::clock::ID;
    for _ in 0..3 {
        let snapshot = PoolSnapshot::read(&stage.cluster, &address, &ReadOptions::default()).await.unwrap();
        let wallet = stage.wallet.pubkey();
        let request = RequestExit {
            tokens: TokenSource::wallet(&snapshot, &wallet),
            pool_tokens: SOL,
            recipient,
            payer: wallet,
            minimum_lamports: None,
        };
        let (group, _) = actions::request_exit(&snapshot, &request).unwrap();
        stage.cluster.process(&group.instructions, &stage.wallet, &[]).unwrap();
    }
    let good = stage.must(&format!("withdraw {pool} 2 --as ticket")).await;
    let cranked = stage.must(&format!("crank {pool}")).await;
    let round = &cranked["pools"][0];
    assert_eq!(round["paid_tickets"][0]["id"], good["ticket_id"]);
    assert_eq!((&round["open_tickets"], &round["not_landed"]), (&json!(3), &json!(3)));
    assert_eq!(text(&round["pool"]), pool);
    assert_eq!(open(&stage, &pool).await.len(), 3);

    // A crank that goes on tries them once an epoch.
    let crank = Crank::new(&stage.cluster, &stage.wallet);
    let tried = async || crank.run_once(&address).await.unwrap().sent.problems().count();
    assert_eq!((tried().await, tried().await), (3, 0));
    stage.cluster.advance_epoch().unwrap();
    assert_eq!((tried().await, tried().await), (3, 0));
}

#[tokio::test]
async fn the_balance_shows_open_tickets_of_the_wallet() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    let line = format!("balance --pool {pool} --no-stake");
    assert_eq!(stage.must(&line).await["pools"][0]["tickets"], json!([]));
    let requested = stage.must(&format!("withdraw {pool} ALL --as ticket")).await;
    let found = stage.must(&line).await;
    let listed = stage.must(&format!("tickets {pool}")).await;
    assert_eq!(found["pools"][0]["pool_tokens"], 0);
    assert_eq!(found["pools"][0]["tickets"], listed["tickets"]);
    assert_eq!(found["pools"][0]["tickets"][0]["lamports"], requested["lamports"]);
    stage.must(&line).await;
    says(&stage, "1 open exit ticket, for");
    says(&stage, "ticket 0: ");
    says(&stage, "the reserve cannot pay it yet");
    // Of other wallets it shows none.
    let (other, _) = stage.another_wallet("other", SOL);
    assert_eq!(
        stage.must(&format!("balance {other} --pool {pool} --no-stake")).await["pools"][0]["tickets"],
        json!([])
    );
    let plain = stage.pool("--without-extension").await;
    let found = stage.must(&format!("balance --pool {plain} --no-stake")).await;
    assert_eq!(found["pools"][0]["tickets"], json!([]));
}

#[tokio::test]
async fn the_only_ticket_is_cancelled_without_an_id() {
    let stage = Stage::new();
    let pool = pool(&stage).await;
    let line = format!("cancel-exit {pool}");
    assert_fails(&stage, &line, USAGE, &["has no open exit ticket in pool", &pool]).await;
    for amount in [5, 7] {
        stage.must(&format!("withdraw {pool} {amount} --as ticket")).await;
    }
    stage.next_epoch(&pool).await;
    let several = ["has 2 open exit tickets", "specify the id of one: 1 for 7.", "0 for 5."];
    assert_fails(&stage, &line, USAGE, &several).await;
    // Those of others do not count.
    let (_, other) = stage.another_wallet("other", SOL);
    assert_fails(&stage, &format!("{line} --owner {other}"), USAGE, &["has no open exit ticket"]).await;
    stage.must(&format!("{line} 0")).await;
    stage.denies.set(true);
    let error = stage.run_as("wallet", &line).await.unwrap_err();
    assert_eq!(error.exit() as u8, 7, "{error}");
    stage.denies.set(false);
    assert_eq!(stage.must(&line).await["ticket_id"], 1);
    assert_eq!(open(&stage, &pool).await, [] as [Value; 0]);
}
