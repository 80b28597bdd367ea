//! Moving validators' stake towards their targets.

mod groups;
mod simulation;

use {
    super::Plan,
    crate::{
        actions::{WeightsError, require_policy},
        error::{PlanError, check_no_rewards},
        pool::PoolSnapshot,
        quote::check_up_to_date,
    },
    groups::Grouping,
    simulation::Simulation,
    solana_address::Address,
    solana_message::AddressLookupTableAccount,
    std::fmt,
    tidepool_interface::{rebalance::Reason, state::ValidatorStakeInfo},
};

/// How to rebalance.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RebalanceOptions {
    /// The lookup tables that the plan will be packed with ([`PackOptions::lookup_tables`](crate::pack::PackOptions)). Without
    /// any, a transaction has the legacy form, and holds fewer validators.
    pub lookup_tables: Vec<AddressLookupTableAccount>,
    /// Most validators of one instruction; as many as fit where it is `None`.
    pub validators_per_instruction: Option<usize>,
    /// Only take from validators what the reserve is below its target by, if that is more than the threshold.
    pub reserve_only: bool,
}

/// Which way stake moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// From the reserve to the validator.
    Increase,
    /// From the validator to the reserve.
    Decrease,
    /// Back to the reserve, before it is active: it was delegated in this epoch and would bring the validator above target.
    Recall,
    /// Back to the validator, before it is inactive: it was deactivated in this epoch and would bring the validator below target.
    Keep,
}

impl Direction {
    /// Whether stake returns to where it came from.
    pub const fn takes_back(self) -> bool {
        matches!(self, Self::Recall | Self::Keep)
    }
}

/// Stake that a rebalance moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeMovement {
    /// Index of the record in the list.
    pub index: usize,
    /// The vote account.
    pub vote: Address,
    /// Which way.
    pub direction: Direction,
    /// Lamports of stake, beyond those that move already.
    pub lamports: u64,
    /// Lamports of rent that the reserve lends to a new transient stake account; 0 where stake moves in the one that there is.
    pub rent: u64,
    /// Lamports that the validator should have, rent of its stake account included.
    pub target: u64,
    /// Lamports that it has before, rent of its stake account included, without those that leave it.
    pub held: u64,
}

/// Why the program could not move a validator's stake, though the rule would.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Obstacle {
    /// The vote account does not exist any more: nothing can be delegated to it.
    VoteAccountGone,
    /// The validator stake account is not delegated to the validator, or is being deactivated.
    NotDelegated,
    /// The stake account would be left with less than the minimum, although the record says otherwise.
    TooLittleStake,
    /// The transient stake began to move in an earlier epoch, and is not through yet.
    MovesSinceEarlier,
}

impl Obstacle {
    /// The obstacle, in a few words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::VoteAccountGone => {
                "the validator's vote account does not exist any more, and it loses its weight: remove the validator"
            }
            Self::NotDelegated => {
                "the validator's stake is not delegated to it any more, and it loses its weight: remove the validator"
            }
            Self::TooLittleStake => "the validator's stake account holds less than its record says: update the pool",
            Self::MovesSinceEarlier => {
                "stake of an earlier epoch is still activating or deactivating: a later update merges it"
            }
        }
    }
}

/// Why a validator's stake does not move.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WhyNot {
    /// By the rule.
    Rule(Reason),
    /// The stake cannot be moved.
    Obstacle(Obstacle),
}

