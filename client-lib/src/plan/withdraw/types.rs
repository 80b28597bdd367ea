//! Requests and plans of withdrawals.

use {
    crate::{
        actions::{NewStakeAccount, TokenSource},
        quote::{self, StakeWithdrawalQuote},
        transaction::Plan,
        units::{sol, tokens},
    },
    solana_address::Address,
    std::fmt,
    tidepool_core::quote::WithdrawalQuote,
};

/// A withdrawal request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Withdrawal {
    /// The source of the pool tokens.
    pub tokens: TokenSource,
    /// Pool tokens to withdraw in all.
    pub pool_tokens: u64,
    /// Staker and withdrawer of each new stake account.
    pub stake_authority: Address,
    /// Pays the rent of each new stake account.
    pub payer: Address,
    /// Slippage bound of each piece, in basis points of its quote; unbounded if `None`.
    pub slippage_bps: Option<u16>,
    /// Whether whole stake accounts can be withdrawn, which removes their validators from the pool. The program allows
    /// it only if no validator has stake to split.
    pub take_whole_accounts: bool,
    /// The order of SOL and stake.
    pub order: WithdrawalOrder,
    /// Whether SOL arrives as wrapped SOL, as with [`WithdrawSol::wrap`].
    pub wrap: bool,
}

/// The parts of a withdrawal that come as SOL from the reserve, and as stake. If the pool has a SOL withdraw authority,
/// it must sign for SOL.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WithdrawalOrder {
    /// Stake only.
    #[default]
    StakeOnly,
    /// Stake only, as far as possible split off the reserve, which is undelegated. For holders who cannot get SOL. Like
    /// [`Self::StakeOnly`] if the program does not allow a split of the reserve.
    ReserveFirst,
    /// SOL to this account as far as the reserve allows, then stake. The reserve gives less if the rest would be too
    /// small for a stake account.
    SolFirst(Address),
    /// Stake, then SOL to this account for the rest that is unavailable as stake, as far as the reserve allows.
    SolLast(Address),
    /// SOL only, to this account.
    SolOnly(Address),
}

impl WithdrawalOrder {
    /// The receiver of SOL, if any.
    pub const fn sol_to(&self) -> Option<Address> {
        match self {
            Self::StakeOnly | Self::ReserveFirst => None,
            Self::SolFirst(to) | Self::SolLast(to) | Self::SolOnly(to) => Some(*to),
        }
    }
}

/// A new stake account of a withdrawal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Piece {
    /// Its quote.
    pub quote: StakeWithdrawalQuote,
    /// The new stake account.
    pub to: NewStakeAccount,
}

/// Pool tokens that cannot be withdrawn now and stay with the holder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Remainder {
    /// Pool tokens.
    pub pool_tokens: u64,
    /// Their lamports at the exchange rate, before any fee.
    pub lamports: u64,
    /// Why they cannot be withdrawn.
    pub reason: RemainderReason,
}

/// Why pool tokens cannot be withdrawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RemainderReason {
    /// After the fee they yield no lamport.
    Worthless {
        /// Fewest pool tokens that yield one; `None` if the whole supply yields none.
        minimum_pool_tokens: Option<u64>,
    },
    /// They yield less than the stake program's minimum for a split.
    BelowMinimum {
        /// Minimum delegation of a new stake account, in lamports.
        minimum_lamports: u64,
        /// Pool tokens that yield that minimum.
        minimum_pool_tokens: u64,
    },
    /// The preferred validator has stake and is being removed: until it is gone, no other validator can be used.
    PreferredBeingRemoved {
        /// Its vote account.
        preferred: Address,
    },
    /// No validator has stake to split, and whole stake accounts were not requested.
    WholeAccountsOnly {
        /// Lamports of the smallest whole account.
        smallest_lamports: u64,
    },
    /// No validator has stake to split: all are at their minimum, being removed, or have transient stake.
    NothingToSplit,
}

/// The reason, without advice.
impl fmt::Display for RemainderReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worthless { minimum_pool_tokens: Some(least) } => {
                write!(f, "they yield no lamport after the fee, and {} do", tokens(*least))
            }
            Self::Worthless { minimum_pool_tokens: None } => f.write_str("no amount yields a lamport after the fee"),
            Self::BelowMinimum { minimum_lamports, minimum_pool_tokens } => {
                write!(
                    f,
                    "a stake account holds at least {}, for {}",
                    sol(*minimum_lamports),
                    tokens(*minimum_pool_tokens)
                )
            }
            Self::PreferredBeingRemoved { preferred } => write!(
                f,
                "the preferred validator {preferred} is being removed, and the program allows no other until then"
            ),
            Self::WholeAccountsOnly { smallest_lamports } => {
                write!(f, "stake can only be withdrawn as whole accounts, the smallest of {}", sol(*smallest_lamports))
            }
            Self::NothingToSplit => f.write_str("no validator has stake above the minimum that stays in the pool"),
        }
    }
}

/// A withdrawal plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WithdrawalPlan {
    /// Transactions.
    pub plan: Plan,
    /// The stake accounts, in the order of the quotes.
    pub pieces: Vec<Piece>,
    /// The SOL part.
    pub sol: Option<WithdrawalQuote>,
    /// The remainder, if not everything can be withdrawn.
    pub remainder: Option<Remainder>,
    /// Lamports of rent that the payer pays for the new accounts, where they stay.
    pub rent_lamports: u64,
}

impl WithdrawalPlan {
    /// Quotes of all parts: the stake accounts, then the SOL.
    pub fn quotes(&self) -> impl Iterator<Item = WithdrawalQuote> {
        self.pieces.iter().map(|piece| piece.quote.yields).chain(self.sol)
    }

    /// Total lamports for the holder, as stake and as SOL, without rent.
    pub fn lamports(&self) -> u64 {
        self.quotes().fold(0, |sum, quote| sum.saturating_add(quote.lamports.get()))
    }

    /// Pool tokens that stay with the holder.
    pub fn remaining_pool_tokens(&self) -> u64 {
        self.remainder.map_or(0, |remainder| remainder.pool_tokens)
    }
}

impl Withdrawal {
    /// Minimum amount out of a piece with this quote, if there is a bound.
    pub(super) fn minimum_of(&self, lamports: u64) -> Option<u64> {
        quote::minimum_out(lamports, self.slippage_bps?)
    }
}
