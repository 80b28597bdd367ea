//! Random pools of up to 200 validators, with even and uneven stake, under any policy.

use {
    crate::{
        model::{Pool, SOL, STAKE_RENT},
        oracle::Plan,
    },
    proptest::{collection::vec, prelude::*},
    tidepool_core::{
        MINIMUM_ACTIVE_STAKE, Validator, WEIGHT_MAX,
        rebalance::{Inputs, Policy},
    },
};

/// Kind of random pools.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Maximum number of validators.
    pub validators: usize,
    /// Whether there can be removed validators and transient stake.
    pub is_unsettled: bool,
    /// Whether the policy can have targets above the pool's total.
    pub is_any_policy: bool,
}

impl Family {
    pub const ANY: Self = Self { validators: 200, is_unsettled: true, is_any_policy: true };
}

/// Status of a validator: active, or a step of its removal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Status {
    Active,
    DeactivatingTransient,
    ReadyForRemoval,
    DeactivatingValidator,
    DeactivatingAll,
}

/// A validator, with stake in units of the pool's size.
#[derive(Clone, Copy, Debug)]
struct Draft {
    weight: u16,
    /// Stake above the required minimum, in thousandths of the pool's unit.
    stake: u64,
    status: Status,
    /// Transient stake in thousandths of the unit, and whether it is deactivating.
    transient: Option<(u64, bool)>,
}

fn weight() -> impl Strategy<Value = Vec<u16>> {
    const KINDS: [u16; 4] = [1, 100, 7, WEIGHT_MAX];
    let equal = prop::sample::select(&KINDS[..]).prop_map(|weight| vec![weight]);
    let similar = vec(50u16..150, 4..20);
    let wild = vec((0u32..15, 0..=WEIGHT_MAX).prop_map(|(shift, bits)| bits >> shift), 3..20);
    let powers = vec((0u32..15).prop_map(|shift| 1 << shift), 3..20);
    let some_none = vec(prop_oneof![Just(0u16), 1u16..100], 2..20);
    prop_oneof![equal, similar, wild, powers, some_none]
}

fn stake() -> impl Strategy<Value = u64> {
    prop_oneof![2 => Just(0u64), 3 => 0u64..30, 3 => 900u64..1_100, 6 => 0u64..3_000, 1 => 0u64..100_000]
}

fn draft(is_unsettled: bool) -> impl Strategy<Value = Draft> {
    let (gone, moves) = if is_unsettled { (2, 3) } else { (0, 0) };
    let status = prop_oneof![
        40 => Just(Status::Active),
        gone => prop::sample::select(&[
            Status::DeactivatingTransient,
            Status::ReadyForRemoval,
            Status::DeactivatingValidator,
            Status::DeactivatingAll,
        ][..]),
    ];
    let transient = prop_oneof![20 => Just(None), moves => (0u64..1_000, any::<bool>()).prop_map(Some)];
    (stake(), status, transient).prop_map(|(stake, status, transient)| Draft { weight: 0, stake, status, transient })
}

impl Draft {
    fn record(&self, unit: u64, required: u64) -> Validator {
        let lamports = |thousandths: u64| unit / 1_000 * thousandths;
        let (transient, is_deactivating) = self
            .transient
            .map_or((0, true), |(thousandths, is_deactivating)| (lamports(thousandths) + required, is_deactivating));
        let active = lamports(self.stake) + required;
        let (active, transient) = match self.status {
            Status::Active | Status::DeactivatingAll => (active, transient),
            Status::DeactivatingTransient => (0, transient),
            Status::DeactivatingValidator => (active, 0),
            Status::ReadyForRemoval => (0, 0),
        };
        Validator {
            transient_lamports: transient,
            is_active: self.status == Status::Active,
            is_deactivating,
            ..record(self.weight, active)
        }
    }
}

/// An active validator without transient stake.
pub fn record(weight: u16, active_lamports: u64) -> Validator {
    Validator {
        active_lamports,
        transient_lamports: 0,
        is_active: true,
        is_deactivating: true,
        weight,
        is_demoted: false,
    }
}

fn drafts(family: Family) -> impl Strategy<Value = Vec<Draft>> {
    let most = family.validators;
    let one = || draft(family.is_unsettled);
    let some = prop_oneof![
        4 => vec(one(), 1..=5.min(most)),
        4 => vec(one(), 1..=30.min(most)),
        1 => vec(one(), most.div_ceil(2)..=most),
    ];
    // Weights repeat along the list, so that pools with equal weights are frequent.
    (some, weight()).prop_map(|(mut drafts, weights)| {
        drafts.iter_mut().zip(weights.iter().cycle()).for_each(|(draft, weight)| draft.weight = *weight);
        drafts
    })
}