impl WhyNot {
    /// The reason, in a few words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Rule(reason) => reason.message(),
            Self::Obstacle(obstacle) => obstacle.message(),
        }
    }

    /// How much it says about a pool in which nothing moves: what somebody could do something about comes first.
    const fn rank(self) -> u8 {
        match self {
            Self::Rule(Reason::Paused) | Self::Obstacle(_) => 0,
            Self::Rule(Reason::BudgetSpent) => 1,
            Self::Rule(Reason::NoRentInReserve) => 2,
            Self::Rule(Reason::ReserveSpent) => 3,
            Self::Rule(Reason::TransientStake) => 4,
            Self::Rule(Reason::OthersFurtherBelow | Reason::OthersFurtherAbove) => 5,
            Self::Rule(Reason::NothingNeeded) => 6,
            Self::Rule(Reason::Balanced) => 7,
            Self::Rule(Reason::NoWeight) => 8,
            Self::Rule(Reason::NotActive) => 9,
        }
    }
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// A validator whose stake does not move.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unmoved {
    /// Index of the record in the list.
    pub index: usize,
    /// The vote account.
    pub vote: Address,
    /// Why not.
    pub why: WhyNot,
}

/// What a rebalance changes about lamports that earn nothing.
///
/// Stake that is delegated in an epoch begins to earn with the next one; stake that is deactivated earns to the end of the
/// epoch, returns to the reserve with the update after it, and can be delegated again then, to earn an epoch later. (The
/// cluster lets stake in and out at a limited rate; at most times it is not reached.)
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct IdleStake {
    /// Lamports that lie idle in the reserve and begin to earn with the next epoch: as many lamport-epochs are gained in each
    /// epoch from then on.
    pub put_to_work: u64,
    /// Lamport-epochs lost at least: lamports that are taken from validators, times the one epoch in which they lie in the
    /// reserve.
    pub lost_lamport_epochs: u64,
    /// Lamports of rent that the reserve lends to the accounts in which stake moves. They are idle there as they would be in the
    /// reserve, and return to it with the next epoch's update.
    pub lent_rent: u64,
    /// Lamports that stay idle in the reserve, its rent aside.
    pub left_in_reserve: u64,
}

/// What a rebalance moves, and how.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RebalancePlan {
    /// What to send. Groups of one stage may come in any order; it makes a difference of a few lamports.
    pub plan: Plan,
    /// Stake that moves, in the order of the instructions.
    pub movements: Vec<StakeMovement>,
    /// Validators whose stake does not move, in the list's order.
    pub unmoved: Vec<Unmoved>,
    /// What it changes about idle lamports.
    pub idle: IdleStake,
    /// Lamports that the reserve is to hold, its rent aside.
    pub reserve_target: u64,
    /// Lamports of stake that may still be sent on their way to the reserve in this epoch afterwards; `None` where the policy sets
    /// no bound.
    pub turnover_left: Option<u64>,
}

impl RebalancePlan {
    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        self.movements.is_empty()
    }

    /// Why nothing moves, for the pool as a whole; `None` where something does. Of the reasons of its validators, the one that
    /// somebody could do something about.
    pub fn why_nothing_moves(&self) -> Option<WhyNot> {
        let reasons = || self.unmoved.iter().map(|unmoved| unmoved.why);
        self.is_empty().then(|| reasons().min_by_key(|why| why.rank())).flatten()
    }

    /// The vote accounts of validators that are to get stake: read them ([`PoolSnapshot::read_votes`]) and plan again, so that
    /// no transaction names one that is gone.
    pub fn unread_votes(&self, snapshot: &PoolSnapshot) -> Vec<Address> {
        self.movements
            .iter()
            // Each of these delegates stake.
            .filter(|movement| matches!(movement.direction, Direction::Increase | Direction::Keep))
            .map(|movement| movement.vote)
            .filter(|vote| snapshot.vote_account_exists(vote).is_none())
            .collect()
    }
}

