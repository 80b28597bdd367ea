//! Reading pools, and bringing them up to date where they are behind the epoch. The rounds are the client library's crank's.

use {
    super::Context,
    crate::{
        args::{LookupArgs, UpdateFirst},
        error::{CliError, unmerged},
        output::Landed,
        unsent::Halt,
    },
    solana_address::Address,
    std::error::Error,
    tidepool_client::{
        cluster::{Cluster, ClusterError},
        crank::{Backlog, Crank, CrankError, CrankOptions, Observer, PlanSender, PlanToSend},
        error::PlanError,
        lookup::LookupError,
        pack::TransactionFormat,
        plan::{Sweep, UpdateOptions},
        pool::{MinimumDelegation, PoolError, PoolSnapshot, ReadOptions, StakeSelection},
        send::{NotSent, Outcome, Sent, Summary},
    },
};

/// A pool that is up to date, and what it took.
pub struct Fresh {
    pub snapshot: PoolSnapshot,
    pub transactions: Vec<Landed>,
}

impl Fresh {
    /// The transactions of the update, and then those that were sent after it.
    pub fn and(&self, sent: Vec<Landed>) -> Vec<Landed> {
        self.transactions.iter().cloned().chain(sent).collect()
    }
}

/// What follows the advice to update, where the command stands alone.
const REPEAT: &str = "then repeat the command: transactions that are simulated, proposed, or signed or sent elsewhere, do not \
                      include the update";
const REPEAT_OR_SKIP: &str = "then repeat the command: transactions that are simulated, proposed, or signed or sent elsewhere, \
                              do not include the merge; or skip it with --no-update, if the command has this option";

impl<'a, C: Cluster> Context<'a, C> {
    /// Reads a pool, for looking at it.
    pub async fn look_at(&self, pool: &Address) -> Result<PoolSnapshot, CliError> {
        // The minimum delegation plays no part in what is shown, and asking for it takes a funded wallet.
        self.read(pool, StakeSelection::None, MinimumDelegation::Known(0)).await
    }

    /// Reads a pool with all its stake accounts, for looking at it.
    pub async fn look_at_stakes(&self, pool: &Address) -> Result<PoolSnapshot, CliError> {
        self.read(pool, StakeSelection::All, MinimumDelegation::Known(0)).await
    }

    /// Reads a pool as it is, with all that plans are made from.
    pub async fn read_for_planning(&self, pool: &Address, stakes: StakeSelection) -> Result<PoolSnapshot, CliError> {
        let payer = self.own_fee_payer()?.pubkey();
        self.read(pool, stakes, MinimumDelegation::AskAs(payer)).await
    }

    async fn read(
        &self,
        pool: &Address,
        stakes: StakeSelection,
        minimum_delegation: MinimumDelegation,
    ) -> Result<PoolSnapshot, CliError> {
        let options = ReadOptions { stakes, minimum_delegation, program_id: self.global.program_id };
        let reading = PoolSnapshot::read(self.cluster, pool, &options);
        Ok(self.watch("Reading the pool", reading).await?)
    }

    /// Reads a pool as it is, with all that plans are made from, without a key: the cluster says what it has to in a simulation
    /// that the pool's manager or staker would pay for.
    pub async fn read_without_key(&self, pool: &Address, stakes: StakeSelection) -> Result<PoolSnapshot, CliError> {
        self.read(pool, stakes, MinimumDelegation::Ask).await
    }

    /// Reads a pool that is to be up to date, and updates it first where it is not, or where stake can be merged, and that is
    /// allowed.
    pub async fn fresh(&self, pool: &Address, stakes: StakeSelection, how: UpdateFirst) -> Result<Fresh, Halt> {
        let first = if stakes == StakeSelection::None { StakeSelection::Transient } else { stakes.clone() };
        let snapshot = self.read_for_planning(pool, first).await?;
        // The program trades with a pool whose stake was left unmerged.
        if !snapshot.is_stale() && (how.no_update || self.mergeable(&snapshot).await? == 0) {
            return Ok(Fresh { snapshot, transactions: vec![] });
        }
        self.check_may_update(&snapshot, how).await?;
        let lookup = LookupArgs::default();
        // A trade pays for what it needs.
        let update = UpdateOptions { sweep: Sweep::Never, ..UpdateOptions::default() };
        let crank = self.crank(&lookup).options(CrankOptions { rebalance: false, update, ..self.crank_options() });
        let report = crank.run_from(snapshot).await?;
        self.tell_updated(&report.sent);
        let snapshot = match stakes {
            StakeSelection::None => report.snapshot,
            stakes => report.snapshot.read_again(self.cluster, stakes).await?,
        };
        Ok(Fresh { snapshot, transactions: Landed::of(&report.sent) })
    }

    /// Says what has been sent and paid for, whatever becomes of the rest of the command.
    fn tell_updated(&self, sent: &Summary) {
        let signatures: Vec<_> = Landed::of(sent).iter().map(|landed| landed.signature.to_string()).collect();
        let count = match signatures.len() {
            1 => "1 transaction".to_owned(),
            count => format!("{count} transactions"),
        };
        if !signatures.is_empty() {
            self.terminal.tell(&format!("Updated: {count} ({})", signatures.join(", ")));
        }
    }

