//! The validator list against the published pool's list, in memory and in place.

use {
    crate::{
        common::{address, config, decode_borsh, number},
        damage::damage,
    },
    proptest::{collection::vec, prelude::*},
    solana_borsh::v1::{get_instance_packed_len, try_from_slice_unchecked},
    solana_program_error::ProgramError,
    spl_stake_pool::state::{
        AccountType, PodStakeStatus, StakeStatus as ReferenceStatus, ValidatorList as ReferenceList,
        ValidatorListHeader as ReferenceHeader, ValidatorStakeInfo as ReferenceRecord,
    },
    tidepool_interface::{
        StakePoolError,
        state::{
            AccountType as OurAccountType, StakeStatus, VALIDATOR_LIST_HEADER_LENGTH, VALIDATOR_STAKE_INFO_LENGTH,
            ValidatorList, ValidatorListMut, ValidatorStakeInfo, max_validators_for, split_validator_list,
            validator_list_length,
        },
    },
};

/// First byte of a list.
const LIST: u8 = 2;

/// Records with small and large numbers, some without stake, and some with an invalid status.
fn record() -> impl Strategy<Value = ValidatorStakeInfo> {
    let lamports = || prop_oneof![Just(0), number()];
    let status = prop_oneof![8 => 0u8..5, 1 => any::<u8>()];
    (lamports(), lamports(), vec(number(), 4), status, address()).prop_map(
        |(active, transient, numbers, status, vote)| ValidatorStakeInfo {
            active_stake_lamports: active.into(),
            transient_stake_lamports: transient.into(),
            last_update_epoch: numbers[0].into(),
            transient_seed_suffix: numbers[1].into(),
            extension: bytemuck::cast((numbers[2] as u32).to_le_bytes()),
            validator_seed_suffix: (numbers[3] as u32).into(),
            status,
            vote_account_address: vote,
        },
    )
}

fn records() -> impl Strategy<Value = Vec<ValidatorStakeInfo>> {
    vec(record(), 0..8)
}

fn status(byte: u8) -> PodStakeStatus {
    bytemuck::cast(byte)
}

fn to_reference(record: &ValidatorStakeInfo) -> ReferenceRecord {
    ReferenceRecord {
        active_stake_lamports: record.active_stake_lamports.get().into(),
        transient_stake_lamports: record.transient_stake_lamports.get().into(),
        last_update_epoch: record.last_update_epoch.get().into(),
        transient_seed_suffix: record.transient_seed_suffix.get().into(),
        unused: u32::from_le_bytes(bytemuck::cast(record.extension)).into(),
        validator_seed_suffix: record.validator_seed_suffix.get().into(),
        status: status(record.status),
        vote_account_address: record.vote_account_address,
    }
}

fn reference_list(max_validators: u32, records: &[ValidatorStakeInfo]) -> ReferenceList {
    ReferenceList {
        header: ReferenceHeader { account_type: AccountType::ValidatorList, max_validators },
        validators: records.iter().map(to_reference).collect(),
    }
}

fn owned_to_reference(list: &ValidatorList) -> ReferenceList {
    ReferenceList {
        header: ReferenceHeader {
            account_type: match list.account_type {
                OurAccountType::Uninitialized => AccountType::Uninitialized,
                OurAccountType::StakePool => AccountType::StakePool,
                OurAccountType::ValidatorList => AccountType::ValidatorList,
            },
            max_validators: list.max_validators,
        },
        validators: list.validators.iter().map(to_reference).collect(),
    }
}

/// An account with space for `room` more records, filled with the byte `filler`.
fn account(records: &[ValidatorStakeInfo], room: usize, filler: u8) -> Vec<u8> {
    let capacity = (records.len() + room) as u32;
    let mut data = vec![filler; validator_list_length(capacity)];
    borsh::to_writer(&mut data[..], &reference_list(capacity, records)).unwrap();
    data
}

fn statuses_agree(ours: Result<StakeStatus, ProgramError>, theirs: PodStakeStatus) -> Result<(), TestCaseError> {
    let theirs = ReferenceStatus::try_from(theirs).map(|status| format!("{status:?}"));
    prop_assert_eq!(ours.map(|status| format!("{status:?}")), theirs);
    Ok(())
}

