//! `tidepool withdraw`: any sum, from wherever it can be had.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{SIGNATURE, SOL, Stage, assert_malformed, number, said, text},
        withdrawals::staked_pool,
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signer::Signer as _,
    solana_stake_interface::state::StakeStateV2,
    tidepool_cli::units::Units,
    tidepool_client::{
        actions::{self, WithdrawSol, Wrap},
        pool::{PoolSnapshot, ReadOptions},
    },
};

/// Rent of a stake account.
const STAKE_RENT: u64 = 2_282_880;

fn stake_accounts(withdrawn: &Value) -> &Vec<Value> {
    withdrawn["stake_accounts"].as_array().unwrap()
}

/// Checks that each stake account is there, with its lamports (to one, for rounding), delegated and owned as the answer says.
fn assert_stake(stage: &Stage, withdrawn: &Value, votes: &[Address]) {
    let accounts = stake_accounts(withdrawn);
    let from: Vec<String> = accounts.iter().map(|account| text(&account["vote"])).collect();
    assert_eq!(from, votes.iter().map(ToString::to_string).collect::<Vec<_>>(), "{withdrawn:#}");
    for account in accounts {
        let held = stage.lamports(&account["address"]);
        assert!(held.abs_diff(number(&account["lamports"]) + STAKE_RENT) <= 1, "{withdrawn:#}");
        let address = text(&account["address"]).parse().unwrap();
        let data = stage.cluster.account(&address).unwrap().data;
        let Ok(StakeStateV2::Stake(meta, stake, _)) = bincode::deserialize(&data) else {
            panic!("{address} is not delegated");
        };
        assert_eq!(meta.authorized.withdrawer.to_string(), text(&withdrawn["to"]));
        assert_eq!(meta.authorized.staker.to_string(), text(&withdrawn["to"]));
        assert_eq!(stake.delegation.voter_pubkey.to_string(), text(&account["vote"]));
    }
}

fn transactions(answer: &Value) -> usize {
    answer["transactions"].as_array().unwrap().len()
}

async fn reserve(stage: &Stage, pool: &str) -> u64 {
    number(&stage.must(&format!("show {pool}")).await["stake"]["withdrawable_reserve_lamports"])
}

#[tokio::test]
async fn the_reserve_pays_all_that_it_can() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let (to, _) = stage.another_wallet("to", SOL);
    let withdrawn = stage.must(&format!("withdraw {pool} 5 --to {to}")).await;
    assert!(stake_accounts(&withdrawn).is_empty());
    assert_eq!(stage.cluster.lamports(&to), SOL + number(&withdrawn["lamports"]));
    assert_eq!((transactions(&withdrawn), &withdrawn["rent_lamports"]), (1, &json!(0)));
    assert_eq!(withdrawn["withdrawable_from_epoch"], json!(null));
    assert_eq!((&withdrawn["why_left"], &withdrawn["hint"]), (&json!(null), &json!(null)));

    // 37 pool tokens are more than the reserve has left, and less than that and one validator.
    let held = stage.tokens(&withdrawn["token_account"]);
    let (before, in_reserve) = (stage.cluster.lamports(&to), reserve(&stage, &pool).await);
    let withdrawn = stage.must(&format!("withdraw {pool} 37 --to {to}")).await;
    assert_stake(&stage, &withdrawn, &[stage.vote(0)]);
    let sol = number(&withdrawn["sol_lamports"]);
    assert!(sol < in_reserve && sol + 4 > in_reserve, "{sol} of {in_reserve}");
    assert_eq!(stage.cluster.lamports(&to) - before, sol);
    assert_eq!(transactions(&withdrawn), 1, "both fit one transaction");
    assert_eq!(withdrawn["withdrawable_from_epoch"], 2);
    assert_eq!(held - stage.tokens(&withdrawn["token_account"]), 37 * SOL);
    let [plain, verbose] = &*stage.text.borrow();
    assert!(plain.contains("as SOL") && plain.contains("stake account") && !plain.contains("lamports"), "{plain}");
    assert!(verbose.contains(&format!("({sol} lamports)")), "{verbose}");
}

