//! Tables read from a cluster.

use {
    super::*,
    crate::cluster::{Blockhash, BytesAt, Cluster, ClusterError, Execution, Simulation, TransactionStatus},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        collections::BTreeMap,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

#[derive(Default)]
pub(crate) struct ReadOnlyCluster {
    pub accounts: BTreeMap<Address, Account>,
    refuses_search: bool,
    requests: AtomicUsize,
}

impl ReadOnlyCluster {
    pub(crate) fn of(tables: &[LookupTable]) -> Self {
        let accounts = tables.iter().map(|table| (table.address, account(table))).collect();
        Self { accounts, ..Self::default() }
    }

    /// Number of requests for accounts.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Relaxed)
    }

    fn with_blocks(mut self, slots: impl IntoIterator<Item = Slot>) -> Self {
        let data = bincode::serialize(&hashes_of(slots)).unwrap();
        self.accounts.insert(solana_sdk_ids::sysvar::slot_hashes::ID, Account { data, ..Account::default() });
        self
    }
}

impl Cluster for ReadOnlyCluster {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        assert!(addresses.len() <= 100);
        self.requests.fetch_add(1, Relaxed);
        Ok(addresses.iter().map(|address| self.accounts.get(address).cloned()).collect())
    }
    async fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        if self.refuses_search {
            return Err(ClusterError::Refused { detail: "excluded from account secondary indexes".into() });
        }
        let matches = |account: &Account| filters.iter().all(|filter| filter.matches(&account.data));
        let found = self.accounts.iter().filter(|(_, account)| account.owner == *program && matches(account));
        Ok(found.map(|(address, account)| (*address, account.clone())).rev().collect())
    }
    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        unreachable!()
    }
    async fn block_height(&self) -> Result<u64, ClusterError> {
        unreachable!()
    }
    async fn simulate(&self, _: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        unreachable!()
    }
    async fn send(&self, _: &VersionedTransaction) -> Result<Signature, ClusterError> {
        unreachable!()
    }
    async fn statuses(&self, _: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        unreachable!()
    }
    async fn execution(&self, _: &Signature) -> Result<Option<Execution>, ClusterError> {
        unreachable!()
    }
}

#[tokio::test]
async fn finds_tables_of_pool() {
    let mut deactivated = table(1, 0..3);
    deactivated.deactivation_slot = Some(77);
    let mut ours = vec![deactivated, LookupTable { settled: 4, ..table(2, 5..200) }, table(3, 5..260)];
    let of_other_pool = LookupTable { addresses: addresses([7, 8]), ..table(4, []) };
    let of_other_authority = LookupTable { authority: Some(PAYER), ..table(5, 0..3) };
    let frozen = LookupTable { authority: None, ..table(6, 0..3) };
    let empty = LookupTable { addresses: vec![], ..table(7, []) };
    let all: Vec<_> =
        ours.iter().cloned().chain([of_other_pool, of_other_authority.clone(), frozen.clone(), empty]).collect();
    let cluster = ReadOnlyCluster::of(&all);
    ours.sort_by_key(|table| table.address);
    assert_eq!(find(&cluster, &AUTHORITY, &POOL).await.unwrap(), ours);

    let named = [frozen, of_other_authority];
    let loaded = load(&cluster, &[named[0].address, named[1].address]).await.unwrap();
    assert_eq!(loaded, named);
}

#[tokio::test]
async fn names_account_that_is_no_table() {
    let mut cluster = ReadOnlyCluster::of(&[table(1, 0..3)]);
    let (wallet, broken, missing) = (address(1), address(2), address(3));
    cluster.accounts.insert(wallet, Account::new(5, 100, &PAYER));
    cluster.accounts.insert(broken, Account::new(5, 100, &program::ID));
    for none in [wallet, broken] {
        let error = load(&cluster, &[table(1, []).address, none]).await.unwrap_err();
        assert!(matches!(error, LookupError::NotATable { address } if address == none));
    }
    let error = load(&cluster, &[missing]).await.unwrap_err();
    assert!(matches!(error, LookupError::NotFound { address } if address == missing));
}

#[tokio::test]
async fn reports_refused_search() {
    let cluster = ReadOnlyCluster { refuses_search: true, ..ReadOnlyCluster::of(&[table(1, 0..3)]) };
    let error = find(&cluster, &AUTHORITY, &POOL).await.unwrap_err();
    assert!(error.to_string().contains("specify the addresses of the tables"), "{error}");
}

#[tokio::test]
async fn prefers_free_final_slots() {
    let cluster =
        ReadOnlyCluster::of(&[table(568, 0..3), table(560, 0..3)]).with_blocks((1..=600).filter(|slot| slot % 4 != 3));
    let slots = free_slots(&cluster, &AUTHORITY, 600).await.unwrap();
    assert_eq!(slots, [557, 556, 554], "32 blocks have followed, no table was made with it, and there was a block");

    let young = ReadOnlyCluster::default().with_blocks(1..=3);
    assert_eq!(free_slots(&young, &AUTHORITY, 300).await.unwrap(), [1, 2]);
    let error = free_slots(&young, &AUTHORITY, 1_000).await.unwrap_err();
    assert!(matches!(error, LookupError::TooFewSlots { needed: 5, given: 3 }), "{error}");
    assert!(free_slots(&ReadOnlyCluster::default().with_blocks([]), &AUTHORITY, 0).await.unwrap().is_empty());
}
