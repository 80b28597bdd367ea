//! The oracle of movements of stake, by rebalances and by the staker: what each may do, by formulas of its own.

use {
    super::{
        crank::last_lines,
        expectation::{Expectation, MINIMUM, is_active},
        oracle::Oracle,
        world::{Finding, World},
    },
    crate::{ensure, vm::Outcome},
    solana_instruction::Instruction,
    tidepool_interface::{
        ExtensionError::TurnoverBudgetExceeded,
        StakePoolError::StakeListAndPoolOutOfDate,
        instruction::{ExtensionInstruction, tag},
        state::ValidatorStakeInfo,
    },
};

/// A pool before or after a call.
struct State {
    records: Vec<ValidatorStakeInfo>,
    reserve: u64,
    expectation: Expectation,
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

/// Movements of stake by rebalances and by the staker, where rebalances can be predicted.
#[derive(Default)]
pub struct Formulas {
    before: Option<Before>,
}

/// What a call of `Rebalance`, or a decrease of the staker's, meets.
struct Before {
    state: State,
    is_fresh: bool,
    /// Whether the stake that is decreased is active: inactive stake, merged within the epoch, is no turnover.
    is_active: bool,
}

/// The account of a decrease that is split.
const DECREASED: [(u8, usize); 3] = [
    (tag::DECREASE_VALIDATOR_STAKE, 4),
    (tag::DECREASE_VALIDATOR_STAKE_WITH_RESERVE, 5),
    (tag::DECREASE_ADDITIONAL_VALIDATOR_STAKE, 5),
];

impl Oracle for Formulas {
    fn before(&mut self, world: &mut World, instruction: &Instruction) {
        let decreased = DECREASED.iter().find(|(tag, _)| *tag == instruction.data[0]);
        let is_judged = world.is_predictable && (decreased.is_some() || instruction.data[0] == tag::REBALANCE);
        self.before = is_judged.then(|| Before {
            state: world.state(),
            is_fresh: world.is_fresh(),
            is_active: decreased
                .is_some_and(|(_, index)| world.leaves(&instruction.accounts[*index].pubkey) == Some(false)),
        });
    }

    fn after(&mut self, world: &mut World, instruction: &Instruction, outcome: &Outcome) -> Result<(), Finding> {
        let Some(before) = self.before.take() else { return Ok(()) };
        match ExtensionInstruction::decode(&instruction.data) {
            Ok(ExtensionInstruction::Rebalance { indices }) => {
                let indices: Vec<_> = indices.iter().map(|index| index.get() as usize).collect();
                world.check_rebalance(&indices, &before, outcome)
            }
            _ => world.check_staker_decrease(&before, instruction, outcome),
        }
    }
}

impl World<'_> {
    fn state(&self) -> State {
        let records = self.records();
        State { expectation: self.expectation(&records, self.reserve()), reserve: self.reserve(), records }
    }

    fn check_rebalance(&mut self, indices: &[usize], before: &Before, outcome: &Outcome) -> Result<(), Finding> {
        if !before.is_fresh {
            let stale = Some(StakeListAndPoolOutOfDate as u32);
            ensure!(outcome.custom_error() == stale, "a stale pool was rebalanced: {}", last_lines(&outcome.logs));
            return Ok(());
        }
        ensure!(outcome.is_ok(), "a rebalance failed: {}", last_lines(&outcome.logs));
        let (before, after) = (&before.state, self.state());
        let moved = self.check_movements(indices, before, &after)?;
        self.check_reserve(&moved, before, &after)?;
        // What was deactivated before the pool had the extension is not in the book.
        self.book.deactivated =
            self.book.deactivated.saturating_add_signed(moved.deactivated.try_into().expect("lamports"));
        self.book.increases += moved.increases;
        self.book.decreases += moved.decreases;
        self.book.recalls += moved.recalls;
        if moved.decreases > 0 && moved.deactivated > 0 {
            self.check_budget(&before.expectation)?;
        }
        let has_moved = moved.increases + moved.decreases + moved.recalls > 0;
        ensure!(
            has_moved || outcome.logs.iter().any(|line| line.contains("Nothing to move:")),
            "no reason: {}",
            last_lines(&outcome.logs)
        );
        Ok(())
    }

