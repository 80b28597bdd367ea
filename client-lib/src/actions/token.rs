//! Where pool tokens come from and go to.

use {
    crate::pool::PoolSnapshot,
    solana_address::Address,
    solana_instruction::Instruction,
    spl_associated_token_account_interface::{
        address::get_associated_token_address_with_program_id, instruction::create_associated_token_account_idempotent,
    },
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
}

impl TokenSource {
    /// The associated token account of the wallet `owner`, who signs.
    pub fn wallet(snapshot: &PoolSnapshot, owner: &Address) -> Self {
        Self { account: associated_token_account(snapshot, owner), authority: *owner }
    }
}
