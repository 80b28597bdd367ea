//! Accounts that somebody made to look like the pool's, in each of the new instructions that take such accounts.

use {
    crate::bed::{Bed, MOVING, UNBALANCED},
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
        extension::Triple,
        pool::{UserStake, add_vote_account},
        stake::{edit_delegation, edit_meta},
        vm::Vm,
    },
};

/// Puts a copy of an account in its place.
fn forge(bed: &mut Bed, instruction: &mut Instruction, address: Address) -> Address {
    let (forged, account) = (Address::new_unique(), bed.vm.account(&address));
    bed.vm.accounts.insert(forged, account);
    instruction.accounts.iter_mut().filter(|meta| meta.pubkey == address).for_each(|meta| meta.pubkey = forged);
    forged
}

fn rebalance_with_forged(address: fn(&Bed) -> Address) -> Option<u32> {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    let mut instruction = bed.rebalance(&[0, 1, 2, 3]);
    bed.succeed(&instruction);
    let mut bed = Bed::fresh(bed.vm, UNBALANCED);
    instruction = bed.rebalance(&[0, 1, 2, 3]);
    let address = address(&bed);
    forge(&mut bed, &mut instruction, address);
    bed.ours(&instruction).custom_error()
}

#[test]
fn a_forged_vote_account_is_refused_by_a_rebalance() {
    assert_eq!(rebalance_with_forged(|bed| bed.triple(0).vote), Some(EntryMoved as u32));
    assert_eq!(rebalance_with_forged(|bed| bed.triple(1).vote), Some(EntryMoved as u32));
}

#[test]
fn a_forged_validator_stake_is_refused_by_a_rebalance() {
    assert_eq!(rebalance_with_forged(|bed| bed.stake(0)), Some(InvalidStakeAccountAddress as u32));
    assert_eq!(rebalance_with_forged(|bed| bed.stake(1)), Some(InvalidStakeAccountAddress as u32));
}

#[test]
fn a_forged_transient_stake_is_refused_by_a_rebalance() {
    assert_eq!(rebalance_with_forged(|bed| bed.triple(0).transient), Some(InvalidStakeAccountAddress as u32));
    assert_eq!(rebalance_with_forged(|bed| bed.triple(1).transient), Some(InvalidStakeAccountAddress as u32));
}

#[test]
fn a_forged_reserve_is_refused_by_a_rebalance() {
    assert_eq!(rebalance_with_forged(Bed::reserve), Some(InvalidProgramAddress as u32));
}

#[test]
fn the_transient_account_of_another_seed_is_refused_by_a_rebalance() {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    let mut triple = bed.triple(0);
    for seed in [0, 2, u64::MAX] {
        triple.transient = bed.pool.transient(&triple.vote, seed);
        let outcome = bed.ours(&bed.pool.rebalance(&[triple]));
        assert_eq!(outcome.custom_error(), Some(InvalidStakeAccountAddress as u32), "seed {seed}");
    }
}

#[test]
fn the_accounts_of_one_validator_do_not_do_for_another_in_a_rebalance() {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    let (first, last) = (bed.triple(0), bed.triple(3));
    let mut swapped = first;
    swapped.stake = last.stake;
    assert_eq!(bed.ours(&bed.pool.rebalance(&[swapped])).custom_error(), Some(InvalidStakeAccountAddress as u32));
    swapped = first;
    swapped.transient = last.transient;
    assert_eq!(bed.ours(&bed.pool.rebalance(&[swapped])).custom_error(), Some(InvalidStakeAccountAddress as u32));
    swapped = first;
    swapped.index = last.index;
    assert_eq!(bed.ours(&bed.pool.rebalance(&[swapped])).custom_error(), Some(EntryMoved as u32));
}

/// Nothing is moved for the validator at `index`, and the other three are served as ever.
fn passes_over(index: usize, spoil: fn(&mut Bed, usize)) {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    bed.succeed(&bed.rebalance(&[0, 1, 2, 3]));
    let usual = bed.records();
    let mut bed = Bed::fresh(bed.vm, UNBALANCED);
    spoil(&mut bed, index);
    let (before, reserve) = (bed.records(), bed.lamports(&bed.reserve()));
    let moved = bed.lamports(&bed.triple(index).transient);
    bed.succeed(&bed.rebalance(&[0, 1, 2, 3]));
    let after = bed.records();
    for other in 0..4 {
        let expected = if other == index { before[other] } else { usual[other] };
        let balances = |record: ValidatorStakeInfo| {
            (record.active_stake_lamports.get(), record.transient_stake_lamports.get(), record.transient_seed_suffix)
        };
        assert_eq!(balances(after[other]), balances(expected), "validator {other}");
    }
    assert_eq!(bed.lamports(&bed.pool.transient(&before[index].vote_account_address, 1)), moved);
    assert!(bed.lamports(&bed.reserve()) < reserve);
}

/// The validator at `index` loses its weight, nothing of it is moved, and the others are served.
fn loses_its_weight(index: usize, spoil: fn(&mut Bed, usize)) {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    spoil(&mut bed, index);
    let before = bed.records()[index];
    bed.succeed(&bed.rebalance(&[index]));
    let after = bed.records()[index];
    assert_eq!(after.active_stake_lamports, before.active_stake_lamports);
    assert_eq!((after.transient_stake_lamports.get(), after.extension.weight.get()), (0, 0));
    bed.succeed(&bed.rebalance(&[0, 1, 2, 3]));
    let is_moving = |record: &ValidatorStakeInfo| record.transient_stake_lamports.get() > 0;
    assert!(!is_moving(&bed.records()[index]) && bed.records().iter().filter(|record| is_moving(record)).count() >= 2);
}

