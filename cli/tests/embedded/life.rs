//! The whole life of a pool, step by step, with balances to the lamport.

use {
    super::harness::{SIGNATURE, SOL, Stage, fields, number, text},
    serde_json::{Value, json},
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    solana_stake_interface::{
        instruction as stake,
        state::{Authorized, Lockup},
    },
};

/// Rent of a stake account.
pub const STAKE_RENT: u64 = 2_282_880;

#[tokio::test]
async fn a_pool_lives() {
    let stage = Stage::new();
    let created = create(&stage).await;
    let pool = text(&created["pool"]);
    add_validators(&stage, &pool).await;
    let user = stage.another_wallet("user", 500 * SOL).0;
    let stake_account = delegate(&stage, 20 * SOL);
    deposit_sol(&stage, &pool, &created).await;
    increase(&stage, &pool).await;

    stage.cluster.advance_epoch().unwrap();
    update(&stage, &pool, &created).await;
    deposit_stake(&stage, &pool, &stake_account).await;
    decrease(&stage, &pool).await;
    withdraw_sol(&stage, &pool, &user.to_string(), &created).await;
    withdraw_stake(&stage, &pool).await;
    remove(&stage, &pool).await;

    stage.cluster.advance_epoch().unwrap();
    the_end(&stage, &pool, &created).await;
}

async fn create(stage: &Stage) -> Value {
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    let line = format!(
        "create-pool --program-id {} --max-validators 10 --epoch-fee 5% --withdrawal-fee 1/1000 --deposit-fee 10bps \
         --referral-fee 50 --turnover-budget 100% --initial-deposit 10",
        stage.program_id
    );
    let created = stage.must(&line).await;
    assert_eq!(
        fields(&created),
        [
            "existing_accounts",
            "extended",
            "initial_deposit_lamports",
            "key_directory",
            "manager",
            "manager_fee_account",
            "max_validators",
            "pool",
            "pool_mint",
            "program_id",
            "rent_lamports",
            "reserve_stake",
            "staker",
            "transactions",
            "turnover_budget_basis_points",
            "validator_list",
            "withdrawal_fee",
        ]
    );
    assert_eq!(created["initial_deposit_lamports"], 10 * SOL);
    assert_eq!(created["manager"], stage.wallet.pubkey().to_string());
    // Two transactions of three signatures each: payer, reserve and mint; payer, pool and list.
    let paid = before - stage.cluster.lamports(&stage.wallet.pubkey());
    assert_eq!(paid, number(&created["rent_lamports"]) + 10 * SOL + 6 * SIGNATURE);
    assert_eq!(stage.tokens(&created["manager_fee_account"]), 10 * SOL);
    assert_eq!(stage.lamports(&created["reserve_stake"]), 10 * SOL + STAKE_RENT);

    let shown = stage.must(&format!("show {}", text(&created["pool"]))).await;
    assert_eq!(shown["total_lamports"], 10 * SOL);
    assert_eq!(shown["pool_token_supply"], 10 * SOL);
    assert_eq!(shown["lamports_per_whole_pool_token"], SOL);
    assert_eq!(shown["fees"]["epoch"], json!({ "numerator": 5, "denominator": 100, "pending": null }));
    assert_eq!(shown["fees"]["sol_deposit"], json!({ "numerator": 10, "denominator": 10_000 }));
    assert_eq!(shown["fees"]["sol_withdrawal"]["denominator"], 1_000);
    assert_eq!(shown["fees"]["sol_referral_percent"], 50);
    assert_eq!(shown["validators"]["maximum"], 10);
    assert!(stage.text.borrow()[0].contains("1 pool token = 1 SOL"));
    created
}

