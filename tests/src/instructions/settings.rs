//! Initialisation, settings of the manager and the staker, and the pool token's metadata.

use {
    super::accounts,
    crate::pool::PoolFixture,
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::instruction::{
        CreateTokenMetadataAccounts, FeeType, FundingType, InitializeAccounts, PreferredValidatorType, SetFeeAccounts,
        SetFundingAuthorityAccounts, SetManagerAccounts, SetPreferredValidatorAccounts, SetStakerAccounts,
        StakePoolInstruction as Ix, UpdateTokenMetadataAccounts,
    },
};

impl PoolFixture {
    /// `Initialize` of the pool's accounts with another `validator_list`.
    pub fn initialize(&self, validator_list: Address, instruction: Ix, authority: Option<Address>) -> Instruction {
        let accounts = accounts!(self => InitializeAccounts {
            pool, manager, staker, withdraw_authority, validator_list: validator_list, reserve_stake, pool_mint,
            manager_fee_account, token_program, deposit_authority: authority,
        });
        instruction.with_accounts(&self.program_id, accounts.metas())
    }

    /// `SetPreferredValidator`.
    pub fn set_preferred(&self, validator_type: PreferredValidatorType, vote: Option<Address>) -> Instruction {
        let accounts = accounts!(self => SetPreferredValidatorAccounts { pool, staker, validator_list });
        let instruction = Ix::SetPreferredValidator { validator_type, vote_account: vote };
        instruction.with_accounts(&self.program_id, accounts.metas())
    }

    /// `SetManager`.
    pub fn set_manager(&self, new_manager: Address, new_manager_fee_account: Address) -> Instruction {
        let accounts = accounts!(self => SetManagerAccounts {
            pool, manager, new_manager: new_manager, new_manager_fee_account: new_manager_fee_account,
        });
        Ix::SetManager.with_accounts(&self.program_id, accounts.metas())
    }

    /// `SetFee`.
    pub fn set_fee(&self, fee: FeeType) -> Instruction {
        let accounts = accounts!(self => SetFeeAccounts { pool, manager });
        Ix::SetFee { fee }.with_accounts(&self.program_id, accounts.metas())
    }

    /// `SetStaker`.
    pub fn set_staker(&self, staker_or_manager: Address, new_staker: Address) -> Instruction {
        let accounts = SetStakerAccounts { pool: self.pool, staker_or_manager, new_staker };
        Ix::SetStaker.with_accounts(&self.program_id, accounts.metas())
    }

    /// `SetFundingAuthority`.
    pub fn set_funding(&self, funding_type: FundingType, new_authority: Option<Address>) -> Instruction {
        let accounts = accounts!(self => SetFundingAuthorityAccounts { pool, manager, new_authority: new_authority });
        Ix::SetFundingAuthority { funding_type }.with_accounts(&self.program_id, accounts.metas())
    }

    /// `CreateTokenMetadata`.
    pub fn create_metadata(&self, payer: Address) -> Instruction {
        let accounts = accounts!(self => CreateTokenMetadataAccounts {
            pool, manager, withdraw_authority, pool_mint, payer: payer, metadata: self.metadata(), metadata_program,
            system_program,
        });
        let instruction =
            Ix::CreateTokenMetadata { name: "Tide", symbol: "TIDE", uri: "https://example.org/tide.json" };
        instruction.with_accounts(&self.program_id, accounts.metas())
    }

    /// `UpdateTokenMetadata`.
    pub fn update_metadata(&self) -> Instruction {
        let accounts = accounts!(self => UpdateTokenMetadataAccounts {
            pool, manager, withdraw_authority, metadata: self.metadata(), metadata_program,
        });
        let instruction = Ix::UpdateTokenMetadata { name: "Ebb", symbol: "EBB", uri: "" };
        instruction.with_accounts(&self.program_id, accounts.metas())
    }
}
