//! A wallet's SOL deposit: quotes it, and builds the transaction for the user to sign.
//!
//! ```sh
//! cargo run -p tidepool-client --example deposit -- http://localhost:8899 POOL WALLET 1500000000
//! ```

use {
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
    solana_message::Message,
    std::{env, error::Error},
    tidepool_client::{
        actions::{self, DepositSol, TokenReceiver},
        cluster::{Cluster as _, RpcCluster},
        pool::{MinimumDelegation, PoolSnapshot, ReadOptions},
        quote,
    },
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, pool, wallet, lamports] = &arguments[..] else {
        return Err("usage: deposit URL POOL WALLET LAMPORTS".into());
    };
    let (pool, wallet): (Address, Address) = (pool.parse()?, wallet.parse()?);
    let lamports: u64 = lamports.parse()?;

    let cluster = RpcCluster::new(url);
    // SOL deposits do not depend on the minimum delegation, which only a funded wallet can query.
    let options = ReadOptions { minimum_delegation: MinimumDelegation::Known(0), ..ReadOptions::default() };
    let snapshot = PoolSnapshot::read(&cluster, &pool, &options).await?;

    // A refusal explains itself, for example that the pool is stale.
    let quoted = quote::quote_deposit_sol(&snapshot, lamports, None)?;
    println!("{lamports} lamports buy {} of the pool token's smallest units", quoted.to_depositor);
    println!("the fee is {}, deducted already", quoted.minted - quoted.to_depositor);

    let deposit = DepositSol {
        from: wallet,
        lamports,
        to: TokenReceiver::Wallet(wallet),
        referrer: None,
        // Slippage bound of 0.1 %: the program refuses the deposit if the exchange rate is worse.
        minimum_pool_tokens: Some(quoted.to_depositor - quoted.to_depositor / 1_000),
        // The wallet signs elsewhere, and no other key does.
        throwaway: None,
        unwrap: None,
    };
    let group = actions::deposit_sol(&snapshot, &deposit);
    let blockhash = cluster.latest_blockhash().await?;
    let message = Message::new_with_blockhash(&group.instructions, Some(&wallet), &blockhash.hash);
    println!("{}", BASE64_STANDARD.encode(message.serialize()));
    println!("for {} to sign and send before block {}", wallet, blockhash.last_valid_block_height);
    Ok(())
}
