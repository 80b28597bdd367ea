//! Verdicts of a rebalance on all validators.

use crate::{failure::Failure, snapshot::Snapshot};
use tidepool_core::{
    minimum_delegation,
    rebalance::{Reason, Rebalance, Verdict},
};

/// What a rebalance does with a validator's stake now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Movement {
    /// 1 increase, 2 decrease, 3 recall of activating stake, 4 return of deactivating stake; 16 and the number of the reason for
    /// none.
    pub kind: u64,
    /// Lamports of stake that move.
    pub lamports: u64,
    /// The validator's target in lamports; `u64::MAX` without one.
    pub target: u64,
}

/// Totals of a rebalance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Survey {
    /// Lamports that the reserve is to hold above its rent.
    pub reserve_target: u64,
    /// Lamports of stake that may still be deactivated in this epoch; `u64::MAX` for no bound.
    pub turnover_left: u64,
    /// Numbers of ranked validators, each plus 1; 0 without a selection. They decide the compute units.
    pub selections: [u64; 2],
}

const fn number(reason: Reason) -> u64 {
    match reason {
        Reason::Paused => 0,
        Reason::NotActive => 1,
        Reason::NoWeight => 2,
        Reason::TransientStake => 3,
        Reason::Balanced => 4,
        Reason::ReserveSpent => 5,
        Reason::OthersFurtherBelow => 6,
        Reason::OthersFurtherAbove => 7,
        Reason::NothingNeeded => 8,
        Reason::BudgetSpent => 9,
        Reason::NoRentInReserve => 10,
    }
}

/// The verdict on each record, in the list's order.
///
/// # Errors
/// [`Reason::EpochRewardsActive`](crate::failure::Reason), `NotExtended`, `StakeListAndPoolOutOfDate`.
pub fn movements(snapshot: &Snapshot, mut each: impl FnMut(usize, Movement)) -> Result<Survey, Failure> {
    let inputs = snapshot.rebalance_inputs()?;
    snapshot.check_no_rewards()?;
    snapshot.check_up_to_date()?;
    let records = snapshot.records;
    let mut rebalance = Rebalance::survey(records, &inputs);
    for (index, record) in records.iter().enumerate() {
        let moving = record.transient_stake_lamports.get().saturating_sub(inputs.stake_rent);
        let (kind, lamports) = match rebalance.verdict(records, index) {
            Verdict::Increase(lamports) if lamports >= moving => (1, lamports - moving),
            Verdict::Increase(lamports) => (3, moving - lamports),
            Verdict::Decrease(lamports) if lamports >= moving => (2, lamports - moving),
            Verdict::Decrease(lamports) => (4, moving - lamports),
            Verdict::Recall => (if record.extension.is_deactivating() { 4 } else { 3 }, moving),
            Verdict::Nothing(reason) => (16 + number(reason), 0),
        };
        let is_demoted = record.is_active() && record.extension.is_demoted();
        // A demoted validator keeps the minimum.
        let minimum = inputs.stake_rent.saturating_add(minimum_delegation(snapshot.accounts.stake_program_minimum));
        let target = rebalance.target(record).unwrap_or(if is_demoted { minimum } else { u64::MAX });
        each(index, Movement { kind, lamports, target });
    }
    Ok(Survey {
        reserve_target: rebalance.reserve_target(),
        turnover_left: rebalance.turnover_left(),
        selections: rebalance.selections().map(|ranked| ranked.map_or(0, |ranked| ranked.saturating_add(1))),
    })
}
