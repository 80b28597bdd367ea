//! The functions that WebAssembly exports. `clients/js/src/quotes.ts` reads their results in this order.
//!
//! Elsewhere their names are mangled: an unmangled `exit` would take the place of the C library's.

use crate::{failure::Failure, ledger, movements, quote, snapshot::Snapshot};
use std::slice;
use tidepool_core::{quote::DepositQuote, withdrawal::StakeSource};

/// Most results of a function.
const RESULTS: usize = 8;

/// Results of the last call. WebAssembly has one thread.
static mut OUTPUT: [u64; RESULTS] = [0; RESULTS];

/// The index that stands for the reserve.
const RESERVE: u32 = u32::MAX;

/// Address of the results: eight numbers of 64 bits.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn output() -> *const u64 {
    (&raw const OUTPUT).cast()
}

/// Decodes the snapshot, and writes the results.
///
/// # Safety
/// As [`deposit_sol`].
unsafe fn answer<const N: usize>(
    at: *const u8,
    length: usize,
    quote: impl FnOnce(&Snapshot) -> Result<[u64; N], Failure>,
) -> i32 {
    // SAFETY: the caller passes its own bytes.
    let bytes = unsafe { slice::from_raw_parts(at, length) };
    const { assert!(N <= RESULTS) }
    match Snapshot::decode(bytes).and_then(|snapshot| quote(&snapshot)) {
        Ok(results) => {
            let output = (&raw mut OUTPUT).cast::<[u64; N]>();
            // SAFETY: one thread, and `N` is at most the number of results.
            unsafe { output.write(results) };
            0
        }
        Err(failure) => failure.code(),
    }
}

/// A minimum of 0 is none.
const fn minimum_of(minimum: u64) -> Option<u64> {
    if minimum == 0 { None } else { Some(minimum) }
}

const fn tokens(quote: &DepositQuote) -> [u64; 4] {
    [quote.minted.get(), quote.to_depositor.get(), quote.to_manager.get(), quote.to_referrer.get()]
}

/// See [`quote::deposit_sol`].
///
/// # Safety
/// `length` bytes at `at` are readable. The same holds for each function here.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn deposit_sol(at: *const u8, length: usize, lamports: u64, minimum: u64) -> i32 {
    let quote = |snapshot: &Snapshot| {
        let (charge, quote) = quote::deposit_sol(snapshot, lamports, minimum_of(minimum))?;
        let [minted, depositor, manager, referrer] = tokens(&quote);
        Ok([charge.get(), minted, depositor, manager, referrer])
    };
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}

/// See [`quote::withdraw_sol`].
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn withdraw_sol(at: *const u8, length: usize, exempt: u32, tokens: u64, minimum: u64) -> i32 {
    let quote = |snapshot: &Snapshot| {
        let quote = quote::withdraw_sol(snapshot, exempt != 0, tokens, minimum_of(minimum))?;
        Ok([quote.burnt.get(), quote.fee.get(), quote.lamports.get()])
    };
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}

/// See [`quote::largest_sol_withdrawal`].
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn largest_sol_withdrawal(at: *const u8, length: usize, exempt: u32) -> i32 {
    // SAFETY: the caller's.
    unsafe { answer(at, length, |snapshot| Ok([quote::largest_sol_withdrawal(snapshot, exempt != 0)])) }
}

/// See [`quote::deposit_stake`].
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn deposit_stake(at: *const u8, length: usize, minimum: u64) -> i32 {
    let quote = |snapshot: &Snapshot| {
        let quote = quote::deposit_stake(snapshot, minimum_of(minimum))?;
        let [minted, depositor, manager, referrer] = tokens(&quote.pool_tokens);
        Ok([quote.total_lamports, quote.stake_lamports, minted, depositor, manager, referrer])
    };
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}

