//! `tidepool cancel-announcement`

use {
    crate::{
        context::Context,
        error::CliError,
        keys::{Key, KeySource},
        settings::{self, Answer, Change},
        units::address,
        unsent::Halt,
        view::policy::policy_of,
    },
    clap::ArgGroup,
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        actions,
        announcement::{AnnouncedChange, kind_id, kind_name},
        cluster::Cluster,
        pool::PoolSnapshot,
        words::announced_value,
    },
    tidepool_interface::state::AnnouncementKind,
};

const EXAMPLE: &str = "\
Example:
  tidepool cancel-announcement 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA manager \\
      --guardian guardian.json";

/// Withdraw an announced change of a pool
///
/// The change is not made, and the manager has to announce it again. `tidepool announcements` lists them. Signed by
/// the pool's manager or its guardian.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("signer"))]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Kind of the announced change
    #[arg(value_name = "KIND", value_enum)]
    kind: Kind,

    /// Keypair of the pool's manager [default: your wallet, as manager or guardian]
    #[arg(long, value_name = "KEYPAIR", group = "signer")]
    manager: Option<KeySource>,

    /// Keypair of the pool's guardian
    #[arg(long, value_name = "KEYPAIR", group = "signer")]
    guardian: Option<KeySource>,
}

/// A kind of change.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    /// New manager
    Manager,
    /// New staker
    Staker,
    /// Authority that must sign stake deposits
    StakeDepositAuthority,
    /// Authority that must sign SOL deposits
    SolDepositAuthority,
    /// Authority that must sign SOL withdrawals
    SolWithdrawAuthority,
    /// Higher fee on SOL deposits
    SolDepositFee,
    /// Higher fee on stake deposits
    StakeDepositFee,
    /// Rebalance policy
    RebalancePolicy,
    /// Demotion policy
    DemotionPolicy,
}

impl Kind {
    const fn announced(self) -> AnnouncementKind {
        match self {
            Self::Manager => AnnouncementKind::Manager,
            Self::Staker => AnnouncementKind::Staker,
            Self::StakeDepositAuthority => AnnouncementKind::StakeDepositAuthority,
            Self::SolDepositAuthority => AnnouncementKind::SolDepositAuthority,
            Self::SolWithdrawAuthority => AnnouncementKind::SolWithdrawAuthority,
            Self::SolDepositFee => AnnouncementKind::SolDepositFee,
            Self::StakeDepositFee => AnnouncementKind::StakeDepositFee,
            Self::RebalancePolicy => AnnouncementKind::RebalancePolicy,
            Self::DemotionPolicy => AnnouncementKind::DemotionPolicy,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Cancelled {
    kind: &'static str,
    /// The value that is not set, in words.
    value: String,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<Cancelled>, Halt> {
        let fresh = settings::read(context, &self.pool).await?;
        let snapshot = &fresh.snapshot;
        policy_of(snapshot)?;
        let kind = self.kind.announced();
        let signer = self.key(context, snapshot)?;
        let group = actions::cancel_announcement(snapshot, &signer.pubkey(), kind)?;
        let announced = snapshot.announcements().find(|(announced, _)| *announced == kind);
        let value =
            announced.map(|(kind, announced)| announced_value(&AnnouncedChange::decode(kind, &announced.value)));
        let setting = Cancelled { kind: kind_id(kind), value: value.unwrap_or_default() };
        let lines = vec![(kind_name(kind), format!("stays; the change to {} is withdrawn", setting.value))];
        let verbs = ["Withdraw an announced change of", "Withdrew an announced change of"];
        let change = Change { verbs: Some(verbs), ..Change::new("the announcement", true, lines) };
        settings::set(context, &fresh, (setting, change), group, || Ok(vec![signer])).await
    }

    fn key<C: Cluster>(&self, context: &Context<'_, C>, snapshot: &PoolSnapshot) -> Result<Key, CliError> {
        if self.guardian.is_some() {
            return context.guardian("--guardian", self.guardian.as_ref(), snapshot);
        }
        let wallet = context.wallet().ok().filter(|_| self.manager.is_none());
        match wallet {
            Some(wallet) if snapshot.limits().guardian() == Some(&wallet.pubkey()) => Ok(wallet),
            _ => context.manager(self.manager.as_ref(), snapshot),
        }
    }
}

#[cfg(test)]
mod tests {
    use {super::*, clap::ValueEnum as _};

    #[test]
    fn kinds_have_their_names() {
        assert!(Kind::value_variants().iter().map(|kind| kind.announced()).eq(AnnouncementKind::ALL));
        for kind in Kind::value_variants() {
            let name = kind.to_possible_value().expect("none is hidden").get_name().replace('-', "_");
            assert_eq!(name, kind_id(kind.announced()));
        }
    }
}
