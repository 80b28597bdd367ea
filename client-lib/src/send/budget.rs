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
};

/// Discriminators of the compute budget program's instructions.
const SET_LIMIT: u8 = 2;
const SET_PRICE: u8 = 3;
const SET_LOADED_BYTES: u8 = 4;

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
        let loaded_bytes = loaded_data::bound(&outgoing.instructions, &outgoing.lookup_tables);
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

fn sets(instructions: &[Instruction], kind: u8) -> bool {
    instructions.iter().any(|instruction| {
        instruction.program_id == solana_sdk_ids::compute_budget::ID && instruction.data.first() == Some(&kind)
    })
}
