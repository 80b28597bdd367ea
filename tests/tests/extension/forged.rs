//! Accounts made to look like the pool's, in each of the new instructions that take such accounts.

use {
    crate::harness::{self, MOVING, UNBALANCED},
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::{
        ExtensionError::EntryMoved,
        StakePoolError::{InvalidProgramAddress, InvalidStakeAccountAddress, InvalidValidatorStakeList},
        address::STAKE_PROGRAM_ID,
        instruction::WeightEntry,
        state::ValidatorStakeInfo,
    },
    tidepool_tests::{
        SOL,
        accounts::{UserStake, add_vote_account},
        harness::Harness,
        instructions::Triple,
        stake::{edit_delegation, edit_meta},
        vm::Vm,
    },
};

/// Puts a copy of an account in its place.
fn forge(h: &mut Harness, instruction: &mut Instruction, address: Address) -> Address {
    let (forged, account) = (Address::new_unique(), h.vm.account(&address));
    h.vm.accounts.insert(forged, account);
    instruction.accounts.iter_mut().filter(|meta| meta.pubkey == address).for_each(|meta| meta.pubkey = forged);
    forged
}

fn rebalance_with_forged(address: fn(&Harness) -> Address) -> Option<u32> {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let mut instruction = h.rebalance(&[0, 1, 2, 3]);
    h.succeed(&instruction);
    let mut h = harness::fresh(h.vm, UNBALANCED);
    instruction = h.rebalance(&[0, 1, 2, 3]);
    let address = address(&h);
    forge(&mut h, &mut instruction, address);
    h.ours(&instruction).custom_error()
}

#[test]
fn a_forged_vote_account_is_refused_by_a_rebalance() {
    assert_eq!(rebalance_with_forged(|h| h.triple(0).vote), Some(EntryMoved as u32));
    assert_eq!(rebalance_with_forged(|h| h.triple(1).vote), Some(EntryMoved as u32));
}

#[test]
fn a_forged_validator_stake_is_refused_by_a_rebalance() {
    assert_eq!(rebalance_with_forged(|h| h.stake(0)), Some(InvalidStakeAccountAddress as u32));
    assert_eq!(rebalance_with_forged(|h| h.stake(1)), Some(InvalidStakeAccountAddress as u32));
}

#[test]
fn a_forged_transient_stake_is_refused_by_a_rebalance() {
    assert_eq!(rebalance_with_forged(|h| h.triple(0).transient), Some(InvalidStakeAccountAddress as u32));
    assert_eq!(rebalance_with_forged(|h| h.triple(1).transient), Some(InvalidStakeAccountAddress as u32));
}

#[test]
fn a_forged_reserve_is_refused_by_a_rebalance() {
    assert_eq!(rebalance_with_forged(Harness::reserve), Some(InvalidProgramAddress as u32));
}

#[test]
fn the_transient_account_of_another_seed_is_refused_by_a_rebalance() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let mut triple = h.triple(0);
    for seed in [0, 2, u64::MAX] {
        triple.transient = h.pool.transient(&triple.vote, seed);
        let outcome = h.ours(&h.pool.rebalance(&[triple]));
        assert_eq!(outcome.custom_error(), Some(InvalidStakeAccountAddress as u32), "seed {seed}");
    }
}

#[test]
fn the_accounts_of_one_validator_do_not_do_for_another_in_a_rebalance() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let (first, last) = (h.triple(0), h.triple(3));
    let mut swapped = first;
    swapped.stake = last.stake;
    assert_eq!(h.ours(&h.pool.rebalance(&[swapped])).custom_error(), Some(InvalidStakeAccountAddress as u32));
    swapped = first;
    swapped.transient = last.transient;
    assert_eq!(h.ours(&h.pool.rebalance(&[swapped])).custom_error(), Some(InvalidStakeAccountAddress as u32));
    swapped = first;
    swapped.index = last.index;
    assert_eq!(h.ours(&h.pool.rebalance(&[swapped])).custom_error(), Some(EntryMoved as u32));
}

/// Nothing is moved for the validator at `index`, and the other three are served as ever.
fn passes_over(index: usize, spoil: fn(&mut Harness, usize)) {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    h.succeed(&h.rebalance(&[0, 1, 2, 3]));
    let usual = h.records();
    let mut h = harness::fresh(h.vm, UNBALANCED);
    spoil(&mut h, index);
    let (before, reserve) = (h.records(), h.lamports(&h.reserve()));
    let moved = h.lamports(&h.triple(index).transient);
    h.succeed(&h.rebalance(&[0, 1, 2, 3]));
    let after = h.records();
    for other in 0..4 {
        let expected = if other == index { before[other] } else { usual[other] };
        let balances = |record: ValidatorStakeInfo| {
            (record.active_stake_lamports.get(), record.transient_stake_lamports.get(), record.transient_seed_suffix)
        };
        assert_eq!(balances(after[other]), balances(expected), "validator {other}");
    }
    assert_eq!(h.lamports(&h.pool.transient(&before[index].vote_account_address, 1)), moved);
    assert!(h.lamports(&h.reserve()) < reserve);
}

/// The validator at `index` loses its weight, nothing of it is moved, and the others are served.
fn loses_its_weight(index: usize, spoil: fn(&mut Harness, usize)) {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    spoil(&mut h, index);
    let before = h.records()[index];
    h.succeed(&h.rebalance(&[index]));
    let after = h.records()[index];
    assert_eq!(after.active_stake_lamports, before.active_stake_lamports);
    assert_eq!((after.transient_stake_lamports.get(), after.extension.weight()), (0, 0));
    h.succeed(&h.rebalance(&[0, 1, 2, 3]));
    let is_moving = |record: &ValidatorStakeInfo| record.transient_stake_lamports.get() > 0;
    assert!(!is_moving(&h.records()[index]) && h.records().iter().filter(|record| is_moving(record)).count() >= 2);
}