fn reads_as_published(data: &[u8]) -> Result<(), TestCaseError> {
    let theirs = try_from_slice_unchecked::<ReferenceList>(data);
    let ours = decode_borsh::<ValidatorList>(data);
    prop_assert_eq!(ours.as_ref().ok().map(owned_to_reference), theirs.as_ref().ok().cloned());
    if let Ok(list) = ours {
        prop_assert_eq!(borsh::to_vec(&list).unwrap(), borsh::to_vec(theirs.as_ref().unwrap()).unwrap());
    }
    match split_validator_list(data) {
        Ok((header, records)) => {
            let theirs = theirs.unwrap();
            prop_assert!(theirs.header.is_valid());
            prop_assert_eq!(header.max_validators.get(), theirs.header.max_validators);
            prop_assert_eq!(header.length.get() as usize, theirs.validators.len());
            let records: Vec<_> = records.iter().map(to_reference).collect();
            prop_assert_eq!(records, theirs.validators);
        }
        // The published program reads the header first and returns its errors.
        Err(error) if data.len() >= VALIDATOR_LIST_HEADER_LENGTH => {
            let expected = match try_from_slice_unchecked::<ReferenceHeader>(data) {
                Err(error) => error.into(),
                Ok(header) if !header.is_valid() => StakePoolError::InvalidState.into(),
                // More records than bytes for them.
                Ok(_) => ProgramError::AccountDataTooSmall,
            };
            prop_assert_eq!(error, expected);
            prop_assert!(!theirs.is_ok_and(|list| list.header.is_valid()));
        }
        Err(error) => {
            prop_assert_eq!(error, ProgramError::BorshIoError);
            prop_assert!(theirs.is_err());
        }
    }
    let mut copy = data.to_vec();
    let view = ValidatorListMut::decode(&mut copy).map(|mut list| (*list.header(), list.records().to_vec()));
    let split = split_validator_list(data).map(|(header, records)| (*header, records.to_vec()));
    prop_assert_eq!(view, split);
    views_differ_in_the_type_only(data)
}

/// An update reads the records before the list's account type, so it views lists of any known type.
fn views_differ_in_the_type_only(data: &[u8]) -> Result<(), TestCaseError> {
    let mut copy = data.to_vec();
    let viewed = ValidatorListMut::view(&mut copy).map(|mut list| (list.is_initialized(), list.records().to_vec()));
    let mut as_list = data.to_vec();
    let is_known = data.first().is_some_and(|account_type| *account_type < 3);
    if is_known {
        as_list[0] = LIST;
    }
    let is_list = data.first() == Some(&LIST);
    let expected = split_validator_list(&as_list).map(|(_, records)| (is_list, records.to_vec()));
    prop_assert_eq!(viewed, expected);
    Ok(())
}

