//! Exit tickets: SOL withdrawals that wait until the reserve can pay them.

use {
    super::U64,
    core::mem::size_of,
    solana_address::Address,
    solana_program_error::ProgramError,
    tidepool_core::maths::{Lamports, PoolTokens},
};

/// First byte of a ticket account.
pub const EXIT_TICKET_TYPE: u8 = 3;

/// Length in bytes of a ticket account.
pub const EXIT_TICKET_LENGTH: usize = size_of::<ExitTicket>();

layout! {
    /// The open tickets of a pool.
    #[derive(Default)]
    pub struct TicketTotals {
        /// Id of the next ticket.
        pub next_id: U64,
        /// Number of open tickets.
        pub open: U64,
        /// Sum of their lamports, as fixed at the requests.
        pub lamports: U64 as Lamports,
        /// Sum of their pool tokens, which the escrow account holds.
        pub pool_tokens: U64 as PoolTokens,
        /// The escrow account, a token account of the withdraw authority; zero before the first ticket.
        pub escrow: Address,
    }
}

impl TicketTotals {
    /// No tickets.
    pub const NONE: Self = Self {
        next_id: U64::new(0),
        open: U64::new(0),
        lamports: U64::new(0),
        pool_tokens: U64::new(0),
        escrow: Address::new_from_array([0; 32]),
    };
}

layout! {
    /// An exit ticket: an account of the program at the address of the seeds `"exit"`, pool and id.
    pub struct ExitTicket {
        /// [`EXIT_TICKET_TYPE`].
        pub account_type: u8,
        /// Bump of the address.
        pub bump: u8,
        /// Zero.
        pub reserved: [u8; 6],
        /// The pool.
        pub pool: Address,
        /// Requested the exit, may cancel it, and gets the ticket's rent.
        pub owner: Address,
        /// Receives the SOL.
        pub recipient: Address,
        /// Place in the order of requests, from 0.
        pub id: U64,
        /// Pool tokens in escrow, the fee deducted.
        pub pool_tokens: U64 as PoolTokens,
        /// Lamports fixed at the request. If the exchange rate falls until the claim, the ticket gets less.
        pub lamports: U64 as Lamports,
        /// Epoch of the request.
        pub epoch: U64,
    }
}

const _: () = assert!(EXIT_TICKET_LENGTH == 136 && align_of::<ExitTicket>() == 1);

impl ExitTicket {
    /// Lamports fixed at the request.
    #[inline]
    pub const fn fixed_lamports(&self) -> Lamports {
        Lamports::new(self.lamports.get())
    }

    /// Pool tokens in escrow.
    #[inline]
    pub const fn escrowed_pool_tokens(&self) -> PoolTokens {
        PoolTokens::new(self.pool_tokens.get())
    }

    /// Decodes the data of a ticket account.
    ///
    /// # Errors
    /// `InvalidAccountData` if the length or the first byte is not a ticket's.
    pub fn decode(data: &[u8]) -> Result<&Self, ProgramError> {
        let ticket: &Self = bytemuck::try_from_bytes(data).map_err(|_| ProgramError::InvalidAccountData)?;
        if ticket.account_type == EXIT_TICKET_TYPE { Ok(ticket) } else { Err(ProgramError::InvalidAccountData) }
    }
}
