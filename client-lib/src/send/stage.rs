//! Sends a stage, and follows each transaction until its outcome is known.

use {
    super::{
        Lifetime, NotSent, Outcome, Outgoing, Sender, Sent, Summary, UnknownReason, in_flight::InFlight,
        progress::Progress,
    },
    crate::cluster::{Cluster, ClusterError, TransactionStatus},
    futures_util::{StreamExt as _, stream},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    tokio::time::{Instant, sleep},
};

pub(super) struct StageOutcomes<'t> {
    transactions: &'t [Outgoing],
    outcomes: Vec<Option<Outcome>>,
    progress: &'t dyn Progress,
}

impl<'t> StageOutcomes<'t> {
    fn new(transactions: &'t [Outgoing], progress: &'t dyn Progress) -> Self {
        Self { transactions, outcomes: transactions.iter().map(|_| None).collect(), progress }
    }

    fn settle_all(&mut self, error: &ClusterError) {
        for index in 0..self.transactions.len() {
            self.settle(index, Outcome::NotSent(NotSent::Cluster(error.clone())));
        }
    }

    pub(super) fn settle(&mut self, index: usize, outcome: Outcome) {
        self.progress.finished(&self.transactions[index], &outcome);
        self.outcomes[index] = Some(outcome);
    }

    fn summary(self) -> Summary {
        let transactions = self
            .transactions
            .iter()
            .zip(self.outcomes)
            .map(|(transaction, outcome)| Sent {
                label: transaction.label.clone(),
                steps: transaction.steps.clone(),
                // An unsettled transaction was never started.
                outcome: outcome.unwrap_or(Outcome::NotSent(NotSent::Stopped)),
            })
            .collect();
        Summary { transactions }
    }
}

pub(super) struct Liveness {
    height: u64,
    began: Instant,
    last_progress: Instant,
    pub(super) last_error: Option<ClusterError>,
}

impl Liveness {
    fn new() -> Self {
        Self { height: 0, began: Instant::now(), last_progress: Instant::now(), last_error: None }
    }

    fn note_progress(&mut self) {
        self.last_progress = Instant::now();
        self.last_error = None;
    }
}

