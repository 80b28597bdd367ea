//! `ClaimExit`: pays a ticket from the reserve.

use {
    super::ticket,
    crate::{
        cpi::StakeSysvars,
        event::{Funds, emit},
        validation::{Pool, Rent, check_left_in_reserve, check_stake_program, epoch_from},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        ExtensionError::{ReserveTooSmall, WrongTicket},
        StakePoolError::CalculationFailure,
        event::{ExitEvent, ExitStep},
        instruction::{ClaimExitAccounts, tag},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let accounts = ClaimExitAccounts::of(accounts)?;
    let rent = Rent::get()?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let authority = pool.check_withdraw_authority(accounts.withdraw_authority)?;
    pool.check_mint(accounts.pool_mint)?;
    let reserve = accounts.reserve_stake;
    pool.check_reserve(reserve)?;
    let token = pool.check_token_program(accounts.token_program, accounts.pool_mint)?;
    check_stake_program(accounts.stake_program)?;
    let epoch = epoch_from(accounts.clock)?;
    pool.check_fresh(epoch)?; // guard: claim-fresh
    let ticket = ticket::load(&pool, accounts.ticket, accounts.ticket_owner, accounts.escrow)?;
    // guard: claim-recipient
    if ticket.recipient != *accounts.recipient.address() {
        return Err(WrongTicket.into());
    }

    let pool_tokens = ticket.escrowed_pool_tokens();
    let worth_now = pool.rate().lamports_for_withdrawal(pool_tokens).ok_or(CalculationFailure)?;
    let lamports = worth_now.min(ticket.fixed_lamports()); // guard: claim-lower-rate
    let reserve_rent = rent.of(reserve);
    // Without stake, no decrease can need the working lamports, and the last holders can leave.
    let has_stake = pool.rate().total_lamports.get() > reserve.lamports().saturating_sub(reserve_rent);
    let working_lamports = if has_stake { pool.extension()?.working_lamports(reserve_rent) } else { 0 };
    // guard: claim-leaves-reserve
    check_left_in_reserve(reserve, lamports.get(), reserve_rent, working_lamports, ReserveTooSmall)?;

    let mut funds = Funds::before(&pool, epoch, tag::CLAIM_EXIT).reserve_before(reserve);
    authority.burn(token, accounts.escrow, pool_tokens.get())?;
    let sysvars = StakeSysvars { clock: accounts.clock, history: accounts.stake_history };
    authority.withdraw(reserve, accounts.recipient, lamports.get(), sysvars)?;
    pool.store_withdrawal(lamports, pool_tokens)?;
    funds.reserve_after(reserve);
    funds.emit(&pool);
    emit(ExitEvent::new(&ticket, epoch, ExitStep::Claimed, lamports, pool_tokens));
    ticket::close(&mut pool, &ticket, accounts.ticket, accounts.ticket_owner)
}
