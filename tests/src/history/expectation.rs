//! What a rebalance should aim at, by formulas of this file alone: nothing here comes from the rule that the program runs.

use {
    crate::SOL,
    tidepool_interface::state::{RebalancePolicy, ValidatorStakeInfo},
};

/// Lamports that a stake account delegates at least: what the bank's stake program demands.
pub const MINIMUM: u64 = SOL;

const WHOLE: u128 = 10_000;

/// A pool at one moment.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Lamports of the pool, the reserve's rent aside.
    pub total: u64,
    /// Lamports that the reserve is to hold above its rent.
    pub reserve_target: u64,
    /// Lamports that one validator may be given.
    pub cap: u64,
    /// Each validator's target; none without a weight, or for a removed validator.
    pub targets: Vec<Option<u64>>,
    /// Lamports beyond all targets, where the cap leaves no validator to take them: the reserve's.
    pub unplaced: u64,
    /// Stake that may be deactivating; none for no bound.
    pub budget: Option<u64>,
    /// Deactivating stake.
    pub leaving: u64,
    /// Lamports by which any of these may be off: each transient account's rent may be counted here or there.
    pub slack: u64,
    /// Lamports of deviation at rest.
    pub tolerance: u64,
}

fn share(lamports: u64, basis_points: u16) -> u64 {
    u64::try_from(u128::from(lamports) * u128::from(basis_points) / WHOLE).expect("a part of a u64")
}

/// Whether a record is of a validator that stays in the pool.
pub const fn is_active(record: &ValidatorStakeInfo) -> bool {
    record.status == 0
}

/// Active and activating lamports of a validator.
pub fn held(record: &ValidatorStakeInfo) -> u64 {
    let leaves = record.extension.is_deactivating();
    record.active_stake_lamports.get() + if leaves { 0 } else { record.transient_stake_lamports.get() }
}

impl Expectation {
    /// The expectation for a pool with `reserve` lamports above the reserve's rent.
    pub fn new(
        records: &[ValidatorStakeInfo],
        reserve: u64,
        last_epoch_total: u64,
        policy: &RebalancePolicy,
        stake_rent: u64,
    ) -> Self {
        let stake =
            |record: &ValidatorStakeInfo| record.active_stake_lamports.get() + record.transient_stake_lamports.get();
        let total = reserve + records.iter().map(stake).sum::<u64>();
        let reserve_target = share(total, policy.reserve_share.get()).max(policy.reserve_floor.get()).min(total / 2);
        let reserve_target = reserve_target.max(u64::from(policy.reserve_rents) * stake_rent);
        let cap = share(total, policy.validator_cap.get());
        let settled: u64 = records.iter().filter(|each| is_active(each) && weight(each) == 0).map(held).sum();
        let pot = total.saturating_sub(reserve_target).saturating_sub(settled);
        let leaving = records.iter().map(|record| leaving(record, stake_rent)).sum();
        let budget = (u128::from(policy.turnover_budget.get()) < WHOLE)
            .then(|| share(total.min(last_epoch_total), policy.turnover_budget.get()));
        let count = records.len() as u64;
        let targets = targets(records, pot, cap);
        let placed: u64 = targets.iter().flatten().sum();
        Self {
            total,
            reserve_target,
            cap,
            unplaced: if placed > 0 { pot.saturating_sub(placed) } else { 0 },
            targets,
            budget,
            leaving,
            slack: (count + 1) * (stake_rent + 1),
            tolerance: policy.threshold.get().max(MINIMUM),
        }
    }

    /// Stake that the staker may deactivate in one epoch: the budget, or two minimum delegations; none for no bound.
    pub fn staker_budget(&self) -> Option<u64> {
        self.budget.map(|budget| budget.max(2 * MINIMUM))
    }

    /// Stake that the staker may still deactivate; none for no bound.
    pub fn turnover_left(&self) -> Option<u64> {
        self.staker_budget().map(|budget| budget.saturating_sub(self.leaving))
    }

    /// Lamports of the validators with a target and the reserve below their targets.
    pub fn shortfall(&self, records: &[ValidatorStakeInfo], reserve: u64) -> u64 {
        let shortfalls = records.iter().zip(&self.targets).filter_map(|(record, target)| {
            let target = (*target)?;
            Some(target.saturating_sub(held(record)))
        });
        shortfalls.sum::<u64>() + (self.reserve_target + self.unplaced).saturating_sub(reserve)
    }
}

fn weight(record: &ValidatorStakeInfo) -> u128 {
    u128::from(record.extension.weight())
}

fn leaving(record: &ValidatorStakeInfo, stake_rent: u64) -> u64 {
    let transient = record.transient_stake_lamports.get().saturating_sub(stake_rent);
    if !is_active(record) {
        return record.active_stake_lamports.get().saturating_sub(stake_rent) + transient;
    }
    if record.extension.is_deactivating() { transient } else { 0 }
}

/// Shares `pot` by weight. Who would have more than `cap` has that, and the others share the rest, until none has more.
fn targets(records: &[ValidatorStakeInfo], pot: u64, cap: u64) -> Vec<Option<u64>> {
    let mut capped = vec![false; records.len()];
    loop {
        let free = |index: usize, record: &ValidatorStakeInfo, capped: &[bool]| {
            is_active(record) && weight(record) > 0 && !capped[index]
        };
        let spent = capped.iter().filter(|capped| **capped).count() as u128 * u128::from(cap);
        let rest = u128::from(pot).saturating_sub(spent);
        let weights: u128 =
            records.iter().enumerate().filter(|(i, r)| free(*i, r, &capped)).map(|(_, record)| weight(record)).sum();
        let part = |record: &ValidatorStakeInfo| rest * weight(record) / weights.max(1);
        let over: Vec<usize> = records
            .iter()
            .enumerate()
            .filter(|(index, record)| free(*index, record, &capped) && part(record) > u128::from(cap))
            .map(|(index, _)| index)
            .collect();
        if over.is_empty() {
            return records
                .iter()
                .enumerate()
                .map(|(index, record)| {
                    let target = if capped[index] { u128::from(cap) } else { part(record) };
                    (is_active(record) && weight(record) > 0).then(|| u64::try_from(target).expect("a part of the pot"))
                })
                .collect();
        }
        over.into_iter().for_each(|index| capped[index] = true);
    }
}
