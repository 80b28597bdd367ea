//! Explains a validator's stake and the next change of it.

use {
    super::{
        UpdateOptions, mergeable,
        rebalance::{self, Direction, RebalanceOptions, UnmovedReason, held},
    },
    crate::{
        error::{PlanError, Sol},
        pool::{DemotedValidator, PoolSnapshot, Validator},
    },
    solana_address::Address,
    solana_epoch_schedule::EpochSchedule,
    std::fmt,
    tidepool_core::rebalance::{BASIS_POINTS, Inputs, Reason, Rebalance},
    tidepool_interface::{StakePoolError, external::stake::Delegation, state::StakeStatus},
};

/// Activating or deactivating stake of a validator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TransientStake {
    /// Lamports, including the rent of the transient stake account.
    pub lamports: u64,
    /// Its direction; `None` if neither the record nor a read stake account shows it.
    pub direction: Option<Direction>,
    /// The first epoch whose update can merge it, if the stake account was read. The cluster's warm-up and cool-down
    /// limits may delay it.
    pub mergeable_from_epoch: Option<u64>,
}

/// Next change of a validator's stake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NextStep {
    /// A rebalance moves these lamports, as soon as a transaction requests it.
    Moves(Direction, u64),
    /// A rebalance moves nothing.
    Stays(UnmovedReason),
    /// The pool must be updated first.
    NeedsUpdate,
    /// An update of this epoch left its stake unmerged: another update must merge it first.
    NeedsMerge,
    /// The rewards of the last epoch must be paid first.
    RewardsBeingPaid,
    /// The pool has no extension: the staker moves stake.
    NotExtended,
}

/// Explanation of a validator's stake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeExplanation {
    /// The vote account.
    pub vote: Address,
    /// Index of its record in the list.
    pub index: usize,
    /// Its status; `None` if the record's byte is invalid.
    pub status: Option<StakeStatus>,
    /// Its weight; 0 without one.
    pub weight: u16,
    /// Sum of the weights of active validators.
    pub weights: u64,
    /// Target in lamports, including the rent of its stake account; `None` without a weight.
    pub target: Option<u64>,
    /// Cap on one validator in lamports; `None` without a cap.
    pub cap: Option<u64>,
    /// Lamports that the rule counts: active and activating stake, including the rent of its stake account.
    pub held: u64,
    /// Lamports in its stake account, rent included.
    pub active: u64,
    /// Its activating or deactivating stake.
    pub transient: Option<TransientStake>,
    /// Next change of its stake.
    pub next: NextStep,
    /// Its demotion, if it is demoted.
    pub demotion: Option<DemotedValidator>,
    /// The current epoch. Changes take effect in the next one.
    pub epoch: u64,
    /// The current slot.
    pub slot: u64,
}

impl StakeExplanation {
    /// Its share of all weights, in basis points, rounded down; `None` without any weight.
    pub fn share_basis_points(&self) -> Option<u64> {
        (u64::from(self.weight) * u64::from(BASIS_POINTS)).checked_div(self.weights)
    }

    /// Whether the cap limits its target.
    pub fn is_capped(&self) -> bool {
        self.target.is_some() && self.target == self.cap
    }

    /// Slots until the next epoch begins.
    pub fn slots_until_next_epoch(&self, schedule: &EpochSchedule) -> u64 {
        schedule.get_first_slot_in_epoch(self.epoch.saturating_add(1)).saturating_sub(self.slot)
    }

