//! A whole life of a pool, from its creation to the last withdrawal.

use {
    crate::{
        chain::{self, OnChain, check, tokens},
        harness::{cluster::Cluster, user::User},
        stake::{create_vote_account, delegate},
        world::Test,
    },
    serde_json::{Value, json},
    solana_address::Address,
    tidepool_interface::address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    tidepool_tests::SOL,
};

pub const TESTS: &[Test] = &[
    ("life::a_pool_of_the_token_program", |world| live(world.steady(), "spl-token", TOKEN_PROGRAM_ID, Rewards::Paid)),
    ("life::a_pool_of_token_2022", |world| live(world.steady(), "token-2022", TOKEN_2022_PROGRAM_ID, Rewards::Paid)),
];

/// Fee on withdrawals: 0.1 %.
const WITHDRAWAL_FEE: u64 = 1_000;

/// A pool and its people.
struct Life<'a> {
    cluster: &'a Cluster,
    manager: User,
    holder: User,
    pool: String,
    /// The first earns rewards; the others never vote.
    votes: [Address; 3],
    /// The pool as it was after the last crank.
    last: OnChain,
}

/// Whether the cluster pays rewards.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Rewards {
    Paid,
    None,
}

/// The whole life of a pool.
pub fn live(cluster: &Cluster, token_program: &str, token_program_id: Address, rewards: Rewards) {
    let mut life = create(cluster, token_program, token_program_id);
    let stake_account = delegate(life.cluster, &life.holder, &life.votes[0], 20 * SOL);
    add_validators(&life);
    let other = another_pool(&life);
    life.next_epoch();
    deposit_sol(&life);
    spread(&life);

    life.next_epoch();
    deposit_stake(&life, &stake_account);
    life.next_epoch();
    life.next_epoch();
    assert!(rows(&life)[0]["active_lamports"].as_u64() > Some(40 * SOL), "{:?}", rows(&life));
    if rewards == Rewards::Paid {
        change_fee(&mut life);
    }
    move_away(&mut life);
    move_to(&life, &other);
    withdraw(&mut life);
    withdraw_all(&mut life);
}

/// The rows of `list`.
fn rows(life: &Life) -> Vec<Value> {
    life.holder.must(&format!("list {}", life.pool))["validators"].as_array().expect("validators").clone()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string"))
}

impl Life<'_> {
    /// Waits for the next epoch, and has the pool cranked by a user without a role in it.
    fn next_epoch(&mut self) {
        let epoch = self.last.pool.head.last_update_epoch.get().max(self.cluster.rpc.epoch());
        self.cluster.rpc.wait_for_epoch(epoch + 1);
        let cranked = self.holder.must(&format!("crank {}", self.pool));
        assert_eq!(cranked["pools"][0]["pool"], self.pool);
        assert_eq!(cranked["pools"][0]["validators_behind"], 0);
        let now = check(self.cluster, &self.holder, &self.pool);
        assert!(now.pool.head.last_update_epoch.get() > epoch, "the crank left the pool stale: {cranked}");
        chain::check_total(self.cluster, &now);
        self.last = now;
    }

    /// What a holder of pool tokens has, in the smallest units.
    fn tokens_of(&self, user: &User) -> u64 {
        let mint = self.last.pool.head.pool_mint;
        let program = self.last.pool.head.token_program_id;
        tokens(self.cluster, &chain::associated_account(&user.address(), &mint, &program))
    }
}

fn create<'a>(cluster: &'a Cluster, token_program: &str, token_program_id: Address) -> Life<'a> {
    let (manager, holder) = (User::new(cluster), User::new(cluster));
    let created = manager.must(&format!(
        "create-pool --program-id {} --token-program {token_program} --max-validators 10 --epoch-fee 5% \
         --withdrawal-fee 1/{WITHDRAWAL_FEE} --turnover-budget 100% --initial-deposit 10",
        cluster.program_id
    ));
    let pool = text(&created["pool"]).to_owned();
    let last = check(cluster, &manager, &pool);
    assert_eq!(last.pool.head.token_program_id, token_program_id);
    assert_eq!(last.pool.head.manager, manager.address());
    assert_eq!(last.pool.head.total_lamports.get(), 10 * SOL);
    assert_eq!(tokens(cluster, text(&created["manager_fee_account"])), 10 * SOL);
    let votes = [cluster.vote, create_vote_account(cluster, &manager), create_vote_account(cluster, &manager)];
    Life { cluster, manager, holder, pool, votes, last }
}

