//! Bytes of logs that instructions write at most, for packing.
//!
//! The runtime drops what a transaction logs beyond [`MAX_PER_TRANSACTION`] bytes. An event comes last in its instruction, so
//! that it is what would be lost. A line counts as long as its text. Figures are those of the stake program of mainnet, with as many
//! digits of compute units as there can be.

use {
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
};

/// Bytes of logs of a transaction that the runtime keeps.
pub const MAX_PER_TRANSACTION: u32 = 10_000;

/// What a transaction is packed for. A withdrawal that nobody foresaw, since lamports came in meanwhile, still has room.
pub const PACKED_PER_TRANSACTION: u32 = 9_700;

/// For an instruction of the stake pool program that calls no other program, its event included.
pub const POOL_INSTRUCTION: u32 = 455;

/// For a call of the stake program that splits, delegates, deactivates or withdraws.
pub const STAKE_CALL: u32 = 253;

/// For a call of the stake program that merges.
pub const STAKE_MERGE: u32 = 385;

/// For a call of the stake program that asks for its minimum delegation.
const STAKE_MINIMUM: u32 = 335;

/// For a call of the system program.
pub const SYSTEM_CALL: u32 = 100;

/// For an instruction of a token program.
const TOKEN_CALL: u32 = 300;

/// For an instruction of any other program, which may call several: the largest of the contract's that move stake of one
/// validator, or somebody's.
const OTHER: u32 = 2_000;

/// For `instructions`, of which nothing is known but their programs.
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

/// For a `Rebalance` with this many movements: an increase creates an account, splits and delegates stake; a decrease
/// creates an account, splits off its rent, then splits and deactivates stake.
///
/// This is what bounds the movements of a transaction: 14 increases or 10 decreases. They are at most 46 instructions, of
/// the 64 that a transaction may run (SIMD-0160, SIMD-0582).
pub const fn rebalance(increases: u32, decreases: u32) -> u32 {
    const INCREASE: u32 = SYSTEM_CALL + 2 * STAKE_CALL;
    const DECREASE: u32 = SYSTEM_CALL + 3 * STAKE_CALL;
    POOL_INSTRUCTION
        .saturating_add(STAKE_MINIMUM)
        .saturating_add(INCREASE.saturating_mul(increases))
        .saturating_add(DECREASE.saturating_mul(decreases))
}
