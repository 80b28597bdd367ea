//! Validators, movements of stake by the staker, and updates.

use {
    super::accounts,
    crate::pool::PoolFixture,
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::instruction::{
        AddValidatorToPoolAccounts, CleanupRemovedValidatorEntriesAccounts, DecreaseAdditionalValidatorStakeAccounts,
        DecreaseValidatorStakeAccounts, DecreaseValidatorStakeWithReserveAccounts,
        IncreaseAdditionalValidatorStakeAccounts, IncreaseValidatorStakeAccounts, RemoveValidatorFromPoolAccounts,
        StakePoolInstruction as Ix, UpdateStakePoolBalanceAccounts, UpdateValidatorListBalanceAccounts,
        update_validator_list_balance,
    },
};

impl PoolFixture {
    /// `AddValidatorToPool`.
    pub fn add_validator(&self, vote: Address, seed: u32) -> Instruction {
        let accounts = accounts!(self => AddValidatorToPoolAccounts {
            pool, staker, reserve_stake, withdraw_authority, validator_list, validator_stake: self.validator_stake(&vote, seed),
            vote: vote, rent, clock, stake_history, stake_config, system_program, stake_program,
        });
        Ix::AddValidatorToPool { seed }.with_accounts(&self.program_id, accounts.metas())
    }

    /// `RemoveValidatorFromPool`.
    pub fn remove_validator(&self, validator_stake: Address, transient_stake: Address) -> Instruction {
        let accounts = accounts!(self => RemoveValidatorFromPoolAccounts {
            pool, staker, withdraw_authority, validator_list, validator_stake: validator_stake,
            transient_stake: transient_stake, clock, stake_program,
        });
        Ix::RemoveValidatorFromPool.with_accounts(&self.program_id, accounts.metas())
    }

    /// `DecreaseValidatorStake`.
    pub fn decrease(&self, vote: &Address, validator_stake: Address, lamports: u64, seed: u64) -> Instruction {
        let accounts = accounts!(self => DecreaseValidatorStakeAccounts {
            pool, staker, withdraw_authority, validator_list, validator_stake: validator_stake,
            transient_stake: self.transient(vote, seed), clock, rent, system_program, stake_program,
        });
        let instruction = Ix::DecreaseValidatorStake { lamports, transient_stake_seed: seed };
        instruction.with_accounts(&self.program_id, accounts.metas())
    }

    /// `DecreaseValidatorStakeWithReserve`.
    pub fn decrease_with_reserve(
        &self,
        vote: &Address,
        validator_stake: Address,
        lamports: u64,
        seed: u64,
    ) -> Instruction {
        let accounts = accounts!(self => DecreaseValidatorStakeWithReserveAccounts {
            pool, staker, withdraw_authority, validator_list, reserve_stake, validator_stake: validator_stake,
            transient_stake: self.transient(vote, seed), clock, stake_history, system_program, stake_program,
        });
        let instruction = Ix::DecreaseValidatorStakeWithReserve { lamports, transient_stake_seed: seed };
        instruction.with_accounts(&self.program_id, accounts.metas())
    }

    /// `DecreaseAdditionalValidatorStake`.
    pub fn decrease_additional(
        &self,
        vote: &Address,
        validator_stake: Address,
        lamports: u64,
        seed: u64,
        ephemeral_stake_seed: u64,
    ) -> Instruction {
        let accounts = accounts!(self => DecreaseAdditionalValidatorStakeAccounts {
            pool, staker, withdraw_authority, validator_list, reserve_stake, validator_stake: validator_stake,
            ephemeral_stake: self.ephemeral(ephemeral_stake_seed), transient_stake: self.transient(vote, seed), clock,
            stake_history, system_program, stake_program,
        });
        Ix::DecreaseAdditionalValidatorStake { lamports, transient_stake_seed: seed, ephemeral_stake_seed }
            .with_accounts(&self.program_id, accounts.metas())
    }

    /// `IncreaseValidatorStake`.
    pub fn increase(&self, vote: Address, validator_stake: Address, lamports: u64, seed: u64) -> Instruction {
        let accounts = accounts!(self => IncreaseValidatorStakeAccounts {
            pool, staker, withdraw_authority, validator_list, reserve_stake, transient_stake: self.transient(&vote, seed),
            validator_stake: validator_stake, vote: vote, clock, rent, stake_history, stake_config, system_program,
            stake_program,
        });
        let instruction = Ix::IncreaseValidatorStake { lamports, transient_stake_seed: seed };
        instruction.with_accounts(&self.program_id, accounts.metas())
    }

    /// `IncreaseAdditionalValidatorStake`.
    pub fn increase_additional(
        &self,
        vote: Address,
        validator_stake: Address,
        lamports: u64,
        seed: u64,
        ephemeral_stake_seed: u64,
    ) -> Instruction {
        let accounts = accounts!(self => IncreaseAdditionalValidatorStakeAccounts {
            pool, staker, withdraw_authority, validator_list, reserve_stake,
            ephemeral_stake: self.ephemeral(ephemeral_stake_seed), transient_stake: self.transient(&vote, seed),
            validator_stake: validator_stake, vote: vote, clock, stake_history, stake_config, system_program, stake_program,
        });
        Ix::IncreaseAdditionalValidatorStake { lamports, transient_stake_seed: seed, ephemeral_stake_seed }
            .with_accounts(&self.program_id, accounts.metas())
    }

    /// `UpdateValidatorListBalance` of the records from `start` on, whose accounts are `stakes`.
    pub fn update_list(&self, start: u32, no_merge: bool, stakes: &[(Address, Address)]) -> Instruction {
        let accounts = accounts!(self => UpdateValidatorListBalanceAccounts {
            pool, withdraw_authority, validator_list, reserve_stake, clock, stake_history, stake_program,
        });
        update_validator_list_balance(&self.program_id, &accounts, start, no_merge, stakes)
    }

    /// `UpdateValidatorListBalance` of the validators that the pool was made with.
    pub fn update_whole_list(&self, no_merge: bool) -> Instruction {
        let stakes: Vec<_> = self.validators.iter().map(|each| (each.stake, each.transient)).collect();
        self.update_list(0, no_merge, &stakes)
    }

    /// `UpdateStakePoolBalance`.
    pub fn update_pool(&self) -> Instruction {
        let accounts = accounts!(self => UpdateStakePoolBalanceAccounts {
            pool, withdraw_authority, validator_list, reserve_stake, manager_fee_account, pool_mint, token_program,
        });
        Ix::UpdateStakePoolBalance.with_accounts(&self.program_id, accounts.metas())
    }

    /// `CleanupRemovedValidatorEntries`.
    pub fn cleanup(&self) -> Instruction {
        let accounts = accounts!(self => CleanupRemovedValidatorEntriesAccounts { pool, validator_list });
        Ix::CleanupRemovedValidatorEntries.with_accounts(&self.program_id, accounts.metas())
    }
}
