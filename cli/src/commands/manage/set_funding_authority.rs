//! `tidepool set-funding-authority`

use {
    crate::{
        context::Context,
        output::Text,
        settings::{Answer, Change, Choice, ManagerArgs, instead, or_none},
        unsent::Halt,
        wallet::signers::{Given, check_can_sign},
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{actions, cluster::Cluster, pool::PoolSnapshot},
    tidepool_interface::instruction::FundingType,
};

const EXAMPLE: &str = "\
Example:
  tidepool set-funding-authority 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA sol-deposit \\
      3dUnDPz4WkP6KX7MX2BTpDrA7hfNXL2QhJDJN8XkT8nD
  tidepool set-funding-authority 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA stake-deposit none";

/// Set the authority that must sign deposits or SOL withdrawals
///
/// With `none` they are permissionless. Takes effect at once. Stake withdrawals are always permissionless, so that holders can
/// leave. Signed by the pool's manager; the authority itself does not sign.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    manager: ManagerArgs,

    /// Kind of operation that needs the signature
    #[arg(value_name = "FOR", value_enum)]
    funding: Funding,

    /// Address of the authority, or none for permissionless
    #[arg(value_name = "ADDRESS|none")]
    authority: Choice,
}

/// What an authority has to sign.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Funding {
    /// Stake deposits
    StakeDeposit,
    /// SOL deposits
    SolDeposit,
    /// SOL withdrawals; stake withdrawals stay permissionless
    SolWithdraw,
}

#[derive(Debug, Serialize)]
pub struct Authority {
    #[serde(rename = "kind")]
    funding: Funding,
    /// `null` if permissionless.
    authority_before: Option<Text<Address>>,
    authority: Option<Text<Address>>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<Authority>, Halt> {
        let fresh = self.manager.read(context).await?;
        let snapshot = &fresh.snapshot;
        // The program's own address means permissionless: it authorizes every deposit.
        let open = snapshot.default_deposit_authority();
        let new = self.authority.0.filter(|new| self.funding != Funding::StakeDeposit || *new != open);
        if let Some(address) = new {
            let given = Given { address, option: "ADDRESS", role: "a funding authority", otherwise: "" };
            check_can_sign(context, &snapshot.parts(), given).await?;
        }
        let setting = Authority {
            funding: self.funding,
            authority_before: self.funding.authority(snapshot).map(Text),
            authority: new.map(Text),
        };
        let group = actions::set_funding_authority(snapshot, self.funding.kind(), new)?;
        let change = setting.change();
        self.manager.set(context, &fresh, (setting, change), group).await
    }
}

impl Funding {
    const fn kind(self) -> FundingType {
        match self {
            Self::StakeDeposit => FundingType::StakeDeposit,
            Self::SolDeposit => FundingType::SolDeposit,
            Self::SolWithdraw => FundingType::SolWithdraw,
        }
    }

    /// The required signer; `None` if permissionless.
    fn authority(self, snapshot: &PoolSnapshot) -> Option<Address> {
        let (head, terms) = (&snapshot.pool().head, &snapshot.pool().terms);
        match self {
            Self::StakeDeposit => snapshot.has_custom_deposit_authority().then_some(head.stake_deposit_authority),
            Self::SolDeposit => terms.sol_deposit_authority,
            Self::SolWithdraw => terms.sol_withdraw_authority,
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::StakeDeposit => "deposits of stake",
            Self::SolDeposit => "deposits of SOL",
            Self::SolWithdraw => "withdrawals of SOL",
        }
    }
}

impl Authority {
    fn change(&self) -> Change {
        let meaning = match (self.authority, self.funding) {
            (None, funding) => format!("{} are permissionless", funding.what()),
            (Some(_), Funding::StakeDeposit) => "stake deposits need this signature".into(),
            (Some(_), Funding::SolDeposit) => "SOL deposits need this signature".into(),
            (Some(_), Funding::SolWithdraw) => "SOL withdrawals need this signature; stake withdrawals do not".into(),
        };
        let lines =
            vec![("signed by", instead(or_none(self.authority_before), or_none(self.authority))), ("then", meaning)];
        Change::new(
            format!("the authority for {}", self.funding.what()),
            self.authority_before != self.authority,
            lines,
        )
    }
}
