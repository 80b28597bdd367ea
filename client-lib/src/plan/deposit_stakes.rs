//! Depositing several stake accounts.

use {
    super::Plan,
    crate::{
        actions::{self, DepositStake, TokenReceiver},
        error::{PlanError, check_no_rewards},
        pool::PoolSnapshot,
        quote::{self, StakeDepositQuote},
    },
    solana_account::Account,
    solana_address::Address,
    tidepool_interface::{StakePoolError, maths::ExchangeRate},
};

/// Deposits of stake accounts that have one owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeDeposits {
    /// Withdraw authority of the stake accounts, which signs.
    pub withdrawer: Address,
    /// Pays for a token account that has to be created.
    pub payer: Address,
    /// Receiver of the pool tokens.
    pub to: TokenReceiver,
    /// The token account that gets the referrer's share of the fees; the receiver's own where it is `None`.
    pub referrer: Option<Address>,
    /// How much less than quoted each deposit may yield, in basis points of the quote; no bound where it is `None`.
    pub slippage_bps: Option<u16>,
}

/// A stake account that can be deposited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeDeposit {
    /// The stake account.
    pub address: Address,
    /// What its deposit yields, after those before it.
    pub quote: StakeDepositQuote,
    /// Fewest pool tokens that the depositor accepts for it.
    pub minimum: Option<u64>,
}

/// A stake account that cannot be deposited now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SkippedStake {
    /// The stake account.
    pub address: Address,
    /// Its lamports.
    pub lamports: u64,
    /// What stands in the way, and what to do.
    pub reason: PlanError,
}

/// How stake accounts are deposited.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StakeDepositPlan {
    /// What to send: one stage, since the deposits do not depend on each other.
    pub plan: Plan,
    /// The deposits, in the order of the accounts.
    pub deposits: Vec<StakeDeposit>,
    /// The accounts that are not deposited.
    pub skipped: Vec<SkippedStake>,
}

/// Plans the deposit of all `accounts` that the pool accepts. The snapshot has to hold the stake accounts of their validators.
/// In another order than that of the quotes each deposit may yield a pool token (its smallest unit) more or less.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals `StakeListAndPoolOutOfDate`, and `CalculationFailure` where a number exceeds 64
/// bits. What concerns one account only is in [`StakeDepositPlan::skipped`].
pub fn deposit_stakes(
    snapshot: &PoolSnapshot,
    accounts: &[(Address, Account)],
    deposits: &StakeDeposits,
) -> Result<StakeDepositPlan, PlanError> {
    check_no_rewards(snapshot.environment())?;
    quote::check_up_to_date(snapshot)?;
    let mut rate = snapshot.rate();
    let mut planned = StakeDepositPlan { plan: Plan::default(), deposits: vec![], skipped: vec![] };
    let mut groups = vec![];
    for (address, account) in accounts {
        let mut deposit = DepositStake {
            address: *address,
            account,
            withdrawer: deposits.withdrawer,
            payer: deposits.payer,
            to: deposits.to,
            referrer: deposits.referrer,
            minimum_pool_tokens: None,
        };
        match actions::deposit_stake_at(snapshot, &rate, &deposit) {
            Err(reason) => planned.skipped.push(SkippedStake { address: *address, lamports: account.lamports, reason }),
            Ok((_, quote)) => {
                let minimum =
                    deposits.slippage_bps.and_then(|bps| quote::minimum_out(quote.pool_tokens.to_depositor, bps));
                deposit.minimum_pool_tokens = minimum;
                let (group, quote) = actions::deposit_stake_at(snapshot, &rate, &deposit)?;
                groups.push(group);
                planned.deposits.push(StakeDeposit { address: *address, quote, minimum });
                rate = after(&rate, &quote)?;
            }
        }
    }
    planned.plan.push("deposit stake", groups);
    Ok(planned)
}

/// The exchange rate after a deposit.
fn after(rate: &ExchangeRate, quote: &StakeDepositQuote) -> Result<ExchangeRate, PlanError> {
    let failure = StakePoolError::CalculationFailure;
    Ok(ExchangeRate {
        total_lamports: rate.total_lamports.checked_add(quote.total_lamports).ok_or(failure)?,
        pool_token_supply: rate.pool_token_supply.checked_add(quote.pool_tokens.minted).ok_or(failure)?,
    })
}
