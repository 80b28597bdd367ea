//! Rounds of a rebalance: plan, send and read again, until no stake moves.

use {
    super::{Crank, CrankError, Cranked, PlanSender, report::Run, timing::Timing},
    crate::{
        cluster::Cluster,
        error::{PlanError, WeightsError},
        pack::TransactionFormat,
        plan::{self, RebalanceOptions, RebalancePlan, StakeMovement},
        pool::{PoolSnapshot, StakeSelection},
    },
    solana_address::Address,
    std::collections::{HashMap, HashSet},
    tidepool_interface::{StakePoolError, state::ValidatorStakeInfo},
};

/// Most reads of further validators, until the plan has only validators whose accounts were read.
const MAX_READINGS: usize = 8;

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    /// Plans a rebalance of a pool that is up to date. The vote and stake accounts of the planned validators are read
    /// first: unusable ones are skipped. Returns the pool as the plan knows it.
    ///
    /// For a pool without weights the plan is empty.
    ///
    /// # Errors
    /// [`CrankError::Plan`], [`CrankError::Pool`].
    pub async fn plan_rebalance(
        &self,
        snapshot: &PoolSnapshot,
        options: &RebalanceOptions,
    ) -> Cranked<(PoolSnapshot, RebalancePlan), S> {
        let mut snapshot = snapshot.clone();
        let mut known: HashSet<Address> = HashSet::new();
        for _ in 0..MAX_READINGS {
            let plan = plan_from(&snapshot, options)?;
            let before = known.len();
            known.extend(plan.movements.iter().map(|movement| movement.vote));
            if known.len() == before {
                return Ok((snapshot, plan));
            }
            snapshot = self.reread(&snapshot, &StakeSelection::Only(known.clone())).await?;
            let votes: Vec<Address> = known.iter().copied().collect();
            self.ask(snapshot.read_votes(&self.retrying_cluster(), &votes)).await?;
        }
        let plan = plan_from(&snapshot, options)?;
        Ok((snapshot, plan))
    }

    /// The rebalance that is deferred to later in the epoch; `None` if it is due now.
    pub(super) fn deferred(&self, snapshot: &PoolSnapshot, timing: &mut Timing) -> Cranked<Option<RebalancePlan>, S> {
        if timing.is_always() {
            return Ok(None);
        }
        let plan = match plan_from(snapshot, &RebalanceOptions::default()) {
            Err(error) if epoch_has_ended(&error) => RebalancePlan::default(),
            planned => planned?,
        };
        let is_due = timing.is_due(&snapshot.environment().clock, &plan.plan);
        Ok((!is_due).then_some(plan))
    }

    /// Plans and sends until no stake moves, or the epoch has ended. In the latter case the returned pool is stale.
    pub(super) async fn rebalance(
        &self,
        mut snapshot: PoolSnapshot,
        options: &RebalanceOptions,
        run: &mut Run,
    ) -> Cranked<PoolSnapshot, S> {
        while !snapshot.is_stale() {
            if snapshot.environment().rewards_are_being_paid() {
                snapshot = self.wait_for_rewards(&snapshot).await?;
                continue;
            }
            let (planned_on, plan) = match self.plan_in_format(&snapshot, options, run).await {
                Err(CrankError::Plan(error)) if epoch_has_ended(&error) => {
                    self.pause(self.options.poll_every).await?;
                    snapshot = self.reread(&snapshot, &StakeSelection::None).await?;
                    continue;
                }
                planned => planned?,
            };
            self.observer.planned(&planned_on, &plan);
            if plan.is_empty() {
                run.rest = Some(plan);
                return Ok(planned_on);
            }
            snapshot = self.rebalance_round(&planned_on, &plan, run).await?;
            run.rest = Some(plan);
        }
        Ok(snapshot)
    }

    /// Chooses the format only if there is something to send.
    async fn plan_in_format(
        &self,
        snapshot: &PoolSnapshot,
        options: &RebalanceOptions,
        run: &mut Run,
    ) -> Cranked<(PoolSnapshot, RebalancePlan), S> {
        let is_known = run.format.is_some();
        let within = |format| RebalanceOptions { format, ..options.clone() };
        let planned = self.plan_rebalance(snapshot, &within(run.format.clone().unwrap_or_default())).await?;
        if planned.1.is_empty() || is_known {
            return Ok(planned);
        }
        match self.choose_format(&planned.0, run).await? {
            TransactionFormat::Legacy => Ok(planned),
            format => self.plan_rebalance(&planned.0, &within(format)).await,
        }
    }

    async fn rebalance_round(
        &self,
        before: &PoolSnapshot,
        plan: &RebalancePlan,
        run: &mut Run,
    ) -> Cranked<PoolSnapshot, S> {
        let landed = self.send_plan(&plan.plan, before, run).await?;
        let shows = |now: &PoolSnapshot| {
            plan.movements.iter().all(|movement| balances(now, movement) != balances(before, movement))
        };
        let after = self.reread_until(before, &StakeSelection::None, |now| landed == 0 || shows(now)).await?;
        let moved = moved(before, &after, plan);
        let is_progress = !moved.is_empty() || after.epoch() != before.epoch();
        run.rebalance_transactions += landed;
        run.movements.extend(moved);
        self.note_round(is_progress, run).await?;
        Ok(after)
    }
}

/// The plan; empty for a pool without weights.
fn plan_from(snapshot: &PoolSnapshot, options: &RebalanceOptions) -> Result<RebalancePlan, PlanError> {
    match plan::rebalance(snapshot, options) {
        Err(PlanError::Weights(WeightsError::NoWeights)) => Ok(RebalancePlan::default()),
        planned => planned,
    }
}

/// Whether planning failed because the epoch has ended during the read.
fn epoch_has_ended(error: &PlanError) -> bool {
    matches!(error, PlanError::EpochRewardsActive { .. })
        || error.stake_pool_error() == Some(StakePoolError::StakeListAndPoolOutOfDate)
}

/// Active and transient lamports of a movement's validator.
fn balances(snapshot: &PoolSnapshot, movement: &StakeMovement) -> (u64, u64) {
    let is_its = |record: &&ValidatorStakeInfo| record.vote_account_address == movement.vote;
    // The index changes only if a cleanup by another cranker came in between.
    let record = snapshot.records().get(movement.index).filter(is_its);
    record
        .or_else(|| snapshot.records().iter().find(is_its))
        .map_or((0, 0), |record| (record.active_stake_lamports.get(), record.transient_stake_lamports.get()))
}

/// Stake that did move. It is the plan's, unless other crankers were faster.
fn moved(before: &PoolSnapshot, after: &PoolSnapshot, plan: &RebalancePlan) -> Vec<StakeMovement> {
    let rent = before.environment().stake_rent();
    let mut movements_of: HashMap<Address, u32> = HashMap::new();
    for movement in &plan.movements {
        *movements_of.entry(movement.vote).or_default() += 1;
    }
    let actual = |movement: &StakeMovement| {
        let (had, has) = (balances(before, movement), balances(after, movement));
        if had == has {
            return None;
        }
        let [before, after] = [had.1, has.1].map(|transient| transient.saturating_sub(rent));
        let is_only_one = movements_of[&movement.vote] == 1;
        let lamports = if is_only_one { before.abs_diff(after) } else { movement.lamports };
        Some(StakeMovement { lamports, ..*movement })
    };
    plan.movements.iter().filter_map(actual).collect()
}
