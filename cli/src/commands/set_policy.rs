//! `tidepool set-policy`

use {
    super::{
        policy::{Policy, policy_of},
        settings::{self, Answer, Line, ManagerArgs, Setting, instead},
    },
    crate::{
        context::Context,
        error::CliError,
        units::{Share, Units},
    },
    clap::ArgGroup,
    serde::Serialize,
    tidepool_client::{actions, cluster::Cluster},
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
    #[command(flatten)]
    manager: ManagerArgs,

    /// Share of the pool that stays in the reserve, for those who want SOL at once; 50% at most
    #[arg(long, value_name = "PERCENT", group = "setting")]
    reserve_share: Option<Share>,

    /// SOL that stay in the reserve at least, whatever the share comes to; counts as half of the pool where it is more, 0 for none
    #[arg(long, value_name = "SOL", group = "setting")]
    reserve_floor: Option<Units>,

    /// SOL by which a validator may be off its target before anything moves; the minimum delegation where that is more
    #[arg(long, value_name = "SOL", group = "setting")]
    threshold: Option<Units>,

    /// Share of the pool that may be taken from validators in one epoch, by decreases and removals too; 100% sets no bound
    #[arg(long, value_name = "PERCENT", group = "setting")]
    turnover_budget: Option<Share>,

    /// Share of the pool that one validator may be given, whatever its weight; 100% sets no bound
    #[arg(long, value_name = "PERCENT", group = "setting")]
    validator_cap: Option<Share>,

    /// Rents of a stake account (about 0.0023 SOL each) that stay in the reserve of a pool with weights: each decrease borrows one
    /// until the next epoch, and an empty reserve could not be refilled
    #[arg(long, value_name = "NUMBER", group = "setting", value_parser = clap::value_parser!(u8).range(1..))]
    reserve_rents: Option<u8>,
}

/// A policy that is set.
#[derive(Debug, Serialize)]
pub struct PolicyChange {
    policy_before: Policy,
    policy: Policy,
}

impl Args {
    /// Sets it.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<PolicyChange>, CliError> {
        let fresh = self.manager.read(context).await?;
        let snapshot = &fresh.snapshot;
        let before = policy_of(snapshot)?;
        let after = self.applied_to(before);
        let group = actions::set_rebalance_policy(snapshot, &after)?;
        let setting = PolicyChange { policy_before: Policy::from(&before), policy: Policy::from(&after) };
        settings::set(context, &fresh, setting, group, || Ok(vec![self.manager.key(context, snapshot)?])).await
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
        policy.reserve_rents = self.reserve_rents.unwrap_or(policy.reserve_rents);
        policy
    }
}

impl Setting for PolicyChange {
    fn subject(&self) -> String {
        "the policy".into()
    }

    fn is_changed(&self) -> bool {
        self.policy_before != self.policy
    }

    fn lines(&self) -> Vec<Line> {
        let settings = self.policy_before.lines().into_iter().zip(self.policy.lines());
        settings.map(|((name, before), (_, after))| (name, instead(before, after))).collect()
    }
}
