//! Stake of demoted validators: it returns to the reserve before that of others, whether or not others need it.

use {
    super::{inputs::Inputs, movement::base_stake},
    crate::row::ValidatorRow,
};

/// The epoch's decreases of demoted validators, in the list's order, as far as turnover budget and rents suffice.
///
/// As with the other validators, they depend only on the pool's state before the epoch's movements.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Demoted {
    /// Sum of the decreases, in lamports.
    pub lamports: u64,
    /// Number of the decreases. The reserve lends a rent for each.
    pub movements: u64,
}

/// Lamports of stake that a demoted validator had beyond the minimum, before this epoch's movements; 0 if they cannot move.
#[inline(never)]
pub(super) fn surplus(record: &impl ValidatorRow, inputs: &Inputs) -> u64 {
    let surplus = base_stake(record, inputs.stake_rent).saturating_sub(inputs.required_lamports());
    if surplus < inputs.minimum_delegation { 0 } else { surplus }
}

impl Demoted {
    /// The decreases of all demoted validators below the index `end`, and the decrease of the next one if it is at `end`, in lamports.
    /// `budget` is in lamports of stake, `rents` the number of rents that the reserve can lend. Validators that are `is_passed_over`
    /// cannot move.
    #[inline(never)]
    pub fn until(
        records: &[impl ValidatorRow],
        inputs: &Inputs,
        (mut budget, mut rents): (u64, u64),
        is_passed_over: impl Fn(usize) -> bool,
        end: usize,
    ) -> (Self, u64) {
        let mut sum = Self::default();
        for (index, record) in records.iter().enumerate() {
            if !record.is_demoted() || !record.is_active() || is_passed_over(index) {
                continue;
            }
            let part = surplus(record, inputs).min(budget);
            // guard: demoted-parts-can-move
            let part = if part < inputs.minimum_delegation || rents == 0 { 0 } else { part };
            if index >= end {
                return (sum, if index == end { part } else { 0 });
            }
            if part > 0 {
                (budget, rents) = (budget.saturating_sub(part), rents.saturating_sub(1));
                sum.lamports = sum.lamports.saturating_add(part);
                sum.movements = sum.movements.saturating_add(1);
            }
        }
        (sum, 0)
    }
}