async fn add_validators(stage: &Stage, pool: &str) {
    for index in 0..3 {
        let added = stage.must(&format!("add-validator {pool} {}", stage.vote(index))).await;
        assert_eq!(added["seed"], 0);
        assert_eq!(added["lamports"], SOL + STAKE_RENT);
        assert_eq!(stage.lamports(&added["validator_stake"]), SOL + STAKE_RENT);
    }
    let listed = stage.must(&format!("list {pool}")).await;
    assert_eq!(fields(&listed), ["epoch", "extended", "max_validators", "pool", "validators"]);
    let first = &listed["validators"][0];
    assert_eq!(
        fields(first),
        [
            "active_lamports",
            "admitted",
            "block_revenue_commission_basis_points",
            "bls_key",
            "cautions",
            "cluster_stake_lamports",
            "demoted_in_epoch",
            "deviation_lamports",
            "index",
            "inflation_commission_basis_points",
            "last_epoch_with_credits",
            "last_update_epoch",
            "mergeable",
            "stale",
            "status",
            "target_lamports",
            "ticket_lamports",
            "transient_lamports",
            "transient_seed",
            "transient_stake",
            "validator_seed",
            "validator_stake",
            "vote",
            "voting",
            "weight",
        ]
    );
    assert_eq!(listed["validators"].as_array().unwrap().len(), 3);
    assert_eq!(first["vote"], stage.vote(0).to_string());
    assert_eq!(first["status"], "active");
    let stake = text(&first["validator_stake"]);
    let [plain, verbose] = &*stage.text.borrow();
    assert!(!plain.contains(&stake) && verbose.contains(&stake));
}

/// A stake account of the user's with the first validator.
pub fn delegate(stage: &Stage, lamports: u64) -> String {
    let user = solana_keypair::read_keypair_file(stage_file(stage, "user")).unwrap();
    delegate_as(stage, &user, lamports)
}

/// A stake account of `user` with the first validator.
pub fn delegate_as(stage: &Stage, user: &Keypair, lamports: u64) -> String {
    let account = Keypair::new();
    let instructions = stake::create_account_and_delegate_stake(
        &user.pubkey(),
        &account.pubkey(),
        &stage.vote(0),
        &Authorized::auto(&user.pubkey()),
        &Lockup::default(),
        lamports + STAKE_RENT,
    );
    stage.cluster.process(&instructions, user, &[&account]).unwrap();
    account.pubkey().to_string()
}

fn stage_file(stage: &Stage, name: &str) -> String {
    stage.missing_file().replace("missing.json", &format!("{name}.json"))
}

async fn deposit_sol(stage: &Stage, pool: &str, created: &Value) {
    let fees_before = stage.tokens(&created["manager_fee_account"]);
    let user = stage.run_as("user", &format!("show {pool}")).await.unwrap();
    assert_eq!(user["total_lamports"], 10 * SOL);
    let deposited = stage.run_as("user", &format!("deposit-sol {pool} 100 --yes")).await.unwrap();
    // One pool token is one SOL, and 0.1 % is the fee; half of it comes back, as the depositor is the referrer.
    assert_eq!(deposited["lamports"], 100 * SOL);
    assert_eq!(deposited["fee_pool_tokens"], SOL / 20);
    assert_eq!(deposited["pool_tokens"], 100 * SOL - SOL / 20);
    assert_eq!(deposited["minimum_pool_tokens"], (100 * SOL - SOL / 10) / 1_000 * 999);
    assert_eq!(stage.tokens(&deposited["token_account"]), 100 * SOL - SOL / 20);
    assert_eq!(stage.tokens(&created["manager_fee_account"]) - fees_before, SOL / 20);
    assert_eq!(deposited["transactions"].as_array().unwrap().len(), 1);
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["total_lamports"], 110 * SOL);
    assert_eq!(shown["pool_token_supply"], 110 * SOL);
}

