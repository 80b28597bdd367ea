//! What people are shown before they agree, and what has happened by then.

use {
    super::harness::{SOL, Stage, USAGE, said, text},
    solana_address::Address,
    solana_signer::Signer as _,
    tidepool_client::cluster::Cluster as _,
};

const NOT_CONFIRMED: u8 = 7;

/// The value of a line of the last quote.
fn quoted(name: &str) -> Option<String> {
    said().iter().find_map(|line| Some(line.trim_start().strip_prefix(name)?.strip_prefix("  ")?.trim().to_owned()))
}

fn expect(name: &str, part: &str) {
    let value = quoted(name).unwrap_or_else(|| panic!("{name:?} is not among {:#?}", said()));
    assert!(value.contains(part), "{name}: {value} does not say {part}");
}

#[track_caller]
fn expect_none(names: &[&str]) {
    for name in names {
        assert_eq!(quoted(name), None, "{name} is among {:#?}", said());
    }
}

/// Runs a command line whose confirmation is denied, and reads the result as JSON.
async fn denied(stage: &Stage, line: &str) -> String {
    stage.denies.set(true);
    let error = stage.run_as("wallet", line).await.unwrap_err();
    stage.denies.set(false);
    assert_eq!(error.exit() as u8, NOT_CONFIRMED, "{line}: {error}");
    error.to_string()
}

#[tokio::test]
async fn whoever_is_asked_sees_the_quote_also_with_json() {
    let (stage, pool) = Stage::with_pool("").await;
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    let told = denied(&stage, &format!("deposit-sol {pool} 5")).await;
    assert!(told.contains("nothing more was sent"), "{told}");
    expect("you pay", "5 SOL");
    expect("you get", "pool tokens");
    assert_eq!(stage.cluster.lamports(&stage.wallet.pubkey()), before);
}

#[tokio::test]
async fn an_update_that_came_first_is_told_and_not_denied() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.cluster.advance_epoch().unwrap();
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    let told = denied(&stage, &format!("deposit-sol {pool} 5")).await;
    assert!(told.contains("nothing more was sent"), "{told}");
    let updated = said().into_iter().find(|line| line.starts_with("Updated: 1 transaction (")).expect("it is told");
    let signature = updated.trim_end_matches(')').rsplit('(').next().unwrap().parse().expect("a signature");
    let statuses = stage.cluster.statuses(&[signature]).await.unwrap();
    assert!(statuses[0].is_some(), "{updated}");
    assert!(stage.cluster.lamports(&stage.wallet.pubkey()) < before, "the update was paid for");
    // What is up to date is not updated.
    denied(&stage, &format!("deposit-sol {pool} 5")).await;
    assert!(!said().iter().any(|line| line.starts_with("Updated")), "{:#?}", said());
}

#[tokio::test]
async fn a_key_signs_nothing_that_was_not_shown() {
    let (stage, pool) = Stage::with_pool("").await;
    let staker = Address::new_unique();
    let hash = stage.cluster.latest_blockhash().await.unwrap().hash;
    let built = stage.must(&format!("set-staker {pool} {staker} --sign-only --blockhash {hash}")).await;
    let message = text(&built["transactions"][0]["message"]);
    let submit = format!("submit {message} --program-id {}", stage.program_id);

    // No terminal, and a denied confirmation.
    let refused = stage.run_as("wallet", &submit).await.unwrap_err();
    assert_eq!(refused.exit() as u8, USAGE);
    assert!(refused.to_string().contains("--yes"), "{refused}");
    denied(&stage, &submit).await;
    expect("does", &format!("stake pool program {}: SetStaker", stage.program_id));
    let payer = stage.folder_file("wallet");
    stage.denies.set(true);
    let error = stage.run_without_key(&format!("{submit} --fee-payer {payer}")).await.unwrap_err();
    assert_eq!(error.exit() as u8, NOT_CONFIRMED);
    stage.denies.set(false);
    let shown = stage.must(&format!("show {pool}")).await;
    assert_ne!(shown["authorities"]["staker"], staker.to_string());

    // With signatures from elsewhere nothing is signed here, and so nothing asked; it is shown all the same.
    let signature = text(&built["transactions"][0]["signers"][0]);
    stage.run_without_key(&format!("submit {message} --signer {signature}")).await.unwrap();
    expect("does", &format!("{}: if that is a stake pool program (--program-id): SetStaker", stage.program_id));
    assert_eq!(stage.must(&format!("show {pool}")).await["authorities"]["staker"], staker.to_string());
}

