//! Upper bounds of the instructions that a transaction runs, for packing.
//!
//! The runtime limits the top-level instructions of a transaction and the calls between programs together (SIMD-0160,
//! SIMD-0582).

use {
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
};

/// Instructions that a transaction can run.
pub const MAX_PER_TRANSACTION: u32 = 64;

/// Instructions of the compute budget program in a transaction.
pub const COMPUTE_BUDGET: u32 = 3;

/// An instruction of the lookup table program: creating a table calls the system program three times.
const LOOKUP_TABLE: u32 = 4;

/// An instruction of any other program: the SPL instruction that calls most programs.
const OTHER: u32 = 12;

/// Estimate for `instructions`, by their programs only.
pub fn estimate(instructions: &[Instruction]) -> u32 {
    instructions.iter().map(|instruction| of_program(&instruction.program_id)).fold(0, u32::saturating_add)
}

fn of_program(program: &Address) -> u32 {
    match *program {
        SYSTEM_PROGRAM_ID | STAKE_PROGRAM_ID | TOKEN_PROGRAM_ID | TOKEN_2022_PROGRAM_ID => 1,
        program if program == solana_sdk_ids::address_lookup_table::ID => LOOKUP_TABLE,
        _ => OTHER,
    }
}

/// A `Rebalance` with these movements: it asks for the minimum delegation. An increase creates an account, splits and
/// delegates stake. A decrease creates an account, splits off its rent, then splits and deactivates stake.
pub const fn rebalance(increases: u32, decreases: u32) -> u32 {
    const INCREASE: u32 = 3;
    const DECREASE: u32 = 4;
    2_u32.saturating_add(INCREASE.saturating_mul(increases)).saturating_add(DECREASE.saturating_mul(decreases))
}