/// Lamports, mostly of the unit's magnitude.
fn amount(unit: u64) -> BoxedStrategy<u64> {
    prop_oneof![
        3 => Just(0),
        1 => 0..=2 * STAKE_RENT,
        2 => 0..=5 * SOL,
        3 => 0..=unit,
        3 => 0..=unit.saturating_mul(20),
    ]
    .boxed()
}

pub fn policy(unit: u64, is_any: bool) -> impl Strategy<Value = Policy> {
    let share = prop_oneof![3 => Just(0u16), 3 => 1..=1_000u16, u32::from(is_any) => 0..10_000u16];
    let floor = prop_oneof![4 => Just(0), 2 => 0..=unit, u32::from(is_any) => amount(unit)];
    let threshold = prop_oneof![4 => Just(0), 2 => 0..=5 * SOL, 2 => 0..=unit / 4, u32::from(is_any) => amount(unit)];
    let budget = prop_oneof![3 => Just(10_000u16), 3 => 1..=1_000u16, 1 => 0..=10_000u16];
    let cap = prop_oneof![4 => Just(10_000u16), 2 => 20..=10_000u16, u32::from(is_any) => 1..=300u16];
    let policy = (share, budget, cap, floor, threshold, 1..=8u8);
    policy.prop_map(|(share, budget, cap, floor, threshold, reserve_rents)| Policy {
        reserve_share: share,
        turnover_budget: budget,
        validator_cap: cap,
        reserve_floor: floor,
        threshold,
        reserve_rents,
    })
}

/// The minimum delegation of the stake program, without and with its feature.
pub fn minimum() -> impl Strategy<Value = u64> {
    prop_oneof![Just(MINIMUM_ACTIVE_STAKE), Just(SOL)]
}

/// Stake of an average validator: from slightly above the minimum to a hundred thousand SOL.
fn unit() -> impl Strategy<Value = u64> {
    prop_oneof![3_000_000..100_000_000u64, SOL..20 * SOL, 20 * SOL..2_000 * SOL, 1_000 * SOL..100_000 * SOL]
}

pub fn pool(family: Family) -> impl Strategy<Value = Pool> {
    (unit(), minimum(), drafts(family)).prop_flat_map(move |(unit, minimum_delegation, drafts)| {
        (policy(unit, family.is_any_policy), amount(unit), any::<bool>(), 8_000..=12_000u64).prop_map(
            move |(policy, reserve_lamports, is_near, last)| {
                let required = STAKE_RENT + minimum_delegation;
                let inputs = Inputs {
                    reserve_lamports,
                    last_epoch_total_lamports: 0,
                    stake_rent: STAKE_RENT,
                    minimum_delegation,
                    policy,
                    ticket_lamports: 0,
                    is_paused: false,
                };
                let records = drafts.iter().map(|draft| draft.record(unit, required)).collect();
                let mut pool = Pool { records, inputs };
                if is_near {
                    move_near_targets(&mut pool, &drafts, unit);
                }
                let total = u64::try_from(pool.total()).expect("lamports of a model pool");
                pool.inputs.last_epoch_total_lamports = total / 10_000 * last;
                pool
            },
        )
    })
}

/// Random pools at the start of an epoch: validators with a weight have no transient stake.
pub fn pool_of_a_new_epoch() -> impl Strategy<Value = Pool> {
    pool(Family { validators: 60, ..Family::ANY }).prop_map(|mut pool| {
        for index in 0..pool.records.len() {
            if pool.records[index].is_active && pool.records[index].weight > 0 {
                pool.take_back(index);
            }
        }
        pool
    })
}

/// Pools near balance: each validator is near its target, some within the threshold.
fn move_near_targets(pool: &mut Pool, drafts: &[Draft], unit: u64) {
    let plan = Plan::of(pool);
    let (required, tolerance) = (pool.required(), pool.tolerance().min(unit));
    for ((record, draft), target) in pool.records.iter_mut().zip(drafts).zip(&plan.targets) {
        let Some(target) = target.and_then(|target| u64::try_from(target).ok()) else { continue };
        let noise = tolerance / 500 * draft.stake.min(2_000);
        record.active_lamports = target.saturating_add(noise).saturating_sub(tolerance).max(required);
    }
}

/// Three validators of equal weight, a reserve target of 100 SOL, and a minimum delegation of 1 SOL.
pub fn pool_of_three(stakes: [u64; 3], reserve_lamports: u64, threshold: u64) -> Pool {
    let policy = Policy { reserve_floor: 100 * SOL, threshold, ..Policy::DEFAULT };
    let inputs = Inputs {
        reserve_lamports,
        last_epoch_total_lamports: 0,
        stake_rent: STAKE_RENT,
        minimum_delegation: SOL,
        policy,
        ticket_lamports: 0,
        is_paused: false,
    };
    Pool { records: stakes.map(|stake| record(1, stake)).to_vec(), inputs }
}
