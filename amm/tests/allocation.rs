//! Quotes allocate nothing, nor does reading a pool: counted by the global allocator.

mod common;

use {
    common::{PoolBytes, SOL, VOTE},
    jupiter_amm_interface::{FeeMode, QuoteParams, SwapMode},
    solana_pubkey::Pubkey,
    std::{
        alloc::{GlobalAlloc, Layout, System},
        cell::Cell,
    },
    tidepool_amm::{Account, ActiveStake, jupiter::WRAPPED_SOL},
    tidepool_interface::address::{SPL_STAKE_POOL_PROGRAM_ID, STAKE_PROGRAM_ID},
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of this thread while `run` runs.
fn allocations(run: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

#[test]
fn counts_allocations() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1u8; 100]))) > 0);
}

#[test]
fn quotes_allocate_nothing() {
    let bytes = PoolBytes::new(SPL_STAKE_POOL_PROGRAM_ID);
    let mut stake_data = vec![0; 200];
    stake_data[0] = 2;
    stake_data[124..156].copy_from_slice(VOTE.as_ref());
    stake_data[156..164].copy_from_slice(&(500 * SOL).to_le_bytes());
    let stake_account = Account { lamports: 500 * SOL + 2_282_880, owner: &STAKE_PROGRAM_ID, data: &stake_data };
    let stake = ActiveStake { vote: VOTE, delegated: 7 * SOL, lamports: 7 * SOL + 2_282_880 };
    let count = allocations(|| {
        let pool = bytes.read();
        pool.deposit_sol(5 * SOL).unwrap();
        pool.withdraw_sol(5 * SOL).unwrap();
        pool.lamports_for_deposit(5 * SOL).unwrap();
        pool.pool_tokens_for_withdrawal(5 * SOL).unwrap();
        pool.deposit_stake(&bytes.list, &stake).unwrap();
        pool.withdraw_stake(&bytes.list, &VOTE, &stake_account, 5 * SOL).unwrap();
        // Errors, too.
        pool.withdraw_sol(900 * SOL).unwrap_err();
        pool.in_epoch(1_000).deposit_sol(SOL).unwrap_err();
    });
    assert_eq!(count, 0);
}

#[test]
fn quotes_of_the_trait_allocate_nothing() {
    let market = common::jupiter::market(&PoolBytes::new(SPL_STAKE_POOL_PROGRAM_ID));
    let mints = [WRAPPED_SOL, common::jupiter::MINT].map(|mint| Pubkey::new_from_array(mint.to_bytes()));
    for (input_mint, output_mint) in [(mints[0], mints[1]), (mints[1], mints[0])] {
        for swap_mode in [SwapMode::ExactIn, SwapMode::ExactOut] {
            let params = QuoteParams { amount: SOL, input_mint, output_mint, swap_mode, fee_mode: FeeMode::Normal };
            let count = allocations(|| {
                jupiter_amm_interface::Amm::quote(&market, &params).unwrap();
            });
            assert_eq!(count, 0);
        }
    }
}
