//! `tidepool set-policy`

use {
    crate::{
        context::Context,
        settings::{Answer, Change, ManagerArgs, instead},
        units::{Share, Units},
        unsent::Halt,
        view::policy::{Policy, policy_of},
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

/// Set the rebalance policy of a pool
///
/// Omitted settings keep their value. Shares are percentages of the pool's total, amounts are SOL. Shows the old and the new
/// policy and asks for confirmation. The pool needs the extension (`tidepool extend-pool`). Signed by the pool's manager.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("setting").required(true).multiple(true))]
pub struct Args {
    #[command(flatten)]
    manager: ManagerArgs,

    /// Reserve target as a share of the pool, at most 50%
    #[arg(long, value_name = "PERCENT", group = "setting")]
    reserve_share: Option<Share>,

    /// Minimum reserve target in SOL, whatever the share; at most half of the pool counts; 0 for none
    #[arg(long, value_name = "SOL", group = "setting")]
    reserve_floor: Option<Units>,

    /// Deviation from target, in SOL, up to which no stake moves; at least the minimum delegation counts
    #[arg(long, value_name = "SOL", group = "setting")]
    threshold: Option<Units>,

    /// Maximum share of the pool that may be deactivated in one epoch, decreases and removals included; 100% for no bound
    #[arg(long, value_name = "PERCENT", group = "setting")]
    turnover_budget: Option<Share>,

    /// Maximum share of the pool that one validator is delegated, whatever its weight; 100% for no bound
    #[arg(long, value_name = "PERCENT", group = "setting")]
    validator_cap: Option<Share>,

    /// Number of stake account rents (about 0.0023 SOL each) kept in the reserve of a pool with weights; each decrease borrows
    /// one until the next epoch, and an empty reserve cannot be refilled
    #[arg(long, value_name = "NUMBER", group = "setting", value_parser = clap::value_parser!(u8).range(1..))]
    reserve_rents: Option<u8>,
}

#[derive(Debug, Serialize)]
pub struct PolicyChange {
    policy_before: Policy,
    policy: Policy,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<PolicyChange>, Halt> {
        let fresh = self.manager.read(context).await?;
        let snapshot = &fresh.snapshot;
        let before = policy_of(snapshot)?;
        let after = self.applied_to(before);
        let group = actions::set_rebalance_policy(snapshot, &after)?;
        let setting = PolicyChange { policy_before: Policy::from(&before), policy: Policy::from(&after) };
        let both = setting.policy_before.lines().into_iter().zip(setting.policy.lines());
        let lines = both.map(|((name, before), (_, after))| (name, instead(before, after))).collect();
        let change = Change::new("the policy", setting.policy_before != setting.policy, lines);
        self.manager.set(context, &fresh, (setting, change), group).await
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
