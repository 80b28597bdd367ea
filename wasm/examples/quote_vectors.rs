//! Prints random pools and the Rust client's quotes of them as JSON, for the tests of `clients/js`.
//!
//! `cargo xtask js` runs it. The argument is the number of pools.

#[path = "../tests/random/mod.rs"]
mod random;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use random::{Call, Random, RandomPool, calls, vote_of};
use serde_json::{Value, json};
use solana_account::Account;
use std::io::{self, Write as _};
use tidepool_interface::Address;

/// Another seed than that of the tests in Rust.
const FIRST_SEED: u64 = 1 << 32;

fn account(account: &Account) -> Value {
    json!({
        "lamports": account.lamports.to_string(),
        "owner": account.owner.to_string(),
        "data": STANDARD.encode(&account.data),
    })
}

fn sysvar(data: &[u8]) -> Value {
    json!({ "lamports": "1", "owner": Address::default().to_string(), "data": STANDARD.encode(data) })
}

fn numbers(numbers: &[u64]) -> Vec<String> {
    numbers.iter().map(u64::to_string).collect()
}

fn call(call: &Call) -> Value {
    let Call { name, index, is_from_fee_account, amount, minimum, answer } = call;
    json!({
        "name": name,
        "index": index,
        "isFromFeeAccount": is_from_fee_account,
        "amount": amount.to_string(),
        "minimum": minimum.to_string(),
        "results": answer.as_ref().ok().map(|results| numbers(results)),
        "code": answer.as_ref().err(),
    })
}

fn vector(seed: u64) -> Value {
    let mut random = Random(seed);
    let pool = RandomPool::new(&mut random);
    let [clock, rent, epoch_rewards, stake_history] = pool.sysvars();
    let stakes = pool.stakes.iter().map(|pair| {
        pair.each_ref().map(|(at, found)| json!({ "address": at.to_string(), "account": found.as_ref().map(account) }))
    });
    let all = &pool.accounts;
    json!({
        "address": pool.address.to_string(),
        "pool": account(&all.pool),
        "validatorList": account(&all.validator_list),
        "reserve": account(&all.reserve_stake),
        "mint": account(&all.pool_mint),
        "managerFee": all.manager_fee_account.as_ref().map(account),
        "clock": sysvar(&clock),
        "rent": sysvar(&rent),
        "epochRewards": sysvar(&epoch_rewards),
        "stakeHistory": sysvar(&stake_history),
        "stakeProgramMinimum": pool.environment.stake_program_minimum.to_string(),
        "stakes": stakes.collect::<Vec<_>>(),
        "deposits": pool.deposits.iter().map(|found| {
            json!({ "account": account(found), "vote": vote_of(&found.data).map(|vote| vote.to_string()) })
        }).collect::<Vec<_>>(),
        "tickets": pool.tickets.iter().map(account).collect::<Vec<_>>(),
        "calls": calls(&pool, &mut random).iter().map(call).collect::<Vec<_>>(),
    })
}

fn main() -> io::Result<()> {
    let pools = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100);
    let mut output = io::stdout().lock();
    for seed in 0..pools {
        writeln!(output, "{}", vector(FIRST_SEED + seed))?;
    }
    Ok(())
}
