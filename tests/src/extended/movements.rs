//! Movements of stake, and what must be so of each: by a rebalance, and by the staker.

use {
    super::{
        crank::last_lines,
        oracle::{MINIMUM, Oracle, is_active},
        world::{Finding, World},
    },
    crate::{ensure, vm::Outcome},
    tidepool_interface::{
        ExtensionError::TurnoverBudgetExceeded, StakePoolError::StakeListAndPoolOutOfDate, state::ValidatorStakeInfo,
    },
};

/// A pool before or after a call.
struct Scene {
    records: Vec<ValidatorStakeInfo>,
    reserve: u64,
    oracle: Oracle,
}

/// What a call moved.
#[derive(Clone, Copy, Debug, Default)]
struct Moved {
    increases: u64,
    decreases: u64,
    /// Movements that were taken back, wholly or in part.
    recalls: u64,
    /// Lamports delegated, less those that were recalled.
    delegated: i128,
    /// Lamports deactivated, less those that stay with their validators.
    deactivated: i128,
    /// Transient stake accounts made, less those closed.
    opened: i128,
}

/// Stake of a validator before the epoch's movements, and what moves: above 0 what activates, below 0 what deactivates.
pub fn base_and_moving(record: &ValidatorStakeInfo, stake_rent: u64) -> (i128, i128) {
    let moving = i128::from(record.transient_stake_lamports.get().saturating_sub(stake_rent));
    let active = i128::from(record.active_stake_lamports.get());
    if record.extension.is_deactivating() { (active + moving, -moving) } else { (active, moving) }
}

