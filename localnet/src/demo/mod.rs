//! A demo: creates a pool, sets weights and limits, deposits, pays rewards for some epochs, demotes a validator, pays exit tickets,
//! withdraws, and balances the books.
//! The staker's key is discarded after the weights are set: rebalancing is permissionless.

mod demotion;
mod epoch;
mod exits;
mod inflation;
mod limits;
mod moves;
mod report;
mod stage;
mod weights;
mod yields;

use {
    crate::run::{self, Ledger, RunError},
    demotion::Raised,
    epoch::EpochFigures,
    exits::Ticket,
    solana_address::Address,
    solana_native_token::LAMPORTS_PER_SOL,
    stage::Stage,
    std::{io::Write, path::PathBuf},
    tidepool_embedded::EmbeddedCluster,
    weights::Weighed,
    yields::Yields,
};

/// The SPL stake pool's program id on mainnet. The program works under any id.
const PROGRAM_ID: Address = Address::from_str_const("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");

/// First epoch of the cluster. Inflation falls with the epoch; here it is about mainnet's of 2026.
const START_EPOCH: u64 = 800;

/// Reserve target in lamports.
const KEEP_IN_RESERVE: u64 = 10 * LAMPORTS_PER_SOL;

/// Maximum epochs after the script until no stake is activating or deactivating.
const SETTLING_EPOCHS: u64 = 4;

/// Options of the demo.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Validators of the pool, of various commissions and performances
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub validators: u32,

    /// Epochs with rewards to show
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub epochs: u32,

    /// The program's ELF file [default: the one that `cargo xtask build-program` has built]
    #[arg(long, value_name = "ELF")]
    pub program: Option<PathBuf>,
}

/// Result of the demo.
#[derive(Clone, Debug)]
pub struct Shown {
    pub pool: Address,
    /// The epochs, from the one in which the first stake became active.
    pub epochs: Vec<EpochFigures>,
    /// Target and stake of each validator at the end.
    pub weighed: Vec<Weighed>,
    /// The commission that was raised, in a pool of several validators.
    pub raised: Option<Raised>,
    /// The exit tickets, all of them paid.
    pub tickets: Vec<Ticket>,
    /// The yield by the ledger and by the bank.
    pub yields: Yields,
    /// The books.
    pub ledger: Ledger,
}

/// Runs the demo and writes it to `out`.
///
/// # Errors
/// As [`start`] and [`play`].
pub async fn run(options: &Options, out: &mut dyn Write) -> Result<Shown, RunError> {
    play(&start(options)?, options, out).await
}

/// Starts the demo's cluster.
///
/// # Errors
/// [`RunError::Embedded`].
pub fn start(options: &Options) -> Result<EmbeddedCluster, RunError> {
    let builder = EmbeddedCluster::builder().validators(options.validators as usize).start_epoch(START_EPOCH);
    Ok(run::start(builder, PROGRAM_ID, options.program.as_deref())?)
}

/// Plays the demo on the cluster of [`start`], and writes it to `out`.
///
/// # Errors
/// [`RunError`]; [`RunError::Mismatch`] if a lamport or a pool token is missing or in the wrong account.
pub async fn play(cluster: &EmbeddedCluster, options: &Options, out: &mut dyn Write) -> Result<Shown, RunError> {
    report::write_title(out, options)?;
    let mut stage = Stage::set_up(cluster, options).await?;
    stage.open(out).await?;

    let script = Script::new(u64::from(options.epochs));
    report::write_epoch_heading(out)?;
    let mut epochs = Vec::new();
    let mut index = 0;
    // Without deposits and withdrawals, the pool is at rest within a few epochs.
    while index <= script.epochs || (!stage.is_at_rest() && index <= script.epochs + SETTLING_EPOCHS) {
        let mut figures = stage.next_epoch().await?;
        script.act(index, &mut stage).await?;
        stage.demote().await?;
        stage.rebalance().await?;
        stage.claim_exits().await?;
        stage.note_movement(&mut figures);
        report::write_epoch(out, &figures)?;
        report::write_events(out, &stage.take_events())?;
        epochs.push(figures);
        index += 1;
    }
    let weighed = weights::check(stage.snapshot())?;
    report::write_validators(out, &stage, &weighed)?;
    report::write_raised_commission(out, &stage)?;
    let yields = stage.yields()?;
    report::write_yields(out, &yields)?;
    report::write_chart(out, &epochs)?;
    let (pool, raised, tickets) = (stage.pool, stage.raised, stage.tickets.clone());
    let ledger = stage.close().await?;
    report::write_books(out, &stage, &ledger)?;
    ledger.check()?;
    Ok(Shown { pool, epochs, weighed, raised, tickets, yields, ledger })
}

/// The epochs of the demo's events. Epoch 0 is the one in which the first stake has become active.
struct Script {
    epochs: u64,
    /// A validator raises its commission.
    raise_commission: u64,
    /// Holders request exit tickets.
    request_exits: u64,
    /// The reserve's target is raised.
    fill_reserve: u64,
    /// A holder withdraws SOL.
    leave_in_sol: u64,
    /// A holder withdraws stake.
    leave_in_stake: u64,
}

impl Script {
    fn new(epochs: u64) -> Self {
        let fill_reserve = (epochs / 2).max(1);
        Self {
            epochs,
            raise_commission: 1,
            request_exits: fill_reserve - 1,
            fill_reserve,
            leave_in_sol: fill_reserve + 1,
            leave_in_stake: (fill_reserve + 2).min(epochs),
        }
    }

    async fn act(&self, epoch: u64, stage: &mut Stage<'_>) -> Result<(), RunError> {
        if epoch == 0 {
            stage.deposit_stake().await?;
        }
        if epoch == self.raise_commission {
            stage.raise_commission().await?;
        }
        if epoch == self.request_exits {
            stage.request_exits().await?;
        }
        if epoch == self.fill_reserve {
            stage.raise_reserve().await?;
        }
        if epoch == self.leave_in_sol {
            stage.withdraw_sol().await?;
            stage.set_policy(stage.policy(), "the manager lowers the target again").await?;
        }
        if epoch == self.leave_in_stake {
            stage.withdraw_stake().await?;
        }
        if epoch == self.epochs {
            stage.try_higher_fee().await?;
        }
        Ok(())
    }
}
