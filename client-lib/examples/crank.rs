//! Updates and rebalances a pool in every epoch, and reports progress.
//!
//! ```sh
//! cargo run -p tidepool-client --example crank -- http://localhost:8899 ~/.config/solana/id.json POOL
//! ```
//!
//! Permissionless: it costs the fees of its transactions. Press Enter to stop.

use {
    solana_keypair::read_keypair_file,
    std::{env, error::Error, io, process::ExitCode, thread, time::Duration},
    tidepool_client::{
        client::PoolClient,
        cluster::RpcCluster,
        crank::{CrankReport, Observer, Wait},
        send::{Stop, Summary},
    },
};

struct Reporter;

impl Observer for Reporter {
    fn sent(&self, summary: &Summary) {
        println!("{} of {} transactions landed", summary.landed(), summary.transactions.len());
    }

    fn finished(&self, report: &CrankReport) {
        let rate = report.snapshot.rate();
        println!(
            "epoch {}: up to date; {} lamports back {} pool tokens (smallest units)",
            report.snapshot.epoch(),
            rate.total_lamports.get(),
            rate.pool_token_supply.get()
        );
    }

    fn waiting(&self, wait: Wait, most: Duration) {
        println!("waiting for {} s at most ({wait:?})", most.as_secs());
    }

    fn failed(&self, error: &dyn Error, _: bool) {
        eprintln!("{error}; trying again");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        // Errors are sentences for people.
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(url), Some(keypair), Some(pool)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: crank RPC_URL KEYPAIR_FILE POOL".into());
    };
    let cluster = RpcCluster::new(url);
    let payer = read_keypair_file(&keypair).map_err(|error| format!("{keypair}: {error}"))?;

    let stop = Stop::default();
    let request = stop.clone();
    thread::spawn(move || {
        let _ = io::stdin().read_line(&mut String::new());
        request.request();
    });
    // `crank` in place of `watch` does the work that is due now, and returns a report.
    let client = PoolClient::new(&cluster, pool.parse()?, &payer);
    client.observer(&Reporter).stop(&stop).watch().await?;
    Ok(())
}
