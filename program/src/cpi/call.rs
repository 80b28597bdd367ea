//! Cross-program calls with checked borrows.

use {
    core::mem::MaybeUninit,
    pinocchio::{
        AccountView, ProgramResult,
        cpi::{CpiAccount, Signer, invoke_signed_unchecked},
        instruction::InstructionView,
    },
};

/// Calls a program with `accounts`: one per account of the instruction, in its order. A failing callee aborts the transaction, so
/// an error means that no call was made.
///
/// The runtime finds the instruction's accounts among `accounts` by address. If this program was called with another account in the
/// position of a sysvar, the call fails with `MissingAccount`.
///
/// # Errors
/// `AccountBorrowFailed` if this program has borrowed the data of one of the accounts.
#[inline(always)]
pub fn call<const N: usize>(
    instruction: &InstructionView,
    accounts: [&AccountView; N],
    signers: &[Signer],
) -> ProgramResult {
    for (account, meta) in accounts.iter().zip(instruction.accounts) {
        // Another address is that of a sysvar or program. The account in its position is unchecked: the runtime accepts only the
        // real one.
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
    // SAFETY: No data that the callee may write is borrowed, and no data that it may read is mutably borrowed. This was checked
    // above for each account that the instruction names by its own address. The rest are sysvars and programs, whose data is
    // read-only.
    unsafe { invoke_signed_unchecked(instruction, infos, signers) };
    Ok(())
}

/// As [`call`], for an instruction with repeated accounts: `accounts` has each of them at least once.
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
    // SAFETY: The data of no account is borrowed: checked above.
    unsafe { invoke_signed_unchecked(instruction, infos, signers) };
    Ok(())
}

/// The accounts in the runtime's layout, each written in place: an array literal would be copied on the stack.
#[inline(always)]
fn describe<'a, 'b, const N: usize>(
    accounts: [&'a AccountView; N],
    infos: &'b mut [MaybeUninit<CpiAccount<'a>>; N],
) -> &'b [CpiAccount<'a>] {
    for (info, account) in infos.iter_mut().zip(accounts) {
        CpiAccount::init_from_account_view(account, info);
    }
    // SAFETY: The loop has initialized all `N` elements.
    unsafe { core::slice::from_raw_parts(infos.as_ptr().cast(), N) }
}
