//! The trait `Amm` of Jupiter's aggregator.

mod common;

use {
    common::{
        PoolBytes, SOL,
        jupiter::{MINT, accounts, key, market, new_market},
    },
    jupiter_amm_interface::{Amm, FeeMode, Quote, QuoteParams, Swap, SwapMode, SwapParams},
    solana_pubkey::Pubkey,
    std::sync::atomic::Ordering,
    tidepool_amm::{
        QuoteError,
        jupiter::{ROUTER, StakePoolAmm, WRAPPED_SOL},
    },
    tidepool_interface::{Address, address::SPL_STAKE_POOL_PROGRAM_ID},
};

const OTHER_PROGRAM: Address = Address::new_from_array([1; 32]);

fn quote(market: &StakePoolAmm, amount: u64, is_deposit: bool, swap_mode: SwapMode) -> anyhow::Result<Quote> {
    let [wrapped, tokens] = [key(&WRAPPED_SOL), key(&MINT)];
    let (input_mint, output_mint) = if is_deposit { (wrapped, tokens) } else { (tokens, wrapped) };
    market.quote(&QuoteParams { amount, input_mint, output_mint, swap_mode, fee_mode: FeeMode::Normal })
}

#[test]
fn quotes_are_those_of_the_pool() {
    let bytes = PoolBytes::new(OTHER_PROGRAM);
    let (market, pool) = (market(&bytes), bytes.read());
    let deposit = quote(&market, 5 * SOL, true, SwapMode::ExactIn).unwrap();
    let expected = pool.deposit_sol(5 * SOL).unwrap().pool_tokens;
    assert_eq!((deposit.in_amount, deposit.out_amount), (5 * SOL, expected.to_depositor.get()));
    assert_eq!(deposit.fee_amount, expected.to_manager.get() + expected.to_referrer.get());
    assert_eq!((deposit.fee_mint, deposit.fee_pct.to_string()), (key(&MINT), "0.001".into()));
    let withdrawal = quote(&market, 5 * SOL, false, SwapMode::ExactIn).unwrap();
    assert_eq!(withdrawal.out_amount, pool.withdraw_sol(5 * SOL).unwrap().lamports.get());
}

#[test]
fn the_router_takes_a_basis_point_of_withdrawals() {
    let bytes = PoolBytes::new(SPL_STAKE_POOL_PROGRAM_ID);
    let (market, pool) = (market(&bytes), bytes.read());
    let withdrawal = quote(&market, 5 * SOL, false, SwapMode::ExactIn).unwrap();
    let lamports = pool.withdraw_sol(5 * SOL).unwrap().lamports.get();
    assert_eq!(withdrawal.out_amount, lamports - lamports / 10_000);
    let deposit = quote(&market, 5 * SOL, true, SwapMode::ExactIn).unwrap();
    assert_eq!(deposit.out_amount, pool.deposit_sol(5 * SOL).unwrap().pool_tokens.to_depositor.get());
}

#[test]
fn an_exact_amount_out_is_reached_with_the_least_amount_in() {
    for program in [OTHER_PROGRAM, SPL_STAKE_POOL_PROGRAM_ID] {
        let market = market(&PoolBytes::new(program));
        for is_deposit in [true, false] {
            for wanted in [2, 10_001, SOL - 1, 40 * SOL / 3] {
                let input = quote(&market, wanted, is_deposit, SwapMode::ExactOut).unwrap();
                assert!(input.out_amount >= wanted);
                let less = quote(&market, input.in_amount - 1, is_deposit, SwapMode::ExactIn);
                // The growth charge of a deposit is not monotonic to the lamport.
                assert!(less.map_or(0, |quote| quote.out_amount) < wanted || is_deposit, "{wanted} {is_deposit}");
            }
        }
    }
}

