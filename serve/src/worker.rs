//! The only part that reaches the cluster: it reads the pool again and again, and does bounded work for wallets.

use {
    crate::{
        http::metrics::Metrics,
        problem::Problem,
        read::Reading,
        server::Options,
        site::Site,
        trade::{self, Action, Quote, TicketAction, Trade},
    },
    futures_util::{StreamExt as _, future, stream::FuturesUnordered},
    sha2::{Digest as _, Sha256},
    solana_address::Address,
    solana_signature::Signature,
    solana_signer::null_signer::NullSigner,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    std::{
        cell::RefCell,
        collections::VecDeque,
        sync::Arc,
        time::{Duration, Instant},
    },
    tidepool_client::{
        actions::{NewStakeAccount, TokenHolding, associated_token_account},
        client::unused_stake_accounts,
        cluster::{Cluster, ClusterError, TransactionStatus},
        error::{Failure, explain},
        pack::{self, PackOptions},
        plan::{self, Plan},
        pool::{PoolSnapshot, StakeSelection},
        send::{SendOptions, Sender},
        tickets::read_tickets_by_id,
    },
    tidepool_interface::state::ExitTicket,
    tokio::{
        sync::{Mutex, mpsc, oneshot, watch},
        time::{sleep, timeout},
    },
};

/// Work that waits for a free place.
const QUEUE: usize = 64;

/// Work at a time.
const PARALLEL: usize = 8;

/// Longest time for a piece of work, and for a read of the pool.
const WORK_TIMEOUT: Duration = Duration::from_secs(20);
const READ_TIMEOUT: Duration = Duration::from_secs(120);

/// Age of the last read from which on no transaction is built.
const OLDEST: Duration = Duration::from_secs(300);

/// Age of the stake accounts from which on a withdrawal of stake reads them again.
const STAKES_AGE: Duration = Duration::from_secs(60);

/// Transactions that wallets can have sent through this server.
const REMEMBERED: usize = 4_096;

type Reply<T> = oneshot::Sender<Result<T, Problem>>;

/// Work for a wallet.
pub enum Job {
    /// A transaction for a trade of this wallet.
    Trade(Trade, Address, Reply<Built>),
    /// The quote of a withdrawal of stake, which needs all stake accounts.
    Quote(Trade, Option<Address>, Reply<Quote>),
    /// A transaction of this wallet about an exit ticket.
    Ticket(TicketAction, u64, Address, Reply<Built>),
    /// What a wallet has.
    Wallet(Address, Reply<Wallet>),
    /// What became of a transaction. It expires after the block height, if that is known.
    Status(Signature, Option<u64>, Reply<Status>),
    /// Sends a transaction that this server has built.
    Send(Box<VersionedTransaction>, Reply<Signature>),
}

/// An unsigned transaction.
#[derive(Clone, Debug)]
pub struct Built {
    /// Its bytes.
    pub transaction: Vec<u8>,
    /// The last block height at which it can land.
    pub last_valid_block_height: u64,
    /// What it does, in a sentence.
    pub sentence: String,
    /// The quote of a trade.
    pub quote: Option<Quote>,
}

/// What became of a transaction.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// As the cluster reports it; `None` if the cluster does not know the transaction.
    pub reported: Option<TransactionStatus>,
    /// What its error means, and what to do.
    pub explanation: Option<String>,
    /// Whether it can no longer land.
    pub is_expired: bool,
}

/// An open exit ticket.
#[derive(Clone, Copy, Debug)]
pub struct OpenTicket {
    /// The ticket.
    pub ticket: ExitTicket,
    /// Lamports that it pays now; `None` before the update of the epoch and while rewards are being paid.
    pub claimable_lamports: Option<u64>,
    /// Whether the reserve can pay it now.
    pub is_payable: bool,
}

