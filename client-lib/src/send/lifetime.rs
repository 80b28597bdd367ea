//! Lifetimes of signed transactions.

use {
    super::Sender,
    crate::cluster::{Blockhash, Cluster, ClusterError},
    solana_address::Address,
    solana_hash::Hash,
    solana_instruction::Instruction,
    solana_message::VersionedMessage,
    solana_nonce::{state::State, versions::Versions},
    solana_system_interface::instruction::advance_nonce_account,
    thiserror::Error,
};

/// Most blocks for which a blockhash is valid.
pub(super) const BLOCKHASH_LIFE: u64 = 150;

/// Data of the system program's instruction `AdvanceNonceAccount`.
const ADVANCE_NONCE_ACCOUNT: [u8; 4] = [4, 0, 0, 0];

/// The hash that transactions are signed with. It decides how long they can land.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Lifetime {
    /// The latest blockhash, valid for some 150 blocks, and a later one after it has expired.
    #[default]
    Latest,
    /// This blockhash only.
    Blockhash(Hash),
    /// A durable nonce, valid until it is used. It serves one transaction.
    Nonce(DurableNonce),
}

/// A durable nonce account of the system program. A transaction signed with it can land at any later time, once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DurableNonce {
    /// The nonce account.
    pub account: Address,
    /// The nonce authority, which signs.
    pub authority: Address,
    /// The nonce value, which takes the place of a blockhash.
    pub hash: Hash,
}

/// Error of reading a nonce account.
#[derive(Clone, Debug, Error)]
pub enum NonceError {
    /// The account is not a nonce account.
    #[error("{address} is not an initialized nonce account: create one with `solana create-nonce-account`")]
    NotANonce {
        /// The account.
        address: Address,
    },

    /// The cluster did not answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl DurableNonce {
    /// Reads a nonce account.
    ///
    /// # Errors
    /// [`NonceError`].
    pub async fn read(cluster: &impl Cluster, account: &Address) -> Result<Self, NonceError> {
        let not_a_nonce = || NonceError::NotANonce { address: *account };
        let found = cluster.account(account).await?.ok_or_else(not_a_nonce)?;
        if found.owner != solana_sdk_ids::system_program::ID {
            return Err(not_a_nonce());
        }
        let versions: Versions = bincode::deserialize(&found.data).map_err(|_| not_a_nonce())?;
        match versions.state() {
            State::Initialized(data) => {
                Ok(Self { account: *account, authority: data.authority, hash: data.blockhash() })
            }
            State::Uninitialized => Err(not_a_nonce()),
        }
    }
}

impl Lifetime {
    /// The lifetime of a message.
    pub fn of(message: &VersionedMessage) -> Self {
        let hash = *message.recent_blockhash();
        let keys = message.static_account_keys();
        let address = |index: u8| keys.get(usize::from(index)).copied();
        let nonce = message.instructions().first().and_then(|first| {
            // The rule of the runtime: the first bytes and the first account decide.
            let advances = address(first.program_id_index) == Some(solana_sdk_ids::system_program::ID)
                && first.data.starts_with(&ADVANCE_NONCE_ACCOUNT);
            let account = address(*first.accounts.first()?)?;
            let authority = first.accounts.get(2).and_then(|index| address(*index)).unwrap_or_default();
            advances.then_some(DurableNonce { account, authority, hash })
        });
        nonce.map_or(Self::Blockhash(hash), Self::Nonce)
    }

    /// The instructions, after `AdvanceNonceAccount` if there is a nonce: it must come first.
    pub(super) fn prepend_to(&self, instructions: &[Instruction]) -> Vec<Instruction> {
        let nonce = match self {
            Self::Nonce(nonce) => Some(advance_nonce_account(&nonce.account, &nonce.authority)),
            Self::Latest | Self::Blockhash(_) => None,
        };
        nonce.into_iter().chain(instructions.iter().cloned()).collect()
    }
}

impl<C: Cluster> Sender<'_, C> {
    pub(super) const fn attempts(&self) -> u32 {
        match self.options.lifetime {
            Lifetime::Latest => self.options.attempts,
            Lifetime::Blockhash(_) | Lifetime::Nonce(_) => 1,
        }
    }

    pub(super) async fn blockhash(&self) -> Result<Blockhash, ClusterError> {
        match self.options.lifetime {
            Lifetime::Latest => self.retrying().latest_blockhash().await,
            Lifetime::Blockhash(hash) => {
                // The age of the hash is unknown, so this is an upper bound.
                let height = self.retrying().block_height().await?;
                Ok(Blockhash { hash, last_valid_block_height: height.saturating_add(BLOCKHASH_LIFE) })
            }
            Lifetime::Nonce(nonce) => Ok(Blockhash { hash: nonce.hash, last_valid_block_height: u64::MAX }),
        }
    }

    /// Whether the nonce of the transactions has been used. They have landed then, or never will.
    pub(super) async fn nonce_is_used(&self) -> Result<bool, ClusterError> {
        let Lifetime::Nonce(nonce) = &self.options.lifetime else { return Ok(false) };
        match DurableNonce::read(self.cluster, &nonce.account).await {
            Ok(now) => Ok(now.hash != nonce.hash),
            Err(NonceError::NotANonce { .. }) => Ok(true),
            Err(NonceError::Cluster(error)) => Err(error),
        }
    }
}
