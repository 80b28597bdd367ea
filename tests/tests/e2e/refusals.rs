//! Bad input: a sentence that says what to do, the documented exit code, and nothing that has changed.

use {
    crate::{
        harness::{
            cluster::Cluster,
            proxy::{Proxy, Rules},
            user::User,
        },
        world::{Test, World},
    },
    serde_json::Value,
    solana_account::Account,
    solana_address::Address,
    solana_keypair::{Keypair, write_keypair_file},
    solana_signer::Signer as _,
};

pub const TESTS: &[Test] = &[
    ("refusals::an_address_of_another_kind", wrong_kinds),
    ("refusals::a_pool_of_another_program", other_program),
    ("refusals::a_cluster_that_cannot_be_reached", unreachable),
    ("refusals::a_payer_without_lamports", unfunded),
    ("refusals::more_than_there_is", over_balance),
    ("refusals::less_than_the_minimum", below_minimum),
    ("refusals::less_than_what_was_demanded", slippage),
    ("refusals::a_stale_pool_with_no_update", stale),
    ("refusals::while_epoch_rewards_are_being_paid", rewards),
    ("refusals::a_fee_of_all", whole_fee),
    ("refusals::files_that_are_something_else", files),
];

const USAGE: i32 = 2;
const REFUSED: i32 = 3;
const UNREACHABLE: i32 = 4;
const NOT_NOW: i32 = 5;

/// A user with a pool that holds 10 SOL and one validator's account.
struct Stage<'a> {
    cluster: &'a Cluster,
    user: User,
    pool: String,
    accounts: Value,
}

impl<'a> Stage<'a> {
    fn new(world: &'a World, options: &str) -> Self {
        let cluster = &world.settled().cluster;
        let user = User::new(cluster);
        let line = format!(
            "create-pool --program-id {} --max-validators 5 --initial-deposit 10 {options}",
            cluster.program_id
        );
        let pool = user.must(&line)["pool"].as_str().expect("an address").to_owned();
        user.must(&format!("add-validator {pool} {} --accept", cluster.vote));
        let accounts = user.must(&format!("show {pool}"))["accounts"].take();
        Self { cluster, user, pool, accounts }
    }

    fn account(&self, name: &str) -> &str {
        self.accounts[name].as_str().expect("an address")
    }

    /// The accounts that a command of this user could change: those of the pool, and the wallet.
    fn state(&self) -> Vec<Option<Account>> {
        let names = ["validator_list", "reserve_stake", "pool_mint", "manager_fee"].map(|name| self.account(name));
        let addresses = names.into_iter().chain([self.pool.as_str()]).map(|text| text.parse().expect("an address"));
        addresses.chain([self.user.address()]).map(|address: Address| self.cluster.rpc.account(&address)).collect()
    }

    /// Checks that a command is refused, and changes nothing.
    fn refuses(&self, line: &str, code: i32, parts: &[&str]) {
        let before = self.state();
        self.user.run(&format!("{line} --yes")).assert_refused(code, parts);
        assert_eq!(self.state(), before, "tidepool {line} is refused, and changes something");
    }
}

fn wrong_kinds(world: &World) {
    let stage = Stage::new(world, "");
    let kinds = [
        (stage.account("pool_mint").to_owned(), "is a token mint, not a stake pool"),
        (stage.account("validator_list").to_owned(), "is a pool's validator list, not a stake pool"),
        (stage.account("reserve_stake").to_owned(), "is a stake account, not a stake pool"),
        (stage.account("manager_fee").to_owned(), "is a token account, not a stake pool"),
        (stage.cluster.vote.to_string(), "is a validator's vote account, not a stake pool"),
        (stage.user.address().to_string(), "is a wallet, not a stake pool"),
        (Address::new_unique().to_string(), "does not exist"),
    ];
    for (address, part) in &kinds {
        for command in [format!("show {address}"), format!("deposit-sol {address} 1"), format!("update {address}")] {
            stage.refuses(&command, REFUSED, &[address, part]);
        }
    }
    let wallet = stage.user.address();
    stage.refuses(
        &format!("add-validator {} {wallet}", stage.pool),
        USAGE,
        &["is a wallet, not a validator's vote account"],
    );
    stage.refuses("show nonsense", USAGE, &["invalid address"]);
}

