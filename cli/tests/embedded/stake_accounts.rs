//! Deposits of all stake accounts of a wallet, and withdrawals into a stake account that exists.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{SOL, Stage, assert_fails, number, said, text},
        withdrawals::staked_pool,
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    solana_stake_interface::{
        instruction as stake,
        state::{Authorized, Lockup, StakeStateV2},
    },
    std::collections::BTreeMap,
};

/// Rent of a stake account.
const STAKE_RENT: u64 = 2_282_880;

/// A stake account of `user`, delegated to a validator or not at all.
fn stake_of(stage: &Stage, user: &Keypair, vote: Option<Address>, lamports: u64, lockup: Lockup) -> Address {
    let account = Keypair::new();
    let (wallet, address) = (user.pubkey(), account.pubkey());
    let authorized = Authorized::auto(&wallet);
    let mut instructions = stake::create_account(&wallet, &address, &authorized, &lockup, lamports + STAKE_RENT);
    instructions.extend(vote.map(|vote| stake::delegate_stake(&address, &wallet, &vote)));
    stage.cluster.process(&instructions, user, &[&account]).unwrap();
    address
}

fn delegated(stage: &Stage, vote: usize, lamports: u64) -> Address {
    stake_of(stage, &stage.wallet, Some(stage.vote(vote)), lamports, Lockup::default())
}

/// Delegated lamports of a stake account.
fn stake_in(stage: &Stage, address: &Address) -> u64 {
    match bincode::deserialize(&stage.cluster.account(address).unwrap().data) {
        Ok(StakeStateV2::Stake(_, stake, _)) => stake.delegation.stake,
        _ => 0,
    }
}

#[tokio::test]
async fn all_stake_accounts_that_the_pool_accepts_are_deposited() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let active: Vec<Address> = (0..9).map(|index| delegated(&stage, index % 2, (2 + index as u64) * SOL)).collect();
    let elsewhere = delegated(&stage, 3, 5 * SOL);
    let undelegated = stake_of(&stage, &stage.wallet, None, 3 * SOL, Lockup::default());
    let locked = Lockup { epoch: 1_000, ..Lockup::default() };
    let locked = stake_of(&stage, &stage.wallet, Some(stage.vote(0)), 4 * SOL, locked);
    let leaving = delegated(&stage, 0, 4 * SOL);
    // Another wallet's stake is not touched, whatever it is.
    let stranger = stage.cluster.funded_keypair(100 * SOL);
    let foreign = stake_of(&stage, &stranger, Some(stage.vote(0)), 5 * SOL, Lockup::default());
    stage.next_epoch(&pool).await;
    let wallet = stage.wallet.pubkey();
    stage.cluster.process(&[stake::deactivate_stake(&leaving, &wallet)], &stage.wallet, &[]).unwrap();
    let warming = delegated(&stage, 1, 4 * SOL);

    let token_account = stage.must(&format!("deposit-sol {pool} 1")).await["token_account"].clone();
    let held = stage.tokens(&token_account);
    let deposited = stage.must(&format!("deposit-stake {pool} --all")).await;
    let said = said();
    let accounts = deposited["stake_accounts"].as_array().unwrap();
    let mut addresses: Vec<String> = accounts.iter().map(|account| text(&account["stake_account"])).collect();
    addresses.sort();
    let mut expected: Vec<String> = active.iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(addresses, expected);
    assert!(active.iter().all(|address| stage.cluster.lamports(address) == 0));
    assert!(stage.cluster.lamports(&foreign) > 5 * SOL);
    let got = stage.tokens(&token_account) - held;
    assert!(got.abs_diff(number(&deposited["pool_tokens"])) <= 9, "{got}: {deposited:#}");
    assert!(got >= number(&deposited["minimum_pool_tokens"]));
    let sent = deposited["transactions"].as_array().unwrap();
    assert!(sent.len() > 1, "several transactions");
    let skipped: BTreeMap<String, &Value> =
        deposited["skipped"].as_array().unwrap().iter().map(|one| (text(&one["stake_account"]), one)).collect();
    assert_eq!(skipped.len(), 5, "{deposited:#}");
    for (address, cause, part) in [
        (elsewhere, "ValidatorNotFound", "not in the pool"),
        (undelegated, "MergeMismatch", "not delegated"),
        (locked, "LockupInForce", "locked"),
        (leaving, "MergeTransientStake", "deactivating"),
        (warming, "MergeMismatch", "next epoch"),
    ] {
        let one = skipped[&address.to_string()];
        assert_eq!(one["cause"], cause, "{one:#}");
        assert!(text(&one["reason"]).contains(part), "{one:#}");
        assert!(said.iter().any(|line| line.contains(&address.to_string()) && line.contains(part)), "{said:?}");
        assert!(stage.cluster.lamports(&address) > 0);
    }
    let refused = format!("deposit-stake {pool} --all");
    assert_fails(&stage, &refused, 3, &["none of the 5 stake accounts"]).await;
}