    /// The explanation in sentences: target, present stake, movement, next change.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![self.target_sentence(), self.stake_sentence()];
        sentences.extend(self.transient.map(|transient| transient.to_string()));
        sentences.push(self.next_sentence());
        sentences
    }

    fn target_sentence(&self) -> String {
        if let (Some(demotion), Some(StakeStatus::Active)) = (self.demotion, self.status) {
            let from = demotion.reinstatable_from_epoch.max(self.epoch);
            return format!(
                "It was demoted in epoch {}: it takes no new stake, and rebalances return its stake to the reserve down to the \
                 minimum. A weight of the staker reinstates it, from epoch {from} on.",
                demotion.epoch
            );
        }
        match (self.status, self.target) {
            (Some(StakeStatus::Active), Some(target)) if self.is_capped() => format!(
                "Target: {}, the cap on one validator; its weight of {} of {} alone would be more.",
                Sol(target),
                self.weight,
                self.weights
            ),
            (Some(StakeStatus::Active), Some(target)) => {
                let share = self.share_basis_points().unwrap_or(0);
                format!(
                    "Target: {}, by its weight of {} of {} ({}.{:02} %).",
                    Sol(target),
                    self.weight,
                    self.weights,
                    share / 100,
                    share % 100
                )
            }
            (Some(StakeStatus::Active), None) => "It has no weight: rebalancing does not change its stake.".to_owned(),
            (Some(_), _) => "It is being removed: all its stake returns to the reserve.".to_owned(),
            (None, _) => "Its record has an invalid status.".to_owned(),
        }
    }

    fn stake_sentence(&self) -> String {
        let holds = format!("Its stake account holds {}", Sol(self.active));
        match self.target {
            Some(target) if self.held < target => {
                format!(
                    "{holds}; with activating stake it has {}, {} below target.",
                    Sol(self.held),
                    Sol(target - self.held)
                )
            }
            Some(target) if self.held > target => {
                format!(
                    "{holds}; with activating stake it has {}, {} above target.",
                    Sol(self.held),
                    Sol(self.held - target)
                )
            }
            _ => format!("{holds}."),
        }
    }

    fn next_sentence(&self) -> String {
        let next = self.epoch.saturating_add(1);
        match self.next {
            NextStep::Moves(Direction::Increase, lamports) => format!(
                "A rebalance delegates {} to it from the reserve now, which earns from epoch {next} on (permissionless).",
                Sol(lamports)
            ),
            NextStep::Moves(Direction::Decrease, lamports) => format!(
                "A rebalance deactivates {} of its stake now, which returns to the reserve with the update in epoch {next} \
                 (permissionless).",
                Sol(lamports)
            ),
            NextStep::Moves(Direction::Recall, lamports) => format!(
                "A rebalance returns {} of its activating stake to the reserve: the validator would be above target.",
                Sol(lamports)
            ),
            NextStep::Moves(Direction::Keep, lamports) => format!(
                "A rebalance keeps {} of its deactivating stake with the validator: it would be below target.",
                Sol(lamports)
            ),
            NextStep::Stays(reason) => format!("A rebalance moves nothing now: {reason}."),
            NextStep::NeedsUpdate => {
                "The pool is stale: nothing moves before an update, and its figures are those of the last update."
                    .to_owned()
            }
            NextStep::NeedsMerge => {
                "It has stake that can be merged: update the pool first; no other stake of this validator moves before."
                    .to_owned()
            }
            NextStep::RewardsBeingPaid => {
                "Epoch rewards are being distributed: nothing moves until this ends, in a few slots.".to_owned()
            }
            NextStep::NotExtended => "The pool has no extension: its staker increases and decreases stake.".to_owned(),
        }
    }
}

impl fmt::Display for TransientStake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lamports = Sol(self.lamports);
        let when = match self.mergeable_from_epoch {
            Some(epoch) => format!(
                "the update in epoch {epoch}, or a later one if the cluster's warm-up or cool-down limit is reached"
            ),
            None => "an update in a later epoch".to_owned(),
        };
        match self.direction {
            Some(Direction::Increase | Direction::Keep) => {
                write!(f, "Activating: {lamports}, merged by {when}.")
            }
            Some(Direction::Decrease | Direction::Recall) => {
                write!(f, "Deactivating: {lamports}, merged into the reserve by {when}.")
            }
            None => write!(f, "Transient: {lamports}, merged by {when}."),
        }
    }
}

