//! Transactions that seem lost: whether they are, and what then.
//!
//! To sign one anew that has landed would be to do it twice. A cluster remembers the statuses of some 300 blocks without being
//! asked for its history. Who looks often enough cannot miss one; who was asleep, or waited for an endpoint, has to ask for
//! the history, and where nobody keeps it, it stays open what became of the transaction.

use {
    super::{
        Lifetime, Outcome, Sender, WhyUnknown,
        flight::Flight,
        stage::{Board, Pulse, complete},
    },
    crate::cluster::{Cluster, ClusterError},
    tokio::time::Instant,
};

/// Blocks that may pass between two looks without anything being forgotten in between: a third of what is remembered.
const MOST_UNSEEN_BLOCKS: u64 = 100;

impl<C: Cluster> Sender<'_, C> {
    /// Signs lost transactions anew, or settles them if they have been tried often enough.
    pub(super) async fn renew<'t>(
        &self,
        flights: Vec<Flight<'t>>,
        board: &mut Board<'t>,
        pulse: &mut Pulse,
        looked_at: Instant,
    ) -> Vec<Flight<'t>> {
        let (seemingly, mut pending): (Vec<_>, Vec<_>) =
            flights.into_iter().partition(|flight| flight.is_lost(looked_at, self.options.settle));
        if seemingly.is_empty() {
            return pending;
        }
        let lost = self.certainly_lost(seemingly, &mut pending, board, pulse).await;
        let is_last = |flight: &Flight| flight.attempt >= self.attempts() || self.stop.is_requested();
        let (last, lost): (Vec<_>, Vec<_>) = lost.into_iter().partition(is_last);
        for flight in last {
            let is_held = self.options.lifetime != Lifetime::Latest;
            board.settle(flight.index, Outcome::Expired { attempts: flight.attempt, is_held });
        }
        if lost.is_empty() {
            return pending;
        }
        let blockhash = match self.cluster.latest_blockhash().await {
            Ok(blockhash) => blockhash,
            Err(error) => {
                pulse.last_error = Some(error);
                pending.extend(lost);
                return pending;
            }
        };
        for mut flight in lost {
            if let Err(reason) = flight.restart(self, &blockhash) {
                board.settle(flight.index, Outcome::NotSent(reason));
            } else {
                pending.push(flight);
            }
        }
        pending
    }

    /// Those of which the history knows nothing either. What it knows is settled, or pending where it is not certain yet.
    async fn certainly_lost<'t>(
        &self,
        flights: Vec<Flight<'t>>,
        pending: &mut Vec<Flight<'t>>,
        board: &mut Board<'t>,
        pulse: &mut Pulse,
    ) -> Vec<Flight<'t>> {
        let signatures: Vec<_> = flights.iter().map(|flight| flight.signature).collect();
        let known = self.cluster.statuses_in_history(&signatures).await;
        let known = match known.and_then(|known| complete(&signatures, known)) {
            Ok(known) => known,
            Err(error) if error.is_transient() || matches!(error, ClusterError::UnexpectedAnswer { .. }) => {
                pulse.last_error = Some(error);
                pending.extend(flights);
                return vec![];
            }
            // This endpoint keeps no history.
            Err(_) => {
                let (lost, open): (Vec<_>, Vec<_>) =
                    flights.into_iter().partition(|flight| flight.unseen_blocks() <= MOST_UNSEEN_BLOCKS);
                for flight in open {
                    let signature = flight.signature;
                    board.settle(flight.index, Outcome::Unknown { signature, why: WhyUnknown::Forgotten });
                }
                return lost;
            }
        };
        let mut lost = vec![];
        for (mut flight, status) in flights.into_iter().zip(known) {
            let Some(status) = status else {
                lost.push(flight);
                continue;
            };
            flight.note_seen(Some(&status));
            match self.outcome_of(&flight, Some(status)).await {
                Some(outcome) => board.settle(flight.index, outcome),
                None => pending.push(flight),
            }
        }
        lost
    }
}