    /// Each movement is one towards the target, of a validator that was named and has a weight. What moved already in the epoch
    /// is taken back only where it would bring the validator past its target.
    fn check_movements(&self, indices: &[usize], before: &State, after: &State) -> Result<Moved, Finding> {
        let mut moved = Moved::default();
        let expectations = self.expectations(indices, before, after);
        let target = |index: usize| {
            let targets = || expectations.iter().filter_map(|expectation| expectation.targets[index]);
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
            self.check_movement(&mut moved, (least, most), old, new, &before.expectation)?;
        }
        let shortfalls = expectations.iter().map(|expectation| expectation.shortfall(&before.records, before.reserve));
        let shortfall = shortfalls.max().unwrap_or_default() + before.expectation.slack;
        let most = shortfall + moved.decreases * MINIMUM;
        ensure!(
            moved.deactivated <= i128::from(most),
            "{moved:?}: takes away more than the {shortfall} lamports that are needed"
        );
        Ok(moved)
    }

    /// The expectation for the pool as it was before, and after each validator that lost its weight, in the order of the call:
    /// then all targets change.
    fn expectations(&self, indices: &[usize], before: &State, after: &State) -> Vec<Expectation> {
        let mut records = before.records.clone();
        let mut expectations = vec![before.expectation.clone()];
        for index in indices {
            let weight = after.records[*index].extension.weight();
            if records[*index].extension.weight() != weight {
                records[*index].extension.set_weight(weight);
                expectations.push(self.expectation(&records, before.reserve));
            }
        }
        expectations
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
        expectation: &Expectation,
    ) -> Result<(), Finding> {
        let (minimum, slack) = (i128::from(MINIMUM), i128::from(expectation.slack));
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
            let limit = most.max(base + minimum).min(i128::from(expectation.cap).max(most)) + slack;
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
    fn check_reserve(&self, moved: &Moved, before: &State, after: &State) -> Result<(), Finding> {
        let lent = i128::from(moved.decreases * self.stake_rent);
        let spent = moved.delegated + moved.opened * i128::from(self.stake_rent);
        let (target, reserve) = (i128::from(before.expectation.reserve_target), i128::from(after.reserve));
        let before = i128::from(before.reserve);
        // Lamports sent ahead pay for rents, and come with recalled stake.
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
    fn check_budget(&self, expectation: &Expectation) -> Result<(), Finding> {
        let deactivated = self.book.deactivated;
        let fits = expectation.budget.is_none_or(|budget| deactivated <= budget);
        ensure!(fits, "{deactivated} lamports were deactivated in this epoch, the budget is {:?}", expectation.budget);
        Ok(())
    }

    /// The budget binds the staker, and is named for no other reason.
    fn check_staker_decrease(
        &mut self,
        before: &Before,
        instruction: &Instruction,
        outcome: &Outcome,
    ) -> Result<(), Finding> {
        let expectation = &before.state.expectation;
        let lamports = instruction.data[1..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let exceeds = expectation.turnover_left().is_some_and(|left| lamports > left);
        if outcome.is_ok() {
            ensure!(!exceeds, "the staker took {lamports} lamports, over the budget: {expectation:?}");
            self.book.deactivated += if before.is_active { lamports } else { 0 };
            self.book.staker_decreases += 1;
            let deactivated = self.book.deactivated;
            let fits = expectation.staker_budget().is_none_or(|budget| deactivated <= budget);
            ensure!(fits, "{deactivated} lamports were deactivated in this epoch, with the staker's: {expectation:?}");
        } else if outcome.custom_error() == Some(TurnoverBudgetExceeded as u32) {
            ensure!(exceeds, "the staker was refused {lamports} lamports, within the budget: {expectation:?}");
            self.book.refused += 1;
        }
        Ok(())
    }
}
