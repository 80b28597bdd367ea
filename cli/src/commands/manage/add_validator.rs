//! `tidepool add-validator`

use {
    crate::{
        accept::Accept,
        context::Context,
        output::{Landed, Report, Text, write_fields, write_signatures},
        units::sol,
        unsent::Halt,
        validators::{StakerArgs, check_vote_account, hint_after_adding},
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{actions, cluster::Cluster, plan::Plan},
    tidepool_interface::address::find_validator_stake,
};

const EXAMPLE: &str = "\
Example:
  tidepool add-validator 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee --staker staker.json";

/// Add a validator to a pool
///
/// Stakes the minimum delegation (1 SOL) and the rent of the stake account, both from the reserve. The validator starts with
/// weight 0: add stake with `tidepool increase`, or set a weight with `tidepool set-weights`. Signed by the pool's staker.
///
/// Asks before it adds a validator that takes all rewards, has never voted or does not vote, has no BLS key where the cluster
/// requires one, or is not admitted to the validator set. A script must specify --accept.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    staker: StakerArgs,

    /// Seed of the validator stake account's address [default: the first unused seed, usually 0]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u32>,

    #[command(flatten)]
    accept: Accept,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    vote: Text<Address>,
    validator_stake: Text<Address>,
    seed: u32,
    /// Lamports in its stake account, rent included.
    lamports: u64,
    /// What to do about weights.
    hint: Option<String>,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        let vote = self.staker.vote();
        check_vote_account(context, &vote).await?;
        self.accept.check(context, vote, &format!("Add validator {vote}")).await?;
        let (fresh, staker) = self.staker.prepare(context).await?;
        let snapshot = &fresh.snapshot;
        let seed = match self.seed {
            Some(seed) => seed,
            None => actions::find_free_validator_seed(context.cluster, snapshot, &vote).await?,
        };
        let group = actions::add_validator(snapshot, &vote, seed)?;
        let plan = Plan::one("add the validator", group);
        let sent = context.send(&plan, &[staker], snapshot.program_id()).await?;
        let stake = find_validator_stake(&snapshot.program_id(), &vote, &snapshot.address(), seed).0;
        Ok(Output {
            pool: Text(snapshot.address()),
            vote: Text(vote),
            validator_stake: Text(stake),
            seed,
            lamports: snapshot.environment().minimum_stake_lamports(),
            hint: hint_after_adding(snapshot, &vote),
            transactions: fresh.and(sent),
        })
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        writeln!(f, "Added validator {} to pool {}", self.vote, self.pool)?;
        write_fields(
            f,
            &[
                ("stake account", self.validator_stake.to_string()),
                ("stake", format!("{}, rent included", sol(self.lamports))),
            ],
        )?;
        write_signatures(f, &self.transactions)?;
        self.hint.iter().try_for_each(|hint| writeln!(f, "Note: {hint}"))
    }
}
