//! `UpdateValidators` that lands later than it was signed, and finds another list: what it cannot update stays stale, and
//! nothing else.

use {
    crate::harness::{self, Stakes},
    solana_address::Address,
    tidepool_interface::state::{VALIDATOR_LIST_HEADER_LENGTH, VALIDATOR_STAKE_INFO_LENGTH},
    tidepool_tests::{harness::Harness, scenario::EPOCH, vm::Vm},
};

/// Validators with and without transient stake, next to each other in each way.
const MIXED: Stakes = &[(100, 10), (100, 10), (100, 0), (100, 0), (100, 10), (100, 0)];

fn votes_of_stale(h: &Harness) -> Vec<Address> {
    let stale = h.records().into_iter().filter(|record| record.last_update_epoch.get() < EPOCH);
    stale.map(|record| record.vote_account_address).collect()
}

/// Drops an entry, as a cleanup does.
fn drop_entry(h: &mut Harness, index: usize) {
    let list = h.pool.state.head.validator_list;
    h.edit_data(&list, |data| {
        let start = VALIDATOR_LIST_HEADER_LENGTH + index * VALIDATOR_STAKE_INFO_LENGTH;
        data.copy_within(start + VALIDATOR_STAKE_INFO_LENGTH.., start);
        data[5] -= 1;
    });
}

#[test]
fn a_validator_with_transient_stake_merged_by_another_user_is_updated_with_all_others() {
    let mut vm = Vm::beside_reference();
    for index in [0, 1, 4] {
        let mut h = harness::stale(vm, MIXED);
        let signed = h.update_compactly();
        let others = h.pool.update_list(index as u32, false, &[(h.stake(index), h.transient(index))]);
        h.both(&others).expect("another user's update");
        assert_eq!(h.records()[index].transient_stake_lamports.get(), 0);
        h.succeed(&signed);
        assert_eq!(votes_of_stale(&h), [], "record {index}");
        vm = h.vm;
    }
}

#[test]
fn validators_with_transient_stake_merged_by_another_user_are_updated() {
    let mut h = harness::stale(Vm::beside_reference(), MIXED);
    let signed = h.update_compactly();
    let others = h.update_list();
    h.both(&others).expect("another user's update");
    let records = h.records();
    // As if it had been in the epoch before: the update has something to do.
    for index in 0..records.len() {
        h.edit_record(index, |record| record.last_update_epoch = (EPOCH - 1).into());
    }
    h.succeed(&signed);
    assert_eq!(votes_of_stale(&h), []);
}

#[test]
fn one_whose_stake_began_to_move_stays_stale_alone() {
    let mut vm = Vm::beside_reference();
    for index in [0, 1, 4] {
        let mut h = harness::stale(vm, MIXED);
        let (vote, transient) = (h.records()[index].vote_account_address, h.transient(index));
        let accounts = h.compact_accounts().into_iter().filter(|address| *address != transient);
        h.succeed(&h.pool.update_validators(0, accounts));
        assert_eq!(votes_of_stale(&h), [vote]);
        vm = h.vm;
    }
}

#[test]
fn one_whose_stake_moves_under_another_seed_stays_stale_alone() {
    let mut h = harness::stale(Vm::beside_reference(), MIXED);
    let signed = h.update_compactly();
    h.edit_record(1, |record| record.transient_seed_suffix = 9.into());
    let vote = h.records()[1].vote_account_address;
    h.succeed(&signed);
    assert_eq!(votes_of_stale(&h), [vote]);
}

#[test]
fn an_entry_that_was_dropped_with_both_its_accounts_leaves_none_stale() {
    let mut vm = Vm::beside_reference();
    for index in 0..MIXED.len() {
        let mut h = harness::stale(vm, MIXED);
        let signed = h.update_compactly();
        drop_entry(&mut h, index);
        h.succeed(&signed);
        assert_eq!(votes_of_stale(&h), [], "entry {index}");
        vm = h.vm;
    }
}

/// The batch began behind the dropped entry: the record that moved in front of it is another user's batch.
#[test]
fn an_entry_that_was_dropped_before_the_batch_leaves_one_stale() {
    let mut vm = Vm::beside_reference();
    for start in 1..MIXED.len() {
        let mut h = harness::stale(vm, MIXED);
        let before: usize = (0..start).map(|index| if MIXED[index].1 > 0 { 2 } else { 1 }).sum();
        let accounts = h.compact_accounts().split_off(before);
        let (signed, vote) =
            (h.pool.update_validators(start as u32, accounts), h.records()[start].vote_account_address);
        drop_entry(&mut h, 0);
        h.succeed(&signed);
        let stale = votes_of_stale(&h);
        assert_eq!((stale.len(), stale.last()), (start, Some(&vote)), "from record {start}");
        vm = h.vm;
    }
}

#[test]
fn a_batch_behind_the_end_of_the_list_is_refused() {
    let mut h = harness::stale(Vm::beside_reference(), MIXED);
    let accounts = h.compact_accounts();
    h.succeed(&h.pool.update_validators(MIXED.len() as u32, accounts.clone()));
    assert_eq!(votes_of_stale(&h).len(), MIXED.len());
    for start in [MIXED.len() as u32 + 1, u32::MAX] {
        let outcome = h.ours(&h.pool.update_validators(start, accounts.clone()));
        let error = solana_instruction::error::InstructionError::AccountDataTooSmall;
        assert_eq!(outcome.result.raw_result, Err(error));
    }
}
