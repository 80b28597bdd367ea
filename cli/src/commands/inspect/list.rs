//! `tidepool list`

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Report, Text},
        units::{Units, address, sol},
        view::votes::Votes,
    },
    serde::Serialize,
    solana_address::Address,
    std::{cmp::Reverse, collections::HashSet, fmt},
    tidepool_client::{
        cluster::Cluster,
        plan::{self, UpdateOptions},
        pool::{PoolSnapshot, Validator},
        vote::ValidatorSurvey,
        words::status_name,
    },
    tidepool_core::rebalance::Rebalance,
};

const EXAMPLE: &str = "\
Example:
  tidepool list 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --verbose
  tidepool list 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --sort deviation
  tidepool list 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --output json";

/// List a pool's validators and their stake
///
/// Amounts are SOL, rent included, at each validator's last update. INDEX is the position in the validator list, as in the
/// logs. DEVIATION is the stake above (negative: below) the target. --verbose adds the stake accounts' addresses. Sends
/// nothing; needs no keypair.
///
/// INFLATION and BLOCKS are the validator's commissions on inflation rewards and block revenue, BLS whether it has a BLS key,
/// ADMITTED whether it is in the validator set, and VOTED the last epoch with vote credits. STATUS ends with cautions: not
/// delegable (closed), deactivated (by others), demoted, no weight, never voted, not voting, no bls key, not admitted, full commission.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Sort order: index, vote or status (ascending); stake, transient, weight, target or deviation (largest first)
    #[arg(long, value_name = "KEY", value_enum, hide_possible_values = true, default_value_t)]
    sort: Sort,

    /// Reverse the sort order
    #[arg(short, long)]
    reverse: bool,
}

/// What validators are sorted by. Those that have equal keys stay in the pool's order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum Sort {
    /// Place in the pool's list
    #[default]
    Index,
    /// Vote account
    Vote,
    /// Stake in the validator stake account
    Stake,
    /// Transient stake
    Transient,
    /// Weight
    Weight,
    /// Target stake; validators without a target come last
    Target,
    /// Deviation from target, above or below; validators without a target come last
    Deviation,
    /// Status
    Status,
}

