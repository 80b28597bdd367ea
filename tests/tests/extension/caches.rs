//! Cached bumps: wrong bytes are not believed, and moved records keep theirs.

use {
    crate::harness::{self, MOVING, UNBALANCED},
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::HashMap,
    tidepool_interface::{
        address::{TOKEN_PROGRAM_ID, TRANSIENT_STAKE_SEED, find_transient_stake, find_validator_stake},
        state::{EntryExtension, ValidatorStakeInfo},
    },
    tidepool_tests::{
        SOL,
        extension::{PoolKind, kept::is_extension_byte},
        harness::Harness,
        pool::PoolFixture,
        scenario::{self, EPOCH, Scenario},
        vm::{Outcome, Vm},
    },
};

/// Places of the two bytes in the four of a record.
const VALIDATOR: usize = 0;
const TRANSIENT: usize = 1;

/// An instruction that looks at bytes of the record at an index.
struct User {
    name: &'static str,
    index: usize,
    bytes: &'static [usize],
}

const fn user(name: &'static str, index: usize, bytes: &'static [usize]) -> User {
    User { name, index, bytes }
}

const BOTH: &[usize] = &[VALIDATOR, TRANSIENT];

/// All that use caches. The last two are not scenarios of SPL.
const USERS: &[User] = &[
    user("RemoveValidatorFromPool", 0, &[VALIDATOR]),
    user("RemoveValidatorFromPool with transient stake", 1, BOTH),
    user("DecreaseValidatorStake", 0, &[VALIDATOR]),
    user("DecreaseValidatorStakeWithReserve", 0, &[VALIDATOR]),
    user("DecreaseAdditionalValidatorStake", 0, &[VALIDATOR]),
    user("IncreaseValidatorStake", 0, &[VALIDATOR]),
    user("IncreaseAdditionalValidatorStake", 0, &[VALIDATOR]),
    user("IncreaseAdditionalValidatorStake, more", 1, BOTH),
    user("DepositStake", 0, &[VALIDATOR]),
    user("WithdrawStake", 0, &[VALIDATOR]),
    user(WITHDRAW_TRANSIENT, 1, &[TRANSIENT]),
    user("UpdateValidatorListBalance", 0, BOTH),
    user("UpdateValidatorListBalance", 1, BOTH),
    user("UpdateValidatorListBalance without merging", 1, BOTH),
    user(UPDATE_VALIDATORS, 0, &[VALIDATOR]),
    user(UPDATE_VALIDATORS, 1, BOTH),
    user(REBALANCE, 0, &[VALIDATOR]),
];

const WITHDRAW_TRANSIENT: &str = "WithdrawStake from transient stake";
const UPDATE_VALIDATORS: &str = "UpdateValidators";
const REBALANCE: &str = "Rebalance";

/// The pool and the instruction of a user, on fresh accounts.
fn make(name: &str, vm: Vm) -> (Harness, Instruction) {
    match name {
        UPDATE_VALIDATORS => {
            let mut h = harness::stale(vm, &[(100, 0), (100, 10)]);
            h.edit_record(1, |record| record.last_update_epoch = 1.into());
            let instruction = h.update_compactly();
            (h, instruction)
        }
        REBALANCE => {
            let h = harness::fresh(vm, UNBALANCED);
            let instruction = h.rebalance(&[0, 1, 2, 3]);
            (h, instruction)
        }
        WITHDRAW_TRANSIENT => {
            let mut h = harness::fresh(vm, &[(1, 0), (1, 10)]);
            let split_to = tidepool_tests::accounts::add_empty_stake(&mut h.vm);
            let instruction = h.pool.withdraw_stake(h.holder, h.transient(1), split_to, 2 * SOL, None);
            (h, instruction)
        }
        _ => {
            let mut h = harness::fresh(vm, UNBALANCED);
            let Scenario { pool, instruction, .. } =
                scenario::make(name, TOKEN_PROGRAM_ID, PoolKind::EXTENDED, &mut h.vm);
            h.pool = pool;
            (h, instruction)
        }
    }
}