#[tokio::test]
async fn deposits_say_whom_else_they_concern() {
    let (stage, pool) = Stage::with_pool("--deposit-fee 1% --referral-fee 50").await;
    expect("referral", "50 % for referrers");
    let (_, file) = stage.another_wallet("newcomer", 20 * SOL);
    stage.must(&format!("deposit-sol {pool} 5 --from {file}")).await;
    expect("rent", "0.00203928 SOL, for a new token account");
    expect_none(&["goes to", "referrer"]);
    stage.must(&format!("deposit-sol {pool} 5")).await;
    expect_none(&["rent", "goes to", "referrer"]);
    let own = text(&stage.must(&format!("deposit-sol {pool} 5")).await["token_account"]);

    let to = Address::new_unique();
    stage.must(&format!("deposit-sol {pool} 5 --to {to} --referrer {own}")).await;
    expect("goes to", &to.to_string());
    expect("referrer", &own);
    expect("rent", "new token account");
    stage.must(&format!("deposit-sol {pool} 5 --token-account {own} --referrer {own}")).await;
    expect_none(&["rent", "goes to", "referrer"]);
}

/// Sets or clears the freeze authority of the pool mint.
fn set_freezer(stage: &Stage, mint: &Address, freezer: Option<Address>) {
    // Where a mint has its freeze authority: whether there is one, and who.
    const FLAG: usize = 46;
    let mut account = stage.cluster.account(mint).expect("the mint exists");
    account.data[FLAG..FLAG + 36].fill(0);
    if let Some(freezer) = freezer {
        account.data[FLAG] = 1;
        account.data[FLAG + 4..FLAG + 36].copy_from_slice(freezer.as_ref());
    }
    stage.cluster.set_account(mint, account);
}

#[tokio::test]
async fn warns_depositors_of_a_freeze_authority() {
    let (stage, pool) = Stage::with_pool("").await;
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["authorities"]["freeze"], serde_json::Value::Null);
    assert!(!stage.text.borrow()[0].contains("warning"));
    let (mint, freezer) = (text(&shown["accounts"]["pool_mint"]).parse().unwrap(), Address::new_unique());
    stage.must(&format!("add-validator {pool} {}", stage.vote(0))).await;
    stage.another_wallet("user", 100 * SOL);
    let stake = super::life::delegate(&stage, 20 * SOL);
    stage.next_epoch(&pool).await;
    denied(&stage, &format!("deposit-sol {pool} 1")).await;
    expect_none(&["beware"]);

    set_freezer(&stage, &mint, Some(freezer));
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["authorities"]["freeze"], freezer.to_string());
    let words = stage.text.borrow()[0].clone();
    assert!(words.contains(&format!("  warning  {freezer} can freeze holders' pool tokens")), "{words}");
    let user = stage.folder_file("user");
    for line in [format!("deposit-sol {pool} 1"), format!("deposit-stake {pool} {stake} --authority {user}")] {
        denied(&stage, &line).await;
        expect("beware", &format!("{freezer} can freeze your pool tokens"));
    }
    // Who leaves has no use for it.
    denied(&stage, &format!("withdraw-sol {pool} 1")).await;
    expect_none(&["beware"]);
    set_freezer(&stage, &mint, None);
    denied(&stage, &format!("deposit-sol {pool} 1")).await;
    expect_none(&["beware"]);
}

#[tokio::test]
async fn withdrawals_say_who_gets_them() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.must(&format!("deposit-sol {pool} 20")).await;
    let to = stage.cluster.funded_keypair(SOL).pubkey();
    stage.must(&format!("withdraw-sol {pool} 1")).await;
    expect_none(&["goes to"]);
    stage.must(&format!("withdraw-sol {pool} 1 --to {to}")).await;
    expect("goes to", &to.to_string());
    stage.must(&format!("withdraw-stake {pool} 2 --from-reserve")).await;
    expect_none(&["authority"]);
    stage.must(&format!("withdraw-stake {pool} 2 --from-reserve --stake-authority {to}")).await;
    expect("authority", &to.to_string());
}

#[tokio::test]
async fn a_new_pool_is_shown_with_all_that_is_not_usual() {
    let stage = Stage::new();
    stage.pool("").await;
    expect_none(&["staker", "deposits need", "token program", "referral"]);
    let staker = Address::new_unique();
    let (authority, file) = stage.another_wallet("authority", SOL);
    stage.pool(&format!("--staker {staker} --deposit-authority {file} --token-program token-2022")).await;
    expect("staker", &staker.to_string());
    expect("deposits need", &authority.to_string());
    expect("token program", "Token-2022");
}
