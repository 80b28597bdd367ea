//! Proposals of a multisig, as the cluster has them.

use {
    crate::{args::Vault, context::read_multisig, error::CliError},
    solana_account::Account,
    solana_address::Address,
    tidepool_client::{
        cluster::Cluster,
        lookup::{self, LookupError, LookupTable},
    },
    tidepool_squads::{
        PROGRAM_ID, address,
        message::{LoadedAddresses, VaultMessage},
        state::{Batch, BatchTransaction, ConfigAction, Multisig, Proposal, Transaction},
    },
};

/// Most transactions of a batch that are read.
const LONGEST_BATCH: u32 = 200;

/// A multisig, and the time of the cluster.
pub struct Reading {
    pub address: Address,
    pub multisig: Multisig,
    /// Unix time in seconds.
    pub now: i64,
}

/// A proposal with what it is about.
pub struct Found {
    pub index: u64,
    /// `None` if there is none yet, or none any more.
    pub proposal: Option<Proposal>,
    pub creator: Option<Address>,
    pub content: Content,
}

/// What a proposal is about.
pub enum Content {
    /// No account: it was closed, or there never was one.
    Closed,
    /// Something that cannot be decoded, with the reason.
    Unreadable(String),
    /// A change of the multisig.
    Config(Vec<ConfigAction>),
    Messages(Messages),
}

/// Transactions of a vault.
pub struct Messages {
    pub vault: Vault,
    pub parts: Vec<Part>,
    /// Whether they are those of a batch.
    pub is_batch: bool,
    /// How many of them have been executed.
    pub executed: u32,
    /// How many there are, read or not.
    pub size: u32,
}

/// One transaction of a vault.
pub struct Part {
    /// Number within its batch, counted from 1.
    pub number: u32,
    pub message: VaultMessage,
    /// Signers that the program derives.
    pub derived: Vec<Address>,
    /// The lookup tables, in the message's order, or why there are none.
    pub tables: Result<Vec<LookupTable>, String>,
    /// The addresses that the message has from them.
    pub loaded: Vec<LoadedAddresses>,
}

impl Messages {
    /// The transaction that is executed next.
    pub fn next(&self) -> Option<&Part> {
        self.parts.iter().find(|part| part.number > self.executed)
    }
}

impl Reading {
    pub async fn of<C: Cluster>(cluster: &C, address: Address) -> Result<Self, CliError> {
        let multisig = read_multisig(cluster, &address).await?;
        Ok(Self { address, multisig, now: cluster.clock().await?.unix_timestamp })
    }

    /// The proposal with this index, with all that it does.
    pub async fn proposal<C: Cluster>(&self, cluster: &C, index: u64) -> Result<Found, CliError> {
        let last = self.multisig.transaction_index;
        if index == 0 || index > last {
            let multisig = self.address;
            return Err(CliError::usage(format!(
                "multisig {multisig} has no proposal {index}: its last is {last}, see `tidepool squads list {multisig}`"
            )));
        }
        let addresses = [address::transaction(&self.address, index), address::proposal(&self.address, index)];
        let mut accounts = cluster.accounts(&addresses).await?.into_iter();
        let (transaction, proposal) = (accounts.next().flatten(), accounts.next().flatten());
        let proposal = owned(proposal).and_then(|account| Proposal::decode(&account.data).ok());
        let proposal = proposal.filter(|proposal| (proposal.multisig, proposal.index) == (self.address, index));
        let (creator, content) = match owned(transaction).map(|account| Transaction::decode(&account.data)) {
            None => (None, Content::Closed),
            Some(Err(error)) => (None, Content::Unreadable(error.to_string())),
            Some(Ok(transaction)) if transaction.place() != (self.address, index) => {
                (None, Content::Unreadable("it belongs to another multisig or index".into()))
            }
            Some(Ok(transaction)) => {
                let creator = Some(transaction.creator());
                (creator, self.content(cluster, addresses[0], transaction).await?)
            }
        };
        Ok(Found { index, proposal, creator, content })
    }

