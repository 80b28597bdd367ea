//! Who can change what: the keys of a pool and of its program.

use {
    crate::{
        cluster::{Cluster, ClusterError},
        pool::{AccountKind, PoolSnapshot},
    },
    solana_address::Address,
    solana_loader_v3_interface::state::UpgradeableLoaderState,
    std::fmt,
    tidepool_interface::address::SYSTEM_PROGRAM_ID,
};

/// Bytes of a program's data account before the program.
const PROGRAM_DATA_HEAD: usize = UpgradeableLoaderState::size_of_programdata_metadata();

/// The keys of a pool and of its program.
#[derive(Clone, Debug)]
pub struct Control {
    /// Keys of the pool.
    pub powers: Vec<Power>,
    /// Who can replace the program.
    pub upgrades: Upgrades,
}

/// A key, and what it can do.
#[derive(Clone, Debug)]
pub struct Power {
    /// Name of the role.
    pub role: &'static str,
    /// What it can change.
    pub can: &'static str,
    /// The key.
    pub key: Address,
    /// Its kind.
    pub kind: KeyKind,
}

/// Kind of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// A public key: who has the private key signs.
    Key,
    /// An address without a private key: a program signs for it, as for a multisig's vault.
    Derived,
    /// An address whose account belongs to this program.
    Owned(Address),
}

/// Who can replace the program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Upgrades {
    /// No key: the program is final.
    None,
    /// This key.
    By(Address, KeyKind),
    /// Unknown: a loader of another kind.
    Unknown,
}

impl Control {
    /// Reads the keys of `snapshot` and the upgrade authority of its program.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn read<C: Cluster>(cluster: &C, snapshot: &PoolSnapshot) -> Result<Self, ClusterError> {
        // The system program has no key: it signs nothing. `solana-test-validator` names it as the authority.
        let signs = |key: Option<Address>| key.filter(|key| *key != SYSTEM_PROGRAM_ID);
        let upgrades = upgrade_authority(cluster, &snapshot.program_id()).await?.map(signs);
        let roles = roles(snapshot);
        let keys: Vec<_> = roles.iter().map(|(_, _, key)| *key).chain(upgrades.flatten()).collect();
        let accounts = cluster.account_heads(&keys, 0).await?;
        let kinds: Vec<_> = keys
            .iter()
            .zip(&accounts)
            .map(|(key, account)| match account.as_ref().map(|account| account.owner) {
                Some(owner) if owner != SYSTEM_PROGRAM_ID => KeyKind::Owned(owner),
                _ if key.is_on_curve() => KeyKind::Key,
                _ => KeyKind::Derived,
            })
            .collect();
        let powers =
            roles.iter().zip(&kinds).map(|((role, can, key), kind)| Power { role, can, key: *key, kind: *kind });
        let powers = powers.collect();
        let upgrades = match (upgrades, kinds.last()) {
            (None, _) => Upgrades::Unknown,
            (Some(None), _) | (_, None) => Upgrades::None,
            (Some(Some(key)), Some(kind)) => Upgrades::By(key, *kind),
        };
        Ok(Self { powers, upgrades })
    }
}

/// The roles of a pool that are taken.
fn roles(snapshot: &PoolSnapshot) -> Vec<(&'static str, &'static str, Address)> {
    let (head, terms) = (&snapshot.pool().head, &snapshot.pool().terms);
    let custom = Some(head.stake_deposit_authority).filter(|_| snapshot.has_custom_deposit_authority());
    let guardian = snapshot.limits().guardian().copied();
    let optional = [
        ("Guardian", "withdraws announcements and closes deposits", guardian),
        ("SOL deposit authority", "has to sign each deposit of SOL", terms.sol_deposit_authority),
        ("SOL withdraw authority", "has to sign each withdrawal of SOL", terms.sol_withdraw_authority),
        ("Stake deposit authority", "has to sign each deposit of stake", custom),
        ("Freeze authority", "can freeze pool tokens of any holder", snapshot.freeze_authority()),
    ];
    let fixed = [
        ("Manager", "sets fees, authorities, limits and policies; receives the fees", head.manager),
        ("Staker", "adds and removes validators, sets their weights", head.staker),
    ];
    let optional = optional.into_iter().filter_map(|(role, can, key)| Some((role, can, key?)));
    fixed.into_iter().chain(optional).collect()
}

/// The upgrade authority of a program: `Some(None)` if it is final, `None` if it is unknown.
async fn upgrade_authority<C: Cluster>(
    cluster: &C,
    program: &Address,
) -> Result<Option<Option<Address>>, ClusterError> {
    let decode = |data: &[u8]| bincode::deserialize::<UpgradeableLoaderState>(data).ok();
    let account = cluster.account(program).await?.filter(|account| AccountKind::of(account) == AccountKind::Program);
    let Some(UpgradeableLoaderState::Program { programdata_address }) =
        account.and_then(|account| decode(&account.data))
    else {
        return Ok(None);
    };
    let data = cluster.account_heads(&[programdata_address], PROGRAM_DATA_HEAD).await?.pop().flatten();
    Ok(match data.and_then(|account| decode(account.data.get(..PROGRAM_DATA_HEAD)?)) {
        Some(UpgradeableLoaderState::ProgramData { upgrade_authority_address, .. }) => Some(upgrade_authority_address),
        _ => None,
    })
}

impl KeyKind {
    /// The name, for machine-readable output.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Derived => "derived",
            Self::Owned(_) => "account",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str("one private key"),
            Self::Derived => f.write_str("no private key: a program signs for it, as for a multisig's vault"),
            Self::Owned(program) => write!(f, "an account of program {program}"),
        }
    }
}

impl fmt::Display for Upgrades {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no key: the program is final"),
            Self::By(key, kind) => write!(f, "{key} ({kind})"),
            Self::Unknown => f.write_str("unknown: the program's loader is not the upgradeable one"),
        }
    }
}
