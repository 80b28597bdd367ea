//! What manager and staker set: authorities, preferred validators, and each other.

use {
    super::harness::{REFUSED, SOL, Stage, USAGE, assert_fails, assert_malformed, fields, number, text},
    serde_json::{Value, json},
    solana_address::Address,
    solana_signer::Signer as _,
};

/// Rent of a token account of SPL Token.
const TOKEN_ACCOUNT_RENT: u64 = 2_039_280;

pub async fn shown(stage: &Stage, pool: &str) -> Value {
    stage.must(&format!("show {pool}")).await
}

/// Runs a command line that changes something, and checks that running it again changes and sends nothing.
pub async fn sets(stage: &Stage, line: &str) -> Value {
    let set = stage.must(line).await;
    assert_eq!(set["changed"], true, "{line}: {set}");
    let answer = stage.text.borrow()[0].clone();
    let paid = stage.cluster.lamports(&stage.wallet.pubkey());
    let again = stage.must(line).await;
    assert_eq!((&again["changed"], &again["transactions"]), (&json!(false), &json!([])), "{line}");
    assert!(
        stage.text.borrow()[0].contains("is already set to this value: nothing was sent"),
        "{}",
        stage.text.borrow()[0]
    );
    assert_eq!(stage.cluster.lamports(&stage.wallet.pubkey()), paid);
    stage.text.borrow_mut()[0] = answer;
    set
}

pub fn says(stage: &Stage, part: &str) {
    let text = &stage.text.borrow()[0];
    assert!(text.contains(part), "{part:?} is not in:\n{text}");
}

#[tokio::test]
async fn a_pool_is_handed_over() {
    let (stage, pool) = Stage::with_pool("").await;
    let before = shown(&stage, &pool).await;
    let (new, file) = stage.another_wallet("new", SOL);
    let paid = stage.cluster.lamports(&stage.wallet.pubkey());
    let set = stage.must(&format!("set-manager {pool} {file}")).await;
    assert_eq!(
        fields(&set),
        [
            "announced",
            "changed",
            "fee_owner",
            "manager",
            "manager_before",
            "manager_fee_account",
            "manager_fee_account_before",
            "pool",
            "rent_lamports",
            "transactions"
        ]
    );
    assert_eq!((&set["manager"], &set["fee_owner"]), (&json!(new.to_string()), &json!(new.to_string())));
    assert_eq!(set["manager_before"], stage.wallet.pubkey().to_string());
    assert_eq!(set["manager_fee_account_before"], before["accounts"]["manager_fee"]);
    assert_eq!((number(&set["rent_lamports"]), stage.tokens(&set["manager_fee_account"])), (TOKEN_ACCOUNT_RENT, 0));
    // Two signatures.
    assert_eq!(paid - stage.cluster.lamports(&stage.wallet.pubkey()), TOKEN_ACCOUNT_RENT + 10_000);
    says(&stage, "stays the old manager, until changed with `tidepool set-staker`");
    let after = shown(&stage, &pool).await;
    assert_eq!(after["authorities"]["manager"], new.to_string());
    assert_eq!(after["accounts"]["manager_fee"], set["manager_fee_account"]);
    assert_eq!(after["authorities"]["staker"], stage.wallet.pubkey().to_string());
    // The old manager has nothing to say any more.
    let line = format!("set-fee {pool} sol-deposit 1%");
    assert_fails(&stage, &line, USAGE, &["the pool's manager", &new.to_string(), "--manager"]).await;
    // The new one may take fees elsewhere, and needs no other account for that.
    let line = format!(
        "set-manager {pool} {file} --manager {file} --fee-account {}",
        text(&before["accounts"]["manager_fee"])
    );
    let back = sets(&stage, &line).await;
    assert_eq!((&back["manager"], &back["manager_before"]), (&json!(new.to_string()), &json!(new.to_string())));
    assert_eq!((&back["fee_owner"], &back["rent_lamports"]), (&json!(stage.wallet.pubkey().to_string()), &json!(0)));
    says(&stage, "owned by");
}

#[tokio::test]
async fn a_fee_account_has_to_be_able_to_take_fees() {
    let (stage, pool) = Stage::with_pool("").await;
    let other = stage.pool("").await;
    let (_, file) = stage.another_wallet("new", SOL);
    let (stranger, _) = stage.another_wallet("stranger", SOL);
    let (shown, foreign) = (shown(&stage, &pool).await, shown(&stage, &other).await);
    for (account, part) in [
        (Address::new_unique().to_string(), "does not exist"),
        (stranger.to_string(), "is a wallet, not a token account of the pool token"),
        (text(&shown["accounts"]["pool_mint"]), "is the mint of the pool, not a token account of the pool token"),
        (pool.clone(), "is the pool itself, not a token account of the pool token"),
        (text(&foreign["accounts"]["manager_fee"]), "is a token account of mint"),
    ] {
        let line = format!("set-manager {pool} {file} --fee-account {account}");
        assert_fails(&stage, &line, USAGE, &[&account, part, "--fee-account"]).await;
    }
    let (address, poor) = stage.another_wallet("poor", 1_000_000);
    let line = format!("set-manager {pool} {file} --fee-payer {poor}");
    assert_fails(&stage, &line, REFUSED, &[&address.to_string(), "holds 0.001 SOL", "0.00203928 SOL"]).await;
    let line = format!("set-manager {pool} {} ", stage.missing_file());
    assert_fails(&stage, &line, USAGE, &["the new manager", "missing.json"]).await;
    let line = format!("set-manager {pool} {file} --manager {file}");
    assert_fails(&stage, &line, USAGE, &["the pool's manager", "--manager"]).await;
}