/// Plans a rebalance: works out, with the program's own formulas, what it will do, until nobody moves any more, and puts that
/// into instructions. Anybody may send them; nobody has to sign but the fee payer.
///
/// The plan is empty where nothing is to be moved; [`RebalancePlan::why_nothing_moves`] says why. Validators whose vote account
/// or stake account is known to be unfit are left out, as the program would: read them before.
///
/// Recalls come first, because increases may need their lamports; then increases, then decreases. The order of these makes no
/// difference to the rule, but the sender may be interrupted, or the epoch may end: idle lamports then earn already, and
/// stake that is not deactivated yet loses nothing.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `NotExtended`, `StakeListAndPoolOutOfDate`; [`PlanError::Weights`] where nobody has
/// a weight; [`PlanError::Invalid`] where the list is too long for one transaction's compute units, and for 0 validators per
/// instruction.
pub fn rebalance(snapshot: &PoolSnapshot, options: &RebalanceOptions) -> Result<RebalancePlan, PlanError> {
    let mut simulation = begin(snapshot)?;
    if !simulation.rebalance().has_weights() {
        return Err(WeightsError::NoWeights.into());
    }
    let mut grouping = Grouping::new(snapshot, options)?;
    if options.reserve_only {
        let mut left = simulation.reserve_shortfall();
        let order = simulation.order();
        grouping.stage(&mut simulation, &order, |movement| {
            let is_due = movement.direction == Direction::Decrease && left > 0;
            if is_due {
                left = left.saturating_sub(movement.lamports);
            }
            is_due
        });
        return Ok(summarize(snapshot, simulation, grouping.finish()?));
    }
    grouping.clear_weights(&mut simulation);
    // What is recalled is there for increases; a validator whose stake was recalled may then be decreased.
    for _ in 0..ROUNDS {
        let order = simulation.order();
        let recalled = grouping.stage(&mut simulation, &order, |movement| movement.direction.takes_back());
        let moved = grouping.stage(&mut simulation, &order, |movement| !movement.direction.takes_back());
        if !recalled && !moved {
            break;
        }
    }
    Ok(summarize(snapshot, simulation, grouping.finish()?))
}

/// Rounds of recalls and movements. Nothing moves in the third: increases and decreases cause no recalls.
const ROUNDS: usize = 3;

/// The simulation of a pool that can be rebalanced.
pub(super) fn begin(snapshot: &PoolSnapshot) -> Result<Simulation<'_>, PlanError> {
    require_policy(snapshot)?;
    check_no_rewards(snapshot.environment())?;
    check_up_to_date(snapshot)?;
    Simulation::new(snapshot)
}

fn summarize(snapshot: &PoolSnapshot, mut simulation: Simulation, plan: Plan) -> RebalancePlan {
    let still: Vec<usize> = (0..simulation.records().len()).filter(|index| !simulation.has_moved(*index)).collect();
    let unmoved: Vec<Unmoved> = still
        .into_iter()
        .map(|index| Unmoved {
            index,
            vote: snapshot.records()[index].vote_account_address,
            why: simulation.why_not(index),
        })
        .collect();
    let rebalance = simulation.rebalance();
    let sum = |direction| {
        let movements = simulation.movements().iter().filter(|movement| movement.direction == direction);
        movements.map(|movement| movement.lamports).fold(0, u64::saturating_add)
    };
    let rents = simulation.movements().iter().map(|movement| movement.rent).fold(0, u64::saturating_add);
    let turnover_left = rebalance.turnover_left();
    RebalancePlan {
        idle: IdleStake {
            put_to_work: sum(Direction::Increase),
            lost_lamport_epochs: sum(Direction::Decrease),
            lent_rent: rents,
            left_in_reserve: rebalance.reserve_lamports(),
        },
        reserve_target: rebalance.reserve_target(),
        turnover_left: (turnover_left != u64::MAX).then_some(turnover_left),
        plan,
        unmoved,
        movements: simulation.into_movements(),
    }
}

/// Lamports that a validator has as far as a rebalance is concerned: without those that leave it, and without the rent that goes
/// back to the reserve when those that come to it have arrived.
pub fn held(record: &ValidatorStakeInfo, stake_rent: u64) -> u64 {
    let (active, moving) = (record.active_stake_lamports.get(), record.transient_stake_lamports.get());
    let arriving = if record.extension.is_deactivating() { 0 } else { moving.saturating_sub(stake_rent) };
    active.saturating_add(arriving)
}
