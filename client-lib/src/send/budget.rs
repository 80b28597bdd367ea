//! What a transaction requests of the compute budget: compute units, their price, and loaded account data.

use {
    super::{Lifetime, Outgoing, SendOptions, Sender},
    crate::{
        cluster::{Cluster, Simulation},
        compute::MAX_PER_TRANSACTION,
        loaded_data::{self, MAX_BYTES},
        pack::COMPUTE_BUDGET_UNITS,
    },
    solana_compute_budget_interface::ComputeBudgetInstruction,
    solana_instruction::Instruction,
    solana_message::v1::TransactionConfig,
};

/// Discriminators of the compute budget program's instructions.
const REQUEST_HEAP: u8 = 1;
const SET_LIMIT: u8 = 2;
const SET_PRICE: u8 = 3;
const SET_LOADED_BYTES: u8 = 4;
/// Loaded account data, in bytes, of a transaction without a limit.
const DEFAULT_DATA_SIZE: u32 = 64 << 20;

/// Compute units of an instruction without a limit.
const DEFAULT_UNITS: u32 = 200_000;

/// What a transaction requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Budget {
    /// Compute unit limit; `None` for the cluster's default.
    pub units: Option<u32>,
    /// Limit of loaded account data, in bytes.
    pub loaded_bytes: u32,
    /// Price of a compute unit in micro-lamports; `None` sets none.
    pub price: Option<u64>,
}

impl Budget {
    /// Appends this budget to instructions, where they do not set their own. At the end it does not change the indices
    /// of the others.
    pub fn append_to(self, instructions: &[Instruction]) -> Vec<Instruction> {
        let set = [
            (SET_LIMIT, self.units.map(ComputeBudgetInstruction::set_compute_unit_limit)),
            (SET_LOADED_BYTES, Some(ComputeBudgetInstruction::set_loaded_accounts_data_size_limit(self.loaded_bytes))),
            (SET_PRICE, self.price.map(ComputeBudgetInstruction::set_compute_unit_price)),
        ];
        let missing = set.into_iter().filter(|(kind, _)| !sets(instructions, *kind)).filter_map(|(_, set)| set);
        instructions.iter().cloned().chain(missing).collect()
    }
}

impl<C: Cluster> Sender<'_, C> {
    /// The budget of a transaction that is not simulated, by its bounds.
    pub(super) fn bound(&self, outgoing: &Outgoing, price: u64) -> Budget {
        let loaded_bytes = loaded_data::bound(&outgoing.instructions, outgoing.format.lookup_tables());
        Budget { units: outgoing.compute_units, loaded_bytes, price: paid(price) }
    }

    /// The budget of a simulation: the most that can be requested, at a price that keeps the total fee within that of
    /// the transaction's own limit. The payer needs no higher balance then. It has the same instructions as the budget
    /// of the transaction, so that its units are exact.
    pub(super) fn widest(&self, outgoing: &Outgoing, price: u64) -> Budget {
        let scaled = u128::from(price) * u128::from(self.max_units(outgoing)) / u128::from(MAX_PER_TRANSACTION);
        let scaled = u64::try_from(scaled).unwrap_or(price);
        let loaded_bytes = match self.options.lifetime {
            Lifetime::Latest => MAX_BYTES,
            // A message that was signed elsewhere has a limit that was not simulated.
            _ => self.bound(outgoing, price).loaded_bytes,
        };
        Budget { units: Some(MAX_PER_TRANSACTION), loaded_bytes, price: paid(price).map(|_| scaled) }
    }

    /// The budget of a transaction after its simulation. Other hosts that sign the same message have not seen it.
    pub(super) fn simulated(&self, outgoing: &Outgoing, price: u64, simulation: &Simulation) -> Budget {
        let bound = self.bound(outgoing, price);
        if self.options.lifetime != Lifetime::Latest {
            return bound;
        }
        let units = limit_for(simulation.units_consumed, outgoing.compute_growth, &self.options);
        let loaded_bytes = simulation.loaded_bytes.map_or(bound.loaded_bytes, loaded_data::limit_for);
        Budget { units: Some(units), loaded_bytes, ..bound }
    }
}

