//! Random values up to their limits, and conversions to the types of the published stake pool.

// Each test binary uses a part of this module.
#![allow(dead_code)]

use {
    borsh::BorshDeserialize,
    proptest::{collection::SizeRange, prelude::*, test_runner::Config},
    solana_program_error::ProgramError,
    spl_stake_pool::state as reference,
    std::fmt::Debug,
    tidepool_interface::{
        Address, address,
        instruction::FeeType,
        maths::{Fee, FutureEpoch},
    },
};

/// A run of `cases` cases. Without a file of failing seeds, which would need a commit.
pub fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Decodes a value from the front of `data` with Borsh's trait, from a slice and from a stream, which must agree on the value
/// and on its length in bytes.
pub fn decode_borsh<T: BorshDeserialize + Debug + PartialEq>(data: &[u8]) -> Result<T, ProgramError> {
    let (mut slice, mut stream) = (data, data);
    let value = T::deserialize(&mut slice).ok();
    assert_eq!(T::deserialize_reader(&mut stream).ok(), value);
    if value.is_some() {
        assert_eq!(slice, stream);
    }
    value.ok_or(ProgramError::BorshIoError)
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

pub fn fee_type() -> impl Strategy<Value = FeeType> {
    (0u8..7, any::<u8>(), fee()).prop_map(|(tag, percent, fee)| match tag {
        0 => FeeType::SolReferral(percent),
        1 => FeeType::StakeReferral(percent),
        2 => FeeType::Epoch(fee),
        3 => FeeType::StakeWithdrawal(fee),
        4 => FeeType::SolDeposit(fee),
        5 => FeeType::StakeDeposit(fee),
        _ => FeeType::SolWithdrawal(fee),
    })
}

/// Bytes of an address. Four numbers, because a strategy per byte takes most of a test's time.
pub fn key() -> impl Strategy<Value = [u8; 32]> {
    any::<[u64; 4]>().prop_map(bytemuck::cast)
}

/// Up to `length` bytes, mostly 0 or a small number, like tags. Generated from one number, for speed: failures shrink in length only.
pub fn noise(length: impl Into<SizeRange>) -> impl Strategy<Value = Vec<u8>> {
    let lengths = length.into();
    (lengths.start()..lengths.end_excl(), any::<u64>()).prop_map(|(length, seed)| {
        let mut state = seed;
        std::iter::repeat_with(|| {
            // Knuth's linear congruential generator: its high bits are good enough for noise.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let byte = (state >> 56) as u8;
            match state >> 40 & 7 {
                0..4 => 0,
                4..6 => byte % 4,
                _ => byte,
            }
        })
        .take(length)
        .collect()
    })
}

/// Addresses, some of them repeated, so that two accounts of one instruction can be the same.
pub fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        8 => key().prop_map(Address::new_from_array),
        1 => Just(address::SYSTEM_PROGRAM_ID),
        1 => Just(address::SPL_STAKE_POOL_PROGRAM_ID),
    ]
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

pub fn reference_fee_type(fee: FeeType) -> reference::FeeType {
    match fee {
        FeeType::SolReferral(percent) => reference::FeeType::SolReferral(percent),
        FeeType::StakeReferral(percent) => reference::FeeType::StakeReferral(percent),
        FeeType::Epoch(fee) => reference::FeeType::Epoch(reference_fee(fee)),
        FeeType::StakeWithdrawal(fee) => reference::FeeType::StakeWithdrawal(reference_fee(fee)),
        FeeType::SolDeposit(fee) => reference::FeeType::SolDeposit(reference_fee(fee)),
        FeeType::StakeDeposit(fee) => reference::FeeType::StakeDeposit(reference_fee(fee)),
        FeeType::SolWithdrawal(fee) => reference::FeeType::SolWithdrawal(reference_fee(fee)),
    }
}
