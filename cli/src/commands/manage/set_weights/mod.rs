//! `tidepool set-weights`

mod file;
mod number;
mod table;
mod wanted;

pub use file::{Entry, parse};

use {
    crate::{
        accept::Accept,
        context::Context,
        error::CliError,
        keys::KeySource,
        output::{Landed, Line, Report, Text, write_signatures},
        units::address,
        unsent::Halt,
        view::policy::policy_of,
    },
    clap::ArgGroup,
    number::Setting,
    serde::Serialize,
    solana_address::Address,
    std::{
        fmt,
        path::{Path, PathBuf},
    },
    table::{Change, Table},
    tidepool_client::{
        actions,
        actions::weights::Unlisted,
        cluster::Cluster,
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_core::rebalance::BASIS_POINTS,
    tidepool_interface::state::RebalancePolicy,
};

const EXAMPLE: &str = "\
Example:
  tidepool set-weights 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --equal
  tidepool set-weights 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --file weights.csv
  tidepool set-weights 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      --set FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee=50";

/// Set the weights by which a pool distributes its stake
///
/// A validator's target is its weight's share of the sum of weights. A validator with weight 0 keeps its stake and gets no
/// more. FILE is CSV (VOTE,WEIGHT per line, with an optional heading) or JSON ({"VOTE": WEIGHT, …}, or a list of {"vote": …,
/// "weight": …}). Weights are numbers such as 3 or 0.25.
///
/// --file and --equal replace the whole list: validators not in it get weight 0. --set keeps the other weights. Only changes
/// are shown and sent. Stake moves with `tidepool rebalance`. Signed by the pool's staker.
///
/// If the changes take several transactions, rebalancing pauses from the first to the last, for about an hour at most. If not
/// all of them land, repeat the command: it sends the missing ones and ends the pause.
///
/// Deposits and withdrawals change deviations, and the last rebalance of an epoch counts: run `tidepool crank --watch`, with a
/// turnover budget and a small withdrawal fee (see SECURITY.md).
///
/// Shows cautions about validators whose weight rises: one that takes all rewards, has never voted or does not vote, has no BLS
/// key where the cluster requires one, is not admitted, or is closed. A script must specify --accept then.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("source").required(true))]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Set equal weights for all validators that are not demoted
    #[arg(long, group = "source")]
    equal: bool,

    /// Set each validator's current stake as its weight, so that only new stake moves
    #[arg(long, group = "source")]
    by_stake: bool,

    /// CSV or JSON file of weights
    #[arg(long, value_name = "FILE", group = "source")]
    file: Option<PathBuf>,

    /// Set the weight of one validator; repeat for several
    #[arg(long, value_name = "VOTE=WEIGHT", group = "source")]
    set: Vec<Setting>,

    /// Set weight 0 for all validators not in --set
    #[arg(long, conflicts_with_all = ["equal", "by_stake", "file"])]
    others_zero: bool,

    /// Keep the weights of validators not in --file
    #[arg(long, conflicts_with_all = ["equal", "by_stake", "set"])]
    others_keep: bool,

    /// Keypair of the pool's staker [default: your wallet]
    #[arg(long, value_name = "KEYPAIR")]
    staker: Option<KeySource>,

    #[command(flatten)]
    accept: Accept,
}

/// A file with weights, without the command that sets them.
#[derive(Debug)]
pub struct WeightsFile {
    path: PathBuf,
    entries: Vec<Entry>,
}