#[tokio::test]
async fn manager_and_staker_name_stakers() {
    let (stage, pool) = Stage::with_pool("").await;
    let (first, first_key) = stage.another_wallet("first", SOL);
    let second = Address::new_unique();
    let vote = stage.vote(0);
    let line = format!("set-staker {pool} {vote}");
    assert_fails(&stage, &line, USAGE, &["a validator's vote account", "cannot sign as the staker", "wallet"]).await;
    let line = format!("set-staker {pool} {pool}");
    assert_fails(&stage, &line, USAGE, &["is the pool itself", "cannot sign"]).await;
    let set = sets(&stage, &format!("set-staker {pool} {first}")).await;
    assert_eq!(fields(&set), ["announced", "changed", "pool", "staker", "staker_before", "transactions"]);
    assert_eq!(
        (&set["staker"], &set["staker_before"]),
        (&json!(first.to_string()), &json!(stage.wallet.pubkey().to_string()))
    );
    let line = format!("add-validator {pool} {vote}");
    assert_fails(&stage, &line, USAGE, &["the pool's staker", &first.to_string()]).await;
    // A staker hands over too: with its own wallet, or as one key among others.
    let line = format!("set-staker {pool} {second} --yes");
    assert_eq!(stage.run_as("first", &line).await.unwrap()["staker"], second.to_string());
    stage.must(&format!("set-staker {pool} {first} --manager {}", stage.keypair_file("manager", &stage.wallet))).await;
    stage.must(&format!("set-staker {pool} {second} --staker {first_key}")).await;
    assert_eq!(shown(&stage, &pool).await["authorities"]["staker"], second.to_string());
    let error = stage.run_as("first", &format!("set-staker {pool} {first} --yes")).await.unwrap_err();
    assert_eq!(error.exit() as u8, USAGE);
    assert!(error.to_string().contains("--manager"), "{error}");
    let line = format!("set-staker {pool} {first} --staker {first_key}");
    assert_fails(&stage, &line, USAGE, &["the pool's staker", &second.to_string(), "--staker"]).await;
}

#[tokio::test]
async fn validators_are_preferred() {
    let (stage, pool) = Stage::with_pool("").await;
    let [one, two] = [stage.vote(0), stage.vote(1)];
    for vote in [one, two] {
        stage.must(&format!("add-validator {pool} {vote}")).await;
    }
    let set = sets(&stage, &format!("set-preferred-validator {pool} deposit {one}")).await;
    assert_eq!(fields(&set), ["announced", "changed", "kind", "pool", "transactions", "vote", "vote_before"]);
    assert_eq!((&set["vote"], &set["vote_before"]), (&json!(one.to_string()), &Value::Null));
    says(&stage, "only stake delegated to this validator can be deposited");
    sets(&stage, &format!("set-preferred-validator {pool} withdraw {two}")).await;
    let validators = &shown(&stage, &pool).await["validators"];
    assert_eq!(validators["preferred_deposit"], one.to_string());
    assert_eq!(validators["preferred_withdraw"], two.to_string());
    let none = sets(&stage, &format!("set-preferred-validator {pool} deposit none")).await;
    assert_eq!(
        (&none["kind"], &none["vote"], &none["vote_before"]),
        (&json!("deposit"), &Value::Null, &json!(one.to_string()))
    );
    assert_eq!(shown(&stage, &pool).await["validators"]["preferred_deposit"], Value::Null);

    let stranger = stage.vote(2);
    let line = format!("set-preferred-validator {pool} withdraw {stranger}");
    assert_fails(&stage, &line, REFUSED, &[&stranger.to_string(), "is not in the pool"]).await;
    stage.must(&format!("remove-validator {pool} {one}")).await;
    let line = format!("set-preferred-validator {pool} withdraw {one}");
    assert_fails(&stage, &line, REFUSED, &["is being removed", "use another validator"]).await;
    let (_, file) = stage.another_wallet("other", SOL);
    let line = format!("set-preferred-validator {pool} withdraw none --staker {file}");
    assert_fails(&stage, &line, USAGE, &["the pool's staker", "--staker"]).await;
}

