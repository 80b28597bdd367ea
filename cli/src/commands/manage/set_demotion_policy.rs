//! `tidepool set-demotion-policy`

use {
    crate::{
        context::Context,
        settings::{Answer, Change, ManagerArgs, instead, or_none},
        units::Share,
        unsent::Halt,
        view::{demotion::DemotionPolicy, policy::policy_of},
    },
    clap::ArgGroup,
    serde::Serialize,
    std::str::FromStr,
    tidepool_client::{actions, cluster::Cluster, words::all_demotion_rows},
    tidepool_interface::state::{self, Ceiling},
};

const EXAMPLE: &str = "\
Example:
  tidepool set-demotion-policy 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --max-commission 7% \\
      --epochs-without-credits 2 --cooldown 5 --max-validators 10 --max-stake 10%";

/// Set when validators of a pool can be demoted
///
/// A demoted validator takes no new stake, and rebalances return its stake to the reserve first. Any fee payer can demote one whose
/// vote account proves a ground of this policy (`tidepool demote`, `tidepool crank`); after the cooldown the staker can reinstate it
/// with a weight. Without --max-validators and --max-stake none is demoted. Omitted settings keep their value. Shows the old and
/// the new policy and asks for confirmation. The pool needs the extension (`tidepool extend-pool`). Signed by the pool's manager.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("setting").required(true).multiple(true))]
pub struct Args {
    #[command(flatten)]
    manager: ManagerArgs,

    /// Highest commission on inflation rewards
    #[arg(long, value_name = "PERCENT|none", group = "setting")]
    max_commission: Option<Bound>,

    /// Highest commission on block revenue; vote accounts before version 4 share none, and are not judged
    #[arg(long, value_name = "PERCENT|none", group = "setting")]
    max_block_commission: Option<Bound>,

    /// Number of complete epochs without vote credits, while another validator of the pool earned some in each; 0 for no rule, at
    /// most 30
    #[arg(long, value_name = "NUMBER", group = "setting")]
    epochs_without_credits: Option<u8>,

    /// Whether a validator needs a BLS key
    #[arg(long, value_name = "BOOL", group = "setting", action = clap::ArgAction::Set)]
    require_bls_key: Option<bool>,

    /// Epochs after a demotion in which the staker cannot reinstate the validator, at most 1000
    #[arg(long, value_name = "NUMBER", group = "setting")]
    cooldown: Option<u16>,

    /// Maximum number of demotions in one epoch; 0 for none
    #[arg(long, value_name = "NUMBER", group = "setting")]
    max_validators: Option<u16>,

    /// Maximum share of the pool that can be demoted in one epoch
    #[arg(long, value_name = "PERCENT", group = "setting")]
    max_stake: Option<Share>,
}

/// A bound, or the word `none`.
#[derive(Clone, Copy, Debug)]
struct Bound(Option<Share>);

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(None)),
            text => text.parse().map(|share| Self(Some(share))).map_err(|error: String| format!("{error}, or none")),
        }
    }
}

impl From<Bound> for Ceiling {
    fn from(Bound(share): Bound) -> Self {
        share.map_or(Self::UNSET, |Share(points)| Self::new(points))
    }
}

#[derive(Debug, Serialize)]
pub struct DemotionPolicyChange {
    demotion_policy_before: DemotionPolicy,
    demotion_policy: DemotionPolicy,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<DemotionPolicyChange>, Halt> {
        let fresh = self.manager.read(context).await?;
        let snapshot = &fresh.snapshot;
        policy_of(snapshot)?;
        let before = snapshot.extension().map_or(state::DemotionPolicy::NONE, |extension| extension.demotion);
        let after = self.applied_to(before);
        let group = actions::set_demotion_policy(snapshot, &after)?;
        let both = all_demotion_rows(&before).into_iter().zip(all_demotion_rows(&after));
        let mut lines: Vec<_> = both
            .filter(|((_, before), (_, after))| before.is_some() || after.is_some())
            .map(|((name, before), (_, after))| (name, instead(or_none(before), or_none(after))))
            .collect();
        if after.max_validators.get() == 0 || after.max_stake.get() == 0 {
            let how = "no validator can be demoted: set --max-validators and --max-stake";
            lines.push(("note", how.into()));
        }
        let setting = DemotionPolicyChange {
            demotion_policy_before: DemotionPolicy::from(&before),
            demotion_policy: DemotionPolicy::from(&after),
        };
        let change = Change::new("the demotion policy", after != before, lines);
        self.manager.set(context, &fresh, (setting, change), group).await
    }

    fn applied_to(&self, mut policy: state::DemotionPolicy) -> state::DemotionPolicy {
        policy.inflation_commission = self.max_commission.map_or(policy.inflation_commission, Ceiling::from);
        policy.block_commission = self.max_block_commission.map_or(policy.block_commission, Ceiling::from);
        policy.epochs_without_credits = self.epochs_without_credits.unwrap_or(policy.epochs_without_credits);
        policy.requires_bls_key = self.require_bls_key.map_or(policy.requires_bls_key, u8::from);
        policy.cooldown_epochs = self.cooldown.map_or(policy.cooldown_epochs, Into::into);
        policy.max_validators = self.max_validators.map_or(policy.max_validators, Into::into);
        policy.max_stake = self.max_stake.map_or(policy.max_stake, |Share(points)| points.into());
        policy
    }
}
