//! Compute unit limits and prices.

use {
    super::SendOptions, crate::compute::MAX_PER_TRANSACTION, solana_compute_budget_interface::ComputeBudgetInstruction,
    solana_instruction::Instruction,
};

/// Compute units of the two compute budget instructions.
const OWN_UNITS: u64 = 300;

/// Discriminators of the compute budget program's instructions.
const SET_LIMIT: u8 = 2;
const SET_PRICE: u8 = 3;

/// Appends a compute unit limit and price to instructions without them. At the end they do not change the indices of
/// the others.
pub(super) fn with_budget(instructions: &[Instruction], limit: Option<u32>, price: u64) -> Vec<Instruction> {
    let mut all = instructions.to_vec();
    if let Some(limit) = limit
        && !sets(instructions, SET_LIMIT)
    {
        all.push(ComputeBudgetInstruction::set_compute_unit_limit(limit));
    }
    if price > 0 && !sets(instructions, SET_PRICE) {
        all.push(ComputeBudgetInstruction::set_compute_unit_price(price));
    }
    all
}

/// The limit to request after a simulation that used `units`, if other transactions may add `growth` units before it
/// runs.
pub(super) fn limit_for(units: u64, growth: u32, options: &SendOptions) -> u32 {
    // An endpoint may return any number.
    let margin = units.saturating_mul(u64::from(options.compute_margin_percent)) / 100;
    let wanted = units.saturating_add(margin).saturating_add(u64::from(growth)).saturating_add(OWN_UNITS);
    u32::try_from(wanted).map_or(MAX_PER_TRANSACTION, |wanted| wanted.min(MAX_PER_TRANSACTION))
}

fn sets(instructions: &[Instruction], kind: u8) -> bool {
    instructions.iter().any(|instruction| {
        instruction.program_id == solana_sdk_ids::compute_budget::ID && instruction.data.first() == Some(&kind)
    })
}
