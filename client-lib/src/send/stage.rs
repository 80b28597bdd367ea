//! Sending a set of transactions and following each to its end.

use {
    super::{
        Lifetime, NotSent, Outcome, Outgoing, Sender, Sent, Summary, WhyUnknown, flight::Flight, progress::Progress,
    },
    crate::cluster::{Cluster, ClusterError, TransactionStatus},
    futures_util::{StreamExt as _, stream},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::future::Future,
    tokio::time::{Instant, sleep},
};

/// Outcomes as they come in.
pub(super) struct Board<'t> {
    transactions: &'t [Outgoing],
    outcomes: Vec<Option<Outcome>>,
    progress: &'t dyn Progress,
}

impl<'t> Board<'t> {
    fn new(transactions: &'t [Outgoing], progress: &'t dyn Progress) -> Self {
        Self { transactions, outcomes: transactions.iter().map(|_| None).collect(), progress }
    }

    /// Settles all transactions, none of which is sent, since the cluster could not be asked for what that takes.
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
                // Each is settled, or never began.
                outcome: outcome.unwrap_or(Outcome::NotSent(NotSent::Stopped)),
            })
            .collect();
        Summary { transactions }
    }
}

/// Whether the cluster is alive.
pub(super) struct Pulse {
    height: u64,
    began: Instant,
    last_news: Instant,
    pub(super) last_error: Option<ClusterError>,
}

impl Pulse {
    fn new() -> Self {
        Self { height: 0, began: Instant::now(), last_news: Instant::now(), last_error: None }
    }

    fn news(&mut self) {
        self.last_news = Instant::now();
        self.last_error = None;
    }
}