#[tokio::test]
async fn deposits_and_withdrawals_of_sol_get_an_authority() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.must(&format!("add-validator {pool} {}", stage.vote(0))).await;
    stage.must(&format!("increase {pool} {} 5", stage.vote(0))).await;
    stage.next_epoch(&pool).await;
    let (who, file) = stage.another_wallet("authority", SOL);
    for (kind, command, shown_as, option) in [
        ("sol-deposit", "deposit-sol", "sol_deposit", "--sol-deposit-authority"),
        ("sol-withdraw", "withdraw-sol", "sol_withdraw", "--sol-withdraw-authority"),
    ] {
        let set = sets(&stage, &format!("set-funding-authority {pool} {kind} {who}")).await;
        assert_eq!(
            fields(&set),
            ["announced", "authority", "authority_before", "changed", "kind", "pool", "transactions"]
        );
        assert_eq!((&set["authority"], &set["authority_before"]), (&json!(who.to_string()), &Value::Null));
        says(&stage, "need this signature");
        assert_eq!(shown(&stage, &pool).await["authorities"][shown_as], who.to_string());
        let line = format!("{command} {pool} 1");
        assert_fails(&stage, &line, USAGE, &[&who.to_string(), option]).await;
        stage.must(&format!("{line} {option} {file}")).await;
        if kind == "sol-withdraw" {
            // Holders still leave with stake.
            stage.must(&format!("withdraw-stake {pool} 2")).await;
        }
        sets(&stage, &format!("set-funding-authority {pool} {kind} none")).await;
        says(&stage, "are permissionless");
        stage.must(&line).await;
    }
}

#[tokio::test]
async fn deposits_of_stake_get_an_authority() {
    let (stage, pool) = Stage::with_pool("").await;
    let (who, _) = stage.another_wallet("authority", SOL);
    sets(&stage, &format!("set-funding-authority {pool} stake-deposit {who}")).await;
    let authorities = shown(&stage, &pool).await["authorities"].clone();
    assert_eq!(
        (&authorities["stake_deposit"], &authorities["stake_deposit_is_open"]),
        (&json!(who.to_string()), &json!(false))
    );
    let set = sets(&stage, &format!("set-funding-authority {pool} stake-deposit none")).await;
    assert_eq!((&set["authority_before"], &set["authority"]), (&json!(who.to_string()), &Value::Null));
    let authorities = shown(&stage, &pool).await["authorities"].clone();
    assert_eq!(authorities["stake_deposit_is_open"], true);
    // The program's own address means permissionless.
    let own = text(&authorities["stake_deposit"]);
    let same = stage.must(&format!("set-funding-authority {pool} stake-deposit {own}")).await;
    assert_eq!(same["changed"], false);
    let mint = text(&shown(&stage, &pool).await["accounts"]["pool_mint"]);
    let line = format!("set-funding-authority {pool} stake-deposit {mint}");
    assert_fails(&stage, &line, USAGE, &["is the mint of the pool", "cannot sign"]).await;
    let (_, file) = stage.another_wallet("other", SOL);
    let line = format!("set-funding-authority {pool} stake-deposit {who} --manager {file}");
    assert_fails(&stage, &line, USAGE, &["the pool's manager", "--manager"]).await;
}

#[tokio::test]
async fn nothing_is_set_without_consent() {
    let (stage, pool) = Stage::with_pool("").await;
    let (who, file) = stage.another_wallet("other", SOL);
    let before = stage.cluster.account(&pool.parse().unwrap());
    for line in [
        format!("set-fee {pool} epoch 1%"),
        format!("set-manager {pool} {file}"),
        format!("set-staker {pool} {who}"),
        format!("set-preferred-validator {pool} deposit none"),
        format!("set-funding-authority {pool} sol-deposit {who}"),
        format!("set-metadata {pool} --name Tide --symbol TIDE"),
    ] {
        let error = stage.run_as("wallet", &line).await.unwrap_err();
        assert_eq!(error.exit() as u8, USAGE, "{line}");
        assert!(error.to_string().contains("--yes"), "{error}");
    }
    assert_eq!(stage.cluster.account(&pool.parse().unwrap()), before);
}

#[test]
fn malformed_settings_are_refused_before_anything_is_opened() {
    let pool = Address::new_unique();
    for (line, part) in [
        (format!("set-fee {pool} epoch lots"), "expected 1/100"),
        (format!("set-fee {pool} epoch 101%"), "more than 100 %"),
        (format!("set-fee {pool} yearly 1%"), "possible values: epoch, stake-withdrawal"),
        (format!("set-fee {pool} epoch"), "required arguments were not provided"),
        (format!("set-staker {pool} nobody"), "invalid address"),
        (format!("set-staker {pool} {pool} --manager a --staker b"), "cannot be used with"),
        (format!("set-preferred-validator {pool} deposit nobody"), ", or none"),
        (format!("set-funding-authority {pool} deposit {pool}"), "possible values: stake-deposit"),
        (format!("set-metadata {pool}"), "required arguments were not provided"),
        (format!("set-manager {pool} new.json --fee-account mine"), "invalid address"),
    ] {
        assert_malformed(&line, part);
    }
}
