//! Quotes of exit tickets.

use {
    super::{charged_fee, check_withdrawal_minimum, explain_withdrawal},
    crate::{
        checks::{check_up_to_date, require_extension},
        error::{PlanError, Sol},
        pool::PoolSnapshot,
    },
    solana_address::Address,
    spl_token_2022_interface::{
        extension::{BaseStateWithExtensions as _, StateWithExtensions, transfer_fee::TransferFeeConfig},
        state::Mint,
    },
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        quote::{self, WithdrawalQuote},
        rebalance::{BASIS_POINTS, Rebalance},
    },
    tidepool_interface::{ExtensionError, StakePoolError, state::ExitTicket},
};

/// Quote of an exit ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ExitQuote {
    /// Pool tokens in escrow (`burnt`), the fee, and the lamports that are fixed at the request. The ticket pays less if the
    /// exchange rate falls until then.
    pub terms: WithdrawalQuote,
    /// Lamports of the reserve beyond all that other tickets and the rents of decreases take.
    pub reserve_lamports: u64,
    /// An estimate of the first epoch in which the reserve can pay it; `None` if rebalances will not raise the lamports,
    /// for example in a pool without weights.
    pub payable_from_epoch: Option<u64>,
}

/// Quotes an exit ticket for `pool_tokens` of the token account `from`, with `minimum` lamports.
///
/// # Errors
/// Refusals: `NotExtended`, `ExitsNeedAuthority`, `StakeListAndPoolOutOfDate`, `WithdrawalTooSmall`, `ExceededSlippage`,
/// `ExitTooSmall`, `CalculationFailure`.
pub fn quote_exit(
    snapshot: &PoolSnapshot,
    from: &Address,
    pool_tokens: u64,
    minimum: Option<u64>,
) -> Result<ExitQuote, PlanError> {
    require_extension(snapshot)?;
    if let Some(authority) = snapshot.pool().terms.sol_withdraw_authority {
        return Err(PlanError::refused(
            ExtensionError::ExitsNeedAuthority,
            format!(
                "SOL withdrawals of this pool need the signature of {authority}, so it gives no tickets: withdraw stake"
            ),
        ));
    }
    check_up_to_date(snapshot)?;
    let rate = snapshot.rate();
    let fee = charged_fee(snapshot, from, &snapshot.pool().terms.sol_withdrawal_fee);
    let mut terms = quote::withdrawal(&rate, fee, PoolTokens::new(pool_tokens))
        .map_err(|error| explain_withdrawal(error, pool_tokens, &rate, fee))?;
    let transfer_fee = transfer_fee(snapshot, terms.burnt.get());
    if transfer_fee > 0 {
        terms.burnt = PoolTokens::new(terms.burnt.get().saturating_sub(transfer_fee));
        terms.lamports = rate.lamports_for_withdrawal(terms.burnt).ok_or(StakePoolError::CalculationFailure)?;
    }
    let terms = check_withdrawal_minimum(terms, minimum)?;
    let (lamports, least) = (terms.lamports.get(), snapshot.environment().rent.minimum_balance(0));
    if lamports < least {
        return Err(PlanError::refused(
            ExtensionError::ExitTooSmall,
            format!(
                "a ticket for {} is below the rent of a wallet, {}: request more, or withdraw SOL",
                Sol(lamports),
                Sol(least)
            ),
        ));
    }
    Ok(ExitQuote {
        terms,
        reserve_lamports: snapshot.withdrawable_reserve_lamports(),
        payable_from_epoch: payable_from_epoch(snapshot, lamports),
    })
}

