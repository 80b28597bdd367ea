//! Instruction data: SPL's against the published decoder, Tidepool's own against its encoder.

#![no_main]

use {
    borsh::BorshDeserialize as _,
    libfuzzer_sys::fuzz_target,
    spl_stake_pool::instruction::StakePoolInstruction as Published,
    tidepool_fuzz::agree,
    tidepool_interface::instruction::{
        EXTENSION_TAG_MIN, ExtensionInstruction, INSTRUCTION_MAX_LENGTH, StakePoolInstruction,
    },
};

fuzz_target!(|data: &[u8]| {
    if let Some((ours, theirs)) = agree(StakePoolInstruction::decode(data), Published::try_from_slice(data)) {
        // An encoding of the same bytes is that of the same values.
        assert_eq!(ours.to_vec(), data);
        assert_eq!(borsh::to_vec(&theirs).expect("memory"), data);
        assert_eq!(ours.tag(), data[0]);
        check_room(&ours, data);
    }
    if let Ok(extension) = ExtensionInstruction::decode(data) {
        assert_eq!(extension.to_vec(), data);
        assert_eq!(extension.tag(), data[0]);
        assert!(data[0] >= EXTENSION_TAG_MIN);
        assert!(StakePoolInstruction::decode(data).is_err(), "one tag, two instructions");
    }
    check_numbers::<1>(data);
    check_numbers::<2>(data);
});

/// A tag and numbers are all of the data, or it is something else.
fn check_numbers<const N: usize>(data: &[u8]) {
    let numbers = StakePoolInstruction::decode_numbers::<N>(data);
    assert_eq!(numbers.is_some(), data.len() == 1 + 8 * N);
    if let Some((tag, numbers)) = numbers {
        assert_eq!([&[tag][..], numbers.map(u64::to_le_bytes).as_flattened()].concat(), data);
    }
}

/// It is written into as many bytes as it has, and not into fewer.
fn check_room(instruction: &StakePoolInstruction, data: &[u8]) {
    let mut room = vec![0; data.len()];
    assert_eq!(instruction.encode(&mut room), Ok(data.len()));
    assert!(instruction.encode(&mut room[1..]).is_err());
    let has_text = matches!(
        instruction,
        StakePoolInstruction::CreateTokenMetadata { .. } | StakePoolInstruction::UpdateTokenMetadata { .. }
    );
    assert!(has_text || data.len() <= INSTRUCTION_MAX_LENGTH);
}