impl World<'_> {
    fn scene(&self) -> Scene {
        let records = self.records();
        Scene { oracle: self.oracle(&records, self.reserve()), reserve: self.reserve(), records }
    }

    /// Runs a rebalance of the validators at these indices, and returns how many it moved stake of.
    ///
    /// # Errors
    /// Where it fails, or does what it must not.
    pub fn rebalance(&mut self, indices: &[usize]) -> Result<usize, Finding> {
        if self.is_wild {
            return Ok(self.rebalance_unforetold(indices));
        }
        let before = self.scene();
        let validators: Vec<_> = indices.iter().map(|index| self.rebalanced(*index, &before.records[*index])).collect();
        let is_fresh = self.is_fresh();
        let outcome = self.run(&self.pool.rebalance(&validators));
        if !is_fresh {
            let stale = Some(StakeListAndPoolOutOfDate as u32);
            ensure!(outcome.custom_error() == stale, "a stale pool was rebalanced: {}", last_lines(&outcome.logs));
            return Ok(0);
        }
        ensure!(outcome.is_ok(), "a rebalance failed: {}", last_lines(&outcome.logs));
        let after = self.scene();
        let moved = self.check_movements(indices, &before, &after)?;
        self.check_reserve(&moved, &before, &after)?;
        // What was deactivated before the pool had the extension is not in the book.
        self.book.deactivated =
            self.book.deactivated.saturating_add_signed(moved.deactivated.try_into().expect("lamports"));
        self.book.increases += moved.increases;
        self.book.decreases += moved.decreases;
        self.book.recalls += moved.recalls;
        if moved.decreases > 0 && moved.deactivated > 0 {
            self.check_budget(&before.oracle)?;
        }
        let count = moved.increases + moved.decreases + moved.recalls;
        if count == 0 {
            ensure!(
                outcome.logs.iter().any(|line| line.contains("Nothing to move:")),
                "no reason: {}",
                last_lines(&outcome.logs)
            );
        }
        Ok(usize::try_from(count).expect("few"))
    }

    /// Runs a rebalance, whether or not it is in order, and returns how many validators it moved stake of.
    fn rebalance_unforetold(&mut self, indices: &[usize]) -> usize {
        let before = self.records();
        let validators: Vec<_> = indices.iter().map(|index| self.rebalanced(*index, &before[*index])).collect();
        self.run(&self.pool.rebalance(&validators));
        let after = self.records();
        let pairs = before.iter().zip(&after);
        let moved = pairs.filter(|(old, new)| old.transient_stake_lamports != new.transient_stake_lamports);
        let (decreases, increases): (Vec<_>, Vec<_>) = moved.partition(|(_, new)| new.extension.is_deactivating());
        self.book.increases += increases.len() as u64;
        self.book.decreases += decreases.len() as u64;
        increases.len() + decreases.len()
    }

    /// Each movement is one towards the target, of a validator that was named and has a weight. What moved already in the epoch
    /// is taken back only where it would bring the validator past its target.
    fn check_movements(&self, indices: &[usize], before: &Scene, after: &Scene) -> Result<Moved, Finding> {
        let mut moved = Moved::default();
        let oracles = self.oracles(indices, before, after);
        let target = |index: usize| {
            let targets = || oracles.iter().filter_map(|oracle| oracle.targets[index]);
            Some((targets().min()?, targets().max()?))
        };
        for (index, (old, new)) in before.records.iter().zip(&after.records).enumerate() {
            if new.transient_stake_lamports == old.transient_stake_lamports {
                ensure!(
                    old.active_stake_lamports == new.active_stake_lamports
                        && old.extension.transient_bump() == new.extension.transient_bump()
                        && old.extension.is_deactivating() == new.extension.is_deactivating(),
                    "record {index} changed without a movement"
                );
                let is_cleared = new.extension.weight() != old.extension.weight();
                ensure!(
                    !is_cleared || new.extension.weight() == 0 && self.is_outcast(old),
                    "record {index} lost its weight"
                );
                continue;
            }
            ensure!(indices.contains(&index), "record {index} changed and was not named");
            ensure!(is_active(old), "record {index} was not to be moved");
            let (least, most) = target(index).ok_or_else(|| format!("record {index} has no weight, and was moved"))?;
            self.check_movement(&mut moved, (least, most), old, new, &before.oracle)?;
        }
        let lacks = oracles.iter().map(|oracle| oracle.lack(&before.records, before.reserve));
        let lack = lacks.max().unwrap_or_default() + before.oracle.slack;
        let most = lack + moved.decreases * MINIMUM;
        ensure!(
            moved.deactivated <= i128::from(most),
            "{moved:?}: takes away more than the {lack} lamports that are needed"
        );
        Ok(moved)
    }

    /// The oracle on the pool as it was before, and after each validator that lost its weight, in the order of the call: all
    /// targets change then.
    fn oracles(&self, indices: &[usize], before: &Scene, after: &Scene) -> Vec<Oracle> {
        let mut records = before.records.clone();
        let mut oracles = vec![before.oracle.clone()];
        for index in indices {
            let weight = after.records[*index].extension.weight;
            if records[*index].extension.weight != weight {
                records[*index].extension.weight = weight;
                oracles.push(self.oracle(&records, before.reserve));
            }
        }
        oracles
    }

    /// Whether a validator cannot be staked with: its vote account is closed, or its stake deactivated.
    fn is_outcast(&self, record: &ValidatorStakeInfo) -> bool {
        let vote = record.vote_account_address;
        self.book.closed.contains_key(&vote) || self.leaves(&self.stake_of(record).0) != Some(false)
    }

    /// Checks the movement of one validator, with the least and the highest target that it had in the call.
    fn check_movement(
        &self,
        moved: &mut Moved,
        (least, most): (u64, u64),
        old: &ValidatorStakeInfo,
        new: &ValidatorStakeInfo,
        oracle: &Oracle,
    ) -> Result<(), Finding> {
        let (minimum, slack) = (i128::from(MINIMUM), i128::from(oracle.slack));
        let (least, most) = (i128::from(least), i128::from(most));
        let ((base, before), (base_after, after)) =
            (base_and_moving(old, self.stake_rent), base_and_moving(new, self.stake_rent));
        let what = format!("from {before} to {after} lamports on top of {base}, with the target {least} to {most}");
        ensure!(base == base_after, "a movement {what} made or took stake");
        ensure!((after - before).abs() >= minimum, "a movement {what} is below the minimum");
        ensure!(after == 0 || after.abs() >= minimum, "a movement {what} leaves dust");
        moved.opened += i128::from(after != 0) - i128::from(before != 0);
        moved.delegated += after.max(0) - before.max(0);
        moved.deactivated += (-after).max(0) - (-before).max(0);
        if after > before.max(0) {
            moved.increases += 1;
            let limit = most.max(base + minimum).min(i128::from(oracle.cap).max(most)) + slack;
            ensure!(base < most + slack && base + after <= limit, "an increase {what}");
        } else if after < before.min(0) {
            moved.decreases += 1;
            let left = base + after;
            ensure!(left >= minimum + i128::from(self.stake_rent), "a decrease {what} leaves {left} lamports");
            ensure!(base + slack > least && left + minimum + slack >= least, "a decrease {what}");
        } else {
            moved.recalls += 1;
            let exceeds = if before > 0 {
                base + before + slack >= least + minimum
            } else {
                base + before + minimum <= most + slack
            };
            ensure!(exceeds, "a recall {what}");
        }
        Ok(())
    }

    /// An increase leaves the reserve its target; a decrease borrows the rent of one stake account at most.
    fn check_reserve(&self, moved: &Moved, before: &Scene, after: &Scene) -> Result<(), Finding> {
        let lent = i128::from(moved.decreases * self.stake_rent);
        let spent = moved.delegated + moved.opened * i128::from(self.stake_rent);
        let (target, reserve) = (i128::from(before.oracle.reserve_target), i128::from(after.reserve));
        let before = i128::from(before.reserve);
        // Lamports sent ahead pay for rents, and come along with what is recalled.
        ensure!(
            reserve + spent >= before && (moved.recalls > 0 || reserve + spent <= before + lent),
            "{moved:?}: the reserve went from {before} to {reserve} lamports"
        );
        if moved.increases > 0 && moved.delegated > 0 {
            ensure!(reserve + lent >= target, "{moved:?}: leaves the reserve {reserve} lamports of its {target}");
        }
        Ok(())
    }

    /// What was deactivated in this epoch is within the budget of the state before the last movement.
    fn check_budget(&self, oracle: &Oracle) -> Result<(), Finding> {
        let deactivated = self.book.deactivated;
        let fits = oracle.budget.is_none_or(|budget| deactivated <= budget);
        ensure!(fits, "{deactivated} lamports were deactivated in this epoch, the budget is {:?}", oracle.budget);
        Ok(())
    }

    /// Runs a decrease of the staker's.
    ///
    /// # Errors
    /// Where the budget does not bind it, or is named without a reason.
    pub fn staker_decreases(
        &mut self,
        lamports: u64,
        is_active: bool,
        instruction: &solana_instruction::Instruction,
    ) -> Result<Outcome, Finding> {
        let oracle = self.oracle(&self.records(), self.reserve());
        let outcome = self.run(instruction);
        let exceeds = oracle.turnover_left().is_some_and(|left| lamports > left);
        if outcome.is_ok() {
            ensure!(!exceeds, "the staker took {lamports} lamports, over the budget: {oracle:?}");
            self.book.deactivated += if is_active { lamports } else { 0 };
            self.book.staker_decreases += 1;
            let deactivated = self.book.deactivated;
            let fits = oracle.staker_budget().is_none_or(|budget| deactivated <= budget);
            ensure!(fits, "{deactivated} lamports were deactivated in this epoch, with the staker's: {oracle:?}");
        } else if outcome.custom_error() == Some(TurnoverBudgetExceeded as u32) {
            ensure!(exceeds, "the staker was refused {lamports} lamports, within the budget: {oracle:?}");
            self.book.refused += 1;
        }
        Ok(outcome)
    }
}