impl OpenTicket {
    fn of(snapshot: &PoolSnapshot, ticket: &ExitTicket) -> Self {
        let claims = plan::claims(snapshot, std::slice::from_ref(ticket)).ok();
        let claim = claims.as_ref().and_then(|claims| claims.claims.iter().chain(&claims.waiting).next());
        Self {
            ticket: *ticket,
            claimable_lamports: claim.map(|claim| claim.lamports),
            is_payable: claims.is_some_and(|claims| !claims.claims.is_empty()),
        }
    }
}

/// What a wallet has.
#[derive(Clone, Debug)]
pub struct Wallet {
    /// Lamports.
    pub lamports: u64,
    /// Pool tokens in the associated token account, in the smallest unit.
    pub pool_tokens: u64,
    /// Its open exit tickets; `None` if they are not known.
    pub tickets: Option<Vec<OpenTicket>>,
}

/// A queue of jobs: full if too many wait.
pub fn queue() -> (mpsc::Sender<Job>, mpsc::Receiver<Job>) {
    mpsc::channel(QUEUE)
}

/// Reads the cluster, and builds transactions.
pub struct Worker<'a, C> {
    cluster: &'a C,
    options: Options,
    site: watch::Sender<Arc<Site>>,
    metrics: Metrics,
    /// The pool with all stake accounts. The lock makes it one read at a time.
    stakes: Mutex<Option<(Instant, Arc<PoolSnapshot>)>>,
    /// Digests of built messages, the oldest first.
    built: RefCell<VecDeque<[u8; 32]>>,
}

impl<'a, C: Cluster> Worker<'a, C> {
    /// A worker that publishes what it reads in `site`.
    pub fn new(cluster: &'a C, options: Options, site: watch::Sender<Arc<Site>>, metrics: Metrics) -> Self {
        Self { cluster, options, site, metrics, stakes: Mutex::default(), built: RefCell::default() }
    }

    /// Works until it is dropped.
    pub async fn run(&self, queue: mpsc::Receiver<Job>) {
        future::join(self.refresh(), self.work(queue)).await;
    }

    async fn refresh(&self) {
        loop {
            sleep(self.options.refresh).await;
            let site = Arc::clone(&self.site.borrow());
            let read = timeout(READ_TIMEOUT, site.reading.again(self.cluster)).await;
            let next = match read {
                Ok(Ok(reading)) => tokio::task::spawn_blocking(move || site.with(reading)).await,
                Ok(Err(_)) | Err(_) => tokio::task::spawn_blocking(move || site.failed()).await,
            };
            if let Ok(next) = next {
                self.metrics.read(&next);
                self.site.send_replace(Arc::new(next));
            }
        }
    }

    async fn work(&self, mut queue: mpsc::Receiver<Job>) {
        let mut running = FuturesUnordered::new();
        loop {
            tokio::select! {
                job = queue.recv(), if running.len() < PARALLEL => match job {
                    Some(job) => running.push(self.start(job)),
                    None => return future::pending().await,
                },
                Some(()) = running.next() => {}
            }
        }
    }

    async fn start(&self, job: Job) {
        match job {
            Job::Trade(trade, holder, reply) => self.answer("trade", reply, self.build(trade, &holder)).await,
            Job::Quote(trade, holder, reply) => self.answer("quote", reply, self.quote(trade, holder)).await,
            Job::Ticket(action, id, holder, reply) => {
                self.answer(action.name(), reply, self.ticket(action, id, &holder)).await;
            }
            Job::Wallet(holder, reply) => self.answer("wallet", reply, self.wallet(&holder)).await,
            Job::Status(signature, last, reply) => {
                self.answer("status", reply, self.status(&signature, last)).await;
            }
            Job::Send(transaction, reply) => self.answer("send", reply, self.send(&transaction)).await,
        }
    }

    async fn answer<T>(&self, kind: &'static str, mut reply: Reply<T>, work: impl Future<Output = Result<T, Problem>>) {
        let done = tokio::select! {
            done = timeout(WORK_TIMEOUT, work) => done.unwrap_or_else(|_| Err(Problem::unreachable())),
            // The client has gone.
            () = reply.closed() => return,
        };
        self.metrics.worked(kind, done.is_ok());
        let _ = reply.send(done);
    }

