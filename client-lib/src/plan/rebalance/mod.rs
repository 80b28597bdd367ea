//! Plans that move validators' stake towards their targets.

mod groups;
mod simulation;

use {
    super::Plan,
    crate::{
        checks::{check_no_rewards, check_up_to_date, require_policy},
        error::{PlanError, WeightsError},
        pack::TransactionFormat,
        pool::PoolSnapshot,
    },
    groups::Grouping,
    simulation::Simulation,
    solana_address::Address,
    std::fmt,
    tidepool_core::rebalance::Reason,
    tidepool_interface::state::ValidatorStakeInfo,
};

/// Options of a rebalance.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RebalanceOptions {
    /// The format that the plan is packed in ([`PackOptions::format`](crate::pack::PackOptions)). A legacy transaction
    /// holds the fewest validators.
    pub format: TransactionFormat,
    /// Most validators of one instruction; as many as fit if `None`.
    pub validators_per_instruction: Option<usize>,
    /// Only take stake to refill the reserve, if it is below its target by more than the threshold.
    pub reserve_only: bool,
}

/// Direction of a movement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// From the reserve to the validator.
    Increase,
    /// From the validator to the reserve.
    Decrease,
    /// Back to the reserve, before it is active: stake delegated in this epoch that exceeds the target.
    Recall,
    /// Back to the validator, before it is inactive: stake deactivated in this epoch without which the validator is
    /// below target.
    Keep,
}

impl Direction {
    /// Whether the movement reverses one of this epoch.
    pub const fn takes_back(self) -> bool {
        matches!(self, Self::Recall | Self::Keep)
    }
}

/// A movement of stake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeMovement {
    /// Index of the validator's record in the list.
    pub index: usize,
    /// The vote account.
    pub vote: Address,
    /// Its direction.
    pub direction: Direction,
    /// Lamports of stake, in addition to those that are activating or deactivating already.
    pub lamports: u64,
    /// Lamports of rent that the reserve lends to a new transient stake account; 0 if one exists.
    pub rent: u64,
    /// The validator's target in lamports, including the rent of its stake account. For a demoted validator it is the
    /// minimum that stays with it.
    pub target: u64,
    /// The validator's lamports before the movement, including rent, without deactivating stake.
    pub held: u64,
}

/// Why the program cannot move a validator's stake although the rule would.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Obstacle {
    /// The vote account does not exist: nothing can be delegated to it.
    VoteAccountClosed,
    /// The validator stake account is not delegated to the validator, or is deactivating.
    NotDelegated,
    /// The stake account would fall below the minimum, although the record says otherwise.
    TooLittleStake,
    /// Transient stake of an earlier epoch is not merged yet.
    TransientSinceEarlierEpoch,
}

impl Obstacle {
    /// The obstacle, in a few words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::VoteAccountClosed => "the vote account is closed; its weight is cleared: remove the validator",
            Self::NotDelegated => {
                "the stake account is no longer delegated to the validator; its weight is cleared: remove the validator"
            }
            Self::TooLittleStake => "the stake account has less than its record: update the pool",
            Self::TransientSinceEarlierEpoch => {
                "stake of an earlier epoch is still activating or deactivating: a later update merges it"
            }
        }
    }
}

/// Why a validator's stake does not move.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UnmovedReason {
    /// The rebalance rule.
    Rule(Reason),
    /// An obstacle.
    Obstacle(Obstacle),
}

impl UnmovedReason {
    /// The reason, in a few words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Rule(reason) => reason.message(),
            Self::Obstacle(obstacle) => obstacle.message(),
        }
    }

    /// Rank of a reason for a pool without movements: reasons that can be acted on come first.
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

impl fmt::Display for UnmovedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// A validator whose stake does not move.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unmoved {
    /// Index of its record in the list.
    pub index: usize,
    /// The vote account.
    pub vote: Address,
    /// The reason.
    pub reason: UnmovedReason,
}