async fn increase(stage: &Stage, pool: &str) {
    let moved = stage.must(&format!("increase {pool} {} 30.5", stage.vote(0))).await;
    assert_eq!(moved["lamports"], 30_500_000_000u64);
    assert_eq!((&moved["from"], &moved["to"]), (&json!("reserve"), &json!("validator")));
    assert_eq!(moved["arrives_in_epoch"], 1);
    let listed = stage.must(&format!("list {pool}")).await;
    assert_eq!(listed["validators"][0]["transient_lamports"], 30_500_000_000 + STAKE_RENT);
    assert_eq!(stage.lamports(&listed["validators"][0]["transient_stake"]), 30_500_000_000 + STAKE_RENT);
    let again = stage.must(&format!("increase {pool} {} 2", stage.vote(0))).await;
    assert_eq!(again["lamports"], 2 * SOL);
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["stake"]["activating_lamports"], 32_500_000_000 + 2 * STAKE_RENT);
    assert_eq!(shown["stake"]["deactivating_lamports"], 0);
    assert_eq!(shown["stake"]["active_lamports"], 3 * (SOL + STAKE_RENT));
}

async fn update(stage: &Stage, pool: &str, created: &Value) {
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!((&shown["stale"], &shown["epoch"], &shown["last_update_epoch"]), (&json!(true), &json!(1), &json!(0)));
    assert!(stage.text.borrow()[0].contains("STALE"));
    let updated = stage.must(&format!("update {pool}")).await;
    assert_eq!(
        fields(&updated),
        [
            "epoch",
            "in_motion_lamports",
            "pool",
            "pool_token_supply",
            "pool_token_supply_before",
            "total_lamports",
            "total_lamports_before",
            "transactions",
            "updated",
        ]
    );
    assert_eq!((&updated["updated"], &updated["epoch"]), (&json!(true), &json!(1)));
    assert_eq!(updated["in_motion_lamports"], 0);
    assert_eq!(updated["total_lamports_before"], 110 * SOL);
    let listed = stage.must(&format!("list {pool}")).await;
    let held: u64 = listed["validators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(entry["stale"], false);
            assert_eq!(entry["transient_lamports"], 0);
            assert_eq!(number(&entry["active_lamports"]), stage.lamports(&entry["validator_stake"]));
            number(&entry["active_lamports"])
        })
        .sum();
    let reserve = stage.lamports(&created["reserve_stake"]) - STAKE_RENT;
    assert_eq!(updated["total_lamports"], held + reserve);
    let again = stage.must(&format!("update {pool}")).await;
    assert_eq!((&again["updated"], &again["transactions"]), (&json!(false), &json!([])));
    let forced = stage.must(&format!("update {pool} --force --no-merge")).await;
    assert_eq!((&forced["updated"], &forced["total_lamports"]), (&json!(true), &updated["total_lamports"]));
}

async fn deposit_stake(stage: &Stage, pool: &str, account: &str) {
    let before = stage.must(&format!("show {pool}")).await;
    let held = stage.lamports(&json!(account));
    let deposited = stage.run_as("user", &format!("deposit-stake {pool} {account} --yes")).await.unwrap();
    assert_eq!(deposited["vote"], stage.vote(0).to_string());
    assert_eq!(deposited["lamports"], held);
    assert_eq!(number(&deposited["stake_lamports"]), held - STAKE_RENT);
    let minted = number(&deposited["pool_tokens"]) + number(&deposited["fee_pool_tokens"]);
    let after = stage.must(&format!("show {pool}")).await;
    let grown = |field: &str| number(&after[field]) - number(&before[field]);
    assert_eq!(grown("total_lamports"), held);
    assert_eq!(grown("pool_token_supply"), minted);
    let others = 100 * SOL - SOL / 20;
    assert_eq!(stage.tokens(&deposited["token_account"]), others + number(&deposited["pool_tokens"]));
    assert_eq!(stage.lamports(&json!(account)), 0);
}

async fn decrease(stage: &Stage, pool: &str) {
    let moved = stage.must(&format!("decrease {pool} {} 5", stage.vote(0))).await;
    assert_eq!((&moved["from"], &moved["to"]), (&json!("validator"), &json!("reserve")));
    assert_eq!(moved["arrives_in_epoch"], 2);
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["stake"]["deactivating_lamports"], 5 * SOL + STAKE_RENT);
    assert_eq!(shown["stake"]["activating_lamports"], 0);
}

