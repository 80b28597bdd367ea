//! Rounds of a rebalance: plan, send, look again, until nothing moves.

use {
    super::output::Output,
    crate::{context::Context, error::CliError, freshness::Fresh, output::Landed},
    solana_address::Address,
    std::collections::HashSet,
    tidepool_client::{
        actions::WeightsError,
        cluster::Cluster,
        error::PlanError,
        plan::{self, RebalanceOptions, RebalancePlan, StakeMovement},
        pool::{PoolSnapshot, StakeSelection},
        send::{NotSent, Outcome, Summary},
    },
    tokio::time::sleep,
};

/// Rounds after which somebody else must be moving stake all the time.
const MOST_ROUNDS: usize = 16;

/// Rounds that may fail, since somebody else was faster.
const MOST_FAILURES: usize = 3;

/// How often validators are read that are to move, until none comes up that was not read.
const MOST_READINGS: usize = 8;

/// How often the pool is read again after a round. The endpoint that is asked may be behind the one that confirmed it.
const LOOKS: usize = 20;

/// What rounds have in common.
pub struct Rounds<'a, 'c, C> {
    context: &'a Context<'c, C>,
    options: RebalanceOptions,
}

impl<'a, 'c, C: Cluster> Rounds<'a, 'c, C> {
    /// Rounds with these options.
    pub const fn new(context: &'a Context<'c, C>, options: RebalanceOptions) -> Self {
        Self { context, options }
    }

    /// Plans a round. The vote accounts and stake accounts of those who are to move are read first, since no stake can be moved
    /// where they are unfit. Returns the pool as the plan knows it.
    ///
    /// # Errors
    /// [`CliError::Plan`], [`CliError::Pool`].
    pub async fn plan(&self, mut snapshot: PoolSnapshot) -> Result<(PoolSnapshot, RebalancePlan), CliError> {
        let cluster = self.context.cluster;
        let mut known: HashSet<Address> = HashSet::new();
        for _ in 0..MOST_READINGS {
            let plan = self.plan_from(&snapshot)?;
            let before = known.len();
            known.extend(plan.movements.iter().map(|movement| movement.vote));
            if known.len() == before {
                return Ok((snapshot, plan));
            }
            let reading = async {
                let mut snapshot = snapshot.read_again(cluster, StakeSelection::Only(known.clone())).await?;
                let votes: Vec<Address> = known.iter().copied().collect();
                snapshot.read_votes(cluster, &votes).await.map(|()| snapshot)
            };
            snapshot = self.context.watch("Reading the validators that are to move", reading).await?;
        }
        let plan = self.plan_from(&snapshot)?;
        Ok((snapshot, plan))
    }

    /// A pool without weights is one in which nothing moves, and no mistake of who asks.
    fn plan_from(&self, snapshot: &PoolSnapshot) -> Result<RebalancePlan, CliError> {
        match plan::rebalance(snapshot, &self.options) {
            Err(PlanError::Weights(WeightsError::NoWeights)) => Ok(RebalancePlan::default()),
            planned => Ok(planned?),
        }
    }

    /// Plans and sends until nothing moves.
    ///
    /// # Errors
    /// [`CliError`], where a round fails although nobody else has moved anything.
    pub async fn run(&self, fresh: Fresh) -> Result<Output, CliError> {
        let Fresh { mut snapshot, transactions } = fresh;
        let mut output = Output::new(&snapshot, false);
        output.transactions = transactions;
        let mut failures = 0;
        for _ in 0..MOST_ROUNDS {
            let (planned_on, plan) = self.plan(snapshot).await?;
            output.finish(&plan);
            if plan.is_empty() {
                break;
            }
            let sending = self.context.send_with(&plan.plan, &[], planned_on.program_id(), &self.options.lookup_tables);
            let landed = match sending.await {
                Ok(landed) => landed,
                Err(CliError::NotLanded(summary)) if failures < MOST_FAILURES && can_go_on(&summary) => {
                    failures += 1;
                    self.context.terminal.note("Not all of it landed, since the pool has changed: looking again");
                    Landed::of(&summary)
                }
                Err(CliError::NotLanded(summary)) => return Err(with_earlier(output.transactions, summary)),
                Err(error) => return Err(error),
            };
            let is_lost = landed.is_empty();
            let count = landed.len();
            output.transactions.extend(landed);
            snapshot = self.look_again(&planned_on, &plan, is_lost).await?;
            output.add(&moved(&planned_on, &snapshot, &plan), count);
        }
        Ok(output)
    }

    /// Reads the pool again, until it shows what has moved.
    async fn look_again(
        &self,
        before: &PoolSnapshot,
        plan: &RebalancePlan,
        is_lost: bool,
    ) -> Result<PoolSnapshot, CliError> {
        let mut snapshot = before.read_again(self.context.cluster, StakeSelection::None).await?;
        for _ in 0..LOOKS {
            if is_lost || plan.movements.iter().all(|movement| in_motion(&snapshot, &movement.vote) > 0) {
                break;
            }
            sleep(self.context.poll_every).await;
            snapshot = snapshot.read_again(self.context.cluster, StakeSelection::None).await?;
        }
        Ok(snapshot)
    }
}

/// The failure of a round, with what has landed before.
fn with_earlier(earlier: Vec<Landed>, summary: Summary) -> CliError {
    let transactions = earlier.into_iter().map(Landed::into_sent).chain(summary.transactions).collect();
    CliError::NotLanded(Summary { transactions })
}

/// Whether it is known what became of every transaction, so that looking again makes sense.
fn can_go_on(summary: &Summary) -> bool {
    summary.problems().all(|sent| {
        matches!(
            sent.outcome,
            Outcome::Failed { .. } | Outcome::WouldFail(_) | Outcome::NotSent(NotSent::EarlierDidNotLand)
        )
    })
}

fn in_motion(snapshot: &PoolSnapshot, vote: &Address) -> u64 {
    snapshot.validator(vote).map_or(0, |validator| validator.record.transient_stake_lamports.get())
}

/// The plan with what has moved in fact. It is the same unless somebody else was faster, but for a few lamports where
/// transactions have landed in another order.
fn moved(before: &PoolSnapshot, after: &PoolSnapshot, plan: &RebalancePlan) -> RebalancePlan {
    let rent = before.environment().stake_rent();
    let actual = |movement: &StakeMovement| {
        let lamports = in_motion(after, &movement.vote).saturating_sub(rent);
        (lamports > 0).then_some(StakeMovement { lamports, ..*movement })
    };
    RebalancePlan { movements: plan.movements.iter().filter_map(actual).collect(), ..plan.clone() }
}
