//! A holder with capital and without a key: what they own, and the fees that they pay.

use {
    crate::{
        history::{Step, part_of},
        model::Pool,
        runner::Outcome,
    },
    proptest::prelude::*,
    tidepool_core::{
        maths::{ExchangeRate, Fee, Lamports, PoolTokens},
        quote,
        rebalance::BASIS_POINTS,
    },
};

/// Fees on withdrawals, in basis points of the pool tokens. The manager receives these tokens.
#[derive(Clone, Copy, Debug)]
pub struct Fees {
    sol: u16,
    stake: u16,
}

pub fn fees() -> impl Strategy<Value = Fees> {
    let fee = || prop_oneof![2 => Just(0), 2 => 1..=100u16, 1 => 1..=5_000u16];
    (fee(), fee()).prop_map(|(sol, stake)| Fees { sol, stake })
}

/// A pool, and a holder who acts on it.
#[derive(Clone, Debug)]
pub struct Holding {
    pub pool: Pool,
    supply: u64,
    /// Lamports outside the pool, in SOL and in stake of any validator.
    wallet: u64,
    tokens: u64,
    fees: Fees,
}

impl Holding {
    /// A holder of half of the pool, with as much outside it as the whole pool has.
    pub fn new(pool: Pool, fees: Fees) -> Self {
        let total = total(&pool);
        // No round rate: 1.1 lamports per pool token.
        let supply = total / 11 * 10;
        Self { pool, supply, wallet: total, tokens: supply / 2, fees }
    }

    fn rate(&self) -> ExchangeRate {
        ExchangeRate {
            total_lamports: Lamports::new(total(&self.pool)),
            pool_token_supply: PoolTokens::new(self.supply),
        }
    }

    /// Lamports that the holder owns, the value of their pool tokens included.
    pub fn wealth(&self) -> u128 {
        let (tokens, supply) = (u128::from(self.tokens), u128::from(self.supply));
        u128::from(self.wallet) + (tokens * self.pool.total()).checked_div(supply).unwrap_or(0)
    }

    /// Lets the holder act. They gain nothing from it: each quote is rounded down.
    pub fn act(&mut self, step: &Step) -> Outcome {
        let before = self.wealth();
        let index = |number: u16| usize::from(number) % self.pool.records.len();
        match *step {
            Step::DepositSol(lamports) => {
                let lamports = self.deposit(lamports);
                self.pool.inputs.reserve_lamports += lamports;
            }
            Step::DepositStake(number, lamports) if self.pool.records[index(number)].is_active => {
                let (index, lamports) = (index(number), self.deposit(lamports));
                self.pool.add_stake(index, lamports);
            }
            Step::DepositStake(..) => {}
            Step::WithdrawSol(part) => {
                let lamports = self.withdraw(part_of(self.pool.withdrawable(), part), self.fees.sol);
                self.pool.inputs.reserve_lamports -= lamports;
            }
            Step::WithdrawStake(number, part) => {
                let index = index(number);
                let lamports = self.withdraw(part_of(self.pool.spare(index), part), self.fees.stake);
                self.pool.take_stake(index, lamports);
            }
            ref step => self.pool.live(step)?,
        }
        let after = self.wealth();
        prop_assert!(after <= before, "{step:?} makes {after} lamports of {before}");
        Ok(())
    }

    /// Pays up to `lamports` into the pool. Returns the lamports that the pool receives.
    fn deposit(&mut self, lamports: u64) -> u64 {
        let lamports = lamports.min(self.wallet);
        let Ok(quote) = quote::sol_deposit(&self.rate(), &Fee::default(), 0, Lamports::new(lamports)) else { return 0 };
        self.wallet -= lamports;
        self.supply += quote.minted.get();
        self.tokens += quote.to_depositor.get();
        lamports
    }

    /// Withdraws up to `lamports` for pool tokens. Returns the lamports that leave the pool.
    fn withdraw(&mut self, lamports: u64, fee: u16) -> u64 {
        let (rate, left) = (self.rate(), u128::from(BASIS_POINTS - fee));
        let burnt = u128::from(lamports) * u128::from(self.supply) / u128::from(rate.total_lamports.get().max(1));
        let tokens = burnt * u128::from(BASIS_POINTS) / left;
        let tokens = u64::try_from(tokens).map_or(self.tokens, |tokens| tokens.min(self.tokens));
        let fee = Fee::new(fee.into(), BASIS_POINTS.into());
        let Ok(quote) = quote::withdrawal(&rate, Some(&fee), PoolTokens::new(tokens)) else { return 0 };
        self.tokens -= tokens;
        self.supply -= quote.burnt.get();
        self.wallet += quote.lamports.get();
        quote.lamports.get()
    }
}

fn total(pool: &Pool) -> u64 {
    u64::try_from(pool.total()).expect("lamports of a model pool")
}
