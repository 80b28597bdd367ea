//! What a withdrawal of several parts has brought.

use {
    super::pieces::{StakeAccount, Totals},
    crate::{
        output::{Landed, Line, Text},
        trade::{self, Amounts},
        units::tokens,
        wallet::wrapped::Wrapping,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::plan::{Withdrawal, WithdrawalPlan},
};

/// Fields of the answers of `withdraw` and `withdraw-stake`.
#[derive(Debug, Serialize)]
pub struct Withdrawn {
    token_account: Text<Address>,
    pub stake_accounts: Vec<StakeAccount>,
    /// Lamports that came as SOL from the reserve.
    pub sol_lamports: u64,
    /// Lamports in all, as stake and as SOL, by the quote; the rent of the stake accounts is not among them.
    pub lamports: u64,
    /// `null` without a minimum.
    minimum_lamports: Option<u64>,
    /// Pool tokens given, the fee included.
    pub pool_tokens: u64,
    /// Pool tokens that went to the manager.
    fee_pool_tokens: u64,
    /// Pool tokens that could not be withdrawn, and stay in the account.
    pub pool_tokens_left: u64,
    /// Lamports of rent that the fee payer put into the stake accounts.
    rent_lamports: u64,
    #[serde(flatten)]
    pub wrapping: Wrapping,
    pub transactions: Vec<Landed>,
    #[serde(skip)]
    epoch: u64,
}

impl Withdrawn {
    pub fn new(
        terms: &Withdrawal,
        planned: &WithdrawalPlan,
        totals: Totals,
        wrapping: Wrapping,
        epoch: u64,
        transactions: Vec<Landed>,
    ) -> Self {
        Self {
            token_account: Text(terms.tokens.account),
            stake_accounts: StakeAccount::all(planned, &terms.stake_authority),
            sol_lamports: planned.sol.map_or(0, |sol| sol.lamports.get()),
            lamports: totals.lamports,
            minimum_lamports: totals.minimum,
            pool_tokens: totals.pool_tokens,
            fee_pool_tokens: totals.fee,
            pool_tokens_left: planned.remaining_pool_tokens(),
            rent_lamports: planned.rent_lamports,
            wrapping,
            transactions,
            epoch,
        }
    }

    pub fn headline(&self, amounts: Amounts, pool: &Text<Address>) -> String {
        format!("Withdrew {} from pool {pool}", amounts.sol(self.lamports))
    }

    /// The stake accounts, and what their stake earns.
    pub fn stake_lines(&self, amounts: Amounts) -> Vec<Line> {
        let accounts = self.stake_accounts.iter().map(|account| account.line(amounts));
        accounts.chain(StakeAccount::states(&self.stake_accounts, self.epoch)).collect()
    }

    /// Fields that `--verbose` adds, after `first`.
    pub fn more(&self, first: Line, amounts: Amounts) -> Vec<Line> {
        vec![
            first,
            ("token account", self.token_account.to_string()),
            ("fee", tokens(self.fee_pool_tokens)),
            trade::minimum(self.minimum_lamports, |lamports| amounts.sol(lamports)),
            ("rent", amounts.sol(self.rent_lamports)),
        ]
    }
}
