//! Quotes of the exported functions equal those of the Rust client, for random pools.

mod random;

use random::{Call, Random, RandomPool, calls, vote_of};
use solana_account::Account;
use std::collections::BTreeMap;
use tidepool_interface::Address;
use tidepool_wasm::{accounts, exports};

/// Bytes of a snapshot, as `clients/js/src/wasm` writes them.
struct Bytes {
    rows: Vec<u8>,
    data: Vec<u8>,
}

impl Bytes {
    fn add(&mut self, state: u32, account: Option<&Account>) {
        let empty = Account::default();
        let account = account.unwrap_or(&empty);
        self.rows.extend_from_slice(&state.to_le_bytes());
        self.rows.extend_from_slice(&(account.data.len() as u32).to_le_bytes());
        self.rows.extend_from_slice(&account.lamports.to_le_bytes());
        self.rows.extend_from_slice(account.owner.as_ref());
        self.data.extend_from_slice(&account.data);
    }

    fn read(&mut self, account: Option<&Account>) {
        self.add(if account.is_some() { accounts::EXISTS } else { accounts::ABSENT }, account);
    }
}

fn snapshot(pool: &RandomPool, call: &Call) -> Vec<u8> {
    let mut bytes = Bytes { rows: Vec::new(), data: Vec::new() };
    let all = &pool.accounts;
    for account in [&all.pool, &all.validator_list, &all.reserve_stake, &all.pool_mint] {
        bytes.read(Some(account));
    }
    bytes.read(all.manager_fee_account.as_ref());
    for data in pool.sysvars() {
        bytes.read(Some(&Account { lamports: 1, data, owner: Address::default(), ..Account::default() }));
    }
    let index = call.index.map(|index| index as usize);
    let subject = match call.name {
        "deposit_stake" => index.map(|index| &pool.deposits[index]),
        "claimable" | "cancellation" => index.map(|index| &pool.tickets[index]),
        _ => None,
    };
    let records = pool.snapshot(false).records().to_vec();
    let place = match (call.name, subject) {
        ("withdraw_stake", _) => index.filter(|index| *index < records.len()),
        ("deposit_stake", Some(account)) => {
            let vote = vote_of(&account.data);
            records.iter().position(|record| Some(record.vote_account_address) == vote)
        }
        _ => None,
    };
    for which in 0..2 {
        match place {
            Some(place) => bytes.read(pool.stakes[place][which].1.as_ref()),
            None => bytes.add(accounts::UNREAD, None),
        }
    }
    match subject {
        Some(account) => bytes.read(Some(account)),
        None => bytes.add(accounts::UNREAD, None),
    }
    [pool.environment.stake_program_minimum.to_le_bytes().to_vec(), bytes.rows, bytes.data].concat()
}

fn answer(pool: &RandomPool, call: &Call) -> Result<Vec<u64>, i32> {
    let bytes = snapshot(pool, call);
    let (at, length, exempt) = (bytes.as_ptr(), bytes.len(), call.is_from_fee_account.into());
    let mut rows = vec![0u64; 3 * pool.stakes.len()];
    let index = call.index.unwrap_or(u32::MAX);
    let (amount, minimum) = (call.amount, call.minimum);
    // SAFETY: the bytes live until the end of the calls, and the rows have room for each record.
    let (code, results) = unsafe {
        match call.name {
            "deposit_sol" => (exports::deposit_sol(at, length, amount, minimum), 5),
            "withdraw_sol" => (exports::withdraw_sol(at, length, exempt, amount, minimum), 3),
            "largest_sol_withdrawal" => (exports::largest_sol_withdrawal(at, length, exempt), 1),
            "exit" => (exports::exit(at, length, exempt, amount, minimum), 5),
            "withdraw_stake" => (exports::withdraw_stake(at, length, index, exempt, amount, minimum), 6),
            "deposit_stake" => (exports::deposit_stake(at, length, minimum), 6),
            "claimable" => (exports::claimable(at, length), 1),
            "cancellation" => (exports::cancellation(at, length), 2),
            "yield_over" => (exports::yield_over(at, length, amount), 5),
            "condition" => (exports::condition(at, length), 8),
            "rebalance" => (exports::rebalance(at, length, rows.as_mut_ptr()), 4),
            other => panic!("unknown function {other}"),
        }
    };
    if code != 0 {
        return Err(code);
    }
    // SAFETY: eight numbers, written by the call above.
    let output = unsafe { std::slice::from_raw_parts(exports::output(), results) };
    let rows = if call.name == "rebalance" { rows } else { Vec::new() };
    Ok(output.iter().copied().chain(rows).collect())
}

/// One test: the results are in a static.
#[test]
fn quotes_equal_those_of_the_client() {
    const POOLS: u64 = 3_000;
    let mut seen = BTreeMap::<(&str, i32), u32>::new();
    for seed in 0..POOLS {
        let mut random = Random(seed);
        let pool = RandomPool::new(&mut random);
        for call in calls(&pool, &mut random) {
            assert_eq!(answer(&pool, &call), call.answer, "seed {seed}: {call:?}");
            let code = call.answer.as_ref().err().copied().unwrap_or(0);
            *seen.entry((call.name, code)).or_default() += 1;
        }
    }
    // Each function answers and fails, in several ways where it has them.
    for (name, codes) in [
        ("deposit_sol", 5),
        ("withdraw_sol", 6),
        ("exit", 7),
        ("withdraw_stake", 10),
        ("deposit_stake", 12),
        ("cancellation", 4),
        ("claimable", 2),
        ("yield_over", 4),
        ("rebalance", 4),
    ] {
        let found: Vec<_> = seen.keys().filter(|(called, _)| *called == name).map(|(_, code)| *code).collect();
        assert!(found.contains(&0) && found.len() >= codes, "{name}: {found:?}");
    }
}
