//! Vote accounts: whether stake can be delegated to one, and what its validator pays and earns.
//!
//! Layouts: SIMD-0185 (version 4) and `solana-vote-interface`. No caution depends on the number of credits: under
//! Alpenglow (SIMD-0326) the entries count lamports. Only whether an epoch has an entry that grew is used.

mod survey;

pub use survey::ValidatorSurvey;

use {
    crate::{cluster::ClusterValidator, pool::AccountKind},
    solana_account::Account,
    solana_address::Address,
    solana_rent::Rent,
    solana_vote_interface::state::VoteStateV4,
    std::fmt,
    tidepool_core::rebalance::BASIS_POINTS,
};

/// An entry of the credits between the eras before and after Alpenglow: not an epoch.
const ERA_MARKER: (u64, u64, u64) = (u64::MAX, u64::MAX, u64::MAX);

/// An account at the address of a vote account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VoteAccount {
    /// A vote account with a state. Stake can be delegated to it.
    Open(VoteState),
    /// No account: the vote account was closed, or never created.
    Missing,
    /// A vote account without a state: closed, or not yet initialized.
    Uninitialized,
    /// A vote account whose data this client cannot decode.
    Unreadable {
        /// Length of the data, in bytes.
        length: usize,
        /// The version that the data begins with.
        version: Option<u32>,
    },
    /// An account of another program.
    Other(AccountKind),
}

/// The state of a vote account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VoteState {
    /// Version of the account's layout: 1 (Solana 1.14), 3 or 4.
    pub version: u8,
    /// The validator's identity.
    pub node: Address,
    /// The validator's part of the inflation rewards, in basis points of them (0 to 10,000).
    pub inflation_commission_bps: u16,
    /// The validator's part of the block revenue, in basis points of it (0 to 10,000). `None` before version 4, where the
    /// validator keeps it all.
    pub block_revenue_commission_bps: Option<u16>,
    /// Whether the validator has a BLS key. Without one it is not admitted to the validator set (SIMD-0357).
    pub has_bls_key: bool,
    /// Lamports above rent exemption, from which the validator pays for its admission.
    pub spare_lamports: u64,
    /// The last epoch in which the validator earned credits; `None` if it never did within the kept epochs.
    pub last_epoch_with_credits: Option<u64>,
    /// Credits that it earned, by epoch, oldest first. Their unit can change: compare those of one epoch only.
    pub credits: Vec<(u64, u64)>,
}

impl VoteAccount {
    /// Decodes `account`, which is at the address `vote`. `rent` gives the part of its lamports that is not spare.
    pub fn decode(vote: &Address, account: Option<&Account>, rent: &Rent) -> Self {
        let Some(account) = account else {
            return Self::Missing;
        };
        let kind = AccountKind::of(account);
        if kind != AccountKind::VoteAccount {
            return Self::Other(kind);
        }
        let version = account.data.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        if account.data.iter().all(|byte| *byte == 0) {
            return Self::Uninitialized;
        }
        let unreadable = Self::Unreadable { length: account.data.len(), version };
        // The tags of the versions begin with one that no decoder knows any more.
        let version = match version {
            Some(1) => 1,
            Some(2) => 3,
            Some(3) => 4,
            _ => return unreadable,
        };
        let Ok(state) = VoteStateV4::deserialize(&account.data, vote) else {
            return unreadable;
        };
        if version < 4 && state.authorized_voters.is_empty() {
            return Self::Uninitialized;
        }
        let has_grown = |entry: &&(u64, u64, u64)| **entry != ERA_MARKER && entry.1 > entry.2;
        let credits: Vec<_> =
            state.epoch_credits.iter().filter(has_grown).map(|entry| (entry.0, entry.1 - entry.2)).collect();
        Self::Open(VoteState {
            version,
            node: state.node_pubkey,
            inflation_commission_bps: state.inflation_rewards_commission_bps.min(BASIS_POINTS),
            block_revenue_commission_bps: (version == 4).then(|| state.block_revenue_commission_bps.min(BASIS_POINTS)),
            has_bls_key: state.bls_pubkey_compressed.is_some(),
            spare_lamports: account.lamports.saturating_sub(rent.minimum_balance(account.data.len())),
            last_epoch_with_credits: credits.iter().map(|(epoch, _)| *epoch).max(),
            credits,
        })
    }

    /// The state, if stake can be delegated to the account.
    pub const fn state(&self) -> Option<&VoteState> {
        match self {
            Self::Open(state) => Some(state),
            _ => None,
        }
    }
}

