//! Exact arithmetic in 64-bit limbs.
//!
//! The SPL stake pool computes in 128 bits. sBPF has no wide multiplication or division: a `u128` operation is a call of up to
//! a thousand compute units. These functions return the same results with `u64` arithmetic.

mod fee;
mod growth;
mod rate;
mod units;
mod wide;

pub use {
    fee::{Fee, FutureEpoch, WITHDRAWAL_BASELINE_FEE, check_withdrawal_fee},
    growth::GrowthCharge,
    rate::ExchangeRate,
    units::{Amount, Lamports, PoolTokens},
    wide::Wide,
};

/// `a * b / c`, rounded down; `None` if `c` is 0 or the result exceeds 64 bits.
#[inline]
pub fn mul_div_floor(a: u64, b: u64, c: u64) -> Option<u64> {
    Wide::product(a, b).divide(c).map(|(quotient, _)| quotient)
}

/// `percent` % of `amount`, rounded down. A percentage over 100 is allowed, as in the SPL stake pool.
#[inline]
pub fn percentage_floor<A: Amount>(amount: A, percent: u8) -> Option<A> {
    let amount = amount.number();
    // Most products fit 64 bits.
    if amount >> (u64::BITS - u8::BITS) == 0 {
        return Some(A::from_number(amount.wrapping_mul(u64::from(percent)) / 100));
    }
    mul_div_floor(amount, u64::from(percent), 100).map(A::from_number)
}
