//! The token programs' instructions, the same in SPL Token and Token-2022.

use {
    super::{PoolAuthority, call::call},
    pinocchio::{
        AccountView, ProgramResult,
        instruction::{InstructionAccount, InstructionView},
    },
};

/// Instruction tags of the token programs.
mod tag {
    pub const MINT_TO: u8 = 7;
    pub const BURN: u8 = 8;
    pub const TRANSFER_CHECKED: u8 = 12;
}

/// The pool's token program and mint.
#[derive(Clone, Copy)]
pub struct TokenProgram<'a> {
    /// The token program.
    pub program: &'a AccountView,
    /// The pool's mint.
    pub mint: &'a AccountView,
}

fn with_amount(tag: u8, amount: u64) -> [u8; 9] {
    let mut data = [0; 9];
    data[0] = tag;
    data[1..].copy_from_slice(&amount.to_le_bytes());
    data
}

impl PoolAuthority<'_> {
    /// Mints `amount` pool tokens to `to`.
    pub fn mint_to(&self, token: TokenProgram, to: &AccountView, amount: u64) -> ProgramResult {
        let instruction = InstructionView {
            program_id: token.program.address(),
            data: &with_amount(tag::MINT_TO, amount),
            accounts: &[
                InstructionAccount::writable(token.mint.address()),
                InstructionAccount::writable(to.address()),
                InstructionAccount::readonly_signer(self.account.address()),
            ],
        };
        self.invoke(&instruction, [token.mint, to, self.account])
    }
}

/// Burns `amount` pool tokens of `from`, whose owner or delegate signed.
pub fn burn(token: TokenProgram, from: &AccountView, authority: &AccountView, amount: u64) -> ProgramResult {
    let instruction = InstructionView {
        program_id: token.program.address(),
        data: &with_amount(tag::BURN, amount),
        accounts: &[
            InstructionAccount::writable(from.address()),
            InstructionAccount::writable(token.mint.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
    };
    call(&instruction, [from, token.mint, authority], &[])
}

/// Transfers `amount` pool tokens from `from`, whose owner or delegate signed, to `to`.
pub fn transfer_checked(
    token: TokenProgram,
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amount: u64,
    decimals: u8,
) -> ProgramResult {
    let mut data = [0; 10];
    data[..9].copy_from_slice(&with_amount(tag::TRANSFER_CHECKED, amount));
    data[9] = decimals;
    let instruction = InstructionView {
        program_id: token.program.address(),
        data: &data,
        accounts: &[
            InstructionAccount::writable(from.address()),
            InstructionAccount::readonly(token.mint.address()),
            InstructionAccount::writable(to.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
    };
    call(&instruction, [from, token.mint, to, authority], &[])
}