#[tokio::test]
async fn all_stake_accounts_need_an_endpoint_that_searches_and_an_account() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let line = format!("deposit-stake {pool} --all");
    assert_fails(&stage, &line, 3, &["no stake account"]).await;
    delegated(&stage, 0, 5 * SOL);
    stage.next_epoch(&pool).await;
    let endpoint = TestEndpoint::without_search(&stage.cluster);
    let error = stage.run_on(&endpoint, "wallet", &format!("{line} --yes")).await.unwrap_err();
    assert_eq!(error.exit() as u8, 1);
    assert!(error.to_string().contains("one by one") && error.to_string().contains("getProgramAccounts"), "{error}");
    assert_fails(&stage, &format!("{line} --minimum 6"), 3, &["below the minimum of 6 pool tokens"]).await;
    let deposited = stage.must(&format!("{line} --minimum 4.9")).await;
    assert!(number(&deposited["minimum_pool_tokens"]) >= 4_900_000_000);
}

#[tokio::test]
async fn stake_is_withdrawn_into_an_account_of_the_same_validator() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let into = delegated(&stage, 1, 5 * SOL);
    stage.next_epoch(&pool).await;
    let (stake, lamports) = (stake_in(&stage, &into), stage.cluster.lamports(&into));
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 3 --into {into}")).await;
    let said = said();
    assert!(said.iter().any(|line| line.contains("merged") && line.contains(&into.to_string())), "{said:?}");
    let account = &withdrawn["stake_accounts"][0];
    assert_eq!((&account["address"], &account["vote"]), (&json!(into.to_string()), &json!(stage.vote(1).to_string())));
    assert_eq!((&account["stake_state"], withdrawn["transactions"].as_array().unwrap().len()), (&json!("active"), 1));
    let got = number(&account["lamports"]);
    assert_eq!(stake_in(&stage, &into), stake + got);
    assert_eq!(stage.cluster.lamports(&into), lamports + got + STAKE_RENT);
}

#[tokio::test]
async fn stake_is_merged_only_where_the_stake_program_allows_it() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let elsewhere = delegated(&stage, 3, 5 * SOL);
    let other = stage.cluster.funded_keypair(100 * SOL);
    let foreign = stake_of(&stage, &other, Some(stage.vote(0)), 5 * SOL, Lockup::default());
    let locked = Lockup { epoch: 1_000, ..Lockup::default() };
    let locked = stake_of(&stage, &stage.wallet, Some(stage.vote(0)), 4 * SOL, locked);
    let undelegated = stake_of(&stage, &stage.wallet, None, 3 * SOL, Lockup::default());
    stage.next_epoch(&pool).await;
    let warming = delegated(&stage, 0, 5 * SOL);
    let wallet = stage.wallet.pubkey();
    for (into, options, code, parts) in [
        (elsewhere, String::new(), 3, vec!["not in the pool"]),
        (elsewhere, format!("--validator {}", stage.vote(0)), 3, vec!["is delegated to", "MergeMismatch"]),
        (foreign, String::new(), 3, vec!["has staker", "MergeMismatch"]),
        (locked, String::new(), 3, vec!["has a lockup", "MergeMismatch"]),
        (undelegated, String::new(), 2, vec!["is not delegated", "--from-reserve"]),
        (undelegated, format!("--validator {}", stage.vote(0)), 3, vec!["has inactive stake", "is active"]),
        (warming, String::new(), 3, vec!["has activating stake", "is active"]),
        (wallet, String::new(), 2, vec!["--into"]),
    ] {
        let line = format!("withdraw-stake {pool} 2 --into {into} {options}");
        assert_fails(&stage, &line, code, &parts).await;
    }
    // Undelegated stake of the reserve joins undelegated stake.
    let (authority, _) = stage.another_wallet("authority", SOL);
    stage.must(&format!("set-funding-authority {pool} sol-withdraw {authority}")).await;
    let before = stage.cluster.lamports(&undelegated);
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 2 --into {undelegated} --from-reserve")).await;
    assert_eq!(withdrawn["stake_accounts"][0]["stake_state"], "inactive");
    assert_eq!(stage.cluster.lamports(&undelegated), before + number(&withdrawn["lamports"]) + STAKE_RENT);
}
