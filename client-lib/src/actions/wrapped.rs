//! Wrapped SOL: tokens of the SPL Token program's native mint, which lamports of the token account stand for.

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

/// Decimals of wrapped SOL.
const NATIVE_DECIMALS: u8 = 9;

/// The address of the wrapped-SOL account that belongs to the wallet `owner` by convention.
pub fn wrapped_sol_account(owner: &Address) -> Address {
    get_associated_token_address_with_program_id(owner, &NATIVE_MINT_ID, &TOKEN_PROGRAM_ID)
}

/// How the lamports of a withdrawal arrive.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Wrap {
    /// As SOL.
    #[default]
    No,
    /// As wrapped SOL, in the [associated account](wrapped_sol_account) of the receiving wallet, which is created where it is missing.
    Associated,
    /// As wrapped SOL, in the receiving account itself. It belongs to this token program.
    Account(Address),
}

impl Wrap {
    /// The account that gets wrapped SOL for the receiver `to`, with its token program; `None` for SOL.
    pub(super) fn account(self, to: &Address) -> Option<(Address, Address)> {
        match self {
            Self::No => None,
            Self::Associated => Some((TOKEN_PROGRAM_ID, wrapped_sol_account(to))),
            Self::Account(program) => Some((program, *to)),
        }
    }
}

/// Where a wallet's wrapped SOL is unwrapped from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unwrap {
    /// The wrapped-SOL account. Its balance is all that changes of it.
    pub account: Address,
    /// Number of the account through which the lamports go; see [`Unwrap::temporary_account`].
    pub number: u32,
}

impl Unwrap {
    /// The account through which the lamports go to the wallet `owner`: only a whole token account can be unwrapped, and the
    /// wallet's own may hold more. It is made, filled and closed in one transaction, and its address follows from the wallet's and
    /// the number, so that no other key signs. It must not exist.
    pub fn temporary_account(owner: &Address, number: u32) -> Address {
        // The seed is shorter than the 32 bytes that one may have, and no token program's address ends like a derived one.
        Address::create_with_seed(owner, &seed(number), &TOKEN_PROGRAM_ID).expect("the seed is short")
    }

    /// Unwraps `lamports` to the wallet `owner`, who signs, and who lends the temporary account its rent.
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
        // They fail for programs other than the two token programs only.
        [creation].into_iter().chain(through.into_iter().flatten()).collect()
    }
}

fn seed(number: u32) -> String {
    format!("tidepool unwrap {number}")
}

/// Creates the wrapped-SOL account of the wallet `owner` where it is missing, at the cost of `payer`.
pub(super) fn creation(payer: &Address, owner: &Address) -> Instruction {
    create_associated_token_account_idempotent(payer, owner, &NATIVE_MINT_ID, &TOKEN_PROGRAM_ID)
}

/// Counts lamports that have come to a wrapped-SOL account as tokens.
pub(super) fn count(program: &Address, account: &Address) -> Option<Instruction> {
    // It fails for programs other than the two token programs only.
    token::sync_native(program, account).ok()
}
