//! The default pool, all pools of a program, and what a wallet holds.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{SOL, Stage, USAGE, assert_fails, fields, number, said, text},
        life::STAKE_RENT,
    },
    serde_json::{Value, json},
    solana_account::Account,
    solana_signer::Signer as _,
    solana_stake_interface::instruction as stake,
    spl_token_2022_interface::instruction as token,
    std::ffi::OsString,
    tidepool_cli::{
        command_line,
        defaults::{Defaults, Named},
    },
    tidepool_interface::address::TOKEN_PROGRAM_ID,
};

const FAILED: u8 = 1;

fn named(address: &str, origin: &str) -> Option<Named> {
    Some(Named { address: address.parse().unwrap(), origin: origin.into() })
}

/// Makes `pool` the default one.
fn set_default(stage: &Stage, pool: &str) {
    stage.defaults.borrow_mut().pool = named(pool, "TIDEPOOL_POOL");
}

#[tokio::test]
async fn every_command_works_without_its_pool() {
    let stage = Stage::new();
    let (pool, other) = (stage.pool("").await, stage.pool("").await);
    set_default(&stage, &pool);
    let origin = format!("{pool} (from TIDEPOOL_POOL)");
    let (one, two) = (stage.vote(0), stage.vote(1));
    for line in [
        "show".to_owned(),
        "list".into(),
        "update".into(),
        "crank".into(),
        format!("add-validator {one}"),
        format!("add-validator {two}"),
        "deposit-sol 20".into(),
        format!("increase {one} 2"),
        "set-weights --equal".into(),
        "set-policy --reserve-share 5%".into(),
        "set-fee epoch 5%".into(),
        format!("set-preferred-validator deposit {one}"),
        "set-preferred-validator deposit none".into(),
        format!("explain-stake {one}"),
        "rebalance".into(),
        "lookup-tables".into(),
        "withdraw 1".into(),
        "withdraw --worth 0.5".into(),
        "withdraw-sol 0.25".into(),
        format!("set-staker {}", stage.wallet.pubkey()),
        format!("remove-validator {two}"),
    ] {
        let answer = stage.must(&line).await;
        let about = ["pool", "address"].iter().find_map(|name| answer[name].as_str());
        let about = about.or(answer["pools"][0]["pool"].as_str());
        assert_eq!(about, Some(pool.as_str()), "{line}");
        // What changes nothing asks nothing.
        if answer["changed"] != false {
            let told = said().iter().filter(|said| said.contains(&origin)).count();
            assert_eq!(told, 1, "{line}: {:?}", said());
        }
    }
    // The quote shows it before the question.
    stage.denies.set(true);
    assert!(stage.run_as("wallet", "deposit-sol 1").await.is_err());
    assert!(said().iter().any(|said| *said == format!("  pool      {origin}")), "{:?}", said());
    stage.denies.set(false);

    // A pool on the command line wins, in either place, and nothing is said of a default.
    for line in [format!("show {other}"), format!("show --pool {other}"), format!("--yes show --pool={other}")] {
        assert_eq!(stage.must(&line).await["address"], other, "{line}");
        assert!(said().iter().all(|said| !said.contains("from TIDEPOOL_POOL")), "{line}");
    }
    for line in [format!("deposit-sol {other} 1"), format!("deposit-sol 1 --pool {other}")] {
        assert_eq!(stage.must(&line).await["pool"], other, "{line}");
    }
}

#[tokio::test]
async fn a_pool_whose_arguments_are_missing_is_not_taken_for_one_of_them() {
    let stage = Stage::new();
    let (pool, other) = (stage.pool("").await, stage.pool("").await);
    set_default(&stage, &pool);
    for line in [format!("set-staker {other}"), format!("add-validator {other}"), format!("set-manager {pool}")] {
        assert_fails(&stage, &line, USAGE, &["missing arguments after the pool", "--pool"]).await;
    }
    assert_eq!(stage.must("show").await["authorities"]["staker"], stage.wallet.pubkey().to_string());
}

