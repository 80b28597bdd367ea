//! Why a validator has the stake that it has, and what comes next.

use {
    super::{
        UpdateOptions, mergeable,
        rebalance::{self, Direction, RebalanceOptions, WhyNot, held},
    },
    crate::{
        error::{PlanError, Sol},
        pool::{PoolSnapshot, Validator},
    },
    solana_address::Address,
    solana_epoch_schedule::EpochSchedule,
    std::fmt,
    tidepool_interface::{
        StakePoolError,
        external::stake::Delegation,
        rebalance::{Inputs, Reason, Rebalance},
        state::{BASIS_POINTS, StakeStatus},
    },
};

/// Stake on its way to or from a validator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InMotion {
    /// Lamports, the rent of the account in which they move included.
    pub lamports: u64,
    /// Which way; `None` where neither the record nor a stake account that was read tells.
    pub direction: Option<Direction>,
    /// The first epoch whose update can bring it where it goes, as far as the stake account tells, where it was read. The cluster
    /// lets stake in and out at a limited rate, so that it may take longer.
    pub arrives_in: Option<u64>,
}

/// What happens next to a validator's stake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NextStep {
    /// A rebalance moves stake, as soon as somebody asks for it.
    Moves(Direction, u64),
    /// A rebalance moves nothing.
    Stays(WhyNot),
    /// The pool has to be updated first.
    NeedsUpdate,
    /// An update of this epoch left its stake unmerged: another has to merge it first.
    NeedsMerge,
    /// The rewards of the last epoch have to be paid first.
    RewardsBeingPaid,
    /// The pool has no extension: the staker moves stake by hand.
    NotExtended,
}

/// Why a validator has the stake that it has, and what comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeExplanation {
    /// The vote account.
    pub vote: Address,
    /// Index of the record in the list.
    pub index: usize,
    /// Where it is on its way out; `None` where the record holds no valid status.
    pub status: Option<StakeStatus>,
    /// Its weight; 0 for none.
    pub weight: u16,
    /// Sum of the weights of active validators.
    pub weights: u64,
    /// Lamports that it should have, rent of its stake account included; `None` without a weight.
    pub target: Option<u64>,
    /// Lamports that one validator may have, whatever its weight; `None` where the policy sets no bound.
    pub cap: Option<u64>,
    /// Lamports that it has for the rule: active stake and what is on its way to it, rent of its stake account included.
    pub held: u64,
    /// Lamports in its stake account, rent included.
    pub active: u64,
    /// Stake on its way.
    pub in_motion: Option<InMotion>,
    /// What happens next.
    pub next: NextStep,
    /// The epoch at present. What happens in it takes effect with the next one.
    pub epoch: u64,
    /// The slot at present.
    pub slot: u64,
}

impl StakeExplanation {
    /// Its share of all weights, in basis points, rounded down; `None` where nobody has a weight.
    pub fn share_basis_points(&self) -> Option<u64> {
        (u64::from(self.weight) * u64::from(BASIS_POINTS)).checked_div(self.weights)
    }

    /// Whether its weight would give it more than one validator may have.
    pub fn is_capped(&self) -> bool {
        self.target.is_some() && self.target == self.cap
    }

    /// Slots until the next epoch begins.
    pub fn slots_until_next_epoch(&self, schedule: &EpochSchedule) -> u64 {
        schedule.get_first_slot_in_epoch(self.epoch.saturating_add(1)).saturating_sub(self.slot)
    }

    /// The explanation in sentences, one after the other: what it should have, what it has, what moves, what comes next.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![self.why_target(), self.what_it_has()];
        sentences.extend(self.in_motion.map(|in_motion| in_motion.to_string()));
        sentences.push(self.what_comes_next());
        sentences
    }

    fn why_target(&self) -> String {
        match (self.status, self.target) {
            (Some(StakeStatus::Active), Some(target)) if self.is_capped() => format!(
                "It should have {}: the most that one validator may have, less than its weight of {} in {} would give it.",
                Sol(target),
                self.weight,
                self.weights
            ),
            (Some(StakeStatus::Active), Some(target)) => {
                let share = self.share_basis_points().unwrap_or(0);
                format!(
                    "It should have {}: its weight is {} of {} ({}.{:02} %).",
                    Sol(target),
                    self.weight,
                    self.weights,
                    share / 100,
                    share % 100
                )
            }
            (Some(StakeStatus::Active), None) => {
                "It has no weight: no new stake is sent to it, and none is taken away.".to_owned()
            }
            (Some(_), _) => "It is being removed: all its stake goes to the reserve.".to_owned(),
            (None, _) => "Its record holds no valid status.".to_owned(),
        }
    }

    fn what_it_has(&self) -> String {
        let holds = format!("It has {} in its stake account", Sol(self.active));
        match self.target {
            Some(target) if self.held < target => {
                format!(
                    "{holds}, and {} with what is on its way to it: {} too little.",
                    Sol(self.held),
                    Sol(target - self.held)
                )
            }
            Some(target) if self.held > target => {
                format!(
                    "{holds}, and {} with what is on its way to it: {} too much.",
                    Sol(self.held),
                    Sol(self.held - target)
                )
            }
            _ => format!("{holds}."),
        }
    }

    fn what_comes_next(&self) -> String {
        let next = self.epoch.saturating_add(1);
        match self.next {
            NextStep::Moves(Direction::Increase, lamports) => format!(
                "A rebalance sends it {} from the reserve now, which earns from epoch {next} on: anybody may ask for it.",
                Sol(lamports)
            ),
            NextStep::Moves(Direction::Decrease, lamports) => format!(
                "A rebalance takes {} from it now, which is in the reserve after the update in epoch {next}: anybody may ask for \
                 it.",
                Sol(lamports)
            ),
            NextStep::Moves(Direction::Recall, lamports) => format!(
                "A rebalance returns {} of its activating stake to the reserve: the validator would be above its target.",
                Sol(lamports)
            ),
            NextStep::Moves(Direction::Keep, lamports) => format!(
                "A rebalance keeps {} of its deactivating stake with the validator: it would be below its target.",
                Sol(lamports)
            ),
            NextStep::Stays(why) => format!("A rebalance moves nothing now: {why}."),
            NextStep::NeedsUpdate => {
                "The pool has not been updated in this epoch: nothing moves before, and its figures are those of the last update."
                    .to_owned()
            }
            NextStep::NeedsMerge => {
                "An update of this epoch left it unmerged: run an update to merge it; nothing else moves before.".to_owned()
            }
            NextStep::RewardsBeingPaid => {
                "Epoch rewards are being paid: nothing moves until they are, in a few slots.".to_owned()
            }
            NextStep::NotExtended => "The pool has no extension: its staker moves stake by hand.".to_owned(),
        }
    }
}

