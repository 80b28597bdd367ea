//! Feature gates of the runtime, and their effect on a stake pool.
//!
//! The table is `client-lib/feature_gates.tsv`. It has every gate of the pinned `agave-feature-set`; a test compares
//! them. Activation epochs were read from mainnet in October 2026.

use {
    crate::cluster::{BytesAt, Cluster, ClusterError},
    solana_account::Account,
    solana_address::Address,
    std::{fmt, str::FromStr, sync::LazyLock},
};

const TABLE: &str = include_str!("../../feature_gates.tsv");

/// A feature gate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Gate {
    /// Its name in `agave-feature-set`: the module path.
    pub name: &'static str,
    /// Its feature account.
    pub address: Address,
    /// Its SIMD number, if it has one.
    pub simd: Option<&'static str>,
    /// Its activation epoch on mainnet; `None` while it is pending.
    pub mainnet_epoch: Option<u64>,
    /// Its category.
    pub category: Category,
    /// Its effect on a stake pool; `None` without any.
    pub meaning: Option<&'static str>,
    /// Test suites that cover the effect, separated by commas; `None` without an effect.
    pub tests: Option<&'static str>,
}

/// Category of a gate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Category {
    /// Program execution and its cost.
    Program,
    /// Stake, votes, rewards and epochs.
    Stake,
    /// Format, fees and limits of transactions.
    Transaction,
    /// Deployment of programs.
    Loader,
    /// Consensus, network and storage.
    Cluster,
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        self.simd.map_or(Ok(()), |simd| write!(f, " (SIMD-{simd})"))
    }
}

/// All gates of the table, by name.
pub fn known() -> &'static [Gate] {
    static GATES: LazyLock<Vec<Gate>> = LazyLock::new(|| {
        let row = |line| Gate::parse(line).unwrap_or_else(|| panic!("feature_gates.tsv: malformed row: {line}"));
        TABLE.lines().skip(1).map(row).collect()
    });
    &GATES
}

/// Gates that are pending on a cluster and missing from the table, by address. Their activation may affect the program
/// or this client.
///
/// # Errors
/// Those of [`Cluster::program_accounts`]: an endpoint may refuse to search.
pub async fn unknown_pending<C: Cluster + ?Sized>(cluster: &C) -> Result<Vec<Address>, ClusterError> {
    // The account of a pending gate has no activation slot: its `Option` is `None`.
    let pending = cluster.program_accounts(&solana_sdk_ids::feature::ID, &[BytesAt::new(0, [0])]).await?;
    let is_known = |address: &Address| known().iter().any(|gate| gate.address == *address);
    let mut unknown: Vec<_> = pending.into_iter().map(|(address, _)| address).filter(|gate| !is_known(gate)).collect();
    unknown.sort();
    Ok(unknown)
}

/// Whether the gate with this name is active on a cluster; false for an unknown name.
///
/// # Errors
/// [`ClusterError`].
pub async fn is_active<C: Cluster + ?Sized>(cluster: &C, name: &str) -> Result<bool, ClusterError> {
    let Some(gate) = known().iter().find(|gate| gate.name == name) else {
        return Ok(false);
    };
    let account = cluster.account(&gate.address).await?;
    // The activation slot: an `Option` in bincode.
    let is_set = |account: Account| account.owner == solana_sdk_ids::feature::ID && account.data.first() == Some(&1);
    Ok(account.is_some_and(is_set))
}

impl Gate {
    fn parse(line: &'static str) -> Option<Self> {
        let mut fields = line.split('\t');
        let mut field = || fields.next().filter(|field| !field.is_empty());
        let given = |field: &'static str, absent: &str| (field != absent).then_some(field);
        let gate = Self {
            name: field()?,
            address: Address::from_str(field()?).ok()?,
            simd: given(field()?, "-"),
            mainnet_epoch: match field()? {
                "pending" => None,
                epoch => Some(epoch.parse().ok()?),
            },
            category: match field()? {
                "program" => Category::Program,
                "stake" => Category::Stake,
                "transaction" => Category::Transaction,
                "loader" => Category::Loader,
                "cluster" => Category::Cluster,
                _ => return None,
            },
            meaning: given(field()?, "nothing"),
            tests: given(field()?, "-"),
        };
        fields.next().is_none().then_some(gate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_valid_and_sorted() {
        assert!(known().is_sorted_by(|a, b| a.name < b.name));
        let funded = known().iter().find(|gate| gate.simd == Some("0312")).unwrap();
        assert_eq!((funded.mainnet_epoch, funded.category), (Some(979), Category::Program));
    }

    #[test]
    fn relevant_gates_name_their_tests() {
        for gate in known() {
            assert_eq!(gate.meaning.is_some(), gate.tests.is_some(), "{gate}");
        }
    }
}
