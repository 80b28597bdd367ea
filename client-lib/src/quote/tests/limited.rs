//! Quotes of pools with limits.

use super::*;
use tidepool_core::maths::{Lamports, PoolTokens};
use tidepool_interface::{ExtensionError, state::Limits};

fn extension_code<T: std::fmt::Debug>(result: Result<T, PlanError>) -> ExtensionError {
    let error = result.unwrap_err();
    error.extension_error().unwrap_or_else(|| panic!("{error:?}"))
}

/// A pool whose rate has grown by a tenth in the last two epochs.
fn grown(growth_charge: u16) -> Fixture {
    let mut fixture = Fixture::extended(vec![FixtureValidator::new(100 * SOL)]);
    fixture.supply = fixture.snapshot().rate().total_lamports.get();
    let total = fixture.supply;
    fixture.terms.last_epoch_pool_token_supply = total;
    fixture.terms.last_epoch_total_lamports = total / 11 * 10;
    fixture.limits.growth_charge = growth_charge.into();
    let rate =
        |lamports| ExchangeRate { total_lamports: Lamports::new(lamports), pool_token_supply: PoolTokens::new(total) };
    fixture.ledger = vec![(EPOCH - 2, 0, rate(total / 11 * 10)), (EPOCH, 2, rate(total))];
    fixture
}

#[test]
fn growth_charge_is_a_part_of_sol_deposits() {
    let charge = |growth_charge| {
        let quote = quote_deposit_sol(&grown(growth_charge).snapshot(), 11 * SOL, None).unwrap();
        // The rate is 1: the rest is minted.
        assert_eq!(quote.pool_tokens.minted.get(), 11 * SOL - quote.growth_charge.get());
        quote.growth_charge.get()
    };
    assert_eq!(charge(0), 0);
    // The deposit would have grown by 1 SOL in two epochs.
    assert!(charge(100).abs_diff(SOL / 2) <= 2, "{}", charge(100));
    assert!(charge(300).abs_diff(3 * SOL / 2) <= 4, "{}", charge(300));
    // The least deposit that yields a pool token knows the charge.
    let error = quote_deposit_sol(&grown(100).snapshot(), 1, None).unwrap_err();
    assert!(error.to_string().contains("at least 0.000000002 SOL"), "{error}");
}

#[test]
fn deposit_below_supply_floor_is_rejected_with_the_rest() {
    let mut fixture = grown(0);
    let supply = fixture.supply;
    fixture.limits = Limits { supply_floor: (supply + 3 * SOL).into(), ..Limits::NONE };
    let snapshot = fixture.snapshot();
    let error = quote_deposit_sol(&snapshot, 3 * SOL - 1, None).unwrap_err();
    assert!(error.to_string().contains("deposit enough for 3.000000000 pool tokens or more"), "{error}");
    assert_eq!(error.extension_error(), Some(ExtensionError::SupplyBelowFloor));
    assert!(quote_deposit_sol(&snapshot, 3 * SOL, None).is_ok());
    let stake = stake_account(USER, vote(0), SOL, EPOCH - 50, NOT_DEACTIVATED);
    assert_eq!(extension_code(quote_deposit_stake(&snapshot, &stake, None)), ExtensionError::SupplyBelowFloor);
}

#[test]
fn halt_stops_deposits_and_sol_withdrawals_only() {
    let mut fixture = grown(0);
    fixture.halted_until_epoch = EPOCH + 1;
    let snapshot = fixture.snapshot();
    let halt = ExtensionError::RateGuardHalt;
    let error = quote_deposit_sol(&snapshot, SOL, None).unwrap_err();
    assert!(error.to_string().contains(&format!("halted until epoch {}", EPOCH + 1)), "{error}");
    assert_eq!(error.extension_error(), Some(halt));
    let stake = stake_account(USER, vote(0), SOL, EPOCH - 50, NOT_DEACTIVATED);
    assert_eq!(extension_code(quote_deposit_stake(&snapshot, &stake, None)), halt);
    assert_eq!(extension_code(quote_withdraw_sol(&snapshot, &USER, SOL, None)), halt);
    assert_eq!(largest_sol_withdrawal(&snapshot, &USER), 0);
    let from = WithdrawFrom::Validator(vote(0));
    assert!(quote_withdraw_stake(&snapshot, from, &USER, 2 * SOL, None).is_ok());
    fixture.halted_until_epoch = EPOCH;
    assert!(quote_withdraw_sol(&fixture.snapshot(), &USER, SOL, None).is_ok());
}

#[test]
fn sol_withdrawal_leaves_lamports_of_tickets() {
    let mut fixture = grown(0);
    fixture.tickets.lamports = (4 * SOL).into();
    let snapshot = fixture.snapshot();
    assert_eq!(largest_sol_withdrawal(&snapshot, &USER), 6 * SOL);
    let error = quote_withdraw_sol(&snapshot, &USER, 6 * SOL + 1, None).unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::SolWithdrawalTooLarge));
    assert!(error.to_string().contains("(4.000000000 SOL are kept for exit tickets)"), "{error}");
}