    async fn content<C: Cluster>(
        &self,
        cluster: &C,
        account: Address,
        transaction: Transaction,
    ) -> Result<Content, CliError> {
        match transaction {
            Transaction::Config(transaction) => Ok(Content::Config(transaction.actions)),
            Transaction::Vault(transaction) => {
                let derived = derived(&account, transaction.ephemeral_bumps.len());
                let vault = Vault::new(self.address, transaction.vault_index);
                let parts = vec![part(cluster, 1, transaction.message, derived).await?];
                Ok(Content::Messages(Messages { vault, parts, is_batch: false, executed: 0, size: 1 }))
            }
            Transaction::Batch(batch) => self.batch(cluster, batch).await,
        }
    }

    async fn batch<C: Cluster>(&self, cluster: &C, batch: Batch) -> Result<Content, CliError> {
        let numbers = 1..=batch.size.min(LONGEST_BATCH);
        let addresses: Vec<_> =
            numbers.clone().map(|number| address::batch_transaction(&self.address, batch.index, number)).collect();
        let accounts = cluster.accounts(&addresses).await?;
        let mut parts = vec![];
        for ((number, address), account) in numbers.zip(&addresses).zip(accounts) {
            let decoded = owned(account).map(|account| BatchTransaction::decode(&account.data));
            match decoded {
                Some(Ok(transaction)) => {
                    let derived = derived(address, transaction.ephemeral_bumps.len());
                    parts.push(part(cluster, number, transaction.message, derived).await?);
                }
                // Executed ones can be closed.
                None if number <= batch.executed => {}
                None => return Ok(Content::Unreadable(format!("transaction {number} of the batch is missing"))),
                Some(Err(error)) => {
                    return Ok(Content::Unreadable(format!("transaction {number} of the batch: {error}")));
                }
            }
        }
        let vault = Vault::new(self.address, batch.vault_index);
        let Batch { executed, size, .. } = batch;
        Ok(Content::Messages(Messages { vault, parts, is_batch: true, executed, size }))
    }
}

/// An account of the multisig's program.
fn owned(account: Option<Account>) -> Option<Account> {
    account.filter(|account| account.owner == PROGRAM_ID)
}

fn derived(transaction: &Address, count: usize) -> Vec<Address> {
    // The program derives one for each bump.
    (0..=u8::MAX).take(count).map(|number| address::ephemeral_signer(transaction, number)).collect()
}

/// A transaction with the accounts of its lookup tables.
async fn part<C: Cluster>(
    cluster: &C,
    number: u32,
    message: VaultMessage,
    derived: Vec<Address>,
) -> Result<Part, CliError> {
    let addresses: Vec<_> = message.lookups.iter().map(|lookup| lookup.table).collect();
    let tables = match addresses.as_slice() {
        [] => Ok(vec![]),
        addresses => match lookup::load(cluster, addresses).await {
            Ok(tables) => Ok(tables),
            Err(LookupError::Cluster(error)) => return Err(error.into()),
            Err(error) => Err(error.to_string()),
        },
    };
    let mut loaded = vec![];
    let tables = tables.and_then(|tables| {
        for (lookup, table) in message.lookups.iter().zip(&tables) {
            let all = |places: &[u8]| {
                let at = |place: &u8| {
                    table.addresses.get(usize::from(*place)).copied().ok_or_else(|| {
                        format!(
                            "lookup table {} has no address {place} yet: its authority decides what the transaction does",
                            table.address
                        )
                    })
                };
                places.iter().map(at).collect::<Result<Vec<_>, _>>()
            };
            loaded.push(LoadedAddresses { writable: all(&lookup.writable)?, readonly: all(&lookup.readonly)? });
        }
        Ok(tables)
    });
    Ok(Part { number, message, derived, tables, loaded })
}
