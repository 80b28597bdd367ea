//! `tidepool set-metadata`

use {
    crate::{
        context::Context,
        error::CliError,
        output::Text,
        settings::{Answer, Change, ManagerArgs, instead},
        units::sol,
        unsent::Halt,
        view::metadata::{Metadata, printable},
    },
    clap::ArgGroup,
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        actions,
        actions::{StoredMetadata, TokenMetadata},
        cluster::Cluster,
        error::PlanError,
        pool::PoolSnapshot,
    },
    tidepool_interface::address::METADATA_PROGRAM_ID,
};

const EXAMPLE: &str = "\
Example:
  tidepool set-metadata 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --name Tide --symbol tideSOL \\
      --uri https://example.org/tide.json";

/// Create or update the Metaplex metadata of a pool token
///
/// Omitted fields keep their value. The URI is that of a JSON file with a description and an image. Metaplex creates no
/// metadata for Token-2022 mints this way. Signed by the pool's manager; the fee payer pays about 0.016 SOL for the account.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("text").required(true).multiple(true))]
pub struct Args {
    #[command(flatten)]
    manager: ManagerArgs,

    /// Name of the pool token, at most 32 bytes
    #[arg(long, value_name = "TEXT", group = "text")]
    name: Option<String>,

    /// Symbol of the pool token, at most 10 bytes
    #[arg(long, value_name = "TEXT", group = "text")]
    symbol: Option<String>,

    /// URI of the JSON file, at most 200 bytes
    #[arg(long, value_name = "URI", group = "text")]
    uri: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct TokenName {
    metadata_account: Text<Address>,
    /// `null` where there was none.
    metadata_before: Option<Metadata>,
    metadata: Metadata,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<TokenName>, Halt> {
        let fresh = self.manager.read(context).await?;
        let snapshot = &fresh.snapshot;
        let stored = read(context, snapshot).await?;
        let before = stored.as_ref().map(Metadata::from);
        let metadata = self.applied_to(snapshot, before.clone())?;
        let text = TokenMetadata { name: &metadata.name, symbol: &metadata.symbol, uri: &metadata.uri };
        let group = match &stored {
            None => actions::create_token_metadata(snapshot, &context.fee_payer()?.pubkey(), &text)?,
            Some(stored) => {
                stored.check_changeable(snapshot)?;
                actions::update_token_metadata(snapshot, &text)?
            }
        };
        let paid = if stored.is_none() { actions::token_metadata_cost(&snapshot.environment().rent) } else { 0 };
        let setting = TokenName {
            metadata_account: Text(actions::token_metadata_address(snapshot)),
            metadata_before: before,
            metadata,
        };
        let change = setting.change(paid);
        self.manager.set(context, &fresh, (setting, change), group).await
    }

    fn applied_to(&self, snapshot: &PoolSnapshot, before: Option<Metadata>) -> Result<Metadata, CliError> {
        let given = |text: &Option<String>, before: Option<String>| text.clone().or(before);
        let (name, symbol, uri) = match before {
            Some(Metadata { name, symbol, uri }) => (Some(name), Some(symbol), Some(uri)),
            None => (None, None, Some(String::new())),
        };
        match (given(&self.name, name), given(&self.symbol, symbol), given(&self.uri, uri)) {
            (Some(name), Some(symbol), Some(uri)) => Ok(Metadata { name, symbol, uri }),
            _ => Err(CliError::usage(format!(
                "the token of pool {} has no metadata yet: specify both --name and --symbol",
                snapshot.address()
            ))),
        }
    }
}

/// The token's metadata, if it has any, on a cluster where it can have some.
async fn read<C: Cluster>(
    context: &Context<'_, C>,
    snapshot: &PoolSnapshot,
) -> Result<Option<StoredMetadata>, CliError> {
    let addresses = [actions::token_metadata_address(snapshot), METADATA_PROGRAM_ID];
    let mut accounts = context.cluster.accounts(&addresses).await?;
    if accounts.pop().flatten().is_none_or(|program| !program.executable) {
        let what = format!(
            "the Metaplex token metadata program ({METADATA_PROGRAM_ID}) is not on this cluster: use another cluster, or load \
             the program"
        );
        return Err(PlanError::Invalid { what }.into());
    }
    Ok(StoredMetadata::read(accounts.pop().flatten().as_ref())?)
}

impl TokenName {
    fn change(&self, paid_lamports: u64) -> Change {
        let before = |text: fn(&Metadata) -> &String| self.metadata_before.as_ref().map_or("", |before| text(before));
        let line = |text: fn(&Metadata) -> &String| instead(printable(before(text)), printable(text(&self.metadata)));
        let lines = vec![
            ("name", line(|metadata| &metadata.name)),
            ("symbol", line(|metadata| &metadata.symbol)),
            ("URI", line(|metadata| &metadata.uri)),
        ];
        let is_changed = self.metadata_before.as_ref() != Some(&self.metadata);
        let mut change = Change { paid_lamports, ..Change::new("the token's metadata", is_changed, lines) };
        if paid_lamports > 0 {
            let cost = format!("up to {}: rent of the metadata account, and Metaplex's charge", sol(paid_lamports));
            change.lines.push(("cost", cost));
        }
        change
    }
}