#[test]
fn a_line_is_read_in_one_form_only() {
    let [pool, other] =
        ["7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA", "5rLbJz6YGQLk6LtBrFwn9WqmWpFHKxZnPqmw5eSYcuGR"];
    let error = |line: &str, defaults: &Defaults| {
        let words: Vec<OsString> = format!("tidepool {line}").split_whitespace().map(Into::into).collect();
        command_line::parse(&words, defaults).map(|cli| cli.global.default_pool).map_err(|error| error.to_string())
    };
    let none = Defaults::default();
    let with = Defaults { pool: named(pool, "TIDEPOOL_POOL"), ..Defaults::default() };
    // The same line is complete with and without a default, or with neither.
    for line in [&format!("withdraw {other} 5"), &format!("add-validator {other} {pool}"), &format!("show {other}")] {
        assert_eq!(error(line, &none), Ok(None), "{line}");
        assert_eq!(error(line, &with), Ok(None), "{line}");
    }
    for line in ["withdraw 5", "show", "increase 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 1"] {
        let missing = error(line, &none).unwrap_err();
        assert!(missing.contains("missing pool") && missing.contains("TIDEPOOL_POOL"), "{line}: {missing}");
        assert!(error(line, &with).unwrap().is_some(), "{line}");
    }
    for (line, part) in [
        (format!("withdraw {other}"), "POOL_TOKENS"),
        ("add-validator".into(), "<VOTE_ACCOUNT>"),
        ("withdraw five".into(), "invalid amount"),
        (format!("show {other} 5"), "unexpected argument"),
        ("show elsewhere".into(), "invalid address"),
        (format!("show {other} --pool {pool}"), "unexpected argument"),
        (format!("create-pool --pool {pool}"), "unexpected argument"),
    ] {
        let message = error(&line, &with).unwrap_err();
        assert!(message.contains(part), "{line}: {message}");
    }
}

#[tokio::test]
async fn pools_of_a_program_are_listed() {
    let stage = Stage::new();
    let program = stage.program_id;
    let empty = stage.must(&format!("list-pools --program-id {program}")).await;
    assert_eq!(empty["pools"], json!([]));
    let small = stage.pool("--initial-deposit 1 --epoch-fee 5%").await;
    let plain = stage.pool("--initial-deposit 30 --without-extension --max-validators 7").await;
    let large = stage.pool("--initial-deposit 50").await;
    stage.must(&format!("add-validator {plain} {}", stage.vote(0))).await;
    stage.defaults.borrow_mut().program_id = named(&program.to_string(), "TIDEPOOL_PROGRAM_ID");
    let truncated = solana_address::Address::new_unique();
    let data = vec![1; 100];
    stage.cluster.set_account(&truncated, Account { lamports: SOL, data, owner: program, ..Account::default() });
    let order = |listed: &Value| -> Vec<String> {
        listed["pools"].as_array().unwrap().iter().map(|pool| text(&pool["address"])).collect()
    };
    let listed = stage.must("list-pools").await;
    assert_eq!(order(&listed), [large.clone(), plain.clone(), small.clone()]);
    assert_eq!(fields(&listed), ["epoch", "malformed", "pools", "program_id"]);
    let second = &listed["pools"][1];
    for (name, value) in [
        ("total_lamports", json!(30 * SOL)),
        ("pool_token_supply", json!(30 * SOL)),
        ("lamports_per_whole_pool_token", json!(SOL)),
        ("validators", json!(1)),
        ("max_validators", json!(7)),
        ("extended", json!(false)),
        ("stale", json!(false)),
    ] {
        assert_eq!(second[name], value, "{name}");
    }
    assert_eq!(listed["pools"][0]["extended"], true);
    assert_eq!(listed["malformed"], json!([truncated.to_string()]));
    assert!(stage.text.borrow()[0].contains("3 pools with 81 SOL in all"));
    assert_eq!(order(&stage.must("list-pools --sort fee").await)[0], small);
    assert_eq!(order(&stage.must("list-pools --sort validators").await)[0], plain);
    assert_eq!(order(&stage.must("list-pools --reverse").await), [small, plain, large]);
    let mut sorted = order(&listed);
    sorted.sort();
    assert_eq!(order(&stage.must("list-pools --sort address").await), sorted);

    let refused =
        stage.run_on(&TestEndpoint::without_search(&stage.cluster), "wallet", "list-pools").await.err().unwrap();
    assert!(
        refused.to_string().contains("cannot search accounts") && refused.to_string().contains("--url"),
        "{refused}"
    );
    *stage.defaults.borrow_mut() = Defaults::default();
    assert_fails(&stage, "list-pools", USAGE, &["missing program", "TIDEPOOL_PROGRAM_ID"]).await;
}

