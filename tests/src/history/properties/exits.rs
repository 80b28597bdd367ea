//! Holders can always leave, with no key but their own.

use {
    super::quiet,
    crate::{
        accounts::{add_empty_stake, token_balance},
        ensure,
        history::{Finding, Property, World, crank::deal, expectation::MINIMUM},
        instructions::Holder,
    },
    fastrand::Rng,
    solana_address::Address,
    tidepool_interface::state::ValidatorStakeInfo,
};

/// Epochs that a holder waits at most.
const EPOCHS: usize = 8;

/// Holders can withdraw in every state, whatever rebalances other users send.
pub const EXITS: Property =
    Property { prepare: |spec, _| quiet(spec), ..Property::new("exits_always_possible", check) };

fn check(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    let start = world.snapshot();
    for holder in world.holders.clone() {
        world.restore(&start);
        leave(world, holder, random)?;
    }
    world.restore(&start);
    // One after the other, until none is left.
    for holder in world.holders.clone() {
        leave(world, holder, random)?;
    }
    Ok(())
}

fn leave(world: &mut World, holder: Holder, random: &mut Rng) -> Result<(), Finding> {
    for _ in 0..EPOCHS {
        // Whatever others do before.
        world.crank()?;
        let calls = deal(world.all(), random);
        world.settle(&calls)?;
        withdraw(world, holder);
        if value(world, holder) == 0 {
            return Ok(());
        }
        world.turn_epoch(1, 0);
    }
    let (value, reserve, rest) = (value(world, holder), world.reserve(), unsplittable(world));
    let is_stuck = value < rest && world.withdrawable() < value;
    ensure!(is_stuck, "exits: {value} lamports cannot leave, the reserve has {reserve}");
    Ok(())
}

/// What may have to wait for SOL in the reserve, or for the staker to remove a validator: SPL splits no account that
/// has less than two SOL and its rent, and gives no part for less than a SOL; a whole one only for all that it holds. It gives
/// none at all of a validator with transient stake, and that of a delinquent validator cannot be merged.
fn unsplittable(world: &World) -> u64 {
    let is_held_up = |record: &ValidatorStakeInfo| {
        record.transient_stake_lamports.get() > 0 && world.leaves(&world.stake_of(record).0) != Some(false)
    };
    let held_up = world.records().iter().filter(|record| is_held_up(record)).count() as u64;
    (1 + 2 * held_up) * (2 * MINIMUM + world.stake_rent + 1)
}

/// Value of a holder's pool tokens in lamports.
fn value(world: &World, holder: Holder) -> u64 {
    let tokens = token_balance(&holder.tokens, world.vm);
    let head = world.pool.read_state(world.vm).head;
    let (total, supply) = (u128::from(head.total_lamports.get()), u128::from(head.pool_token_supply.get()));
    u64::try_from(u128::from(tokens) * total / supply.max(1)).expect("a part of the pool")
}

/// Pool tokens for this many lamports, of those that the holder has.
pub(super) fn tokens_for(world: &World, holder: Holder, lamports: u64) -> u64 {
    let head = world.pool.read_state(world.vm).head;
    let (total, supply) = (u128::from(head.total_lamports.get()), u128::from(head.pool_token_supply.get()));
    let tokens = u128::from(lamports) * supply / total.max(1);
    u64::try_from(tokens).unwrap_or(u64::MAX).min(token_balance(&holder.tokens, world.vm))
}

/// Takes what can be had: stake, as far as a SOL or nothing remains, and SOL from the reserve for the rest.
fn withdraw(world: &mut World, holder: Holder) {
    let all = token_balance(&holder.tokens, world.vm);
    if world.run(&world.pool.withdraw_sol(holder, None, all, None)).is_ok() {
        return;
    }
    // SPL's order: parts of validators' stake, then of transient stake, then whole accounts.
    let required = MINIMUM + world.stake_rent;
    for pass in 0..3 {
        for record in world.records() {
            let (stake, transient) = (world.stake_of(&record).0, world.transient_of(&record).0);
            let address = if pass == 1 { transient } else { stake };
            let held = world.lamports(&address);
            let part = if pass == 2 { held } else { held.saturating_sub(required) };
            take(world, holder, address, part, pass == 2);
        }
    }
    let rest = world.withdrawable().min(value(world, holder));
    let tokens = tokens_for(world, holder, rest);
    world.run(&world.pool.withdraw_sol(holder, None, tokens, None));
}

fn take(world: &mut World, holder: Holder, from: Address, most: u64, whole: bool) {
    let value = value(world, holder);
    let mut tokens = if value <= most { u64::MAX } else { tokens_for(world, holder, most) };
    if value > most && !whole && value - most < MINIMUM {
        // A rest of less than the minimum could not leave as stake.
        tokens = tokens_for(world, holder, value.saturating_sub(MINIMUM).min(most));
    }
    if whole {
        // Rounding may favour the pool by one pool token.
        tokens = tokens_for(world, holder, most).saturating_add(1);
    }
    let tokens = tokens.min(token_balance(&holder.tokens, world.vm));
    let split_to = add_empty_stake(world.vm);
    world.run(&world.pool.withdraw_stake(holder, from, split_to, tokens, None));
}
