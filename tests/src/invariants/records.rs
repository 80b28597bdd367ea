//! After all records and the pool were updated, the list states what the stake accounts hold, and the pool states all of it:
//! reserve less its rent, and the sum of the records. Nothing that the pool's authority commands is in neither, but for gifts to the
//! address of an ephemeral stake account: SPL moves on what it put there itself, and the rest stays.

use crate::{
    ensure,
    history::{Finding, World},
};

/// Checks it of a pool that has just been cranked.
pub fn check(world: &World) -> Result<(), Finding> {
    let mut sum = 0;
    for record in world.records() {
        for (address, recorded) in [
            (world.stake_of(&record).0, record.active_stake_lamports.get()),
            (world.transient_of(&record).0, record.transient_stake_lamports.get()),
        ] {
            let account = world.vm.accounts.get(&address).filter(|account| world.is_of_pool(account));
            let held = account.map_or(0, |account| account.lamports);
            ensure!(held == recorded, "records: {address} holds {held} lamports, its record says {recorded}");
            sum += recorded;
        }
    }
    let head = world.pool.read_state(world.vm).head;
    let total = head.total_lamports.get();
    let reserve = world.lamports(&head.reserve_stake);
    let stated = reserve.saturating_sub(world.stake_rent) + sum;
    ensure!(total == stated, "records: the pool has {stated} lamports by its list and its reserve, and states {total}");
    let held = world.stake_lamports() - reserve;
    let stray = world.vm.accounts.get(&world.ephemeral()).filter(|account| world.is_of_pool(account));
    let stray = stray.map_or(0, |account| account.lamports);
    ensure!(
        held == sum + stray && stray <= world.book.stray,
        "records: the pool's authority commands {held} lamports of stake, the list has {sum}; {stray} of {} went astray",
        world.book.stray
    );
    Ok(())
}