#[tokio::test]
async fn an_empty_reserve_leaves_stake_and_the_payer_pays_its_rent() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    stage.must(&format!("increase {pool} {} ALL", stage.vote(1))).await;
    assert_eq!(reserve(&stage, &pool).await, 0);
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    let withdrawn = stage.must(&format!("withdraw {pool} 30")).await;
    assert_stake(&stage, &withdrawn, &[stage.vote(0), stage.vote(1)]);
    assert_eq!(withdrawn["sol_lamports"], 0);
    let paid = before - stage.cluster.lamports(&stage.wallet.pubkey());
    assert_eq!(paid, 2 * STAKE_RENT + 2 * SIGNATURE, "one transaction, and no keys of the new accounts");
    // The next ones get other addresses.
    let more = stage.must(&format!("withdraw {pool} 2")).await;
    assert_stake(&stage, &more, &[stage.vote(1)]);
    assert!(stake_accounts(&withdrawn).iter().all(|account| account["address"] != stake_accounts(&more)[0]["address"]));
}

#[tokio::test]
async fn the_preferred_validator_comes_first() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    stage.must(&format!("set-preferred-validator {pool} withdraw {}", stage.vote(1))).await;
    let withdrawn = stage.must(&format!("withdraw {pool} 30 --as stake")).await;
    assert_stake(&stage, &withdrawn, &[stage.vote(1), stage.vote(0)]);
    assert_eq!(withdrawn["sol_lamports"], 0);
    assert_eq!(transactions(&withdrawn), 1, "in one transaction the one is drained before the other");
}

#[tokio::test]
async fn sol_that_takes_a_signature_is_left_out_or_signed_for() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let (authority, key) = stage.another_wallet("authority", SOL);
    stage.must(&format!("set-funding-authority {pool} sol-withdraw {authority}")).await;
    let withdrawn = stage.must(&format!("withdraw {pool} 5 --as stake")).await;
    assert_stake(&stage, &withdrawn, &[stage.vote(0)]);
    assert_eq!(withdrawn["sol_lamports"], 0);
    let (code, message) = stage.fails(&format!("withdraw {pool} 5 --as sol")).await;
    assert!(code == 2 && message.contains("--sol-withdraw-authority"), "{message}");
    // Less than a validator's stake account can give comes out of the reserve.
    let withdrawn = stage.must(&format!("withdraw {pool} 0.5")).await;
    assert_eq!((stake_accounts(&withdrawn).len(), &withdrawn["sol_lamports"]), (1, &0.into()));
    assert!(number(&withdrawn["lamports"]).abs_diff(SOL / 2) <= 1, "{withdrawn:#}");
    let withdrawn = stage.must(&format!("withdraw {pool} 5 --sol-withdraw-authority {key}")).await;
    assert_eq!(withdrawn["sol_lamports"], withdrawn["lamports"]);
    assert!(stake_accounts(&withdrawn).is_empty());
}

#[tokio::test]
async fn all_of_it_leaves_dust_that_has_a_name() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let withdrawn = stage.must(&format!("withdraw {pool} ALL")).await;
    assert_stake(&stage, &withdrawn, &[stage.vote(0), stage.vote(1)]);
    assert!(stage.text.borrow()[0].contains("remainder"), "{}", stage.text.borrow()[0]);
    assert!(reserve(&stage, &pool).await <= 4);
    // Both validators keep what has to stay with them.
    let left = number(&withdrawn["pool_tokens_left"]);
    assert_eq!(stage.tokens(&withdrawn["token_account"]), left);
    let kept = number(&withdrawn["left_lamports"]);
    assert!(kept.abs_diff(2 * (SOL + STAKE_RENT)) <= 20, "{kept}");
    assert_eq!(withdrawn["why_left"], "whole_accounts_only");
    assert!(text(&withdrawn["hint"]).contains("--whole-accounts"), "{withdrawn:#}");
    let (code, message) = stage.fails(&format!("withdraw {pool} ALL")).await;
    assert!(code == 3 && message.contains("--whole-accounts"), "{message}");
    let whole = stage.must(&format!("withdraw {pool} ALL --whole-accounts")).await;
    assert_stake(&stage, &whole, &[stage.vote(0), stage.vote(1)]);
    assert!(number(&whole["left_lamports"]) <= 20, "{whole:#}");
}

#[tokio::test]
async fn a_stale_pool_is_updated_first() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    stage.cluster.advance_epoch().unwrap();
    let (code, message) = stage.fails(&format!("withdraw {pool} 30 --no-update")).await;
    assert!(code == 5 && message.contains("tidepool update"), "{message}");
    let withdrawn = stage.must(&format!("withdraw {pool} 30")).await;
    assert_stake(&stage, &withdrawn, &[stage.vote(0)]);
    assert!(transactions(&withdrawn) > 1, "the update comes first");
    // The rewards are in the rate.
    assert!(number(&withdrawn["lamports"]) > 30 * SOL);
}

