//! The rent of a decrease, for a reserve that cannot lend it.

use {
    super::{Crank, Cranked, PlanSender, report::Run},
    crate::{
        cluster::Cluster,
        compute,
        plan::{InstructionGroup, Plan},
        pool::{PoolSnapshot, StakeSelection},
        send::Summary,
    },
    solana_system_interface::instruction as system,
    std::sync::atomic::Ordering::Relaxed,
};

/// Lamports that stay with the payer, so that it can still pay for transactions.
const KEPT_BY_PAYER: u64 = 10_000_000;

/// Lamports that the reserve needs to lend one decrease the rent of its account. 0 where it can lend it, where no validator has
/// stake, and where the next update returns the rent of a transient account.
///
/// A pool of an SPL program, and one that never had weights, gets there by an ordinary SOL withdrawal of the whole reserve.
pub fn missing_reserve_rent(snapshot: &PoolSnapshot) -> u64 {
    let has_stake = snapshot.records().iter().any(|record| record.active_stake_lamports.get() > 0);
    let has_transient = snapshot.records().iter().any(|record| record.transient_stake_lamports.get() > 0);
    if !has_stake || has_transient {
        return 0;
    }
    let needed = snapshot.reserve_rent().saturating_add(snapshot.environment().stake_rent());
    needed.saturating_sub(snapshot.reserve_lamports())
}

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    /// Sends an up-to-date pool's reserve the rent that it needs, once an epoch, if the options say so and the payer can afford it.
    pub(super) async fn top_up(&self, snapshot: PoolSnapshot, run: &mut Run) -> Cranked<PoolSnapshot, S> {
        let lamports = missing_reserve_rent(&snapshot);
        if lamports == 0 {
            return Ok(snapshot);
        }
        let is_first = self.topped_up_in.load(Relaxed) != snapshot.epoch();
        let payer = self.plan_sender.payer().filter(|_| self.options.top_up && is_first);
        let held = match &payer {
            Some(payer) => {
                self.ask(self.retrying_cluster().account(payer)).await?.map_or(0, |account| account.lamports)
            }
            None => 0,
        };
        let Some(payer) = payer.filter(|_| held >= lamports.saturating_add(KEPT_BY_PAYER)) else {
            return Ok(snapshot);
        };
        let label = "send the reserve the rent of a decrease";
        let transfer = system::transfer(&payer, &snapshot.pool().head.reserve_stake, lamports);
        let plan = Plan::one(label, InstructionGroup::one(label, transfer, compute::FOREIGN));
        let landed = self.send_plan(&plan, &snapshot, run).await?;
        // A transfer that may still land is not repeated: the reserve would be sent the rent twice.
        if landed > 0 || run.problem.as_ref().is_some_and(Summary::has_unknown) {
            self.topped_up_in.store(snapshot.epoch(), Relaxed);
        }
        let shows = |now: &PoolSnapshot| landed == 0 || now.reserve_lamports() > snapshot.reserve_lamports();
        let after = self.reread_until(&snapshot, &StakeSelection::Transient, shows).await?;
        if landed > 0 {
            run.top_up_lamports += lamports;
        }
        self.note_round(landed > 0, run).await?;
        Ok(after)
    }
}
