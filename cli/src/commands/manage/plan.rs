//! `tidepool plan`

use {
    super::select::files,
    crate::{
        accept::Accept,
        context::Context,
        desired::{
            DesiredFile, PlanFile, Survey, check_cluster, check_program,
            words::{self, ChangedPart, PlannedStake, PlannedStep},
        },
        error::CliError,
        output::{Line, Report, Text, write_fields},
        wallet::signers::{Given, check_can_sign},
    },
    serde::Serialize,
    solana_address::Address,
    std::{fmt, path::PathBuf},
    tidepool_client::{
        cluster::Cluster,
        desired::{self, Difference, Live, Part, Setting, Value},
        pool::{PoolSnapshot, StakeSelection},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool plan pool.toml --out plan.toml";

/// Show what a changed file of a pool changes, and write the plan
///
/// FILE is one of `tidepool export`, changed. Shows each difference from the pool, who signs it, from when on it counts, changes that are
/// only announced at first, and how stake moves afterwards. The plan names the state of the pool it was made for: `tidepool apply`
/// refuses it if one of its parts has changed since. If FILE is invalid, nothing is written, and the error names line and column.
/// Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// File of the pool
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Write the plan to a file, for `tidepool apply`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    epoch: u64,
    /// Whether the pool is as the file wants it.
    empty: bool,
    /// The plan; `null` if it was not written.
    plan_file: Option<String>,
    changes: Vec<ChangedPart>,
    steps: Vec<PlannedStep>,
    /// How stake moves; `null` if it does not change.
    stake: Option<PlannedStake>,
    #[serde(skip)]
    lines: [Vec<Line>; 2],
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        // A file that is wrong needs no cluster to be refused.
        let file = DesiredFile::read(&self.file)?;
        file.check_fees()?;
        let cluster = context.cluster.genesis_hash().await?;
        check_cluster(&file.path, &file.head, cluster)?;
        let snapshot = read(context, &file.head.pool).await?;
        check_program(&file.path, &file.head, &snapshot.program_id())?;
        let (payer, blame) = (context.fee_payer().ok().map(|key| key.pubkey()), |fault| file.fault(fault));
        let Survey { live, differences, steps } =
            Survey::read(context.cluster, payer, snapshot, &file.desired, &[], blame).await?;
        check_addresses(context, &live, &file, &differences).await?;
        let outlook = desired::outlook(&live, &differences);
        let cautions = Accept::ACCEPTED.cautions(context, &delegated(&differences)).await?;
        let all: Vec<_> = steps.iter().collect();
        let lines = [false, true].map(|verbose| {
            let mut lines = words::lines(&live, &differences, &all, verbose);
            lines.extend(outlook.iter().flat_map(words::outlook_lines));
            lines.extend(cautions.iter().cloned());
            lines
        });
        if let Some(path) = &self.out {
            files::write(path, &PlanFile::text(&file, &live, cluster, &differences))?;
        }
        Ok(Output {
            pool: Text(live.snapshot.address()),
            epoch: live.snapshot.epoch(),
            empty: steps.is_empty(),
            plan_file: self.out.as_ref().map(|path| path.display().to_string()),
            changes: differences.iter().map(ChangedPart::from).collect(),
            steps: steps.iter().map(|step| PlannedStep::new(&live, &differences, step)).collect(),
            stake: outlook.as_ref().map(PlannedStake::from),
            lines,
        })
    }
}

/// The pool with all that steps are made from, with the user's key if there is one.
async fn read<C: Cluster>(context: &Context<'_, C>, pool: &Address) -> Result<PoolSnapshot, CliError> {
    match context.fee_payer() {
        Ok(_) => context.read_for_planning(pool, StakeSelection::None).await,
        Err(_) => context.read_without_key(pool, StakeSelection::None).await,
    }
}

/// Validators that get stake: those that are added, and those whose weight rises.
pub fn delegated(differences: &[Difference]) -> Vec<Address> {
    let rises = |difference: &Difference| match (difference.part, &difference.before, &difference.after) {
        (Part::Validator(vote), Value::Weight(before), Value::Weight(after)) => (after > before).then_some(vote),
        _ => None,
    };
    differences.iter().filter_map(rises).collect()
}

/// Rejects new authorities that cannot sign.
async fn check_addresses<C: Cluster>(
    context: &Context<'_, C>,
    live: &Live,
    file: &DesiredFile,
    differences: &[Difference],
) -> Result<(), CliError> {
    for difference in differences {
        let Part::Setting(setting) = difference.part else { continue };
        let role = match setting {
            Setting::Manager => "the manager",
            Setting::Staker => "the staker",
            Setting::Guardian => "the guardian",
            Setting::StakeDepositAuthority | Setting::SolDepositAuthority | Setting::SolWithdrawAuthority => {
                "a funding authority"
            }
            _ => continue,
        };
        let (Value::Address(address) | Value::Choice(Some(address))) = difference.after else { continue };
        let option = difference.part.to_string();
        let given = Given { address, option: &option, role, otherwise: "" };
        let checked = check_can_sign(context, &live.snapshot.parts(), given).await;
        checked.map_err(|error| file.error(difference.part, error))?;
    }
    Ok(())
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        let (pool, epoch) = (&self.pool, self.epoch);
        if self.empty {
            writeln!(f, "The plan is empty: pool {pool} is as the file wants it in epoch {epoch}")?;
        } else {
            let parts = self.changes.len();
            let parts = if parts == 1 { "1 part changes".into() } else { format!("{parts} parts change") };
            writeln!(f, "Plan for pool {pool} in epoch {epoch}: {parts}")?;
            write_fields(f, &self.lines[usize::from(verbose)])?;
        }
        match &self.plan_file {
            Some(plan) if self.empty => writeln!(f, "Wrote the plan to {plan}: there is nothing to apply"),
            Some(plan) => writeln!(f, "Wrote the plan to {plan}: carry it out with `tidepool apply {plan}`"),
            None if self.empty => Ok(()),
            None => writeln!(f, "Write the plan with --out to carry it out with `tidepool apply`"),
        }
    }
}
