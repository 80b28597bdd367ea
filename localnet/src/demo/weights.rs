//! Weights, the policy and permissionless rebalances.

use {
    super::{KEEP_IN_RESERVE, stage::Stage},
    crate::{
        run::RunError,
        terminal::{Percent, Sol, counted},
    },
    solana_keypair::Keypair,
    solana_native_token::LAMPORTS_PER_SOL,
    tidepool_client::{
        actions::{self, weights},
        plan::{self, Direction, Plan, RebalanceOptions, RebalancePlan},
        pool::PoolSnapshot,
    },
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        rebalance::BASIS_POINTS,
    },
    tidepool_interface::state::{RebalancePolicy, ValidatorStakeInfo},
};

/// Weights of the validators, repeated along the list.
const WEIGHTS: [u16; 4] = [40, 30, 20, 10];

/// Deviation in lamports that causes no movement.
const THRESHOLD: u64 = 2 * LAMPORTS_PER_SOL;

/// Turnover budget in basis points of the pool.
const TURNOVER_BUDGET: u16 = 2_000;

/// A validator's weight, target and stake.
#[derive(Clone, Copy, Debug)]
pub struct Weighed {
    pub weight: u16,
    /// Target in lamports.
    pub target: u64,
    /// Lamports in its stake account.
    pub held: u64,
}

impl Stage<'_> {
    /// The pool's policy, except before a large SOL withdrawal.
    pub fn policy(&self) -> RebalancePolicy {
        RebalancePolicy {
            reserve_floor: KEEP_IN_RESERVE.into(),
            threshold: THRESHOLD.into(),
            turnover_budget: TURNOVER_BUDGET.into(),
            ..RebalancePolicy::DEFAULT
        }
    }

    /// The staker sets each validator's weight. Nothing later needs the staker's key.
    pub async fn set_weights(&mut self, staker: &Keypair) -> Result<(), RunError> {
        let votes = self.snapshot().records().iter().map(|record| record.vote_account_address);
        let wanted: Vec<_> = votes.zip(WEIGHTS.iter().copied().cycle()).collect();
        let changes = weights::changes(self.snapshot(), &wanted, weights::Unlisted::Keep)?;
        let plan = weights::set_validator_weights(self.snapshot(), &changes)?;
        self.driver.send("Setting weights", &plan, &[staker]).await?;
        let weights: Vec<String> = WEIGHTS.iter().map(u16::to_string).collect();
        self.event(format!("the staker sets the weights {} in turn, and goes away for good", weights.join(", ")));
        self.refresh().await
    }

    /// The manager sets the policy.
    pub async fn set_policy(&mut self, policy: RebalancePolicy, what: &str) -> Result<(), RunError> {
        let group = actions::set_rebalance_policy(self.snapshot(), &policy)?;
        self.driver.send("Setting the policy", &Plan::one("set the policy", group), &[&self.manager]).await?;
        let reserve = Sol(policy.reserve_floor.get());
        let turnover = Percent { part: u64::from(policy.turnover_budget.get()), whole: u64::from(BASIS_POINTS) };
        self.event(format!("{what}: {reserve} SOL in the reserve, turnover {turnover} an epoch"));
        self.refresh().await
    }

    /// The manager raises the reserve target for Ada's withdrawal in the next epoch.
    pub async fn raise_reserve(&mut self) -> Result<(), RunError> {
        let tokens = self.tokens_of(&self.ada.address());
        let worth = self.snapshot().rate().lamports_for_withdrawal(PoolTokens::new(tokens)).map_or(0, Lamports::get);
        let policy = RebalancePolicy {
            // The exchange rate will be higher by then. A hundredth is far more than the rewards of an epoch.
            reserve_floor: (worth + worth / 100 + KEEP_IN_RESERVE).into(),
            turnover_budget: BASIS_POINTS.into(),
            ..self.policy()
        };
        self.set_policy(policy, "the manager raises the target, for Ada wants to leave in SOL").await
    }

    /// Rebalances. The payer of all fees signs, who has no role in the pool.
    pub async fn rebalance(&mut self) -> Result<(), RunError> {
        let rebalance = plan::rebalance(self.snapshot(), &RebalanceOptions::default())?;
        if rebalance.is_empty() {
            return Ok(());
        }
        self.driver.send("Rebalancing", &rebalance.plan, &[]).await?;
        let directions = [Direction::Recall, Direction::Keep, Direction::Increase, Direction::Decrease];
        let moved = directions.map(|direction| told(&rebalance, direction));
        let moved: Vec<String> = moved.into_iter().flatten().collect();
        self.event(format!("a cranker rebalances: {}", moved.join(", ")));
        self.refresh().await
    }

    /// Whether no stake is activating or deactivating.
    pub fn is_at_rest(&self) -> bool {
        self.snapshot().records().iter().all(|record| record.transient_stake_lamports.get() == 0)
    }
}

fn told(rebalance: &RebalancePlan, direction: Direction) -> Option<String> {
    let movements = rebalance.movements.iter().filter(|movement| movement.direction == direction);
    let (count, lamports) = (movements.clone().count(), movements.map(|movement| movement.lamports).sum::<u64>());
    let what = match direction {
        Direction::Increase => "delegated to",
        Direction::Decrease => "deactivated at",
        Direction::Recall => "recalled from",
        Direction::Keep => "kept with",
    };
    (count > 0).then(|| format!("{} SOL {what} {}", Sol(lamports), counted(count, "validator")))
}

/// Maximum deviation in lamports: the threshold, and the rents that the reserve lends to decreases.
pub fn tolerance(snapshot: &PoolSnapshot) -> u64 {
    let rents = snapshot.environment().stake_rent() * (snapshot.records().len() as u64 + 1);
    THRESHOLD.max(snapshot.environment().minimum_delegation()) + rents
}

/// Target and stake of each validator, by a formula independent of the program's.
///
/// # Errors
/// [`RunError::Mismatch`] if a validator's deviation exceeds the tolerance.
pub fn check(snapshot: &PoolSnapshot) -> Result<Vec<Weighed>, RunError> {
    let records = snapshot.records();
    let held = |record: &ValidatorStakeInfo| record.active_stake_lamports.get() + record.transient_stake_lamports.get();
    let all: u64 = snapshot.reserve_lamports_above_rent() + records.iter().map(held).sum::<u64>();
    let floor = snapshot.policy().map_or(0, |policy| policy.reserve_floor.get());
    let weights: u64 = records.iter().map(|record| u64::from(record.extension.weight())).sum();
    let weighed = records.iter().map(|record| {
        let weight = record.extension.weight();
        let target = u128::from(all - floor) * u128::from(weight) / u128::from(weights);
        let target = u64::try_from(target).unwrap_or(u64::MAX);
        if target.abs_diff(held(record)) > tolerance(snapshot) {
            return Err(RunError::Mismatch {
                what: format!("the stake of validator {}, in lamports,", record.vote_account_address),
                expected: format!("{target}, give or take {}", tolerance(snapshot)),
                found: held(record).to_string(),
            });
        }
        Ok(Weighed { weight, target, held: held(record) })
    });
    weighed.collect()
}
