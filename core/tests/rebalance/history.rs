//! Histories of a pool: what callers, holders, the staker and time do to it, in any order.

use {
    crate::{
        model::{Pool, SOL, STAKE_RENT},
        oracle::Plan,
        runner::Outcome,
    },
    proptest::{collection::vec, prelude::*},
    tidepool_core::rebalance::{Verdict, turnover_left},
};

/// One thing that happens. Validators are named by a number that is taken modulo their count, amounts by thousandths of
/// what there is.
#[derive(Clone, Debug)]
pub enum Step {
    /// A call for validators, in this order.
    Call(Vec<u16>),
    /// The next epoch, with rewards in basis points.
    Epoch(u64),
    /// SOL comes into the reserve.
    DepositSol(u64),
    /// SOL leaves the reserve.
    WithdrawSol(u64),
    /// A holder brings stake of a validator.
    DepositStake(u16, u64),
    /// A holder takes stake of a validator.
    WithdrawStake(u16, u64),
    /// The staker sends stake of a validator to the reserve.
    Decrease(u16, u64),
    /// The staker sends SOL of the reserve to a validator.
    Increase(u16, u64),
    /// The staker gives a validator a weight.
    SetWeight(u16, u16),
}

pub fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let validator = any::<u16>;
    let part = || 0..=1_000u64;
    let amount = || prop_oneof![0..=5 * STAKE_RENT, 0..=5 * SOL, 0..=10_000 * SOL];
    let step = prop_oneof![
        8 => vec(validator(), 0..40).prop_map(Step::Call),
        3 => (0..5u64).prop_map(Step::Epoch),
        2 => amount().prop_map(Step::DepositSol),
        1 => part().prop_map(Step::WithdrawSol),
        1 => (validator(), amount()).prop_map(|(validator, amount)| Step::DepositStake(validator, amount)),
        1 => (validator(), part()).prop_map(|(validator, part)| Step::WithdrawStake(validator, part)),
        2 => (validator(), part()).prop_map(|(validator, part)| Step::Decrease(validator, part)),
        1 => (validator(), part()).prop_map(|(validator, part)| Step::Increase(validator, part)),
        1 => (validator(), 0..200u16).prop_map(|(validator, weight)| Step::SetWeight(validator, weight)),
    ];
    vec(step, 1..most)
}

pub fn part_of(lamports: u64, thousandths: u64) -> u64 {
    lamports / 1_000 * thousandths
}

impl Pool {
    /// Lets something happen. `Pool::call` checks what the rule does; the staker's decreases are checked here.
    pub fn live(&mut self, step: &Step) -> Outcome {
        let index = |number: u16| usize::from(number) % self.records.len();
        match *step {
            Step::Call(ref numbers) => {
                let indices: Vec<usize> = numbers.iter().map(|number| index(*number)).collect();
                self.call(&indices)?;
            }
            Step::Epoch(rewards) => self.next_epoch(rewards),
            Step::DepositSol(lamports) => self.inputs.reserve_lamports += lamports,
            Step::WithdrawSol(part) => self.inputs.reserve_lamports -= part_of(self.withdrawable(), part),
            Step::DepositStake(number, lamports) => self.add_stake(index(number), lamports),
            Step::WithdrawStake(number, part) => {
                let index = index(number);
                self.take_stake(index, part_of(self.spare(index), part));
            }
            Step::Decrease(number, part) => self.staker_decreases(index(number), part)?,
            Step::Increase(number, part) => {
                let lamports = part_of(self.withdrawable(), part).saturating_sub(STAKE_RENT);
                if self.is_free(index(number)) && lamports >= self.inputs.minimum_delegation {
                    self.apply(index(number), Verdict::Increase(lamports));
                }
            }
            Step::SetWeight(number, weight) => {
                let index = index(number);
                self.records[index].weight = weight;
            }
        }
        Ok(())
    }

    pub fn take_stake(&mut self, index: usize, lamports: u64) {
        self.records[index].active_lamports -= lamports;
    }

    pub fn add_stake(&mut self, index: usize, lamports: u64) {
        if self.records[index].is_active {
            self.records[index].active_lamports += lamports;
        }
    }

    /// What can be taken from a validator's account.
    pub fn spare(&self, index: usize) -> u64 {
        let record = &self.records[index];
        if record.is_active { record.active_lamports.saturating_sub(self.required()) } else { 0 }
    }

    fn is_free(&self, index: usize) -> bool {
        self.records[index].is_active && self.records[index].transient_lamports == 0
    }

    /// As the program does it: within what `turnover_left` says, which is what a rebalance may take, or two minimum delegations
    /// where these are more.
    fn staker_decreases(&mut self, index: usize, part: u64) -> Outcome {
        let total = u64::try_from(self.total()).expect("lamports of a model pool");
        let base = total.min(self.inputs.last_epoch_total_lamports);
        let minimum = self.inputs.minimum_delegation;
        let left = turnover_left(&self.records, &self.inputs.policy, base, STAKE_RENT, minimum);
        let budget = Plan::of(self).budget.map(|budget| budget.max(u128::from(minimum) * 2));
        let expected = budget.map_or(u64::MAX.into(), |budget| budget.saturating_sub(self.leaving_stake()));
        prop_assert_eq!(u128::from(left), expected, "one budget, told twice");
        let lamports = part_of(self.spare(index), part);
        let can_pay = self.reserve() >= STAKE_RENT && lamports >= self.inputs.minimum_delegation;
        if self.is_free(index) && can_pay && lamports <= left {
            self.apply(index, Verdict::Decrease(lamports));
            prop_assert!(budget.is_none_or(|budget| self.leaving_stake() <= budget), "the staker is over the budget");
        }
        Ok(())
    }
}