fn other_program(world: &World) {
    let stage = Stage::new(world, "");
    let (pool, other) = (&stage.pool, Address::new_unique().to_string());
    for command in [format!("show {pool}"), format!("deposit-sol {pool} 1"), format!("withdraw-sol {pool} 1")] {
        stage.refuses(&format!("{command} --program-id {other}"), REFUSED, &["is owned by program", &other]);
    }
    // An address without a program cannot have a pool, and costs no rent for half of one.
    let wallet = stage.user.address().to_string();
    for (program, part) in [(&other, "does not exist"), (&wallet, "is not a program")] {
        stage.refuses(&format!("create-pool --program-id {program}"), USAGE, &[program, part, "--program-id"]);
    }
}

fn unreachable(world: &World) {
    let stage = Stage::new(world, "");
    let nobody = "--url http://127.0.0.1:1";
    for command in ["show", "update", "list"] {
        stage.refuses(&format!("{command} {} {nobody}", stage.pool), UNREACHABLE, &["did not answer", "check the URL"]);
    }
    stage.refuses(&format!("deposit-sol {} 1 {nobody}", stage.pool), UNREACHABLE, &["did not answer"]);
}

fn unfunded(world: &World) {
    let stage = Stage::new(world, "");
    let unfunded = User::unfunded(stage.cluster);
    let before = stage.state();
    let refuses = |line: String, part: &str| unfunded.run(&format!("{line} --yes")).assert_refused(REFUSED, &[part]);
    let address = unfunded.address().to_string();
    refuses(format!("create-pool --program-id {}", stage.cluster.program_id), &address);
    let pays = "has no SOL on this cluster";
    refuses(format!("deposit-sol {} 1", stage.pool), pays);
    refuses(format!("withdraw-sol {} 1", stage.pool), pays);
    refuses(format!("update {} --force", stage.pool), pays);
    refuses(format!("update {}", world.settled().stale), pays);
    assert_eq!(stage.state(), before);
    // The fee payer is another one than the wallet.
    let file = stage.user.path("unfunded.json");
    write_keypair_file(&unfunded.keypair, &file).expect("the home can be written to");
    stage.refuses(&format!("deposit-sol {} 1 --fee-payer {}", stage.pool, file.display()), REFUSED, &[pays]);
}

fn over_balance(world: &World) {
    let stage = Stage::new(world, "");
    let pool = &stage.pool;
    let wallet = stage.user.address().to_string();
    stage.refuses(&format!("deposit-sol {pool} 50000"), REFUSED, &[&wallet, "50000", "smaller amount"]);
    stage.refuses(&format!("withdraw-sol {pool} 11"), REFUSED, &["10 pool tokens", "11"]);
    stage.refuses(&format!("withdraw-stake {pool} 11"), REFUSED, &["10 pool tokens", "11"]);
    stage.refuses(&format!("deposit-sol {pool} 99999999999"), USAGE, &["too large"]);
    let line = format!("increase {pool} {} 100", stage.cluster.vote);
    stage.refuses(&line, REFUSED, &["the reserve can spare", "increase by less"]);
}

fn below_minimum(world: &World) {
    let stage = Stage::new(world, "--deposit-fee 1%");
    let (pool, vote) = (&stage.pool, stage.cluster.vote);
    stage.refuses(&format!("deposit-sol {pool} 0.000000001"), REFUSED, &["yields no pool tokens", "deposit at least"]);
    stage.refuses(
        &format!("increase {pool} {vote} 0.5"),
        REFUSED,
        &["below the minimum delegation of 1", "increase by more"],
    );
    stage.refuses(&format!("decrease {pool} {vote} 1"), REFUSED, &["must stay", "remove the validator"]);
    stage.refuses(&format!("withdraw-stake {pool} 0.5"), REFUSED, &["as stake, since", "--rest-as-sol"]);
    stage.refuses(&format!("deposit-sol {pool} 0"), USAGE, &["invalid amount 0"]);
}