async fn withdraw_sol(stage: &Stage, pool: &str, user: &str, created: &Value) {
    let (user, fee_account) = (json!(user), &created["manager_fee_account"]);
    let (before, fees_before) = (stage.lamports(&user), stage.tokens(fee_account));
    let withdrawn = stage.run_as("user", &format!("withdraw-sol {pool} 3.000000001 --yes")).await.unwrap();
    assert_eq!(withdrawn["pool_tokens"], 3_000_000_001u64);
    assert_eq!(withdrawn["fee_pool_tokens"], 3_000_001, "0.1 %, rounded up");
    assert_eq!(stage.tokens(fee_account) - fees_before, 3_000_001);
    assert_eq!(stage.lamports(&user) - before, number(&withdrawn["lamports"]) - 2 * SIGNATURE);
    // To another account, and with a minimum in lamports.
    let to = Keypair::new().pubkey();
    let line = format!("withdraw-sol {pool} 1 --to {to} --minimum 0.99 --yes");
    let withdrawn = stage.run_as("user", &line).await.unwrap();
    assert_eq!(withdrawn["minimum_lamports"], 990_000_000);
    assert_eq!(stage.cluster.lamports(&to), number(&withdrawn["lamports"]));
}

async fn withdraw_stake(stage: &Stage, pool: &str) {
    let withdrawn = stage.run_as("user", &format!("withdraw-stake {pool} 10 --yes")).await.unwrap();
    assert_eq!(withdrawn["pool_tokens"], 10 * SOL);
    assert_eq!(withdrawn["pool_tokens_left"], 0);
    assert_eq!(withdrawn["rent_lamports"], STAKE_RENT);
    let accounts = withdrawn["stake_accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0]["vote"], stage.vote(0).to_string());
    assert_eq!(accounts[0]["lamports"], withdrawn["lamports"]);
    assert_eq!(stage.lamports(&accounts[0]["address"]), number(&withdrawn["lamports"]) + STAKE_RENT);
}

async fn remove(stage: &Stage, pool: &str) {
    let removed = stage.must(&format!("remove-validator {pool} {}", stage.vote(2))).await;
    let listed = stage.must(&format!("list {pool}")).await;
    assert_eq!(listed["validators"][2]["status"], "deactivating_validator");
    assert_eq!(listed["validators"][2]["active_lamports"], removed["lamports"]);
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["validators"]["leaving"], 1);
}

async fn the_end(stage: &Stage, pool: &str, created: &Value) {
    // A deposit brings the pool up to date first: the list, the pool and the cleanup, and then the deposit.
    let line = format!("deposit-sol {pool} ALL --yes");
    let held = stage.lamports(&json!(user(stage)));
    let deposited = stage.run_as("user", &line).await.unwrap();
    let transactions = deposited["transactions"].as_array().unwrap();
    assert_eq!(transactions.len(), 4);
    assert_eq!(fields(&transactions[0]), ["label", "signature", "slot"]);
    let left = SOL / 100 - 2 * SIGNATURE;
    assert_eq!(number(&deposited["lamports"]), held - 3 * SIGNATURE - SOL / 100);
    assert_eq!(stage.lamports(&json!(user(stage))), left);
    let listed = stage.must(&format!("list {pool}")).await;
    assert_eq!(listed["validators"].as_array().unwrap().len(), 2);
    let shown = stage.must(&format!("show {pool}")).await;
    let reserve = stage.lamports(&created["reserve_stake"]);
    assert_eq!(shown["stake"]["reserve_lamports"], reserve);
    assert_eq!(shown["stake"]["withdrawable_reserve_lamports"], reserve - STAKE_RENT);
    assert_eq!(shown["stake"]["deactivating_lamports"], 0);
    let held = number(&shown["stake"]["active_lamports"]) + reserve - STAKE_RENT;
    assert_eq!(shown["total_lamports"], held);
    assert!(number(&shown["lamports_per_whole_pool_token"]) > SOL, "rewards have raised the price");
    assert_eq!(shown["no_yield_estimate"], Value::Null);
}

fn user(stage: &Stage) -> String {
    let user = solana_keypair::read_keypair_file(stage_file(stage, "user")).unwrap();
    user.pubkey().to_string()
}