proptest! {
    #![proptest_config(config(5_000))]

    #[test]
    fn lists_read_as_published(records in records(), room in 0usize..4, filler in any::<u8>()) {
        reads_as_published(&account(&records, room, filler))?;
    }

    #[test]
    fn damaged_lists_read_as_published(records in records(), room in 0usize..3, damages in vec(damage(), 1..3)) {
        let mut data = account(&records, room, 0);
        for damage in damages {
            damage.apply(&mut data);
        }
        reads_as_published(&data)?;
    }

    #[test]
    fn lists_with_any_header_read_as_published(
        records in records(),
        account_type in 0u8..5,
        length in prop_oneof![0u32..10, any::<u32>()],
        cut in 0usize..12,
    ) {
        let mut data = account(&records, 1, 0);
        data[0] = account_type;
        data[5..9].copy_from_slice(&length.to_le_bytes());
        reads_as_published(&data)?;
        reads_as_published(&data[..cut.min(9)])?;
    }

    #[test]
    fn records_answer_as_published(record in record()) {
        let theirs = to_reference(&record);
        let bytes = bytemuck::bytes_of(&record);
        prop_assert_eq!(bytes, bytemuck::bytes_of(&theirs));
        prop_assert_eq!(bytes, &borsh::to_vec(&theirs).unwrap()[..]);
        prop_assert_eq!(bytes, &borsh::to_vec(&record).unwrap()[..]);
        prop_assert_eq!(decode_borsh(bytes), Ok(record));
        prop_assert_eq!(record.is_active(), ReferenceRecord::is_active(bytes));
        prop_assert_eq!(record.is_removed(), ReferenceRecord::is_removed(bytes));
        prop_assert_eq!(
            record.stake_lamports().map_err(|error| error as u32),
            theirs.stake_lamports().map_err(|error| error as u32)
        );
        statuses_agree(record.stake_status(), theirs.status)?;
    }

    #[test]
    fn records_are_found_and_written_in_place_as_published(records in records(), change in record(), pick in 0usize..8) {
        let mut ours = account(&records, 1, 0);
        let mut theirs = ours.clone();
        let vote = records.get(pick).map_or(change.vote_account_address, |record| record.vote_account_address);

        let mut list = ValidatorListMut::decode(&mut ours).unwrap();
        let found = list.find(&vote).map(|record| *record = change).is_some();
        let (_, mut published) = ReferenceHeader::deserialize_vec(&mut theirs).unwrap();
        let published = published
            .find_mut::<ReferenceRecord, _>(|bytes| ReferenceRecord::memcmp_pubkey(bytes, &vote))
            .map(|record| *record = to_reference(&change));
        prop_assert_eq!(found, published.is_some());
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn records_are_appended_as_published(records in records(), more in vec(record(), 0..4), room in 0usize..4) {
        let mut ours = account(&records, room, 0xaa);
        let mut theirs = ours.clone();
        for record in more {
            let before = ours.clone();
            let pushed = ValidatorListMut::decode(&mut ours).unwrap().push(record);
            let (_, mut published) = ReferenceHeader::deserialize_vec(&mut theirs).unwrap();
            prop_assert_eq!(&pushed, &published.push(to_reference(&record)));
            if pushed.is_err() {
                // The published program has counted the record before the error, but its transaction fails.
                prop_assert_eq!(ours, before);
                return Ok(());
            }
            prop_assert_eq!(&ours, &theirs);
        }
    }

    /// Compares all bytes, also those behind the new end.
    #[test]
    fn entries_that_hold_nothing_are_dropped_as_published(
        records in vec((record(), any::<bool>()), 0..10),
        room in 0usize..2,
    ) {
        let records: Vec<_> = records.into_iter().map(|(record, removed)| if removed {
            ValidatorStakeInfo {
                active_stake_lamports: 0.into(),
                transient_stake_lamports: 0.into(),
                status: StakeStatus::ReadyForRemoval as u8,
                ..record
            }
        } else {
            record
        }).collect();
        let mut ours = account(&records, room, 0x55);
        let mut theirs = ours.clone();
        ValidatorListMut::decode(&mut ours).unwrap().remove_ready();
        let (_, mut published) = ReferenceHeader::deserialize_vec(&mut theirs).unwrap();
        published.retain::<ReferenceRecord, _>(|bytes| !ReferenceRecord::is_removed(bytes)).unwrap();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn room_for_records_is_as_published(data_length in prop_oneof![0usize..2_000, any::<usize>()], records in 0u32..64) {
        prop_assert_eq!(max_validators_for(data_length), ReferenceList::calculate_max_validators(data_length));
        let length = get_instance_packed_len(&ReferenceList::new(records)).unwrap();
        prop_assert_eq!(validator_list_length(records), length);
        prop_assert_eq!(max_validators_for(length), records as usize);
        prop_assert_eq!(
            max_validators_for(length + VALIDATOR_STAKE_INFO_LENGTH - 1),
            records as usize
        );
    }
}

#[test]
fn statuses_move_towards_removal_as_published() {
    for byte in 0..=u8::MAX {
        let record = ValidatorStakeInfo { status: byte, ..bytemuck::Zeroable::zeroed() };
        let ours = record.stake_status();
        statuses_agree(ours.clone(), status(byte)).unwrap();

        let mut published = status(byte);
        let result = published.remove_validator_stake();
        assert_eq!(result.is_ok(), ours.is_ok());
        statuses_agree(ours.clone().map(StakeStatus::without_validator_stake), published).unwrap();

        let mut published = status(byte);
        let result = published.remove_transient_stake();
        assert_eq!(result.is_ok(), ours.is_ok());
        statuses_agree(ours.map(StakeStatus::without_transient_stake), published).unwrap();

        let decoded = decode_borsh::<StakeStatus>(&[byte]);
        let theirs = try_from_slice_unchecked::<ReferenceStatus>(&[byte]).ok();
        assert_eq!(
            decoded.clone().ok().map(|status| format!("{status:?}")),
            theirs.map(|status| format!("{status:?}"))
        );
        if let Ok(status) = decoded {
            assert_eq!(borsh::to_vec(&status).unwrap(), [byte]);
        }
    }
}