fn add_validators(life: &Life) {
    let Life { cluster, manager, pool, votes, .. } = life;
    for vote in votes {
        let added = manager.must(&format!("add-validator {pool} {vote} --accept"));
        let stake = text(&added["validator_stake"]).parse().expect("an address");
        assert_eq!(cluster.rpc.lamports(&stake), number(&added["lamports"]));
    }
}

/// Another pool with the first validator.
fn another_pool(life: &Life) -> String {
    let Life { cluster, manager, votes, .. } = life;
    let line = format!("create-pool --program-id {} --max-validators 10 --initial-deposit 5", cluster.program_id);
    let pool = text(&manager.must(&line)["pool"]).to_owned();
    manager.must(&format!("add-validator {pool} {}", votes[0]));
    pool
}

/// Moves stake of the first validator to another pool, without cool-down.
fn move_to(life: &Life, other: &str) {
    let Life { cluster, holder, pool, .. } = life;
    let before = life.tokens_of(holder);
    let moved = holder.must(&format!("move {pool} {other} 6"));
    assert_eq!((&moved["pool_tokens"], &moved["pool_tokens_left"]), (&json!(6 * SOL), &json!(0)), "{moved:#}");
    assert_eq!(moved["fee_pool_tokens"], 6 * SOL / WITHDRAWAL_FEE);
    assert_eq!(life.tokens_of(holder), before - 6 * SOL);
    assert_eq!(tokens(cluster, text(&moved["token_account"])), number(&moved["received_pool_tokens"]));
    let value = |name: &str| number(&moved["value"][name]);
    let parts = ["after_lamports", "fee_lamports", "fee_received_lamports", "rounding_lamports"].map(value);
    assert_eq!(parts.iter().sum::<u64>(), value("before_lamports"));
    // The stake earns on: it is a part of the validator's active stake, beside the first minimum.
    let listed = holder.must(&format!("list {other}"));
    let active = number(&listed["validators"][0]["active_lamports"]);
    assert!(active > number(&moved["stake_lamports"]), "{active}: {moved:#}");
    chain::check_total(cluster, &check(cluster, holder, other));
    check(cluster, holder, pool);
}

fn deposit_sol(life: &Life) {
    let Life { cluster, holder, pool, .. } = life;
    let before = cluster.rpc.lamports(&holder.address());
    let deposited = holder.must(&format!("deposit-sol {pool} 100"));
    assert_eq!(deposited["lamports"], 100 * SOL);
    assert_eq!(tokens(cluster, text(&deposited["token_account"])), number(&deposited["pool_tokens"]));
    assert_eq!(life.tokens_of(holder), number(&deposited["pool_tokens"]));
    let paid = before - cluster.rpc.lamports(&holder.address());
    // Beside the deposit: the token account's rent, and fees.
    assert!((100 * SOL..100 * SOL + SOL / 100).contains(&paid), "paid {paid}");
    check(cluster, holder, pool);
}

/// Sets weights, moves the deposits to the validators, and explains it.
fn spread(life: &Life) {
    let Life { manager, holder, pool, votes, .. } = life;
    let [first, second, third] = votes;
    let set = manager.must(&format!("set-weights {pool} --set {first}=2 --set {second}=1 --set {third}=1 --accept"));
    assert_eq!(set["weighted"], 3);
    let before = rows(life);
    let planned = holder.must(&format!("rebalance {pool} --dry-run"));
    assert_eq!(rows(life), before, "a dry run moves stake");
    assert!(!planned["movements"].as_array().expect("movements").is_empty(), "{planned}");
    holder.must(&format!("rebalance {pool}"));
    let moving: u64 = rows(life).iter().map(|row| number(&row["transient_lamports"])).sum();
    assert!(moving > 100 * SOL, "only {moving} lamports move");
    let explained = holder.must(&format!("explain-stake {pool} {}", votes[0]));
    assert_eq!((&explained["weight"], &explained["weights"]), (&json!(2), &json!(4)));
    assert_eq!(explained["weight_share_basis_points"], 5_000);
    assert_eq!(explained["in_motion"]["to"], "validator");
    assert!(!explained["sentences"].as_array().expect("sentences").is_empty());
}

