//! Instructions for a pool of the tests.

mod extension;
mod holders;
mod movement;
mod settings;
mod trade;

pub use {extension::Triple, holders::unsigned};

use {
    crate::pool::PoolFixture,
    solana_address::Address,
    tidepool_interface::address::{
        CLOCK_ID, INSTRUCTIONS_ID, METADATA_PROGRAM_ID, RENT_ID, STAKE_CONFIG_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID,
        SYSTEM_PROGRAM_ID, find_ephemeral_stake, find_metadata, find_transient_stake, find_validator_stake,
    },
};

/// The accounts of a depositor.
#[derive(Clone, Copy, Debug)]
pub struct Receiver {
    /// Gets the pool tokens.
    pub tokens: Address,
    /// Gets the referrer's share.
    pub referrer: Address,
}

/// The accounts of a holder.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    /// Owns the pool tokens, and receives the withdrawn lamports.
    pub wallet: Address,
    /// Holds the pool tokens.
    pub tokens: Address,
}

/// The accounts that follow from the pool, by their names in the instructions.
struct PoolKeys {
    pool: Address,
    manager: Address,
    staker: Address,
    withdraw_authority: Address,
    validator_list: Address,
    reserve_stake: Address,
    pool_mint: Address,
    manager_fee_account: Address,
    token_program: Address,
    clock: Address,
    rent: Address,
    stake_history: Address,
    stake_config: Address,
    instructions: Address,
    system_program: Address,
    stake_program: Address,
    metadata_program: Address,
}

/// The accounts of an instruction: those that are named alone follow from the pool.
macro_rules! accounts {
    ($pool:expr => $name:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        let keys = $pool.keys();
        $name { $($field: accounts!(@field keys $field $($value)?)),* }
    }};
    (@field $keys:ident $field:ident) => { $keys.$field };
    (@field $keys:ident $field:ident $value:expr) => { $value };
}
use accounts;

impl PoolFixture {
    const fn keys(&self) -> PoolKeys {
        let head = &self.state.head;
        PoolKeys {
            pool: self.pool,
            manager: head.manager,
            staker: head.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            pool_mint: head.pool_mint,
            manager_fee_account: head.manager_fee_account,
            token_program: head.token_program_id,
            clock: CLOCK_ID,
            rent: RENT_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_config: STAKE_CONFIG_ID,
            instructions: INSTRUCTIONS_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
            metadata_program: METADATA_PROGRAM_ID,
        }
    }

    /// The transient stake account of `vote` under `seed`.
    pub fn transient(&self, vote: &Address, seed: u64) -> Address {
        find_transient_stake(&self.program_id, vote, &self.pool, seed).0
    }

    fn ephemeral(&self, seed: u64) -> Address {
        find_ephemeral_stake(&self.program_id, &self.pool, seed).0
    }

    /// The validator stake account of `vote` under `seed`.
    pub fn validator_stake(&self, vote: &Address, seed: u32) -> Address {
        find_validator_stake(&self.program_id, vote, &self.pool, seed).0
    }

    fn metadata(&self) -> Address {
        find_metadata(&self.state.head.pool_mint).0
    }
}
