//! A pool that SPL's program made and ran, under Tidepool from now on.

use {
    crate::harness,
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::HashMap,
    tidepool_client::compute,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        ExtensionError::{AlreadyExtended, NotExtended, UnknownExtensionVersion},
        instruction::{StakePoolInstruction as Ix, WeightEntry},
        state::{
            EXTENDED_POOL_LENGTH, EntryExtension, POOL_MAX_LENGTH, PoolExtension, RebalancePolicy,
            VALIDATOR_LIST_HEADER_LENGTH, VALIDATOR_STAKE_INFO_LENGTH, validator_list_length,
        },
    },
    tidepool_tests::{
        SOL,
        accounts::{add_account, add_vote_account, add_wallet},
        extension::PoolKind,
        harness::Harness,
        scenario::EPOCH,
        vm::Vm,
    },
};

/// Pool accounts that clients have made: before SOL deposits and later, and longer ones.
const LENGTHS: [usize; 6] = [529, 611, 612, 5_986, 5_987, 6_200];

/// Makes a pool by the reference, which Tidepool follows to the last byte: with three validators, one with transient
/// stake, and one that is being removed.
fn spl_pool(vm: Vm, length: usize) -> Harness {
    let mut h = harness::install(vm, PoolKind::Plain, &[], EPOCH);
    let head = h.pool.state.head;
    let vm = &mut h.vm;
    let mut pool = vm.account(&h.pool.pool);
    (pool.data, pool.lamports) = (vec![0; length], vm.mollusk.sysvars.rent.minimum_balance(length));
    vm.accounts.insert(h.pool.pool, pool);
    for (address, range) in [(head.pool_mint, 36..44), (h.holder.tokens, 64..72)] {
        vm.accounts.get_mut(&address).expect("an account").data[range].fill(0);
    }
    let list = add_account(vec![0; validator_list_length(5)], vm.program_id, vm);
    let fee = Fee::new(1, 100);
    let initialize = Ix::Initialize { fee, withdrawal_fee: fee, deposit_fee: fee, referral_fee: 10, max_validators: 5 };
    h.both(&h.pool.initialize(list, initialize, None)).expect("a pool");
    h.pool.state = h.pool.read_state(&h.vm);
    h.both(&h.pool.deposit_sol(h.holder.wallet, h.to, None, 1_000 * SOL, None)).expect("a deposit");
    for seed in [0, 3, 0] {
        let vote = add_vote_account(&mut h.vm);
        h.both(&h.pool.add_validator(vote, seed)).expect("a validator");
    }
    for (index, lamports) in [(0, 100 * SOL), (1, 50 * SOL), (2, 20 * SOL)] {
        let vote = h.records()[index].vote_account_address;
        h.both(&h.pool.increase(vote, h.stake(index), lamports, 5)).expect("an increase");
    }
    h.next_epoch_by_spl();
    let vote = h.records()[0].vote_account_address;
    h.both(&h.pool.decrease_with_reserve(&vote, h.stake(0), 10 * SOL, 6)).expect("a decrease");
    h.both(&h.pool.remove_validator(h.stake(2), h.transient(2))).expect("a removal");
    h
}

fn accounts_but(h: &Harness, changed: [Address; 2]) -> HashMap<Address, Account> {
    let accounts = h.vm.accounts.iter().filter(|(address, _)| !changed.contains(address));
    accounts.map(|(address, account)| (*address, account.clone())).collect()
}