fn slippage(world: &World) {
    let stage = Stage::new(world, "");
    let pool = &stage.pool;
    stage.refuses(&format!("deposit-sol {pool} 1 --minimum 1.000000001"), REFUSED, &["below the minimum"]);
    stage.refuses(&format!("withdraw-sol {pool} 1 --minimum 1.1"), REFUSED, &["below the minimum"]);
    // Just what the quote says is enough.
    stage.user.must(&format!("deposit-sol {pool} 1 --minimum 1"));
}

fn stale(world: &World) {
    let stage = Stage::new(world, "");
    let pool = world.settled().stale;
    let before = stage.cluster.rpc.account(&pool);
    for command in ["deposit-sol", "withdraw-sol", "withdraw-stake"] {
        let parts = ["last updated in epoch 0, current epoch 1", "tidepool update", &pool.to_string()];
        stage.refuses(&format!("{command} {pool} 1 --no-update"), NOT_NOW, &parts);
    }
    assert_eq!(stage.cluster.rpc.account(&pool), before);
}

fn rewards(world: &World) {
    let stage = Stage::new(world, "");
    let pool = world.settled().stale;
    let before = stage.cluster.rpc.account(&pool);
    let proxy = Proxy::start(stage.cluster.rpc, Rules { rewards_active: true, ..Rules::default() }, 0);
    for command in [format!("update {pool}"), format!("deposit-sol {pool} 1"), format!("rebalance {pool}")] {
        let parts = ["rewards of epoch 0 are being distributed", "wait"];
        stage.refuses(&format!("{command} --url {}", proxy.url()), NOT_NOW, &parts);
    }
    assert_eq!(proxy.passed().len(), 0, "something was sent");
    assert_eq!(stage.cluster.rpc.account(&pool), before);
}

fn whole_fee(world: &World) {
    let stage = Stage::new(world, "--deposit-fee 100% --allow-full-fee");
    stage.refuses(&format!("deposit-sol {} 1", stage.pool), REFUSED, &["yields no pool tokens"]);
    let create = format!("create-pool --program-id {}", stage.cluster.program_id);
    for (fee, part) in [("100%", "of 100 % leaves holders nothing"), ("101%", "more than 100 %")] {
        stage.refuses(&format!("{create} --deposit-fee {fee}"), USAGE, &[part]);
        stage.refuses(&format!("{create} --withdrawal-fee {fee}"), USAGE, &[part]);
    }
    let line = format!("set-fee {} stake-deposit 100%", stage.pool);
    stage.refuses(&line, USAGE, &["a fee of 100 %", "--allow-full-fee"]);
    // The manager pays no fee to itself, so that another user has to withdraw.
    let stage = Stage::new(world, "--withdrawal-fee 100% --allow-full-fee");
    let other = Stage { user: User::new(stage.cluster), ..stage };
    other.user.must(&format!("deposit-sol {} 5", other.pool));
    other.refuses(&format!("withdraw-sol {} 2", other.pool), REFUSED, &["fee"]);
}

fn files(world: &World) {
    let stage = Stage::new(world, "");
    let (pool, user) = (&stage.pool, &stage.user);
    let weights = user.file("weights.csv", &format!("vote,weight\n{},many\n", stage.cluster.vote));
    stage.refuses(
        &format!("set-weights {pool} --file {weights}"),
        USAGE,
        &["weights.csv, line 2, column", "invalid weight"],
    );
    let weights = user.file("weights.json", "{\"a\": ");
    stage.refuses(&format!("set-weights {pool} --file {weights}"), USAGE, &["weights.json, line 1"]);
    let missing = user.path("missing.csv").display().to_string();
    stage.refuses(&format!("set-weights {pool} --file {missing}"), USAGE, &["missing.csv"]);
    let key = user.file("key.json", "[31337, 1]");
    stage.refuses(&format!("deposit-sol {pool} 1 --keypair {key}"), USAGE, &["invalid keypair file", "key.json"]);
    let config = user.file("config.yml", "json_rpc_url: [what\n");
    stage.refuses(&format!("show {pool} --config {config}"), USAGE, &["config.yml", "correct it"]);
    let other = user.path("other.json");
    let somebody = Keypair::new();
    write_keypair_file(&somebody, &other).expect("the home can be written to");
    let line = format!("set-weights {pool} --equal --staker {}", other.display());
    stage.refuses(&line, USAGE, &["the pool's staker", &somebody.pubkey().to_string()]);
}
