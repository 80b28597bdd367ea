//! Requests and plans of moves.

use {
    crate::{
        actions::{NewStakeAccount, TokenReceiver, TokenSource},
        plan::RemainderReason,
        quote::{SolDepositQuote, StakeDepositQuote, StakeWithdrawalQuote},
        transaction::Plan,
    },
    solana_address::Address,
    std::fmt,
    tidepool_core::quote::WithdrawalQuote,
};

/// A request to move stake from one pool to another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PoolMove {
    /// Sources of the first pool's tokens, in order, with the pool tokens to move from each. Throw-away keys are those of
    /// [`MoveAccount`], not these.
    pub sources: Vec<(TokenSource, u64)>,
    /// Pays the rent of the stake accounts, and of a new token account.
    pub payer: Address,
    /// Receiver of the second pool's tokens. For a wallet, the first stage creates its token account.
    pub to: TokenReceiver,
    /// Token account for the second pool's referral fee; the receiver's own if `None`.
    pub referrer: Option<Address>,
    /// Slippage bound of each part, in basis points of the pool tokens quoted for it; unbounded if `None`.
    pub slippage_bps: Option<u16>,
    /// The wallet, a signer, that receives and deposits SOL for pool tokens that cannot be moved as stake; `None` to leave
    /// these.
    pub rest_as_sol: Option<Address>,
}

/// The stake account of a part of a move. It exists within one transaction only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MoveAccount {
    /// The account.
    pub account: NewStakeAccount,
    /// A [throw-away key](crate::actions#throw-away-keys) that signs for the first pool's program.
    pub throwaway: Option<Address>,
}

impl MoveAccount {
    /// An account at a throw-away key, which signs both its creation and for the first pool's program.
    pub const fn throwaway(key: Address) -> Self {
        Self { account: NewStakeAccount::keypair(key), throwaway: Some(key) }
    }

    /// An account without a throw-away key: the owner of the pool tokens signs for the first pool's program.
    pub const fn of(account: NewStakeAccount) -> Self {
        Self { account, throwaway: None }
    }
}

/// A part of a move: stake with one validator, in one transaction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MovedStake {
    /// The validator (vote account) of both pools.
    pub vote: Address,
    /// Index of its source in [`PoolMove::sources`].
    pub source: usize,
    /// The stake account in between.
    pub account: Address,
    /// Quote of the first pool.
    pub withdrawal: StakeWithdrawalQuote,
    /// Quote of the second pool, for the stake and the rent of the account in between.
    pub deposit: StakeDepositQuote,
    /// Minimum pool tokens out.
    pub minimum: Option<u64>,
}

/// The part of a move that leaves the first pool as SOL, and enters the second one as SOL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MovedSol {
    /// Quotes of the first pool, each with the index of its source in [`PoolMove::sources`].
    pub withdrawals: Vec<(usize, WithdrawalQuote)>,
    /// Lamports withdrawn and deposited.
    pub lamports: u64,
    /// Quote of the second pool.
    pub deposit: SolDepositQuote,
    /// Minimum pool tokens out.
    pub minimum: Option<u64>,
}

/// Why a validator's stake cannot be moved now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MoveObstacle {
    /// The first pool's stake is activating or deactivating.
    NotActive,
    /// The validator is not in the second pool.
    NotInPool,
    /// The second pool is removing the validator.
    BeingRemoved,
    /// The second pool accepts stake of its preferred validator only.
    NotPreferred {
        /// That validator's vote account.
        preferred: Address,
    },
    /// The second pool does not accept the stake for another reason.
    Refused {
        /// The reason, and what to do.
        why: String,
    },
}

impl fmt::Display for MoveObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotActive => f.write_str("the stake is activating or deactivating"),
            Self::NotInPool => f.write_str("the validator is not in the receiving pool"),
            Self::BeingRemoved => f.write_str("the receiving pool is removing the validator"),
            Self::NotPreferred { preferred } => {
                write!(f, "the receiving pool accepts stake of its preferred validator {preferred} only")
            }
            Self::Refused { why } => f.write_str(why),
        }
    }
}

/// A validator of the first pool whose stake cannot be moved now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnmovableStake {
    /// Its vote account.
    pub vote: Address,
    /// Lamports of its stake that could be withdrawn.
    pub lamports: u64,
    /// Why they cannot be moved.
    pub obstacle: MoveObstacle,
}

/// Why pool tokens cannot be moved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MoveRemainderReason {
    /// The first pool does not give stake for them.
    Withdrawal(RemainderReason),
    /// The first pool gives stake of its preferred validator first, and that cannot be moved.
    Preferred {
        /// Its vote account.
        preferred: Address,
        /// Why it cannot be moved.
        obstacle: MoveObstacle,
    },
    /// No validator whose stake can be moved has any left.
    NoMovableStake {
        /// Validators whose stake could be moved at the beginning.
        validators: usize,
        /// Their lamports.
        lamports: u64,
    },
}

/// Pool tokens that cannot be moved now and stay with the holder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MoveRemainder {
    /// Pool tokens of the first pool.
    pub pool_tokens: u64,
    /// Their lamports at its exchange rate, before any fee.
    pub lamports: u64,
    /// Why they cannot be moved.
    pub reason: MoveRemainderReason,
}

/// What a move costs, in lamports: `before = after + fee_from + fee_to + rounding`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MoveValue {
    /// Value of the moved pool tokens at the first pool's exchange rate, and the rent of the stake accounts.
    pub before: u64,
    /// Value of the received pool tokens at the second pool's exchange rate after the move.
    pub after: u64,
    /// Fee of the first pool.
    pub fee_from: u64,
    /// Fees of the second pool, a referrer's share and the growth charge included.
    pub fee_to: u64,
    /// Lost to rounding, in favour of the pools' other holders.
    pub rounding: u64,
}

/// A plan of a move.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PoolMovePlan {
    /// Transactions, in stages of one: each quote includes the parts before it.
    pub plan: Plan,
    /// Parts as stake, in order.
    pub stake: Vec<MovedStake>,
    /// The part as SOL, after these.
    pub sol: Option<MovedSol>,
    /// Pool tokens that stay, if not everything can be moved.
    pub remainder: Option<MoveRemainder>,
    /// Validators of the first pool whose stake cannot be moved, the largest first.
    pub unmovable: Vec<UnmovableStake>,
    /// Lamports of rent that the payer puts into the stake accounts. The second pool receives them, for pool tokens.
    pub rent_lamports: u64,
    /// Pool tokens of the first pool, fee included.
    pub pool_tokens: u64,
    /// Pool tokens of the first pool that its manager receives.
    pub fee_pool_tokens: u64,
    /// Pool tokens of the second pool for the receiver, a referral fee of its own included.
    pub received: u64,
    /// Pool tokens of the second pool for its manager and another referrer.
    pub fee_received: u64,
    /// Sum of the minimums; `None` without a slippage bound.
    pub minimum: Option<u64>,
    /// Cost of the move.
    pub value: MoveValue,
}

impl PoolMovePlan {
    /// Lamports moved as stake, without the rent of the accounts in between.
    pub fn stake_lamports(&self) -> u64 {
        self.stake.iter().fold(0, |sum, moved| sum.saturating_add(moved.withdrawal.yields.lamports.get()))
    }
}
