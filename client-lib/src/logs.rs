//! Upper bounds of log bytes, for packing.
//!
//! The runtime drops logs of a transaction beyond [`MAX_PER_TRANSACTION`] bytes. An event is the last line of its
//! instruction, so it would be lost first. A line counts with the length of its text. The figures are for mainnet's
//! stake program, with the most digits of compute units.

use {
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
};

/// Bytes of a transaction's logs that the runtime keeps.
pub const MAX_PER_TRANSACTION: u32 = 10_000;

/// Limit for packing. It leaves room for a withdrawal of lamports that arrived after planning.
pub const PACKED_PER_TRANSACTION: u32 = 9_700;

/// An instruction of the stake pool program without a CPI, its event included.
pub const POOL_INSTRUCTION: u32 = 455;

/// A call of the stake program that splits, delegates, deactivates or withdraws.
pub const STAKE_CALL: u32 = 253;

/// A call of the stake program that merges.
pub const STAKE_MERGE: u32 = 385;

/// A call of the stake program that returns its minimum delegation.
const STAKE_MINIMUM: u32 = 335;

/// A call of the system program.
pub const SYSTEM_CALL: u32 = 100;

/// An instruction of a token program.
const TOKEN_CALL: u32 = 300;

/// An instruction of any other program, which may make several calls: the largest SPL instruction that moves stake of
/// one validator.
const OTHER: u32 = 2_000;

/// Estimate for `instructions`, by their programs only.
pub fn estimate(instructions: &[Instruction]) -> u32 {
    instructions.iter().map(|instruction| of_program(&instruction.program_id)).fold(0, u32::saturating_add)
}

fn of_program(program: &Address) -> u32 {
    match *program {
        SYSTEM_PROGRAM_ID => SYSTEM_CALL,
        STAKE_PROGRAM_ID => STAKE_CALL,
        TOKEN_PROGRAM_ID | TOKEN_2022_PROGRAM_ID => TOKEN_CALL,
        program if program == solana_sdk_ids::address_lookup_table::ID => 3 * SYSTEM_CALL,
        _ => OTHER,
    }
}

/// A `Rebalance` with these movements. An increase creates an account, splits and delegates stake. A decrease creates
/// an account, splits off its rent, then splits and deactivates stake.
///
/// This limits the movements of a transaction: 14 increases or 10 decreases.
pub const fn rebalance(increases: u32, decreases: u32) -> u32 {
    const INCREASE: u32 = SYSTEM_CALL + 2 * STAKE_CALL;
    const DECREASE: u32 = SYSTEM_CALL + 3 * STAKE_CALL;
    POOL_INSTRUCTION
        .saturating_add(STAKE_MINIMUM)
        .saturating_add(INCREASE.saturating_mul(increases))
        .saturating_add(DECREASE.saturating_mul(decreases))
}
