//! Demotions: once in a run, before the rebalance.

use {
    super::{Crank, Cranked, PlanSender, report::Run},
    crate::{
        actions::Demotion,
        cluster::Cluster,
        plan::{self, Step, VoteAccounts},
        pool::{PoolSnapshot, StakeSelection},
    },
};

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    /// Demotes validators of an up-to-date pool as its policy allows, if the options say so. One that cannot be demoted after all is no
    /// error: another cranker was faster, or its vote account has changed.
    pub(super) async fn demote(&self, snapshot: PoolSnapshot, run: &mut Run) -> Cranked<PoolSnapshot, S> {
        let votes = if self.options.demote { plan::judged_votes(&snapshot) } else { Vec::new() };
        if votes.is_empty() || run.judged_in == Some(snapshot.epoch()) {
            return Ok(snapshot);
        }
        run.judged_in = Some(snapshot.epoch());
        let accounts = self.ask(self.retrying_cluster().accounts(&votes)).await?;
        let accounts: VoteAccounts = votes.into_iter().zip(accounts).collect();
        let planned = plan::demotions(&snapshot, &accounts)?;
        run.postponed_demotions = planned.postponed;
        if planned.demotions.is_empty() {
            return Ok(snapshot);
        }
        self.choose_format(&snapshot, run).await?;
        let sent = run.sent.len();
        let landed = self.send_plan(&planned.plan, &snapshot, run).await?;
        run.keep_problem();
        let demoted: Vec<Demotion> = {
            let steps = || run.sent[sent..].iter().filter(|sent| sent.outcome.is_landed()).flat_map(|sent| &sent.steps);
            let has_landed = |demotion: &Demotion| {
                steps().any(|step| matches!(step, Step::Demote { vote, .. } if *vote == demotion.vote))
            };
            planned.demotions.into_iter().filter(has_landed).collect()
        };
        let shows = |now: &PoolSnapshot| landed == 0 || demoted.iter().all(|demotion| is_demoted(now, demotion));
        let after = self.reread_until(&snapshot, &StakeSelection::None, shows).await?;
        run.demotions.extend(demoted);
        Ok(after)
    }
}

fn is_demoted(snapshot: &PoolSnapshot, demotion: &Demotion) -> bool {
    let record = snapshot.validator(&demotion.vote).map(|validator| validator.record);
    record.is_none_or(|record| record.extension.is_demoted())
}
