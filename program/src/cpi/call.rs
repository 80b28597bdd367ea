//! The call itself.

use {
    core::mem::MaybeUninit,
    pinocchio::{
        AccountView, ProgramResult,
        cpi::{CpiAccount, Signer, invoke_signed_unchecked},
        instruction::InstructionView,
    },
};

/// Calls a program with `accounts`, one for each account of the instruction and in its order. A failing callee ends the
/// transaction; this returns only where it succeeds or where nothing was called.
///
/// The runtime looks the instruction's accounts up among `accounts` by address: where the caller of this program passed
/// another one in the place of a sysvar, it fails with `MissingAccount`.
///
/// # Errors
/// `AccountBorrowFailed` where this program still works on the data of one of the accounts.
#[inline(always)]
pub fn call<const N: usize>(
    instruction: &InstructionView,
    accounts: [&AccountView; N],
    signers: &[Signer],
) -> ProgramResult {
    for (account, meta) in accounts.iter().zip(instruction.accounts) {
        // Another address is that of a sysvar or program, in whose place the caller may have passed anything: the runtime
        // takes nothing but the real one.
        if !core::ptr::eq(meta.address, account.address()) {
            continue;
        }
        if meta.is_writable {
            account.check_borrow_mut()?;
        } else {
            account.check_borrow()?;
        }
    }
    let mut infos = [const { MaybeUninit::uninit() }; N];
    let infos = describe(accounts, &mut infos);
    // SAFETY: No data that the callee may write is borrowed, and none that it may read is borrowed for writing: that was
    // checked above for each account that the instruction names by its own address. The rest are sysvars and programs,
    // whose data nobody writes.
    unsafe { invoke_signed_unchecked(instruction, infos, signers) };
    Ok(())
}

/// As [`call`], for an instruction that names accounts several times: `accounts` are those that it names, each once at least.
///
/// # Errors
/// As [`call`].
#[inline(always)]
pub fn call_batch<const N: usize>(
    instruction: &InstructionView,
    accounts: [&AccountView; N],
    signers: &[Signer],
) -> ProgramResult {
    for account in accounts {
        account.check_borrow_mut()?;
    }
    let mut infos = [const { MaybeUninit::uninit() }; N];
    let infos = describe(accounts, &mut infos);
    // SAFETY: The data of none of the accounts is borrowed, as was checked above.
    unsafe { invoke_signed_unchecked(instruction, infos, signers) };
    Ok(())
}

/// The accounts as the runtime wants them, each written where it stays: in one piece they would go over the stack twice.
#[inline(always)]
fn describe<'a, 'b, const N: usize>(
    accounts: [&'a AccountView; N],
    infos: &'b mut [MaybeUninit<CpiAccount<'a>>; N],
) -> &'b [CpiAccount<'a>] {
    for (info, account) in infos.iter_mut().zip(accounts) {
        CpiAccount::init_from_account_view(account, info);
    }
    // SAFETY: Each of them was just written.
    unsafe { core::slice::from_raw_parts(infos.as_ptr().cast(), N) }
}