impl<C: Cluster> Sender<'_, C> {
    pub(super) async fn run_stage(&self, transactions: &[Outgoing]) -> Summary {
        let mut outcomes = StageOutcomes::new(transactions, self.progress);
        let in_flight = self.sign_all(&mut outcomes).await;
        self.follow(in_flight, &mut outcomes).await;
        outcomes.summary()
    }

    /// Like [`Self::run_stage`], for transactions that are signed already, in the order of `transactions`.
    pub(super) async fn run_signed(&self, transactions: &[Outgoing], signed: Vec<VersionedTransaction>) -> Summary {
        let mut outcomes = StageOutcomes::new(transactions, self.progress);
        match self.blockhash().await {
            Ok(blockhash) => {
                let last = blockhash.last_valid_block_height;
                let in_flight = transactions.iter().zip(signed).enumerate();
                let in_flight =
                    in_flight.map(|(index, (outgoing, signed))| InFlight::signed(index, outgoing, signed, last));
                self.follow(in_flight.collect(), &mut outcomes).await;
            }
            Err(error) => outcomes.settle_all(&error),
        }
        outcomes.summary()
    }

    /// Submits transactions and checks their status until every outcome is known.
    async fn follow<'t>(&self, mut in_flight: Vec<InFlight<'t>>, outcomes: &mut StageOutcomes<'t>) {
        let mut liveness = Liveness::new();
        let mut stopped_at = None;
        while !in_flight.is_empty() {
            if self.stop.is_requested() && stopped_at.is_none() {
                stopped_at = Some(Instant::now());
                in_flight = settle_unsent(in_flight, outcomes);
            }
            if stopped_at.is_none() {
                self.submit_due(&mut in_flight, &mut liveness).await;
            }
            self.follow_up(&mut in_flight, outcomes, &mut liveness).await;
            if in_flight.is_empty() {
                break;
            }
            if stopped_at.is_some_and(|at| at.elapsed() >= self.options.stop_within) {
                return give_up(in_flight, outcomes, &UnknownReason::Stopped);
            }
            in_flight = self.give_up_old(in_flight, outcomes);
            if liveness.last_progress.elapsed() >= self.options.stall_timeout {
                let reason = liveness.last_error.map_or(UnknownReason::NoBlocks, UnknownReason::Cluster);
                return give_up(in_flight, outcomes, &reason);
            }
            if matches!(self.options.lifetime, Lifetime::Nonce(_))
                && liveness.began.elapsed() >= self.options.stall_timeout
            {
                return give_up(in_flight, outcomes, &UnknownReason::NonceNotUsed);
            }
            sleep(self.options.poll_every).await;
        }
    }

    /// Settles transactions that were followed for the longest allowed time as unknown.
    fn give_up_old<'t>(&self, in_flight: Vec<InFlight<'t>>, outcomes: &mut StageOutcomes<'t>) -> Vec<InFlight<'t>> {
        let is_old = |tracked: &InFlight| tracked.since.elapsed() >= self.options.follow_for;
        let (old, rest): (Vec<_>, Vec<_>) = in_flight.into_iter().partition(is_old);
        give_up(old, outcomes, &UnknownReason::Undecided);
        rest
    }

    /// Simulates and signs all transactions; settles those that are not to be sent.
    async fn sign_all<'t>(&self, outcomes: &mut StageOutcomes<'t>) -> Vec<InFlight<'t>> {
        let transactions = outcomes.transactions;
        let price = match self.price(transactions).await {
            Ok(price) => price,
            Err(error) => {
                outcomes.settle_all(&error);
                return vec![];
            }
        };
        let prepared: Vec<_> = stream::iter(transactions.iter().enumerate())
            .map(|(index, outgoing)| async move { (index, self.prepare(outgoing, price).await) })
            .buffered(self.options.parallel.max(1))
            .collect()
            .await;
        let mut ready = vec![];
        for (index, result) in prepared {
            match result {
                Ok(instructions) => ready.push((index, instructions)),
                Err(outcome) => outcomes.settle(index, outcome),
            }
        }
        let mut in_flight = vec![];
        if ready.is_empty() {
            return in_flight;
        }
        // Fetched last, for the longest lifetime.
        let blockhash = self.blockhash().await;
        for (index, instructions) in ready {
            let started = match &blockhash {
                Ok(blockhash) => InFlight::start(self, index, &transactions[index], instructions, blockhash),
                Err(error) => Err(NotSent::Cluster(error.clone())),
            };
            match started {
                Ok(tracked) => in_flight.push(tracked),
                Err(reason) => outcomes.settle(index, Outcome::NotSent(reason)),
            }
        }
        in_flight
    }

    async fn submit_due(&self, in_flight: &mut [InFlight<'_>], liveness: &mut Liveness) {
        let due: Vec<_> = (0..in_flight.len()).filter(|&at| in_flight[at].is_due(self.options.resend_every)).collect();
        let results: Vec<_> = stream::iter(due)
            .map(|at| {
                let tracked = &in_flight[at];
                async move { (at, self.cluster.send(tracked.transaction()).await) }
            })
            .buffer_unordered(self.options.parallel.max(1))
            .collect()
            .await;
        for (at, result) in results {
            let tracked = &mut in_flight[at];
            if let Some(error) = tracked.note_sent(result) {
                liveness.last_error = Some(error);
            } else {
                self.progress.sent(tracked.outgoing, tracked.attempt, &tracked.signature);
            }
        }
    }

    /// Checks the statuses, and signs expired transactions again.
    async fn follow_up<'t>(
        &self,
        in_flight: &mut Vec<InFlight<'t>>,
        outcomes: &mut StageOutcomes<'t>,
        liveness: &mut Liveness,
    ) {
        let checked_at = Instant::now();
        let signatures: Vec<_> = in_flight.iter().map(|tracked| tracked.signature).collect();
        let statuses = match self.cluster.statuses(&signatures).await.and_then(|found| check_count(&signatures, found))
        {
            Ok(statuses) => statuses,
            Err(error) => {
                liveness.last_error = Some(error);
                return;
            }
        };
        let mut pending = vec![];
        for (mut tracked, status) in in_flight.drain(..).zip(statuses) {
            if tracked.note_seen(status.as_ref()) {
                liveness.note_progress();
            }
            match self.outcome_of(&tracked, status).await {
                Some(outcome) => outcomes.settle(tracked.index, outcome),
                None => pending.push(tracked),
            }
        }
        if !pending.is_empty() {
            self.note_age(&mut pending, liveness).await;
            pending = self.renew(pending, outcomes, liveness, checked_at).await;
        }
        *in_flight = pending;
    }

    pub(super) async fn outcome_of(
        &self,
        tracked: &InFlight<'_>,
        status: Option<TransactionStatus>,
    ) -> Option<Outcome> {
        let Some(status) = status else {
            let refusal = tracked.refusal()?.clone();
            return Some(Outcome::WouldFail(
                self.report(tracked.outgoing, &tracked.transaction().message, refusal, vec![]).await,
            ));
        };
        if status.confirmation < self.options.confirmation {
            return None;
        }
        let signature = tracked.signature;
        let execution = if status.error.is_some() || self.options.report_units {
            // Optional: without logs and units, the outcome is still known.
            self.cluster.execution(&signature).await.ok().flatten()
        } else {
            None
        };
        Some(match status.error {
            None => Outcome::Landed {
                signature,
                slot: status.slot,
                units_consumed: execution.and_then(|execution| execution.units_consumed),
            },
            Some(error) => {
                let logs = execution.map(|execution| execution.logs).unwrap_or_default();
                Outcome::Failed {
                    signature,
                    failure: self.report(tracked.outgoing, &tracked.transaction().message, error, logs).await,
                }
            }
        })
    }

    async fn note_age(&self, in_flight: &mut [InFlight<'_>], liveness: &mut Liveness) {
        match self.cluster.block_height().await {
            Ok(height) => {
                if height > liveness.height {
                    liveness.height = height;
                    liveness.note_progress();
                }
                for tracked in &mut *in_flight {
                    tracked.note_height(height, self.options.shortest_block);
                }
            }
            Err(error) => liveness.last_error = Some(error),
        }
        match self.nonce_is_used().await {
            Ok(true) => in_flight.iter_mut().for_each(InFlight::note_expired),
            Ok(false) => {}
            Err(error) => liveness.last_error = Some(error),
        }
    }
}

/// Settles transactions that no endpoint has received as not sent.
fn settle_unsent<'t>(in_flight: Vec<InFlight<'t>>, outcomes: &mut StageOutcomes<'t>) -> Vec<InFlight<'t>> {
    let (may_land, kept): (Vec<_>, Vec<_>) = in_flight.into_iter().partition(InFlight::may_be_in_flight);
    for tracked in kept {
        outcomes.settle(tracked.index, Outcome::NotSent(NotSent::Stopped));
    }
    may_land
}

/// Checks that there are as many statuses as `signatures`: they are matched by position alone.
pub(super) fn check_count(
    signatures: &[Signature],
    statuses: Vec<Option<TransactionStatus>>,
) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
    if statuses.len() == signatures.len() {
        return Ok(statuses);
    }
    let detail = format!("{} statuses were requested, {} returned", signatures.len(), statuses.len());
    Err(ClusterError::UnexpectedAnswer { detail })
}

fn give_up<'t>(in_flight: Vec<InFlight<'t>>, outcomes: &mut StageOutcomes<'t>, reason: &UnknownReason) {
    for tracked in in_flight {
        let signature = tracked.signature;
        outcomes.settle(tracked.index, Outcome::Unknown { signature, reason: reason.clone() });
    }
}
