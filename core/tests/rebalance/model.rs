//! A model of a pool: records, a reserve, the program's movements and the changes of epochs.

use {
    crate::{oracle::Plan, runner::Outcome},
    proptest::prelude::*,
    std::fmt,
    tidepool_core::{
        Validator,
        rebalance::{Inputs, Rebalance, Verdict},
    },
};

/// Rent-exempt lamports of a stake account.
pub const STAKE_RENT: u64 = 2_282_880;

pub const SOL: u64 = 1_000_000_000;

#[derive(Clone, PartialEq)]
pub struct Pool {
    pub records: Vec<Validator>,
    /// Includes the reserve: [`Inputs::reserve_lamports`].
    pub inputs: Inputs,
}

/// Readable output of failing cases: a line per validator with the relevant fields.
impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.inputs)?;
        for (index, record) in self.records.iter().enumerate() {
            let (active, transient) = (record.active_lamports, record.transient_lamports);
            let (weight, is_deactivating) = (record.weight, record.is_deactivating);
            write!(f, "  {index}: weight {weight:?} active {active:?} transient {transient:?}")?;
            writeln!(
                f,
                "{}{}",
                if is_deactivating { " deactivating" } else { "" },
                if record.is_active { "" } else { " removed" }
            )?;
        }
        Ok(())
    }
}

impl Pool {
    pub fn reserve(&self) -> u64 {
        self.inputs.reserve_lamports
    }

    pub fn total(&self) -> u128 {
        let stake = |record: &Validator| u128::from(record.active_lamports) + u128::from(record.transient_lamports);
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

    /// Maximum deviation that causes no movement.
    pub fn tolerance(&self) -> u64 {
        self.inputs.policy.threshold.max(self.inputs.minimum_delegation)
    }

    /// Minimum balance of a validator stake account.
    pub fn required(&self) -> u64 {
        STAKE_RENT + self.inputs.minimum_delegation
    }

    /// Deactivating stake, which counts against the turnover budget.
    pub fn leaving_stake(&self) -> u128 {
        let without_rent = |lamports: u64| u128::from(lamports.saturating_sub(STAKE_RENT));
        let leaving = |record: &Validator| {
            let transient = without_rent(record.transient_lamports);
            match (record.is_active, record.is_deactivating) {
                (true, true) => transient,
                (true, false) => 0,
                (false, _) => transient + without_rent(record.active_lamports),
            }
        };
        self.records.iter().map(leaving).sum()
    }

    /// Undoes a validator's movement of this epoch.
    pub fn take_back(&mut self, index: usize) {
        let record = &mut self.records[index];
        let transient = record.transient_lamports;
        let rent = transient.min(STAKE_RENT);
        if record.is_deactivating {
            record.active_lamports = record.active_lamports + transient - rent;
            self.inputs.reserve_lamports += rent;
        } else {
            self.inputs.reserve_lamports += transient;
        }
        record.transient_lamports = 0;
    }

    /// Executes a verdict, as the program does.
    pub fn apply(&mut self, index: usize, verdict: Verdict) {
        let record = &mut self.records[index];
        let (active, transient) = (record.active_lamports, record.transient_lamports);
        let moving = transient.saturating_sub(STAKE_RENT);
        // A new account needs its rent.
        let rent = if transient == 0 { STAKE_RENT } else { 0 };
        let reserve = &mut self.inputs.reserve_lamports;
        match verdict {
            Verdict::Increase(lamports) => {
                *reserve = *reserve + moving - lamports - rent;
                record.transient_lamports = transient - moving + lamports + rent;
                record.is_deactivating = false;
            }
            Verdict::Decrease(lamports) => {
                *reserve -= rent;
                record.active_lamports = active + moving - lamports;
                record.transient_lamports = transient - moving + lamports + rent;
                record.is_deactivating = true;
            }
            Verdict::Recall => self.take_back(index),
            Verdict::Nothing(_) => {}
        }
    }

    /// Advances to the next epoch and updates the pool: transient stake is merged, and the rent of its account returns. Rewards are in
    /// basis points of the active stake.
    pub fn next_epoch(&mut self, rewards: u64) {
        self.inputs.last_epoch_total_lamports = u64::try_from(self.total()).expect("lamports of a model pool");
        for record in &mut self.records {
            let (active, transient) = (record.active_lamports, record.transient_lamports);
            record.transient_lamports = 0;
            if !record.is_active {
                self.inputs.reserve_lamports += active + transient;
                record.active_lamports = 0;
                record.is_active = false;
                continue;
            }
            let earned = active / 10_000 * rewards;
            if record.is_deactivating {
                self.inputs.reserve_lamports += transient;
                record.active_lamports = active + earned;
            } else {
                let rent = transient.min(STAKE_RENT);
                self.inputs.reserve_lamports += rent;
                record.active_lamports = active + earned + transient - rent;
            }
        }
    }

    /// Rebalances validators in one call, in the caller's order, and checks each movement. Returns whether stake moved.
    pub fn call(&mut self, indices: &[usize]) -> Result<bool, TestCaseError> {
        let mut rebalance = self.survey();
        let mut moved = false;
        for &index in indices {
            moved |= self.serve(&mut rebalance, index)?.is_movement();
        }
        Ok(moved)
    }

    /// Rebalances one validator within a call.
    pub fn serve(&mut self, rebalance: &mut Rebalance, index: usize) -> Result<Verdict, TestCaseError> {
        let verdict = rebalance.verdict(&self.records, index);
        self.check_movement(index, verdict)?;
        let before = self.records.get(index).copied();
        self.apply(index, verdict);
        if let Some(before) = before {
            rebalance.record_movement(&before, verdict);
        }
        prop_assert_eq!(rebalance.reserve_lamports(), self.reserve());
        Ok(verdict)
    }

    /// Checks the properties of every movement.
    fn check_movement(&self, index: usize, verdict: Verdict) -> Outcome {
        if !verdict.is_movement() {
            return Ok(());
        }
        let record = &self.records[index];
        prop_assert!(record.is_active, "a removed validator was touched");
        prop_assert!(record.weight > 0, "a validator without a weight was touched");
        let moving = record.transient_lamports.saturating_sub(STAKE_RENT);
        let (has_transient, deactivates) = (record.transient_lamports > 0, record.is_deactivating);
        let minimum = self.inputs.minimum_delegation;
        let mut before = self.clone();
        before.take_back(index);
        let (plan, reserve) = (Plan::of(&before), u128::from(before.reserve()));
        let active = u128::from(before.records[index].active_lamports);
        let target = plan.targets[index].unwrap_or(0);
        // The rule's targets can be a lamport lower.
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
                let rent = if has_transient { record.transient_lamports - moving } else { STAKE_RENT };
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
                prop_assert!(
                    has_transient || reserve >= u128::from(STAKE_RENT),
                    "the reserve lent more than its balance"
                );
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
