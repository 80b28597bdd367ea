//! The token programs' instructions, the same in SPL Token and Token-2022.

use {
    super::{
        PoolAuthority,
        call::{call, call_batch},
    },
    pinocchio::{
        AccountView, Address, ProgramResult,
        instruction::{InstructionAccount, InstructionView},
    },
    tidepool_core::{maths::PoolTokens, quote::DepositQuote},
    tidepool_interface::{
        address::{LOADER_V3_ID, TOKEN_PROGRAM_ID},
        external::token::TokenAccount,
    },
};

/// Instruction tags of the token programs.
mod tag {
    pub const MINT_TO: u8 = 7;
    pub const BURN: u8 = 8;
    pub const TRANSFER_CHECKED: u8 = 12;
    /// Several instructions in one. Only p-token has it.
    pub const BATCH: u8 = 255;
}

/// Data lengths in bytes.
const AMOUNT_LENGTH: usize = 9;
const CHECKED_LENGTH: usize = 10;

/// Bytes before each instruction in a batch: its number of accounts and its length in bytes.
const BATCH_HEADER: usize = 2;

/// Accounts of a `MintTo` instruction.
const MINT_ACCOUNTS: usize = 3;

/// Maximum `MintTo` instructions of a deposit: to the depositor, the manager and the referrer.
const MINTS_MAX: usize = 3;

/// The pool's token program and mint.
#[derive(Clone, Copy)]
pub struct TokenProgram<'a> {
    pub program: &'a AccountView,
    pub mint: &'a AccountView,
}

impl TokenProgram<'_> {
    /// Whether the program supports batches: only p-token does.
    ///
    /// SPL Token is owned by loader v2, under which programs cannot be upgraded. The cluster's migration to p-token at the same address
    /// changed the owner to loader v3. The owner therefore distinguishes the two programs.
    #[inline(always)]
    fn supports_batches(&self) -> bool {
        // The program is one of two token programs, and its owner one of few loaders. Eight bytes distinguish them.
        begin_alike(self.program.address(), &TOKEN_PROGRAM_ID)
            && begin_alike(self.program.owner(), &LOADER_V3_ID)
            && self.can_change(self.mint)
    }

    /// Whether the program owns the account and can change it. The runtime checks this once per call, so once for a batch.
    ///
    /// Compares eight bytes of the owner. Another program with the same prefix would only be rejected with another error.
    #[inline(always)]
    fn can_change(&self, account: &AccountView) -> bool {
        account.is_writable() && begin_alike(account.owner(), self.program.address())
    }
}

/// Whether two addresses are the same in their first eight bytes.
#[inline(always)]
fn begin_alike(a: &Address, b: &Address) -> bool {
    a.as_array().first_chunk::<8>() == b.as_array().first_chunk()
}

#[inline(always)]
fn with_amount(tag: u8, amount: u64) -> [u8; AMOUNT_LENGTH] {
    let mut data = [0; AMOUNT_LENGTH];
    data[0] = tag;
    data[1..].copy_from_slice(&amount.to_le_bytes());
    data
}

