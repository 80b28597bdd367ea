//! `tidepool set-weights`

mod file;
mod number;
mod table;
mod wanted;

pub use file::{Entry, Place, Problem, parse};

use {
    super::policy::policy_of,
    crate::{
        args::address,
        context::Context,
        error::CliError,
        keys::KeySource,
        output::{CommandOutput, Landed, Text, to_json, write_signatures},
    },
    clap::ArgGroup,
    number::Setting,
    serde::Serialize,
    serde_json::Value,
    solana_address::Address,
    std::{fmt, path::PathBuf},
    table::{Change, Table},
    tidepool_client::{
        actions::{self, weights::Unlisted},
        cluster::Cluster,
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_interface::state::{BASIS_POINTS, RebalancePolicy},
};

const EXAMPLE: &str = "\
Example:
  tidepool set-weights 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --equal
  tidepool set-weights 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --file weights.csv
  tidepool set-weights 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      --set FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee=50";

/// Set the weights by which a pool spreads its stake over validators
///
/// A validator's target is its weight's share of all weights. At weight 0 it gets no new stake and keeps what it has. A file is
/// CSV (VOTE,WEIGHT in lines, a heading if you like) or JSON ({"VOTE": WEIGHT, …}, or a list of {"vote": …, "weight": …});
/// weights are numbers such as 3 or 0.25.
///
/// A file or --equal is taken for the whole list: validators that it does not name get weight 0. With --set the others keep
/// theirs. Only what changes is shown and sent. Stake follows with `tidepool rebalance`. The pool's staker signs.
///
/// Changes that take several transactions take effect together: rebalancing pauses from the first to the last of them, and for
/// an hour at most. Where not all of them land, repeat the command: it sends what is missing, and ends the pause.
///
/// Deposits and withdrawals of others change how far validators are from their targets. The last rebalance of an epoch counts:
/// run `tidepool crank --watch`, and keep a turnover budget and a small withdrawal fee (see SECURITY.md).
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("source").required(true))]
pub struct Args {
    /// The pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Give every validator the same weight
    #[arg(long, group = "source")]
    equal: bool,

    /// Give every validator its present stake as weight, so that only what comes in moves
    #[arg(long, group = "source")]
    by_stake: bool,

    /// Take the weights from a CSV or JSON file
    #[arg(long, value_name = "FILE", group = "source")]
    file: Option<PathBuf>,

    /// Give one validator a weight; may be repeated
    #[arg(long, value_name = "VOTE=WEIGHT", group = "source")]
    set: Vec<Setting>,

    /// Give weight 0 to all validators that --set does not name
    #[arg(long, conflicts_with_all = ["equal", "by_stake", "file"])]
    others_zero: bool,

    /// Let all validators keep their weight that --file does not name
    #[arg(long, conflicts_with_all = ["equal", "by_stake", "set"])]
    others_keep: bool,

    /// Key of the pool's staker [default: your wallet's]
    #[arg(long, value_name = "KEYPAIR")]
    staker: Option<KeySource>,
}

/// Weights that have been set.
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
    /// Sets them.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        context.terminal.check_consent()?;
        // A file that is wrong needs no pool to be refused.
        let source = self.source()?;
        let snapshot = context.read_for_planning(&self.pool, StakeSelection::None).await?;
        let policy = policy_of(&snapshot)?;
        let wanted = source.weights(&snapshot, self.unlisted())?;
        let changes = actions::weights::changes(&snapshot, &wanted, self.unlisted())?;
        let plan = actions::set_validator_weights(&snapshot, &changes)?;
        let mut output = Output {
            pool: Text(self.pool),
            unchanged: snapshot.records().len().saturating_sub(changes.len()),
            weighted: weighted(&snapshot, &changes),
            hint: hint(&self.pool, &policy),
            changes: changes.iter().map(|change| Change::new(&snapshot, change)).collect(),
            transactions: vec![],
        };
        if !plan.is_empty() {
            let expected = snapshot.pool().head.staker;
            let staker = context.authority("the pool's staker", "--staker", self.staker.as_ref(), expected)?;
            context.terminal.note(&Table::new(&output.changes, context.global.verbose).to_string());
            context.confirm(&format!("Set weights of pool {}", self.pool), &output.summary(&self.others()))?;
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
            Unlisted::Keep => "validators that are not named keep their weight".into(),
            Unlisted::Clear => "validators that are not named get weight 0, and keep the stake that they have".into(),
        }
    }
}

/// Whoever sends SOL or stake through the pool can make a rebalance take stake from validators: within the turnover budget.
fn hint(pool: &Address, policy: &RebalancePolicy) -> Option<String> {
    (policy.turnover_budget.get() >= BASIS_POINTS).then(|| {
        format!(
            "nothing bounds how much stake rebalances may deactivate in an epoch: `tidepool set-policy {pool} --turnover-budget 10%` does"
        )
    })
}

/// Active validators with a weight, after the changes.
fn weighted(snapshot: &PoolSnapshot, changes: &[actions::WeightChange]) -> usize {
    let has_weight = |(index, record): (usize, &tidepool_interface::state::ValidatorStakeInfo)| {
        let change = changes.binary_search_by_key(&index, |change| change.index);
        let weight = change.map_or(record.extension.weight.get(), |at| changes[at].new);
        record.is_active() && weight > 0
    };
    snapshot.records().iter().enumerate().filter(|entry| has_weight(*entry)).count()
}

impl Output {
    /// What was sent though no weight changed.
    const fn resumed(&self) -> &'static str {
        if self.transactions.is_empty() { "nothing was sent" } else { "rebalancing goes on" }
    }

    fn summary(&self, others: &str) -> Vec<(&'static str, String)> {
        vec![
            ("changes", format!("{} weights; {} stay what they are", self.changes.len(), self.unchanged)),
            ("others", others.to_owned()),
            ("then", format!("{} validators share the stake; it moves with `tidepool rebalance`", self.weighted)),
        ]
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        if self.changes.is_empty() {
            writeln!(f, "The weights of pool {} are these already: {}", self.pool, self.resumed())?;
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

impl CommandOutput for Output {
    fn display(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }

    fn verbose(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }

    fn json(&self) -> Value {
        to_json(self)
    }
}