/// See [`quote::withdraw_stake`]. The index `u32::MAX` is the reserve. The source is 0 for it, 1 for a validator stake account, 2
/// for a transient one, 3 for a whole validator stake account. The activation is 0 if it is unknown.
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn withdraw_stake(
    at: *const u8,
    length: usize,
    index: u32,
    exempt: u32,
    tokens: u64,
    minimum: u64,
) -> i32 {
    let index = (index != RESERVE).then_some(index as usize);
    let quote = |snapshot: &Snapshot| {
        let quote = quote::withdraw_stake(snapshot, index, exempt != 0, tokens, minimum_of(minimum))?;
        let source = match quote.source {
            None => 0,
            Some(StakeSource::Active) => 1,
            Some(StakeSource::Transient) => 2,
            Some(StakeSource::ValidatorRemoval) => 3,
        };
        let (activation, from_epoch) = quote
            .condition
            .map_or((0, 0), |condition| (condition.activation.saturating_add(1), condition.withdrawable_from_epoch));
        let yields = quote.yields;
        Ok([yields.burnt.get(), yields.fee.get(), yields.lamports.get(), source, activation, from_epoch])
    };
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}

/// See [`quote::exit`]. The epoch is `u64::MAX` if rebalances will not raise the lamports.
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn exit(at: *const u8, length: usize, exempt: u32, tokens: u64, minimum: u64) -> i32 {
    let quote = |snapshot: &Snapshot| {
        let quote = quote::exit(snapshot, exempt != 0, tokens, minimum_of(minimum))?;
        let (terms, epoch) = (quote.terms, quote.payable_from_epoch.unwrap_or(u64::MAX));
        Ok([terms.burnt.get(), terms.fee.get(), terms.lamports.get(), quote.reserve_lamports, epoch])
    };
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}

/// See [`quote::claimable`].
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn claimable(at: *const u8, length: usize) -> i32 {
    // SAFETY: the caller's.
    unsafe { answer(at, length, |snapshot| Ok([quote::claimable(snapshot)?.get()])) }
}

/// See [`quote::cancellation`].
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn cancellation(at: *const u8, length: usize) -> i32 {
    let quote = |snapshot: &Snapshot| {
        let quote = quote::cancellation(snapshot)?;
        Ok([quote.returned.get(), quote.burnt.get()])
    };
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}

/// Freshness and reserve: whether the pool is stale (0 or 1), whether rewards are being paid (0 or 1), the first epoch after a halt
/// (0 without), and lamports of the reserve above its rent, withdrawable ones, those that stay for rents, and the rents of a stake
/// account and of a ticket.
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn condition(at: *const u8, length: usize) -> i32 {
    let quote = |snapshot: &Snapshot| {
        Ok([
            snapshot.pool.head.is_stale(snapshot.epoch()).into(),
            snapshot.epoch_rewards().0.into(),
            snapshot.halted_until_epoch(),
            snapshot.reserve_lamports_above_rent(),
            snapshot.withdrawable_reserve_lamports(),
            snapshot.working_lamports(),
            snapshot.stake_rent(),
            snapshot.minimum_balance(tidepool_interface::state::EXIT_TICKET_LENGTH),
        ])
    };
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}

/// See [`ledger::yield_over`]. Growth and yield are the bits of floating point numbers.
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn yield_over(at: *const u8, length: usize, epochs: u64) -> i32 {
    let quote = |snapshot: &Snapshot| ledger::yield_over(snapshot, epochs).map(numbers);
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}

/// See [`ledger::growth_over`].
///
/// # Safety
/// As [`deposit_sol`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn growth_over(at: *const u8, length: usize, epochs: u64) -> i32 {
    let quote = |snapshot: &Snapshot| ledger::growth_over(snapshot, epochs).map(numbers);
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}

const fn numbers(found: ledger::Yield) -> [u64; 5] {
    [found.since, found.until, found.seconds, found.growth.to_bits(), found.annual.to_bits()]
}

/// See [`movements::movements`]. Writes three numbers for each record to `rows`: kind, lamports, target.
///
/// # Safety
/// As [`deposit_sol`]; `rows` has room for three numbers of 64 bits for each record, and is aligned to them.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn rebalance(at: *const u8, length: usize, rows: *mut u64) -> i32 {
    let quote = |snapshot: &Snapshot| {
        let survey = movements::movements(snapshot, |index, movement| {
            let row = [movement.kind, movement.lamports, movement.target];
            // SAFETY: the caller has room for each record.
            unsafe { rows.cast::<[u64; 3]>().add(index).write(row) };
        })?;
        Ok([survey.reserve_target, survey.turnover_left, survey.selections[0], survey.selections[1]])
    };
    // SAFETY: the caller's.
    unsafe { answer(at, length, quote) }
}
