//! Quotes per second of one thread's CPU time, so that other work on the machine does not count. For Linux.
//!
//!     cargo run --release -p tidepool-amm --example quotes_per_second

#[path = "../tests/common/mod.rs"]
mod common;

use {
    common::{PoolBytes, SOL},
    std::{fs, hint::black_box},
    tidepool_interface::address::SPL_STAKE_POOL_PROGRAM_ID,
};

const QUOTES: u32 = 10_000_000;

/// Seconds that this thread has been on a CPU.
fn cpu_seconds() -> f64 {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = statistics.split(' ').next().and_then(|number| number.parse::<f64>().ok());
    nanoseconds.expect("a number") / 1e9
}

fn measure<T>(name: &str, quotes: u32, quote: impl Fn(u64) -> T) {
    let start = cpu_seconds();
    for number in 0..quotes {
        black_box(quote(black_box(SOL + u64::from(number))));
    }
    println!("{name:<24} {:>12.0} a second", f64::from(quotes) / (cpu_seconds() - start));
}

fn main() {
    let bytes = PoolBytes::new(SPL_STAKE_POOL_PROGRAM_ID);
    let pool = bytes.read();
    measure("deposit SOL", QUOTES, |lamports| pool.deposit_sol(lamports));
    measure("withdraw SOL", QUOTES, |tokens| pool.withdraw_sol(tokens));
    measure("deposit SOL, exact out", QUOTES / 50, |tokens| pool.lamports_for_deposit(tokens));
    measure("withdraw SOL, exact out", QUOTES / 50, |lamports| pool.pool_tokens_for_withdrawal(lamports));
    measure("read the accounts", QUOTES / 10, |_| black_box(&bytes).read());
}