    /// The last reading, unless it is too old to build on.
    fn reading(&self) -> Result<Arc<Reading>, Problem> {
        let reading = Arc::clone(&self.site.borrow().reading);
        let age = reading.at.elapsed().unwrap_or_default();
        if age > OLDEST { Err(Problem::unreachable()) } else { Ok(reading) }
    }

    async fn build(&self, trade: Trade, holder: &Address) -> Result<Built, Problem> {
        let reading = self.reading()?;
        let (later, stakes);
        let mut accounts = vec![];
        let snapshot = match trade.action {
            Action::Stake | Action::Unstake => &reading.snapshot,
            Action::Ticket => {
                // The ticket's id is the next one: others may have requested tickets meanwhile.
                later = reading
                    .snapshot
                    .read_again(self.cluster, StakeSelection::None)
                    .await
                    .map_err(|_| Problem::unreachable())?;
                &later
            }
            Action::UnstakeStake => {
                stakes = self.stakes(&reading).await?;
                &*stakes
            }
        };
        let quote = Quote::of(snapshot, trade, Some(holder))?;
        if trade.action == Action::UnstakeStake {
            accounts = self.unused(holder, quote.stake_accounts).await?;
        }
        let plan = trade::plan(snapshot, &quote, holder, &accounts)?;
        let sentence = quote.sentence();
        self.transaction(snapshot, &plan, holder, sentence, Some(quote)).await
    }

    async fn quote(&self, trade: Trade, holder: Option<Address>) -> Result<Quote, Problem> {
        Quote::of(&*self.stakes(&*self.reading()?).await?, trade, holder.as_ref())
    }

    async fn unused(&self, holder: &Address, count: usize) -> Result<Vec<NewStakeAccount>, Problem> {
        Ok(unused_stake_accounts(self.cluster, holder, count).await?)
    }

    /// The pool with all stake accounts, not older than [`STAKES_AGE`].
    async fn stakes(&self, reading: &Reading) -> Result<Arc<PoolSnapshot>, Problem> {
        let mut kept = self.stakes.lock().await;
        let version = |snapshot: &PoolSnapshot| (snapshot.epoch(), snapshot.pool().head.last_update_epoch.get());
        let is_valid = |at: &Instant, snapshot: &PoolSnapshot| {
            at.elapsed() < STAKES_AGE && version(snapshot) == version(&reading.snapshot)
        };
        if let Some((_, snapshot)) = kept.as_ref().filter(|(at, snapshot)| is_valid(at, snapshot)) {
            return Ok(Arc::clone(snapshot));
        }
        let read = reading.snapshot.read_again(self.cluster, StakeSelection::All).await;
        let snapshot = Arc::new(read.map_err(|_| Problem::unreachable())?);
        *kept = Some((Instant::now(), Arc::clone(&snapshot)));
        Ok(snapshot)
    }

    async fn ticket(&self, action: TicketAction, id: u64, holder: &Address) -> Result<Built, Problem> {
        let reading = self.reading()?;
        let found = read_tickets_by_id(self.cluster, &reading.snapshot, &[id]).await?;
        let ticket = found
            .first()
            .ok_or_else(|| Problem::invalid(format!("ticket {id} is not open: it was paid or cancelled")))?;
        let plan = trade::plan_of_ticket(&reading.snapshot, action, ticket, holder)?;
        self.transaction(&reading.snapshot, &plan, holder, action.sentence(id), None).await
    }

