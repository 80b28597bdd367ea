//! What a wallet does for a deposit: quote it, and build the transaction for its user to sign.
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
    // Deposits of SOL do not depend on the stake program's minimum, which only a funded wallet can ask for.
    let options = ReadOptions { minimum_delegation: MinimumDelegation::Known(0), ..ReadOptions::default() };
    let snapshot = PoolSnapshot::read(&cluster, &pool, &options).await?;

    // Refused where the program would refuse: when the pool is stale, for example, with a sentence that says so.
    let quoted = quote::quote_deposit_sol(&snapshot, lamports, None)?;
    println!("{lamports} lamports buy {} of the pool token's smallest units", quoted.to_depositor);
    println!("the fee is {}, deducted already", quoted.minted - quoted.to_depositor);

    let deposit = DepositSol {
        from: wallet,
        lamports,
        to: TokenReceiver::Wallet(wallet),
        referrer: None,
        // The program refuses the deposit where the rate has moved against the depositor by more than 0.1 %.
        minimum_pool_tokens: Some(quoted.to_depositor - quoted.to_depositor / 1_000),
        // The wallet alone signs, elsewhere.
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
