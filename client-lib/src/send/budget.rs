//! Compute unit limits and prices.

use {
    super::SendOptions, crate::compute::MAX_PER_TRANSACTION, solana_compute_budget_interface::ComputeBudgetInstruction,
    solana_instruction::Instruction, solana_message::v1::TransactionConfig,
};

/// Compute units of the two compute budget instructions.
const OWN_UNITS: u64 = 300;

/// Discriminators of the compute budget program's instructions.
const REQUEST_HEAP: u8 = 1;
const SET_LIMIT: u8 = 2;
const SET_PRICE: u8 = 3;
const SET_DATA_SIZE: u8 = 4;

/// Loaded account data, in bytes, of a transaction without a limit.
const DEFAULT_DATA_SIZE: u32 = 64 << 20;

/// Compute units of an instruction without a limit.
const DEFAULT_UNITS: u32 = 200_000;

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
        loaded_accounts_data_size_limit: Some(small(SET_DATA_SIZE).unwrap_or(DEFAULT_DATA_SIZE)),
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
