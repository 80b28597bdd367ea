//! Amounts at the limits of 64 bits, and the longest list.

use {
    crate::{
        callers::Script,
        common::number,
        model::{Pool, STAKE_RENT},
        pools::{minimum, record},
        runner::check,
    },
    proptest::{collection::vec, prelude::*},
    tidepool_core::WEIGHT_MAX,
    tidepool_core::{
        MAX_VALIDATORS_IN_POOL, Validator,
        rebalance::{Inputs, Policy, Verdict},
    },
};

/// Policies at the limits of valid values.
fn policy() -> impl Strategy<Value = Policy> {
    let share = |least: u16, most: u16| prop_oneof![Just(least), Just(most), least..=most];
    let amount = || prop_oneof![2 => Just(0u64), 1 => Just(u64::MAX), 2 => number()];
    (share(0, 9_999), share(0, 10_000), share(1, 10_000), amount(), amount(), 1..=u8::MAX).prop_map(
        |(share, budget, cap, floor, threshold, reserve_rents)| Policy {
            reserve_share: share,
            turnover_budget: budget,
            validator_cap: cap,
            reserve_floor: floor,
            threshold,
            reserve_rents,
        },
    )
}

fn any_record() -> impl Strategy<Value = Validator> {
    let transient = prop_oneof![3 => Just(0), 1 => number()];
    let weight = prop_oneof![Just(0u16), Just(WEIGHT_MAX), 0..=WEIGHT_MAX];
    (number(), transient, weight, any::<bool>(), prop::bool::weighted(0.9)).prop_map(
        |(active, transient, weight, is_deactivating, is_active)| Validator {
            transient_lamports: transient,
            is_active,
            is_deactivating,
            ..record(weight, active)
        },
    )
}

fn inputs() -> impl Strategy<Value = Inputs> {
    (number(), number(), minimum(), policy()).prop_map(
        |(reserve_lamports, last_epoch_total_lamports, minimum_delegation, policy)| Inputs {
            reserve_lamports,
            last_epoch_total_lamports,
            stake_rent: STAKE_RENT,
            minimum_delegation,
            policy,
            ticket_lamports: 0,
            is_paused: false,
        },
    )
}

/// Bounds the pool's total to 64 bits, as the update of a real pool does, and raises the accounts to their minimum balances.
fn bounded(mut records: Vec<Validator>, mut inputs: Inputs) -> Pool {
    let most = u64::MAX / (2 * records.len() as u64 + 1);
    let required = STAKE_RENT + inputs.minimum_delegation;
    for record in &mut records {
        let (active, transient) = (record.active_lamports, record.transient_lamports);
        record.active_lamports = active.clamp(required, most);
        record.transient_lamports = transient.min(most);
    }
    inputs.reserve_lamports = inputs.reserve_lamports.min(most);
    Pool { records, inputs }
}

/// All bounds hold, as they do for pools of ordinary size.
#[test]
fn amounts_at_the_limits_of_64_bits() {
    check(1_000, (vec(any_record(), 1..20), inputs(), Script::strategy(3, 30)), |(records, inputs, script)| {
        script.run(&mut bounded(records, inputs))?;
        Ok(())
    });
}

/// A list that no update would accept causes no panic.
#[test]
fn lamports_beyond_64_bits_do_no_harm() {
    check(500, (vec(any_record(), 0..20), inputs()), |(records, inputs)| {
        let mut rebalance = Pool { records: records.clone(), inputs }.survey();
        for (index, record) in records.iter().enumerate() {
            let verdict = rebalance.verdict(&records, index);
            if let Verdict::Increase(lamports) | Verdict::Decrease(lamports) = verdict {
                prop_assert!(lamports >= inputs.minimum_delegation, "{verdict:?}");
            }
            rebalance.record_movement(record, verdict);
        }
        Ok(())
    });
}

/// 20,000 validators with the highest weights, with calls for some of them.
#[test]
fn the_longest_list() {
    let validators = MAX_VALIDATORS_IN_POOL as usize;
    check(4, (vec(any_record(), 50), inputs(), Script::strategy(1, 30)), |(some, inputs, script)| {
        let records = some.into_iter().cycle().take(validators).collect();
        script.run(&mut bounded(records, inputs))?;
        Ok(())
    });
}
