//! `UpdateValidators` that lands later than it was signed, and finds another list: what it cannot update stays stale, and
//! nothing else.

use {
    crate::bed::{Bed, Stakes},
    solana_address::Address,
    tidepool_interface::state::{VALIDATOR_LIST_HEADER_LENGTH, VALIDATOR_STAKE_INFO_LENGTH},
    tidepool_tests::{scenario::EPOCH, vm::Vm},
};

/// Validators with and without stake in motion, next to each other in each way.
const MIXED: Stakes = &[(100, 10), (100, 10), (100, 0), (100, 0), (100, 10), (100, 0)];

fn votes_of_stale(bed: &Bed) -> Vec<Address> {
    let stale = bed.records().into_iter().filter(|record| record.last_update_epoch.get() < EPOCH);
    stale.map(|record| record.vote_account_address).collect()
}

/// Drops an entry, as a cleanup does.
fn drop_entry(bed: &mut Bed, index: usize) {
    let list = bed.pool.state.head.validator_list;
    bed.edit_data(list, |data| {
        let start = VALIDATOR_LIST_HEADER_LENGTH + index * VALIDATOR_STAKE_INFO_LENGTH;
        data.copy_within(start + VALIDATOR_STAKE_INFO_LENGTH.., start);
        data[5] -= 1;
    });
}

#[test]
fn one_whose_transient_stake_somebody_else_merged_is_updated_with_all_others() {
    let mut vm = Vm::beside_reference();
    for index in [0, 1, 4] {
        let mut bed = Bed::stale(vm, MIXED);
        let signed = bed.update_compactly();
        let others = bed.pool.update_list(index as u32, false, &[(bed.stake(index), bed.transient(index))]);
        bed.both(&others).expect("somebody else's update");
        assert_eq!(bed.records()[index].transient_stake_lamports.get(), 0);
        bed.succeed(&signed);
        assert_eq!(votes_of_stale(&bed), [], "record {index}");
        vm = bed.vm;
    }
}

#[test]
fn all_whose_transient_stake_somebody_else_merged_are_updated() {
    let mut bed = Bed::stale(Vm::beside_reference(), MIXED);
    let signed = bed.update_compactly();
    let others = bed.update_as_in_the_contract();
    bed.both(&others).expect("somebody else's update");
    let records = bed.records();
    // As if it had been in the epoch before: the update has something to do.
    for index in 0..records.len() {
        bed.edit(index, |record| record.last_update_epoch = (EPOCH - 1).into());
    }
    bed.succeed(&signed);
    assert_eq!(votes_of_stale(&bed), []);
}

#[test]
fn one_whose_stake_began_to_move_stays_stale_alone() {
    let mut vm = Vm::beside_reference();
    for index in [0, 1, 4] {
        let mut bed = Bed::stale(vm, MIXED);
        let (vote, transient) = (bed.records()[index].vote_account_address, bed.transient(index));
        let accounts = bed.compact_accounts().into_iter().filter(|address| *address != transient);
        bed.succeed(&bed.pool.update_validators(0, accounts));
        assert_eq!(votes_of_stale(&bed), [vote]);
        vm = bed.vm;
    }
}

#[test]
fn one_whose_stake_moves_under_another_seed_stays_stale_alone() {
    let mut bed = Bed::stale(Vm::beside_reference(), MIXED);
    let signed = bed.update_compactly();
    bed.edit(1, |record| record.transient_seed_suffix = 9.into());
    let vote = bed.records()[1].vote_account_address;
    bed.succeed(&signed);
    assert_eq!(votes_of_stale(&bed), [vote]);
}

#[test]
fn an_entry_that_was_dropped_with_both_its_accounts_leaves_none_stale() {
    let mut vm = Vm::beside_reference();
    for index in 0..MIXED.len() {
        let mut bed = Bed::stale(vm, MIXED);
        let signed = bed.update_compactly();
        drop_entry(&mut bed, index);
        bed.succeed(&signed);
        assert_eq!(votes_of_stale(&bed), [], "entry {index}");
        vm = bed.vm;
    }
}

/// The batch began behind the dropped entry: the record that moved in front of it is somebody else's batch.
#[test]
fn an_entry_that_was_dropped_before_the_batch_leaves_one_stale() {
    let mut vm = Vm::beside_reference();
    for start in 1..MIXED.len() {
        let mut bed = Bed::stale(vm, MIXED);
        let before: usize = (0..start).map(|index| if MIXED[index].1 > 0 { 2 } else { 1 }).sum();
        let accounts = bed.compact_accounts().split_off(before);
        let (signed, vote) =
            (bed.pool.update_validators(start as u32, accounts), bed.records()[start].vote_account_address);
        drop_entry(&mut bed, 0);
        bed.succeed(&signed);
        let stale = votes_of_stale(&bed);
        assert_eq!((stale.len(), stale.last()), (start, Some(&vote)), "from record {start}");
        vm = bed.vm;
    }
}

#[test]
fn a_batch_behind_the_end_of_the_list_is_refused() {
    let mut bed = Bed::stale(Vm::beside_reference(), MIXED);
    let accounts = bed.compact_accounts();
    bed.succeed(&bed.pool.update_validators(MIXED.len() as u32, accounts.clone()));
    assert_eq!(votes_of_stale(&bed).len(), MIXED.len());
    for start in [MIXED.len() as u32 + 1, u32::MAX] {
        let outcome = bed.ours(&bed.pool.update_validators(start, accounts.clone()));
        let error = solana_instruction::error::InstructionError::AccountDataTooSmall;
        assert_eq!(outcome.result.raw_result, Err(error));
    }
}