impl<C: Cluster> Sender<'_, C> {
    pub(super) async fn run_stage(&self, transactions: &[Outgoing]) -> Summary {
        let mut board = Board::new(transactions, self.progress);
        let flights = self.take_off(&mut board).await;
        self.follow(flights, &mut board).await;
        board.summary()
    }

    /// As [`Self::run_stage`], for transactions that are signed already, in the order of `transactions`.
    pub(super) async fn run_signed(&self, transactions: &[Outgoing], signed: Vec<VersionedTransaction>) -> Summary {
        let mut board = Board::new(transactions, self.progress);
        match self.blockhash().await {
            Ok(blockhash) => {
                let last = blockhash.last_valid_block_height;
                let flights = transactions.iter().zip(signed).enumerate();
                let flights = flights.map(|(index, (outgoing, signed))| Flight::signed(index, outgoing, signed, last));
                self.follow(flights.collect(), &mut board).await;
            }
            Err(error) => board.settle_all(&error),
        }
        board.summary()
    }

    /// Hands transactions over and looks what becomes of them, until that is known of each.
    async fn follow<'t>(&self, mut flights: Vec<Flight<'t>>, board: &mut Board<'t>) {
        let mut pulse = Pulse::new();
        let mut stopped_at = None;
        while !flights.is_empty() {
            if self.stop.is_requested() && stopped_at.is_none() {
                stopped_at = Some(Instant::now());
                flights = recall(flights, board);
            }
            if stopped_at.is_none() {
                self.hand_over(&mut flights, &mut pulse).await;
            }
            self.follow_up(&mut flights, board, &mut pulse).await;
            if flights.is_empty() {
                break;
            }
            if stopped_at.is_some_and(|at| at.elapsed() >= self.options.stop_within) {
                return give_up(flights, board, &WhyUnknown::Stopped);
            }
            flights = self.leave_open(flights, board);
            if pulse.last_news.elapsed() >= self.options.patience {
                let why = pulse.last_error.map_or(WhyUnknown::NoBlocks, WhyUnknown::Cluster);
                return give_up(flights, board, &why);
            }
            if matches!(self.options.lifetime, Lifetime::Nonce(_)) && pulse.began.elapsed() >= self.options.patience {
                return give_up(flights, board, &WhyUnknown::NonceNotUsed);
            }
            sleep(self.options.poll_every).await;
        }
    }

    /// Gives up what has been followed for as long as anything is, whatever the endpoint says of it and of the cluster.
    fn leave_open<'t>(&self, flights: Vec<Flight<'t>>, board: &mut Board<'t>) -> Vec<Flight<'t>> {
        let is_old = |flight: &Flight| flight.since.elapsed() >= self.options.follow_for;
        let (old, rest): (Vec<_>, Vec<_>) = flights.into_iter().partition(is_old);
        give_up(old, board, &WhyUnknown::Undecided);
        rest
    }

    /// Simulates and signs all transactions; settles those that are not to be sent.
    async fn take_off<'t>(&self, board: &mut Board<'t>) -> Vec<Flight<'t>> {
        let transactions = board.transactions;
        let price = match self.price(transactions).await {
            Ok(price) => price,
            Err(error) => {
                board.settle_all(&error);
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
                Err(outcome) => board.settle(index, outcome),
            }
        }
        let mut flights = vec![];
        if ready.is_empty() {
            return flights;
        }
        // Fetched last, so that it is as fresh as can be.
        let blockhash = self.blockhash().await;
        for (index, instructions) in ready {
            let started = match &blockhash {
                Ok(blockhash) => Flight::start(self, index, &transactions[index], instructions, blockhash),
                Err(error) => Err(NotSent::Cluster(error.clone())),
            };
            match started {
                Ok(flight) => flights.push(flight),
                Err(reason) => board.settle(index, Outcome::NotSent(reason)),
            }
        }
        flights
    }

    /// Hands over all transactions that are due.
    async fn hand_over(&self, flights: &mut [Flight<'_>], pulse: &mut Pulse) {
        let due: Vec<_> = (0..flights.len()).filter(|&at| flights[at].is_due(self.options.resend_every)).collect();
        let results: Vec<_> = stream::iter(due)
            .map(|at| {
                let flight = &flights[at];
                async move { (at, self.cluster.send(flight.transaction()).await) }
            })
            .buffer_unordered(self.options.parallel.max(1))
            .collect()
            .await;
        for (at, result) in results {
            let flight = &mut flights[at];
            if let Some(error) = flight.note_sent(result) {
                pulse.last_error = Some(error);
            } else {
                self.progress.sent(flight.outgoing, flight.attempt, &flight.signature);
            }
        }
    }

    /// Looks what became of the transactions, and signs those anew that can no longer land.
    async fn follow_up<'t>(&self, flights: &mut Vec<Flight<'t>>, board: &mut Board<'t>, pulse: &mut Pulse) {
        let looked_at = Instant::now();
        let signatures: Vec<_> = flights.iter().map(|flight| flight.signature).collect();
        let statuses = match self.cluster.statuses(&signatures).await.and_then(|found| complete(&signatures, found)) {
            Ok(statuses) => statuses,
            Err(error) => {
                pulse.last_error = Some(error);
                return;
            }
        };
        let mut pending = vec![];
        for (mut flight, status) in flights.drain(..).zip(statuses) {
            if flight.note_seen(status.as_ref()) {
                pulse.news();
            }
            match self.outcome_of(&flight, status).await {
                Some(outcome) => board.settle(flight.index, outcome),
                None => pending.push(flight),
            }
        }
        if !pending.is_empty() {
            self.note_age(&mut pending, pulse).await;
            pending = self.renew(pending, board, pulse, looked_at).await;
        }
        *flights = pending;
    }

    /// What became of a transaction, if that is certain.
    pub(super) async fn outcome_of(&self, flight: &Flight<'_>, status: Option<TransactionStatus>) -> Option<Outcome> {
        let Some(status) = status else {
            let refusal = flight.refusal()?.clone();
            return Some(Outcome::WouldFail(
                self.report(flight.outgoing, &flight.transaction().message, refusal, vec![]).await,
            ));
        };
        if status.confirmation < self.options.confirmation {
            return None;
        }
        let signature = flight.signature;
        let execution = if status.error.is_some() || self.options.report_units {
            // Of help, but not needed: a cluster that does not tell is no reason to fail.
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
                    failure: self.report(flight.outgoing, &flight.transaction().message, error, logs).await,
                }
            }
        })
    }

    async fn note_age(&self, flights: &mut [Flight<'_>], pulse: &mut Pulse) {
        match self.cluster.block_height().await {
            Ok(height) => {
                if height > pulse.height {
                    pulse.height = height;
                    pulse.news();
                }
                for flight in &mut *flights {
                    flight.note_height(height, self.options.shortest_block);
                }
            }
            Err(error) => pulse.last_error = Some(error),
        }
        match self.nonce_is_used().await {
            Ok(true) => flights.iter_mut().for_each(Flight::note_expired),
            Ok(false) => {}
            Err(error) => pulse.last_error = Some(error),
        }
    }

    /// Repeats a request while it fails for reasons that pass, for as long as the options' patience lasts.
    pub(super) async fn patiently<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T, ClusterError>
    where
        F: Future<Output = Result<T, ClusterError>>,
    {
        let end = Instant::now() + self.options.patience;
        loop {
            let error = match request().await {
                Err(error) if error.is_transient() && !self.stop.is_requested() => error,
                result => return result,
            };
            let pause = self.options.poll_every.max(error.retry_after().unwrap_or_default());
            if pause >= end.saturating_duration_since(Instant::now()) {
                return Err(error);
            }
            sleep(pause).await;
        }
    }
}

/// Keeps those back that no endpoint has.
fn recall<'t>(flights: Vec<Flight<'t>>, board: &mut Board<'t>) -> Vec<Flight<'t>> {
    let (under_way, kept): (Vec<_>, Vec<_>) = flights.into_iter().partition(Flight::may_be_under_way);
    for flight in kept {
        board.settle(flight.index, Outcome::NotSent(NotSent::Stopped));
    }
    under_way
}

/// The statuses of `signatures`, which are told apart by their place: with too few of them, transactions would be forgotten.
pub(super) fn complete(
    signatures: &[Signature],
    statuses: Vec<Option<TransactionStatus>>,
) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
    if statuses.len() == signatures.len() {
        return Ok(statuses);
    }
    let detail = format!("{} statuses were requested, {} returned", signatures.len(), statuses.len());
    Err(ClusterError::UnexpectedAnswer { detail })
}

fn give_up<'t>(flights: Vec<Flight<'t>>, board: &mut Board<'t>, why: &WhyUnknown) {
    for flight in flights {
        let signature = flight.signature;
        board.settle(flight.index, Outcome::Unknown { signature, why: why.clone() });
    }
}
