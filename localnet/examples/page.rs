//! The page of a pool on the embedded cluster, to look at and to measure: `cargo run -p tidepool-localnet --example page -- VALIDATORS`.
//!
//! It prints the URL. Lines on the standard input are commands of `tidepool`; `epoch` begins the next epoch, `fund ADDRESS SOL` gives a
//! wallet SOL, `account ADDRESS` prints an account, and `send BASE64` processes a signed transaction.

use {
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
    solana_keypair::write_keypair_file,
    solana_native_token::LAMPORTS_PER_SOL,
    std::{
        io::{self, BufRead as _, Write as _},
        path::Path,
        time::Duration,
    },
    tidepool_cli::{command_line, config::Config, context::Context, defaults::Defaults, output, terminal::Terminal},
    tidepool_client::send::Stop,
    tidepool_embedded::EmbeddedCluster,
    tidepool_serve::{Options, Server},
    tokio::sync::mpsc,
};

type Failure = Box<dyn std::error::Error>;

/// The program's address in this cluster.
const PROGRAM_ID: Address = Address::from_str_const("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let validators: usize = std::env::args().nth(1).as_deref().unwrap_or("20").parse()?;
    let cluster = EmbeddedCluster::builder().validators(validators).tidepool(PROGRAM_ID).start()?;
    let folder = tempfile::tempdir()?;
    let wallet = cluster.funded_keypair(100_000 * LAMPORTS_PER_SOL);
    write_keypair_file(&wallet, folder.path().join("wallet.json")).map_err(|error| error.to_string())?;
    let run = async |line: &str| run(&cluster, folder.path(), line).await;

    let most = validators + 10;
    let deposit = 3 * validators + 100;
    let options = format!("--max-validators {most} --initial-deposit {deposit} --epoch-fee 5% --withdrawal-fee 0.1%");
    let created = run(&format!("create-pool --program-id {PROGRAM_ID} {options}")).await?;
    let pool = serde_json::from_str::<serde_json::Value>(&created)?["pool"].as_str().unwrap_or_default().to_owned();
    for vote in cluster.votes() {
        run(&format!("add-validator {pool} {vote}")).await?;
    }
    run(&format!("set-weights {pool} --equal")).await?;
    run(&format!("rebalance {pool}")).await?;
    cluster.advance_epoch()?;
    run(&format!("update {pool}")).await?;

    let options =
        Options { listen: "127.0.0.1:0".into(), refresh: Duration::from_secs(1), ..Options::new(pool.parse()?) };
    let server = Server::start(&cluster, options).await?;
    say(&format!("http://{} {pool}", server.address()))?;
    let stop = Stop::default();
    let mut lines = lines();
    let commands = async {
        while let Some(line) = lines.recv().await {
            let words: Vec<_> = line.split_whitespace().collect();
            let answer = match words[..] {
                [] => continue,
                ["epoch" | "fund" | "account" | "send", ..] => control(&cluster, &words),
                _ => run(&line).await,
            };
            say(&answer.unwrap_or_else(|error| format!("error: {error}")))?;
        }
        stop.request();
        Ok::<_, Failure>(())
    };
    let (served, commanded) = tokio::join!(server.run(&cluster, &stop), commands);
    served?;
    commanded
}

/// What only an embedded cluster can do.
fn control(cluster: &EmbeddedCluster, words: &[&str]) -> Result<String, Failure> {
    match *words {
        ["epoch"] => {
            cluster.advance_epoch()?;
        }
        ["fund", wallet, sol] => {
            cluster.airdrop(&wallet.parse()?, sol.parse::<u64>()?.saturating_mul(LAMPORTS_PER_SOL))
        }
        ["account", address] => {
            let account = cluster.account(&address.parse()?).unwrap_or_default();
            let data = BASE64_STANDARD.encode(&account.data);
            return Ok(serde_json::json!({ "lamports": account.lamports, "data": data }).to_string());
        }
        ["send", transaction] => {
            cluster.process_transaction(bincode::deserialize(&BASE64_STANDARD.decode(transaction)?)?)?;
        }
        _ => return Err("expected epoch, fund ADDRESS SOL, account ADDRESS, or send BASE64".into()),
    }
    Ok("done".to_owned())
}

/// Lines of the standard input, read on a thread of their own.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")?;
    io::stdout().flush()
}

/// Runs a command of `tidepool`, and returns its JSON on one line.
async fn run(cluster: &EmbeddedCluster, folder: &Path, line: &str) -> Result<String, Failure> {
    let wallet = folder.join("wallet.json").display().to_string();
    let global = ["tidepool", "--yes", "--output", "json-compact", "--keypair", &wallet];
    let words: Vec<_> = global.into_iter().chain(line.split_whitespace()).map(Into::into).collect();
    let cli = command_line::parse(&words, &Defaults::default())?;
    let config = Config::default();
    let terminal = Terminal::absent(cli.global.yes, cli.global.output);
    let mut context = Context::new(cluster, &cli.global, &config, terminal);
    context.poll_every = Duration::from_millis(1);
    context.directory = folder.to_owned();
    let answer = cli.command.execute(&context).await?;
    let mut bytes = vec![];
    output::write(&mut bytes, answer.as_ref(), cli.global.output, false)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}
