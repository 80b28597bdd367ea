//! Exit tickets: requests, claims and cancellations.

use {
    super::{TokenReceiver, TokenSource, accounts::accounts},
    crate::{
        checks::{check_up_to_date, require_extension},
        compute,
        error::PlanError,
        pool::PoolSnapshot,
        quote::{self, CancellationQuote, ExitQuote},
        transaction::{InstructionGroup, Step},
    },
    solana_address::Address,
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent,
    tidepool_interface::{
        address::{find_escrow, find_exit_ticket},
        instruction::{CancelExitAccounts, ClaimExitAccounts, ExtensionInstruction, RequestExitAccounts},
        state::{EXIT_TICKET_LENGTH, ExitTicket},
    },
};

/// A request for an exit ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestExit {
    /// The source of the pool tokens. Its authority owns the ticket and signs; there is no throw-away key.
    pub tokens: TokenSource,
    /// Pool tokens, the fee included.
    pub pool_tokens: u64,
    /// The wallet that receives the lamports.
    pub recipient: Address,
    /// Pays the rent of the ticket, which its owner gets back, and of the pool's first escrow account.
    pub payer: Address,
    /// Fewest lamports of the ticket.
    pub minimum_lamports: Option<u64>,
}

/// The address of the pool's ticket `id`.
pub fn ticket_address(snapshot: &PoolSnapshot, id: u64) -> Address {
    find_exit_ticket(&snapshot.program_id(), &snapshot.address(), id).0
}

/// The token account that holds the pool tokens of open tickets.
pub fn escrow_address(snapshot: &PoolSnapshot) -> Address {
    let tickets = snapshot.extension().map(|extension| &extension.tickets);
    match tickets.filter(|tickets| tickets.next_id.get() > 0) {
        Some(tickets) => tickets.escrow,
        None => {
            let head = &snapshot.pool().head;
            find_escrow(&snapshot.withdraw_authority(), &head.token_program_id, &head.pool_mint).0
        }
    }
}

/// Lamports of rent that a ticket's owner gets back when it is paid or cancelled.
pub fn ticket_rent(snapshot: &PoolSnapshot) -> u64 {
    snapshot.environment().rent.minimum_balance(EXIT_TICKET_LENGTH)
}

/// Requests an exit ticket, and returns the quote. The ticket's id is the pool's next one: if another request lands first,
/// the program refuses this one with `WrongTicket`.
///
/// # Errors
/// Those of [`quote::quote_exit`].
pub fn request_exit(
    snapshot: &PoolSnapshot,
    request: &RequestExit,
) -> Result<(InstructionGroup, ExitQuote), PlanError> {
    let quote = quote::quote_exit(snapshot, &request.tokens.account, request.pool_tokens, request.minimum_lamports)?;
    let id = require_extension(snapshot)?.tickets.next_id.get();
    let accounts = accounts! { snapshot => RequestExitAccounts {
        pool, withdraw_authority, owner: request.tokens.authority, pool_tokens_from: request.tokens.account,
        escrow: escrow_address(snapshot), ticket: ticket_address(snapshot, id), recipient: request.recipient,
        manager_fee_account, pool_mint, payer: request.payer, token_program, system_program,
    } };
    let instruction = ExtensionInstruction::RequestExit {
        pool_tokens: request.pool_tokens,
        minimum_lamports: request.minimum_lamports.unwrap_or(0),
    };
    let request_instruction = instruction.with_accounts(&snapshot.program_id(), accounts.metas());
    let (mut instructions, mut compute_units) = (vec![request_instruction], compute::REQUEST_EXIT);
    if id == 0 {
        let head = &snapshot.pool().head;
        let (owner, mint, program) = (snapshot.withdraw_authority(), head.pool_mint, head.token_program_id);
        let creation = create_associated_token_account_idempotent(&request.payer, &owner, &mint, &program);
        instructions.insert(0, creation);
        compute_units += compute::CREATE_TOKEN_ACCOUNT;
    }
    let label = format!("request exit ticket {id}");
    Ok((InstructionGroup::new(label, instructions, compute_units).step(Step::RequestExit { id }), quote))
}

/// Pays a ticket. Permissionless. [`crate::plan::claims`] finds those that can be paid; this function checks nothing.
/// The group is alone in its transaction: a recipient that cannot receive lamports fails no other claim.
pub fn claim_exit(snapshot: &PoolSnapshot, ticket: &ExitTicket) -> InstructionGroup {
    let id = ticket.id.get();
    let accounts = accounts! { snapshot => ClaimExitAccounts {
        pool, withdraw_authority, ticket: ticket_address(snapshot, id), ticket_owner: ticket.owner,
        recipient: ticket.recipient, escrow: escrow_address(snapshot), pool_mint, reserve_stake, clock, stake_history,
        stake_program, token_program,
    } };
    InstructionGroup::one(
        format!("pay exit ticket {id}"),
        ExtensionInstruction::ClaimExit.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::CLAIM_EXIT,
    )
    .step(Step::ClaimExit { id })
    .alone()
}

/// Cancels a ticket, and returns the quote. Its owner signs; `payer` pays the rent of a token account to create.
///
/// # Errors
/// Those of [`quote::quote_cancellation`].
pub fn cancel_exit(
    snapshot: &PoolSnapshot,
    ticket: &ExitTicket,
    to: &TokenReceiver,
    payer: &Address,
) -> Result<(InstructionGroup, CancellationQuote), PlanError> {
    check_up_to_date(snapshot)?;
    let quote = quote::quote_cancellation(snapshot, ticket)?;
    let id = ticket.id.get();
    let accounts = accounts! { snapshot => CancelExitAccounts {
        pool, withdraw_authority, ticket: ticket_address(snapshot, id), ticket_owner: ticket.owner,
        pool_tokens_to: to.address(snapshot), escrow: escrow_address(snapshot), pool_mint, token_program,
    } };
    let cancellation = ExtensionInstruction::CancelExit.with_accounts(&snapshot.program_id(), accounts.metas());
    let mut instructions: Vec<_> = to.creation(snapshot, payer).into_iter().collect();
    let created = instructions.len() as u32 * compute::CREATE_TOKEN_ACCOUNT;
    instructions.push(cancellation);
    let group = InstructionGroup::new(format!("cancel exit ticket {id}"), instructions, compute::CANCEL_EXIT + created);
    Ok((group, quote))
}
