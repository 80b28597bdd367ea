//! Random values of the wire format, and conversions to the types of the published stake pool.

// Each test binary uses a part of this module.
#![allow(dead_code)]

#[path = "../../../core/tests/common/mod.rs"]
mod amounts;

pub use amounts::*;

use {
    borsh::BorshDeserialize,
    proptest::{collection::SizeRange, prelude::*},
    solana_program_error::ProgramError,
    spl_stake_pool::state as reference,
    std::fmt::Debug,
    tidepool_interface::{Address, address, instruction::FeeType},
};

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
