//! What a crank has done.

use {
    super::{CrankError, NextRebalance, TopUp},
    crate::{
        plan::{RebalancePlan, StakeMovement},
        pool::PoolSnapshot,
        send::{Outcome, Sent, Summary},
    },
    solana_message::AddressLookupTableAccount,
    std::error::Error,
};

/// What a crank has done until nothing was left to do.
#[derive(Debug)]
pub struct CrankReport {
    /// The pool, as it was read last.
    pub snapshot: PoolSnapshot,
    /// All transactions, in order. One that failed since somebody else was faster is no failure of the whole.
    pub sent: Summary,
    /// How often something was sent.
    pub rounds: u32,
    /// Stake that has moved, whoever has moved it.
    pub movements: Vec<StakeMovement>,
    /// How many of the transactions that landed were there to move it.
    pub rebalance_transactions: usize,
    /// Why the rest does not move: a plan that moves nothing, or what a watch leaves for later in the epoch. `None` for a pool
    /// that is only updated.
    pub rest: Option<RebalancePlan>,
    /// What the reserve needed to lend a decrease the rent of its account; `None` where it can lend it.
    pub top_up: Option<TopUp>,
    /// When a watch rebalances next; `None` where it does so at every look, and without a watch.
    pub next_rebalance: Option<NextRebalance>,
}

/// What has happened so far.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub sent: Vec<Sent>,
    pub rounds: u32,
    /// Rounds in a row that brought nothing.
    pub idle: u32,
    /// The last round, where not all of it landed, until the pool has been looked at again.
    pub problem: Option<Summary>,
    pub movements: Vec<StakeMovement>,
    pub rebalance_transactions: usize,
    pub rest: Option<RebalancePlan>,
    pub top_up: Option<TopUp>,
    pub next_rebalance: Option<NextRebalance>,
    /// Those to use, once they have been looked for.
    pub lookup_tables: Option<Vec<AddressLookupTableAccount>>,
}

impl Run {
    pub fn report(self, snapshot: PoolSnapshot) -> CrankReport {
        CrankReport {
            snapshot,
            sent: Summary { transactions: self.sent },
            rounds: self.rounds,
            movements: self.movements,
            rebalance_transactions: self.rebalance_transactions,
            rest: self.rest,
            top_up: self.top_up,
            next_rebalance: self.next_rebalance,
        }
    }

    /// The error, with what has landed before.
    pub fn complete<E: Error + 'static>(mut self, error: CrankError<E>) -> CrankError<E> {
        let problem = self.problem.take();

        let with_earlier = |summary: Summary| {
            let earlier = self.sent.into_iter().filter(|sent| sent.outcome.is_landed());
            Summary { transactions: earlier.chain(summary.transactions).collect() }
        };
        match error {
            CrankError::NotLanded(summary) => CrankError::NotLanded(with_earlier(summary)),
            CrankError::Stopped(summary) => CrankError::Stopped(with_earlier(summary)),
            // That something may still land says more than that the cluster does not answer.
            error => match problem {
                Some(summary) if error.is_cluster() && may_land(&summary) => {
                    CrankError::NotLanded(with_earlier(summary))
                }
                _ => error,
            },
        }
    }
}

/// Whether a transaction is among them of which nobody knows what became.
fn may_land(summary: &Summary) -> bool {
    summary.problems().any(|sent| matches!(sent.outcome, Outcome::Unknown { .. }))
}