/// Effect of a rebalance on idle lamports.
///
/// Stake delegated in an epoch earns from the next one. Deactivated stake earns until the end of the epoch, returns to
/// the reserve with the next update, and can be delegated again then. It earns again one epoch later. The cluster's
/// warm-up and cool-down limits are rarely reached.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct IdleStake {
    /// Idle lamports of the reserve that earn from the next epoch: the gain in lamport-epochs of each epoch from then
    /// on.
    pub newly_delegated: u64,
    /// Lower bound of lost lamport-epochs: lamports taken from validators, times the one epoch that they spend in the
    /// reserve.
    pub lost_lamport_epochs: u64,
    /// Lamports of rent that the reserve lends to transient stake accounts. They return with the next epoch's update.
    pub lent_rent: u64,
    /// Lamports that stay idle in the reserve above its rent.
    pub left_in_reserve: u64,
}

/// A rebalance: its movements and transactions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RebalancePlan {
    /// Transactions. The order within a stage changes the result by a few lamports only.
    pub plan: Plan,
    /// Movements, in the order of the instructions.
    pub movements: Vec<StakeMovement>,
    /// Validators whose stake does not move, in the list's order.
    pub unmoved: Vec<Unmoved>,
    /// Effect on idle lamports.
    pub idle: IdleStake,
    /// Target of the reserve in lamports, above its rent.
    pub reserve_target: u64,
    /// Turnover budget in lamports that remains in this epoch; `None` without a budget.
    pub turnover_left: Option<u64>,
}

impl RebalancePlan {
    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        self.movements.is_empty()
    }

    /// Why nothing moves in the pool; `None` if anything does. It is the highest-ranked reason of its validators.
    pub fn no_movement_reason(&self) -> Option<UnmovedReason> {
        let reasons = || self.unmoved.iter().map(|unmoved| unmoved.reason);
        self.is_empty().then(|| reasons().min_by_key(|reason| reason.rank())).flatten()
    }

    /// The unread vote accounts of validators that receive stake. Read them ([`PoolSnapshot::read_votes`]) and plan
    /// again, so that no transaction names a closed one.
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

/// Plans a rebalance: simulates it with the program's formulas until no stake moves, and groups the movements into
/// instructions. Permissionless: only the fee payer signs.
///
/// The plan is empty if there are no movements; [`RebalancePlan::no_movement_reason`] tells why. As in the program,
/// validators with an unusable vote or stake account are skipped, if these were read.
///
/// Recalls come first, because increases may need their lamports; then decreases of demoted validators, increases, and
/// other decreases. The rule does not depend on this order. If sending is interrupted, or the epoch ends, the idle lamports already earn, and no stake was
/// deactivated in vain.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `NotExtended`, `StakeListAndPoolOutOfDate`; [`PlanError::Weights`]
/// without any weight and any demoted validator; [`PlanError::Invalid`] if the list is too long for one transaction's compute units, and for 0
/// validators per instruction.
pub fn rebalance(snapshot: &PoolSnapshot, options: &RebalanceOptions) -> Result<RebalancePlan, PlanError> {
    let mut simulation = begin(snapshot)?;
    if !simulation.rebalance().has_weights() && !simulation.has_demoted() {
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
    // Recalled lamports are available for increases. A validator whose stake was recalled may then be decreased.
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
    check_no_rewards(snapshot)?;
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
            reason: simulation.unmoved_reason(index),
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
            newly_delegated: sum(Direction::Increase),
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

/// Lamports of a validator that a rebalance counts: without deactivating stake, and without the rent of activating
/// stake, which returns to the reserve.
pub fn held(record: &ValidatorStakeInfo, stake_rent: u64) -> u64 {
    let (active, moving) = (record.active_stake_lamports.get(), record.transient_stake_lamports.get());
    let arriving = if record.extension.is_deactivating() { 0 } else { moving.saturating_sub(stake_rent) };
    active.saturating_add(arriving)
}
