//! The figures of a report.

use {
    super::{
        concentration::Concentration,
        flows::{Flows, change},
        validators::{self, Rewards, Validator},
    },
    crate::{
        commands::inspect::{history, show},
        context::Context,
        error::CliError,
        output::Text,
        view::events::signed,
    },
    serde::Serialize,
    solana_address::Address,
    std::collections::HashMap,
    tidepool_client::{
        cluster::Cluster,
        control::{Control, Power, Upgrades},
        pool::PoolSnapshot,
        vote::ValidatorSurvey,
    },
};

/// A pool for its holders.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Unix time of the cluster's clock, in seconds.
    pub timestamp: i64,
    /// As of `show`.
    pub summary: show::Output,
    /// As of `history`; `null` without the extension.
    pub ledger: Option<history::Output>,
    /// `null` without `--events`.
    pub flows: Option<Flows>,
    #[serde(flatten)]
    pub rewards: Rewards,
    /// The one with the largest stake first.
    pub validators: Vec<Validator>,
    pub concentration: Concentration,
    pub control: Keys,
}

/// Who can change what.
#[derive(Debug, Serialize)]
pub struct Keys {
    pub roles: Vec<Role>,
    /// Who can replace the program, in words.
    pub upgrades: String,
    /// The key that can; `null` if none can, or if it is unknown.
    pub upgrade_authority: Option<Text<Address>>,
}

#[derive(Debug, Serialize)]
pub struct Role {
    pub role: &'static str,
    pub can: &'static str,
    pub address: Text<Address>,
    /// `key`, `derived` or `account`.
    pub key_kind: &'static str,
    #[serde(skip)]
    pub words: String,
}

impl Figures {
    /// Reads a pool. Of the ledger, it keeps that number of the newest updates.
    pub async fn read<C: Cluster>(
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        groups: &HashMap<Address, String>,
        updates: usize,
    ) -> Result<Self, CliError> {
        let cluster = context.cluster;
        let reading = ValidatorSurvey::of_pool(cluster, snapshot);
        let survey = context.watch("Reading vote accounts", reading).await?;
        let (validators, rewards) = validators::read(cluster, snapshot, &survey, groups).await?;
        let ledger = snapshot.ledger().is_some().then(|| {
            let mut ledger = history::Output::of(snapshot);
            let surplus = ledger.entries.len().saturating_sub(updates);
            ledger.entries.drain(..surplus);
            ledger
        });
        Ok(Self {
            timestamp: snapshot.environment().clock.unix_timestamp,
            summary: show::Output::read(cluster, snapshot, &survey).await?,
            ledger,
            flows: None,
            rewards,
            concentration: Concentration::of(&validators),
            validators,
            control: Keys::from(&Control::read(cluster, snapshot).await?),
        })
    }
}

/// How the supply changed from one update to the next; `None` for the first.
pub fn supply_changes(entries: &[history::Entry]) -> Vec<Option<String>> {
    let before = std::iter::once(None).chain(entries.iter().map(|entry| Some(entry.pool_token_supply)));
    let changed = |(entry, before): (&history::Entry, Option<u64>)| {
        Some(change(signed(i128::from(entry.pool_token_supply) - i128::from(before?))))
    };
    entries.iter().zip(before).map(changed).collect()
}

impl From<&Control> for Keys {
    fn from(control: &Control) -> Self {
        let role = |power: &Power| Role {
            role: power.role,
            can: power.can,
            address: Text(power.key),
            key_kind: power.kind.name(),
            words: power.kind.to_string(),
        };
        Self {
            roles: control.powers.iter().map(role).collect(),
            upgrades: control.upgrades.to_string(),
            upgrade_authority: match control.upgrades {
                Upgrades::By(key, _) => Some(Text(key)),
                Upgrades::None | Upgrades::Unknown => None,
            },
        }
    }
}
