//! What `tidepool withdraw` answers.

use {
    super::request::Request,
    crate::{
        output::{Landed, Text},
        trade::{self, Amounts, Receipt, Trade},
        units::tokens,
        wallet::wrapped::Wrapping,
        withdrawal::{
            left::{left_over, reason_name},
            pieces::{StakeAccount, Totals},
        },
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::plan::{Remainder, WithdrawalPlan},
};

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    token_account: Text<Address>,
    /// Who got the SOL and the stake accounts.
    to: Text<Address>,
    stake_accounts: Vec<StakeAccount>,
    /// Lamports that came as SOL from the reserve.
    sol_lamports: u64,
    /// Lamports in all, as stake and as SOL, by the quote; the rent of the stake accounts is not among them.
    lamports: u64,
    /// `null` without a minimum.
    minimum_lamports: Option<u64>,
    /// Pool tokens given, the fee included.
    pool_tokens: u64,
    /// Pool tokens that went to the manager.
    fee_pool_tokens: u64,
    /// Pool tokens that could not be withdrawn, and stay in the account.
    pool_tokens_left: u64,
    /// Lamports that these are worth by the exchange rate.
    left_lamports: u64,
    why_left: Option<&'static str>,
    hint: Option<String>,
    /// Lamports of rent that the fee payer put into the stake accounts.
    rent_lamports: u64,
    #[serde(flatten)]
    wrapping: Wrapping,
    /// The first epoch in which all of the stake can be withdrawn as SOL, at the earliest, if what has to be deactivated is so now.
    withdrawable_from_epoch: Option<u64>,
    transactions: Vec<Landed>,
    #[serde(skip)]
    epoch: u64,
    #[serde(skip)]
    left: Option<Remainder>,
}

pub(super) struct Answered<'a> {
    pub(super) pool: Address,
    pub(super) request: &'a Request<'a>,
    pub(super) planned: &'a WithdrawalPlan,
    pub(super) wrapping: Wrapping,
    pub(super) epoch: u64,
    pub(super) hint: Option<String>,
    pub(super) totals: Totals,
    pub(super) transactions: Vec<Landed>,
}

impl From<Answered<'_>> for Output {
    fn from(answered: Answered<'_>) -> Self {
        let Answered { pool, request, planned, wrapping, epoch, hint, totals, transactions } = answered;
        let stake_accounts = StakeAccount::all(planned, &request.terms.stake_authority);
        Self {
            pool: Text(pool),
            token_account: Text(request.terms.tokens.account),
            to: Text(request.terms.stake_authority),
            withdrawable_from_epoch: StakeAccount::withdrawable_from(&stake_accounts),
            stake_accounts,
            sol_lamports: planned.sol.map_or(0, |sol| sol.lamports),
            lamports: totals.lamports,
            minimum_lamports: totals.minimum,
            pool_tokens: totals.pool_tokens,
            fee_pool_tokens: totals.fee,
            pool_tokens_left: planned.remaining_pool_tokens(),
            left_lamports: planned.remainder.map_or(0, |left| left.lamports),
            why_left: planned.remainder.map(|left| reason_name(&left.reason)),
            hint,
            rent_lamports: planned.rent_lamports,
            wrapping,
            transactions,
            epoch,
            left: planned.remainder,
        }
    }
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        let mut lines = vec![("for", tokens(self.pool_tokens))];
        if self.sol_lamports > 0 {
            lines.push(("as SOL", format!("{}, to {}", amounts.sol(self.sol_lamports), self.to)));
        }
        lines.extend(self.wrapping.done());
        lines.extend(self.stake_accounts.iter().map(|account| account.line(amounts)));
        lines.extend(StakeAccount::states(&self.stake_accounts, self.epoch));
        if let Some(left) = &self.left {
            lines.push(("remainder", left_over(left, amounts)));
        }
        lines.extend(self.hint.clone().map(|hint| ("because", hint)));
        Receipt {
            headline: format!("Withdrew {} from pool {}", amounts.sol(self.lamports), self.pool),
            lines,
            more: vec![
                ("to", self.to.to_string()),
                ("token account", self.token_account.to_string()),
                ("fee", tokens(self.fee_pool_tokens)),
                trade::minimum(self.minimum_lamports, |lamports| amounts.sol(lamports)),
                ("rent", amounts.sol(self.rent_lamports)),
            ],
            transactions: &self.transactions,
        }
    }
}
