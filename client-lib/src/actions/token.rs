//! Sources and receivers of pool tokens.

use {
    crate::{compute, pool::PoolSnapshot, transaction::InstructionGroup},
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    spl_associated_token_account_interface::{
        address::get_associated_token_address_with_program_id, instruction::create_associated_token_account_idempotent,
    },
    spl_token_2022_interface::{
        extension::{BaseStateWithExtensions as _, StateWithExtensions, cpi_guard::CpiGuard},
        instruction as token, native_mint,
        state::Account as TokenState,
    },
    tidepool_interface::address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
};

/// The associated token account of the wallet `owner` for the pool token.
pub fn associated_token_account(snapshot: &PoolSnapshot, owner: &Address) -> Address {
    let head = &snapshot.pool().head;
    get_associated_token_address_with_program_id(owner, &head.pool_mint, &head.token_program_id)
}

/// A decoded token account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenHolding {
    /// Its token program.
    pub program: Address,
    /// Its mint.
    pub mint: Address,
    /// Its owner.
    pub owner: Address,
    /// Its balance, in the smallest unit.
    pub amount: u64,
    /// Its delegate, with the approved amount.
    pub delegate: Option<(Address, u64)>,
    /// Whether it is frozen, so that it can neither send nor receive.
    pub is_frozen: bool,
    /// Whether its CPI guard is enabled: in a CPI, only a delegate can then sign for it.
    pub has_cpi_guard: bool,
}

impl TokenHolding {
    /// Decodes a token account of either token program; `None` for another account.
    pub fn of(account: &Account) -> Option<Self> {
        if ![TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID].contains(&account.owner) {
            return None;
        }
        let state = StateWithExtensions::<TokenState>::unpack(&account.data).ok()?;
        let TokenState { mint, owner, amount, delegated_amount, .. } = state.base;
        Some(Self {
            program: account.owner,
            mint,
            owner,
            amount,
            delegate: state.base.delegate.map(|delegate| (delegate, delegated_amount)).into(),
            is_frozen: state.base.is_frozen(),
            has_cpi_guard: state.get_extension::<CpiGuard>().is_ok_and(|guard| guard.lock_cpi.into()),
        })
    }

    /// The balance that `signer` can spend; `None` if it is neither the owner nor the delegate. Token programs check
    /// the approval first: an owner that is its own delegate is limited by it.
    pub fn spendable_by(&self, signer: &Address) -> Option<u64> {
        match self.delegate {
            Some((delegate, approved)) if delegate == *signer => Some(approved.min(self.amount)),
            _ => (self.owner == *signer).then_some(self.amount),
        }
    }

    /// Whether it holds wrapped SOL. Received lamports count as tokens after a `SyncNative`.
    pub fn is_wrapped_sol(&self) -> bool {
        [super::NATIVE_MINT_ID, native_mint::ID].contains(&self.mint)
    }
}

/// Receiver of pool tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenReceiver {
    /// An existing token account.
    Account(Address),
    /// The associated token account of this wallet, created if missing. The payer pays its rent.
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

/// Creates the token account of a receiver, unless it exists; `None` for a receiver that names one. The payer pays its rent.
pub fn create_token_account(
    snapshot: &PoolSnapshot,
    receiver: &TokenReceiver,
    payer: &Address,
) -> Option<InstructionGroup> {
    let creation = receiver.creation(snapshot, payer)?;
    let label = format!("create token account {}", receiver.address(snapshot));
    Some(InstructionGroup::one(label, creation, compute::CREATE_TOKEN_ACCOUNT))
}

/// Source of pool tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenSource {
    /// The token account.
    pub account: Address,
    /// Its owner or delegate, a signer.
    pub authority: Address,
    /// A [throw-away key](super#throw-away-keys), to which the owner approves the pool tokens. It replaces the
    /// account's delegate, if there is one. It requires the owner as `authority`.
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

    /// The instruction that approves `pool_tokens` to the throw-away key, if there is one. The program uses all of
    /// them, so that no approval remains.
    pub(super) fn approval(&self, snapshot: &PoolSnapshot, pool_tokens: u64) -> Option<Instruction> {
        let throwaway = self.throwaway?;
        let program = snapshot.pool().head.token_program_id;
        // It fails only for programs other than the two token programs, which no pool can have.
        token::approve(&program, &self.account, &throwaway, &self.authority, &[], pool_tokens).ok()
    }
}
