//! Outcomes of transactions.

use {
    super::Outgoing,
    crate::{cluster::ClusterError, error::Explanation, transaction::Step},
    solana_address::Address,
    solana_signature::Signature,
    solana_transaction_error::TransactionError,
    std::fmt,
    thiserror::Error,
};

/// Outcome of one transaction.
#[derive(Debug)]
pub enum Outcome {
    /// It landed and succeeded.
    Landed {
        /// Its signature.
        signature: Signature,
        /// The slot of its block.
        slot: u64,
        /// Compute units used, if requested and recorded by the cluster.
        units_consumed: Option<u64>,
    },
    /// It landed and failed: the fee is paid, and nothing else has changed.
    Failed {
        /// Its signature.
        signature: Signature,
        /// The error.
        failure: FailureReport,
    },
    /// Its simulation failed, so it was not sent and cost nothing.
    WouldFail(FailureReport),
    /// It was sent and never landed. It can no longer land, so sending it again is safe.
    Expired {
        /// How often it was signed.
        attempts: u32,
        /// Whether it was signed with a hash of the user's choice, so that it must be built again.
        has_fixed_hash: bool,
    },
    /// It was sent, and may or may not land.
    Unknown {
        /// Its signature.
        signature: Signature,
        /// Why the outcome is unknown.
        reason: UnknownReason,
    },
    /// It was not sent.
    NotSent(NotSent),
}

/// Why the outcome of a transaction is unknown.
#[derive(Clone, Debug, Error)]
pub enum UnknownReason {
    /// The cluster does not respond.
    #[error(transparent)]
    Cluster(ClusterError),
    /// The cluster makes no blocks.
    #[error("the cluster produces no blocks")]
    NoBlocks,
    /// It is neither final nor expired, for longer than [`SendOptions::follow_for`](super::SendOptions::follow_for).
    #[error("the cluster reports it neither as landed nor as expired")]
    Undecided,
    /// A stop was requested.
    #[error("interrupted")]
    Stopped,
    /// It is older than the cluster's status cache, and the endpoint keeps no history.
    #[error("its status was not requested in time, and this endpoint keeps no history")]
    Forgotten,
    /// The transaction is signed with a nonce that is still unused.
    #[error("its nonce is not advanced yet")]
    NonceNotUsed,
}

/// Error of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureReport {
    /// The transaction error.
    pub error: TransactionError,
    /// The error in words.
    pub explanation: Explanation,
    /// Program logs; empty if they are not available.
    pub logs: Vec<String>,
}

/// Why a transaction was not sent.
#[derive(Debug, Error)]
pub enum NotSent {
    /// A transaction of an earlier stage did not land.
    #[error("an earlier transaction did not land: resolve that, then send this again")]
    EarlierDidNotLand,

    /// A stop was requested.
    #[error("interrupted before: send it again")]
    Stopped,

    /// The sender has no key for a required signer.
    #[error("missing signature of {signer}: specify its keypair or signing device")]
    MissingSigner {
        /// The signer.
        signer: Address,
    },

    /// A signer failed to sign.
    #[error("{signer} could not sign ({detail}): unlock the signing device and confirm")]
    CouldNotSign {
        /// The signer.
        signer: Address,
        /// Message of the signer.
        detail: String,
    },

