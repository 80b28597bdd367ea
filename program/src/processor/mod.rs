//! Dispatch of instructions, with one file per instruction. Variants of an operation share a file.

mod add_validator;
mod cancel_announcement;
mod cancel_exit;
mod claim_exit;
mod cleanup;
mod decrease_stake;
mod demote_validator;
mod deposit_sol;
mod deposit_stake;
mod extend_pool;
mod increase_stake;
mod initialize;
mod rebalance;
mod remove_validator;
mod request_exit;
mod set_demotion_policy;
mod set_fee;
mod set_funding_authority;
mod set_limits;
mod set_manager;
mod set_preferred_validator;
mod set_rebalance_policy;
mod set_staker;
mod set_validator_weights;
mod ticket;
mod token_metadata;
mod transient_path;
mod transient_stake;
mod turnover;
mod update_pool;
mod update_validators;
mod withdraw_sol;
mod withdraw_stake;

use {
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_core::maths::{Lamports, PoolTokens},
    tidepool_interface::instruction::{
        EXTENSION_TAG_MIN, ExtensionInstruction, StakePoolInstruction as Instruction, tag,
    },
};

/// Executes one instruction.
///
/// # Errors
/// Errors of the SPL program and of the extension.
// Not inlined: the entrypoint's stack frame already has the table of accounts.
#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], data: &[u8]) -> ProgramResult {
    // Instructions of holders come first, because they are the most frequent ones.
    if let Some((tag, [amount])) = Instruction::decode_numbers(data) {
        match tag {
            tag::DEPOSIT_SOL => return deposit_sol::process(program_id, accounts, Lamports::new(amount), None),
            tag::WITHDRAW_SOL => return withdraw_sol::process(program_id, accounts, PoolTokens::new(amount), None),
            tag::WITHDRAW_STAKE => return withdraw_stake::process(program_id, accounts, PoolTokens::new(amount), None),
            _ => {}
        }
    }
    if let Some((tag, [lamports, seed])) = Instruction::decode_numbers(data) {
        match tag {
            tag::INCREASE_VALIDATOR_STAKE => return increase_stake::first(program_id, accounts, lamports, seed),
            tag::DECREASE_VALIDATOR_STAKE_WITH_RESERVE => {
                return decrease_stake::with_reserve(program_id, accounts, lamports, seed);
            }
            _ => {}
        }
    }
    if let [tag] = data {
        match *tag {
            tag::DEPOSIT_STAKE => return deposit_stake::process(program_id, accounts, None),
            tag::UPDATE_STAKE_POOL_BALANCE => return update_pool::process(program_id, accounts),
            tag::CLEANUP_REMOVED_VALIDATOR_ENTRIES => return cleanup::process(program_id, accounts),
            tag::REMOVE_VALIDATOR_FROM_POOL => return remove_validator::process(program_id, accounts),
            _ => {}
        }
    }
    match data.first() {
        Some(&tag) if tag >= EXTENSION_TAG_MIN => process_extension(program_id, accounts, data),
        _ => process_spl(program_id, accounts, data),
    }
}

/// Executes an instruction of the extension.
#[inline(never)]
fn process_extension(program_id: &Address, accounts: &[AccountView], data: &[u8]) -> ProgramResult {
    match ExtensionInstruction::decode(data)? {
        ExtensionInstruction::ExtendPool => extend_pool::process(program_id, accounts),
        ExtensionInstruction::SetRebalancePolicy { policy } => {
            set_rebalance_policy::process(program_id, accounts, &policy)
        }
        ExtensionInstruction::SetValidatorWeights { more, weights } => {
            set_validator_weights::process(program_id, accounts, more, weights)
        }
        ExtensionInstruction::UpdateValidators { start_index } => {
            update_validators::compact(program_id, accounts, start_index)
        }
        ExtensionInstruction::Rebalance { indices } => rebalance::process(program_id, accounts, indices),
        ExtensionInstruction::SetLimits { limits } => set_limits::process(program_id, accounts, &limits),
        ExtensionInstruction::CancelAnnouncement { kind } => cancel_announcement::process(program_id, accounts, kind),
        ExtensionInstruction::SetDemotionPolicy { policy } => {
            set_demotion_policy::process(program_id, accounts, &policy)
        }
        ExtensionInstruction::DemoteValidator { index, peer_index, ground } => {
            let demotion = demote_validator::Demotion { index, peer_index, ground };
            demote_validator::process(program_id, accounts, &demotion)
        }
        ExtensionInstruction::RequestExit { pool_tokens, minimum_lamports } => {
            let (pool_tokens, minimum) = (PoolTokens::new(pool_tokens), Lamports::new(minimum_lamports));
            request_exit::process(program_id, accounts, pool_tokens, minimum)
        }
        ExtensionInstruction::ClaimExit => claim_exit::process(program_id, accounts),
        ExtensionInstruction::CancelExit => cancel_exit::process(program_id, accounts),
    }
}

