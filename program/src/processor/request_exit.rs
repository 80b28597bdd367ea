//! `RequestExit`: gives pool tokens into escrow for a ticket.

use {
    crate::{
        cpi::{create_account, transfer, transfer_checked},
        event::emit,
        hash::PdaHasher,
        validation::{Pool, Rent, check_system_program, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult, cpi::Seed, error::ProgramError},
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        quote,
    },
    tidepool_interface::{
        ExtensionError::{ExitTooSmall, ExitsNeedAuthority, NotExtended, WrongTicket},
        StakePoolError::{self, CalculationFailure, ExceededSlippage, SignatureMissing},
        address::{EXIT_TICKET_SEED, find_escrow},
        event::{ExitEvent, ExitStep},
        external::token::TokenAccount,
        instruction::RequestExitAccounts,
        state::{EXIT_TICKET_LENGTH, EXIT_TICKET_TYPE, ExitTicket, TicketTotals},
    },
};

#[inline(never)]
pub fn process(
    program_id: &Address,
    accounts: &[AccountView],
    pool_tokens: PoolTokens,
    minimum: Lamports,
) -> ProgramResult {
    let accounts = RequestExitAccounts::of(accounts)?;
    let epoch = current_epoch()?;
    let rent = Rent::get()?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let tickets = pool.extension()?.tickets;
    pool.check_withdraw_authority(accounts.withdraw_authority)?;
    // guard: exits-without-authority
    if pool.view().sol_withdraw_authority().is_some() {
        return Err(ExitsNeedAuthority.into());
    }
    let decimals = pool.check_mint(accounts.pool_mint)?;
    let token = pool.check_token_program(accounts.token_program, accounts.pool_mint)?;
    check_system_program(accounts.system_program)?;
    pool.check_manager_fee_address(accounts.manager_fee_account)?;
    pool.check_fresh(epoch)?; // guard: request-fresh
    // guard: request-signature
    if !accounts.owner.is_signer() {
        return Err(SignatureMissing.into());
    }
    check_escrow(&accounts, &tickets)?;
    let id = tickets.next_id.get();
    let id_bytes = id.to_le_bytes();
    let bump = PdaHasher::new(program_id, pool.address(), &id_bytes)
        .search([EXIT_TICKET_SEED], accounts.ticket.address())
        .ok_or(WrongTicket)?;

    let (holder_tokens, manager_tokens) = (accounts.pool_tokens_from, accounts.manager_fee_account);
    let is_exempt = holder_tokens.address() == manager_tokens.address() || !pool.can_pay_manager(manager_tokens);
    let fee = (!is_exempt).then(|| pool.view().sol_withdrawal_fee());
    // guard: request-fee
    let quote = quote::withdrawal(&pool.rate(), fee.as_ref(), pool_tokens).map_err(StakePoolError::from)?;
    if quote.fee > PoolTokens::default() {
        transfer_checked(token, holder_tokens, manager_tokens, accounts.owner, quote.fee.get(), decimals)?;
    }
    let before = balance(accounts.escrow)?;
    transfer_checked(token, holder_tokens, accounts.escrow, accounts.owner, quote.burnt.get(), decimals)?;
    // A mint of Token-2022 can take a part of the transfer.
    let escrowed = balance(accounts.escrow)?.checked_sub(before).ok_or(CalculationFailure)?;
    let lamports = pool.rate().lamports_for_withdrawal(PoolTokens::new(escrowed)).ok_or(CalculationFailure)?;
    // guard: request-minimum
    if lamports < minimum {
        return Err(ExceededSlippage.into());
    }
    // Less could not create the recipient's wallet.
    let lamports = lamports.get();
    // guard: request-dust
    if lamports < rent.minimum_balance(0) {
        return Err(ExitTooSmall.into());
    }

    let missing = rent.minimum_balance(EXIT_TICKET_LENGTH).saturating_sub(accounts.ticket.lamports());
    if missing > 0 {
        transfer(accounts.payer, accounts.ticket, missing)?;
    }
    let bump_seed = [bump];
    let seeds = [
        Seed::from(EXIT_TICKET_SEED),
        Seed::from(pool.address().as_ref()),
        Seed::from(&id_bytes[..]),
        Seed::from(&bump_seed),
    ];
    create_account(accounts.ticket, EXIT_TICKET_LENGTH, program_id, &seeds)?;
    let ticket = ExitTicket {
        account_type: EXIT_TICKET_TYPE,
        bump,
        reserved: [0; 6],
        pool: *pool.address(),
        owner: *accounts.owner.address(),
        recipient: *accounts.recipient.address(),
        id: id.into(),
        pool_tokens: escrowed.into(),
        lamports: lamports.into(),
        epoch: epoch.into(),
    };
    let mut ticket_account = *accounts.ticket;
    ticket_account.try_borrow_mut()?.copy_from_slice(bytemuck::bytes_of(&ticket));

    let totals = TicketTotals {
        next_id: id.checked_add(1).ok_or(CalculationFailure)?.into(),
        open: tickets.open.get().checked_add(1).ok_or(CalculationFailure)?.into(),
        lamports: tickets.lamports.get().checked_add(lamports).ok_or(CalculationFailure)?.into(),
        pool_tokens: tickets.pool_tokens.get().checked_add(escrowed).ok_or(CalculationFailure)?.into(),
        escrow: *accounts.escrow.address(),
    };
    pool.extension_mut().ok_or(NotExtended)?.tickets = totals;
    emit(ExitEvent::new(&ticket, epoch, ExitStep::Requested, Lamports::default(), PoolTokens::default()));
    Ok(())
}

/// Checks that the escrow is the associated token account of the withdraw authority: no other key has ever controlled it.
fn check_escrow(accounts: &RequestExitAccounts<&AccountView>, tickets: &TicketTotals) -> Result<(), ProgramError> {
    let escrow = accounts.escrow.address();
    // guard: escrow
    let is_escrow = if tickets.next_id.get() > 0 {
        *escrow == tickets.escrow
    } else {
        let (authority, program) = (accounts.withdraw_authority.address(), accounts.token_program.address());
        *escrow == find_escrow(authority, program, accounts.pool_mint.address()).0
    };
    if is_escrow { Ok(()) } else { Err(WrongTicket.into()) }
}

fn balance(token_account: &AccountView) -> Result<u64, ProgramError> {
    Ok(TokenAccount::decode(&token_account.try_borrow()?)?.amount)
}
