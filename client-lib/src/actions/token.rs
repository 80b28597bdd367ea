//! Where pool tokens come from and go to.

use {
    crate::pool::PoolSnapshot,
    solana_address::Address,
    solana_instruction::Instruction,
    spl_associated_token_account_interface::{
        address::get_associated_token_address_with_program_id, instruction::create_associated_token_account_idempotent,
    },
    spl_token_2022_interface::instruction as token,
};

/// The address of the pool token account that belongs to the wallet `owner` by convention.
pub fn associated_token_account(snapshot: &PoolSnapshot, owner: &Address) -> Address {
    let head = &snapshot.pool().head;
    get_associated_token_address_with_program_id(owner, &head.pool_mint, &head.token_program_id)
}

/// Who gets pool tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenReceiver {
    /// A token account that exists.
    Account(Address),
    /// The associated token account of this wallet, created where it is missing. The payer then pays its rent.
    Wallet(Address),
}

impl TokenReceiver {
    /// The token account.
    pub fn address(&self, snapshot: &PoolSnapshot) -> Address {
        match self {
            Self::Account(address) => *address,
            Self::Wallet(owner) => associated_token_account(snapshot, owner),
        }
    }

    /// The instruction that creates the account where it is missing, if that is wanted.
    pub(super) fn creation(&self, snapshot: &PoolSnapshot, payer: &Address) -> Option<Instruction> {
        let head = &snapshot.pool().head;
        match self {
            Self::Account(_) => None,
            Self::Wallet(owner) => {
                Some(create_associated_token_account_idempotent(payer, owner, &head.pool_mint, &head.token_program_id))
            }
        }
    }
}

/// Whose pool tokens are given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenSource {
    /// The token account.
    pub account: Address,
    /// Its owner or delegate, who signs.
    pub authority: Address,
    /// A [throw-away key](super#throw-away-keys), to which the owner approves the pool tokens. It replaces the account's delegate,
    /// if there is one. With it, `authority` has to be the owner.
    pub throwaway: Option<Address>,
}

impl TokenSource {
    /// The associated token account of the wallet `owner`, who signs.
    pub fn wallet(snapshot: &PoolSnapshot, owner: &Address) -> Self {
        Self { account: associated_token_account(snapshot, owner), authority: *owner, throwaway: None }
    }

    /// The key that signs for the stake pool program.
    pub(super) fn transfer_authority(&self) -> Address {
        self.throwaway.unwrap_or(self.authority)
    }

    /// The instruction that approves `pool_tokens` to the throw-away key, if there is one. The program uses all of them, so that
    /// nothing stays approved.
    pub(super) fn approval(&self, snapshot: &PoolSnapshot, pool_tokens: u64) -> Option<Instruction> {
        let throwaway = self.throwaway?;
        let program = snapshot.pool().head.token_program_id;
        // It fails for programs other than the two token programs only, which no pool can have.
        token::approve(&program, &self.account, &throwaway, &self.authority, &[], pool_tokens).ok()
    }
}