#[test]
fn a_pool_of_any_length_gets_its_extension_for_the_rent_to_the_lamport() {
    let mut vm = Vm::beside_reference();
    for length in LENGTHS {
        let mut h = spl_pool(vm, length);
        let payer = add_wallet(SOL, &mut h.vm);
        let rest = accounts_but(&h, [h.pool.pool, payer]);
        let before = h.vm.account(&h.pool.pool);
        h.succeed(&h.pool.extend(payer));

        let after = h.vm.account(&h.pool.pool);
        assert_eq!(after.data.len(), length.max(EXTENDED_POOL_LENGTH));
        let mut expected = before.data.clone();
        expected.resize(after.data.len(), 0);
        let tail = PoolExtension::new(RebalancePolicy::DEFAULT);
        expected[POOL_MAX_LENGTH..EXTENDED_POOL_LENGTH].copy_from_slice(bytemuck::bytes_of(&tail));
        assert_eq!(after.data, expected, "{length} bytes");
        let rent = h.vm.mollusk.sysvars.rent.minimum_balance(after.data.len());
        assert_eq!((after.lamports, after.owner), (rent, before.owner), "{length} bytes");
        assert_eq!(h.lamports(&payer), SOL - (rent - before.lamports), "{length} bytes");
        assert!(rest == accounts_but(&h, [h.pool.pool, payer]), "{length} bytes: something else changed");
        vm = h.vm;
    }
}

#[test]
fn a_pool_with_lamports_to_spare_costs_nothing() {
    let mut h = spl_pool(Vm::beside_reference(), 611);
    let payer = add_wallet(0, &mut h.vm);
    h.vm.accounts.get_mut(&h.pool.pool).expect("a pool").lamports += SOL;
    let before = h.lamports(&h.pool.pool);
    h.succeed(&h.pool.extend(payer));
    assert_eq!((h.lamports(&h.pool.pool), h.lamports(&payer)), (before, 0));
}

#[test]
fn a_payer_without_the_rent_is_refused() {
    let mut h = spl_pool(Vm::beside_reference(), 611);
    let rent = &h.vm.mollusk.sysvars.rent;
    let missing = rent.minimum_balance(EXTENDED_POOL_LENGTH) - rent.minimum_balance(611);
    let payer = add_wallet(missing - 1, &mut h.vm);
    // The system program's ResultWithNegativeLamports.
    assert_eq!(h.ours(&h.pool.extend(payer)).custom_error(), Some(1));
}

#[test]
fn a_pool_is_extended_once() {
    let mut h = spl_pool(Vm::beside_reference(), 611);
    let payer = h.holder.wallet;
    assert_eq!(h.ours(&h.pool.set_policy(RebalancePolicy::DEFAULT)).custom_error(), Some(NotExtended as u32));
    h.succeed(&h.pool.extend(payer));
    assert_eq!(h.ours(&h.pool.extend(payer)).custom_error(), Some(AlreadyExtended as u32));
}

/// An extension of a version that this program does not know is left alone, and the pool is one of SPL's.
#[test]
fn an_extension_of_another_version_is_neither_used_nor_replaced() {
    let mut h = harness::install(Vm::beside_reference(), PoolKind::EXTENDED, &[(300, 0)], EPOCH);
    let pool = h.pool.pool;
    h.edit_data(&pool, |data| data[POOL_MAX_LENGTH + 8] = 2);
    let (before, entries) = (h.vm.account(&h.pool.pool), entries(&h));
    assert_eq!(h.ours(&h.pool.extend(h.holder.wallet)).custom_error(), Some(UnknownExtensionVersion as u32));
    assert_eq!(self::entries(&h), entries, "nor are bumps and weights");
    assert_eq!(h.ours(&h.pool.set_policy(RebalancePolicy::DEFAULT)).custom_error(), Some(NotExtended as u32));
    h.next_epoch_by_spl();
    assert_eq!(h.vm.account(&h.pool.pool).data[POOL_MAX_LENGTH..], before.data[POOL_MAX_LENGTH..]);
}

fn entries(h: &Harness) -> Vec<EntryExtension> {
    h.records().iter().map(|record| record.extension).collect()
}