fn poke(h: &mut Harness, index: usize, byte: usize, value: u8) {
    h.edit_record(index, |record| {
        let mut bytes: [u8; 4] = bytemuck::cast(record.extension);
        bytes[byte] = value;
        record.extension = bytemuck::cast(bytes);
    });
}

fn bumps(pool: &PoolFixture, record: &ValidatorStakeInfo) -> [u8; 2] {
    let (vote, seed) = (record.vote_account_address, record.transient_seed_suffix.get());
    [
        find_validator_stake(&pool.program_id, &vote, &pool.pool, record.validator_seed_suffix.get()).1,
        find_transient_stake(&pool.program_id, &vote, &pool.pool, seed).1,
    ]
}

fn cached(entry: EntryExtension) -> [Option<u8>; 2] {
    [entry.validator_bump(), entry.transient_bump()]
}

/// The accounts after an instruction, without the bytes of the extension.
fn masked(h: &Harness, outcome: &Outcome) -> HashMap<Address, Account> {
    let list = h.pool.state.head.validator_list;
    let accounts = outcome.result.resulting_accounts.iter().cloned();
    accounts
        .map(|(address, mut account)| {
            if address == list {
                let bytes = account.data.iter_mut().enumerate().filter(|(offset, _)| is_extension_byte(*offset));
                bytes.for_each(|(_, byte)| *byte = 0);
            }
            (address, account)
        })
        .collect()
}

fn record_after(h: &Harness, outcome: &Outcome, index: usize) -> ValidatorStakeInfo {
    let list = h.pool.state.head.validator_list;
    let (_, account) =
        outcome.result.resulting_accounts.iter().find(|(address, _)| *address == list).expect("the list");
    let length = size_of::<ValidatorStakeInfo>();
    bytemuck::pod_read_unaligned(&account.data[9 + index * length..][..length])
}

/// Every value in each byte: the right account is still found, all is done as ever, and the byte is right afterwards.
#[test]
fn a_cached_bump_that_does_not_fit_is_refused() {
    let mut vm = Vm::beside_reference();
    for User { name, index, bytes } in USERS {
        let (mut h, instruction) = make(name, vm);
        let usual = h.vm.simulate(&instruction);
        assert!(usual.is_ok(), "{name}: {:#?}", usual.logs);
        let usual = masked(&h, &usual);
        for byte in *bytes {
            for value in 0..=u8::MAX {
                poke(&mut h, *index, *byte, value);
                let outcome = h.vm.simulate(&instruction);
                assert!(outcome.is_ok(), "{name}, byte {byte} of {value}: {:#?}", outcome.logs);
                assert!(usual == masked(&h, &outcome), "{name}, byte {byte} of {value}: another result");
                let record = record_after(&h, &outcome, *index);
                let (found, right) = (cached(record.extension)[*byte], bumps(&h.pool, &record)[*byte]);
                assert_eq!(found, Some(right), "{name}, byte {byte} of {value}");
            }
            poke(&mut h, *index, *byte, 0);
        }
        vm = h.vm;
    }
}

/// Bumps that the search does not find, but that yield an address, and the addresses.
fn other_bumps(pool: &PoolFixture, record: &ValidatorStakeInfo, byte: usize) -> impl Iterator<Item = (u8, Address)> {
    let (program_id, pool_address, vote) = (pool.program_id, pool.pool, record.vote_account_address);
    let seed = record.transient_seed_suffix.get().to_le_bytes();
    assert_eq!(record.validator_seed_suffix.get(), 0, "no seed of the validator's");
    let right = bumps(pool, record)[byte];
    // A transient bump is kept in seven bits.
    (128..=u8::MAX).filter(move |bump| *bump != right).filter_map(move |bump| {
        let (vote, pool, bump_seed) = (vote.as_ref(), pool_address.as_ref(), [bump]);
        let address = if byte == VALIDATOR {
            Address::create_program_address(&[vote, pool, &bump_seed], &program_id)
        } else {
            Address::create_program_address(&[TRANSIENT_STAKE_SEED, vote, pool, &seed, &bump_seed], &program_id)
        };
        address.ok().map(|address| (bump, address))
    })
}

