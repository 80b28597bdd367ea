//! `UpdateValidators` where the stake program refuses to do something for one validator: the SPL update fails for all.

use {
    crate::harness::{self, Stakes},
    solana_address::Address,
    solana_instruction::error::InstructionError,
    tidepool_interface::{address::STAKE_PROGRAM_ID, instruction::tag},
    tidepool_tests::{
        SOL,
        extension::events,
        fixtures,
        harness::Harness,
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

fn set_epochs(h: &mut Harness, address: Address, activation: u64, deactivation: u64) {
    h.edit_data(&address, |data| {
        edit_delegation(data, |delegation| {
            (delegation.activation_epoch, delegation.deactivation_epoch) = (activation, deactivation);
        });
    });
}

fn old_stake(vm: Vm) -> Harness {
    let mut h = harness::stale(vm, FIVE);
    for index in 0..FIVE.len() {
        let transient = h.transient(index);
        set_epochs(&mut h, transient, 1, u64::MAX);
    }
    h
}

/// A cluster so small that little stake moves in an epoch.
fn slow_down(h: &mut Harness) {
    h.vm.set_cluster_stake(100 * SOL, 100 * SOL);
    h.vm.set_epoch(EPOCH);
}

/// The SPL update fails as the stake program does; the compact one counts the middle one and merges the others.
fn isolates(spoil: fn(&mut Harness), code: u32) -> Harness {
    let mut h = old_stake(Vm::beside_reference());
    spoil(&mut h);
    let contracts = h.update_list();
    assert_eq!(h.both(&contracts), Err(InstructionError::Custom(code)));

    let (stake, transient) = (h.stake(MIDDLE), h.transient(MIDDLE));
    let [stake_before, transient_before] = [stake, transient].map(|address| h.vm.account(&address));
    let outcome = h.succeed(&h.update_compactly());
    for (index, record) in h.records().iter().enumerate() {
        assert_eq!(record.last_update_epoch.get(), EPOCH, "record {index}");
        assert_eq!(record.active_stake_lamports.get(), h.lamports(&h.stake(index)), "record {index}");
        let counted = if index == MIDDLE { transient_before.lamports } else { 0 };
        assert_eq!(record.transient_stake_lamports.get(), counted, "record {index}");
    }
    assert!(stake_before == h.vm.account(&stake));
    assert_eq!(transient_before.lamports, h.lamports(&transient));
    let [event] = events::funds(&outcome.logs)[..] else { panic!("one event") };
    assert_eq!((event.instruction, event.records.get()), (tag::UPDATE_VALIDATORS, FIVE.len() as u32));
    h.both(&h.pool.update_pool()).expect("the pool goes on");
    h
}

/// Brings the pool into the next epoch, in which the cluster is large again.
fn later(mut h: Harness) -> Harness {
    h.vm.set_cluster_stake(400_000_000 * SOL, 1);
    h.vm.set_epoch(EPOCH + 1);
    h.succeed(&h.update_compactly());
    h
}

#[test]
fn stake_that_is_partly_warmed_up_is_counted_and_merged_later() {
    let h = isolates(
        |h| {
            let transient = h.transient(MIDDLE);
            set_epochs(h, transient, EPOCH - 1, u64::MAX);
            slow_down(h);
        },
        MERGE_TRANSIENT_STAKE,
    );
    assert_eq!(later(h).records()[MIDDLE].transient_stake_lamports.get(), 0);
}

#[test]
fn stake_that_is_partly_cooled_down_is_counted_and_merged_later() {
    let h = isolates(
        |h| {
            let transient = h.transient(MIDDLE);
            set_epochs(h, transient, 1, EPOCH - 1);
            slow_down(h);
        },
        MERGE_TRANSIENT_STAKE,
    );
    let reserve = h.lamports(&h.reserve());
    let h = later(h);
    assert_eq!(h.records()[MIDDLE].transient_stake_lamports.get(), 0);
    assert!(h.lamports(&h.reserve()) > reserve);
}

#[test]
fn transient_stake_that_is_deactivated_in_this_epoch_is_counted_and_merged_later() {
    let h = isolates(
        |h| {
            let transient = h.transient(MIDDLE);
            set_epochs(h, transient, 1, EPOCH);
        },
        MERGE_TRANSIENT_STAKE,
    );
    assert_eq!(later(h).records()[MIDDLE].transient_stake_lamports.get(), 0);
}

/// Activating stake of a deactivated validator goes back to the reserve, without the staker.
#[test]
fn a_validator_deactivated_for_its_delinquency_is_counted_and_can_still_be_removed() {
    for (deactivated, code) in [(EPOCH, MERGE_TRANSIENT_STAKE), (EPOCH - 1, MERGE_MISMATCH), (9, MERGE_MISMATCH)] {
        let spoil: fn(&mut Harness) = match deactivated {
            EPOCH => |h| {
                let stake = h.stake(MIDDLE);
                set_epochs(h, stake, 0, EPOCH);
            },
            9 => |h| {
                let stake = h.stake(MIDDLE);
                set_epochs(h, stake, 0, 9);
            },
            _ => |h| {
                let stake = h.stake(MIDDLE);
                set_epochs(h, stake, 0, EPOCH - 1);
            },
        };
        let h = isolates(spoil, code);
        let reserve = h.lamports(&h.reserve());
        let mut h = later(h);
        assert_eq!(h.records()[MIDDLE].transient_stake_lamports.get(), 0);
        assert!(h.lamports(&h.reserve()) > reserve);
        h.both(&h.pool.update_pool()).expect("an update");
        h.both(&h.pool.remove_validator(h.stake(MIDDLE), h.transient(MIDDLE))).expect("a removal");
        h.vm.set_epoch(EPOCH + 2);
        h.succeed(&h.update_compactly());
        h.both(&h.pool.update_pool()).expect("an update");
        h.both(&h.pool.cleanup()).expect("a cleanup");
        assert_eq!(h.records().len(), FIVE.len() - 1);
    }
}

/// A pool whose validator accounts were made for more than today's rent: one of them, and the rent that it was made for.
fn after_rent_fell(vm: Vm) -> (Harness, Address, u64) {
    let mut h = harness::stale(vm, &[(100, 0), (100, 0)]);
    let old_rent = h.vm.stake_rent();
    h.vm.set_rent(h.vm.mollusk.sysvars.rent.lamports_per_byte / 10);
    let stake = h.stake(0);
    (h, stake, old_rent)
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
    let (mut h, stake, old_rent) = after_rent_fell(vm);
    let new_rent = h.vm.stake_rent();
    let in_reserve = h.lamports(&h.reserve());
    let compact = h.update_compactly();
    h.succeed(&compact);
    assert_eq!(h.lamports(&stake), 100 * SOL + new_rent);
    assert_eq!(h.lamports(&h.reserve()), in_reserve + 2 * (old_rent - new_rent));
    assert_eq!(h.records()[0].active_stake_lamports.get(), 100 * SOL + new_rent);
}

#[test]
fn a_restart_that_took_the_stake_of_one_away_delays_no_other() {
    let mut h = old_stake(Vm::beside_reference());
    let stake = h.stake(MIDDLE);
    h.edit_data(&stake, undelegate);
    h.succeed(&h.update_compactly());
    assert!(h.records().iter().all(|record| record.last_update_epoch.get() == EPOCH));
    assert_eq!(h.lamports(&stake), 0, "what it held is the holders'");
}
