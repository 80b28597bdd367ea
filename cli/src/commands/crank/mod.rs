//! `tidepool crank`

mod at;
mod listener;
mod metrics;
mod output;
mod server;

use {
    super::gates,
    crate::{
        args::{LookupArgs, UpdateFirst, address},
        context::Context,
        error::CliError,
    },
    at::rebalance_at,
    futures_util::future::{Either, join_all, select},
    listener::Listener,
    metrics::Metrics,
    output::Output,
    server::Server,
    solana_address::Address,
    std::{pin::pin, time::Duration},
    tidepool_client::{
        cluster::Cluster,
        crank::{CrankOptions, RebalanceAt},
        pool::StakeSelection,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool crank 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool crank 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --watch --metrics 127.0.0.1:9184
  tidepool crank 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --watch --rebalance-at 2h";

/// Seconds between two looks where the command line does not say.
const INTERVAL: u64 = 60;

/// Keep pools up to date, and their stake where their weights say
///
/// Looks what is stale or off its target, sends what is to be done about it, and looks again, until nothing is left. Anybody may
/// do it; it costs only the fees of transactions, and asks nothing. While epoch rewards are being paid it waits. Somebody else
/// who does the same work, lost transactions and an epoch that ends meanwhile do no harm. Several pools are done one after the
/// other, and it ends with the first that cannot be.
///
/// With --watch it goes on in every epoch, all pools at once, until Ctrl-C (exit code 0). It prints a line for each epoch, in JSON
/// an object a line. An endpoint that does not answer and a payer without lamports are waited for, at growing intervals. Once the
/// pool has been read, so is an endpoint that refuses requests or sends another answer, such as a page of HTML.
///
/// With --watch the pool is updated, and all stake merged, at the beginning of an epoch. Stake is rebalanced near the end
/// (--rebalance-at), and again just before it: stake that moves takes effect at the end of the epoch, so that waiting costs
/// nothing, and what others moved earlier in the epoch is corrected. Time to the end follows from the measured time of slots.
/// Where the reserve is below its target, stake is deactivated for it at once. A watch that starts later in the epoch
/// rebalances at once, and an epoch without a rebalance is made up for at the beginning of the next. Without --watch everything is
/// done at once.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The pools
    #[arg(value_name = "POOL", value_parser = address, required = true)]
    pools: Vec<Address>,

    /// Go on in every epoch, until Ctrl-C
    #[arg(long)]
    watch: bool,

    /// When in the epoch to rebalance: a percentage of the epoch, a time before its end (2h, 30m, 45s), or now for every look
    /// [default: 90%]
    #[arg(long, value_name = "WHEN", requires = "watch", conflicts_with = "no_rebalance", value_parser = rebalance_at)]
    rebalance_at: Option<RebalanceAt>,

    /// Most seconds between two looks at a pool; it is looked at when an epoch begins, too [default: 60]
    #[arg(long, value_name = "SECONDS", requires = "watch", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    interval: Option<u64>,

    /// Serve figures for Prometheus at http://ADDRESS:PORT/metrics while it runs
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<String>,

    /// Only update: move no stake
    #[arg(long)]
    no_rebalance: bool,

    #[command(flatten)]
    lookup: LookupArgs,
}

impl Args {
    /// Does it.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        if self.watch && !context.global.transactions.sends() {
            return Err(CliError::usage(
                "--watch sends transactions for as long as it runs: leave it out to see the first of them",
            ));
        }
        if self.pools.len() > 1 && !context.global.transactions.sends() {
            return Err(CliError::usage(
                "--dry-run, --sign-only and --dump-transaction-message answer for one pool: repeat the command for each",
            ));
        }
        let payer = context.fee_payer()?.pubkey();
        let metrics = Metrics::new(&payer);
        // A port that is in use is told of before anything is sent.
        let _server = match &self.metrics {
            Some(address) => Some(Server::start(address, metrics.registry()).await?),
            None => None,
        };
        // Ctrl-C ends it in good order from now on, also while it waits.
        let _winding_down = context.interrupt.wind_down();
        if self.watch { self.watch(context, &metrics).await } else { self.once(context, &metrics).await }
    }

    async fn once<C: Cluster>(&self, context: &Context<'_, C>, metrics: &Metrics) -> Result<Output, CliError> {
        let mut pools = vec![];
        for pool in &self.pools {
            let listener = Listener::silent(context, metrics.pool(pool));
            let crank = context.crank(&self.lookup).options(self.options(context)).observer(&listener);
            if !context.global.transactions.stands_alone() {
                crank.run_once(pool).await?;
            } else {
                let snapshot = context.read_for_planning(pool, StakeSelection::Transient).await?;
                // Without an extension, or with --no-rebalance, the update is all that is asked for.
                if snapshot.is_extended() && !self.no_rebalance {
                    context.check_may_update(&snapshot, UpdateFirst::default()).await?;
                }
                crank.run_from(snapshot).await?;
            }
            pools.extend(listener.last_round());
        }
        Ok(Output { pools, stopped: false })
    }

    async fn watch<C: Cluster>(&self, context: &Context<'_, C>, metrics: &Metrics) -> Result<Output, CliError> {
        let listeners: Vec<_> = self.pools.iter().map(|pool| Listener::printing(context, metrics.pool(pool))).collect();
        let watches = self.pools.iter().zip(&listeners).map(|(pool, listener)| async move {
            let crank = context.crank(&self.lookup).options(self.options(context)).observer(listener);
            let watched = crank.watch(pool).await;
            // The others end in good order, too.
            context.interrupt.stop.request();
            watched
        });
        let watched = match select(join_all(watches), pin!(gates::warn(context))).await {
            Either::Left((watched, _)) => watched,
            Either::Right((never, _)) => match never {},
        };
        for watched in watched {
            watched?;
        }
        for listener in &listeners {
            listener.check_printed()?;
        }
        let pools = listeners.into_iter().filter_map(|listener| listener.last_round()).collect();
        Ok(Output { pools, stopped: true })
    }

    fn options<C: Cluster>(&self, context: &Context<'_, C>) -> CrankOptions {
        CrankOptions {
            rebalance: !self.no_rebalance,
            rebalance_at: self.rebalance_at.unwrap_or_default(),
            wait_for_rewards: true,
            report_balance: true,
            watch_interval: Duration::from_secs(self.interval.unwrap_or(INTERVAL)),
            ..context.crank_options()
        }
    }
}