fn deposit_stake(life: &Life, stake_account: &Address) {
    let Life { cluster, holder, pool, votes, .. } = life;
    let before = life.tokens_of(holder);
    let deposited = holder.must(&format!("deposit-stake {pool} {stake_account}"));
    assert_eq!(deposited["vote"], votes[0].to_string());
    assert!(number(&deposited["lamports"]) > 20 * SOL);
    assert_eq!(life.tokens_of(holder) - before, number(&deposited["pool_tokens"]));
    assert_eq!(cluster.rpc.account(stake_account), None);
    check(cluster, holder, pool);
}

/// Raises the fee on rewards, which takes effect with the second update after it.
fn change_fee(life: &mut Life) {
    life.manager.must(&format!("set-fee {} epoch 10%", life.pool));
    for _ in 0..2 {
        let shown = life.manager.must(&format!("show {}", life.pool));
        assert_eq!(shown["fees"]["epoch"]["numerator"], 5);
        assert_eq!(shown["fees"]["epoch"]["pending"]["numerator"], 10);
        let before = OnChain::read(life.cluster, &life.pool);
        life.next_epoch();
        assert!(life.last.has_more_value_than(&before), "rewards have not raised the rate");
    }
    let shown = life.manager.must(&format!("show {}", life.pool));
    assert_eq!(shown["fees"]["epoch"], json!({ "numerator": 10, "denominator": 100, "pending": null }));
}

/// Gives one validator much more weight: the stake of the others leaves.
fn move_away(life: &mut Life) {
    let set = life.manager.must(&format!("set-weights {} --set {}=20 --accept", life.pool, life.votes[0]));
    assert_eq!(set["unchanged"], 2);
    let held = |life: &Life| number(&rows(life)[2]["active_lamports"]);
    let before = held(life);
    for _ in 0..2 {
        life.next_epoch();
    }
    assert!(held(life) < before / 2, "{} of {before} lamports stay with a validator of little weight", held(life));
}

/// Some SOL, some stake.
fn withdraw(life: &mut Life) {
    let Life { cluster, holder, pool, votes, .. } = &*life;
    let (tokens_before, lamports_before) = (life.tokens_of(holder), cluster.rpc.lamports(&holder.address()));
    let deposited = holder.must(&format!("deposit-sol {pool} 10"));
    let withdrawn = holder.must(&format!("withdraw-sol {pool} 5"));
    assert_eq!(withdrawn["pool_tokens"], 5 * SOL);
    assert_eq!(withdrawn["fee_pool_tokens"], 5 * SOL / WITHDRAWAL_FEE);
    assert_eq!(life.tokens_of(holder), tokens_before + number(&deposited["pool_tokens"]) - 5 * SOL);
    let got = cluster.rpc.lamports(&holder.address()) + 10 * SOL - lamports_before;
    // Less the fees of the transactions.
    assert!(got <= number(&withdrawn["lamports"]) && got + SOL / 1_000 > number(&withdrawn["lamports"]), "{got}");

    let withdrawn = holder.must(&format!("withdraw-stake {pool} 8 --validator {}", votes[0]));
    let account = &withdrawn["stake_accounts"][0];
    assert_eq!(account["vote"], votes[0].to_string());
    let address = text(&account["address"]).parse().expect("an address");
    assert_eq!(cluster.rpc.lamports(&address), number(&account["lamports"]) + number(&withdrawn["rent_lamports"]));
    check(cluster, holder, pool);
}

/// All that the holder has, from wherever the pool has it.
fn withdraw_all(life: &mut Life) {
    life.next_epoch();
    let withdrawn = life.holder.must(&format!("withdraw {} ALL", life.pool));
    assert_eq!(life.tokens_of(&life.holder), 0);
    assert_eq!((&withdrawn["pool_tokens_left"], &withdrawn["left_lamports"]), (&json!(0), &json!(0)));
    let accounts = withdrawn["stake_accounts"].as_array().expect("stake accounts");
    let mut in_accounts = 0;
    for account in accounts {
        let address = text(&account["address"]).parse().expect("an address");
        in_accounts += life.cluster.rpc.lamports(&address);
    }
    let stake_lamports = number(&withdrawn["lamports"]) - number(&withdrawn["sol_lamports"]);
    assert_eq!(in_accounts, stake_lamports + number(&withdrawn["rent_lamports"]));
    let now = check(life.cluster, &life.holder, &life.pool);
    chain::check_total(life.cluster, &now);
    // The remainder is the manager's: the first deposit, and fees.
    assert_eq!(now.mint_supply, tokens(life.cluster, &now.pool.head.manager_fee_account.to_string()));
    assert!(now.mint_supply > 10 * SOL);
}
