//! Random values up to their limits, and conversions to the types of the published stake pool.

// Each test binary uses a part of this module.
#![allow(dead_code)]

use {
    proptest::{prelude::*, test_runner::Config},
    spl_stake_pool::state as reference,
    tidepool_core::maths::{ExchangeRate, Fee, FutureEpoch, Lamports, PoolTokens},
};

/// A run of `cases` cases. Without a file of failing seeds, which would need a commit.
pub fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Random numbers: small, huge, around powers of two, of any magnitude, of patterned halves.
pub fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64, 0u8..16).prop_map(|(bits, shift, kind)| {
        let near = bits % 5;
        match kind {
            0..3 => near,
            3..5 => u64::MAX.wrapping_sub(near),
            5..8 => (1u64 << shift).wrapping_add(near).wrapping_sub(2),
            8 => (1u64 << 32).wrapping_add(near).wrapping_sub(2),
            // With halves of zeroes and ones, long division has to correct its estimates.
            9..11 => patterned_half(bits) << 32 | patterned_half(bits >> 8),
            11..14 => bits >> shift,
            _ => bits,
        }
    })
}

fn patterned_half(bits: u64) -> u64 {
    const HALVES: [u64; 8] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff, 0x1_0000];
    HALVES[(bits & 7) as usize]
}

/// A number and another that is often close to it.
pub fn pair() -> impl Strategy<Value = (u64, u64)> {
    (number(), number(), 0u64..5, any::<bool>()).prop_map(|(a, b, distance, close)| {
        let near = a.wrapping_add(distance).wrapping_sub(2);
        (a, if close { near } else { b })
    })
}

/// Random exchange rates.
pub fn rate() -> impl Strategy<Value = ExchangeRate> {
    pair().prop_map(|(lamports, tokens)| ExchangeRate {
        total_lamports: Lamports::new(lamports),
        pool_token_supply: PoolTokens::new(tokens),
    })
}

/// Random fees: none, usual, close to 100 %, over 100 %.
pub fn fee() -> impl Strategy<Value = Fee> {
    prop_oneof![
        3 => pair().prop_map(|(numerator, denominator)| Fee::new(numerator, denominator)),
        2 => (0u64..=120, 0u64..=1_000).prop_map(|(numerator, denominator)| Fee::new(numerator, denominator)),
        1 => (0u64..=10_000).prop_map(|numerator| Fee::new(numerator, 10_000)),
    ]
}

pub fn future_fee() -> impl Strategy<Value = FutureEpoch<Fee>> {
    (0u8..3, fee()).prop_map(|(tag, fee)| match tag {
        0 => FutureEpoch::None,
        1 => FutureEpoch::One(fee),
        _ => FutureEpoch::Two(fee),
    })
}

pub fn reference_fee(fee: Fee) -> reference::Fee {
    reference::Fee { denominator: fee.denominator, numerator: fee.numerator }
}

pub fn reference_future(fee: FutureEpoch<Fee>) -> reference::FutureEpoch<reference::Fee> {
    match fee {
        FutureEpoch::None => reference::FutureEpoch::None,
        FutureEpoch::One(fee) => reference::FutureEpoch::One(reference_fee(fee)),
        FutureEpoch::Two(fee) => reference::FutureEpoch::Two(reference_fee(fee)),
    }
}
