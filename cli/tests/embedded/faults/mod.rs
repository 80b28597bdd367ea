//! The program itself in front of an endpoint that lies, breaks off or talks nonsense, behind which an honest cluster shows what
//! was done in truth.
//!
//! What is held against each of them: the exit code and the sentence, that it ends in time and does not panic, and that nothing
//! is lost: nothing is sent, or what was confirmed is done once, at least at the bound that was shown.

mod accounts;
mod alerts;
mod answers;
pub mod applying;
mod config;
mod connections;
mod endpoint;
mod events;
mod random;
mod requests;
mod sending;
mod stake;
mod transport;
mod watch;
mod wire;

use {
    super::harness::{SOL, Stage, text},
    endpoint::{Endpoint, Reply, Request},
    serde_json::Value,
    solana_account::Account,
    solana_address::Address,
    solana_signer::Signer as _,
    std::{
        process::{Command, Stdio},
        time::{Duration, Instant},
    },
    tidepool_interface::external::token::TokenAccount,
};

const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const REFUSED: i32 = 3;
const UNREACHABLE: i32 = 4;
const NOT_NOW: i32 = 5;

/// What a command came to.
struct Ran {
    line: String,
    code: Option<i32>,
    out: String,
    err: String,
    took: Duration,
}

impl Ran {
    /// Checks how it ended, and what it said.
    #[track_caller]
    fn ends(&self, code: i32, part: &str) {
        let Self { line, out, err, took, .. } = self;
        assert!(!err.contains("panicked"), "{line}: {err}");
        assert_eq!(self.code, Some(code), "{line}: {out}{err}");
        assert!(err.contains(part), "{line}: {err:?} does not say {part:?}");
        // A crank looks again for a while before it gives up.
        assert!(*took < Duration::from_secs(90), "{line} took {took:?}");
        if code != DONE {
            let sentences = err.lines().filter(|line| line.starts_with("error: ")).count();
            assert_eq!(sentences, 1, "{line}: {err}");
        }
    }
}

impl Ran {
    /// Checks that it ended in one of these ways.
    #[track_caller]
    fn ends_either(&self, ways: &[(i32, &str)]) {
        let way = ways.iter().find(|(code, _)| self.code == Some(*code));
        let (code, part) = way.unwrap_or_else(|| panic!("{}: {:?}: {}", self.line, self.code, self.err));
        self.ends(*code, part);
    }
}

/// Runs the program with the wallet's key.
fn run(stage: &Stage, endpoint: &Endpoint, line: &str) -> Ran {
    run_as(&stage.folder_file("wallet"), endpoint, line)
}

/// Runs the program with the key of that file.
fn run_as(keypair: &str, endpoint: &Endpoint, line: &str) -> Ran {
    let began = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_tidepool"))
        .args(line.split_whitespace())
        .args(["--url", &endpoint.url, "--keypair", keypair, "--yes"])
        // A home without a configuration.
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes text");
    Ran {
        line: line.to_owned(),
        code: output.status.code(),
        out: said(output.stdout),
        err: said(output.stderr),
        took: began.elapsed(),
    }
}

/// A pool on an honest cluster, and what belongs to it.
struct World {
    stage: Stage,
    pool: Address,
    list: Address,
    reserve: Address,
    mint: Address,
    fee_account: Address,
    /// The wallet's own account of pool tokens, which is the manager's for fees, too.
    tokens: Address,
    /// Another pool of the same program.
    other: Address,
    other_list: Address,
}

/// What the wallet has in truth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Wealth {
    lamports: u64,
    pool_tokens: u64,
}

impl World {
    async fn new() -> Self {
        let (stage, pool) = Stage::with_pool("").await;
        stage.must(&format!("deposit-sol {pool} 40")).await;
        stage.add_validators(&pool, 0..2).await;
        let other = stage.pool("").await;
        let shown = stage.must(&format!("show {pool}")).await;
        let address = |name: &str| text(&shown["accounts"][name]).parse::<Address>().expect("an address");
        let other_shown = stage.must(&format!("show {other}")).await;
        let deposit = stage.must(&format!("deposit-sol {pool} 1")).await;
        Self {
            pool: pool.parse().expect("an address"),
            list: address("validator_list"),
            reserve: address("reserve_stake"),
            mint: address("pool_mint"),
            fee_account: address("manager_fee"),
            tokens: text(&deposit["token_account"]).parse().expect("an address"),
            other: other.parse().expect("an address"),
            other_list: text(&other_shown["accounts"]["validator_list"]).parse().expect("an address"),
            stage,
        }
    }

    fn wealth(&self) -> Wealth {
        let cluster = &self.stage.cluster;
        let tokens = cluster.account(&self.tokens).expect("the wallet has pool tokens");
        Wealth {
            lamports: cluster.lamports(&self.stage.wallet.pubkey()),
            pool_tokens: TokenAccount::decode(&tokens.data).expect("it holds tokens").amount,
        }
    }

    fn account(&self, address: &Address) -> Account {
        self.stage.cluster.account(address).expect("it exists")
    }
}

/// A lie about the account at `address`.
fn account_lie(
    address: Address,
    lie: impl Fn(Account) -> Option<Account> + Sync,
) -> impl Fn(&Request, &dyn Fn() -> Value) -> Reply + Sync {
    move |request, honest| {
        let mut answer = honest();
        if request.method == "getMultipleAccounts" {
            let asked = wire::addresses(&request.params[0]);
            for (at, _) in asked.iter().enumerate().filter(|(_, asked)| **asked == address) {
                let found = &mut answer["result"]["value"][at];
                *found = lie(decode(found)).as_ref().map_or(Value::Null, wire::encode);
            }
        }
        Reply::Json(answer)
    }
}

/// An account as it was written; an empty one of the system program where there is none.
fn decode(found: &Value) -> Account {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let Some(data) = found["data"][0].as_str() else { return Account::default() };
    Account {
        lamports: found["lamports"].as_u64().expect("a number"),
        data: BASE64_STANDARD.decode(data).expect("base64"),
        owner: found["owner"].as_str().expect("a string").parse().expect("an address"),
        executable: found["executable"] == true,
        rent_epoch: 0,
    }
}

/// The honest answers.
fn honest(_: &Request, honest: &dyn Fn() -> Value) -> Reply {
    Reply::Json(honest())
}

#[tokio::test]
async fn with_the_truth_it_does_what_it_says() {
    let world = World::new().await;
    let (pool, before) = (world.pool, world.wealth());
    Endpoint::serve(&world.stage.cluster, &honest, |endpoint| {
        let ran = run(&world.stage, endpoint, &format!("deposit-sol {pool} 5 --output json"));
        ran.ends(DONE, "");
        let answer: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(answer["lamports"], 5 * SOL);
        assert_eq!(endpoint.transactions().len(), 1);
        run(&world.stage, endpoint, &format!("show {pool}")).ends(DONE, "");
    });
    let after = world.wealth();
    assert!(
        after.lamports < before.lamports - 5 * SOL && after.pool_tokens >= before.pool_tokens + 5 * SOL - SOL / 100
    );
}
