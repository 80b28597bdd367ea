//! Transactions that seem lost: whether they are, and what then.
//!
//! To sign one anew that has landed would be to do it twice. A cluster remembers the statuses of some 300 blocks without being
//! asked for its history. Who looks often enough cannot miss one; who was asleep, or waited for an endpoint, has to ask for
//! the history, and where nobody keeps it, it stays open what became of the transaction.

use {
    super::{
        Lifetime, Outcome, Sender, UnknownReason,
        in_flight::InFlight,
        stage::{Liveness, StageOutcomes, complete},
    },
    crate::cluster::{Cluster, ClusterError},
    tokio::time::Instant,
};

/// Blocks that may pass between two looks without anything being forgotten in between: a third of what is remembered.
const MAX_UNSEEN_BLOCKS: u64 = 100;

impl<C: Cluster> Sender<'_, C> {
    /// Signs lost transactions anew, or settles them if they have been tried often enough.
    pub(super) async fn renew<'t>(
        &self,
        in_flight: Vec<InFlight<'t>>,
        outcomes: &mut StageOutcomes<'t>,
        liveness: &mut Liveness,
        looked_at: Instant,
    ) -> Vec<InFlight<'t>> {
        let (seemingly, mut pending): (Vec<_>, Vec<_>) =
            in_flight.into_iter().partition(|tracked| tracked.is_lost(looked_at, self.options.settle));
        if seemingly.is_empty() {
            return pending;
        }
        let lost = self.certainly_lost(seemingly, &mut pending, outcomes, liveness).await;
        let is_last = |tracked: &InFlight| tracked.attempt >= self.attempts() || self.stop.is_requested();
        let (last, lost): (Vec<_>, Vec<_>) = lost.into_iter().partition(is_last);
        for tracked in last {
            let has_fixed_hash = self.options.lifetime != Lifetime::Latest;
            outcomes.settle(tracked.index, Outcome::Expired { attempts: tracked.attempt, has_fixed_hash });
        }
        if lost.is_empty() {
            return pending;
        }
        let blockhash = match self.cluster.latest_blockhash().await {
            Ok(blockhash) => blockhash,
            Err(error) => {
                liveness.last_error = Some(error);
                pending.extend(lost);
                return pending;
            }
        };
        for mut tracked in lost {
            if let Err(reason) = tracked.restart(self, &blockhash) {
                outcomes.settle(tracked.index, Outcome::NotSent(reason));
            } else {
                pending.push(tracked);
            }
        }
        pending
    }

    /// Those of which the history knows nothing either. What it knows is settled, or pending where it is not certain yet.
    async fn certainly_lost<'t>(
        &self,
        in_flight: Vec<InFlight<'t>>,
        pending: &mut Vec<InFlight<'t>>,
        outcomes: &mut StageOutcomes<'t>,
        liveness: &mut Liveness,
    ) -> Vec<InFlight<'t>> {
        let signatures: Vec<_> = in_flight.iter().map(|tracked| tracked.signature).collect();
        let known = self.cluster.statuses_in_history(&signatures).await;
        let known = match known.and_then(|known| complete(&signatures, known)) {
            Ok(known) => known,
            Err(error) if error.is_transient() || matches!(error, ClusterError::UnexpectedAnswer { .. }) => {
                liveness.last_error = Some(error);
                pending.extend(in_flight);
                return vec![];
            }
            // This endpoint keeps no history.
            Err(_) => {
                let (lost, open): (Vec<_>, Vec<_>) =
                    in_flight.into_iter().partition(|tracked| tracked.unseen_blocks() <= MAX_UNSEEN_BLOCKS);
                for tracked in open {
                    let signature = tracked.signature;
                    outcomes.settle(tracked.index, Outcome::Unknown { signature, reason: UnknownReason::Forgotten });
                }
                return lost;
            }
        };
        let mut lost = vec![];
        for (mut tracked, status) in in_flight.into_iter().zip(known) {
            let Some(status) = status else {
                lost.push(tracked);
                continue;
            };
            tracked.note_seen(Some(&status));
            match self.outcome_of(&tracked, Some(status)).await {
                Some(outcome) => outcomes.settle(tracked.index, outcome),
                None => pending.push(tracked),
            }
        }
        lost
    }
}
