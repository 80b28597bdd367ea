//! Instructions for a pool of the tests.

use {
    crate::pool::PoolFixture,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_interface::{
        address::{
            CLOCK_ID, RENT_ID, STAKE_CONFIG_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID,
            find_ephemeral_stake, find_transient_stake, find_validator_stake,
        },
        instruction::{self, StakePoolInstruction as Ix, *},
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
    /// Owns the pool tokens, and gets what they are worth.
    pub wallet: Address,
    /// Holds the pool tokens.
    pub tokens: Address,
}

impl PoolFixture {
    fn build(&self, instruction: Ix, accounts: Vec<AccountMeta>) -> Instruction {
        instruction.with_accounts(&self.program_id, accounts)
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

    /// `DepositSol`.
    pub fn deposit_sol(
        &self,
        wallet: Address,
        to: Receiver,
        authority: Option<Address>,
        lamports: u64,
        minimum: Option<u64>,
    ) -> Instruction {
        let head = self.state.head;
        let accounts = DepositSolAccounts {
            pool: self.pool,
            withdraw_authority: self.withdraw_authority,
            reserve_stake: head.reserve_stake,
            lamports_from: wallet,
            pool_tokens_to: to.tokens,
            manager_fee_account: head.manager_fee_account,
            referrer_fee_account: to.referrer,
            pool_mint: head.pool_mint,
            system_program: SYSTEM_PROGRAM_ID,
            token_program: head.token_program_id,
            sol_deposit_authority: authority,
        };
        instruction::deposit_sol(&self.program_id, &accounts, lamports, minimum)
    }

    /// `DepositStake` into the validator's account `validator_stake`, under the stake deposit authority `authority`.
    pub fn deposit_stake(
        &self,
        authority: Address,
        deposit_stake: Address,
        validator_stake: Address,
        to: Receiver,
        minimum: Option<u64>,
    ) -> Instruction {
        let head = self.state.head;
        let accounts = DepositStakeAccounts {
            pool: self.pool,
            validator_list: head.validator_list,
            stake_deposit_authority: authority,
            withdraw_authority: self.withdraw_authority,
            deposit_stake,
            validator_stake,
            reserve_stake: head.reserve_stake,
            pool_tokens_to: to.tokens,
            manager_fee_account: head.manager_fee_account,
            referrer_fee_account: to.referrer,
            pool_mint: head.pool_mint,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            token_program: head.token_program_id,
            stake_program: STAKE_PROGRAM_ID,
        };
        let signs = authority != head.stake_deposit_authority;
        instruction::deposit_stake(&self.program_id, &accounts, signs, minimum)
    }

    /// `WithdrawSol` to the holder's wallet.
    pub fn withdraw_sol(
        &self,
        holder: Holder,
        authority: Option<Address>,
        pool_tokens: u64,
        minimum: Option<u64>,
    ) -> Instruction {
        let head = self.state.head;
        let accounts = WithdrawSolAccounts {
            pool: self.pool,
            withdraw_authority: self.withdraw_authority,
            user_transfer_authority: holder.wallet,
            pool_tokens_from: holder.tokens,
            reserve_stake: head.reserve_stake,
            lamports_to: holder.wallet,
            manager_fee_account: head.manager_fee_account,
            pool_mint: head.pool_mint,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_program: STAKE_PROGRAM_ID,
            token_program: head.token_program_id,
            sol_withdraw_authority: authority,
        };
        instruction::withdraw_sol(&self.program_id, &accounts, pool_tokens, minimum)
    }

    /// `WithdrawStake` from `split_from` to the empty stake account `split_to`.
    pub fn withdraw_stake(
        &self,
        holder: Holder,
        split_from: Address,
        split_to: Address,
        pool_tokens: u64,
        minimum: Option<u64>,
    ) -> Instruction {
        let head = self.state.head;
        let accounts = WithdrawStakeAccounts {
            pool: self.pool,
            validator_list: head.validator_list,
            withdraw_authority: self.withdraw_authority,
            split_from,
            split_to,
            user_stake_authority: holder.wallet,
            user_transfer_authority: holder.wallet,
            pool_tokens_from: holder.tokens,
            manager_fee_account: head.manager_fee_account,
            pool_mint: head.pool_mint,
            clock: CLOCK_ID,
            token_program: head.token_program_id,
            stake_program: STAKE_PROGRAM_ID,
        };
        instruction::withdraw_stake(&self.program_id, &accounts, pool_tokens, minimum)
    }

    /// `Initialize` of the pool's accounts with another `validator_list`.
    pub fn initialize(&self, validator_list: Address, instruction: Ix, authority: Option<Address>) -> Instruction {
        let head = self.state.head;
        let accounts = InitializeAccounts {
            pool: self.pool,
            manager: head.manager,
            staker: head.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list,
            reserve_stake: head.reserve_stake,
            pool_mint: head.pool_mint,
            manager_fee_account: head.manager_fee_account,
            token_program: head.token_program_id,
            deposit_authority: authority,
        };
        self.build(instruction, accounts.metas())
    }

    /// `AddValidatorToPool`.
    pub fn add_validator(&self, vote: Address, seed: u32) -> Instruction {
        let head = self.state.head;
        let accounts = AddValidatorToPoolAccounts {
            pool: self.pool,
            staker: head.staker,
            reserve_stake: head.reserve_stake,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            validator_stake: self.validator_stake(&vote, seed),
            vote,
            rent: RENT_ID,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_config: STAKE_CONFIG_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        self.build(Ix::AddValidatorToPool { seed }, accounts.metas())
    }

    /// `RemoveValidatorFromPool`.
    pub fn remove_validator(&self, validator_stake: Address, transient_stake: Address) -> Instruction {
        let head = self.state.head;
        let accounts = RemoveValidatorFromPoolAccounts {
            pool: self.pool,
            staker: head.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            validator_stake,
            transient_stake,
            clock: CLOCK_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        self.build(Ix::RemoveValidatorFromPool, accounts.metas())
    }

    /// `DecreaseValidatorStake`.
    pub fn decrease(&self, vote: &Address, validator_stake: Address, lamports: u64, seed: u64) -> Instruction {
        let head = self.state.head;
        let accounts = DecreaseValidatorStakeAccounts {
            pool: self.pool,
            staker: head.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            validator_stake,
            transient_stake: self.transient(vote, seed),
            clock: CLOCK_ID,
            rent: RENT_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        self.build(Ix::DecreaseValidatorStake { lamports, transient_stake_seed: seed }, accounts.metas())
    }

    /// `DecreaseValidatorStakeWithReserve`.
    pub fn decrease_with_reserve(
        &self,
        vote: &Address,
        validator_stake: Address,
        lamports: u64,
        seed: u64,
    ) -> Instruction {
        let head = self.state.head;
        let accounts = DecreaseValidatorStakeWithReserveAccounts {
            pool: self.pool,
            staker: head.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            validator_stake,
            transient_stake: self.transient(vote, seed),
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        self.build(Ix::DecreaseValidatorStakeWithReserve { lamports, transient_stake_seed: seed }, accounts.metas())
    }

    /// `DecreaseAdditionalValidatorStake`.
    pub fn decrease_additional(
        &self,
        vote: &Address,
        validator_stake: Address,
        lamports: u64,
        seed: u64,
        ephemeral_seed: u64,
    ) -> Instruction {
        let head = self.state.head;
        let accounts = DecreaseAdditionalValidatorStakeAccounts {
            pool: self.pool,
            staker: head.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            validator_stake,
            ephemeral_stake: self.ephemeral(ephemeral_seed),
            transient_stake: self.transient(vote, seed),
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        let instruction = Ix::DecreaseAdditionalValidatorStake {
            lamports,
            transient_stake_seed: seed,
            ephemeral_stake_seed: ephemeral_seed,
        };
        self.build(instruction, accounts.metas())
    }

    /// `IncreaseValidatorStake`.
    pub fn increase(&self, vote: Address, validator_stake: Address, lamports: u64, seed: u64) -> Instruction {
        let head = self.state.head;
        let accounts = IncreaseValidatorStakeAccounts {
            pool: self.pool,
            staker: head.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            transient_stake: self.transient(&vote, seed),
            validator_stake,
            vote,
            clock: CLOCK_ID,
            rent: RENT_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_config: STAKE_CONFIG_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        self.build(Ix::IncreaseValidatorStake { lamports, transient_stake_seed: seed }, accounts.metas())
    }

    /// `IncreaseAdditionalValidatorStake`.
    pub fn increase_additional(
        &self,
        vote: Address,
        validator_stake: Address,
        lamports: u64,
        seed: u64,
        ephemeral_seed: u64,
    ) -> Instruction {
        let head = self.state.head;
        let accounts = IncreaseAdditionalValidatorStakeAccounts {
            pool: self.pool,
            staker: head.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            ephemeral_stake: self.ephemeral(ephemeral_seed),
            transient_stake: self.transient(&vote, seed),
            validator_stake,
            vote,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_config: STAKE_CONFIG_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        let instruction = Ix::IncreaseAdditionalValidatorStake {
            lamports,
            transient_stake_seed: seed,
            ephemeral_stake_seed: ephemeral_seed,
        };
        self.build(instruction, accounts.metas())
    }

    /// `SetPreferredValidator`.
    pub fn set_preferred(&self, validator_type: PreferredValidatorType, vote: Option<Address>) -> Instruction {
        let head = self.state.head;
        let accounts =
            SetPreferredValidatorAccounts { pool: self.pool, staker: head.staker, validator_list: head.validator_list };
        self.build(Ix::SetPreferredValidator { validator_type, vote_account: vote }, accounts.metas())
    }

    /// `UpdateValidatorListBalance` of the records from `start` on, whose accounts are `stakes`.
    pub fn update_list(&self, start: u32, no_merge: bool, stakes: &[(Address, Address)]) -> Instruction {
        let head = self.state.head;
        let accounts = UpdateValidatorListBalanceAccounts {
            pool: self.pool,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        update_validator_list_balance(&self.program_id, &accounts, start, no_merge, stakes)
    }

    /// `UpdateStakePoolBalance`.
    pub fn update_pool(&self) -> Instruction {
        let head = self.state.head;
        let accounts = UpdateStakePoolBalanceAccounts {
            pool: self.pool,
            withdraw_authority: self.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            manager_fee_account: head.manager_fee_account,
            pool_mint: head.pool_mint,
            token_program: head.token_program_id,
        };
        self.build(Ix::UpdateStakePoolBalance, accounts.metas())
    }

    /// `CleanupRemovedValidatorEntries`.
    pub fn cleanup(&self) -> Instruction {
        let accounts =
            CleanupRemovedValidatorEntriesAccounts { pool: self.pool, validator_list: self.state.head.validator_list };
        self.build(Ix::CleanupRemovedValidatorEntries, accounts.metas())
    }

    /// `SetManager`.
    pub fn set_manager(&self, new_manager: Address, new_manager_fee_account: Address) -> Instruction {
        let manager = self.state.head.manager;
        let accounts = SetManagerAccounts { pool: self.pool, manager, new_manager, new_manager_fee_account };
        self.build(Ix::SetManager, accounts.metas())
    }

    /// `SetFee`.
    pub fn set_fee(&self, fee: FeeType) -> Instruction {
        let accounts = SetFeeAccounts { pool: self.pool, manager: self.state.head.manager };
        self.build(Ix::SetFee { fee }, accounts.metas())
    }

    /// `SetStaker`.
    pub fn set_staker(&self, staker_or_manager: Address, new_staker: Address) -> Instruction {
        let accounts = SetStakerAccounts { pool: self.pool, staker_or_manager, new_staker };
        self.build(Ix::SetStaker, accounts.metas())
    }

    /// `SetFundingAuthority`.
    pub fn set_funding(&self, funding_type: FundingType, new_authority: Option<Address>) -> Instruction {
        let manager = self.state.head.manager;
        let accounts = SetFundingAuthorityAccounts { pool: self.pool, manager, new_authority };
        self.build(Ix::SetFundingAuthority { funding_type }, accounts.metas())
    }
}
