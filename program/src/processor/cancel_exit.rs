//! `CancelExit`: returns a ticket's pool tokens.

use {
    super::ticket,
    crate::{
        event::{Funds, emit},
        validation::{Pool, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_core::maths::{Lamports, PoolTokens},
    tidepool_interface::{
        ExtensionError::ExitTooEarly,
        StakePoolError::{CalculationFailure, SignatureMissing},
        event::{ExitEvent, ExitStep},
        instruction::{CancelExitAccounts, tag},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let accounts = CancelExitAccounts::of(accounts)?;
    let epoch = current_epoch()?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let authority = pool.check_withdraw_authority(accounts.withdraw_authority)?;
    let decimals = pool.check_mint(accounts.pool_mint)?;
    let token = pool.check_token_program(accounts.token_program, accounts.pool_mint)?;
    pool.check_fresh(epoch)?; // guard: cancel-fresh
    let ticket = ticket::load(&pool, accounts.ticket, accounts.ticket_owner, accounts.escrow)?;
    // guard: cancel-signature-of-owner
    if !accounts.ticket_owner.is_signer() {
        return Err(SignatureMissing.into());
    }
    // guard: cancel-next-epoch
    if epoch <= ticket.epoch.get() {
        return Err(ExitTooEarly.into());
    }

    // What the ticket's lamports buy now, so that who asks and cancels does not gain what the others earned meanwhile.
    let bought = pool.rate().pool_tokens_for_deposit(ticket.fixed_lamports()).ok_or(CalculationFailure)?;
    let escrowed = ticket.escrowed_pool_tokens();
    let returned = bought.min(escrowed); // guard: cancel-at-rate
    let burnt = escrowed.checked_sub(returned).ok_or(CalculationFailure)?;
    let funds = Funds::before(&pool, epoch, tag::CANCEL_EXIT);
    authority.transfer_checked(token, accounts.escrow, accounts.pool_tokens_to, returned.get(), decimals)?;
    if burnt > PoolTokens::default() {
        authority.burn(token, accounts.escrow, burnt.get())?;
    }
    pool.store_withdrawal(Lamports::default(), burnt)?;
    funds.emit(&pool);
    emit(ExitEvent::new(&ticket, epoch, ExitStep::Cancelled, Lamports::default(), burnt));
    ticket::close(&mut pool, &ticket, accounts.ticket, accounts.ticket_owner)
}
