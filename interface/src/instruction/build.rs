//! Instruction builders for clients.

use {
    super::{StakePoolInstruction, accounts::*},
    crate::Address,
    solana_instruction::{AccountMeta, Instruction},
};

/// `UpdateValidatorListBalance` for the records from `start_index` on.
///
/// `stakes` has the validator and the transient stake account of each record, in the list's order.
pub fn update_validator_list_balance(
    program_id: &Address,
    accounts: &UpdateValidatorListBalanceAccounts<Address>,
    start_index: u32,
    no_merge: bool,
    stakes: &[(Address, Address)],
) -> Instruction {
    let mut metas = accounts.metas();
    metas.extend(stakes.iter().flat_map(|(validator_stake, transient_stake)| {
        [AccountMeta::new(*validator_stake, false), AccountMeta::new(*transient_stake, false)]
    }));
    StakePoolInstruction::UpdateValidatorListBalance { start_index, no_merge }.with_accounts(program_id, metas)
}

/// Index of the stake deposit authority in [`DepositStakeAccounts`].
const STAKE_DEPOSIT_AUTHORITY: usize = 2;

/// `DepositStake`, or `DepositStakeWithSlippage` where `minimum_pool_tokens_out` is given.
///
/// `authority_signs`: the stake deposit authority signs, because it is not the pool's default authority.
pub fn deposit_stake(
    program_id: &Address,
    accounts: &DepositStakeAccounts<Address>,
    authority_signs: bool,
    minimum_pool_tokens_out: Option<u64>,
) -> Instruction {
    let mut metas = accounts.metas();
    // Set by index, because the same key may have other positions in the list, which do not require a signature.
    metas[STAKE_DEPOSIT_AUTHORITY].is_signer = authority_signs;
    match minimum_pool_tokens_out {
        None => StakePoolInstruction::DepositStake,
        Some(minimum_pool_tokens_out) => StakePoolInstruction::DepositStakeWithSlippage { minimum_pool_tokens_out },
    }
    .with_accounts(program_id, metas)
}

/// `DepositSol`, or `DepositSolWithSlippage` where `minimum_pool_tokens_out` is given.
pub fn deposit_sol(
    program_id: &Address,
    accounts: &DepositSolAccounts<Address>,
    lamports: u64,
    minimum_pool_tokens_out: Option<u64>,
) -> Instruction {
    match minimum_pool_tokens_out {
        None => StakePoolInstruction::DepositSol { lamports },
        Some(minimum_pool_tokens_out) => {
            StakePoolInstruction::DepositSolWithSlippage { lamports_in: lamports, minimum_pool_tokens_out }
        }
    }
    .with_accounts(program_id, accounts.metas())
}

/// `WithdrawStake`, or `WithdrawStakeWithSlippage` where `minimum_lamports_out` is given.
pub fn withdraw_stake(
    program_id: &Address,
    accounts: &WithdrawStakeAccounts<Address>,
    pool_tokens: u64,
    minimum_lamports_out: Option<u64>,
) -> Instruction {
    match minimum_lamports_out {
        None => StakePoolInstruction::WithdrawStake { pool_tokens },
        Some(minimum_lamports_out) => {
            StakePoolInstruction::WithdrawStakeWithSlippage { pool_tokens_in: pool_tokens, minimum_lamports_out }
        }
    }
    .with_accounts(program_id, accounts.metas())
}

/// `WithdrawSol`, or `WithdrawSolWithSlippage` where `minimum_lamports_out` is given.
pub fn withdraw_sol(
    program_id: &Address,
    accounts: &WithdrawSolAccounts<Address>,
    pool_tokens: u64,
    minimum_lamports_out: Option<u64>,
) -> Instruction {
    match minimum_lamports_out {
        None => StakePoolInstruction::WithdrawSol { pool_tokens },
        Some(minimum_lamports_out) => {
            StakePoolInstruction::WithdrawSolWithSlippage { pool_tokens_in: pool_tokens, minimum_lamports_out }
        }
    }
    .with_accounts(program_id, accounts.metas())
}