impl fmt::Display for InMotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lamports = Sol(self.lamports);
        let when = match self.arrives_in {
            Some(epoch) => format!(
                "the update in epoch {epoch}, or in a later one where the cluster moves more than it allows at once"
            ),
            None => "an update in a later epoch than that in which it began to move".to_owned(),
        };
        match self.direction {
            Some(Direction::Increase | Direction::Keep) => {
                write!(f, "{lamports} are on their way to it: {when} merges them.")
            }
            Some(Direction::Decrease | Direction::Recall) => {
                write!(f, "{lamports} are on their way to the reserve: {when} brings them there.")
            }
            None => write!(f, "{lamports} are in motion: {when} settles where."),
        }
    }
}

/// Explains the stake of the validator `vote`. The more stake accounts the snapshot holds, the more it tells; where its figures
/// are not of this epoch, they are those of the last update.
///
/// # Errors
/// Refusal `ValidatorNotFound`.
pub fn explain_stake(snapshot: &PoolSnapshot, vote: &Address) -> Result<StakeExplanation, PlanError> {
    let validator = snapshot.validator(vote).ok_or_else(|| {
        PlanError::refused(
            StakePoolError::ValidatorNotFound,
            format!("validator {vote} is not in the pool: choose one from its list"),
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
        weights: weights.map(|record| u64::from(record.extension.weight.get())).sum(),
        target: survey.as_ref().and_then(|(_, survey)| survey.target(record)),
        cap: survey.as_ref().and_then(|(inputs, _)| cap(snapshot, inputs)),
        held: held(record, snapshot.environment().stake_rent()),
        active: record.active_stake_lamports.get(),
        in_motion: in_motion(snapshot, &validator, is_mergeable),
        next: next_step(snapshot, &validator, is_mergeable)?,
        epoch: snapshot.epoch(),
        slot: snapshot.environment().clock.slot,
    })
}

fn is_mergeable(snapshot: &PoolSnapshot, validator: &Validator) -> bool {
    mergeable(snapshot, &UpdateOptions::default()).iter().any(|other| other.index == validator.index)
}

/// Lamports that one validator may have.
fn cap(snapshot: &PoolSnapshot, inputs: &Inputs) -> Option<u64> {
    let cap = inputs.policy.validator_cap.get();
    if cap >= BASIS_POINTS {
        return None;
    }
    let stakes = snapshot.records().iter().map(|record| {
        u128::from(record.active_stake_lamports.get()) + u128::from(record.transient_stake_lamports.get())
    });
    let total = stakes.sum::<u128>() + u128::from(inputs.reserve_lamports);
    // A part of what fits 64 bits.
    Some((total * u128::from(cap) / u128::from(BASIS_POINTS)) as u64)
}

fn in_motion(snapshot: &PoolSnapshot, validator: &Validator, is_mergeable: bool) -> Option<InMotion> {
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
    Some(InMotion {
        lamports: validator.record.transient_stake_lamports.get(),
        direction: delegation.map(read).or_else(recorded),
        arrives_in: delegation.map(|delegation| {
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
        Err(PlanError::Weights(_)) => return Ok(NextStep::Stays(WhyNot::Rule(Reason::NoWeight))),
        Err(error) => return Err(error),
    };
    let moves = plan.movements.iter().find(|movement| movement.index == validator.index);
    let stays = plan.unmoved.iter().find(|unmoved| unmoved.index == validator.index);
    Ok(match (moves, stays) {
        (Some(movement), _) => NextStep::Moves(movement.direction, movement.lamports),
        (None, Some(unmoved)) => NextStep::Stays(unmoved.why),
        (None, None) => NextStep::NeedsUpdate,
    })
}
