//! `tidepool set-preferred-validator`

use {
    crate::{
        accept::Accept,
        context::Context,
        keys::KeySource,
        output::Text,
        settings::{self, Answer, Change, Choice, instead, or_none},
        units::address,
        unsent::Halt,
        validators::check_vote_account,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{actions, cluster::Cluster},
    tidepool_interface::instruction::PreferredValidatorType,
};

const EXAMPLE: &str = "\
Example:
  tidepool set-preferred-validator 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA withdraw \\
      FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee
  tidepool set-preferred-validator 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA deposit none";

/// Set the preferred validator for stake deposits or withdrawals
///
/// With a preferred deposit validator, stake of other validators is rejected; SOL deposits are not affected. With a preferred
/// withdraw validator, stake is withdrawn from others only once it holds little more than the minimum. Removing the validator
/// unsets it. Signed by the pool's staker. A script must specify --accept to prefer a validator that earns little or nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Kind of preference
    #[arg(value_name = "FOR", value_enum)]
    purpose: Purpose,

    /// Vote account of the validator, or none
    #[arg(value_name = "VOTE_ACCOUNT|none")]
    vote: Choice,

    /// Keypair of the pool's staker [default: your wallet]
    #[arg(long, value_name = "KEYPAIR")]
    staker: Option<KeySource>,

    #[command(flatten)]
    accept: Accept,
}

/// What a validator is preferred for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    /// Stake deposits
    Deposit,
    /// Stake withdrawals
    Withdraw,
}

#[derive(Debug, Serialize)]
pub struct Preferred {
    #[serde(rename = "kind")]
    purpose: Purpose,
    vote_before: Option<Text<Address>>,
    vote: Option<Text<Address>>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<Preferred>, Halt> {
        let fresh = settings::read(context, &self.pool).await?;
        let snapshot = &fresh.snapshot;
        let terms = &snapshot.pool().terms;
        let (kind, before) = match self.purpose {
            Purpose::Deposit => (PreferredValidatorType::Deposit, terms.preferred_deposit_validator_vote_address),
            Purpose::Withdraw => (PreferredValidatorType::Withdraw, terms.preferred_withdraw_validator_vote_address),
        };
        let group = actions::set_preferred_validator(snapshot, kind, self.vote.0)?;
        if let (Purpose::Deposit, Some(vote)) = (self.purpose, &self.vote.0) {
            check_vote_account(context, vote).await?;
        }
        let vote_before = before.map(Text);
        let setting = Preferred { purpose: self.purpose, vote_before, vote: self.vote.0.map(Text) };
        let mut change = setting.change();
        // Stake that is withdrawn from such a validator first is no loss.
        if self.purpose == Purpose::Deposit && change.is_changed {
            change.lines.extend(self.accept.cautions(context, self.vote.0.as_slice()).await?);
        }
        let key = || Ok(vec![context.staker(self.staker.as_ref(), snapshot)?]);
        settings::set(context, &fresh, (setting, change), group, key).await
    }
}

impl Preferred {
    fn change(&self) -> Change {
        let subject = match self.purpose {
            Purpose::Deposit => "the preferred validator for deposits",
            Purpose::Withdraw => "the preferred validator for withdrawals",
        };
        let meaning = match (self.purpose, self.vote) {
            (Purpose::Deposit, Some(_)) => {
                "only stake delegated to this validator can be deposited; SOL deposits are not affected"
            }
            (Purpose::Deposit, None) => "stake delegated to any active validator of the pool can be deposited",
            (Purpose::Withdraw, Some(_)) => "stake is withdrawn from this validator first",
            (Purpose::Withdraw, None) => "stake can be withdrawn from any validator of the pool",
        };
        let vote = instead(or_none(self.vote_before), or_none(self.vote));
        Change::new(subject, self.vote_before != self.vote, vec![("validator", vote), ("then", meaning.into())])
    }
}