/// Bytes that something else left in the records are neither bumps nor weights.
#[test]
fn an_extension_clears_bytes_of_unknown_origin() {
    let mut h = harness::install(Vm::beside_reference(), PoolKind::Littered, &[(300, 0), (200, 20), (100, 0)], EPOCH);
    let before = h.records();
    assert!(before.iter().all(|record| record.extension.weight() > 0 && record.extension.validator_bump().is_some()));
    h.succeed(&h.pool.extend(h.holder.wallet));
    for (before, mut after) in before.into_iter().zip(h.records()) {
        assert_eq!(after.extension, EntryExtension::default());
        after.extension = before.extension;
        assert_eq!(after, before, "nothing else changes");
    }
}

/// The largest list is cleared within the limit that the client sets.
#[test]
fn the_largest_pool_is_extended_within_the_clients_limit() {
    const RECORDS: u32 = 20_000;
    let mut h = harness::install(Vm::beside_reference(), PoolKind::Littered, &[(300, 0)], EPOCH);
    let list = h.pool.state.head.validator_list;
    let account = h.vm.accounts.get_mut(&list).expect("a list");
    let record = account.data[VALIDATOR_LIST_HEADER_LENGTH..][..VALIDATOR_STAKE_INFO_LENGTH].to_vec();
    account.data.truncate(VALIDATOR_LIST_HEADER_LENGTH);
    account.data[1..9].copy_from_slice(bytemuck::bytes_of(&[RECORDS; 2]));
    account.data.extend(record.repeat(RECORDS as usize));
    account.lamports = 3_000 * SOL;
    let outcome = h.ours(&h.pool.extend(h.holder.wallet));
    assert!(outcome.is_ok(), "{:?}", outcome.logs);
    let used = outcome.result.compute_units_consumed;
    eprintln!("{used} compute units");
    assert!(used < u64::from(compute::extend_pool(RECORDS as usize)), "{used}");
    assert!(h.records().iter().all(|record| record.extension == EntryExtension::default()));
}

/// The list that SPL's program made works as it is: entries are filled one by one, as instructions come by them.
#[test]
fn a_list_of_spl_works_unchanged_and_learns() {
    let mut vm = Vm::beside_reference();
    for length in LENGTHS {
        let mut h = spl_pool(vm, length);
        let unextended: Vec<Instruction> =
            vec![h.update_compactly(), h.rebalance(&[0]), h.pool.set_weights(&weights(&h))];
        for instruction in unextended {
            assert_eq!(h.ours(&instruction).custom_error(), Some(NotExtended as u32));
        }
        h.succeed(&h.pool.extend(h.holder.wallet));
        assert!(h.records().iter().all(|record| record.extension == EntryExtension::default()));

        let (vote, stake) = (h.records()[1].vote_account_address, h.stake(1));
        h.both(&h.pool.increase(vote, stake, 5 * SOL, 8)).expect("an increase");
        let known = h.records().iter().map(|record| record.extension.validator_bump().is_some()).collect::<Vec<_>>();
        assert_eq!(known, [false, true, false]);

        h.succeed(&h.pool.set_weights(&weights(&h)));
        h.vm.set_epoch(EPOCH + 2);
        h.succeed(&h.update_compactly());
        h.both(&h.pool.update_pool()).expect("an update");
        assert!(h.records().iter().all(|record| record.extension.validator_bump().is_some()));
        h.both(&h.pool.cleanup()).expect("a cleanup");
        assert_eq!(h.records().len(), 2);
        let reserve = h.lamports(&h.reserve());
        h.succeed(&h.rebalance(&[0, 1]));
        assert!(h.lamports(&h.reserve()) < reserve / 2, "most of it is sent to validators");
        h.next_epoch_by_spl();
        vm = h.vm;
    }
}

fn weights(h: &Harness) -> Vec<WeightEntry> {
    let records = h.records();
    let active = records.iter().enumerate().filter(|(_, record)| record.is_active());
    active.map(|(index, record)| WeightEntry::new(index as u32, &record.vote_account_address, 10)).collect()
}
