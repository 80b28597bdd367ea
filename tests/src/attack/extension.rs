//! The extension's instructions.

use {
    super::{
        spec,
        spl::{Make, remove_both, stale},
    },
    crate::{
        SOL, accounts::add_wallet, extension::PoolKind, instructions::Triple, pool::PoolFixture, scenario::EPOCH,
        vm::Vm,
    },
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::{instruction::WeightEntry, state::RebalancePolicy},
};

pub(super) const SCENARIOS: &[(&str, Make)] = &[
    ("ExtendPool", |token_program, _, vm| {
        let pool = PoolFixture::install(&spec(token_program, PoolKind::Plain, EPOCH), vm);
        let payer = add_wallet(10 * SOL, vm);
        let instruction = pool.extend(payer);
        (pool, instruction)
    }),
    ("SetRebalancePolicy", |token_program, _, vm| {
        let pool = fresh(token_program, vm);
        let instruction = pool.set_policy(RebalancePolicy { reserve_floor: SOL.into(), ..RebalancePolicy::DEFAULT });
        (pool, instruction)
    }),
    ("SetValidatorWeights", |token_program, _, vm| {
        let pool = fresh(token_program, vm);
        let vote = pool.validators[1].vote;
        let instruction = pool.set_weights(&[WeightEntry::new(1, &vote, 7)]);
        (pool, instruction)
    }),
    ("UpdateValidators, merging", |token_program, _, vm| {
        let pool = stale(token_program, PoolKind::EXTENDED, vm);
        let instruction = update(&pool);
        (pool, instruction)
    }),
    ("UpdateValidators, of removed validators", |token_program, _, vm| {
        let pool = stale(token_program, PoolKind::EXTENDED, vm);
        remove_both(&pool, vm);
        let instruction = update(&pool);
        (pool, instruction)
    }),
    ("Rebalance, to validators", |token_program, _, vm| rebalance(token_program, vm, |_| {})),
    ("Rebalance, to the reserve", |token_program, _, vm| {
        rebalance(token_program, vm, |policy| policy.reserve_share = 5_000.into())
    }),
];

fn fresh(token_program: Address, vm: &mut Vm) -> PoolFixture {
    PoolFixture::install(&spec(token_program, PoolKind::EXTENDED, EPOCH), vm)
}

fn update(pool: &PoolFixture) -> Instruction {
    let [quiet, moving] = pool.validators[..] else { panic!("two validators") };
    pool.update_validators(0, [quiet.stake, moving.stake, moving.transient])
}

/// All validators are at rest and have weights.
fn rebalance(token_program: Address, vm: &mut Vm, change: fn(&mut RebalancePolicy)) -> (PoolFixture, Instruction) {
    let mut spec = spec(token_program, PoolKind::EXTENDED, EPOCH);
    // Less than half of the pool, which is the most that a policy can want of it.
    spec.reserve = 100 * SOL;
    for validator in &mut spec.validators {
        validator.transient = 0;
    }
    let mut pool = PoolFixture::install(&spec, vm);
    let mut policy = RebalancePolicy::DEFAULT;
    change(&mut policy);
    pool.extension = Some(tidepool_interface::state::PoolExtension::new(policy));
    pool.write_pool(vm);
    let triples: Vec<_> = (0..pool.validators.len())
        .map(|index| {
            let validator = pool.validators[index];
            pool.edit_record(index, vm, |record| record.extension.set_weight(1));
            let transient = pool.transient(&validator.vote, 1);
            Triple { index: index as u32, vote: validator.vote, stake: validator.stake, transient }
        })
        .collect();
    let instruction = pool.rebalance(&triples);
    (pool, instruction)
}
