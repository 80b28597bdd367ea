//! The extension's instructions.

use {
    super::accounts,
    crate::pool::PoolFixture,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_interface::{
        instruction::{
            ExtendPoolAccounts, ExtensionInstruction as Ix, RebalanceAccounts, SetRebalancePolicyAccounts,
            SetValidatorWeightsAccounts, UpdateValidatorsAccounts, WeightEntry,
        },
        state::{RebalancePolicy, ValidatorStakeInfo},
    },
};

/// The accounts of one validator in `Rebalance`.
#[derive(Clone, Copy, Debug)]
pub struct Triple {
    /// Its index in the list.
    pub index: u32,
    /// Its vote account.
    pub vote: Address,
    /// Its stake account.
    pub stake: Address,
    /// Its transient stake account under the seed after the record's.
    pub transient: Address,
}

fn writable(addresses: impl IntoIterator<Item = Address>) -> impl Iterator<Item = AccountMeta> {
    addresses.into_iter().map(|address| AccountMeta::new(address, false))
}

impl PoolFixture {
    /// `ExtendPool`.
    pub fn extend(&self, payer: Address) -> Instruction {
        let accounts =
            accounts!(self => ExtendPoolAccounts { pool, manager, payer: payer, validator_list, system_program });
        Ix::ExtendPool.with_accounts(&self.program_id, accounts.metas())
    }

    /// `SetRebalancePolicy`.
    pub fn set_policy(&self, policy: RebalancePolicy) -> Instruction {
        let accounts = accounts!(self => SetRebalancePolicyAccounts { pool, manager });
        Ix::SetRebalancePolicy { policy }.with_accounts(&self.program_id, accounts.metas())
    }

    /// `SetValidatorWeights` of all weights that change.
    pub fn set_weights(&self, weights: &[WeightEntry]) -> Instruction {
        self.set_weights_in_part(false, weights)
    }

    /// `SetValidatorWeights`, with `more` weights to follow.
    pub fn set_weights_in_part(&self, more: bool, weights: &[WeightEntry]) -> Instruction {
        let accounts = accounts!(self => SetValidatorWeightsAccounts { pool, staker, validator_list });
        Ix::SetValidatorWeights { more, weights }.with_accounts(&self.program_id, accounts.metas())
    }

    /// The accounts that a compact update of these records passes: a transient one only where there is transient stake.
    pub fn compact_accounts(&self, records: &[ValidatorStakeInfo]) -> Vec<Address> {
        let mut accounts = vec![];
        for record in records {
            let vote = &record.vote_account_address;
            accounts.push(self.validator_stake(vote, record.validator_seed_suffix.get()));
            if record.transient_stake_lamports.get() > 0 {
                accounts.push(self.transient(vote, record.transient_seed_suffix.get()));
            }
        }
        accounts
    }

    /// `UpdateValidators` of the records from `start_index` on, with these stake accounts.
    pub fn update_validators(&self, start_index: u32, stakes: impl IntoIterator<Item = Address>) -> Instruction {
        self.update_with(start_index, writable(stakes))
    }

    /// As [`Self::update_validators`], with read-only stake accounts: they are counted, and stay as they are.
    pub fn count_validators(&self, start_index: u32, stakes: impl IntoIterator<Item = Address>) -> Instruction {
        self.update_with(start_index, stakes.into_iter().map(|address| AccountMeta::new_readonly(address, false)))
    }

    fn update_with(&self, start_index: u32, stakes: impl Iterator<Item = AccountMeta>) -> Instruction {
        let accounts = accounts!(self => UpdateValidatorsAccounts {
            pool, withdraw_authority, validator_list, reserve_stake, clock, stake_history, stake_program,
        });
        let mut metas = accounts.metas();
        metas.extend(stakes);
        Ix::UpdateValidators { start_index }.with_accounts(&self.program_id, metas)
    }

    /// `Rebalance` of these validators.
    pub fn rebalance(&self, validators: &[Triple]) -> Instruction {
        let accounts = accounts!(self => RebalanceAccounts {
            pool, withdraw_authority, validator_list, reserve_stake, clock, stake_history, stake_config, system_program,
            stake_program, instructions,
        });
        let mut metas = accounts.metas();
        for validator in validators {
            metas.push(AccountMeta::new_readonly(validator.vote, false));
            metas.extend(writable([validator.stake, validator.transient]));
        }
        let indices: Vec<_> = validators.iter().map(|validator| validator.index.into()).collect();
        Ix::Rebalance { indices: &indices }.with_accounts(&self.program_id, metas)
    }
}
