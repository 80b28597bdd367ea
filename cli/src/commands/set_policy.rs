//! `tidepool set-policy`

use {
    super::policy::{Policy, policy_of},
    crate::{
        args::address,
        context::Context,
        error::CliError,
        keys::KeySource,
        output::{CommandOutput, Landed, Text, to_json, write_fields, write_signatures},
        units::{Share, Units},
    },
    clap::ArgGroup,
    serde::Serialize,
    serde_json::Value,
    solana_address::Address,
    std::fmt,
    tidepool_client::{actions, cluster::Cluster, plan::Plan, pool::StakeSelection},
    tidepool_interface::state::RebalancePolicy,
};

const EXAMPLE: &str = "\
Example:
  tidepool set-policy 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --reserve-share 1% \\
      --turnover-budget 10% --threshold 5";

/// Set how a pool spreads its stake, and the bounds that a rebalance keeps
///
/// What is not given stays as it is. Shares are percentages of the whole pool, amounts are SOL. Shows the old and the new
/// policy and asks before anything is sent. The pool has to be extended (`tidepool extend-pool`); its manager signs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("setting").required(true).multiple(true))]
pub struct Args {
    /// The pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Share of the pool that stays in the reserve, for those who want SOL at once
    #[arg(long, value_name = "PERCENT", group = "setting")]
    reserve_share: Option<Share>,

    /// SOL that stay in the reserve at least, whatever the share comes to
    #[arg(long, value_name = "SOL", group = "setting")]
    reserve_floor: Option<Units>,

    /// SOL by which a validator may be off its target before anything moves; the minimum delegation where that is more
    #[arg(long, value_name = "SOL", group = "setting")]
    threshold: Option<Units>,

    /// Share of the pool that may be taken from validators in one epoch, by `decrease` too; 100% sets no bound
    #[arg(long, value_name = "PERCENT", group = "setting")]
    turnover_budget: Option<Share>,

    /// Share of the pool that one validator may be given, whatever its weight; 100% sets no bound
    #[arg(long, value_name = "PERCENT", group = "setting")]
    validator_cap: Option<Share>,

    /// Key of the pool's manager [default: your wallet's]
    #[arg(long, value_name = "KEYPAIR")]
    manager: Option<KeySource>,
}

/// A policy that has been set.
#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// Whether anything is another than before.
    changed: bool,
    policy_before: Policy,
    policy: Policy,
    transactions: Vec<Landed>,
}

impl Args {
    /// Sets it.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        context.terminal.check_consent()?;
        let snapshot = context.read_for_planning(&self.pool, StakeSelection::None).await?;
        let before = policy_of(&snapshot)?;
        let after = self.applied_to(before);
        let group = actions::set_rebalance_policy(&snapshot, &after)?;
        let mut output = Output {
            pool: Text(self.pool),
            changed: before != after,
            policy_before: Policy::from(&before),
            policy: Policy::from(&after),
            transactions: vec![],
        };
        if output.changed {
            let expected = snapshot.pool().head.manager;
            let manager = context.authority("the pool's manager", "--manager", self.manager.as_ref(), expected)?;
            context.terminal.confirm(&format!("Set the policy of pool {}", self.pool), &output.lines())?;
            let plan = Plan::one("set the policy", group);
            output.transactions = context.send(&plan, &[manager], snapshot.program_id()).await?;
        }
        Ok(output)
    }

    fn applied_to(&self, mut policy: RebalancePolicy) -> RebalancePolicy {
        let shares = [
            (&mut policy.reserve_share, self.reserve_share),
            (&mut policy.turnover_budget, self.turnover_budget),
            (&mut policy.validator_cap, self.validator_cap),
        ];
        for (setting, share) in shares {
            if let Some(Share(points)) = share {
                setting.set(points);
            }
        }
        let amounts = [(&mut policy.reserve_floor, self.reserve_floor), (&mut policy.threshold, self.threshold)];
        for (setting, amount) in amounts {
            if let Some(Units(lamports)) = amount {
                setting.set(lamports);
            }
        }
        policy
    }
}

impl Output {
    /// The settings; those that change with what they were.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let settings = self.policy_before.lines().into_iter().zip(self.policy.lines());
        settings
            .map(|((name, before), (_, after))| {
                (name, if before == after { after } else { format!("{after}, until now {before}") })
            })
            .collect()
    }
}

impl CommandOutput for Output {
    fn display(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.changed {
            writeln!(f, "The policy of pool {} is that already", self.pool)?;
            return write_fields(f, &self.lines());
        }
        writeln!(f, "Set the policy of pool {}", self.pool)?;
        write_fields(f, &self.lines())?;
        write_signatures(f, &self.transactions)
    }

    fn json(&self) -> Value {
        to_json(self)
    }
}
