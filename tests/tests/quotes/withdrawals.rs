//! Withdrawals.

use {
    crate::harness::{
        Balances, CASES, EPOCH, HOLDER_LAMPORTS, Harness, MOST_LAMPORTS, Tally, bound, check_refusal, check_success,
        machine, run,
    },
    proptest::prelude::*,
    solana_address::Address,
    tidepool_client::{
        pool::PoolSnapshot,
        quote::{WithdrawFrom, quote_withdraw_sol, quote_withdraw_stake},
    },
    tidepool_core::withdrawal::{StakeSource, Withdrawable, WithdrawalLimits},
    tidepool_tests::{
        accounts::add_empty_stake,
        pool::PoolSpec,
        random::{amount, check, pool},
        snapshot::STAKE_PROGRAM_MINIMUM,
    },
};

#[test]
fn a_sol_withdrawal_yields_what_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    check(CASES, (pool(EPOCH, 2), amount(MOST_LAMPORTS), bound()), |(spec, tokens, minimum)| {
        let vm = &mut machine.borrow_mut();
        let mut h = Harness::new(&spec, vm);
        let tokens = tokens.min(spec.supply);
        let quote = quote_withdraw_sol(&h.snapshot(), &h.holder.tokens, tokens, minimum);
        let instruction = h.pool.withdraw_sol(h.holder, None, tokens, minimum);
        let (outcome, change) = run(&mut h, &instruction);
        tally.count(quote.is_ok());
        let quote = match quote {
            Err(error) => return check_refusal(&error, &outcome),
            Ok(quote) => quote,
        };
        check_success(&outcome)?;
        let expected = Balances {
            holder: -i128::from(tokens),
            manager: quote.fee.get().into(),
            referrer: 0,
            reserve: -i128::from(quote.lamports.get()),
            total: -i128::from(quote.lamports.get()),
            supply: -i128::from(quote.burnt.get()),
        };
        prop_assert_eq!(change, expected);
        prop_assert_eq!(h.vm.account(&h.holder.wallet).lamports - HOLDER_LAMPORTS, quote.lamports.get());
        Ok(())
    });
    tally.check();
}

/// Lamports a byte that the rent of today's clusters is.
const USUAL_RENT: u64 = 6_960;

/// How much to withdraw.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wish {
    /// Any number of pool tokens.
    Any,
    /// All of a validator's stake account, or a pool token or two more.
    Whole,
    /// What the validator may be able to give.
    Part,
}

/// Pool tokens for about `lamports`.
fn tokens_for(spec: &PoolSpec, lamports: u64) -> u64 {
    let tokens = u128::from(lamports) * u128::from(spec.supply) / u128::from(spec.total_lamports.max(1));
    u64::try_from(tokens).unwrap_or(u64::MAX)
}

#[test]
fn a_stake_withdrawal_yields_what_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    let wish = (
        amount(MOST_LAMPORTS),
        any::<prop::sample::Index>(),
        prop_oneof![2 => Just(Wish::Any), 3 => Just(Wish::Whole), 5 => Just(Wish::Part)],
        0..20u8,
        prop_oneof![8 => Just(USUAL_RENT), 1 => Just(3 * USUAL_RENT), 1 => Just(USUAL_RENT / 10)],
    );
    check(
        CASES,
        (pool(EPOCH, 4), wish, bound()),
        |(mut spec, (tokens, index, wish, reserve, lamports_per_byte), minimum)| {
            let from_reserve = reserve == 0 || spec.validators.is_empty();
            match wish {
                Wish::Any => {}
                Wish::Whole => {
                    // One pool token, one lamport: then the tokens for a whole account can be named.
                    spec.supply = 1_000_000_000_000_000;
                    spec.total_lamports = spec.supply;
                    spec.terms.stake_withdrawal_fee = Default::default();
                }
                Wish::Part => {
                    // The pool must have the value of its validators' stake.
                    let stake: u64 = spec.validators.iter().map(|validator| validator.delegated).sum();
                    spec.total_lamports = (2 * stake).max(STAKE_PROGRAM_MINIMUM);
                    spec.supply = spec.total_lamports / 1_000 * (800 + u64::from(reserve));
                }
            }
            let vm = &mut machine.borrow_mut();
            vm.set_rent(USUAL_RENT);
            let mut h = Harness::new(&spec, vm);
            // The present accounts were made under another rent.
            h.vm.set_rent(lamports_per_byte);
            let head = h.pool.state.head;
            let snapshot = h.snapshot();
            let (from, tokens) = if from_reserve {
                (WithdrawFrom::Reserve, tokens.min(spec.supply))
            } else {
                let validator = *index.get(&h.pool.validators);
                let balance = h.vm.account(&validator.stake).lamports;
                let tokens = match wish {
                    Wish::Any => tokens,
                    Wish::Whole => balance + u64::from(reserve % 3),
                    Wish::Part => tokens_for(&spec, STAKE_PROGRAM_MINIMUM + tokens % balance),
                };
                (WithdrawFrom::Validator(validator.vote), tokens.min(spec.supply))
            };
            let quote = quote_withdraw_stake(&snapshot, from, &h.holder.tokens, tokens, minimum);
            let split_from = match (&quote, from) {
                (Ok(quote), _) => quote.split_from,
                (Err(_), WithdrawFrom::Reserve) => head.reserve_stake,
                (Err(_), WithdrawFrom::Validator(vote)) => expected_source(&snapshot, &vote),
            };
            let balance_before = h.vm.account(&split_from).lamports;
            let split_to = add_empty_stake(h.vm);
            let rent = h.vm.account(&split_to).lamports;
            let instruction = h.pool.withdraw_stake(h.holder, split_from, split_to, tokens, minimum);
            let (outcome, change) = run(&mut h, &instruction);
            tally.count(quote.is_ok());
            let quote = match quote {
                Err(error) if balance_before == 0 => {
                    // Nothing is there that the program could read before it says why.
                    prop_assert!(!outcome.is_ok(), "refused, but done: {}", error);
                    return Ok(());
                }
                Err(error) => return check_refusal(&error, &outcome),
                Ok(quote) => quote.yields,
            };
            check_success(&outcome)?;
            let from_reserve = split_from == head.reserve_stake;
            let expected = Balances {
                holder: -i128::from(tokens),
                manager: quote.fee.get().into(),
                referrer: 0,
                reserve: if from_reserve { -i128::from(quote.lamports.get()) } else { 0 },
                total: -i128::from(quote.lamports.get()),
                supply: -i128::from(quote.burnt.get()),
            };
            prop_assert_eq!(change, expected);
            prop_assert_eq!(h.vm.account(&split_to).lamports - rent, quote.lamports.get());
            prop_assert_eq!(balance_before - h.vm.account(&split_from).lamports, quote.lamports.get());
            Ok(())
        },
    );
    tally.check();
}

/// The account that SPL's order points to, where the quote refuses for another reason.
fn expected_source(snapshot: &PoolSnapshot, vote: &Address) -> Address {
    let validator = snapshot.validator(vote).expect("a validator of the pool");
    let environment = snapshot.environment();
    let Ok(limits) =
        WithdrawalLimits::new(&snapshot.rate(), environment.stake_rent(), environment.stake_program_minimum)
    else {
        return validator.addresses.validator;
    };
    match Withdrawable::scan(snapshot.records(), &limits).source(validator.record) {
        StakeSource::Transient => validator.addresses.transient,
        StakeSource::Active | StakeSource::ValidatorRemoval => validator.addresses.validator,
    }
}
