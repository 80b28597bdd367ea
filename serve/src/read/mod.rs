//! Reads all that the page shows. What changes with every block is read at each refresh, the rest more rarely.

mod label;

pub use label::Label;

use {
    solana_address::Address,
    std::{
        sync::Arc,
        time::{Duration, Instant, SystemTime},
    },
    tidepool_client::{
        actions::token_metadata_address,
        cluster::Cluster,
        control::Control,
        pool::{MinimumDelegation, NoYield, PoolError, PoolSnapshot, ReadOptions, StakeSelection, YieldEstimate},
        tickets::read_tickets,
        vote::ValidatorSurvey,
    },
    tidepool_interface::state::ExitTicket,
};

/// Age at which what changes rarely is read again: vote accounts, keys, metadata, the time of the last epoch.
const SLOW_AGE: Duration = Duration::from_secs(600);

/// Most open tickets that are read: 99 take a request.
const MOST_TICKETS: u64 = 1_000;

/// A pool, as it was read.
#[derive(Debug)]
pub struct Reading {
    /// The pool, with the stake accounts of validators with transient stake.
    pub snapshot: PoolSnapshot,
    /// Open tickets; `None` if there are too many to read them at each refresh.
    pub tickets: Option<Vec<ExitTicket>>,
    /// What changes rarely.
    pub slow: Arc<Slow>,
    /// When the pool was read.
    pub at: SystemTime,
}

/// What changes rarely.
#[derive(Debug)]
pub struct Slow {
    /// Vote accounts of the validators.
    pub survey: ValidatorSurvey,
    /// What the token is called.
    pub label: Option<Label>,
    /// The yield at the last update.
    pub estimate: Result<YieldEstimate, NoYield>,
    /// The keys, and what each can do.
    pub control: Control,
    at: Instant,
    /// What it was read for: if this changes, so does the rest.
    of: Basis,
}

type Basis = (u64, u64, usize, [Address; 3]);

impl Reading {
    /// Reads the pool at `address` for the first time.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn first<C: Cluster>(
        cluster: &C,
        address: &Address,
        program: Option<Address>,
    ) -> Result<Self, PoolError> {
        let options = |minimum_delegation| ReadOptions {
            stakes: StakeSelection::Transient,
            minimum_delegation,
            program_id: program,
        };
        let snapshot = match PoolSnapshot::read(cluster, address, &options(MinimumDelegation::Ask)).await {
            // Its simulation needs a wallet. Without the minimum, the simulation of a withdrawal finds an amount that is too small.
            Err(PoolError::NoPayer) => {
                PoolSnapshot::read(cluster, address, &options(MinimumDelegation::Known(0))).await?
            }
            read => read?,
        };
        Self::around(cluster, snapshot, None).await
    }

    /// Reads the same pool again.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn again<C: Cluster>(&self, cluster: &C) -> Result<Self, PoolError> {
        let snapshot = self.snapshot.read_again(cluster, StakeSelection::Transient).await?;
        Self::around(cluster, snapshot, Some(self)).await
    }

    async fn around<C: Cluster>(
        cluster: &C,
        snapshot: PoolSnapshot,
        earlier: Option<&Self>,
    ) -> Result<Self, PoolError> {
        let at = SystemTime::now();
        let is_valid = |slow: &&Arc<Slow>| slow.of == basis(&snapshot) && slow.at.elapsed() < SLOW_AGE;
        let slow = match earlier.map(|earlier| &earlier.slow).filter(is_valid) {
            Some(slow) => Arc::clone(slow),
            None => Arc::new(Slow::read(cluster, &snapshot).await?),
        };
        let known = earlier.and_then(|earlier| earlier.tickets.as_deref()).unwrap_or_default();
        let known: Vec<_> = known.iter().map(|ticket| ticket.id.get()).collect();
        let tickets = match snapshot.extension().map_or(0, |extension| extension.tickets.open.get()) {
            0 => Some(vec![]),
            1..=MOST_TICKETS => read_tickets(cluster, &snapshot, &known).await.ok(),
            _ => None,
        };
        Ok(Self { snapshot, tickets, slow, at })
    }
}

impl Slow {
    async fn read<C: Cluster>(cluster: &C, snapshot: &PoolSnapshot) -> Result<Self, PoolError> {
        Ok(Self {
            survey: ValidatorSurvey::of_pool(cluster, snapshot).await?,
            label: Label::read(cluster.account(&token_metadata_address(snapshot)).await?.as_ref()),
            estimate: snapshot.read_yield(cluster).await,
            control: Control::read(cluster, snapshot).await?,
            at: Instant::now(),
            of: basis(snapshot),
        })
    }
}

fn basis(snapshot: &PoolSnapshot) -> Basis {
    let head = &snapshot.pool().head;
    let guardian = snapshot.limits().guardian().copied().unwrap_or_default();
    let keys = [head.manager, head.staker, guardian];
    (snapshot.epoch(), head.last_update_epoch.get(), snapshot.records().len(), keys)
}