impl WeightsFile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, CliError> {
        Ok(Self { path: path.to_owned(), entries: file::read(path)? })
    }

    /// The weights of its validators for the pool of `snapshot`, as `set-weights --file` sets them.
    pub fn weights(&self, snapshot: &PoolSnapshot, unlisted: Unlisted) -> Result<Vec<(Address, u16)>, CliError> {
        let source = wanted::Source::File { path: &self.path, entries: self.entries.clone() };
        source.weights(snapshot, unlisted)
    }
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// In the pool's order.
    changes: Vec<Change>,
    /// Validators whose weight stays what it is.
    unchanged: usize,
    /// Validators that have a weight now.
    weighted: usize,
    /// What the manager should think of, in one line.
    hint: Option<String>,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        context.terminal.check_consent()?;
        // A file that is wrong needs no pool to be refused.
        let source = self.source()?;
        let snapshot = context.read_for_planning(&self.pool, StakeSelection::None).await?;
        let policy = policy_of(&snapshot)?;
        let wanted = source.weights(&snapshot, self.unlisted())?;
        let changes = actions::weights::changes(&snapshot, &wanted, self.unlisted())?;
        let plan = actions::set_validator_weights_within(&snapshot, &changes, context.bytes_beside_message())?;
        let mut output = Output {
            pool: Text(self.pool),
            unchanged: snapshot.records().len().saturating_sub(changes.len()),
            weighted: weighted(&snapshot, &changes),
            hint: hint(&self.pool, &policy),
            changes: changes.iter().map(|change| Change::new(&snapshot, change)).collect(),
            transactions: vec![],
        };
        if !plan.is_empty() {
            let staker = context.staker(self.staker.as_ref(), &snapshot)?;
            let cautions = self.accept.cautions(context, &raised(&changes)).await?;
            context.terminal.note(&Table::new(&output.changes, context.global.verbose).to_string());
            let lines = [output.summary(&self.others()), cautions].concat();
            context.confirm(&format!("Set weights of pool {}", self.pool), &lines)?;
            output.transactions = context.send(&plan, &[staker], snapshot.program_id()).await?;
        }
        Ok(output)
    }

    fn source(&self) -> Result<wanted::Source<'_>, CliError> {
        Ok(match &self.file {
            Some(path) => wanted::Source::File { path, entries: file::read(path)? },
            None if self.equal => wanted::Source::Equal,
            None if self.by_stake => wanted::Source::ByStake,
            None => wanted::Source::Settings(&self.set),
        })
    }

    const fn unlisted(&self) -> Unlisted {
        let keeps = if self.set.is_empty() { self.others_keep } else { !self.others_zero };
        if keeps { Unlisted::Keep } else { Unlisted::Clear }
    }

    /// What becomes of those that are not named.
    fn others(&self) -> String {
        match self.unlisted() {
            Unlisted::Keep => "other validators keep their weight".into(),
            Unlisted::Clear => "other validators get weight 0, and keep their stake".into(),
        }
    }
}

/// Short-lived deposits can make a rebalance deactivate stake: the turnover budget bounds this.
fn hint(pool: &Address, policy: &RebalancePolicy) -> Option<String> {
    (policy.turnover_budget.get() >= BASIS_POINTS).then(|| {
        format!(
            "the pool has no turnover budget, so all stake may be deactivated in one epoch: set one with `tidepool set-policy \
             {pool} --turnover-budget 10%`"
        )
    })
}

/// Vote accounts of validators whose weight rises.
fn raised(changes: &[actions::WeightChange]) -> Vec<Address> {
    changes.iter().filter(|change| change.new > change.old).map(|change| change.vote).collect()
}

/// Active validators with a weight, after the changes.
fn weighted(snapshot: &PoolSnapshot, changes: &[actions::WeightChange]) -> usize {
    let has_weight = |(index, record): (usize, &tidepool_interface::state::ValidatorStakeInfo)| {
        let change = changes.binary_search_by_key(&index, |change| change.index);
        let weight = change.map_or(record.extension.weight(), |at| changes[at].new);
        record.is_active() && weight > 0
    };
    snapshot.records().iter().enumerate().filter(|entry| has_weight(*entry)).count()
}

impl Output {
    /// What was sent though no weight changed.
    const fn resumed(&self) -> &'static str {
        if self.transactions.is_empty() { "nothing was sent" } else { "rebalancing goes on" }
    }

    fn summary(&self, others: &str) -> Vec<Line> {
        vec![
            ("changes", format!("{} weights; {} unchanged", self.changes.len(), self.unchanged)),
            ("others", others.to_owned()),
            ("then", format!("stake is distributed over {} validators by `tidepool rebalance`", self.weighted)),
        ]
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        if self.changes.is_empty() {
            writeln!(f, "The weights of pool {} are already set: {}", self.pool, self.resumed())?;
            return write_signatures(f, &self.transactions);
        }
        writeln!(f, "Set {} weights of pool {}", self.changes.len(), self.pool)?;
        if verbose {
            writeln!(f, "{}", Table::new(&self.changes, true))?;
        }
        write_signatures(f, &self.transactions)?;
        writeln!(f, "Stake moves with the next `tidepool rebalance {}`", self.pool)?;
        self.hint.iter().try_for_each(|hint| writeln!(f, "Note: {hint}"))
    }
}
