//! The growth charge: a deposit around the turn of an epoch takes nothing from those who were there.

use {
    crate::pools::{extended, next_epoch, set_limits, sol},
    tidepool_core::maths::ExchangeRate,
    tidepool_interface::StakePoolError::ExceededSlippage,
    tidepool_tests::{accounts::UserStake, harness::Harness, instructions::Holder},
};

fn newcomer(h: &mut Harness) -> Holder {
    let wallet = tidepool_tests::accounts::add_wallet(sol(10_000), &mut h.vm);
    Holder { wallet, tokens: h.pool.add_token_account(wallet, 0, &mut h.vm) }
}

/// Deposits now, leaves after the next update, and says what came out for what went in.
fn round_trip(h: &mut Harness, lamports: u64, millionths: u64) -> i128 {
    let trader = newcomer(h);
    h.succeed(&h.pool.deposit_sol(trader.wallet, h.receiver(trader), None, lamports, None));
    next_epoch(h, millionths);
    let before = h.lamports(&trader.wallet);
    h.succeed(&h.pool.withdraw_sol(trader, None, h.tokens(trader), None));
    i128::from(h.lamports(&trader.wallet) - before) - i128::from(lamports)
}

/// Growth of the exchange rate, as a share.
fn growth(after: &ExchangeRate, before: &ExchangeRate) -> f64 {
    let value = |rate: &ExchangeRate| rate.total_lamports.get() as f64 / rate.pool_token_supply.get() as f64;
    value(after) / value(before) - 1.0
}

/// With the charge of one epoch, a deposit at the end of an epoch gains what the next epoch grows more than the last, and less than
/// its rounding where it does not.
#[test]
fn a_deposit_and_exit_around_the_turn_of_an_epoch_gains_nothing() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..100 {
        let mut h = extended();
        set_limits(&mut h, |l| l.growth_charge.set(100));
        let mut rates = [h.rate(); 2];
        for _ in 0..random.u8(1..4) {
            next_epoch(&mut h, random.u64(100..900));
            rates = [rates[1], h.rate()];
        }
        let lamports = random.u64(1_000_000..sol(90));
        let gain = round_trip(&mut h, lamports, random.u64(100..900));
        let [first, second] = [growth(&rates[1], &rates[0]), growth(&h.rate(), &rates[1])];
        let most = (lamports as f64 * (second - first)).max(0.0) + 2.0;
        assert!(gain as f64 <= most, "{gain} lamports by {lamports}: {first} and {second}");
    }
}

/// Without the charge the same deposit pays: what the test above would miss.
#[test]
fn without_the_charge_it_pays() {
    let mut h = extended();
    for _ in 0..2 {
        next_epoch(&mut h, 500);
    }
    assert!(round_trip(&mut h, sol(50), 500) > 1_000_000);
}

/// Missed epochs count: the growth of one epoch is charged, and not that of all of them.
#[test]
fn the_growth_of_missed_epochs_is_divided() {
    let charge = |epochs: u64| {
        let mut h = extended();
        set_limits(&mut h, |l| l.growth_charge.set(100));
        next_epoch(&mut h, 0);
        for _ in 1..epochs {
            crate::pools::pass_epoch(&mut h);
        }
        next_epoch(&mut h, 400 * epochs);
        let trader = newcomer(&mut h);
        let (rate, lamports) = (h.rate(), sol(10));
        h.succeed(&h.pool.deposit_sol(trader.wallet, h.receiver(trader), None, lamports, None));
        let whole =
            u128::from(lamports) * u128::from(rate.pool_token_supply.get()) / u128::from(rate.total_lamports.get());
        whole - u128::from(h.tokens(trader))
    };
    let (one, five) = (charge(1), charge(5));
    assert!(one > 0 && one.abs_diff(five) < one / 50, "{one} and {five}");
}

/// The charge is for all holders: the pool keeps the lamports, and no token of it is the manager's.
#[test]
fn the_charge_belongs_to_the_holders() {
    let mut h = extended();
    set_limits(&mut h, |l| l.growth_charge.set(200));
    next_epoch(&mut h, 800);
    let (before, trader) = (h.rate(), newcomer(&mut h));
    h.succeed(&h.pool.deposit_sol(trader.wallet, h.receiver(trader), None, sol(20), None));
    let after = h.rate();
    assert_eq!(after.total_lamports.get(), before.total_lamports.get() + sol(20));
    assert_eq!(after.pool_token_supply.get(), before.pool_token_supply.get() + h.tokens(trader));
    assert!(after.is_above(&before));
    // SPL's clients do not know it: a bound that they send may refuse the deposit.
    let whole = before.pool_tokens_for_deposit(tidepool_core::maths::Lamports::new(sol(1))).unwrap().get();
    let bounded = h.pool.deposit_sol(trader.wallet, h.receiver(trader), None, sol(1), Some(whole));
    h.refused(&bounded, ExceededSlippage as u32);
}

/// Stake earned during the epoch, so its deposit is not charged.
#[test]
fn stake_is_not_charged() {
    let mut h = extended();
    set_limits(&mut h, |l| l.growth_charge.set(1_000));
    next_epoch(&mut h, 800);
    let trader = newcomer(&mut h);
    let authority = h.pool.state.head.stake_deposit_authority;
    let vote = h.vote(0);
    let stake = UserStake { authority, vote, delegated: sol(5), idle: 0, activation_epoch: 0 }.add(&mut h.vm);
    let lamports = h.lamports(&stake);
    let rate = h.rate();
    h.succeed(&h.pool.deposit_stake(authority, stake, h.stake(0), h.receiver(trader), None));
    let whole = rate.pool_tokens_for_deposit(tidepool_core::maths::Lamports::new(lamports)).unwrap().get();
    assert_eq!(h.tokens(trader), whole);
}