#[tokio::test]
async fn the_form_can_be_chosen_and_what_cannot_be_had_is_refused() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let stake = stage.must(&format!("withdraw {pool} 5 --as stake")).await;
    assert_stake(&stage, &stake, &[stage.vote(0)]);
    let sol = stage.must(&format!("withdraw {pool} 5 --as sol")).await;
    assert_eq!(sol["sol_lamports"], sol["lamports"]);
    for (line, parts) in [
        ("30 --as sol", vec!["the reserve can pay", "withdraw up to", "withdraw stake"]),
        ("0.5 --as stake", vec!["at least 1 SOL, for ", "withdraw that amount", "--as any"]),
        ("500", vec!["holds 50 pool tokens", "500"]),
        ("5 --minimum 5.1", vec!["below the minimum of 5.1 SOL"]),
        ("--worth 500", vec!["holds 50 pool tokens", "can be withdrawn now", "500 SOL"]),
    ] {
        let (code, message) = stage.fails(&format!("withdraw {pool} {line}")).await;
        assert_eq!(code, 3, "{line}: {message}");
        for part in parts {
            assert!(message.contains(part), "{line}: {message:?} does not say {part:?}");
        }
    }
    let (_, poor) = stage.another_wallet("poor", SOL);
    let (code, message) = stage.fails(&format!("withdraw {pool} 30 --fee-payer {poor} --owner {poor}")).await;
    assert!(code == 3 && message.contains("holds no pool tokens"), "{message}");
    let (_, penniless) = stage.another_wallet("penniless", 1_000_000);
    let (code, message) = stage.fails(&format!("withdraw {pool} 30 --fee-payer {penniless}")).await;
    assert!(code == 3 && message.contains("holds 0.001 SOL"), "{message}");
    for (line, part) in [
        (format!("withdraw {pool}"), "required arguments were not provided"),
        (format!("withdraw {pool} 1 --worth 1"), "cannot be used with"),
        (format!("withdraw {pool} 1 --as cash"), "possible values"),
    ] {
        assert_malformed(&line, part);
    }
}

#[tokio::test]
async fn a_worth_is_met_to_the_lamport_from_both_sources() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--withdrawal-fee 3/1000").await;
    stage.cluster.advance_epoch().unwrap();
    let (to, file) = stage.another_wallet("holder", 100 * SOL);
    stage.must(&format!("deposit-sol {pool} 50 --to {to}")).await;
    for wanted in [3_333_333_333, 80 * SOL / 2 + 1] {
        let wanted_sol = format!("{}.{:09}", wanted / SOL, wanted % SOL);
        let withdrawn = stage.must(&format!("withdraw {pool} --worth {wanted_sol} --owner {file}")).await;
        let lamports = number(&withdrawn["lamports"]);
        assert!((wanted..wanted + 6).contains(&lamports), "{lamports} for {wanted}");
        assert!(number(&withdrawn["fee_pool_tokens"]) > 0);
    }
}

#[tokio::test]
async fn a_fee_that_takes_all_is_named() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--withdrawal-fee 100% --allow-full-fee").await;
    let (holder, file) = stage.another_wallet("holder", SOL);
    stage.must(&format!("deposit-sol {pool} 5 --to {holder}")).await;
    for form in ["any", "sol", "stake"] {
        let (code, message) = stage.fails(&format!("withdraw {pool} ALL --as {form} --owner {file}")).await;
        assert!(
            code == 3 && message.contains("no amount yields a lamport") || message.contains("yield no lamport"),
            "{form}: {message}"
        );
    }
}

#[tokio::test]
async fn somebody_faster_makes_it_fail_as_a_whole() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let (other, file) = stage.another_wallet("other", 100 * SOL);
    stage.run_as("other", &format!("deposit-sol {pool} 5 --yes")).await.unwrap();
    let snapshot = PoolSnapshot::read(&stage.cluster, &pool.parse().unwrap(), &ReadOptions::default()).await.unwrap();
    let taken = WithdrawSol {
        tokens: actions::TokenSource::wallet(&snapshot, &other),
        pool_tokens: 4 * SOL,
        to: other,
        wrap: Wrap::No,
        payer: other,
        minimum_lamports: None,
    };
    let (taken, _) = actions::withdraw_sol(&snapshot, &taken).unwrap();
    let key = solana_keypair::read_keypair_file(file).unwrap();
    let faster = TestEndpoint::with_competing_change(&stage.cluster, || {
        stage.cluster.process(&taken.instructions, &key, &[]).unwrap();
    });
    let held = stage.must(&format!("show {pool}")).await["pool_token_supply"].clone();
    let error = stage.run_on(&faster, "wallet", &format!("withdraw {pool} 40 --yes")).await.unwrap_err();
    let json = error.json();
    assert_eq!((error.exit() as u8, &json["error"]["cause"]), (3, &json!("SolWithdrawalTooLarge")), "{json:#}");
    let label = text(&json["error"]["transactions"][0]["label"]);
    let (_, account) = label.split_once("into stake account ").expect("the label names the account");
    assert!(stage.cluster.account(&account.parse().unwrap()).is_none(), "nothing is half done");
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(number(&shown["pool_token_supply"]), number(&held) - 4 * SOL);
    // It can be done again as it is.
    assert_stake(&stage, &stage.must(&format!("withdraw {pool} 40")).await, &[stage.vote(0)]);
}

