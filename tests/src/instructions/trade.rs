//! Deposits and withdrawals.

use {
    super::{Holder, Receiver, accounts},
    crate::pool::PoolFixture,
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::instruction::{
        self, DepositSolAccounts, DepositStakeAccounts, WithdrawSolAccounts, WithdrawStakeAccounts,
    },
};

impl PoolFixture {
    /// `DepositSol`.
    pub fn deposit_sol(
        &self,
        wallet: Address,
        to: Receiver,
        authority: Option<Address>,
        lamports: u64,
        minimum: Option<u64>,
    ) -> Instruction {
        let accounts = accounts!(self => DepositSolAccounts {
            pool, withdraw_authority, reserve_stake, lamports_from: wallet, pool_tokens_to: to.tokens, manager_fee_account,
            referrer_fee_account: to.referrer, pool_mint, system_program, token_program, sol_deposit_authority: authority,
        });
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
        let accounts = accounts!(self => DepositStakeAccounts {
            pool, validator_list, stake_deposit_authority: authority, withdraw_authority, deposit_stake: deposit_stake,
            validator_stake: validator_stake, reserve_stake, pool_tokens_to: to.tokens, manager_fee_account,
            referrer_fee_account: to.referrer, pool_mint, clock, stake_history, token_program, stake_program,
        });
        let signs = authority != self.state.head.stake_deposit_authority;
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
        let accounts = accounts!(self => WithdrawSolAccounts {
            pool, withdraw_authority, user_transfer_authority: holder.wallet, pool_tokens_from: holder.tokens, reserve_stake,
            lamports_to: holder.wallet, manager_fee_account, pool_mint, clock, stake_history, stake_program, token_program,
            sol_withdraw_authority: authority,
        });
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
        let accounts = accounts!(self => WithdrawStakeAccounts {
            pool, validator_list, withdraw_authority, split_from: split_from, split_to: split_to,
            user_stake_authority: holder.wallet, user_transfer_authority: holder.wallet, pool_tokens_from: holder.tokens,
            manager_fee_account, pool_mint, clock, token_program, stake_program,
        });
        instruction::withdraw_stake(&self.program_id, &accounts, pool_tokens, minimum)
    }
}