#[test]
fn a_validator_whose_vote_account_was_closed_loses_its_weight() {
    loses_its_weight(1, |h, index| {
        let vote = h.triple(index).vote;
        h.vm.accounts.remove(&vote);
    });
}

/// Its validator holds the key of the address, and can make another account there.
#[test]
fn a_validator_whose_vote_account_was_made_anew_without_a_state_loses_its_weight() {
    for length in [0, 3, 4, 3_762] {
        let spoil: fn(&mut Harness, usize, usize) = |h, index, length| {
            let vote = h.triple(index).vote;
            h.vm.accounts.get_mut(&vote).expect("a vote account").data = vec![0; length];
        };
        let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
        spoil(&mut h, 1, length);
        h.succeed(&h.rebalance(&[0, 1, 2, 3]));
        let moving: Vec<_> = h.records().iter().map(|record| record.transient_stake_lamports.get() > 0).collect();
        assert_eq!(moving, [true, false, true, true], "{length} bytes");
    }
}

#[test]
fn a_validator_whose_stake_was_deactivated_loses_its_weight() {
    for index in [0, 1] {
        loses_its_weight(index, |h, index| {
            let stake = h.stake(index);
            h.edit_data(&stake, |data| edit_delegation(data, |delegation| delegation.deactivation_epoch = 499));
        });
    }
}

#[test]
fn a_validator_whose_stake_is_another_authoritys_loses_its_weight() {
    for index in [0, 1] {
        loses_its_weight(index, |h, index| {
            let stake = h.stake(index);
            h.edit_data(&stake, |data| edit_meta(data, |meta| meta.authorized.staker = Address::new_unique()));
        });
    }
}

/// Stake at the transient address: only the program can make an account there, but lamports can be sent to it.
#[test]
fn a_transient_address_that_is_in_use_is_passed_over_and_one_with_lamports_is_not() {
    for index in [0, 1] {
        passes_over(index, |h, index| {
            let (authority, vote) = (h.pool.withdraw_authority, h.triple(index).vote);
            let stake = UserStake { authority, vote, delegated: SOL, idle: 0, activation_epoch: 0 };
            let made = stake.add(&mut h.vm);
            let account = h.vm.account(&made);
            assert_eq!(account.owner, STAKE_PROGRAM_ID);
            let transient = h.triple(index).transient;
            h.vm.accounts.insert(transient, account);
        });
    }
    for lamports in [1, SOL / 1_000, 5 * SOL] {
        let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
        for index in 0..4 {
            let account = Account { lamports, ..Account::default() };
            let transient = h.triple(index).transient;
            h.vm.accounts.insert(transient, account);
        }
        h.succeed(&h.rebalance(&[0, 1, 2, 3]));
        assert!(h.records().iter().all(|record| record.transient_stake_lamports.get() > 0), "{lamports} lamports");
    }
}

/// Which records an update with a forged account leaves stale.
fn stale_after_forged(address: fn(&Harness) -> Address) -> Vec<usize> {
    let mut h = harness::stale(Vm::beside_reference(), MOVING);
    let mut instruction = h.update_compactly();
    let address = address(&h);
    let forged = forge(&mut h, &mut instruction, address);
    let account = h.vm.account(&forged);
    h.succeed(&instruction);
    assert!(account == h.vm.account(&forged), "the forged account changed");
    let stale = |index: &usize| h.records()[*index].last_update_epoch.get() < 500;
    (0..3).filter(stale).collect()
}

#[test]
fn a_forged_validator_stake_is_refused_by_an_update() {
    assert_eq!(stale_after_forged(|h| h.stake(0)), [0]);
    assert_eq!(stale_after_forged(|h| h.stake(1)), [1]);
    assert_eq!(stale_after_forged(|h| h.stake(2)), [2]);
}

#[test]
fn a_forged_transient_stake_is_refused_by_an_update() {
    assert_eq!(stale_after_forged(|h| h.transient(0)), [0]);
    assert_eq!(stale_after_forged(|h| h.transient(2)), [2]);
}

#[test]
fn a_forged_reserve_is_refused_by_an_update() {
    let mut h = harness::stale(Vm::beside_reference(), MOVING);
    let mut instruction = h.update_compactly();
    let reserve = h.reserve();
    forge(&mut h, &mut instruction, reserve);
    assert_eq!(h.ours(&instruction).custom_error(), Some(InvalidProgramAddress as u32));
}

#[test]
fn a_forged_validator_list_is_refused_by_each_instruction() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let vote = h.records()[0].vote_account_address;
    let weights = h.pool.set_weights(&[WeightEntry::new(0, &vote, 9)]);
    for mut instruction in [weights, h.rebalance(&[0]), h.update_compactly()] {
        let list = h.pool.state.head.validator_list;
        forge(&mut h, &mut instruction, list);
        assert_eq!(h.ours(&instruction).custom_error(), Some(InvalidValidatorStakeList as u32));
    }
}

/// A vote account of a validator that is not in the pool.
#[test]
fn a_validator_that_is_not_in_the_pool_is_refused_by_a_rebalance() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let vote = add_vote_account(&mut h.vm);
    let (stake, transient) = (h.pool.validator_stake(&vote, 0), h.pool.transient(&vote, 1));
    for index in [0, 4, 5, u32::MAX] {
        let triple = Triple { index, vote, stake, transient };
        assert_eq!(h.ours(&h.pool.rebalance(&[triple])).custom_error(), Some(EntryMoved as u32));
    }
}
