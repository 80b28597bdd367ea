//! Formats of transactions, and their limits.

use {
    crate::{
        cluster::{Cluster, ClusterError},
        gates, trace,
    },
    solana_message::{AddressLookupTableAccount, VersionedMessage, v1},
};

/// Size limit of a legacy or v0 transaction in bytes, signatures included.
pub const MAX_TRANSACTION_BYTES: usize = 1232;

/// Most accounts that a legacy or v0 transaction can lock.
pub const MAX_ACCOUNT_LOCKS: usize = 64;

/// The gate of v1 transactions.
const V1_GATE: &str = "enable_tx_v1";

/// Format of transactions. It decides their limits.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum TransactionFormat {
    /// Legacy. Every cluster takes it and every wallet signs it.
    #[default]
    Legacy,
    /// v0 with these lookup tables. A transaction that they do not shorten is legacy.
    V0(Vec<AddressLookupTableAccount>),
    /// v1 (SIMD-0385): longer, without lookup tables, and with the compute budget in the header.
    V1,
}

/// Limits of a transaction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TransactionLimits {
    /// Bytes, signatures included.
    pub bytes: usize,
    /// Accounts that it can lock.
    pub accounts: usize,
    /// Signatures.
    pub signatures: usize,
    /// Instructions that it can run, calls between programs included.
    pub trace: u32,
}

impl TransactionFormat {
    /// v0 with these lookup tables; legacy without any.
    pub fn with_tables(lookup_tables: Vec<AddressLookupTableAccount>) -> Self {
        if lookup_tables.is_empty() { Self::Legacy } else { Self::V0(lookup_tables) }
    }

    /// v1 if the cluster takes it, else legacy.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn newest(cluster: &(impl Cluster + ?Sized)) -> Result<Self, ClusterError> {
        Ok(if cluster_takes_v1(cluster).await? { Self::V1 } else { Self::Legacy })
    }

    /// The lookup tables.
    pub fn lookup_tables(&self) -> &[AddressLookupTableAccount] {
        match self {
            Self::V0(tables) => tables,
            Self::Legacy | Self::V1 => &[],
        }
    }

    /// The limits.
    pub const fn limits(&self) -> TransactionLimits {
        match self {
            Self::Legacy | Self::V0(_) => TransactionLimits {
                bytes: MAX_TRANSACTION_BYTES,
                accounts: MAX_ACCOUNT_LOCKS,
                // More, with their addresses, exceed the size limit.
                signatures: 12,
                trace: trace::MAX_PER_TRANSACTION,
            },
            Self::V1 => TransactionLimits {
                bytes: v1::MAX_TRANSACTION_SIZE,
                accounts: v1::MAX_ADDRESSES as usize,
                signatures: v1::MAX_SIGNATURES as usize,
                trace: trace::MAX_PER_TRANSACTION,
            },
        }
    }

    /// The limits of a message's format.
    pub const fn limits_of(message: &VersionedMessage) -> TransactionLimits {
        match message {
            VersionedMessage::Legacy(_) | VersionedMessage::V0(_) => Self::Legacy.limits(),
            VersionedMessage::V1(_) => Self::V1.limits(),
        }
    }
}

/// Whether a cluster takes v1 transactions.
///
/// # Errors
/// [`ClusterError`].
pub async fn cluster_takes_v1(cluster: &(impl Cluster + ?Sized)) -> Result<bool, ClusterError> {
    gates::is_active(cluster, V1_GATE).await
}
