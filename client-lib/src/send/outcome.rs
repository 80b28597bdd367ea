//! What became of transactions.

use {
    super::Outgoing,
    crate::{cluster::ClusterError, error::Explanation, plan::Step},
    solana_address::Address,
    solana_signature::Signature,
    solana_transaction_error::TransactionError,
    std::fmt,
    thiserror::Error,
};

/// What became of one transaction.
#[derive(Debug)]
pub enum Outcome {
    /// It ran and did what it should.
    Landed {
        /// By which it is known.
        signature: Signature,
        /// The slot of its block.
        slot: u64,
        /// Compute units used, if the options ask for them and the cluster knows.
        units_consumed: Option<u64>,
    },
    /// It ran and failed: it has paid its fee and changed nothing else.
    Failed {
        /// By which it is known.
        signature: Signature,
        /// Why.
        failure: FailureReport,
    },
    /// It would have failed, so it was not sent, and has cost nothing.
    WouldFail(FailureReport),
    /// It was sent, and never got into a block. It can no longer land: sending it anew is safe.
    Expired {
        /// How often it was signed.
        attempts: u32,
        /// Whether it was signed with a hash of the user's own, so that it has to be made anew.
        has_fixed_hash: bool,
    },
    /// It was sent, and may or may not land.
    Unknown {
        /// By which to look for it.
        signature: Signature,
        /// What kept the sender from knowing.
        reason: UnknownReason,
    },
    /// It was not sent.
    NotSent(NotSent),
}

/// What kept a sender from knowing what became of a transaction.
#[derive(Clone, Debug, Error)]
pub enum UnknownReason {
    /// The cluster does not answer.
    #[error(transparent)]
    Cluster(ClusterError),
    /// The cluster makes no blocks.
    #[error("the cluster makes no blocks")]
    NoBlocks,
    /// It is neither in a block that counts, nor past its time, for longer than that takes.
    #[error("the cluster shows it neither as landed nor as expired")]
    Undecided,
    /// It was told to stop before it knew.
    #[error("it was told to stop")]
    Stopped,
    /// The cluster does not remember that long, and keeps no history.
    #[error("nobody looked for it in time, and this endpoint keeps no history")]
    Forgotten,
    /// The transaction is signed with a nonce that nobody has used yet.
    #[error("its nonce is not used yet")]
    NonceNotUsed,
}

/// Why a transaction failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureReport {
    /// The error, as the cluster names it.
    pub error: TransactionError,
    /// The error in words.
    pub explanation: Explanation,
    /// What the programs logged; empty if the cluster does not tell.
    pub logs: Vec<String>,
}

/// Why a transaction was not even sent.
#[derive(Debug, Error)]
pub enum NotSent {
    /// Another one, which it may depend on, did not land.
    #[error("a transaction before it did not land: see to that one, then send this again")]
    EarlierDidNotLand,

    /// The sender was told to stop.
    #[error("it was told to stop before: send it again")]
    Stopped,

    /// It names a signer that the sender does not have.
    #[error("the signature of {signer} is missing: give its keypair or its signing device")]
    MissingSigner {
        /// Who has to sign.
        signer: Address,
    },

    /// A signer would not or could not sign.
    #[error("{signer} could not sign ({detail}): unlock the signing device and confirm")]
    CouldNotSign {
        /// Who has to sign.
        signer: Address,
        /// What the signer said.
        detail: String,
    },

    /// A signature was made for something else.
    #[error(
        "the signature of {signer} is that of another transaction: the pool or the options have changed since it was made, so \
         submit the message that was signed, or sign this one"
    )]
    SignatureOfAnother {
        /// Whose it is.
        signer: Address,
    },

    /// It does not fit a packet.
    #[error("the transaction takes {bytes} bytes of {limit}: put fewer instructions into it, or use a lookup table")]
    TooLarge {
        /// Bytes that it takes.
        bytes: usize,
        /// Bytes that a transaction may take.
        limit: usize,
    },

    /// Its message asks for too few compute units.
    #[error("it would use {needed} compute units, and its message asks for {limit}: leave out --blockhash and --nonce")]
    TooFewComputeUnits {
        /// Compute units that it would use.
        needed: u64,
        /// Compute units that it asks for.
        limit: u32,
    },

    /// Its instructions do not make a message.
    #[error("the instructions do not make a message ({detail}): use fewer accounts, and lookup tables that hold them")]
    Malformed {
        /// What is wrong.
        detail: String,
    },

    /// The cluster could not be asked for what sending needs.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl Outcome {
    /// Whether it did what it should.
    pub fn is_landed(&self) -> bool {
        matches!(self, Self::Landed { .. })
    }

    /// By which the transaction is known, if it was sent.
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
            Self::WouldFail(failure) => write!(f, "not sent, for it would fail: {}", failure.explanation),
            Self::Expired { has_fixed_hash: true, .. } => {
                write!(f, "never landed, and cannot any more: make it anew with a new hash, and sign that")
            }
            Self::Expired { attempts, .. } => {
                let signed = if *attempts == 1 { "once".to_owned() } else { format!("{attempts} times") };
                write!(f, "never landed, signed {signed}: try again, or raise the compute unit price")
            }
            Self::Unknown { signature, reason } => {
                write!(f, "may have landed: look for {signature} before you repeat it ({reason})")
            }
            Self::NotSent(reason) => write!(f, "not sent: {reason}"),
        }
    }
}

/// A transaction and what became of it.
#[derive(Debug)]
pub struct Sent {
    /// The transaction's label.
    pub label: String,
    /// The steps of a trade that it contains.
    pub steps: Vec<Step>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of all transactions, in the order given.
#[derive(Debug, Default)]
pub struct Summary {
    /// One entry for each transaction.
    pub transactions: Vec<Sent>,
}

impl Summary {
    /// Whether all landed.
    pub fn is_success(&self) -> bool {
        self.transactions.iter().all(|sent| sent.outcome.is_landed())
    }

    /// How many landed.
    pub fn landed(&self) -> usize {
        self.transactions.iter().filter(|sent| sent.outcome.is_landed()).count()
    }

    /// Those that did not land.
    pub fn problems(&self) -> impl Iterator<Item = &Sent> {
        self.transactions.iter().filter(|sent| !sent.outcome.is_landed())
    }

    /// Signatures of all that were sent and of which something is known.
    pub fn signatures(&self) -> impl Iterator<Item = Signature> {
        self.transactions.iter().filter_map(|sent| sent.outcome.signature())
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.transactions.extend(other.transactions);
    }

    /// Whether some of it did not happen since the sender was told to stop.
    pub fn is_stopped(&self) -> bool {
        self.problems().any(|sent| {
            matches!(
                sent.outcome,
                Outcome::NotSent(NotSent::Stopped) | Outcome::Unknown { reason: UnknownReason::Stopped, .. }
            )
        })
    }

    pub(super) fn skip(&mut self, transactions: &[Outgoing], reason: impl Fn() -> NotSent) {
        self.transactions.extend(transactions.iter().map(|transaction| Sent {
            label: transaction.label.clone(),
            steps: transaction.steps.clone(),
            outcome: Outcome::NotSent(reason()),
        }));
    }
}
