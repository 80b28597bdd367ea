//! Deposits of several stake accounts.

use {
    super::Plan,
    crate::{
        actions::{self, DepositStake, TokenReceiver},
        checks::{check_no_rewards, check_not_halted, check_up_to_date},
        error::PlanError,
        pool::PoolSnapshot,
        quote::{self, StakeDepositQuote},
    },
    solana_account::Account,
    solana_address::Address,
    tidepool_core::maths::{ExchangeRate, Lamports},
    tidepool_interface::StakePoolError,
};

/// Deposits of stake accounts with one owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeDeposits {
    /// Withdraw authority of the stake accounts, a signer.
    pub withdrawer: Address,
    /// Pays the rent of a new token account.
    pub payer: Address,
    /// Receiver of the pool tokens.
    pub to: TokenReceiver,
    /// Token account for the referral fee; the receiver's own if `None`.
    pub referrer: Option<Address>,
    /// Slippage bound of each deposit, in basis points of its quote; unbounded if `None`.
    pub slippage_bps: Option<u16>,
}

/// A stake account that can be deposited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeDeposit {
    /// The stake account.
    pub address: Address,
    /// Its quote, after the deposits before it.
    pub quote: StakeDepositQuote,
    /// Minimum pool tokens out.
    pub minimum: Option<u64>,
}

/// A stake account that cannot be deposited now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SkippedStake {
    /// The stake account.
    pub address: Address,
    /// Its lamports.
    pub lamports: u64,
    /// The reason, and what to do.
    pub reason: PlanError,
}

/// Deposits of stake accounts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StakeDepositPlan {
    /// Transactions in one stage: deposits are independent.
    pub plan: Plan,
    /// Deposits, in the order of the accounts.
    pub deposits: Vec<StakeDeposit>,
    /// Skipped accounts.
    pub skipped: Vec<SkippedStake>,
}

/// Plans the deposit of all `accounts` that the pool accepts. The snapshot must hold the stake accounts of their
/// validators. In another order than planned, a deposit may yield one smallest unit of the pool token more or less.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals `StakeListAndPoolOutOfDate`, `RateGuardHalt`, and `CalculationFailure` on overflow.
/// Errors of single accounts are in [`StakeDepositPlan::skipped`].
pub fn deposit_stakes(
    snapshot: &PoolSnapshot,
    accounts: &[(Address, Account)],
    deposits: &StakeDeposits,
) -> Result<StakeDepositPlan, PlanError> {
    check_no_rewards(snapshot)?;
    check_up_to_date(snapshot)?;
    check_not_halted(snapshot)?;
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
                    deposits.slippage_bps.and_then(|bps| quote::minimum_out(quote.pool_tokens.to_depositor.get(), bps));
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

fn after(rate: &ExchangeRate, quote: &StakeDepositQuote) -> Result<ExchangeRate, PlanError> {
    let failure = StakePoolError::CalculationFailure;
    Ok(ExchangeRate {
        total_lamports: rate.total_lamports.checked_add(Lamports::new(quote.total_lamports)).ok_or(failure)?,
        pool_token_supply: rate.pool_token_supply.checked_add(quote.pool_tokens.minted).ok_or(failure)?,
    })
}
