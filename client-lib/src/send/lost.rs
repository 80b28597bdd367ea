//! Expired transactions: whether they are lost, and signing them again.
//!
//! Signing a landed transaction again would execute it twice. A cluster keeps the statuses of some 300 blocks without
//! its history. Frequent status checks cannot miss a transaction. After a longer gap the sender checks the history.
//! Without a history the outcome is unknown.

use {
    super::{
        Lifetime, Outcome, Sender, UnknownReason,
        in_flight::InFlight,
        stage::{Liveness, StageOutcomes, check_count},
    },
    crate::cluster::{Cluster, ClusterError},
    tokio::time::Instant,
};

/// Most blocks between two status checks without a gap: a third of what the status cache holds.
const MAX_UNSEEN_BLOCKS: u64 = 100;

impl<C: Cluster> Sender<'_, C> {
    /// Signs lost transactions again, or settles them after the last attempt.
    pub(super) async fn renew<'t>(
        &self,
        in_flight: Vec<InFlight<'t>>,
        outcomes: &mut StageOutcomes<'t>,
        liveness: &mut Liveness,
        checked_at: Instant,
    ) -> Vec<InFlight<'t>> {
        let (seemingly, mut pending): (Vec<_>, Vec<_>) =
            in_flight.into_iter().partition(|tracked| tracked.is_lost(checked_at, self.options.settle));
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

    /// The transactions that the history does not know either. Others are settled, or stay pending until their status
    /// is final.
    async fn certainly_lost<'t>(
        &self,
        in_flight: Vec<InFlight<'t>>,
        pending: &mut Vec<InFlight<'t>>,
        outcomes: &mut StageOutcomes<'t>,
        liveness: &mut Liveness,
    ) -> Vec<InFlight<'t>> {
        let signatures: Vec<_> = in_flight.iter().map(|tracked| tracked.signature).collect();
        let known = self.cluster.statuses_in_history(&signatures).await;
        let known = match known.and_then(|known| check_count(&signatures, known)) {
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