/// Says what the account is, after "the account is" or "account ADDRESS is".
impl fmt::Display for VoteAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(_) => f.write_str("a vote account"),
            Self::Missing => f.write_str("missing: the vote account was closed, or the URL is that of another cluster"),
            Self::Uninitialized => f.write_str("a vote account without a state: it was closed or never initialized"),
            Self::Unreadable { length, version: Some(version) } => {
                write!(f, "a vote account of {length} bytes with the unknown or damaged layout {version}")
            }
            Self::Unreadable { length, version: None } => write!(f, "a vote account of only {length} bytes"),
            // A closed account can be left as one.
            Self::Other(AccountKind::Wallet) => {
                f.write_str("a wallet, not a validator's vote account, or a closed vote account")
            }
            Self::Other(kind) => write!(f, "{kind}, not a validator's vote account"),
        }
    }
}

/// A reason why a validator earns little or nothing for the pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Caution {
    /// The vote account is closed, damaged or another kind of account.
    NotDelegable,
    /// The validator keeps all inflation rewards.
    FullCommission,
    /// It has not earned credits in any of the kept epochs.
    NeverVoted,
    /// It has earned no credits since this epoch, which is not the last one.
    NotVotingSince {
        /// The last epoch with credits.
        epoch: u64,
    },
    /// It has no BLS key, so it is not admitted to the validator set.
    NoBlsKey,
    /// It is not in the validator set of the current epoch.
    NotAdmitted,
    /// The pool's stake with it was deactivated, and not by the pool.
    Deactivated {
        /// The epoch of the deactivation.
        epoch: u64,
    },
    /// It is demoted: it takes no new stake, and rebalances return its stake to the reserve.
    Demoted {
        /// The epoch of the demotion.
        epoch: u64,
    },
    /// It has no weight, and other validators of the pool have one.
    NoWeight,
}

impl Caution {
    /// The name, for machine-readable output.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotDelegable => "not_delegable",
            Self::FullCommission => "full_commission",
            Self::NeverVoted => "never_voted",
            Self::NotVotingSince { .. } => "not_voting",
            Self::NoBlsKey => "no_bls_key",
            Self::NotAdmitted => "not_admitted",
            Self::Deactivated { .. } => "deactivated",
            Self::Demoted { .. } => "demoted",
            Self::NoWeight => "no_weight",
        }
    }
}

/// A sentence about "it", the validator.
impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDelegable => f.write_str("no stake can be delegated to it"),
            Self::FullCommission => f.write_str("its commission is 100 %: delegators earn no inflation rewards"),
            Self::NeverVoted => f.write_str("it has never voted: it earns nothing"),
            Self::NotVotingSince { epoch } => write!(f, "it has not voted since epoch {epoch}: it earns nothing"),
            Self::NoBlsKey => f.write_str("it has no BLS key: clusters that require one (SIMD-0357) do not admit it"),
            Self::NotAdmitted => {
                f.write_str("it is not in the validator set of this epoch: it neither votes nor earns")
            }
            Self::Deactivated { epoch } => {
                write!(
                    f,
                    "others deactivated the pool's stake with it in epoch {epoch}: it earns nothing; remove the validator"
                )
            }
            Self::Demoted { epoch } => {
                write!(f, "it was demoted in epoch {epoch}: rebalances return its stake to the reserve")
            }
            Self::NoWeight => f.write_str("it has no weight: rebalancing delegates no stake to it"),
        }
    }
}

/// Reasons to think twice before delegating to a validator, worst first.
///
/// `epoch` is the current one. `reported` is what the cluster reports about the validator, if it reports any. A missing
/// BLS key or admission is a reason only where the cluster `admits` validators by them.
pub fn cautions(account: &VoteAccount, epoch: u64, reported: Option<&ClusterValidator>, admits: bool) -> Vec<Caution> {
    let Some(state) = account.state() else {
        return vec![Caution::NotDelegable];
    };
    let mut found = vec![];
    // Under Alpenglow, and in the first epoch of a cluster, a validator that votes has no credits.
    if !reported.is_some_and(|validator| validator.is_voting) {
        match state.last_epoch_with_credits {
            None => found.push(Caution::NeverVoted),
            // The present epoch may be too young for an entry.
            Some(last) if last.saturating_add(1) < epoch => found.push(Caution::NotVotingSince { epoch: last }),
            Some(_) => {}
        }
    }
    if admits && !state.has_bls_key {
        found.push(Caution::NoBlsKey);
    } else if admits && reported.is_some_and(|validator| !validator.is_admitted) {
        found.push(Caution::NotAdmitted);
    }
    if state.inflation_commission_bps >= BASIS_POINTS {
        found.push(Caution::FullCommission);
    }
    found
}

#[cfg(test)]
mod tests;
