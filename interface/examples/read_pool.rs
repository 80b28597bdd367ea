//! Reads the exchange rate, the fees and the last update of any stake pool from its account data, without a network.
//!
//! For wallets, oracles and indexers with another source of accounts: a Geyser plugin, a snapshot, a file.
//!
//! ```sh
//! solana account POOL --output json > pool.json
//! cargo run -p tidepool-interface --example read_pool -- pool.json 812    # the epoch, to tell whether the pool is fresh
//! ```

use {
    base64::{Engine as _, prelude::BASE64_STANDARD},
    std::{env, error::Error, fs, process::ExitCode},
    tidepool_core::{
        maths::{Fee, Lamports, PoolTokens},
        quote,
    },
    tidepool_interface::state::{PoolExtension, StakePool},
};

/// Lamports of a SOL, and smallest units of a whole pool token.
const WHOLE: u64 = 1_000_000_000;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let usage = "usage: read_pool FILE [EPOCH], where FILE is the answer to getAccountInfo (base64), or what `solana account POOL \
                 --output json` prints";
    let file = arguments.next().ok_or(usage)?;
    let epoch: Option<u64> = arguments.next().map(|epoch| epoch.parse()).transpose()?;

    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let account = [&json["account"], &json["result"]["value"], &json];
    let data = account.iter().find_map(|account| account["data"][0].as_str());
    let bytes = BASE64_STANDARD.decode(data.ok_or_else(|| format!("FILE has no account data: {usage}"))?)?;

    // The data does not contain the account's owner. Compare the owner with the expected program id.
    let pool = StakePool::decode_initialized(&bytes)?;
    let rate = pool.head.exchange_rate();
    println!("total            {} lamports", rate.total_lamports.get());
    println!("supply           {} smallest units of the pool token", rate.pool_token_supply.get());
    println!(
        "a pool token     {} lamports",
        rate.lamports_for_withdrawal(PoolTokens::new(WHOLE)).ok_or("the rate overflows")?
    );

    println!("fee on rewards   {}", of(&pool.head.epoch_fee.get()));
    println!("SOL deposits     {}", of(&pool.terms.sol_deposit_fee));
    println!("SOL withdrawals  {}", of(&pool.terms.sol_withdrawal_fee));
    println!("stake deposits   {}", of(&pool.terms.stake_deposit_fee));
    println!("stake withdrawal {}", of(&pool.terms.stake_withdrawal_fee));

    // The quote that a wallet shows before a deposit. The program computes exactly the same.
    let deposit =
        quote::sol_deposit(&rate, &pool.terms.sol_deposit_fee, pool.terms.sol_referral_fee, Lamports::new(WHOLE))
            .map_err(|error| format!("no deposit: {error}"))?;
    println!("a SOL buys       {} smallest units, fees deducted", deposit.to_depositor.get());

    println!(
        "weights          {}",
        if PoolExtension::is_present(&bytes) { "in the pool" } else { "none: an SPL pool" }
    );
    let last = pool.head.last_update_epoch.get();
    match epoch {
        Some(epoch) if pool.head.is_stale(epoch) => println!("updated          epoch {last}: not yet in epoch {epoch}"),
        Some(epoch) => println!("updated          epoch {last}: fresh in epoch {epoch}"),
        None => println!("updated          epoch {last}"),
    }
    Ok(())
}

fn of(fee: &Fee) -> String {
    if fee.denominator == 0 { "none".into() } else { format!("{}/{}", fee.numerator, fee.denominator) }
}
