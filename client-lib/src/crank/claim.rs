//! Payments of exit tickets, at the end of a run.

use {
    super::{Crank, Cranked, PlanSender, report::Run},
    crate::{
        cluster::Cluster,
        plan::{self, Claim, Step},
        pool::{PoolSnapshot, StakeSelection},
        tickets::read_tickets,
    },
    std::{
        collections::{HashMap, HashSet},
        sync::{Mutex, PoisonError},
    },
};

/// Most rounds of payments in a run: where claims fail, others are tried with what the reserve still has.
const MAX_CLAIM_ROUNDS: usize = 4;

/// What a crank knows of tickets between its runs.
#[derive(Debug, Default)]
pub(super) struct TicketMemory(Mutex<Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    /// Tickets that were open at the last read.
    open: Vec<u64>,
    /// Tickets that could not be paid although the reserve had the lamports, with the epoch of the attempt.
    refused: HashMap<u64, u64>,
}

impl TicketMemory {
    fn get(&self) -> Known {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, known: Known) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    /// Pays the open tickets of an up-to-date pool as far as the reserve can, if the options say so. A ticket that cannot be paid, for
    /// example because its recipient cannot receive lamports, is no error and keeps no other from being paid. It is tried once an
    /// epoch.
    pub(super) async fn claim(&self, mut snapshot: PoolSnapshot, run: &mut Run) -> Cranked<PoolSnapshot, S> {
        for _ in 0..MAX_CLAIM_ROUNDS {
            let has_tickets = snapshot.extension().is_some_and(|extension| extension.tickets.open.get() > 0);
            let is_payable = snapshot.reserve_lamports_above_rent() > 0
                && !snapshot.is_stale()
                && !snapshot.environment().rewards_are_being_paid();
            if !self.options.claim || !has_tickets || !is_payable {
                break;
            }
            let mut known = self.tickets.get();
            let mut tickets = self.ask(read_tickets(&self.retrying_cluster(), &snapshot, &known.open)).await?;
            known.open = tickets.iter().map(|ticket| ticket.id.get()).collect();
            known.refused.retain(|id, epoch| *epoch == snapshot.epoch() && known.open.contains(id));
            self.tickets.set(known.clone());
            tickets.retain(|ticket| !known.refused.contains_key(&ticket.id.get()));
            let planned = plan::claims(&snapshot, &tickets)?;
            if planned.claims.is_empty() {
                break;
            }
            self.choose_format(&snapshot, run).await?;
            let sent = run.sent.len();
            let landed = self.send_plan(&planned.plan, &snapshot, run).await?;
            run.keep_problem();
            let paid: HashSet<u64> = run.sent[sent..]
                .iter()
                .filter(|sent| sent.outcome.is_landed())
                .flat_map(|sent| &sent.steps)
                .filter_map(|step| match step {
                    Step::ClaimExit { id } => Some(*id),
                    _ => None,
                })
                .collect();
            let is_paid = |claim: &Claim| paid.contains(&claim.ticket.id.get());
            let (paid, refused): (Vec<Claim>, Vec<Claim>) = planned.claims.into_iter().partition(is_paid);
            known.refused.extend(refused.iter().map(|claim| (claim.ticket.id.get(), snapshot.epoch())));
            self.tickets.set(known);
            run.claims.extend(paid);
            let open = |now: &PoolSnapshot| now.extension().map_or(0, |extension| extension.tickets.open.get());
            let before = open(&snapshot);
            let shows = |now: &PoolSnapshot| landed == 0 || open(now) < before;
            snapshot = self.reread_until(&snapshot, &StakeSelection::None, shows).await?;
        }
        Ok(snapshot)
    }
}
