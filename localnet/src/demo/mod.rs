//! A pool's life in half a minute: made, given weights, filled, rewarded for some epochs, and left by some of its holders;
//! with the books at the end. Once the weights are set the staker's key is thrown away: the pool spreads its stake by itself,
//! whenever anybody asks it to.

mod epoch;
mod moves;
mod report;
mod stage;
mod weights;

use {
    crate::{
        embedded::EmbeddedCluster,
        run::{Ledger, RunError},
    },
    epoch::EpochFigures,
    solana_address::Address,
    solana_native_token::LAMPORTS_PER_SOL,
    stage::Stage,
    std::{io::Write, path::PathBuf},
    weights::Weighed,
};

/// Under this id the program runs pools on mainnet; it serves any id.
const PROGRAM_ID: Address = Address::from_str_const("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");

/// Inflation falls with the age of a cluster: in this epoch it is about what it is on mainnet in 2026.
const START_EPOCH: u64 = 800;

/// Lamports that the reserve is to hold.
const KEEP_IN_RESERVE: u64 = 10 * LAMPORTS_PER_SOL;

/// Epochs after the last one of the script in which stake may still be on its way to where it belongs.
const SETTLING_EPOCHS: u64 = 4;

/// What to show.
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

/// What was shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The epochs, the one in which the stake became active first.
    pub epochs: Vec<EpochFigures>,
    /// What each validator should have by its weight, and has at the end.
    pub weighed: Vec<Weighed>,
    /// The books.
    pub ledger: Ledger,
}

/// Runs the demo and writes it to `out`.
///
/// # Errors
/// [`RunError`]: [`RunError::Mismatch`] where a lamport or a pool token is not where it should be.
pub async fn run(options: &Options, out: &mut dyn Write) -> Result<Shown, RunError> {
    let builder = EmbeddedCluster::builder();
    let builder = match &options.program {
        Some(elf) => builder.program(PROGRAM_ID, elf),
        None => builder.tidepool(PROGRAM_ID),
    };
    let cluster = builder.validators(options.validators as usize).start_epoch(START_EPOCH).start()?;
    report::write_title(out, options)?;
    let mut stage = Stage::set_up(&cluster, options).await?;
    stage.open(out).await?;

    let script = Script::new(u64::from(options.epochs));
    let table = report::epoch_table();
    writeln!(out)?;
    table.write_heading(out)?;
    let mut epochs = Vec::new();
    let mut index = 0;
    // By itself, stake comes to rest within a few epochs of the last flow.
    while index <= script.epochs || (!stage.is_at_rest() && index <= script.epochs + SETTLING_EPOCHS) {
        let mut figures = stage.next_epoch().await?;
        script.act(index, &mut stage).await?;
        stage.rebalance().await?;
        stage.note_movement(&mut figures);
        table.write_row(out, &report::epoch_row(&figures))?;
        report::write_events(out, &stage.take_events())?;
        epochs.push(figures);
        index += 1;
    }
    let weighed = weights::check(stage.snapshot())?;
    report::write_validators(out, &stage, &weighed)?;
    report::write_chart(out, &epochs)?;
    let ledger = stage.close().await?;
    report::write_books(out, &stage, &ledger).await?;
    ledger.check()?;
    Ok(Shown { epochs, weighed, ledger })
}

/// In which of the epochs something happens. Epoch 0 is the one in which the stake of the beginning has become active.
struct Script {
    epochs: u64,
    /// The reserve's target is raised.
    fill_reserve: u64,
    /// A holder leaves with SOL.
    leave_in_sol: u64,
    /// A holder leaves with stake.
    leave_in_stake: u64,
}

impl Script {
    fn new(epochs: u64) -> Self {
        let fill_reserve = (epochs / 2).max(1);
        Self { epochs, fill_reserve, leave_in_sol: fill_reserve + 1, leave_in_stake: (fill_reserve + 2).min(epochs) }
    }

    async fn act(&self, epoch: u64, stage: &mut Stage<'_>) -> Result<(), RunError> {
        if epoch == 0 {
            stage.deposit_stake().await?;
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
        Ok(())
    }
}
