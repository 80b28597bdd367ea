//! A pool as the rule sees it: records, a reserve, and what the program and the passing of epochs do to them.

use {
    crate::{oracle::Plan, runner::Outcome},
    proptest::prelude::*,
    std::fmt,
    tidepool_interface::{
        rebalance::{Inputs, Rebalance, Verdict},
        state::{StakeStatus, ValidatorStakeInfo},
    },
};

/// Rent-exempt lamports of a stake account.
pub const STAKE_RENT: u64 = 2_282_880;

pub const SOL: u64 = 1_000_000_000;

/// A bump that can be cached.
const BUMP: u8 = 255;

#[derive(Clone, PartialEq)]
pub struct Pool {
    pub records: Vec<ValidatorStakeInfo>,
    /// The reserve is in here: [`Inputs::reserve_lamports`].
    pub inputs: Inputs,
}

/// A failing case is read by people: a line per validator, with what matters.
impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.inputs)?;
        for (index, record) in self.records.iter().enumerate() {
            let (active, transient) = (record.active_stake_lamports, record.transient_stake_lamports);
            let (weight, is_leaving) = (record.extension.weight, record.extension.is_leaving());
            write!(f, "  {index}: weight {weight:?} active {active:?} transient {transient:?}")?;
            writeln!(f, "{} status {}", if is_leaving { " leaving" } else { "" }, record.status)?;
        }
        Ok(())
    }
}

impl Pool {
    pub fn reserve(&self) -> u64 {
        self.inputs.reserve_lamports
    }

    pub fn total(&self) -> u128 {
        let stake = |record: &ValidatorStakeInfo| {
            u128::from(record.active_stake_lamports.get()) + u128::from(record.transient_stake_lamports.get())
        };
        u128::from(self.reserve()) + self.records.iter().map(stake).sum::<u128>()
    }

    pub fn survey(&self) -> Rebalance {
        Rebalance::survey(&self.records, &self.inputs)
    }

    /// Lamports that stay in the reserve for the rents of decreases.
    pub fn working(&self) -> u64 {
        self.inputs.policy.working_lamports(STAKE_RENT)
    }

    /// Lamports that SOL withdrawals and the staker's increases can take from the reserve.
    pub fn withdrawable(&self) -> u64 {
        self.reserve().saturating_sub(self.working())
    }

    /// As if the reserve had held the rents of decreases when the first weight was set.
    pub fn with_working_lamports(mut self) -> Self {
        self.inputs.reserve_lamports += self.working();
        self
    }

    /// How far anything may be off its target before it asks for a movement.
    pub fn tolerance(&self) -> u64 {
        self.inputs.policy.threshold.get().max(self.inputs.minimum_delegation)
    }

    /// What every validator stake account has to keep.
    pub fn required(&self) -> u64 {
        STAKE_RENT + self.inputs.minimum_delegation
    }

    /// Stake on its way to the reserve: what counts against the turnover budget.
    pub fn leaving_stake(&self) -> u128 {
        let without_rent = |lamports: u64| u128::from(lamports.saturating_sub(STAKE_RENT));
        let leaving = |record: &ValidatorStakeInfo| {
            let transient = without_rent(record.transient_stake_lamports.get());
            match (record.is_active(), record.extension.is_leaving()) {
                (true, true) => transient,
                (true, false) => 0,
                (false, _) => transient + without_rent(record.active_stake_lamports.get()),
            }
        };
        self.records.iter().map(leaving).sum()
    }

    /// Takes a validator's transient stake back, as if it had not moved.
    pub fn take_back(&mut self, index: usize) {
        let record = &mut self.records[index];
        let transient = record.transient_stake_lamports.get();
        let rent = transient.min(STAKE_RENT);
        if record.extension.is_leaving() {
            record.active_stake_lamports.set(record.active_stake_lamports.get() + transient - rent);
            self.inputs.reserve_lamports += rent;
        } else {
            self.inputs.reserve_lamports += transient;
        }
        record.transient_stake_lamports.set(0);
    }

    /// What the program does to the records and the reserve.
    pub fn apply(&mut self, index: usize, verdict: Verdict) {
        let record = &mut self.records[index];
        let (active, transient) = (record.active_stake_lamports.get(), record.transient_stake_lamports.get());
        let moving = transient.saturating_sub(STAKE_RENT);
        // A new account comes with its rent.
        let rent = if transient == 0 { STAKE_RENT } else { 0 };
        let reserve = &mut self.inputs.reserve_lamports;
        match verdict {
            Verdict::Increase(lamports) => {
                *reserve = *reserve + moving - lamports - rent;
                record.transient_stake_lamports.set(transient - moving + lamports + rent);
                record.extension.set_transient_bump(BUMP, false);
            }
            Verdict::Decrease(lamports) => {
                *reserve -= rent;
                record.active_stake_lamports.set(active + moving - lamports);
                record.transient_stake_lamports.set(transient - moving + lamports + rent);
                record.extension.set_transient_bump(BUMP, true);
            }
            Verdict::Recall => self.take_back(index),
            Verdict::Nothing(_) => {}
        }
    }