#[inline(always)]
fn transfer_data(amount: u64, decimals: u8) -> [u8; CHECKED_LENGTH] {
    let mut data = [0; CHECKED_LENGTH];
    data[..AMOUNT_LENGTH].copy_from_slice(&with_amount(tag::TRANSFER_CHECKED, amount));
    data[AMOUNT_LENGTH] = decimals;
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

    /// Burns `amount` pool tokens of the authority's own account.
    pub fn burn(&self, token: TokenProgram, from: &AccountView, amount: u64) -> ProgramResult {
        let instruction = InstructionView {
            program_id: token.program.address(),
            data: &with_amount(tag::BURN, amount),
            accounts: &[
                InstructionAccount::writable(from.address()),
                InstructionAccount::writable(token.mint.address()),
                InstructionAccount::readonly_signer(self.account.address()),
            ],
        };
        self.invoke(&instruction, [from, token.mint, self.account])
    }

    /// Transfers `amount` pool tokens of the authority's own account to `to`.
    pub fn transfer_checked(
        &self,
        token: TokenProgram,
        from: &AccountView,
        to: &AccountView,
        amount: u64,
        decimals: u8,
    ) -> ProgramResult {
        let instruction = InstructionView {
            program_id: token.program.address(),
            data: &transfer_data(amount, decimals),
            accounts: &[
                InstructionAccount::writable(from.address()),
                InstructionAccount::readonly(token.mint.address()),
                InstructionAccount::writable(to.address()),
                InstructionAccount::readonly_signer(self.account.address()),
            ],
        };
        self.invoke(&instruction, [from, token.mint, to, self.account])
    }

    /// Mints a deposit's pool tokens to the depositor, the manager and the referrer.
    #[inline(always)]
    pub fn mint_deposit(
        &self,
        token: TokenProgram,
        quote: &DepositQuote,
        receivers: [&AccountView; MINTS_MAX],
    ) -> ProgramResult {
        let [depositor, manager, referrer] = receivers;
        let [to_depositor, to_manager, to_referrer] =
            [quote.to_depositor, quote.to_manager, quote.to_referrer].map(PoolTokens::get);
        let others = [(manager, to_manager), (referrer, to_referrer)];
        let is_one = to_manager == 0 && to_referrer == 0;
        if !is_one && token.supports_batches() && receivers.iter().all(|to| token.can_change(to)) {
            return self.mint_batch(token, [(depositor, to_depositor), others[0], others[1]]);
        }
        self.mint_to(token, depositor, to_depositor)?;
        for (to, amount) in others {
            if amount > 0 {
                self.mint_to(token, to, amount)?;
            }
        }
        Ok(())
    }

    /// Mints in one batch. Includes the first instruction even if its amount is 0.
    #[inline(always)]
    fn mint_batch(&self, token: TokenProgram, mints: [(&AccountView, u64); MINTS_MAX]) -> ProgramResult {
        const MINT_LENGTH: usize = BATCH_HEADER + AMOUNT_LENGTH;
        let [(first, _), (second, second_amount), (third, third_amount)] = mints;
        let mut data = [tag::BATCH; 1 + MINTS_MAX * MINT_LENGTH];
        let (_, instructions) = data.split_at_mut(1);
        let (instructions, _) = instructions.as_chunks_mut::<MINT_LENGTH>();
        // If the second amount is 0, the third instruction takes its position at the end of the batch.
        let amounts = if second_amount == 0 { [mints[0].1, third_amount, 0] } else { mints.map(|(_, amount)| amount) };
        for (bytes, amount) in instructions.iter_mut().zip(amounts) {
            bytes[..BATCH_HEADER].copy_from_slice(&[MINT_ACCOUNTS as u8, AMOUNT_LENGTH as u8]);
            bytes[BATCH_HEADER..].copy_from_slice(&with_amount(tag::MINT_TO, amount));
        }
        let (data_length, accounts_length) = if amounts[2] == 0 {
            (1 + (MINTS_MAX - 1) * MINT_LENGTH, (MINTS_MAX - 1) * MINT_ACCOUNTS)
        } else {
            (1 + MINTS_MAX * MINT_LENGTH, MINTS_MAX * MINT_ACCOUNTS)
        };

        let mint = InstructionAccount::writable(token.mint.address());
        let authority = InstructionAccount::readonly_signer(self.account.address());
        let after_first = if second_amount == 0 { third } else { second };
        let accounts = [
            [mint.clone(), InstructionAccount::writable(first.address()), authority.clone()],
            [mint.clone(), InstructionAccount::writable(after_first.address()), authority.clone()],
            [mint, InstructionAccount::writable(third.address()), authority],
        ];
        let instruction = InstructionView {
            program_id: token.program.address(),
            data: &data[..data_length],
            accounts: &accounts.as_flattened()[..accounts_length],
        };
        self.invoke_batch(&instruction, [token.mint, self.account, first, second, third])
    }
}