#[test]
fn a_validator_whose_vote_account_was_closed_loses_its_weight() {
    loses_its_weight(1, |bed, index| {
        let vote = bed.triple(index).vote;
        bed.vm.accounts.remove(&vote);
    });
}

/// Its validator holds the key of the address, and can make another account there.
#[test]
fn a_validator_whose_vote_account_was_made_anew_without_a_state_loses_its_weight() {
    for length in [0, 3, 4, 3_762] {
        let spoil: fn(&mut Bed, usize, usize) = |bed, index, length| {
            let vote = bed.triple(index).vote;
            bed.vm.accounts.get_mut(&vote).expect("a vote account").data = vec![0; length];
        };
        let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
        spoil(&mut bed, 1, length);
        bed.succeed(&bed.rebalance(&[0, 1, 2, 3]));
        let moving: Vec<_> = bed.records().iter().map(|record| record.transient_stake_lamports.get() > 0).collect();
        assert_eq!(moving, [true, false, true, true], "{length} bytes");
    }
}

#[test]
fn a_validator_whose_stake_was_deactivated_loses_its_weight() {
    for index in [0, 1] {
        loses_its_weight(index, |bed, index| {
            let stake = bed.stake(index);
            bed.edit_data(stake, |data| edit_delegation(data, |delegation| delegation.deactivation_epoch = 499));
        });
    }
}

#[test]
fn a_validator_whose_stake_is_another_authoritys_loses_its_weight() {
    for index in [0, 1] {
        loses_its_weight(index, |bed, index| {
            let stake = bed.stake(index);
            bed.edit_data(stake, |data| edit_meta(data, |meta| meta.authorized.staker = Address::new_unique()));
        });
    }
}

/// Stake at the transient address: nobody but the program can make an account there, but lamports can be sent to it.
#[test]
fn a_transient_address_that_is_in_use_is_passed_over_and_one_with_lamports_is_not() {
    for index in [0, 1] {
        passes_over(index, |bed, index| {
            let (authority, vote) = (bed.pool.withdraw_authority, bed.triple(index).vote);
            let stake = UserStake { authority, vote, delegated: SOL, idle: 0, activation_epoch: 0 };
            let made = stake.add(&mut bed.vm);
            let account = bed.vm.account(&made);
            assert_eq!(account.owner, STAKE_PROGRAM_ID);
            let transient = bed.triple(index).transient;
            bed.vm.accounts.insert(transient, account);
        });
    }
    for lamports in [1, SOL / 1_000, 5 * SOL] {
        let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
        for index in 0..4 {
            let account = Account { lamports, ..Account::default() };
            let transient = bed.triple(index).transient;
            bed.vm.accounts.insert(transient, account);
        }
        bed.succeed(&bed.rebalance(&[0, 1, 2, 3]));
        assert!(bed.records().iter().all(|record| record.transient_stake_lamports.get() > 0), "{lamports} lamports");
    }
}

/// Which records an update with a forged account leaves stale.
fn stale_after_forged(address: fn(&Bed) -> Address) -> Vec<usize> {
    let mut bed = Bed::stale(Vm::beside_reference(), MOVING);
    let mut instruction = bed.update_compactly();
    let address = address(&bed);
    let forged = forge(&mut bed, &mut instruction, address);
    let account = bed.vm.account(&forged);
    bed.succeed(&instruction);
    assert!(account == bed.vm.account(&forged), "the forged account changed");
    let stale = |index: &usize| bed.records()[*index].last_update_epoch.get() < 500;
    (0..3).filter(stale).collect()
}

#[test]
fn a_forged_validator_stake_is_refused_by_an_update() {
    assert_eq!(stale_after_forged(|bed| bed.stake(0)), [0]);
    assert_eq!(stale_after_forged(|bed| bed.stake(1)), [1]);
    assert_eq!(stale_after_forged(|bed| bed.stake(2)), [2]);
}

#[test]
fn a_forged_transient_stake_is_refused_by_an_update() {
    assert_eq!(stale_after_forged(|bed| bed.transient(0)), [0]);
    assert_eq!(stale_after_forged(|bed| bed.transient(2)), [2]);
}

#[test]
fn a_forged_reserve_is_refused_by_an_update() {
    let mut bed = Bed::stale(Vm::beside_reference(), MOVING);
    let mut instruction = bed.update_compactly();
    let reserve = bed.reserve();
    forge(&mut bed, &mut instruction, reserve);
    assert_eq!(bed.ours(&instruction).custom_error(), Some(InvalidProgramAddress as u32));
}

#[test]
fn a_forged_validator_list_is_refused_by_each_instruction() {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    let vote = bed.records()[0].vote_account_address;
    let weights = bed.pool.set_weights(&[WeightEntry::new(0, &vote, 9)]);
    for mut instruction in [weights, bed.rebalance(&[0]), bed.update_compactly()] {
        let list = bed.pool.state.head.validator_list;
        forge(&mut bed, &mut instruction, list);
        assert_eq!(bed.ours(&instruction).custom_error(), Some(InvalidValidatorStakeList as u32));
    }
}

/// A vote account of somebody who is not in the pool.
#[test]
fn a_validator_that_is_not_in_the_pool_is_refused_by_a_rebalance() {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    let vote = add_vote_account(&mut bed.vm);
    let (stake, transient) = (bed.pool.validator_stake(&vote, 0), bed.pool.transient(&vote, 1));
    for index in [0, 4, 5, u32::MAX] {
        let triple = Triple { index, vote, stake, transient };
        assert_eq!(bed.ours(&bed.pool.rebalance(&[triple])).custom_error(), Some(EntryMoved as u32));
    }
}