#[tokio::test]
async fn a_balance_has_all_tokens_and_all_stake() {
    let stage = Stage::new();
    let (pool, other) = (stage.pool("").await, stage.pool("").await);
    let deposited = stage.must(&format!("deposit-sol {pool} 5")).await;
    let (wallet, associated) = (stage.wallet.pubkey(), text(&deposited["token_account"]));
    set_default(&stage, &pool);

    // A second token account of the wallet.
    let mint = text(&stage.must("show").await["accounts"]["pool_mint"]).parse().unwrap();
    let account = solana_keypair::Keypair::new();
    let rent = 2_039_280;
    let system = solana_system_interface::instruction::create_account;
    let made = [
        system(&wallet, &account.pubkey(), rent, 165, &TOKEN_PROGRAM_ID),
        token::initialize_account3(&TOKEN_PROGRAM_ID, &account.pubkey(), &mint, &wallet).unwrap(),
    ];
    stage.cluster.process(&made, &stage.wallet, &[&account]).unwrap();
    stage.must(&format!("deposit-sol 2 --token-account {}", account.pubkey())).await;

    // Stake that activates, and stake that is not delegated.
    let authorized = solana_stake_interface::state::Authorized::auto(&wallet);
    let lockup = solana_stake_interface::state::Lockup::default();
    let (moving, idle) = (solana_keypair::Keypair::new(), solana_keypair::Keypair::new());
    let create = |key: &solana_keypair::Keypair| {
        stake::create_account_and_delegate_stake(&wallet, &key.pubkey(), &stage.vote(0), &authorized, &lockup, 3 * SOL)
    };
    stage.cluster.process(&create(&moving), &stage.wallet, &[&moving]).unwrap();
    let plain = stake::create_account(&wallet, &idle.pubkey(), &authorized, &lockup, 2 * SOL);
    stage.cluster.process(&plain, &stage.wallet, &[&idle]).unwrap();

    let held = stage.must("balance").await;
    assert_eq!(fields(&held), ["epoch", "pools", "stake", "wallet", "wallet_lamports"]);
    assert_eq!(held["wallet_lamports"], stage.cluster.lamports(&wallet));
    let holding = &held["pools"][0];
    assert_eq!((&holding["pool"], number(&holding["pool_tokens"])), (&json!(pool), 17 * SOL));
    assert_eq!(holding["lamports"], 17 * SOL);
    let accounts = holding["token_accounts"].as_array().unwrap();
    let found = |address: &str| accounts.iter().find(|account| account["address"] == address).unwrap();
    assert_eq!(found(&associated)["associated"], true);
    let second = found(&account.pubkey().to_string());
    assert_eq!((number(&second["pool_tokens"]), &second["associated"]), (2 * SOL, &json!(false)));
    assert!(stage.text.borrow()[0].contains("(from TIDEPOOL_POOL)"));

    let state = |held: &Value, key: &solana_keypair::Keypair| {
        let accounts = held["stake"]["accounts"].as_array().unwrap();
        accounts.iter().find(|account| account["address"] == key.pubkey().to_string()).unwrap().clone()
    };
    assert_eq!(state(&held, &moving)["state"], "activating");
    assert_eq!(state(&held, &moving)["withdrawable_lamports"], 0);
    assert_eq!(state(&held, &idle)["state"], "inactive");
    assert_eq!(state(&held, &idle)["withdrawable_lamports"], 2 * SOL);
    assert_eq!(held["stake"]["withdrawable_lamports"], 2 * SOL);

    stage.cluster.advance_epoch().unwrap();
    let active = stage.must("balance").await;
    assert_eq!(state(&active, &moving)["state"], "active");
    assert_eq!(active["pools"][0]["stale"], true);
    stage.cluster.process(&[stake::deactivate_stake(&moving.pubkey(), &wallet)], &stage.wallet, &[]).unwrap();
    let leaving = stage.must("balance").await;
    assert_eq!(state(&leaving, &moving)["state"], "deactivating");
    let lamports = stage.cluster.lamports(&moving.pubkey());
    assert!(lamports >= 3 * SOL - STAKE_RENT);
    assert_eq!(leaving["stake"]["deactivating_lamports"], lamports);
    stage.cluster.advance_epoch().unwrap();
    let left = stage.must("balance").await;
    assert_eq!(state(&left, &moving)["withdrawable_lamports"], stage.cluster.lamports(&moving.pubkey()));

    // All pools of the program, for a wallet that is given.
    let (holder, _) = stage.another_wallet("holder", SOL);
    stage.must(&format!("deposit-sol {other} 1 --to {holder}")).await;
    let all = format!("balance {holder} --program-id {} --no-stake", stage.program_id);
    let held = stage.run_without_key(&all).await.unwrap();
    assert_eq!((held["pools"].as_array().unwrap().len(), &held["pools"][0]["pool"]), (1, &json!(other)));
    assert_eq!(held["stake"], Value::Null);
    let one = stage.run_without_key(&format!("balance {holder}")).await.unwrap();
    assert_eq!(one["pools"][0]["token_accounts"], json!([]));

    assert_fails(&stage, &format!("balance {associated}"), USAGE, &["is a token account", "address of a wallet"]).await;
    let refused = stage.run_on(&TestEndpoint::without_search(&stage.cluster), "wallet", "balance").await.err().unwrap();
    assert_eq!(refused.exit() as u8, FAILED);
    assert!(refused.to_string().contains("cannot search accounts"), "{refused}");
}