#[tokio::test]
async fn many_validators_give_in_few_transactions_of_a_token_2022_pool() {
    let stage = Stage::of(7);
    let pool = pool_of_seven(&stage, "--token-program token-2022").await;
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    let withdrawn = stage.must(&format!("withdraw {pool} 85")).await;
    let votes: Vec<Address> = (0..7).map(|index| stage.vote(index)).collect();
    assert_eq!(stake_accounts(&withdrawn).len(), 7, "{withdrawn:#}");
    let mut from: Vec<String> = stake_accounts(&withdrawn).iter().map(|account| text(&account["vote"])).collect();
    from.sort();
    let mut all: Vec<String> = votes.iter().map(ToString::to_string).collect();
    all.sort();
    assert_eq!(from, all);
    let sent: Vec<&Value> = withdrawn["transactions"].as_array().unwrap().iter().collect();
    let withdrawals = sent.iter().filter(|sent| text(&sent["label"]).contains("withdraw")).count();
    assert!(withdrawals <= 4, "{withdrawals} transactions for 7 stake accounts");
    let spent = before + number(&withdrawn["sol_lamports"]) - stage.cluster.lamports(&stage.wallet.pubkey());
    assert_eq!(spent, 7 * STAKE_RENT + SIGNATURE * (sent.len() + withdrawals) as u64);
}

/// A pool whose seven validators have 10 SOL of stake each, active.
async fn pool_of_seven(stage: &Stage, options: &str) -> String {
    let pool = stage.pool(options).await;
    stage.must(&format!("deposit-sol {pool} 90")).await;
    for index in 0..7 {
        stage.must(&format!("add-validator {pool} {}", stage.vote(index))).await;
        stage.must(&format!("increase {pool} {} 10", stage.vote(index))).await;
    }
    stage.cluster.advance_epoch().unwrap();
    pool
}

#[tokio::test]
async fn steps_tell_which_stake_accounts_exist_after_a_partial_withdrawal() {
    let stage = Stage::of(7);
    let pool = pool_of_seven(&stage, "").await;
    stage.must(&format!("update {pool}")).await;
    let wallet = stage.wallet.pubkey();
    let address =
        |number: usize| actions::NewStakeAccount::with_seed(wallet, &format!("tidepool {number}")).unwrap().address;
    let taken = address(0);
    let endpoint = TestEndpoint::with_competing_change(&stage.cluster, || stage.cluster.airdrop(&taken, SOL));
    let token_account = stage.must(&format!("deposit-sol {pool} 1")).await["token_account"].clone();
    let held = stage.tokens(&token_account);
    let error = stage.run_on(&endpoint, "wallet", &format!("withdraw {pool} 60 --as stake --yes")).await.unwrap_err();
    let json = error.json();
    let sent = json["error"]["transactions"].as_array().unwrap();
    assert!(sent.iter().any(|sent| sent["state"] == "landed") && sent.iter().any(|sent| sent["state"] != "landed"));
    let mut created = 0;
    for sent in sent {
        for step in sent["steps"].as_array().unwrap() {
            assert_eq!(step["step"], "withdraw_stake");
            let account = stage.cluster.account(&text(&step["stake_account"]).parse().unwrap());
            let is_stake = account.is_some_and(|account| !account.data.is_empty());
            assert_eq!(is_stake, sent["state"] == "landed", "{sent:#}");
            created += usize::from(is_stake);
        }
    }
    assert!((1..7).contains(&created), "{json:#}");
    let given = Units(held - stage.tokens(&token_account));
    let said = said();
    assert!(said.iter().any(|line| line.contains(&format!("{given} pool tokens were withdrawn"))), "{said:?}");
}
