//! One validator whose stake cannot be moved holds up no other user.

use {
    super::{convergence, quiet},
    crate::{
        SOL,
        history::{Finding, Property, Spec, World, crank::deal, expectation::is_active},
    },
    fastrand::Rng,
    solana_address::Address,
    tidepool_core::rebalance::BASIS_POINTS,
    tidepool_interface::state::ValidatorStakeInfo,
};

/// Epochs until all others are served.
const EPOCHS: u64 = 12;

/// A vote account is closed; stake cannot be delegated to it any more.
pub const CLOSED_VOTE: Property = Property {
    prepare,
    operations: 6,
    check: |world, random| check(world, random, |world, index| world.toggle_vote(index)),
    ..Property::new("a_closed_vote_account_delays_no_other_validator", |_, _| Ok(()))
};

/// A delinquent validator's stake is deactivated; it can be neither increased nor decreased.
pub const DELINQUENT: Property = Property {
    prepare,
    operations: 6,
    check: |world, random| check(world, random, |world, index| world.deactivate(index)),
    ..Property::new("a_delinquent_validator_delays_no_other", |_, _| Ok(()))
};

/// Several validators with weights of one order of magnitude.
fn prepare(spec: &mut Spec, random: &mut Rng) {
    quiet(spec);
    let first = spec.validators[0];
    spec.validators.resize(spec.validators.len().max(random.usize(3..8)), first);
    spec.validators.iter_mut().for_each(|(_, weight)| *weight = random.u16(500..=1_500));
}

fn check(world: &mut World, random: &mut Rng, cast_out: impl Fn(&mut World, usize)) -> Result<(), Finding> {
    world.heal();
    world.crank()?;
    convergence::widen_budget(world, BASIS_POINTS);
    let records = world.records();
    let is_eligible = |record: &ValidatorStakeInfo| is_active(record) && record.extension.weight() > 0;
    let eligible: Vec<_> = (0..records.len()).filter(|index| is_eligible(&records[*index])).collect();
    if eligible.is_empty() {
        return Ok(());
    }
    let outcast = eligible[random.usize(0..eligible.len())];
    let vote: Address = records[outcast].vote_account_address;
    cast_out(world, outcast);
    let holder = world.holders[0];
    let lamports = random.u64(SOL..1_000 * SOL);
    world.run(&world.pool.deposit_sol(holder.wallet, world.receiver(holder), None, lamports, None));
    for _ in 0..EPOCHS {
        world.turn_epoch(1, 0);
        world.crank()?;
        let calls = deal(world.all(), random);
        world.settle(&calls)?;
    }
    convergence::check_rest(world, Some(vote))
}