/// A copy of the right account at an address of another bump, whether the right bump is cached or none.
#[test]
fn a_forged_account_is_refused_whatever_is_cached() {
    let mut vm = Vm::beside_reference();
    for User { name, index, bytes } in USERS {
        let (mut h, instruction) = make(name, vm);
        let record = h.records()[*index];
        let right = bumps(&h.pool, &record);
        let addresses = [h.stake(*index), h.transient(*index)];
        for byte in *bytes {
            let account = h.vm.account(&addresses[*byte]);
            for value in [0, right[*byte]] {
                poke(&mut h, *index, *byte, value);
                let others = other_bumps(&h.pool, &record, *byte).map(|(_, address)| address).take(40);
                for forged in others.chain([Address::new_unique()]) {
                    h.vm.accounts.insert(forged, account.clone());
                    let mut instruction = instruction.clone();
                    for meta in instruction.accounts.iter_mut().filter(|meta| meta.pubkey == addresses[*byte]) {
                        meta.pubkey = forged;
                    }
                    let outcome = h.vm.simulate(&instruction);
                    if name.starts_with("Update") {
                        // The record stays stale, the others are updated.
                        let after = record_after(&h, &outcome, *index);
                        let keeps =
                            (after.last_update_epoch, after.active_stake_lamports, after.transient_stake_lamports)
                                == (
                                    record.last_update_epoch,
                                    record.active_stake_lamports,
                                    record.transient_stake_lamports,
                                );
                        assert!(outcome.is_ok() && keeps, "{name}, byte {byte} of {value}");
                    } else {
                        assert_eq!(outcome.custom_error(), Some(15), "{name}, byte {byte} of {value}");
                    }
                    let (_, left) = outcome
                        .result
                        .resulting_accounts
                        .iter()
                        .find(|(address, _)| *address == forged)
                        .expect("there");
                    assert!(!outcome.is_ok() || *left == account, "{name}, byte {byte} of {value}: it moved");
                    h.vm.accounts.remove(&forged);
                }
            }
        }
        vm = h.vm;
    }
}

/// In a pool without the extension the bytes mean nothing: an account at the address that they would lead to is refused, as by
/// SPL.
#[test]
fn litter_leads_to_no_account() {
    let mut vm = Vm::beside_reference();
    vm.set_epoch(EPOCH);
    let of_the_contract = |user: &&User| ![WITHDRAW_TRANSIENT, UPDATE_VALIDATORS, REBALANCE].contains(&user.name);
    for User { name, index, bytes } in USERS.iter().filter(of_the_contract) {
        for byte in *bytes {
            let Scenario { pool, mut instruction, .. } =
                scenario::make(name, TOKEN_PROGRAM_ID, PoolKind::Littered, &mut vm);
            let record = pool.record(*index, &vm);
            let (bump, forged) = other_bumps(&pool, &record, *byte).next().expect("another address");
            let right = [pool.validators[*index].stake, pool.validators[*index].transient][*byte];
            let mut litter = [0; 4];
            litter[*byte] = bump;
            pool.edit_record(*index, &mut vm, |record| record.extension = bytemuck::cast(litter));
            let account = vm.account(&right);
            vm.accounts.insert(forged, account);
            instruction.accounts.iter_mut().filter(|meta| meta.pubkey == right).for_each(|meta| meta.pubkey = forged);
            let before = pool.record(*index, &vm);
            let outcome = vm.compare(&instruction).expect("no difference");
            if name.starts_with("Update") {
                assert!(outcome.is_ok() && pool.record(*index, &vm) == before, "{name}, byte {byte}");
            } else {
                assert_eq!(outcome.custom_error(), Some(15), "{name}, byte {byte}");
            }
        }
    }
}

