//! Program-derived addresses, under the program id of the deployment, and the addresses of programs and sysvars.

use solana_address::Address;

/// Seed of the pool's withdraw authority: the staker and withdrawer of its stake and the authority of its mint.
pub const WITHDRAW_AUTHORITY_SEED: &[u8; 8] = b"withdraw";

/// Seed of the pool's default stake deposit authority.
pub const DEPOSIT_AUTHORITY_SEED: &[u8; 7] = b"deposit";

/// First seed of a transient stake account: one validator's activating or deactivating stake.
pub const TRANSIENT_STAKE_SEED: &[u8] = b"transient";

/// First seed of an ephemeral stake account: one that exists within one instruction only.
pub const EPHEMERAL_STAKE_SEED: &[u8] = b"ephemeral";

/// First seed of an exit ticket.
pub const EXIT_TICKET_SEED: &[u8] = b"exit";

/// The system program.
pub const SYSTEM_PROGRAM_ID: Address = Address::new_from_array([0; 32]);

/// Defines well-known program ids and sysvars from their base58 text.
macro_rules! well_known {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Address = Address::from_str_const($text);)*
    };
}

well_known! {
    /// The stake program.
    STAKE_PROGRAM_ID = "Stake11111111111111111111111111111111111111";
    /// The stake program's retired configuration account. The SPL account lists still contain it.
    STAKE_CONFIG_ID = "StakeConfig11111111111111111111111111111111";
    /// The vote program.
    VOTE_PROGRAM_ID = "Vote111111111111111111111111111111111111111";
    /// The SPL Token program.
    TOKEN_PROGRAM_ID = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    /// The Token-2022 program.
    TOKEN_2022_PROGRAM_ID = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
    /// The associated token account program.
    ASSOCIATED_TOKEN_PROGRAM_ID = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
    /// The upgradeable loader, version 3.
    LOADER_V3_ID = "BPFLoaderUpgradeab1e11111111111111111111111";
    /// The Metaplex token metadata program.
    METADATA_PROGRAM_ID = "metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s";
    /// The clock sysvar.
    CLOCK_ID = "SysvarC1ock11111111111111111111111111111111";
    /// The rent sysvar.
    RENT_ID = "SysvarRent111111111111111111111111111111111";
    /// The stake history sysvar.
    STAKE_HISTORY_ID = "SysvarStakeHistory1111111111111111111111111";
    /// The instructions sysvar: all instructions of the transaction.
    INSTRUCTIONS_ID = "Sysvar1nstructions1111111111111111111111111";
    /// The compute budget program.
    COMPUTE_BUDGET_PROGRAM_ID = "ComputeBudget111111111111111111111111111111";
    /// The epoch rewards sysvar.
    EPOCH_REWARDS_ID = "SysvarEpochRewards1111111111111111111111111";
    /// The SPL stake pool program on mainnet.
    SPL_STAKE_POOL_PROGRAM_ID = "SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy";
}

/// The seeds of a validator's stake account, without the bump. Seed suffix 0 means no suffix: an empty slice.
pub struct ValidatorStakeSeeds {
    seed: [u8; 4],
    length: usize,
}

impl ValidatorStakeSeeds {
    /// Seeds for the seed suffix `seed` of a validator's record.
    #[inline(always)]
    pub const fn new(seed: u32) -> Self {
        Self { seed: seed.to_le_bytes(), length: if seed == 0 { 0 } else { 4 } }
    }

    /// The slice that follows the vote account's and the pool's address.
    #[inline(always)]
    pub fn suffix(&self) -> &[u8] {
        &self.seed[..self.length]
    }
}

/// The pool's withdraw authority and its bump.
pub fn find_withdraw_authority(program_id: &Address, pool: &Address) -> (Address, u8) {
    Address::find_program_address(&[pool.as_ref(), WITHDRAW_AUTHORITY_SEED], program_id)
}

/// The pool's default stake deposit authority and its bump.
pub fn find_deposit_authority(program_id: &Address, pool: &Address) -> (Address, u8) {
    Address::find_program_address(&[pool.as_ref(), DEPOSIT_AUTHORITY_SEED], program_id)
}

/// The stake account of the validator `vote` in the pool, and its bump. `seed` is the record's seed suffix, 0 for none.
pub fn find_validator_stake(program_id: &Address, vote: &Address, pool: &Address, seed: u32) -> (Address, u8) {
    let seeds = ValidatorStakeSeeds::new(seed);
    Address::find_program_address(&[vote.as_ref(), pool.as_ref(), seeds.suffix()], program_id)
}

/// The transient stake account of the validator `vote` in the pool under `seed`, and its bump.
pub fn find_transient_stake(program_id: &Address, vote: &Address, pool: &Address, seed: u64) -> (Address, u8) {
    Address::find_program_address(
        &[TRANSIENT_STAKE_SEED, vote.as_ref(), pool.as_ref(), &seed.to_le_bytes()],
        program_id,
    )
}

/// The pool's ephemeral stake account under `seed`, and its bump.
pub fn find_ephemeral_stake(program_id: &Address, pool: &Address, seed: u64) -> (Address, u8) {
    Address::find_program_address(&[EPHEMERAL_STAKE_SEED, pool.as_ref(), &seed.to_le_bytes()], program_id)
}

/// The exit ticket `id` of the pool, and its bump.
pub fn find_exit_ticket(program_id: &Address, pool: &Address, id: u64) -> (Address, u8) {
    Address::find_program_address(&[EXIT_TICKET_SEED, pool.as_ref(), &id.to_le_bytes()], program_id)
}

/// The token account of the pool's withdraw authority that holds the pool tokens of exit tickets, and its bump: the associated one.
pub fn find_escrow(withdraw_authority: &Address, token_program: &Address, mint: &Address) -> (Address, u8) {
    Address::find_program_address(
        &[withdraw_authority.as_ref(), token_program.as_ref(), mint.as_ref()],
        &ASSOCIATED_TOKEN_PROGRAM_ID,
    )
}

/// The Metaplex metadata account of a mint, and its bump.
pub fn find_metadata(mint: &Address) -> (Address, u8) {
    Address::find_program_address(&[b"metadata", METADATA_PROGRAM_ID.as_ref(), mint.as_ref()], &METADATA_PROGRAM_ID)
}