/// Executes an instruction of the SPL stake pool.
#[inline(never)]
fn process_spl(program_id: &Address, accounts: &[AccountView], data: &[u8]) -> ProgramResult {
    match Instruction::decode(data)? {
        Instruction::Initialize { fee, withdrawal_fee, deposit_fee, referral_fee, max_validators } => {
            let terms = initialize::Terms { fee, withdrawal_fee, deposit_fee, referral_fee, max_validators };
            initialize::process(program_id, accounts, &terms)
        }
        Instruction::AddValidatorToPool { seed } => add_validator::process(program_id, accounts, seed),
        Instruction::RemoveValidatorFromPool => remove_validator::process(program_id, accounts),
        Instruction::DecreaseValidatorStake { lamports, transient_stake_seed } => {
            decrease_stake::without_reserve(program_id, accounts, lamports, transient_stake_seed)
        }
        Instruction::IncreaseValidatorStake { lamports, transient_stake_seed } => {
            increase_stake::first(program_id, accounts, lamports, transient_stake_seed)
        }
        Instruction::SetPreferredValidator { validator_type, vote_account } => {
            set_preferred_validator::process(program_id, accounts, validator_type, vote_account)
        }
        Instruction::UpdateValidatorListBalance { start_index, no_merge } => {
            update_validators::process(program_id, accounts, start_index, no_merge)
        }
        Instruction::UpdateStakePoolBalance => update_pool::process(program_id, accounts),
        Instruction::CleanupRemovedValidatorEntries => cleanup::process(program_id, accounts),
        Instruction::DepositStake => deposit_stake::process(program_id, accounts, None),
        Instruction::WithdrawStake { pool_tokens } => {
            withdraw_stake::process(program_id, accounts, PoolTokens::new(pool_tokens), None)
        }
        Instruction::SetManager => set_manager::process(program_id, accounts),
        Instruction::SetFee { fee } => set_fee::process(program_id, accounts, &fee),
        Instruction::SetStaker => set_staker::process(program_id, accounts),
        Instruction::DepositSol { lamports } => {
            deposit_sol::process(program_id, accounts, Lamports::new(lamports), None)
        }
        Instruction::SetFundingAuthority { funding_type } => {
            set_funding_authority::process(program_id, accounts, funding_type)
        }
        Instruction::WithdrawSol { pool_tokens } => {
            withdraw_sol::process(program_id, accounts, PoolTokens::new(pool_tokens), None)
        }
        Instruction::CreateTokenMetadata { name, symbol, uri } => {
            token_metadata::create(program_id, accounts, name, symbol, uri)
        }
        Instruction::UpdateTokenMetadata { name, symbol, uri } => {
            token_metadata::update(program_id, accounts, name, symbol, uri)
        }
        Instruction::IncreaseAdditionalValidatorStake { lamports, transient_stake_seed, ephemeral_stake_seed } => {
            increase_stake::additional(program_id, accounts, lamports, transient_stake_seed, ephemeral_stake_seed)
        }
        Instruction::DecreaseAdditionalValidatorStake { lamports, transient_stake_seed, ephemeral_stake_seed } => {
            decrease_stake::additional(program_id, accounts, lamports, transient_stake_seed, ephemeral_stake_seed)
        }
        Instruction::DecreaseValidatorStakeWithReserve { lamports, transient_stake_seed } => {
            decrease_stake::with_reserve(program_id, accounts, lamports, transient_stake_seed)
        }
        Instruction::Redelegate { .. } => Err(ProgramError::InvalidInstructionData),
        Instruction::DepositStakeWithSlippage { minimum_pool_tokens_out } => {
            deposit_stake::process(program_id, accounts, Some(PoolTokens::new(minimum_pool_tokens_out)))
        }
        Instruction::WithdrawStakeWithSlippage { pool_tokens_in, minimum_lamports_out } => {
            let minimum = Some(Lamports::new(minimum_lamports_out));
            withdraw_stake::process(program_id, accounts, PoolTokens::new(pool_tokens_in), minimum)
        }
        Instruction::DepositSolWithSlippage { lamports_in, minimum_pool_tokens_out } => {
            let minimum = Some(PoolTokens::new(minimum_pool_tokens_out));
            deposit_sol::process(program_id, accounts, Lamports::new(lamports_in), minimum)
        }
        Instruction::WithdrawSolWithSlippage { pool_tokens_in, minimum_lamports_out } => {
            let minimum = Some(Lamports::new(minimum_lamports_out));
            withdraw_sol::process(program_id, accounts, PoolTokens::new(pool_tokens_in), minimum)
        }
    }
}