/// Burns `burnt` pool tokens of `from`, whose owner or delegate signed, and transfers `fee` pool tokens to `to`. Takes one call if the
/// token program supports batches.
#[inline(always)]
pub fn burn_and_transfer(
    token: TokenProgram,
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amounts: BurnAndFee,
    decimals: u8,
) -> ProgramResult {
    let BurnAndFee { burnt, fee } = amounts;
    if fee > 0 && token.supports_batches() && token.can_change(from) && token.can_change(to) {
        return burn_and_transfer_batch(token, from, to, authority, amounts, decimals);
    }
    burn(token, from, authority, burnt)?;
    if fee > 0 {
        transfer_checked(token, from, to, authority, fee, decimals)?;
    }
    Ok(())
}

/// Pool tokens that a withdrawal takes from the holder.
#[derive(Clone, Copy)]
pub struct BurnAndFee {
    /// Pool tokens burnt.
    pub burnt: u64,
    /// Pool tokens for the manager.
    pub fee: u64,
}

#[inline(always)]
fn burn_and_transfer_batch(
    token: TokenProgram,
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amounts: BurnAndFee,
    decimals: u8,
) -> ProgramResult {
    const BURN_AT: usize = 1 + BATCH_HEADER;
    const TRANSFER_AT: usize = BURN_AT + AMOUNT_LENGTH + BATCH_HEADER;
    const BURN_ACCOUNTS: u8 = 3;
    const TRANSFER_ACCOUNTS: u8 = 4;
    let mut data = [tag::BATCH; TRANSFER_AT + CHECKED_LENGTH];
    data[1..BURN_AT].copy_from_slice(&[BURN_ACCOUNTS, AMOUNT_LENGTH as u8]);
    data[BURN_AT..][..AMOUNT_LENGTH].copy_from_slice(&with_amount(tag::BURN, amounts.burnt));
    data[BURN_AT + AMOUNT_LENGTH..TRANSFER_AT].copy_from_slice(&[TRANSFER_ACCOUNTS, CHECKED_LENGTH as u8]);
    data[TRANSFER_AT..].copy_from_slice(&transfer_data(amounts.fee, decimals));
    let holder = InstructionAccount::writable(from.address());
    let signer = InstructionAccount::readonly_signer(authority.address());
    let instruction = InstructionView {
        program_id: token.program.address(),
        data: &data,
        accounts: &[
            holder.clone(),
            InstructionAccount::writable(token.mint.address()),
            signer.clone(),
            holder,
            InstructionAccount::readonly(token.mint.address()),
            InstructionAccount::writable(to.address()),
            signer,
        ],
    };
    call_batch(&instruction, [from, token.mint, to, authority], &[])
}

/// Whether a transfer of `fee` pool tokens to `to` is certain to succeed if `authority` can burn `burnt` pool tokens of `from`. The
/// position of the transfer among other steps is then irrelevant. `to` must be able to receive tokens.
#[inline(always)]
pub fn can_transfer_after_burn(
    token: TokenProgram,
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amounts: BurnAndFee,
) -> bool {
    if !token.supports_batches() || !token.can_change(from) || !token.can_change(to) {
        return false;
    }
    let Ok(data) = from.try_borrow() else { return false };
    let Some(needed) = amounts.burnt.checked_add(amounts.fee) else { return false };
    // A delegate's allowance can be below the balance, and the owner can be its own delegate.
    TokenAccount::decode(&data).is_ok_and(|account| {
        account.amount >= needed && account.owner == authority.address() && !account.has_delegate && !account.is_frozen
    })
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
    let instruction = InstructionView {
        program_id: token.program.address(),
        data: &transfer_data(amount, decimals),
        accounts: &[
            InstructionAccount::writable(from.address()),
            InstructionAccount::readonly(token.mint.address()),
            InstructionAccount::writable(to.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
    };
    call(&instruction, [from, token.mint, to, authority], &[])
}
