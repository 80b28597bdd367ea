//! Rounds of an update: plan, send and read again, until the pool is up to date.

use {
    super::{Backlog, Crank, Cranked, PlanSender, report::Run},
    crate::{
        cluster::Cluster,
        plan::{self, Sweep, UpdateOptions},
        pool::{PoolSnapshot, StakeSelection},
    },
    std::sync::atomic::Ordering::Relaxed,
};

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    /// Updates until no record is stale, no stake can be merged, no idle lamports are left to sweep, and no entry needs a cleanup.
    /// Idle lamports are looked for once an epoch: they show only in the stake accounts of all validators.
    pub(super) async fn update(&self, mut snapshot: PoolSnapshot, run: &mut Run) -> Cranked<PoolSnapshot, S> {
        let mut all = self.options.update.all && run.rounds == 0;
        loop {
            snapshot = self.with_transient_stakes(snapshot).await?;
            let backlog = self.backlog(&snapshot);
            let mut sweeps = false;
            if backlog.is_empty() && !all {
                if !self.looks_for_idle(&snapshot) {
                    return Ok(snapshot);
                }
                snapshot = self.reread(&snapshot, &StakeSelection::All).await?;
                sweeps = self.note_idle(&snapshot, run);
                if !sweeps && self.backlog(&snapshot).is_empty() {
                    return Ok(snapshot);
                }
            }
            if self.has_to_wait(&snapshot, all) {
                snapshot = self.wait_for_rewards(&snapshot).await?;
                continue;
            }
            let format = self.choose_format(&snapshot, run).await?;
            if backlog.is_stale || all {
                // The stake accounts show which stake can be merged: one failed merge would fail its whole transaction.
                snapshot = self.reread(&snapshot, &StakeSelection::All).await?;
                self.observer.pool_read(&snapshot);
                if self.has_to_wait(&snapshot, all) {
                    continue;
                }
                sweeps = self.note_idle(&snapshot, run);
            }
            let options = UpdateOptions { all, format, ..self.options.update.clone() };
            let plan = plan::update(&snapshot, &options)?;
            if plan.is_empty() {
                return Ok(snapshot);
            }
            self.send_plan(&plan, &snapshot, run).await?;
            let has_landed = run.problem.is_none();
            let shows = |now: &PoolSnapshot| !has_landed || self.backlog(now).is_empty();
            let after = self.reread_until(&snapshot, &StakeSelection::Transient, shows).await?;
            if !has_landed {
                self.idle_read_in.store(u64::MAX, Relaxed);
            }
            let is_progress = (all || sweeps) && has_landed || self.backlog(&after).is_progress_since(&backlog);
            self.note_round(is_progress, run).await?;
            all = all && !has_landed;
            snapshot = after;
        }
    }

    /// Whether idle lamports of this epoch have not been looked for, and could be swept now.
    fn looks_for_idle(&self, snapshot: &PoolSnapshot) -> bool {
        snapshot.is_extended()
            && self.options.update.sweep != Sweep::Never
            && self.idle_read_in.load(Relaxed) != snapshot.epoch()
            && !snapshot.environment().rewards_are_being_paid()
    }

    /// Notes the idle lamports of a pool that was read with all stake accounts. Returns whether some are to be swept.
    fn note_idle(&self, snapshot: &PoolSnapshot, run: &mut Run) -> bool {
        self.idle_read_in.store(snapshot.epoch(), Relaxed);
        let idle = snapshot.validators().map(|validator| plan::idle_lamports(snapshot, &validator));
        run.found_idle_lamports = Some(idle.fold(run.swept_lamports(), u64::saturating_add));
        !plan::sweepable(snapshot, &self.options.update).is_empty()
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
