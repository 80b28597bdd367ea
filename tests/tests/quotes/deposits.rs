//! Deposits.

use {
    crate::harness::{
        Balances, CASES, EPOCH, Harness, MOST_LAMPORTS, Tally, bound, check_refusal, check_success, machine, run,
    },
    proptest::prelude::*,
    tidepool_client::quote::{quote_deposit_sol, quote_deposit_stake},
    tidepool_tests::{
        accounts::UserStake,
        random::{amount, check, pool},
    },
};

#[test]
fn a_sol_deposit_yields_what_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    check(CASES, (pool(EPOCH, 2), amount(MOST_LAMPORTS), bound()), |(spec, lamports, minimum)| {
        let vm = &mut machine.borrow_mut();
        let mut h = Harness::new(&spec, vm);
        let quote = quote_deposit_sol(&h.snapshot(), lamports, minimum).map(|quote| quote.pool_tokens);
        let instruction = h.pool.deposit_sol(h.holder.wallet, h.to, None, lamports, minimum);
        let (outcome, change) = run(&mut h, &instruction);
        tally.count(quote.is_ok());
        let quote = match quote {
            Err(error) => return check_refusal(&error, &outcome),
            // A frozen fee account blocks deposits that owe the manager something, in the token program.
            Ok(quote) if spec.fee_account_frozen && quote.to_manager.get() > 0 => {
                prop_assert!(!outcome.is_ok());
                return Ok(());
            }
            Ok(quote) => quote,
        };
        check_success(&outcome)?;
        let expected = Balances {
            holder: quote.to_depositor.get().into(),
            manager: quote.to_manager.get().into(),
            referrer: quote.to_referrer.get().into(),
            reserve: lamports.into(),
            total: lamports.into(),
            supply: quote.minted.get().into(),
        };
        prop_assert_eq!(change, expected);
        Ok(())
    });
    tally.check();
}

#[test]
fn a_stake_deposit_yields_what_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    let stake = (1_000_000_000..=1_000_000_000_000_000u64, amount(5_000_000_000), any::<prop::sample::Index>());
    check(CASES, (pool(EPOCH, 4), stake, bound()), |(spec, (delegated, idle, index), minimum)| {
        prop_assume!(!spec.validators.is_empty());
        let vm = &mut machine.borrow_mut();
        let mut h = Harness::new(&spec, vm);
        let validator = *index.get(&h.pool.validators);
        let authority = h.pool.state.head.stake_deposit_authority;
        let user = UserStake { authority, vote: validator.vote, delegated, idle, activation_epoch: 0 };
        let deposit = user.add(h.vm);
        let quote = quote_deposit_stake(&h.snapshot(), &h.vm.account(&deposit), minimum);
        let instruction = h.pool.deposit_stake(authority, deposit, validator.stake, h.to, minimum);
        let (outcome, change) = run(&mut h, &instruction);
        tally.count(quote.is_ok());
        let quote = match quote {
            Err(error) => return check_refusal(&error, &outcome),
            Ok(quote) if spec.fee_account_frozen && quote.pool_tokens.to_manager.get() > 0 => {
                prop_assert!(!outcome.is_ok());
                return Ok(());
            }
            Ok(quote) => quote,
        };
        check_success(&outcome)?;
        let tokens = quote.pool_tokens;
        let expected = Balances {
            holder: tokens.to_depositor.get().into(),
            manager: tokens.to_manager.get().into(),
            referrer: tokens.to_referrer.get().into(),
            reserve: i128::from(quote.total_lamports) - i128::from(quote.stake_lamports),
            total: quote.total_lamports.into(),
            supply: tokens.minted.get().into(),
        };
        prop_assert_eq!(change, expected);
        Ok(())
    });
    tally.check();
}