    /// The transaction of a plan: one, or it is refused. Simulated, with limits and the latest blockhash.
    async fn transaction(
        &self,
        snapshot: &PoolSnapshot,
        plan: &Plan,
        holder: &Address,
        sentence: String,
        quote: Option<Quote>,
    ) -> Result<Built, Problem> {
        let stages = pack::pack_plan(plan, &PackOptions::new(*holder))?;
        let mut outgoing = stages.into_iter().flatten();
        let (Some(first), None) = (outgoing.next(), outgoing.next()) else {
            return Err(Problem::refused(
                "the trade does not fit one transaction: choose a smaller amount, or use the command `tidepool withdraw`",
            ));
        };
        let payer = NullSigner::new(holder);
        let options = SendOptions {
            pool_program: Some(snapshot.program_id()),
            compute_unit_price: self.options.compute_unit_price,
            stall_timeout: WORK_TIMEOUT,
            ..SendOptions::default()
        };
        let built = Sender::new(self.cluster, &payer).options(options).for_wallet(&first).await?;
        self.remember(&built.transaction);
        let transaction = wincode::serialize(&built.transaction).map_err(|_| Problem::unreachable())?;
        Ok(Built { transaction, last_valid_block_height: built.last_valid_block_height, sentence, quote })
    }

    fn remember(&self, transaction: &VersionedTransaction) {
        let mut built = self.built.borrow_mut();
        if built.len() == REMEMBERED {
            built.pop_front();
        }
        built.push_back(digest(transaction));
    }

    async fn wallet(&self, holder: &Address) -> Result<Wallet, Problem> {
        let reading = self.reading()?;
        let address = associated_token_account(&reading.snapshot, holder);
        let accounts = self.cluster.accounts(&[*holder, address]).await?;
        let [own, held] = accounts.try_into().map_err(|_| Problem::unreachable())?;
        let tickets = reading.tickets.as_ref();
        Ok(Wallet {
            lamports: own.map_or(0, |account| account.lamports),
            pool_tokens: held.and_then(|account| TokenHolding::of(&account)).map_or(0, |held| held.amount),
            tickets: tickets.map(|all| {
                let own = all.iter().filter(|ticket| ticket.owner == *holder);
                own.map(|ticket| OpenTicket::of(&reading.snapshot, ticket)).collect()
            }),
        })
    }

    async fn status(&self, signature: &Signature, last_valid_block_height: Option<u64>) -> Result<Status, Problem> {
        let ask = async || Ok::<_, Problem>(self.cluster.statuses(&[*signature]).await?.pop().flatten());
        let mut reported = ask().await?;
        let mut is_expired = false;
        if let (None, Some(last)) = (&reported, last_valid_block_height)
            && self.cluster.block_height().await? > last
        {
            // It may have landed before that block, after the first look.
            reported = ask().await?;
            is_expired = reported.is_none();
        }
        let explanation = match reported.as_ref().and_then(|status| status.error.as_ref()) {
            Some(error) => Some(self.explain(signature, error).await),
            None => None,
        };
        Ok(Status { reported, explanation, is_expired })
    }

    /// What the error of a transaction means. Its logs show which program failed.
    async fn explain(&self, signature: &Signature, error: &TransactionError) -> String {
        let execution = self.cluster.execution(signature).await.ok().flatten().unwrap_or_default();
        let stake_pool_program = self.site.borrow().reading.snapshot.program_id();
        let failure =
            Failure { error, programs: &[], logs: &execution.logs, stake_pool_program, payer: None, below_rent: None };
        explain(&failure).to_string()
    }

    /// Only what this server has built: it is no open relay.
    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, Problem> {
        if !self.built.borrow().contains(&digest(transaction)) {
            return Err(Problem::invalid(
                "this server has not built the transaction: request it again, and sign it unchanged",
            ));
        }
        match (self.cluster.send(transaction).await, transaction.signatures.first()) {
            // Sent again after it has landed.
            (Err(ClusterError::TransactionRefused { error: TransactionError::AlreadyProcessed }), Some(signature)) => {
                Ok(*signature)
            }
            (sent, _) => Ok(sent?),
        }
    }
}

fn digest(transaction: &VersionedTransaction) -> [u8; 32] {
    Sha256::digest(transaction.message.serialize()).into()
}
