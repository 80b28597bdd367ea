//! Limits of the account data that a transaction loads.
//!
//! Data of all accounts counts, as well as that of programs' data accounts, [`PER_ACCOUNT`] bytes an account and
//! [`PER_LOOKUP_TABLE`] bytes a lookup table (SIMD-0186). A transaction beyond its limit fails, and pays its fee. SIMD-0553
//! charges for the limit, and without one for [`MAX_BYTES`].

use {
    solana_address::Address,
    solana_instruction::Instruction,
    solana_message::AddressLookupTableAccount,
    solana_sdk_ids::{address_lookup_table, sysvar},
    std::collections::{BTreeMap, BTreeSet},
    tidepool_interface::address::{
        COMPUTE_BUDGET_PROGRAM_ID, METADATA_PROGRAM_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID,
        TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID,
    },
};

/// Most bytes that a transaction can load, and its limit if it sets none.
pub const MAX_BYTES: u32 = 64 * 1024 * 1024;

/// Bytes that the runtime adds for each account.
pub const PER_ACCOUNT: u32 = 64;

/// Bytes that the runtime counts for each lookup table.
pub const PER_LOOKUP_TABLE: u32 = 8_248;

/// The unit in which the cost model counts.
pub const PAGE: u32 = 32 * 1024;

/// Most bytes of an account.
const LARGEST_ACCOUNT: u32 = 10 * 1024 * 1024;

/// Most bytes of a program of the cluster, its data account included: four times the largest one, Token-2022.
const CLUSTER_PROGRAM: u32 = 2 * 1024 * 1024;

/// Most bytes of a sysvar: slot hashes are the largest.
const SYSVAR: u32 = 24 * 1024;

/// Most bytes of another account: pool, stake account, vote account, mint, token account, wallet, builtin program.
const OTHER_ACCOUNT: u32 = 4 * 1024;

/// For the fee payer, and for a nonce with its authority and its sysvar.
const FRAME: u32 = PAGE;

/// The limit to request after a simulation that loaded `bytes`. Until the transaction runs, others may create some of
/// its accounts, and a program may be upgraded to a slightly larger one.
pub fn limit_for(bytes: u32) -> u32 {
    whole_pages(bytes.saturating_add(bytes / 32).saturating_add(PAGE))
}

/// The limit of a transaction that is not simulated. It depends on the transaction only, so that every host that signs
/// it requests the same. The program of a pool, and its validator list, can be as large as accounts get.
pub fn bound(instructions: &[Instruction], lookup_tables: &[AddressLookupTableAccount]) -> u32 {
    let mut accounts = BTreeMap::new();
    for address in instructions.iter().flat_map(|instruction| &instruction.accounts).map(|meta| meta.pubkey) {
        accounts.insert(address, account_bytes(&address));
    }
    let programs: BTreeSet<_> = instructions.iter().map(|instruction| instruction.program_id).collect();
    for program in programs {
        let is_known = CLUSTER_PROGRAMS.contains(&program) || BUILTIN_PROGRAMS.contains(&program);
        let bytes = if is_known { account_bytes(&program) } else { 2 * LARGEST_ACCOUNT };
        accounts.insert(program, bytes);
    }
    // A program and its data account.
    let sum = accounts.values().map(|bytes| bytes + 2 * PER_ACCOUNT).fold(FRAME, u32::saturating_add);
    whole_pages(sum.saturating_add(PER_LOOKUP_TABLE.saturating_mul(lookup_tables.len() as u32)))
}

const BUILTIN_PROGRAMS: [Address; 2] = [SYSTEM_PROGRAM_ID, COMPUTE_BUDGET_PROGRAM_ID];

const CLUSTER_PROGRAMS: [Address; 5] = [
    STAKE_PROGRAM_ID,
    TOKEN_PROGRAM_ID,
    TOKEN_2022_PROGRAM_ID,
    spl_associated_token_account_interface::program::ID,
    address_lookup_table::ID,
];

const SYSVARS: [Address; 3] = [STAKE_HISTORY_ID, sysvar::slot_hashes::ID, sysvar::recent_blockhashes::ID];

fn account_bytes(address: &Address) -> u32 {
    if CLUSTER_PROGRAMS.contains(address) {
        CLUSTER_PROGRAM
    } else if *address == METADATA_PROGRAM_ID {
        LARGEST_ACCOUNT
    } else if SYSVARS.contains(address) {
        SYSVAR
    } else {
        OTHER_ACCOUNT
    }
}

fn whole_pages(bytes: u32) -> u32 {
    bytes.div_ceil(PAGE).saturating_mul(PAGE).min(MAX_BYTES)
}

#[cfg(test)]
mod tests {
    use {super::*, solana_instruction::AccountMeta};

    const POOL_PROGRAM: Address = Address::new_from_array([9; 32]);

    fn naming(accounts: u8, programs: &[Address]) -> Instruction {
        let named = (0..accounts).map(|byte| Address::new_from_array([100 + byte; 32])).chain(programs.iter().copied());
        Instruction::new_with_bytes(
            POOL_PROGRAM,
            &[],
            named.map(|address| AccountMeta::new_readonly(address, false)).collect(),
        )
    }

    #[test]
    fn limits_are_whole_pages_above_the_simulation() {
        assert_eq!(limit_for(1), 2 * PAGE);
        assert_eq!(limit_for(PAGE), 3 * PAGE);
        assert_eq!(limit_for(1_000_000), 33 * PAGE);
        assert_eq!(limit_for(MAX_BYTES), MAX_BYTES);
        assert_eq!(limit_for(u32::MAX), MAX_BYTES);
    }

    #[test]
    fn bounds_count_accounts_once_programs_whole_and_tables_flat() {
        let alone = bound(&[naming(0, &[])], &[]);
        assert_eq!(alone, 2 * LARGEST_ACCOUNT + 2 * PAGE);
        assert_eq!(bound(&[naming(50, &[]), naming(50, &[])], &[]), bound(&[naming(50, &[])], &[]));
        let stake = bound(&[naming(0, &[STAKE_PROGRAM_ID])], &[]);
        assert!((CLUSTER_PROGRAM..CLUSTER_PROGRAM + 2 * PAGE).contains(&(stake - alone)));
        let table = AddressLookupTableAccount { key: POOL_PROGRAM, addresses: vec![] };
        let tables = bound(&[naming(0, &[])], &vec![table; 8]);
        assert!((2 * PAGE..=3 * PAGE).contains(&(tables - alone)));
        // Less than a transaction loads by default, also with all programs and as many accounts as it can name.
        assert!(bound(&[naming(64, &CLUSTER_PROGRAMS)], &[]) < MAX_BYTES / 2);
    }
}
