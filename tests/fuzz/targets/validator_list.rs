//! The validator list: its records are the published ones, and dropping entries keeps the rest as it is.

#![no_main]

use {
    borsh::BorshDeserialize as _,
    libfuzzer_sys::fuzz_target,
    solana_borsh::v1::try_from_slice_unchecked,
    spl_stake_pool::state::{
        StakeStatus as PublishedStatus, ValidatorList as Published, ValidatorStakeInfo as PublishedRecord,
    },
    tidepool_interface::state::{
        AccountType, VALIDATOR_LIST_HEADER_LENGTH, VALIDATOR_STAKE_INFO_LENGTH, ValidatorListMut, ValidatorStakeInfo,
        find_record, max_validators_for, split_validator_list,
    },
};

fuzz_target!(|data: &[u8]| {
    let mut copy = data.to_vec();
    let split = split_validator_list(data);
    assert_eq!(split.as_ref().err(), ValidatorListMut::decode(&mut copy).err().as_ref());
    let Ok((header, records)) = split else {
        // The published crate also decodes other data of the form of a list.
        let is_list = data.first() == Some(&(AccountType::ValidatorList as u8));
        assert!(!is_list || try_from_slice_unchecked::<Published>(data).is_err());
        return;
    };
    assert_eq!(records.len(), header.length.get() as usize);
    assert!(records.len() <= max_validators_for(data.len()));
    check_published(data, records);
    check_search(records);
    check_removal(copy, records);
    check_room(data.to_vec());
});

/// The same records, of whatever status.
fn check_published(data: &[u8], records: &[ValidatorStakeInfo]) {
    let theirs = try_from_slice_unchecked::<Published>(data).expect("a list");
    assert_eq!(theirs.validators.len(), records.len());
    for (record, theirs) in records.iter().zip(&theirs.validators) {
        let bytes = bytemuck::bytes_of(record);
        assert_eq!(PublishedRecord::try_from_slice(bytes).as_ref().ok(), Some(theirs));
        assert_eq!(record.stake_status().is_ok(), PublishedStatus::try_from(theirs.status).is_ok());
        assert_eq!(record.stake_lamports().ok(), theirs.stake_lamports().ok());
        assert_eq!(record.is_removed(), PublishedRecord::is_removed(bytes));
    }
}

/// The search in rows finds what a search one by one finds.
fn check_search(records: &[ValidatorStakeInfo]) {
    for vote in records.iter().rev().take(3).map(|record| record.vote_account_address) {
        let plain = records.iter().position(|record| record.vote_account_address == vote);
        assert_eq!(find_record(records, &vote), plain);
        let stranger = vote.to_bytes().map(|byte| !byte).into();
        let plain = records.iter().position(|record| record.vote_account_address == stranger);
        assert_eq!(find_record(records, &stranger), plain);
    }
}

fn check_removal(mut data: Vec<u8>, before: &[ValidatorStakeInfo]) {
    let kept: Vec<_> = before.iter().copied().filter(|record| !record.is_removed()).collect();
    let mut list = ValidatorListMut::decode(&mut data).expect("it decodes");
    let mut dropped = 0;
    list.remove_ready_with(|record| {
        assert!(record.is_removed());
        dropped += 1;
    });
    assert_eq!(list.records(), kept);
    assert_eq!(kept.len() + dropped, before.len());
}

/// Records are added as long as there is room, and no further.
fn check_room(mut data: Vec<u8>) {
    let record: ValidatorStakeInfo = bytemuck::Zeroable::zeroed();
    let room = (data.len() - VALIDATOR_LIST_HEADER_LENGTH) / VALIDATOR_STAKE_INFO_LENGTH;
    let mut list = ValidatorListMut::decode(&mut data).expect("it decodes");
    let length = list.records().len();
    assert_eq!(list.push(record).is_ok(), length < room);
    assert_eq!(list.records().len(), if length < room { length + 1 } else { length });
}
