//! Withdrawing any sum: SOL from the reserve, stake from as few validators as it takes, and a name for what is left.

mod compare;
mod inverse;
mod search;
mod stages;

pub use {compare::better_withdrawal, inverse::pool_tokens_for_lamports};

use {
    super::Plan,
    crate::{
        actions::{NewStakeAccount, TokenSource, WithdrawSol, Wrap},
        error::PlanError,
        pool::PoolSnapshot,
        quote::{self, StakeWithdrawalQuote},
    },
    solana_address::Address,
    stages::Stages,
    tidepool_interface::quote::WithdrawalQuote,
};

/// A sum to withdraw.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Withdrawal {
    /// The pool tokens' account.
    pub tokens: TokenSource,
    /// Pool tokens to give in all.
    pub pool_tokens: u64,
    /// Becomes staker and withdrawer of each new stake account.
    pub stake_authority: Address,
    /// Pays the rent of each new stake account.
    pub payer: Address,
    /// How much less than quoted each piece may yield, in basis points of the quote; no bound where it is `None`.
    pub slippage_bps: Option<u16>,
    /// Whether whole stake accounts may be taken, which removes their validators from the pool. The program allows it only
    /// where no validator has stake to split.
    pub take_whole_accounts: bool,
    /// What comes as SOL, and what as stake.
    pub order: WithdrawalOrder,
    /// Whether SOL comes as wrapped SOL, as with [`WithdrawSol::wrap`].
    pub wrap: bool,
}

/// What of a withdrawal comes as SOL from the reserve, and what as stake. Where the pool has a SOL withdraw authority, that has
/// to sign for SOL.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WithdrawalOrder {
    /// All of it as stake.
    #[default]
    StakeOnly,
    /// All of it as stake, as far as possible out of the reserve, whose stake is not delegated: SOL for a holder who has no key for
    /// SOL. Only where the program lets the reserve be split; as [`Self::StakeOnly`] elsewhere.
    ReserveFirst,
    /// SOL to this account as far as the reserve goes, and the rest as stake. The reserve gives less where the rest would else
    /// be too little for a stake account.
    SolFirst(Address),
    /// Stake, and SOL to this account for a rest that cannot be had as stake, as far as the reserve goes.
    SolLast(Address),
    /// All of it as SOL to this account.
    SolOnly(Address),
}

impl WithdrawalOrder {
    /// Who gets SOL, if anybody.
    pub const fn sol_to(&self) -> Option<Address> {
        match self {
            Self::StakeOnly | Self::ReserveFirst => None,
            Self::SolFirst(to) | Self::SolLast(to) | Self::SolOnly(to) => Some(*to),
        }
    }
}

/// One new stake account of a withdrawal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Piece {
    /// What it costs and yields.
    pub quote: StakeWithdrawalQuote,
    /// The new stake account.
    pub to: NewStakeAccount,
}

/// Pool tokens that cannot be withdrawn now, and stay with the holder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Remainder {
    /// Pool tokens.
    pub pool_tokens: u64,
    /// Lamports that they are worth by the exchange rate, before any fee.
    pub lamports: u64,
    /// What stands in the way.
    pub reason: RemainderReason,
}

/// Why pool tokens cannot be withdrawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RemainderReason {
    /// After the fee they are worth no lamport.
    Worthless {
        /// Fewest pool tokens that are worth one; `None` where none of the supply are.
        minimum_pool_tokens: Option<u64>,
    },
    /// They are worth less than the stake program lets anyone split.
    BelowMinimum {
        /// Lamports that a new stake account has to delegate.
        minimum_lamports: u64,
        /// Pool tokens that yield as much.
        minimum_pool_tokens: u64,
    },
    /// The pool's preferred validator has stake and is being removed: until it is gone, no other may give any.
    PreferredBeingRemoved {
        /// Its vote account.
        preferred: Address,
    },
    /// No validator has stake to split, and whole stake accounts were not to be taken.
    WholeAccountsOnly {
        /// Lamports of the smallest whole account.
        smallest_lamports: u64,
    },
    /// No validator has stake to give: all keep what has to stay with them, are being removed, or have their stake in motion.
    NothingToSplit,
}