impl Sort {
    fn sort(self, validators: &mut [Entry]) {
        match self {
            Self::Index => {}
            Self::Vote => validators.sort_by_key(|entry| entry.vote.to_string()),
            Self::Stake => validators.sort_by_key(|entry| Reverse(entry.active_lamports)),
            Self::Transient => validators.sort_by_key(|entry| Reverse(entry.transient_lamports)),
            Self::Weight => validators.sort_by_key(|entry| Reverse(entry.weight)),
            Self::Target => validators.sort_by_key(|entry| Reverse(entry.target_lamports)),
            Self::Deviation => validators.sort_by_key(|entry| Reverse(entry.deviation_lamports.map(i64::unsigned_abs))),
            Self::Status => validators.sort_by_key(|entry| entry.status),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// The epoch of the cluster.
    epoch: u64,
    max_validators: u32,
    /// Whether validators can have weights.
    extended: bool,
    /// In the order that was asked for.
    validators: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    /// Place in the pool's list, from 0.
    index: usize,
    vote: Text<Address>,
    /// `active`, `deactivating_transient`, `ready_for_removal`, `deactivating_validator`, `deactivating_all` or `invalid`.
    status: &'static str,
    /// Lamports in the validator stake account, rent included.
    active_lamports: u64,
    /// Lamports on their way to or from the validator, rent included.
    transient_lamports: u64,
    /// 0 for none.
    weight: u16,
    /// The epoch of its demotion; `null` if it is not demoted.
    demoted_in_epoch: Option<u64>,
    /// What it is to have by its weight, rent included; `null` without one.
    target_lamports: Option<u64>,
    /// Lamports that it holds, with those on their way to it, above its target; below it where negative; `null` without a target.
    deviation_lamports: Option<i64>,
    last_update_epoch: u64,
    /// Whether the record is not up to date with the epoch.
    stale: bool,
    /// Whether an update can merge stake of it now.
    mergeable: bool,
    validator_stake: Text<Address>,
    transient_stake: Text<Address>,
    validator_seed: u32,
    transient_seed: u64,
    #[serde(flatten)]
    votes: Votes,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let snapshot = context.look_at_stakes(&self.pool).await?;
        let reading = ValidatorSurvey::of_pool(context.cluster, &snapshot);
        let survey = context.watch("Reading vote accounts", reading).await?;
        // No target depends on the minimum delegation, which is not read here.
        let targets = snapshot.rebalance_inputs().map(|inputs| Rebalance::survey(snapshot.records(), &inputs));
        let target = |validator: &Validator| targets.as_ref()?.target(validator.record);
        let mergeable: HashSet<usize> =
            plan::mergeable(&snapshot, &UpdateOptions::default()).iter().map(|validator| validator.index).collect();
        let has_weights = snapshot.weighted().next().is_some();
        let mut validators: Vec<_> = snapshot
            .validators()
            .map(|validator| Entry {
                mergeable: mergeable.contains(&validator.index),
                votes: Votes::of(&survey, &snapshot, &validator, has_weights),
                ..entry(&snapshot, &validator, target(&validator))
            })
            .collect();
        self.sort.sort(&mut validators);
        if self.reverse {
            validators.reverse();
        }
        Ok(Output {
            pool: Text(self.pool),
            epoch: snapshot.epoch(),
            max_validators: snapshot.max_validators(),
            extended: snapshot.is_extended(),
            validators,
        })
    }
}

fn entry(snapshot: &PoolSnapshot, validator: &Validator, target_lamports: Option<u64>) -> Entry {
    let record = validator.record;
    let held = plan::held(record, snapshot.environment().stake_rent());
    // All lamports there are fit 63 bits.
    let deviation = |target: u64| i64::try_from(i128::from(held) - i128::from(target)).ok();
    Entry {
        index: validator.index,
        vote: Text(validator.vote()),
        status: status_name(validator.status()),
        active_lamports: record.active_stake_lamports.get(),
        transient_lamports: record.transient_stake_lamports.get(),
        weight: if snapshot.is_extended() { validator.weight() } else { 0 },
        demoted_in_epoch: snapshot.demotion_of(record).map(|demotion| demotion.epoch),
        target_lamports,
        deviation_lamports: target_lamports.and_then(deviation),
        last_update_epoch: record.last_update_epoch.get(),
        stale: validator.is_stale(snapshot.epoch()),
        mergeable: false,
        validator_stake: Text(validator.addresses.validator),
        transient_stake: Text(validator.addresses.transient),
        validator_seed: record.validator_seed_suffix.get(),
        transient_seed: record.transient_seed_suffix.get(),
        votes: Votes::default(),
    }
}

/// Lamports above or below something, in SOL.
fn signed(lamports: i64) -> String {
    let sign = if lamports < 0 { "-" } else { "" };
    format!("{sign}{}", Units(lamports.unsigned_abs()))
}

impl Output {}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, with_addresses: bool) -> fmt::Result {
        if self.validators.is_empty() {
            return writeln!(f, "Pool {} has no validators", self.pool);
        }
        let has_weights = self.validators.iter().any(|entry| entry.weight > 0);
        let (vote, active, moving) = ("VALIDATOR", "ACTIVE SOL", "TRANSIENT SOL");
        write!(f, "{:>5}  {vote:44}  {active:>20}  {moving:>20}", "INDEX")?;
        if has_weights {
            write!(f, "  {:>6}  {:>20}  {:>21}", "WEIGHT", "TARGET SOL", "DEVIATION SOL")?;
        }
        writeln!(f, "  {}  {:>6}  STATUS", Votes::headings(), "EPOCH")?;
        for entry in &self.validators {
            let lamports = |lamports: u64| Units(lamports).to_string();
            let (active, moving) = (lamports(entry.active_lamports), lamports(entry.transient_lamports));
            write!(f, "{:>5}  {:44}  {active:>20}  {moving:>20}", entry.index, entry.vote.to_string())?;
            if has_weights {
                let target = entry.target_lamports.map_or("-".into(), lamports);
                let deviation = entry.deviation_lamports.map_or("-".into(), signed);
                write!(f, "  {:>6}  {target:>20}  {deviation:>21}", entry.weight)?;
            }
            let stale = match (entry.stale, entry.mergeable) {
                (true, _) => ", stale",
                (false, true) => ", stake to merge",
                (false, false) => "",
            };
            let status = entry.status.replace('_', " ");
            let (votes, cautions) = (entry.votes.columns(), entry.votes.short_cautions());
            writeln!(f, "  {votes}  {:>6}  {status}{stale}{cautions}", entry.last_update_epoch)?;
            if with_addresses {
                writeln!(f, "  stake account      {}", entry.validator_stake)?;
                writeln!(f, "  transient account  {}", entry.transient_stake)?;
            }
        }
        let sum = |lamports: fn(&Entry) -> u64| sol(self.validators.iter().map(lamports).fold(0, u64::saturating_add));
        writeln!(
            f,
            "{} validators of at most {}: {} active, {} transient",
            self.validators.len(),
            self.max_validators,
            sum(|entry| entry.active_lamports),
            sum(|entry| entry.transient_lamports),
        )
    }
}