    /// How many validators have stake that an update can merge now.
    pub async fn mergeable(&self, snapshot: &PoolSnapshot) -> Result<usize, CliError> {
        if snapshot.has_stakes(&StakeSelection::Transient) {
            return Ok(Backlog::of(snapshot).validators_mergeable);
        }
        let reading = snapshot.read_again(self.cluster, StakeSelection::Transient);
        Ok(Backlog::of(&self.watch("Reading transient stake accounts", reading).await?).validators_mergeable)
    }

    /// Refuses to update a pool first where that is not allowed, and says that it will be updated where it is.
    pub async fn check_may_update(&self, snapshot: &PoolSnapshot, how: UpdateFirst) -> Result<(), CliError> {
        let (last, now) = (snapshot.pool().head.last_update_epoch.get(), snapshot.epoch());
        let pool = snapshot.address();
        // An update that is shown, signed or simulated alone would pass for what was asked for.
        let stands_alone = self.global.transactions.stands_alone();
        let is_refused = how.no_update || stands_alone;
        if snapshot.is_stale() {
            let otherwise = if stands_alone { REPEAT } else { "or omit --no-update" };
            if is_refused {
                return Err(CliError::Stale { pool, last, now, otherwise });
            }
            self.terminal
                .note(&format!("Stale pool (last updated in epoch {last}): updating it for epoch {now} first"));
            return Ok(());
        }
        let validators = self.mergeable(snapshot).await?;
        if validators > 0 {
            let otherwise = if stands_alone { REPEAT_OR_SKIP } else { "or omit --no-update" };
            if is_refused {
                return Err(CliError::Unmerged { pool, validators, otherwise });
            }
            self.terminal.note(&format!("The pool is up to date, but {}: merging it first", unmerged(validators)));
        }
        Ok(())
    }

    /// A crank that sends as commands send.
    pub fn crank<'c>(&'c self, lookup: &'c LookupArgs) -> Crank<'c, C, Courier<'c, 'a, C>> {
        let options = self.crank_options();
        let crank = Crank::with_plan_sender(self.cluster, Courier { context: self, lookup });
        crank.options(options).observer(&self.terminal).stop(&self.interrupt.stop)
    }

    /// How a command cranks that does not wait for the end of epoch rewards.
    pub fn crank_options(&self) -> CrankOptions {
        CrankOptions {
            program_id: self.global.program_id,
            wait_for_rewards: false,
            update: UpdateOptions { sweep: Sweep::at(self.global.transactions.price()), ..UpdateOptions::default() },
            poll_every: self.poll_every,
            initial_backoff: self.poll_every.saturating_mul(2),
            ..CrankOptions::default()
        }
    }
}

/// Sends what a crank plans in the way in which commands send.
pub struct Courier<'c, 'a, C> {
    context: &'c Context<'a, C>,
    lookup: &'c LookupArgs,
}

impl<C: Cluster> PlanSender for Courier<'_, '_, C> {
    type Error = Halt;

    fn payer(&self) -> Option<Address> {
        // Commands that send open the key first, and say why it cannot be opened.
        self.context.fee_payer().ok().map(|key| key.pubkey())
    }

    async fn send_plan(&self, to_send: PlanToSend<'_>) -> Result<Summary, Halt> {
        match self.context.send_with(to_send.plan, &[], to_send.program_id, to_send.format).await {
            Ok(landed) => Ok(Summary { transactions: landed.into_iter().map(Landed::into_sent).collect() }),
            Err(Halt::Failed(CliError::NotLanded(summary))) => Ok(summary),
            Err(error) => Err(error),
        }
    }

    async fn format(&self, snapshot: &PoolSnapshot) -> Result<TransactionFormat, Halt> {
        Ok(self.context.upkeep_format(snapshot, self.lookup).await?)
    }

    fn is_retryable(error: &Halt) -> bool {
        // What is carried belongs to a pool that the endpoint has served.
        cluster_error(error).is_some_and(ClusterError::is_endpoint_error)
    }
}

/// What the cluster has to do with an error.
fn cluster_error(halt: &Halt) -> Option<&ClusterError> {
    let Halt::Failed(error) = halt else { return None };
    match error {
        CliError::Cluster(error)
        | CliError::Pool(PoolError::Cluster(error))
        | CliError::Lookup(LookupError::Cluster(error))
        | CliError::NotSent(NotSent::Cluster(error)) => Some(error),
        _ => None,
    }
}

impl Observer for crate::terminal::Terminal {
    fn sent(&self, summary: &Summary) {
        if !summary.is_success() && !summary.is_stopped() {
            self.note("Not all transactions landed: reading the pool again");
        }
    }

    fn failed(&self, error: &dyn Error, _: bool) {
        self.note(&format!("{error}; retrying"));
    }
}

impl From<CrankError<Halt>> for Halt {
    fn from(error: CrankError<Halt>) -> Self {
        match error {
            CrankError::Pool(error) => error.into(),
            CrankError::Plan(error) => error.into(),
            CrankError::NotLanded(summary) => CliError::NotLanded(summary).into(),
            restless @ CrankError::Restless { .. } => PlanError::Invalid { what: restless.to_string() }.into(),
            CrankError::Stopped(summary) if summary.transactions.is_empty() => CliError::Interrupted.into(),
            CrankError::Stopped(mut summary) => {
                if summary.is_success() {
                    let outcome = Outcome::NotSent(NotSent::Stopped);
                    summary.transactions.push(Sent { label: "do the rest".into(), steps: vec![], outcome });
                }
                CliError::NotLanded(summary).into()
            }
            CrankError::PlanSender(halt) => halt,
        }
    }
}
