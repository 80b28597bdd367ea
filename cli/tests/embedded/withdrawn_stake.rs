//! What withdrawals say of the stake that they hand over, and whether the stake program agrees.

use {
    super::{
        harness::{SOL, Stage, number, said, text},
        withdrawals::staked_pool,
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signer::Signer as _,
    solana_stake_interface::instruction as stake,
};

/// Runs a command of the `solana` CLI on a stake account: the ones that answers name, by their own instructions.
fn run_solana(stage: &Stage, command: &str) -> bool {
    let wallet = stage.wallet.pubkey();
    let words: Vec<&str> = command.split(' ').collect();
    let account: Address = words[2].parse().unwrap();
    let instruction = match words.as_slice() {
        ["solana", "deactivate-stake", _] => stake::deactivate_stake(&account, &wallet),
        ["solana", "withdraw-stake", _, to, "ALL"] => {
            stake::withdraw(&account, &wallet, &to.parse().unwrap(), stage.cluster.lamports(&account), None)
        }
        _ => panic!("unknown command {command}"),
    };
    stage.cluster.process(&[instruction], &stage.wallet, &[]).is_ok()
}

/// Checks the state of the only stake account, and that its commands do what the answer says, and not earlier.
fn assert_becomes_sol(stage: &Stage, withdrawn: &Value, state: &str, commands: usize, epochs: u64) {
    let [account] = withdrawn["stake_accounts"].as_array().unwrap().as_slice() else { panic!("{withdrawn:#}") };
    assert_eq!(account["stake_state"], state, "{withdrawn:#}");
    let epoch = stage.cluster.epoch();
    assert_eq!(account["withdrawable_from_epoch"], epoch + epochs, "{withdrawn:#}");
    let to_sol: Vec<String> = account["to_sol"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(to_sol.len(), commands, "{to_sol:?}");
    let (withdraw, before) = to_sol.split_last().unwrap();
    assert!(before.iter().all(|command| run_solana(stage, command)), "{to_sol:?}");
    for _ in 0..epochs {
        assert!(!run_solana(stage, withdraw), "{withdraw} works too early");
        stage.cluster.advance_epoch().unwrap();
    }
    assert!(run_solana(stage, withdraw), "{withdraw} does not work");
    assert_eq!(stage.lamports(&account["address"]), 0);
    let [plain, _] = &*stage.text.borrow();
    assert!(plain.contains(&format!("{state} stake")), "{plain}");
    assert_eq!(plain.contains("deactivate-stake"), commands == 2, "{plain}");
}

/// Where a stake account has the epoch of its deactivation.
const DEACTIVATION_EPOCH: std::ops::Range<usize> = 172..180;

/// Deactivates the stake of a validator as `DeactivateDelinquent` does, which any fee payer can run once it has not voted for five
/// epochs. On this cluster no vote account has credits of the present epoch, so none can serve as its reference.
async fn deactivate_delinquent(stage: &Stage, pool: &str, index: usize) {
    let listed = stage.must(&format!("list {pool}")).await;
    let address = text(&listed["validators"][index]["validator_stake"]).parse().unwrap();
    let mut account = stage.cluster.account(&address).unwrap();
    account.data[DEACTIVATION_EPOCH].copy_from_slice(&stage.cluster.epoch().to_le_bytes());
    stage.cluster.set_account(&address, account);
}

#[tokio::test]
async fn stake_that_earns_nothing_comes_first_and_becomes_sol_as_told() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--without-extension").await;
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 2")).await;
    assert_eq!(withdrawn["stake_accounts"][0]["vote"], stage.vote(0).to_string());
    assert_becomes_sol(&stage, &withdrawn, "active", 2, 1);

    deactivate_delinquent(&stage, &pool, 1).await;
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 2")).await;
    assert_eq!(withdrawn["stake_accounts"][0]["vote"], stage.vote(1).to_string());
    assert!(said().iter().any(|line| line.contains("stake that earns least is withdrawn first")), "{:?}", said());
    assert_becomes_sol(&stage, &withdrawn, "deactivating", 1, 1);

    for command in ["withdraw-stake", "withdraw"] {
        let form = if command == "withdraw" { "--as stake" } else { "" };
        let withdrawn = stage.must(&format!("{command} {pool} 2 {form}")).await;
        assert_eq!(withdrawn["stake_accounts"][0]["vote"], stage.vote(1).to_string());
        assert_becomes_sol(&stage, &withdrawn, "inactive", 1, 0);
    }
    // More than it has takes a part of another validator, and each has its own state.
    let withdrawn = stage.must(&format!("withdraw {pool} 15 --as stake")).await;
    let states: Vec<_> =
        withdrawn["stake_accounts"].as_array().unwrap().iter().map(|account| &account["stake_state"]).collect();
    assert_eq!(states, ["inactive", "active"]);
    assert_eq!(withdrawn["withdrawable_from_epoch"], stage.cluster.epoch() + 1);
    let [plain, _] = &*stage.text.borrow();
    assert!(plain.contains("earns nothing; to get SOL, run `solana withdraw-stake ACCOUNT WALLET ALL` now"), "{plain}");
}

#[tokio::test]
async fn the_preferred_validator_comes_before_stake_that_earns_nothing() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--without-extension").await;
    deactivate_delinquent(&stage, &pool, 1).await;
    stage.cluster.advance_epoch().unwrap();
    stage.must(&format!("set-preferred-validator {pool} withdraw {}", stage.vote(0))).await;
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 2")).await;
    assert_eq!(withdrawn["stake_accounts"][0]["vote"], stage.vote(0).to_string());
}

#[tokio::test]
async fn stake_out_of_the_reserve_is_sol_at_once() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let (authority, _) = stage.another_wallet("authority", SOL);
    stage.must(&format!("set-funding-authority {pool} sol-withdraw {authority}")).await;
    for line in [format!("withdraw-stake {pool} 5 --from-reserve"), format!("withdraw {pool} 5")] {
        let withdrawn = stage.must(&line).await;
        assert_eq!(withdrawn["stake_accounts"][0]["vote"], json!(null));
        assert_becomes_sol(&stage, &withdrawn, "inactive", 1, 0);
    }
    // Stake is what was asked for, and none in the reserve is delegated.
    let withdrawn = stage.must(&format!("withdraw {pool} 5 --as stake")).await;
    assert_eq!(withdrawn["stake_accounts"][0]["stake_state"], "active");
    // The reserve gives what it has, and leaves enough for a stake account of the rest.
    let reserve = number(&stage.must(&format!("show {pool}")).await["stake"]["withdrawable_reserve_lamports"]);
    let wanted = (reserve + SOL / 2) as f64 / SOL as f64;
    let withdrawn = stage.must(&format!("withdraw {pool} --worth {wanted}")).await;
    let states: Vec<_> =
        withdrawn["stake_accounts"].as_array().unwrap().iter().map(|account| &account["stake_state"]).collect();
    assert_eq!(states, ["inactive", "active"]);
    assert_eq!(withdrawn["pool_tokens_left"], 0);
}

#[tokio::test]
async fn activating_stake_can_be_deactivated_and_withdrawn_in_the_same_epoch() {
    let (stage, pool) = Stage::with_pool("--without-extension").await;
    stage.must(&format!("deposit-sol {pool} 50")).await;
    stage.must(&format!("add-validator {pool} {}", stage.vote(0))).await;
    stage.must(&format!("increase {pool} {} 20", stage.vote(0))).await;
    // The validator's own stake is the minimum, so transient stake comes next.
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 2")).await;
    assert_becomes_sol(&stage, &withdrawn, "activating", 2, 0);
}