/// Explains the stake of the validator `vote`. It is more detailed with more stake accounts in the snapshot. Figures of
/// a stale record are those of its last update.
///
/// # Errors
/// Refusal `ValidatorNotFound`.
pub fn explain_stake(snapshot: &PoolSnapshot, vote: &Address) -> Result<StakeExplanation, PlanError> {
    let validator = snapshot.validator(vote).ok_or_else(|| {
        PlanError::refused(
            StakePoolError::ValidatorNotFound,
            format!("validator {vote} is not in the pool: use a validator of its list"),
        )
    })?;
    let record = validator.record;
    let is_mergeable = is_mergeable(snapshot, &validator);
    let survey = snapshot.rebalance_inputs().map(|inputs| (inputs, Rebalance::survey(snapshot.records(), &inputs)));
    let weights = snapshot.records().iter().filter(|record| record.is_active());
    Ok(StakeExplanation {
        vote: *vote,
        index: validator.index,
        status: validator.status(),
        weight: validator.weight(),
        weights: weights.map(|record| u64::from(record.extension.weight())).sum(),
        target: survey.as_ref().and_then(|(_, survey)| survey.target(record)),
        cap: survey.as_ref().and_then(|(inputs, _)| cap(snapshot, inputs)),
        held: held(record, snapshot.environment().stake_rent()),
        active: record.active_stake_lamports.get(),
        transient: transient(snapshot, &validator, is_mergeable),
        demotion: snapshot.demotion_of(record),
        next: next_step(snapshot, &validator, is_mergeable)?,
        epoch: snapshot.epoch(),
        slot: snapshot.environment().clock.slot,
    })
}

fn is_mergeable(snapshot: &PoolSnapshot, validator: &Validator) -> bool {
    mergeable(snapshot, &UpdateOptions::default()).iter().any(|other| other.index == validator.index)
}

fn cap(snapshot: &PoolSnapshot, inputs: &Inputs) -> Option<u64> {
    let cap = inputs.policy.validator_cap;
    if cap >= BASIS_POINTS {
        return None;
    }
    let stakes = snapshot.records().iter().map(|record| {
        u128::from(record.active_stake_lamports.get()) + u128::from(record.transient_stake_lamports.get())
    });
    let total = stakes.sum::<u128>() + u128::from(inputs.reserve_lamports);
    // A part of a 64-bit total.
    Some((total * u128::from(cap) / u128::from(BASIS_POINTS)) as u64)
}

fn transient(snapshot: &PoolSnapshot, validator: &Validator, is_mergeable: bool) -> Option<TransientStake> {
    if !validator.has_transient_stake() {
        return None;
    }
    let delegation = validator.transient_delegation().map(|(_, delegation)| delegation);
    let is_known = snapshot.is_extended() && validator.record.extension.transient_bump().is_some();
    let recorded = || match (is_known, validator.record.extension.is_deactivating()) {
        (true, true) => Some(Direction::Decrease),
        (true, false) => Some(Direction::Increase),
        (false, _) => None,
    };
    let read = |delegation: &Delegation| {
        if delegation.is_delegated() { Direction::Increase } else { Direction::Decrease }
    };
    Some(TransientStake {
        lamports: validator.record.transient_stake_lamports.get(),
        direction: delegation.map(read).or_else(recorded),
        mergeable_from_epoch: delegation.map(|delegation| {
            let since =
                if delegation.is_delegated() { delegation.activation_epoch } else { delegation.deactivation_epoch };
            let earliest = if is_mergeable { snapshot.epoch() } else { snapshot.epoch().saturating_add(1) };
            since.get().saturating_add(1).max(earliest)
        }),
    })
}

fn next_step(snapshot: &PoolSnapshot, validator: &Validator, is_mergeable: bool) -> Result<NextStep, PlanError> {
    if !snapshot.is_extended() {
        return Ok(NextStep::NotExtended);
    }
    if snapshot.environment().rewards_are_being_paid() {
        return Ok(NextStep::RewardsBeingPaid);
    }
    if snapshot.is_stale() {
        return Ok(NextStep::NeedsUpdate);
    }
    if is_mergeable {
        return Ok(NextStep::NeedsMerge);
    }
    let plan = match rebalance::rebalance(snapshot, &RebalanceOptions::default()) {
        Ok(plan) => plan,
        Err(PlanError::Weights(_)) => return Ok(NextStep::Stays(UnmovedReason::Rule(Reason::NoWeight))),
        Err(error) => return Err(error),
    };
    let moves = plan.movements.iter().find(|movement| movement.index == validator.index);
    let stays = plan.unmoved.iter().find(|unmoved| unmoved.index == validator.index);
    Ok(match (moves, stays) {
        (Some(movement), _) => NextStep::Moves(movement.direction, movement.lamports),
        (None, Some(unmoved)) => NextStep::Stays(unmoved.reason),
        (None, None) => NextStep::NeedsUpdate,
    })
}
