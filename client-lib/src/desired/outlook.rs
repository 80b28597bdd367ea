//! What rebalances do once all steps are made.

use {
    super::{Difference, Live, Part, Setting, Value},
    crate::{plan::held, pool::PoolSnapshot},
    bytemuck::Zeroable as _,
    std::collections::HashMap,
    tidepool_core::{
        maths::mul_div_floor,
        rebalance::{BASIS_POINTS, Rebalance},
    },
    tidepool_interface::state::{StakeStatus, ValidatorStakeInfo},
};

/// The way of the stake, by the totals of now. Lamports are of stake; without weights nothing moves.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Outlook {
    /// Validators that are added.
    pub added: usize,
    /// Lamports that they get from the reserve at once, rents included.
    pub added_lamports: u64,
    /// Validators that are removed.
    pub removed: usize,
    /// Lamports that their removal deactivates, rents included.
    pub removed_lamports: u64,
    /// Validators above target, beyond the threshold.
    pub above: usize,
    /// Lamports that rebalances take from them.
    pub above_lamports: u64,
    /// Validators below target, beyond the threshold.
    pub below: usize,
    /// Lamports that rebalances delegate to them, as far as the reserve has them.
    pub below_lamports: u64,
    /// Lamports that can be deactivated in an epoch; `None` without a bound.
    pub budget: Option<u64>,
    /// The fewest epochs in which the stake above target and that of removed validators can be deactivated.
    pub epochs: u64,
}

/// The way of the stake after `differences`; `None` if no weight, validator or policy changes, or the pool has no extension.
pub fn outlook(live: &Live, differences: &[Difference]) -> Option<Outlook> {
    let snapshot = &live.snapshot;
    let weights: HashMap<_, _> = differences
        .iter()
        .filter_map(|difference| match (difference.part, &difference.after) {
            (Part::Validator(vote), Value::Weight(weight)) => Some((vote, *weight)),
            _ => None,
        })
        .collect();
    let is_policy = |difference: &Difference| matches!(difference.part, Part::Setting(setting) if setting.section() == Setting::ReserveShare.section());
    if weights.is_empty() && !differences.iter().any(is_policy) {
        return None;
    }
    let mut inputs = snapshot.rebalance_inputs()?;
    apply_policy(&mut inputs.policy, differences);
    let (rent, minimum) = (snapshot.environment().stake_rent(), snapshot.environment().minimum_stake_lamports());
    let mut outlook = Outlook::default();
    let mut records = vec![];
    for record in snapshot.records() {
        let mut record = *record;
        match weights.get(&record.vote_account_address).filter(|_| record.is_active()) {
            Some(None) => {
                outlook.removed += 1;
                let lamports = record.stake_lamports().unwrap_or(u64::MAX);
                outlook.removed_lamports = outlook.removed_lamports.saturating_add(lamports);
                continue;
            }
            Some(Some(weight)) if record.extension.weight() != *weight => record.extension.set_weight(*weight),
            _ => {}
        }
        records.push(record);
    }
    for (vote, weight) in &weights {
        let is_new = snapshot.validator_record(vote).is_none_or(|record| !record.is_active());
        if let Some(weight) = weight.filter(|_| is_new) {
            outlook.added += 1;
            records.push(new_record(*vote, weight, minimum, snapshot));
        }
    }
    outlook.added_lamports = minimum.saturating_mul(outlook.added as u64);
    inputs.reserve_lamports =
        inputs.reserve_lamports.saturating_add(outlook.removed_lamports).saturating_sub(outlook.added_lamports);
    inputs.is_paused = false;
    let tolerance = inputs.policy.threshold.max(inputs.minimum_delegation);
    let survey = Rebalance::survey(&records, &inputs);
    for record in &records {
        let Some(target) = survey.target(record) else { continue };
        let held = held(record, rent);
        if held > target.saturating_add(tolerance) {
            outlook.above += 1;
            outlook.above_lamports = outlook.above_lamports.saturating_add(held - target);
        } else if target > held.saturating_add(tolerance) {
            outlook.below += 1;
            outlook.below_lamports = outlook.below_lamports.saturating_add(target - held);
        }
    }
    outlook.budget = budget(inputs.policy.turnover_budget, snapshot);
    let moved = outlook.above_lamports.saturating_add(outlook.removed_lamports);
    outlook.epochs = match outlook.budget {
        Some(budget) if moved > 0 => moved.div_ceil(budget.max(1)),
        _ => u64::from(moved > 0),
    };
    Some(outlook)
}

fn budget(share: u16, snapshot: &PoolSnapshot) -> Option<u64> {
    let total = snapshot.rate().total_lamports.get();
    (share < BASIS_POINTS).then(|| mul_div_floor(total, share.into(), BASIS_POINTS.into()).unwrap_or(total))
}

fn apply_policy(policy: &mut tidepool_core::rebalance::Policy, differences: &[Difference]) {
    for difference in differences {
        let (Part::Setting(setting), Value::Number(number)) = (difference.part, &difference.after) else { continue };
        // Shares of a file are at most 100 %.
        let points = u16::try_from(*number).unwrap_or(BASIS_POINTS);
        match setting {
            Setting::ReserveShare => policy.reserve_share = points,
            Setting::TurnoverBudget => policy.turnover_budget = points,
            Setting::ValidatorCap => policy.validator_cap = points,
            Setting::ReserveFloor => policy.reserve_floor = *number,
            Setting::Threshold => policy.threshold = *number,
            Setting::ReserveRents => policy.reserve_rents = u8::try_from(*number).unwrap_or(u8::MAX),
            _ => {}
        }
    }
}

fn new_record(
    vote: solana_address::Address,
    weight: u16,
    lamports: u64,
    snapshot: &PoolSnapshot,
) -> ValidatorStakeInfo {
    let mut record = ValidatorStakeInfo {
        active_stake_lamports: lamports.into(),
        last_update_epoch: snapshot.epoch().into(),
        status: StakeStatus::Active as u8,
        vote_account_address: vote,
        ..ValidatorStakeInfo::zeroed()
    };
    record.extension.set_weight(weight);
    record
}
