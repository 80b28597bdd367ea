//! Wrapped SOL: tokens of the native mint, backed by the lamports of the token account.

use {
    crate::pool::PoolSnapshot,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_system_interface::instruction as system,
    spl_associated_token_account_interface::{
        address::get_associated_token_address_with_program_id, instruction::create_associated_token_account_idempotent,
    },
    spl_token_2022_interface::instruction as token,
    tidepool_interface::{address::TOKEN_PROGRAM_ID, external::token::TOKEN_ACCOUNT_LENGTH},
};

/// The mint of wrapped SOL.
pub const NATIVE_MINT_ID: Address = Address::from_str_const("So11111111111111111111111111111111111111112");

const NATIVE_DECIMALS: u8 = 9;

/// The associated token account of the wallet `owner` for wrapped SOL.
pub fn wrapped_sol_account(owner: &Address) -> Address {
    get_associated_token_address_with_program_id(owner, &NATIVE_MINT_ID, &TOKEN_PROGRAM_ID)
}

/// Form in which the lamports of a withdrawal arrive.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Wrap {
    /// As SOL.
    #[default]
    No,
    /// As wrapped SOL in the [associated token account](wrapped_sol_account) of the receiver, created if missing.
    Associated,
    /// As wrapped SOL in the receiving account itself, which belongs to this token program.
    Account(Address),
}

impl Wrap {
    /// The wrapped-SOL account of the receiver `to`, with its token program; `None` for SOL.
    pub(super) fn account(self, to: &Address) -> Option<(Address, Address)> {
        match self {
            Self::No => None,
            Self::Associated => Some((TOKEN_PROGRAM_ID, wrapped_sol_account(to))),
            Self::Account(program) => Some((program, *to)),
        }
    }
}

/// Source of unwrapped SOL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unwrap {
    /// The wrapped-SOL account. Only its balance changes.
    pub account: Address,
    /// Number of the temporary account; see [`Unwrap::temporary_account`].
    pub number: u32,
}

impl Unwrap {
    /// The temporary account of the wallet `owner`. Only a whole token account can be unwrapped, and the wallet's own
    /// may hold more. The temporary account is created, funded and closed in one transaction. Its address is derived
    /// from the wallet and the number, so that no other key signs. It must not exist.
    pub fn temporary_account(owner: &Address, number: u32) -> Address {
        // The seed is below the limit of 32 bytes, and no token program's address ends with the PDA marker.
        Address::create_with_seed(owner, &seed(number), &TOKEN_PROGRAM_ID).expect("the seed is short")
    }

    /// Unwraps `lamports` to the wallet `owner`, who signs and lends the temporary account its rent.
    pub(super) fn instructions(&self, snapshot: &PoolSnapshot, owner: &Address, lamports: u64) -> Vec<Instruction> {
        let (temporary, program) = (Self::temporary_account(owner, self.number), &TOKEN_PROGRAM_ID);
        let rent = snapshot.environment().rent.minimum_balance(TOKEN_ACCOUNT_LENGTH);
        let space = TOKEN_ACCOUNT_LENGTH as u64;
        let seed = seed(self.number);
        let creation = system::create_account_with_seed(owner, &temporary, owner, &seed, rent, space, program);
        let through = [
            token::initialize_account3(program, &temporary, &NATIVE_MINT_ID, owner),
            token::transfer_checked(
                program,
                &self.account,
                &NATIVE_MINT_ID,
                &temporary,
                owner,
                &[],
                lamports,
                NATIVE_DECIMALS,
            ),
            token::close_account(program, &temporary, owner, owner, &[]),
        ];
        // They fail only for programs other than the two token programs.
        [creation].into_iter().chain(through.into_iter().flatten()).collect()
    }
}

fn seed(number: u32) -> String {
    format!("tidepool unwrap {number}")
}

/// Creates the wrapped-SOL account of the wallet `owner` if missing, paid for by `payer`.
pub(super) fn creation(payer: &Address, owner: &Address) -> Instruction {
    create_associated_token_account_idempotent(payer, owner, &NATIVE_MINT_ID, &TOKEN_PROGRAM_ID)
}

/// Syncs a wrapped-SOL account after it received lamports.
pub(super) fn count(program: &Address, account: &Address) -> Option<Instruction> {
    // It fails only for programs other than the two token programs.
    token::sync_native(program, account).ok()
}
