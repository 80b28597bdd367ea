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
    /// Several instructions in one; p-token's alone.
    pub const BATCH: u8 = 255;
}

/// Data lengths in bytes.
const AMOUNT_LENGTH: usize = 9;
const CHECKED_LENGTH: usize = 10;

/// What a batch says of each instruction before its data: how many accounts and how many bytes it takes.
const BATCH_HEADER: usize = 2;

/// Accounts of a mint.
const MINT_ACCOUNTS: usize = 3;

/// Most mints of a deposit: to the depositor, the manager and the referrer.
const MINTS_MAX: usize = 3;

/// The pool's token program and mint.
#[derive(Clone, Copy)]
pub struct TokenProgram<'a> {
    /// The token program.
    pub program: &'a AccountView,
    /// The pool's mint.
    pub mint: &'a AccountView,
}

impl TokenProgram<'_> {
    /// Whether the program takes several instructions in one call, as p-token does and no other.
    ///
    /// SPL Token belongs to loader v2, under which no program can be replaced. p-token came to its address by the cluster's own
    /// upgrade, which put it under loader v3: there it is on every cluster that has it, and SPL Token on none.
    #[inline(always)]
    fn takes_batches(&self) -> bool {
        // The pool has one of two token programs, and a program one of a handful of loaders: they begin unlike.
        begin_alike(self.program.address(), &TOKEN_PROGRAM_ID)
            && begin_alike(self.program.owner(), &LOADER_V3_ID)
            && self.can_change(self.mint)
    }

    /// Whether the program can change an account: the runtime looks at that for each call, and only the whole batch is a call.
    ///
    /// An owner that only begins like the program is a program that somebody has searched for; it would be refused with another
    /// error.
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

    /// Mints to one account, and then to two others what is not 0.
    #[inline(always)]
    pub fn mint_deposit(
        &self,
        token: TokenProgram,
        first: (&AccountView, u64),
        others: [(&AccountView, u64); MINTS_MAX - 1],
    ) -> ProgramResult {
        let [second, third] = others;
        let is_one = second.1 == 0 && third.1 == 0;
        if !is_one && token.takes_batches() && [first.0, second.0, third.0].iter().all(|to| token.can_change(to)) {
            return self.mint_batch(token, [first, second, third]);
        }
        self.mint_to(token, first.0, first.1)?;
        for (to, amount) in others {
            if amount > 0 {
                self.mint_to(token, to, amount)?;
            }
        }
        Ok(())
    }

    /// Mints in one call. The first amount is minted even if it is 0.
    #[inline(always)]
    fn mint_batch(&self, token: TokenProgram, mints: [(&AccountView, u64); MINTS_MAX]) -> ProgramResult {
        const MINT_LENGTH: usize = BATCH_HEADER + AMOUNT_LENGTH;
        let [(first, _), (second, second_amount), (third, third_amount)] = mints;
        let mut data = [tag::BATCH; 1 + MINTS_MAX * MINT_LENGTH];
        let (_, instructions) = data.split_at_mut(1);
        let (instructions, _) = instructions.as_chunks_mut::<MINT_LENGTH>();
        // Where the second gets nothing the third takes its place, and the batch ends there.
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

/// Burns `burnt` pool tokens of `from`, whose owner or delegate signed, and transfers `fee` of them to `to`: in one call where
/// the token program takes it.
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
    if fee > 0 && token.takes_batches() && token.can_change(from) && token.can_change(to) {
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
    /// Burnt.
    pub burnt: u64,
    /// For the manager.
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

/// Whether, once `authority` could burn `burnt` pool tokens of `from`, it can certainly transfer `fee` more to `to`, which can take
/// it: then it does not matter when it does.
#[inline(always)]
pub fn can_transfer_after_burn(
    token: TokenProgram,
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amounts: BurnAndFee,
) -> bool {
    if !token.takes_batches() || !token.can_change(from) || !token.can_change(to) {
        return false;
    }
    let Ok(data) = from.try_borrow() else { return false };
    let Some(needed) = amounts.burnt.checked_add(amounts.fee) else { return false };
    // A delegate may spend less than the account holds, and the owner can be its own delegate.
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