    /// A signature does not match the message.
    #[error(
        "the signature of {signer} belongs to another transaction, as the pool or the options have changed: submit the \
         message that was signed, or sign this one"
    )]
    SignatureOfAnother {
        /// The signer.
        signer: Address,
    },

    /// It exceeds the transaction size limit.
    #[error("the transaction takes {bytes} bytes of {limit}: put fewer instructions into it, or use a lookup table")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },

    /// The compute unit limit in its message is too low.
    #[error("it needs {needed} compute units, more than its limit of {limit}: omit --blockhash and --nonce")]
    TooFewComputeUnits {
        /// Compute units that it would use.
        needed: u64,
        /// Its limit.
        limit: u32,
    },

    /// Its instructions do not make a valid message.
    #[error("cannot build a message ({detail}): use fewer accounts, and lookup tables that hold them")]
    Malformed {
        /// The error.
        detail: String,
    },

    /// A request that is needed for sending failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl Outcome {
    /// Whether it landed and succeeded.
    pub fn is_landed(&self) -> bool {
        matches!(self, Self::Landed { .. })
    }

    /// The transaction's signature, if it was sent.
    pub fn signature(&self) -> Option<Signature> {
        match self {
            Self::Landed { signature, .. } | Self::Failed { signature, .. } | Self::Unknown { signature, .. } => {
                Some(*signature)
            }
            Self::WouldFail(_) | Self::Expired { .. } | Self::NotSent(_) => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Landed { signature, .. } => write!(f, "landed: {signature}"),
            Self::Failed { signature, failure } => {
                write!(f, "failed: {} ({signature})", failure.explanation)
            }
            Self::WouldFail(failure) => write!(f, "not sent, because it would fail: {}", failure.explanation),
            Self::Expired { has_fixed_hash: true, .. } => {
                write!(f, "expired: create it again with a new blockhash, and sign that")
            }
            Self::Expired { attempts, .. } => {
                let signed = if *attempts == 1 { "once".to_owned() } else { format!("{attempts} times") };
                write!(f, "expired, signed {signed}: retry, or raise the compute unit price")
            }
            Self::Unknown { signature, reason } => {
                write!(f, "unknown outcome: check {signature} before you repeat it ({reason})")
            }
            Self::NotSent(reason) => write!(f, "not sent: {reason}"),
        }
    }
}

/// A transaction and its outcome.
#[derive(Debug)]
pub struct Sent {
    /// The transaction's label.
    pub label: String,
    /// Typed steps that it contains.
    pub steps: Vec<Step>,
    /// Its outcome.
    pub outcome: Outcome,
}

/// Outcomes of all transactions, in the given order.
#[derive(Debug, Default)]
pub struct Summary {
    /// One entry per transaction.
    pub transactions: Vec<Sent>,
}

impl Summary {
    /// Whether all landed.
    pub fn is_success(&self) -> bool {
        self.transactions.iter().all(|sent| sent.outcome.is_landed())
    }

    /// Number of transactions that landed.
    pub fn landed(&self) -> usize {
        self.transactions.iter().filter(|sent| sent.outcome.is_landed()).count()
    }

    /// Transactions that did not land.
    pub fn problems(&self) -> impl Iterator<Item = &Sent> {
        self.transactions.iter().filter(|sent| !sent.outcome.is_landed())
    }

    /// The first transaction that did not land, and its outcome, as a part of a sentence.
    pub(crate) fn first_problem(&self) -> String {
        self.problems().next().map_or_else(String::new, |Sent { label, outcome, .. }| format!("{label} {outcome}"))
    }

    /// Signatures of all sent transactions.
    pub fn signatures(&self) -> impl Iterator<Item = Signature> {
        self.transactions.iter().filter_map(|sent| sent.outcome.signature())
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.transactions.extend(other.transactions);
    }

    /// Whether a transaction is missing or unknown because a stop was requested.
    pub fn is_stopped(&self) -> bool {
        self.problems().any(|sent| {
            matches!(
                sent.outcome,
                Outcome::NotSent(NotSent::Stopped) | Outcome::Unknown { reason: UnknownReason::Stopped, .. }
            )
        })
    }

    /// Whether a transaction may still land.
    pub(crate) fn has_unknown(&self) -> bool {
        self.problems().any(|sent| matches!(sent.outcome, Outcome::Unknown { .. }))
    }

    pub(super) fn skip(&mut self, transactions: &[Outgoing], reason: impl Fn() -> NotSent) {
        self.transactions.extend(transactions.iter().map(|transaction| Sent {
            label: transaction.label.clone(),
            steps: transaction.steps.clone(),
            outcome: Outcome::NotSent(reason()),
        }));
    }
}
