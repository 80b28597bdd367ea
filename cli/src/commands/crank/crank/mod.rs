//! `tidepool crank`

mod alerts;
mod at;
mod cautions;
mod listener;
mod metrics;
mod output;
mod server;

use {
    crate::{
        args::{LookupArgs, UpdateFirst},
        context::Context,
        error::CliError,
        units::{Units, address},
        unsent::Halt,
        view::votes::Cautioned,
        warnings::gates,
    },
    alerts::{Alerts, PoolAlerts, WebhookFormat, WebhookUrl},
    at::rebalance_at,
    cautions::cautions,
    futures_util::future::{Either, join, join_all, select},
    listener::Listener,
    metrics::Metrics,
    output::Output,
    server::Server,
    solana_address::Address,
    std::{pin::pin, time::Duration},
    tidepool_client::{
        cluster::Cluster,
        crank::{CrankOptions, RebalanceAt},
        plan::{Sweep, UpdateOptions},
        pool::StakeSelection,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool crank 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool crank 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --watch --metrics 127.0.0.1:9184";

/// Seconds between two looks where the command line does not say.
const INTERVAL: u64 = 60;

/// Update pools and rebalance their stake, until nothing is left to do
///
/// Permissionless: any fee payer can run it, at the cost of transaction fees. Updates the pool, merges stake, demotes validators by
/// the pool's policy, moves stake towards the targets, pays exit tickets. Waits while epoch rewards are distributed. Several pools
/// are processed in turn, until a failure.
///
/// With --watch it runs in every epoch, all pools at once, until Ctrl-C (exit code 0), and prints a line per epoch, in JSON an
/// object per line. Once the pool has been read, failures of the endpoint and a fee payer without SOL are retried.
///
/// With --watch the pool is updated at the beginning of an epoch. Validators are demoted and stake is rebalanced near the end
/// (--rebalance-at), and again just before it: moved stake takes effect at the end of the epoch, so waiting costs nothing. Tickets
/// are paid, and a reserve below its target is refilled, at once. A missed rebalance runs in the next epoch.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Addresses of the pools
    #[arg(value_name = "POOL", value_parser = address, required = true)]
    pools: Vec<Address>,

    /// Run in every epoch, until Ctrl-C
    #[arg(long)]
    watch: bool,

    /// Percentage of the epoch, time before its end (2h, 30m, 45s), or now [default: 90%]
    #[arg(long, value_name = "WHEN", requires = "watch", conflicts_with = "no_rebalance", value_parser = rebalance_at)]
    rebalance_at: Option<RebalanceAt>,

    /// Maximum number of seconds between two reads of a pool [default: 60]
    #[arg(long, value_name = "SECONDS", requires = "watch", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    interval: Option<u64>,

    /// Serve Prometheus metrics at http://ADDRESS:PORT/metrics
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<String>,

    /// Send alerts to a URL, or to that in @FILE; repeat for several (see docs/operations.md)
    #[arg(long, value_name = "URL", requires = "watch")]
    webhook: Vec<WebhookUrl>,

    /// Form of the alerts
    #[arg(long, value_name = "FORMAT", requires = "webhook", value_enum, default_value_t)]
    webhook_format: WebhookFormat,

    /// Update only: demote no validator, move no stake, pay no exit ticket
    #[arg(long)]
    no_rebalance: bool,

    /// Do not demote validators
    #[arg(long)]
    no_demote: bool,

    /// Do not send the missing rent of a decrease (about 0.0023 SOL) to the reserve
    #[arg(long)]
    no_top_up: bool,

    /// Move a validator's idle lamports above this amount to the reserve [default: by the fees]
    #[arg(long, value_name = "SOL")]
    sweep_above: Option<Units>,

    #[command(flatten)]
    lookup: LookupArgs,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        if self.watch && !context.global.transactions.sends() {
            return Err(CliError::usage(
                "--watch cannot be combined with --dry-run, --sign-only or --dump-transaction-message: omit --watch to see \
                 the first transactions",
            ).into());
        }
        if self.pools.len() > 1 && !context.global.transactions.sends() {
            return Err(CliError::usage(
                "--dry-run, --sign-only and --dump-transaction-message take one pool: repeat the command for each",
            )
            .into());
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

    async fn once<C: Cluster>(&self, context: &Context<'_, C>, metrics: &Metrics) -> Result<Output, Halt> {
        let mut pools = vec![];
        for pool in &self.pools {
            let listener = Listener::silent(context, metrics.pool(pool), PoolAlerts::new(None, *pool));
            let crank = context.crank(&self.lookup).options(self.options(context)).observer(&listener);
            if context.global.transactions.dry_run {
                // A simulation ends the command.
                let found = cautions(context, pool).await.unwrap_or_default();
                found.iter().flat_map(Cautioned::lines).for_each(|(_, line)| context.terminal.note(&line));
            }
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
            if let Some(mut round) = listener.last_round() {
                // What was done is told, whether or not they can be read.
                round.cautions = cautions(context, pool).await.ok();
                pools.push(round);
            }
        }
        Ok(Output { pools, stopped: false })
    }

    async fn watch<C: Cluster>(&self, context: &Context<'_, C>, metrics: &Metrics) -> Result<Output, Halt> {
        let alerts = Alerts::start(&self.webhook, self.webhook_format, context.terminal)?;
        let of_pool = |pool: &Address| PoolAlerts::new(alerts.clone(), *pool);
        let listeners: Vec<_> =
            self.pools.iter().map(|pool| Listener::printing(context, metrics.pool(pool), of_pool(pool))).collect();
        let watches = self.pools.iter().zip(&listeners).map(|(pool, listener)| async move {
            let crank = context.crank(&self.lookup).options(self.options(context)).observer(listener);
            let watched = crank.watch(pool).await;
            // The others end in good order, too.
            context.interrupt.stop.request();
            watched
        });
        let beside = async {
            match &alerts {
                Some(alerts) => join(gates::warn(context), alerts.look(context, &self.pools)).await.0,
                None => gates::warn(context).await,
            }
        };
        let watched = match select(join_all(watches), pin!(beside)).await {
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
        let usual = context.crank_options();
        let sweep = self.sweep_above.map_or(usual.update.sweep, |Units(lamports)| Sweep::Above(lamports));
        CrankOptions {
            update: UpdateOptions { sweep, ..usual.update.clone() },
            rebalance: !self.no_rebalance,
            demote: !self.no_demote,
            top_up: !self.no_top_up,
            rebalance_at: self.rebalance_at.unwrap_or_default(),
            wait_for_rewards: true,
            report_balance: true,
            watch_interval: Duration::from_secs(self.interval.unwrap_or(INTERVAL)),
            ..usual
        }
    }
}
