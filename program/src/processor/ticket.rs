//! What claims and cancellations of tickets share.

use {
    crate::validation::{Pool, check_owner},
    pinocchio::{AccountView, ProgramResult, error::ProgramError},
    tidepool_interface::{
        ExtensionError::{NotExtended, WrongTicket},
        StakePoolError::CalculationFailure,
        state::ExitTicket,
    },
};

/// The ticket of the pool in an account, whose owner and escrow are these.
///
/// # Errors
/// [`WrongTicket`]; `IncorrectProgramId` if it is no account of this program.
pub fn load(
    pool: &Pool,
    ticket: &AccountView,
    owner: &AccountView,
    escrow: &AccountView,
) -> Result<ExitTicket, ProgramError> {
    check_owner(ticket, pool.program_id)?; // guard: ticket-program
    let ticket = *ExitTicket::decode(&ticket.try_borrow()?)?;
    // guard: ticket-accounts
    if ticket.pool == *pool.address()
        && ticket.owner == *owner.address()
        && pool.extension()?.tickets.escrow == *escrow.address()
    {
        Ok(ticket)
    } else {
        Err(WrongTicket.into())
    }
}

/// Takes a ticket out of the pool's totals, and returns its rent to its owner.
///
/// # Errors
/// [`CalculationFailure`] if a total would be negative.
pub fn close(pool: &mut Pool, ticket: &ExitTicket, account: &AccountView, owner: &AccountView) -> ProgramResult {
    let totals = &mut pool.extension_mut().ok_or(NotExtended)?.tickets;
    let less = |total: u64, by: u64| total.checked_sub(by).ok_or(CalculationFailure);
    totals.open.set(less(totals.open.get(), 1)?);
    totals.lamports.set(less(totals.lamports.get(), ticket.lamports.get())?);
    totals.pool_tokens.set(less(totals.pool_tokens.get(), ticket.pool_tokens.get())?);
    let (mut account, mut owner) = (*account, *owner);
    let rent = account.lamports();
    owner.set_lamports(owner.lamports().checked_add(rent).ok_or(CalculationFailure)?);
    account.set_lamports(0);
    account.close()
}