#[tokio::test]
async fn validators_are_listed_in_the_order_asked_for() {
    let (stage, pool) = Stage::with_pool("--initial-deposit 100").await;
    stage.add_validators(&pool, 0..3).await;
    let [one, two, three] = [0, 1, 2].map(|index| stage.vote(index));
    stage.must(&format!("set-weights {pool} --set {one}=1 --set {two}=3 --set {three}=2")).await;
    stage.must(&format!("increase {pool} {three} 5")).await;
    let order = async |options: &str| -> Vec<u64> {
        let listed = stage.must(&format!("list {pool} {options}")).await;
        listed["validators"].as_array().unwrap().iter().map(|entry| number(&entry["index"])).collect()
    };
    assert_eq!(order("").await, [0, 1, 2]);
    assert_eq!(order("--reverse").await, [2, 1, 0]);
    assert_eq!(order("--sort weight").await, [1, 2, 0]);
    assert_eq!(order("--sort target").await, [1, 2, 0]);
    assert_eq!(order("--sort deviation").await, [1, 2, 0]);
    assert_eq!(order("--sort transient").await, [2, 0, 1]);
    assert_eq!(order("--sort stake").await, [0, 1, 2]);
    let listed = stage.must(&format!("list {pool}")).await;
    let first = &listed["validators"][0];
    let expected = number(&first["active_lamports"]) as i64 - number(&first["target_lamports"]) as i64;
    assert!(expected < 0, "it is below its target");
    assert_eq!(first["deviation_lamports"], expected);
    let shown = &stage.text.borrow()[0];
    assert!(shown.starts_with("INDEX  VALIDATOR") && shown.contains("DEVIATION SOL"), "{shown}");
}