/// Fewest pool tokens of the token account `from` that give a ticket for at least `lamports`; `None` if no amount does.
pub fn pool_tokens_for_exit(snapshot: &PoolSnapshot, from: &Address, lamports: u64) -> Option<u64> {
    let is_enough = |pool_tokens: u64| {
        quote_exit(snapshot, from, pool_tokens, None).is_ok_and(|quote| quote.terms.lamports.get() >= lamports)
    };
    // More pool tokens yield no less, so a binary search finds the bound.
    let (mut low, mut high) = (0, snapshot.rate().pool_token_supply.get());
    if !is_enough(high) {
        return None;
    }
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// Pool tokens that a mint of Token-2022 takes from a transfer.
fn transfer_fee(snapshot: &PoolSnapshot, pool_tokens: u64) -> u64 {
    let mint = &snapshot.accounts().pool_mint.data;
    let Ok(mint) = StateWithExtensions::<Mint>::unpack(mint) else { return 0 };
    let config = mint.get_extension::<TransferFeeConfig>().ok();
    config.and_then(|config| config.calculate_epoch_fee(snapshot.epoch(), pool_tokens)).unwrap_or(0)
}

/// The first epoch in which the reserve can pay `lamports` after all open tickets, if rebalances take the stake of other
/// validators as far as the turnover budget allows.
fn payable_from_epoch(snapshot: &PoolSnapshot, lamports: u64) -> Option<u64> {
    let kept = snapshot.working_lamports().saturating_add(snapshot.ticket_lamports());
    let missing = kept.saturating_add(lamports).saturating_sub(snapshot.reserve_lamports_above_rent());
    let epoch = snapshot.epoch();
    if missing == 0 {
        return Some(epoch);
    }
    let leaving = snapshot.records().iter().filter(|record| record.extension.is_deactivating());
    let arriving = leaving.map(|record| record.transient_stake_lamports.get()).fold(0, u64::saturating_add);
    let missing = missing.saturating_sub(arriving);
    let inputs = snapshot.rebalance_inputs()?;
    let rebalance = Rebalance::survey(snapshot.records(), &inputs);
    let left = rebalance.turnover_left();
    if missing == 0 || (left >= missing && rebalance.has_weights()) {
        return Some(epoch.saturating_add(1));
    }
    let total = snapshot.rate().total_lamports.get();
    let budget = u128::from(total) * u128::from(inputs.policy.turnover_budget) / u128::from(BASIS_POINTS);
    let budget = u64::try_from(budget).ok().filter(|budget| *budget > 0 && rebalance.has_weights())?;
    Some(epoch.saturating_add(1).saturating_add(missing.saturating_sub(left).div_ceil(budget)))
}

/// Lamports that a claim of `ticket` would pay at the present exchange rate.
///
/// # Errors
/// Refusal `CalculationFailure`.
pub fn claimable_lamports(snapshot: &PoolSnapshot, ticket: &ExitTicket) -> Result<Lamports, PlanError> {
    let worth = snapshot.rate().lamports_for_withdrawal(ticket.escrowed_pool_tokens());
    Ok(worth.ok_or(StakePoolError::CalculationFailure)?.min(ticket.fixed_lamports()))
}

/// Quote of the cancellation of a ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CancellationQuote {
    /// Pool tokens that return to the owner: what the ticket's lamports buy now, and no more than were in escrow.
    pub returned: PoolTokens,
    /// Pool tokens that are burned.
    pub burnt: PoolTokens,
}

/// Quotes the cancellation of `ticket`.
///
/// # Errors
/// Refusals: `ExitTooEarly`, `CalculationFailure`.
pub fn quote_cancellation(snapshot: &PoolSnapshot, ticket: &ExitTicket) -> Result<CancellationQuote, PlanError> {
    let requested = ticket.epoch.get();
    if snapshot.epoch() <= requested {
        return Err(PlanError::refused(
            ExtensionError::ExitTooEarly,
            format!(
                "ticket {} was requested in this epoch: cancel it from epoch {} on",
                ticket.id.get(),
                requested.saturating_add(1)
            ),
        ));
    }
    let bought = snapshot.rate().pool_tokens_for_deposit(ticket.fixed_lamports());
    let escrowed = ticket.escrowed_pool_tokens();
    let returned = bought.ok_or(StakePoolError::CalculationFailure)?.min(escrowed);
    let burnt = escrowed.checked_sub(returned).ok_or(StakePoolError::CalculationFailure)?;
    Ok(CancellationQuote { returned, burnt })
}
