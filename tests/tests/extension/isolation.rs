//! `UpdateValidators` where the stake program refuses to do something for one validator: the contract's form fails for all.

use {
    crate::bed::{Bed, Stakes},
    solana_address::Address,
    solana_instruction::error::InstructionError,
    tidepool_interface::{address::STAKE_PROGRAM_ID, instruction::tag},
    tidepool_tests::{
        SOL,
        extension::events,
        fixtures,
        scenario::EPOCH,
        stake::{edit_delegation, undelegate},
        vm::Vm,
    },
};

/// All have stake that came to them long ago and was never merged.
const FIVE: Stakes = &[(100, 10); 5];

/// The one that something is done to.
const MIDDLE: usize = 2;

/// The stake program's MergeTransientStake, MergeMismatch.
const MERGE_TRANSIENT_STAKE: u32 = 5;
const MERGE_MISMATCH: u32 = 6;

fn set_epochs(bed: &mut Bed, address: Address, activation: u64, deactivation: u64) {
    bed.edit_data(address, |data| {
        edit_delegation(data, |delegation| {
            (delegation.activation_epoch, delegation.deactivation_epoch) = (activation, deactivation);
        });
    });
}

fn old_stake(vm: Vm) -> Bed {
    let mut bed = Bed::stale(vm, FIVE);
    for index in 0..FIVE.len() {
        let transient = bed.transient(index);
        set_epochs(&mut bed, transient, 1, u64::MAX);
    }
    bed
}

/// A cluster so small that little stake moves in an epoch.
fn slow_down(bed: &mut Bed) {
    bed.vm.set_cluster_stake(100 * SOL, 100 * SOL);
    bed.vm.set_epoch(EPOCH);
}

/// The contract's form fails as the stake program does; the compact one counts the middle one and merges the others.
fn isolates(spoil: fn(&mut Bed), code: u32) -> Bed {
    let mut bed = old_stake(Vm::beside_reference());
    spoil(&mut bed);
    let contracts = bed.update_as_in_the_contract();
    assert_eq!(bed.both(&contracts), Err(InstructionError::Custom(code)));

    let (stake, transient) = (bed.stake(MIDDLE), bed.transient(MIDDLE));
    let [stake_before, transient_before] = [stake, transient].map(|address| bed.vm.account(&address));
    let outcome = bed.succeed(&bed.update_compactly());
    for (index, record) in bed.records().iter().enumerate() {
        assert_eq!(record.last_update_epoch.get(), EPOCH, "record {index}");
        assert_eq!(record.active_stake_lamports.get(), bed.lamports(&bed.stake(index)), "record {index}");
        let counted = if index == MIDDLE { transient_before.lamports } else { 0 };
        assert_eq!(record.transient_stake_lamports.get(), counted, "record {index}");
    }
    assert!(stake_before == bed.vm.account(&stake));
    assert_eq!(transient_before.lamports, bed.lamports(&transient));
    let [event] = events::funds(&outcome.logs)[..] else { panic!("one event") };
    assert_eq!((event.instruction, event.records.get()), (tag::UPDATE_VALIDATORS, FIVE.len() as u32));
    bed.both(&bed.pool.update_pool()).expect("the pool goes on");
    bed
}

/// Brings the pool into the next epoch, in which the cluster is large again.
fn later(mut bed: Bed) -> Bed {
    bed.vm.set_cluster_stake(400_000_000 * SOL, 1);
    bed.vm.set_epoch(EPOCH + 1);
    bed.succeed(&bed.update_compactly());
    bed
}

#[test]
fn stake_that_is_partly_warmed_up_is_counted_and_merged_later() {
    let bed = isolates(
        |bed| {
            let transient = bed.transient(MIDDLE);
            set_epochs(bed, transient, EPOCH - 1, u64::MAX);
            slow_down(bed);
        },
        MERGE_TRANSIENT_STAKE,
    );
    assert_eq!(later(bed).records()[MIDDLE].transient_stake_lamports.get(), 0);
}

#[test]
fn stake_that_is_partly_cooled_down_is_counted_and_merged_later() {
    let bed = isolates(
        |bed| {
            let transient = bed.transient(MIDDLE);
            set_epochs(bed, transient, 1, EPOCH - 1);
            slow_down(bed);
        },
        MERGE_TRANSIENT_STAKE,
    );
    let reserve = bed.lamports(&bed.reserve());
    let bed = later(bed);
    assert_eq!(bed.records()[MIDDLE].transient_stake_lamports.get(), 0);
    assert!(bed.lamports(&bed.reserve()) > reserve);
}

