//! Quotes of exit tickets.

use crate::{
    accounts,
    failure::{Failure, Reason},
    snapshot::Snapshot,
};
use tidepool_core::{
    Error,
    maths::{Lamports, PoolTokens},
    quote::{self, WithdrawalQuote},
    rebalance::{BASIS_POINTS, Rebalance},
};
use tidepool_interface::{ExtensionError, external::token::TOKEN_ACCOUNT_LENGTH, state::ExitTicket};

/// Quote of an exit ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Exit {
    /// Pool tokens in escrow (`burnt`), the fee, and the lamports that are fixed.
    pub terms: WithdrawalQuote,
    /// Lamports of the reserve beyond all that other tickets and the rents of decreases take.
    pub reserve_lamports: u64,
    /// An estimate of the first epoch in which the reserve can pay it, if rebalances will raise the lamports.
    pub payable_from_epoch: Option<u64>,
}

/// An exit ticket for `pool_tokens`.
///
/// # Errors
/// `NotExtended`, `ExitsNeedAuthority`, `StakeListAndPoolOutOfDate`, `WithdrawalTooSmall`, `ExceededSlippage`, `ExitTooSmall`,
/// `CalculationFailure`.
pub fn exit(
    snapshot: &Snapshot,
    is_from_fee_account: bool,
    pool_tokens: u64,
    minimum: Option<u64>,
) -> Result<Exit, Failure> {
    snapshot.extended()?;
    if snapshot.pool.terms.sol_withdraw_authority.is_some() {
        return Err(ExtensionError::ExitsNeedAuthority.into());
    }
    snapshot.check_up_to_date()?;
    let rate = snapshot.rate();
    let fee = snapshot.charged_fee(is_from_fee_account, &snapshot.pool.terms.sol_withdrawal_fee);
    let mut terms = quote::withdrawal(&rate, fee, PoolTokens::new(pool_tokens))?;
    let transfer_fee = transfer_fee(snapshot.mint.data, snapshot.epoch(), terms.burnt.get());
    if transfer_fee > 0 {
        terms.burnt = PoolTokens::new(terms.burnt.get().saturating_sub(transfer_fee));
        terms.lamports = rate.lamports_for_withdrawal(terms.burnt).ok_or(Error::CalculationFailure)?;
    }
    let terms = terms.check_minimum(minimum.map(Lamports::new))?;
    if terms.lamports.get() < snapshot.minimum_balance(0) {
        return Err(ExtensionError::ExitTooSmall.into());
    }
    Ok(Exit {
        terms,
        reserve_lamports: snapshot.withdrawable_reserve_lamports(),
        payable_from_epoch: payable_from_epoch(snapshot, terms.lamports.get())?,
    })
}

/// Pool tokens that a mint of Token-2022 takes from a transfer.
fn transfer_fee(mint: &[u8], epoch: u64, pool_tokens: u64) -> u64 {
    const TRANSFER_FEE_CONFIG: u16 = 1;
    // After the account type.
    let mut entries = mint.get(TOKEN_ACCOUNT_LENGTH + 1..).unwrap_or_default();
    while let Some((header, rest)) = entries.split_first_chunk::<4>() {
        let [kind, length] = [[header[0], header[1]], [header[2], header[3]]].map(u16::from_le_bytes);
        let Some((value, rest)) = rest.split_at_checked(length.into()) else { return 0 };
        match kind {
            0 => return 0,
            TRANSFER_FEE_CONFIG => return fee_in_force(value, epoch, pool_tokens).unwrap_or(0),
            _ => entries = rest,
        }
    }
    0
}