/// The limit to request after a simulation that used `units`, if other transactions may add `growth` units before it
/// runs.
pub(super) fn limit_for(units: u64, growth: u32, options: &SendOptions) -> u32 {
    // An endpoint may return any number, also one that does not pay for the compute budget instructions.
    let margin = units.saturating_mul(u64::from(options.compute_margin_percent)) / 100;
    let wanted = units.saturating_add(margin).saturating_add(u64::from(growth));
    u32::try_from(wanted).map_or(MAX_PER_TRANSACTION, |wanted| wanted.clamp(COMPUTE_BUDGET_UNITS, MAX_PER_TRANSACTION))
}

fn paid(price: u64) -> Option<u64> {
    (price > 0).then_some(price)
}

/// The compute budget of a v1 header, and the other instructions. A value that the header leaves out would be 0, so the
/// cluster's defaults are written out.
pub(super) fn in_header(instructions: &[Instruction]) -> (TransactionConfig, Vec<Instruction>) {
    let (budget, others): (Vec<_>, Vec<_>) = instructions.iter().cloned().partition(is_budget);
    let number = |kind| budget.iter().find(|instruction| instruction.data.first() == Some(&kind)).map(operand);
    let small = |kind| number(kind).and_then(|value| u32::try_from(value).ok());
    let default = DEFAULT_UNITS.saturating_mul(u32::try_from(others.len()).unwrap_or(u32::MAX));
    let limit = small(SET_LIMIT).unwrap_or(default).min(MAX_PER_TRANSACTION);
    let fee = u128::from(number(SET_PRICE).unwrap_or(0)).saturating_mul(u128::from(limit)).div_ceil(1_000_000);
    let config = TransactionConfig {
        priority_fee: (fee > 0).then(|| u64::try_from(fee).unwrap_or(u64::MAX)),
        compute_unit_limit: Some(limit),
        loaded_accounts_data_size_limit: Some(small(SET_LOADED_BYTES).unwrap_or(DEFAULT_DATA_SIZE)),
        heap_size: small(REQUEST_HEAP),
    };
    (config, others)
}

/// The number in the data of a compute budget instruction.
fn operand(instruction: &Instruction) -> u64 {
    let mut bytes = [0; 8];
    let given = instruction.data.get(1..).unwrap_or_default();
    bytes.iter_mut().zip(given).for_each(|(byte, given)| *byte = *given);
    u64::from_le_bytes(bytes)
}

fn is_budget(instruction: &Instruction) -> bool {
    instruction.program_id == solana_sdk_ids::compute_budget::ID
}

fn sets(instructions: &[Instruction], kind: u8) -> bool {
    instructions.iter().any(|instruction| is_budget(instruction) && instruction.data.first() == Some(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v1_header_has_the_budget_of_the_instructions() {
        let other = Instruction::new_with_bytes([7; 32].into(), &[1], vec![]);
        let budget = [
            ComputeBudgetInstruction::set_compute_unit_limit(300_000),
            ComputeBudgetInstruction::set_compute_unit_price(7),
            ComputeBudgetInstruction::set_loaded_accounts_data_size_limit(65_536),
            ComputeBudgetInstruction::request_heap_frame(64 * 1_024),
        ];
        let (config, rest) = in_header(&[&[other.clone()][..], &budget[..]].concat());
        assert_eq!(rest, std::slice::from_ref(&other));
        // 2.1 lamports.
        let expected = TransactionConfig {
            priority_fee: Some(3),
            compute_unit_limit: Some(300_000),
            loaded_accounts_data_size_limit: Some(65_536),
            heap_size: Some(65_536),
        };
        assert_eq!(config, expected);

        let (config, _) = in_header(&[other.clone(), other]);
        let defaults = TransactionConfig {
            priority_fee: None,
            compute_unit_limit: Some(400_000),
            loaded_accounts_data_size_limit: Some(64 * 1_024 * 1_024),
            heap_size: None,
        };
        assert_eq!(config, defaults);
    }
}
