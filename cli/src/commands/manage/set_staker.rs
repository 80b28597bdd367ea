//! `tidepool set-staker`

use {
    crate::{
        context::Context,
        error::CliError,
        keys::{Key, KeySource},
        output::Text,
        settings::{self, Answer, Change, instead},
        units::address,
        unsent::Halt,
        wallet::signers::{Given, check_can_sign},
    },
    clap::ArgGroup,
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{actions, cluster::Cluster, pool::PoolSnapshot},
};

const EXAMPLE: &str = "\
Example:
  tidepool set-staker 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      3dUnDPz4WkP6KX7MX2BTpDrA7hfNXL2QhJDJN8XkT8nD --manager manager.json";

/// Change the staker, who selects validators and moves stake
///
/// Takes effect at once; the new staker does not sign. The staker can neither withdraw from the pool nor change its fees.
/// Signed by the pool's manager or its current staker.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("signer"))]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Address of the new staker
    #[arg(value_name = "NEW_STAKER", value_parser = address)]
    new_staker: Address,

    /// Keypair of the pool's manager [default: your wallet, as manager or staker]
    #[arg(long, value_name = "KEYPAIR", group = "signer")]
    manager: Option<KeySource>,

    /// Keypair of the pool's current staker
    #[arg(long, value_name = "KEYPAIR", group = "signer")]
    staker: Option<KeySource>,
}

#[derive(Debug, Serialize)]
pub struct Staker {
    staker_before: Text<Address>,
    staker: Text<Address>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<Staker>, Halt> {
        let fresh = settings::read(context, &self.pool).await?;
        let snapshot = &fresh.snapshot;
        let head = &snapshot.pool().head;
        let given = Given { address: self.new_staker, option: "NEW_STAKER", role: "the staker", otherwise: "" };
        check_can_sign(context, &snapshot.parts(), given).await?;
        let setting = Staker { staker_before: Text(head.staker), staker: Text(self.new_staker) };
        let lines = vec![("staker", instead(setting.staker_before, setting.staker))];
        let change = Change::new("the staker", setting.staker_before != setting.staker, lines);
        let signer = if change.is_changed { Some(self.key(context, snapshot)?) } else { None };
        let signer_address = signer.as_ref().map_or(head.manager, |key| key.pubkey());
        let group = actions::set_staker(snapshot, &signer_address, &self.new_staker)?;
        settings::set(context, &fresh, (setting, change), group, || Ok(signer.into_iter().collect())).await
    }

    fn key<C: Cluster>(&self, context: &Context<'_, C>, snapshot: &PoolSnapshot) -> Result<Key, CliError> {
        let head = &snapshot.pool().head;
        if let Some(staker) = &self.staker {
            return context.staker(Some(staker), snapshot);
        }
        let wallet = context.wallet().ok().filter(|_| self.manager.is_none());
        match wallet {
            Some(wallet) if wallet.pubkey() == head.staker => Ok(wallet),
            _ => context.manager(self.manager.as_ref(), snapshot),
        }
    }
}