/// Stake moves under one seed after the other, to the validator and away from it: the bump is that of the seed each time.
#[test]
fn a_new_transient_seed_has_a_bump_of_its_own() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let (vote, stake) = (h.records()[1].vote_account_address, h.stake(1));
    for seed in 1..24 {
        let increases = seed % 2 == 1;
        let instruction = if increases {
            h.pool.increase(vote, stake, 2 * SOL, seed)
        } else {
            h.pool.decrease_with_reserve(&vote, stake, 2 * SOL, seed)
        };
        h.both(&instruction).expect("a movement");
        let record = h.records()[1];
        assert_eq!(record.transient_seed_suffix.get(), seed);
        assert_eq!(record.extension.transient_bump(), Some(bumps(&h.pool, &record)[TRANSIENT]));
        assert_eq!(record.extension.is_deactivating(), !increases);
        h.next_epoch_by_spl();
        assert_eq!(h.records()[1].transient_stake_lamports.get(), 0);
    }
}

/// An entry is dropped, and those behind it move up: each with its own bumps and its own weight, which then work.
#[test]
fn entries_move_with_their_bytes_where_one_is_cleaned_up() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    h.set_weights(&[11, 12, 13, 14]);
    h.next_epoch_by_spl();
    let before = h.records();
    assert!(before.iter().all(|record| cached(record.extension) == bumps(&h.pool, record).map(Some)));
    h.both(&h.pool.remove_validator(h.stake(1), h.transient(1))).expect("a removal");
    assert_eq!(h.entry(1).weight(), 0);
    h.next_epoch_by_spl();
    let after = h.records();
    let kept = [before[0], before[2], before[3]];
    let entries = |records: &[ValidatorStakeInfo]| -> Vec<_> {
        records.iter().map(|record| (record.vote_account_address, record.extension)).collect()
    };
    assert_eq!(entries(&after), entries(&kept));
    let (vote, stake) = (after[1].vote_account_address, h.stake(1));
    h.both(&h.pool.increase(vote, stake, 2 * SOL, 9)).expect("an increase");
    h.succeed(&h.rebalance(&[0, 1, 2]));
}

/// A validator that comes back is a new entry: it has no weight, and its bump is known from the search that made it.
#[test]
fn a_validator_that_comes_back_has_no_weight() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let vote = h.records()[1].vote_account_address;
    h.both(&h.pool.remove_validator(h.stake(1), h.transient(1))).expect("a removal");
    h.next_epoch_by_spl();
    for seed in [0, 9] {
        h.both(&h.pool.add_validator(vote, seed)).expect("an addition");
        let record = *h.records().last().expect("a record");
        assert_eq!(cached(record.extension), [Some(bumps(&h.pool, &record)[VALIDATOR]), None]);
        assert_eq!((record.vote_account_address, record.extension.weight()), (vote, 0));
        let last = h.records().len() - 1;
        h.both(&h.pool.remove_validator(h.stake(last), h.transient(last))).expect("a removal");
        h.next_epoch_by_spl();
    }
}

/// Stake that moved when the pool got its extension: it is taken to leave until an update has seen the account.
#[test]
fn a_direction_that_is_not_known_is_one_to_the_reserve() {
    let mut h = harness::fresh(Vm::beside_reference(), MOVING);
    let index = 0;
    assert_eq!(cached(h.entry(index)), [None; 2]);
    assert!(h.entry(index).is_deactivating());
    let stakes = [(h.stake(index), h.transient(index))];
    h.both(&h.pool.update_list(0, true, &stakes)).expect("an update");
    assert!(!h.entry(index).is_deactivating(), "the update has seen that it comes");
    assert_eq!(h.vm.epoch(), EPOCH);
}