    /// The next epoch, and the pool's update into it: what was in motion arrives, the rent of its account comes back.
    /// Rewards are in basis points of what is staked.
    pub fn next_epoch(&mut self, rewards: u64) {
        self.inputs.last_epoch_total_lamports = u64::try_from(self.total()).expect("lamports of a model pool");
        for record in &mut self.records {
            let (active, transient) = (record.active_stake_lamports.get(), record.transient_stake_lamports.get());
            record.transient_stake_lamports.set(0);
            if !record.is_active() {
                self.inputs.reserve_lamports += active + transient;
                record.active_stake_lamports.set(0);
                record.status = StakeStatus::ReadyForRemoval as u8;
                continue;
            }
            let earned = active / 10_000 * rewards;
            if record.extension.is_leaving() {
                self.inputs.reserve_lamports += transient;
                record.active_stake_lamports.set(active + earned);
            } else {
                let rent = transient.min(STAKE_RENT);
                self.inputs.reserve_lamports += rent;
                record.active_stake_lamports.set(active + earned + transient - rent);
            }
        }
    }

    /// Serves validators in one call, in the caller's order, and checks each step. Answers whether anything moved.
    pub fn call(&mut self, indices: &[usize]) -> Result<bool, TestCaseError> {
        let mut rebalance = self.survey();
        let mut moved = false;
        for &index in indices {
            moved |= self.serve(&mut rebalance, index)?.is_movement();
        }
        Ok(moved)
    }

    /// Serves one validator in a call that has begun.
    pub fn serve(&mut self, rebalance: &mut Rebalance, index: usize) -> Result<Verdict, TestCaseError> {
        let verdict = rebalance.verdict(&self.records, index);
        self.check_movement(index, verdict)?;
        let before = self.records.get(index).copied();
        self.apply(index, verdict);
        if let Some(before) = before {
            rebalance.served(&before, verdict);
        }
        prop_assert_eq!(rebalance.reserve_lamports(), self.reserve());
        Ok(verdict)
    }

    /// What must hold of any movement, whoever asked for it.
    fn check_movement(&self, index: usize, verdict: Verdict) -> Outcome {
        if !verdict.is_movement() {
            return Ok(());
        }
        let record = &self.records[index];
        prop_assert!(record.is_active(), "a removed validator was touched");
        prop_assert!(record.extension.weight.get() > 0, "a validator without a weight was touched");
        let moving = record.transient_stake_lamports.get().saturating_sub(STAKE_RENT);
        let (has_transient, deactivates) = (record.transient_stake_lamports.get() > 0, record.extension.is_leaving());
        let minimum = self.inputs.minimum_delegation;
        let mut before = self.clone();
        before.take_back(index);
        let (plan, reserve) = (Plan::of(&before), u128::from(before.reserve()));
        let active = u128::from(before.records[index].active_stake_lamports.get());
        let target = plan.targets[index].unwrap_or(0);
        // The rule's targets may be a lamport less.
        let exceeds = if deactivates {
            has_transient && active + u128::from(minimum) <= target + u128::from(moving)
        } else {
            has_transient && active + u128::from(moving) + 1 >= target + u128::from(minimum)
        };
        match verdict {
            Verdict::Increase(lamports) => {
                prop_assert!(lamports >= minimum, "{lamports} cannot be delegated");
                prop_assert!(!has_transient || !deactivates, "deactivating stake turned back");
                prop_assert!(
                    !has_transient || lamports.abs_diff(moving) >= minimum,
                    "a change by less than the minimum"
                );
                prop_assert!(
                    lamports > moving || exceeds,
                    "stake was recalled from a validator that is not above target"
                );
                let rent = if has_transient { record.transient_stake_lamports.get() - moving } else { STAKE_RENT };
                let spent = u128::from(lamports) + u128::from(rent);
                prop_assert!(
                    lamports <= moving || reserve >= plan.reserve_target + spent,
                    "an increase went into the reserve's target"
                );
                let after = active + u128::from(lamports);
                prop_assert!(plan.cap.is_none_or(|cap| after <= cap), "over the cap");
                prop_assert!(after < target + u128::from(minimum) + 1, "over the target");
            }
            Verdict::Decrease(lamports) => {
                prop_assert!(lamports >= minimum, "{lamports} cannot be delegated");
                prop_assert!(!has_transient || deactivates, "activating stake became deactivating");
                prop_assert!(
                    !has_transient || lamports.abs_diff(moving) >= minimum,
                    "a change by less than the minimum"
                );
                prop_assert!(lamports > moving || exceeds, "stake was recalled that is not needed");
                prop_assert!(has_transient || reserve >= u128::from(STAKE_RENT), "the reserve lent what it has not");
                let after = active.checked_sub(lamports.into());
                prop_assert!(after.is_some_and(|after| after >= self.required().into()), "too little is left");
                prop_assert!(after.is_some_and(|after| after + u128::from(minimum) >= target), "below the target");
                let leaving = before.leaving_stake() + u128::from(lamports);
                prop_assert!(
                    lamports <= moving || plan.budget.is_none_or(|budget| leaving <= budget),
                    "over the turnover budget"
                );
            }
            Verdict::Recall => {
                prop_assert!(exceeds, "stake was recalled that does not bring its validator past the target")
            }
            Verdict::Nothing(_) => {}
        }
        Ok(())
    }
}
