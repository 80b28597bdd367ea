//! Reports of a crank.

use {
    super::{CrankError, NextRebalance},
    crate::{
        actions::Demotion,
        pack::TransactionFormat,
        plan::{Claim, RebalancePlan, StakeMovement, Step},
        pool::PoolSnapshot,
        send::{Outcome, Sent, Summary},
    },
    solana_address::Address,
    std::{collections::HashSet, error::Error},
};

/// Work done by a crank.
#[derive(Debug)]
pub struct CrankReport {
    /// The pool at the last read.
    pub snapshot: PoolSnapshot,
    /// All transactions, in order. One that failed because another cranker was faster is not a failure of the run.
    pub sent: Summary,
    /// Rounds in which transactions were sent.
    pub rounds: u32,
    /// Stake that moved, by this crank or by others.
    pub movements: Vec<StakeMovement>,
    /// Landed transactions of the rebalance.
    pub rebalance_transactions: usize,
    /// A plan with the reasons of stake that does not move, or the plan that a watch defers to later in the epoch.
    /// `None` if the pool is only updated.
    pub rest: Option<RebalancePlan>,
    /// Lamports that were sent to the reserve, for the rent of a decrease.
    pub top_up_lamports: u64,
    /// Validators whose idle lamports (tips, block revenue) this crank moved to the reserve.
    pub swept_validators: usize,
    /// Those lamports.
    pub swept_lamports: u64,
    /// Idle lamports that stay beside the delegations of validators; `None` if the stake accounts were not read.
    pub idle_lamports: Option<u64>,
    /// Validators that this crank demoted.
    pub demotions: Vec<Demotion>,
    /// Validators that could be demoted, but not within the bounds of this epoch. Empty if they were not judged.
    pub postponed_demotions: Vec<Demotion>,
    /// Exit tickets that this crank paid.
    pub claims: Vec<Claim>,
    /// Time of a watch's next rebalance; `None` if every poll rebalances, and without a watch.
    pub next_rebalance: Option<NextRebalance>,
}

#[derive(Debug, Default)]
pub(super) struct Run {
    pub sent: Vec<Sent>,
    pub rounds: u32,
    /// Rounds in a row without progress.
    pub idle: u32,
    /// The last round if not all of it landed, until the pool is read again.
    pub problem: Option<Summary>,
    pub movements: Vec<StakeMovement>,
    pub rebalance_transactions: usize,
    pub rest: Option<RebalancePlan>,
    pub top_up_lamports: u64,
    /// Idle lamports that were found, those included that this run has swept.
    pub found_idle_lamports: Option<u64>,
    pub demotions: Vec<Demotion>,
    pub postponed_demotions: Vec<Demotion>,
    pub claims: Vec<Claim>,
    /// The epoch in which validators were judged for demotion.
    pub judged_in: Option<u64>,
    pub next_rebalance: Option<NextRebalance>,
    /// The format of transactions, once it was chosen.
    pub format: Option<TransactionFormat>,
}

impl Run {
    pub fn report(self, snapshot: PoolSnapshot) -> CrankReport {
        let swept_lamports = self.swept_lamports();
        CrankReport {
            swept_validators: self.sweeps().map(|(vote, _)| vote).collect::<HashSet<_>>().len(),
            swept_lamports,
            idle_lamports: self.found_idle_lamports.map(|found| found.saturating_sub(swept_lamports)),
            snapshot,
            sent: Summary { transactions: self.sent },
            rounds: self.rounds,
            movements: self.movements,
            rebalance_transactions: self.rebalance_transactions,
            rest: self.rest,
            top_up_lamports: self.top_up_lamports,
            demotions: self.demotions,
            postponed_demotions: self.postponed_demotions,
            claims: self.claims,
            next_rebalance: self.next_rebalance,
        }
    }

    /// Adds the transactions of the last round, if not all of it landed, without judging it.
    pub fn keep_problem(&mut self) {
        self.sent.extend(self.problem.take().into_iter().flat_map(|summary| summary.transactions));
    }

    /// Landed sweeps: vote accounts and lamports.
    fn sweeps(&self) -> impl Iterator<Item = (Address, u64)> {
        let landed = self.sent.iter().filter(|sent| sent.outcome.is_landed());
        landed.flat_map(|sent| &sent.steps).filter_map(|step| match *step {
            Step::Sweep { vote, lamports } => Some((vote, lamports)),
            _ => None,
        })
    }

    /// Idle lamports that this run has moved to the reserve.
    pub fn swept_lamports(&self) -> u64 {
        self.sweeps().map(|(_, lamports)| lamports).fold(0, u64::saturating_add)
    }

    /// The error, with the transactions that landed before.
    pub fn complete<E: Error + 'static>(mut self, error: CrankError<E>) -> CrankError<E> {
        let problem = self.problem.take();

        let with_earlier = |summary: Summary| {
            let earlier = self.sent.into_iter().filter(|sent| sent.outcome.is_landed());
            Summary { transactions: earlier.chain(summary.transactions).collect() }
        };
        match error {
            CrankError::NotLanded(summary) => CrankError::NotLanded(with_earlier(summary)),
            CrankError::Stopped(summary) => CrankError::Stopped(with_earlier(summary)),
            // An unknown outcome is more important than an unresponsive cluster.
            error => match problem {
                Some(summary) if error.is_cluster() && may_land(&summary) => {
                    CrankError::NotLanded(with_earlier(summary))
                }
                _ => error,
            },
        }
    }
}

fn may_land(summary: &Summary) -> bool {
    summary.problems().any(|sent| matches!(sent.outcome, Outcome::Unknown { .. }))
}
