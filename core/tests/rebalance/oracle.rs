//! The reference of the rule: targets in the simplest form, in 128 bits. It shares no code with the rule.

use {
    crate::model::{Pool, STAKE_RENT},
    tidepool_core::Validator,
};

const WHOLE: u128 = 10_000;

/// Targets and bounds that follow from a pool's policy and state.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Reserve target in lamports.
    pub reserve_target: u128,
    /// Maximum target of one validator in lamports; `None` without a cap.
    pub cap: Option<u128>,
    /// Turnover budget in lamports; `None` without a bound.
    pub budget: Option<u128>,
    /// Lamports to distribute by weight.
    pub distributable: u128,
    /// The target of each validator, if it has one: exact shares, rounded down.
    pub targets: Vec<Option<u128>>,
    /// Rounds of the distribution that found validators above the cap.
    pub rounds: usize,
}

impl Plan {
    pub fn of(pool: &Pool) -> Self {
        let policy = &pool.inputs.policy;
        let total = pool.total();
        let share = |lamports: u128, points: u16| lamports * u128::from(points) / WHOLE;
        let wanted = share(total, policy.reserve_share).max(policy.reserve_floor.into());
        let reserve_target =
            wanted.min(total / 2).max(u128::from(policy.reserve_rents) * u128::from(pool.inputs.stake_rent));
        let cap = Some(policy.validator_cap).filter(|cap| u128::from(*cap) < WHOLE);
        let cap = cap.map(|cap| share(total, cap));
        let budget = Some(policy.turnover_budget).filter(|budget| u128::from(*budget) < WHOLE);
        let budget = budget.map(|budget| share(total.min(pool.inputs.last_epoch_total_lamports.into()), budget));
        let distributable = total.saturating_sub(reserve_target).saturating_sub(settled(pool));
        let weights: Vec<Option<u128>> = pool
            .records
            .iter()
            .map(|record| Some(record.weight.into()).filter(|weight| record.is_active && *weight > 0))
            .collect();
        let (targets, rounds) = fill(&weights, distributable, cap);
        Self { reserve_target, cap, budget, distributable, targets, rounds }
    }

    /// The validators that have a target, each with its target.
    pub fn targeted<'a>(&'a self, pool: &'a Pool) -> impl Iterator<Item = (&'a Validator, u128)> {
        pool.records.iter().zip(&self.targets).filter_map(|(record, target)| Some((record, (*target)?)))
    }

    /// Lamports that a validator is below target.
    pub fn below(&self, pool: &Pool, index: usize) -> u128 {
        self.targets[index].unwrap_or(0).saturating_sub(pool.records[index].active_lamports.into())
    }
}

/// Stake of active validators without a weight. The rent of their activating stake returns to the reserve.
fn settled(pool: &Pool) -> u128 {
    let unweighted = pool.records.iter().filter(|record| record.is_active && record.weight == 0);
    unweighted
        .map(|record| {
            let transient = u128::from(record.transient_lamports);
            let arriving = if record.is_deactivating { 0 } else { transient.saturating_sub(STAKE_RENT.into()) };
            u128::from(record.active_lamports) + arriving
        })
        .sum()
}

/// Distributes `lamports` by weight. Lamports above the cap are distributed by weight among the other validators, until no target is
/// above the cap.
fn fill(weights: &[Option<u128>], lamports: u128, cap: Option<u128>) -> (Vec<Option<u128>>, usize) {
    let mut capped = vec![false; weights.len()];
    let mut rounds = 0;
    loop {
        let full: u128 = capped.iter().filter(|is| **is).map(|_| cap.unwrap_or(0)).sum();
        let open = |index: &usize| !capped[*index];
        let sum: u128 = (0..weights.len()).filter(open).filter_map(|index| weights[index]).sum();
        let rest = lamports.saturating_sub(full);
        let share = |weight: u128| (weight * rest).checked_div(sum).unwrap_or(0);
        let over = |index: &usize| cap.zip(weights[*index]).is_some_and(|(cap, weight)| share(weight) >= cap);
        let newly: Vec<usize> = (0..weights.len()).filter(open).filter(over).collect();
        if newly.is_empty() {
            let target = |index: usize| if capped[index] { cap } else { weights[index].map(share) };
            return ((0..weights.len()).map(target).collect(), rounds);
        }
        newly.into_iter().for_each(|index| capped[index] = true);
        rounds += 1;
    }
}