#[test]
fn the_epoch_is_that_of_the_shared_clock() {
    let bytes = PoolBytes::new(OTHER_PROGRAM);
    let (mut market, context) = new_market(&bytes);
    assert!(quote(&market, SOL, true, SwapMode::ExactIn).is_err(), "not updated");
    market.update(&accounts(&bytes)).unwrap();
    quote(&market, SOL, true, SwapMode::ExactIn).unwrap();
    context.clock_ref.epoch.fetch_add(1, Ordering::Relaxed);
    let error = quote(&market, SOL, true, SwapMode::ExactIn).unwrap_err();
    assert!(matches!(error.downcast(), Ok(QuoteError::Stale { .. })));
}

#[test]
fn asks_for_the_accounts_of_an_update_and_no_others() {
    let bytes = PoolBytes::new(OTHER_PROGRAM);
    let (mut market, _) = new_market(&bytes);
    let mut asked = market.get_accounts_to_update();
    let mut given: Vec<Pubkey> = accounts(&bytes).into_keys().collect();
    asked.sort();
    given.sort();
    assert_eq!(asked, given);
    let mut missing = accounts(&bytes);
    missing.remove(&key(&bytes.state.head.reserve_stake));
    assert!(market.update(&missing).unwrap_err().to_string().contains("is missing"));
}

fn swap(market: &StakePoolAmm, source_mint: Pubkey, destination_mint: Pubkey) -> anyhow::Result<(Swap, Vec<Address>)> {
    let [source, destination, user] = [[11; 32], [12; 32], [13; 32]].map(Pubkey::new_from_array);
    let params = SwapParams {
        swap_mode: SwapMode::ExactIn,
        in_amount: SOL,
        out_amount: 0,
        source_mint,
        destination_mint,
        source_token_account: source,
        destination_token_account: destination,
        token_transfer_authority: user,
        user,
        payer: user,
        quote_mint_to_referrer: None,
        jupiter_program_id: &Pubkey::new_from_array([14; 32]),
        missing_dynamic_accounts_as_default: false,
    };
    let swap = market.get_swap_and_account_metas(&params)?;
    assert!(swap.account_metas.len() <= market.get_accounts_len());
    assert!(swap.account_metas.iter().all(|meta| !meta.is_signer));
    Ok((swap.swap, swap.account_metas.iter().map(|meta| meta.pubkey).collect()))
}

#[test]
fn swaps_go_through_the_router() {
    let bytes = PoolBytes::new(SPL_STAKE_POOL_PROGRAM_ID);
    let market = market(&bytes);
    let (mints, head) = ([key(&WRAPPED_SOL), key(&MINT)], &bytes.state.head);
    let (deposit, metas) = swap(&market, mints[0], mints[1]).unwrap();
    assert_eq!(deposit, Swap::StakeDexStakeWrappedSol);
    let pool_accounts =
        [bytes.addresses.pool, bytes.addresses.withdraw_authority, head.reserve_stake, head.manager_fee_account];
    assert_eq!(metas[11..15], pool_accounts);
    assert_eq!(metas[5], Address::find_program_address(&[b"fee", MINT.as_ref()], &ROUTER).0);
    let (withdrawal, metas) = swap(&market, mints[1], mints[0]).unwrap();
    assert_eq!(withdrawal, Swap::StakeDexWithdrawWrappedSol);
    assert_eq!(metas[8..12], pool_accounts);
}

#[test]
fn a_pool_of_a_program_that_the_router_does_not_call_has_no_swap() {
    let market = market(&PoolBytes::new(OTHER_PROGRAM));
    let error = swap(&market, key(&WRAPPED_SOL), key(&MINT)).unwrap_err().to_string();
    assert!(error.contains("call the pool itself"), "{error}");
}

#[test]
fn rejects_other_mints() {
    let market = market(&PoolBytes::new(SPL_STAKE_POOL_PROGRAM_ID));
    let error = swap(&market, key(&MINT), key(&MINT)).err().and_then(|error| error.downcast().ok());
    assert_eq!(error, Some(QuoteError::WrongMints));
}
