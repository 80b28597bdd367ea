//! Rounds of an update: plan, send and read again, until the pool is up to date.

use {
    super::{Backlog, Crank, Cranked, PlanSender, report::Run},
    crate::{
        cluster::Cluster,
        plan::{self, UpdateOptions},
        pool::{PoolSnapshot, StakeSelection},
    },
};

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    /// Updates until no record is stale, no stake can be merged and no entry needs a cleanup.
    pub(super) async fn update(&self, mut snapshot: PoolSnapshot, run: &mut Run) -> Cranked<PoolSnapshot, S> {
        let mut all = self.options.update.all && run.rounds == 0;
        loop {
            snapshot = self.with_transient_stakes(snapshot).await?;
            let backlog = self.backlog(&snapshot);
            if backlog.is_empty() && !all {
                return Ok(snapshot);
            }
            if self.has_to_wait(&snapshot, all) {
                snapshot = self.wait_for_rewards(&snapshot).await?;
                continue;
            }
            let lookup_tables = self.find_lookup_tables(&snapshot, run).await?;
            if backlog.is_stale || all {
                // The stake accounts show which stake can be merged: one failed merge would fail its whole transaction.
                snapshot = self.reread(&snapshot, &StakeSelection::All).await?;
                self.observer.pool_read(&snapshot);
                if self.has_to_wait(&snapshot, all) {
                    continue;
                }
            }
            let options = UpdateOptions { all, lookup_tables, ..self.options.update.clone() };
            let plan = plan::update(&snapshot, &options)?;
            if plan.is_empty() {
                return Ok(snapshot);
            }
            self.send_plan(&plan, &snapshot, run).await?;
            let has_landed = run.problem.is_none();
            let shows = |now: &PoolSnapshot| !has_landed || self.backlog(now).is_empty();
            let after = self.reread_until(&snapshot, &StakeSelection::Transient, shows).await?;
            let is_progress = all && has_landed || self.backlog(&after).is_progress_since(&backlog);
            self.note_round(is_progress, run).await?;
            all = all && !has_landed;
            snapshot = after;
        }
    }

    /// The pool with the stake accounts that show which stake can be merged.
    pub(super) async fn with_transient_stakes(&self, snapshot: PoolSnapshot) -> Cranked<PoolSnapshot, S> {
        match snapshot.has_stakes(&StakeSelection::Transient) {
            true => Ok(snapshot),
            false => self.reread(&snapshot, &StakeSelection::Transient).await,
        }
    }

    pub(super) fn backlog(&self, snapshot: &PoolSnapshot) -> Backlog {
        Backlog::with(snapshot, &self.options.update)
    }

    fn has_to_wait(&self, snapshot: &PoolSnapshot, all: bool) -> bool {
        let has_records = || match all {
            true => !snapshot.records().is_empty(),
            false => {
                let backlog = self.backlog(snapshot);
                backlog.stale_validators > 0 || backlog.validators_mergeable > 0
            }
        };
        snapshot.environment().rewards_are_being_paid() && has_records()
    }
}