fn fee_in_force(config: &[u8], epoch: u64, pool_tokens: u64) -> Option<u64> {
    // Two authorities and the withheld amount precede the older fee and the newer one.
    const OLDER: usize = 2 * 32 + 8;
    const LENGTH: usize = 8 + 8 + 2;
    let number = |at: usize| config.get(at..)?.first_chunk().copied().map(u64::from_le_bytes);
    let newer = OLDER + LENGTH;
    let fee = if epoch >= number(newer)? { newer } else { OLDER };
    let maximum = number(fee + 8)?;
    let basis_points = config.get(fee + 16..)?.first_chunk().copied().map(u16::from_le_bytes)?;
    let raw = (u128::from(pool_tokens) * u128::from(basis_points)).div_ceil(u128::from(BASIS_POINTS));
    u64::try_from(raw).ok().map(|raw| raw.min(maximum))
}

/// The first epoch in which the reserve can pay `lamports` after all open tickets, if rebalances take the stake of other
/// validators as far as the turnover budget allows.
fn payable_from_epoch(snapshot: &Snapshot, lamports: u64) -> Result<Option<u64>, Failure> {
    let kept = snapshot.working_lamports().saturating_add(snapshot.ticket_lamports());
    let missing = kept.saturating_add(lamports).saturating_sub(snapshot.reserve_lamports_above_rent());
    let epoch = snapshot.epoch();
    if missing == 0 {
        return Ok(Some(epoch));
    }
    let leaving = snapshot.records.iter().filter(|record| record.extension.is_deactivating());
    let arriving = leaving.map(|record| record.transient_stake_lamports.get()).fold(0, u64::saturating_add);
    let missing = missing.saturating_sub(arriving);
    let inputs = snapshot.rebalance_inputs()?;
    let rebalance = Rebalance::survey(snapshot.records, &inputs);
    let left = rebalance.turnover_left();
    if missing == 0 || (left >= missing && rebalance.has_weights()) {
        return Ok(Some(epoch.saturating_add(1)));
    }
    let total = snapshot.rate().total_lamports.get();
    let budget = u128::from(total) * u128::from(inputs.policy.turnover_budget) / u128::from(BASIS_POINTS);
    let budget = u64::try_from(budget).ok().filter(|budget| *budget > 0 && rebalance.has_weights());
    let epochs = budget.map(|budget| missing.saturating_sub(left).div_ceil(budget));
    Ok(epochs.map(|epochs| epoch.saturating_add(1).saturating_add(epochs)))
}

fn ticket<'a>(snapshot: &Snapshot<'a>) -> Result<&'a ExitTicket, Failure> {
    let account = snapshot.accounts.need(accounts::SUBJECT)?;
    Ok(ExitTicket::decode(account.data).map_err(|_| Reason::NotATicket)?)
}

/// Lamports that a claim of the ticket would pay at the present exchange rate.
///
/// # Errors
/// [`Reason::NotATicket`], `CalculationFailure`.
pub fn claimable(snapshot: &Snapshot) -> Result<Lamports, Failure> {
    let ticket = ticket(snapshot)?;
    let value = snapshot.rate().lamports_for_withdrawal(ticket.escrowed_pool_tokens());
    Ok(value.ok_or(Error::CalculationFailure)?.min(ticket.fixed_lamports()))
}

/// Quote of the cancellation of a ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cancellation {
    /// Pool tokens that return to the owner.
    pub returned: PoolTokens,
    /// Pool tokens that are burned.
    pub burnt: PoolTokens,
}

/// The cancellation of the ticket.
///
/// # Errors
/// [`Reason::NotATicket`], `StakeListAndPoolOutOfDate`, `ExitTooEarly`, `CalculationFailure`.
pub fn cancellation(snapshot: &Snapshot) -> Result<Cancellation, Failure> {
    snapshot.check_up_to_date()?;
    let ticket = ticket(snapshot)?;
    if snapshot.epoch() <= ticket.epoch.get() {
        return Err(ExtensionError::ExitTooEarly.into());
    }
    let bought = snapshot.rate().pool_tokens_for_deposit(ticket.fixed_lamports());
    let escrowed = ticket.escrowed_pool_tokens();
    let returned = bought.ok_or(Error::CalculationFailure)?.min(escrowed);
    let burnt = escrowed.checked_sub(returned).ok_or(Error::CalculationFailure)?;
    Ok(Cancellation { returned, burnt })
}
