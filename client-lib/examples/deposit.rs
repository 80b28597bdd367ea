//! Deposits SOL of a wallet into a pool. A stale pool is updated first.
//!
//! ```sh
//! cargo run -p tidepool-client --example deposit -- http://localhost:8899 ~/.config/solana/id.json POOL 1500000000
//! ```

use {
    solana_keypair::read_keypair_file,
    std::{env, error::Error, process::ExitCode},
    tidepool_client::{client::PoolClient, cluster::RpcCluster},
};

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
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, keypair, pool, lamports] = &arguments[..] else {
        return Err("usage: deposit RPC_URL KEYPAIR_FILE POOL LAMPORTS".into());
    };
    let cluster = RpcCluster::new(url);
    let wallet = read_keypair_file(keypair).map_err(|error| format!("{keypair}: {error}"))?;
    let client =
        PoolClient::new(&cluster, pool.parse().map_err(|error| format!("POOL is {pool:?}: {error}"))?, &wallet);

    // The program rejects the deposit if it yields less than 99.9 % of the quote. An error says why nothing was sent.
    let amount = lamports.parse().map_err(|error| format!("LAMPORTS is {lamports:?}: {error}"))?;
    let deposit = client.deposit_sol(amount).await?;
    let quote = deposit.quote.pool_tokens;
    println!("{} of the pool token's smallest units for {lamports} lamports", quote.to_depositor.get());
    println!("after a fee of {}", quote.minted.get() - quote.to_depositor.get());
    for signature in deposit.update.signatures().chain(deposit.sent.signatures()) {
        println!("{signature}");
    }
    Ok(())
}
