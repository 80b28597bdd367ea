//! Hostile updates that merge nothing leave no trace once an honest crank has run in the epoch.

use {
    crate::{
        ensure,
        history::{Finding, Operation, Property, Spec, World, crank::last_lines, operation::Landed},
    },
    fastrand::Rng,
    solana_account::Account,
    solana_address::Address,
    std::collections::HashMap,
    tidepool_client::plan::{self, Sweep, UpdateOptions},
    tidepool_interface::state::{ValidatorListMut, validator_list_length},
};

/// Epochs in which the hostile updater comes first.
const EPOCHS: usize = 3;

/// Hostile updates in an epoch.
const HOSTILE_UPDATES: usize = 6;

/// Updates of a crank: stake that one of them deactivates in the epoch of its activation is merged by the next.
const ROUNDS: usize = 3;

/// After any updates with `no_merge`, of all records or of some, an update as the client plans it leaves the pool as if they had not
/// happened: every account is the same to the byte, but for cached bumps.
pub const UNMERGED: Property = Property::new("hostile_updates_leave_no_trace", check);

/// The same of pools of every kind, in worlds in which anything may happen.
pub const UNMERGED_IN_ANY_POOL: Property = Property {
    prepare: Spec::make_any,
    draw: Operation::draw_any,
    ..Property::new("hostile_updates_leave_no_trace_in_any_pool", check)
};

fn check(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    if world.book.pays_rewards {
        return Ok(());
    }
    for _ in 0..EPOCHS {
        world.turn_epoch(1, 5);
        let start = world.snapshot();
        honest_crank(world)?;
        let end = accounts(world);
        world.restore(&start);
        for _ in 0..random.usize(1..=HOSTILE_UPDATES) {
            hostile_update(world, random)?;
        }
        honest_crank(world)?;
        let now = accounts(world);
        let difference = end.keys().chain(now.keys()).find(|address| end.get(address) != now.get(address));
        ensure!(difference.is_none(), "unmerged: {difference:?} is not as without the hostile updates");
        if world.is_extended() {
            let all = world.all();
            all.chunks(crate::history::crank::REBALANCE_CHUNK).try_for_each(|call| world.rebalance(call).map(drop))?;
        }
    }
    Ok(())
}

/// All accounts. Cached bumps are left out of the list: the SPL update checks, and caches, more addresses than the compact one.
fn accounts(world: &World) -> HashMap<Address, Account> {
    let mut accounts = world.vm.accounts.clone();
    let account = accounts.get_mut(&world.pool.state.head.validator_list).expect("the validator list");
    let mut list = ValidatorListMut::decode(&mut account.data).expect("a validator list");
    let count = u32::try_from(list.records().len()).expect("at most 20,000 records");
    for record in list.records() {
        let is_leaving = record.transient_stake_lamports.get() > 0 && record.extension.is_deactivating();
        record.extension.set_validator_bump(u8::MAX);
        record.extension.set_transient_bump(u8::MAX, is_leaving);
    }
    // What a clean-up left behind the list's end.
    account.data[validator_list_length(count)..].fill(0);
    accounts
}

fn hostile_update(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    if random.bool() {
        return world.crank_by_spl(true);
    }
    let (start, count) = (random.usize(0..3), random.usize(1..6));
    let hostile = if random.bool() {
        world.update_some(start, count, Some(true), Landed::AsSigned)
    } else {
        world.count_some(start, count)
    };
    world.run(&hostile);
    if random.bool() {
        world.run(&world.pool.update_pool());
    }
    Ok(())
}

/// Updates as the client plans them, until it finds nothing more to do.
fn honest_crank(world: &mut World) -> Result<(), Finding> {
    // The hostile update sweeps all idle lamports, or none.
    let options = UpdateOptions { sweep: Sweep::Above(0), ..UpdateOptions::default() };
    for _ in 0..ROUNDS {
        let snapshot = world.pool.snapshot(world.vm);
        let plan = plan::update(&snapshot, &options).map_err(|error| error.to_string())?;
        if plan.is_empty() {
            return Ok(());
        }
        let instructions: Vec<_> = plan.groups().flat_map(|group| group.instructions.clone()).collect();
        for instruction in instructions {
            let outcome = world.run(&instruction);
            ensure!(outcome.is_ok(), "unmerged: an update failed: {}", last_lines(&outcome.logs));
        }
        world.book.tampered.clear();
        world.book.uncounted.lost = 0;
    }
    Err("unmerged: after several updates there is still something to merge".into())
}