/// How a sum is withdrawn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WithdrawalPlan {
    /// What to send.
    pub plan: Plan,
    /// The stake accounts, in the order of the quotes.
    pub pieces: Vec<Piece>,
    /// What is withdrawn as SOL.
    pub sol: Option<WithdrawalQuote>,
    /// What the holder keeps, if not all of it can be withdrawn.
    pub remainder: Option<Remainder>,
    /// Lamports that the payer pays for the rent of the new accounts; they stay in these.
    pub rent_lamports: u64,
}

impl WithdrawalPlan {
    /// What each part costs and yields: the stake accounts, then the SOL.
    pub fn quotes(&self) -> impl Iterator<Item = WithdrawalQuote> {
        self.pieces.iter().map(|piece| piece.quote.yields).chain(self.sol)
    }

    /// Lamports that the holder gets in all, as stake and as SOL; rent is not among them.
    pub fn lamports(&self) -> u64 {
        self.quotes().fold(0, |sum, quote| sum.saturating_add(quote.lamports))
    }

    /// Pool tokens that the holder keeps.
    pub fn remaining_pool_tokens(&self) -> u64 {
        self.remainder.map_or(0, |remainder| remainder.pool_tokens)
    }
}

/// Plans a withdrawal in few pieces, and these in the fewest transactions. The program prescribes the order of sources: the
/// preferred validator, then active stake, then transient stake, then whole accounts or the reserve. Within one source, stake that
/// earns least comes first (inactive, deactivating, activating, active), and then the validator with most. Where SOL would take the
/// signature of the pool's SOL withdraw authority, the reserve comes last, or first ([`WithdrawalOrder::ReserveFirst`]). `new_account` supplies the stake account of the piece with
/// the given number, from 0.
///
/// The pieces of one stage do not depend on each other; in another order than that of the quotes each may yield a lamport more
/// or less.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `StakeListAndPoolOutOfDate`, `WithdrawalTooSmall`, `CalculationFailure`, and for
/// [`WithdrawalOrder::SolOnly`] `SolWithdrawalTooLarge`; errors of `new_account`.
pub fn withdraw(
    snapshot: &PoolSnapshot,
    withdrawal: &Withdrawal,
    mut new_account: impl FnMut(usize) -> Result<NewStakeAccount, PlanError>,
) -> Result<WithdrawalPlan, PlanError> {
    let draft = search::draft(snapshot, withdrawal)?;
    let mut stages = Stages::new(snapshot, withdrawal);
    let sol = draft.sol.zip(withdrawal.order.sol_to()).map(|(quote, to)| WithdrawSol {
        tokens: withdrawal.tokens,
        pool_tokens: quote.burnt.saturating_add(quote.fee),
        to,
        wrap: if withdrawal.wrap { Wrap::Associated } else { Wrap::No },
        payer: withdrawal.payer,
        minimum_lamports: withdrawal.minimum_of(quote.lamports),
    });
    let is_last = matches!(withdrawal.order, WithdrawalOrder::SolLast(_));
    if let Some(sol) = sol.filter(|_| !is_last) {
        stages.add_sol(&sol);
    }
    let mut pieces = Vec::with_capacity(draft.pieces.len());
    for found in draft.pieces {
        let to = new_account(pieces.len())?;
        stages.add_stake(&found, &to);
        pieces.push(Piece { quote: found.quote, to });
    }
    if let Some(sol) = sol.filter(|_| is_last) {
        stages.add_sol(&sol);
    }
    let rent_lamports = snapshot.environment().stake_rent().saturating_mul(pieces.len() as u64);
    Ok(WithdrawalPlan { plan: stages.plan(), pieces, sol: draft.sol, remainder: draft.remainder, rent_lamports })
}

impl Withdrawal {
    /// The least that a piece may yield of which so many lamports are quoted, if there is a bound.
    fn minimum_of(&self, lamports: u64) -> Option<u64> {
        quote::minimum_out(lamports, self.slippage_bps?)
    }
}