#[test]
fn transient_stake_that_is_deactivated_in_this_epoch_is_counted_and_merged_later() {
    let bed = isolates(
        |bed| {
            let transient = bed.transient(MIDDLE);
            set_epochs(bed, transient, 1, EPOCH);
        },
        MERGE_TRANSIENT_STAKE,
    );
    assert_eq!(later(bed).records()[MIDDLE].transient_stake_lamports.get(), 0);
}

/// What is on its way to a validator that anybody has deactivated goes back to the reserve, without the staker.
#[test]
fn a_validator_deactivated_for_its_delinquency_is_counted_and_can_still_be_removed() {
    for (deactivated, code) in [(EPOCH, MERGE_TRANSIENT_STAKE), (EPOCH - 1, MERGE_MISMATCH), (9, MERGE_MISMATCH)] {
        let spoil: fn(&mut Bed) = match deactivated {
            EPOCH => |bed| {
                let stake = bed.stake(MIDDLE);
                set_epochs(bed, stake, 0, EPOCH);
            },
            9 => |bed| {
                let stake = bed.stake(MIDDLE);
                set_epochs(bed, stake, 0, 9);
            },
            _ => |bed| {
                let stake = bed.stake(MIDDLE);
                set_epochs(bed, stake, 0, EPOCH - 1);
            },
        };
        let bed = isolates(spoil, code);
        let reserve = bed.lamports(&bed.reserve());
        let mut bed = later(bed);
        assert_eq!(bed.records()[MIDDLE].transient_stake_lamports.get(), 0);
        assert!(bed.lamports(&bed.reserve()) > reserve);
        bed.both(&bed.pool.update_pool()).expect("an update");
        bed.both(&bed.pool.remove_validator(bed.stake(MIDDLE), bed.transient(MIDDLE))).expect("a removal");
        bed.vm.set_epoch(EPOCH + 2);
        bed.succeed(&bed.update_compactly());
        bed.both(&bed.pool.update_pool()).expect("an update");
        bed.both(&bed.pool.cleanup()).expect("a cleanup");
        assert_eq!(bed.records().len(), FIVE.len() - 1);
    }
}

/// A pool whose validator accounts were made for more than today's rent: one of them, and the rent that it was made for.
fn after_rent_fell(vm: Vm) -> (Bed, Address, u64) {
    let mut bed = Bed::stale(vm, &[(100, 0), (100, 0)]);
    let old_rent = bed.vm.stake_rent();
    bed.vm.set_rent(bed.vm.mollusk.sysvars.rent.lamports_per_byte / 10);
    let stake = bed.stake(0);
    (bed, stake, old_rent)
}

/// The stake programs give out the difference, in both forms of the update.
#[test]
fn what_a_fallen_rent_sets_free_goes_to_the_reserve() {
    let mut older = Vm::beside_reference();
    older.replace_program(&STAKE_PROGRAM_ID, &fixtures::read(fixtures::OLDER_STAKE_PROGRAM));
    for vm in [Vm::beside_reference(), older] {
        frees_rent(vm);
    }
}

fn frees_rent(vm: Vm) {
    let (mut bed, stake, old_rent) = after_rent_fell(vm);
    let new_rent = bed.vm.stake_rent();
    let in_reserve = bed.lamports(&bed.reserve());
    let compact = bed.update_compactly();
    bed.succeed(&compact);
    assert_eq!(bed.lamports(&stake), 100 * SOL + new_rent);
    assert_eq!(bed.lamports(&bed.reserve()), in_reserve + 2 * (old_rent - new_rent));
    assert_eq!(bed.records()[0].active_stake_lamports.get(), 100 * SOL + new_rent);
}

#[test]
fn a_restart_that_took_the_stake_of_one_away_holds_up_nobody() {
    let mut bed = old_stake(Vm::beside_reference());
    let stake = bed.stake(MIDDLE);
    bed.edit_data(stake, undelegate);
    bed.succeed(&bed.update_compactly());
    assert!(bed.records().iter().all(|record| record.last_update_epoch.get() == EPOCH));
    assert_eq!(bed.lamports(&stake), 0, "what it held is the holders'");
}
