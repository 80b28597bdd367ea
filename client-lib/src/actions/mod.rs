//! From a snapshot and parameters to instructions.
//!
//! Each function returns an [`InstructionGroup`](crate::plan::InstructionGroup): instructions that must be in one transaction. Signers follow from the
//! instructions ([`InstructionGroup::signers`](crate::plan::InstructionGroup::signers)); the fee payer comes on top. What the program would refuse for a reason that
//! the snapshot shows is refused here, with figures; whether the pool is up to date is left to the quotes, since an update may
//! go before in the same plan, except where an instruction's accounts depend on it.
//!
//! # Throw-away keys
//!
//! A program can use the signature of each address that it is passed and that has signed the transaction, the fee payer's
//! included. A pool of another program than the user believes could so take more than the trade. With a throw-away key
//! ([`DepositSol::throwaway`], [`TokenSource::throwaway`]) the stake pool program is passed no signer but that key, which holds
//! exactly what is given: the lamports of a deposit, or an approval of the pool tokens. What a withdrawal yields then goes to its
//! receiver through an account, or by an authority, of that key, where the receiver has signed the transaction.
//!
//! The caller makes the key, signs with it, and forgets it: all that it holds moves in the transaction in which it signs, and it
//! holds nothing where that fails, so that the same key can sign a repeat. It protects nothing where the user's wallet is itself the
//! pool's SOL deposit or SOL withdraw authority. [`deposit_stake`] passes no signer but a stake deposit authority of the pool, and needs no such key.

mod create;
mod deposit;
mod extend;
mod manage;
mod metadata;
mod movement;
mod rebalance;
mod token;
mod update;
mod validators;
pub mod weights;
mod withdraw;
mod wrapped;

#[cfg(test)]
mod tests;

pub use {
    create::{CreatePool, ExistingAccount, FoundPool, FoundPoolError, PoolCreation, complete_pool, create_pool},
    deposit::{DepositSol, DepositStake, deposit_sol, deposit_stake},
    extend::{extend_pool, extension_rent, set_rebalance_policy},
    manage::{check_fee_account, set_fee, set_funding_authority, set_manager, set_preferred_validator, set_staker},
    metadata::{
        StoredMetadata, TokenMetadata, create_token_metadata, token_metadata_address, token_metadata_cost,
        update_token_metadata,
    },
    movement::{decrease_validator_stake, increase_validator_stake},
    rebalance::{RebalancedValidator, rebalance_instruction},
    token::{TokenHolding, TokenReceiver, TokenSource, associated_token_account},
    update::{cleanup, update_list_instruction, update_pool_balance, update_validators_instruction},
    validators::{add_validator, find_free_validator_seed, remove_validator},
    weights::{WeightChange, WeightsError, set_validator_weights},
    withdraw::{
        NewStakeAccount, WithdrawSol, WithdrawStake, merge_withdrawn, withdraw_sol, withdraw_stake,
        withdraw_stake_quoted,
    },
    wrapped::{NATIVE_MINT_ID, Unwrap, Wrap, wrapped_sol_account},
};

pub(crate) use {deposit::deposit_stake_at, extend::require_policy, withdraw::withdraw_sol_unchecked};

use {
    crate::{
        error::PlanError,
        pool::{PoolSnapshot, Validator},
    },
    solana_address::Address,
    solana_instruction::error::InstructionError,
    tidepool_interface::{StakePoolError, state::StakeStatus},
};

/// The validator `vote`, if it is in the pool and not on its way out.
fn active_validator<'a>(snapshot: &'a PoolSnapshot, vote: &Address) -> Result<Validator<'a>, PlanError> {
    let validator = snapshot.validator(vote).ok_or_else(|| {
        PlanError::refused(
            StakePoolError::ValidatorNotFound,
            format!("validator {vote} is not in the pool: use a validator of its list"),
        )
    })?;
    match validator.status() {
        Some(StakeStatus::Active) => Ok(validator),
        Some(_) => Err(PlanError::refused(
            StakePoolError::ValidatorNotFound,
            format!("validator {vote} is being removed from the pool: use another validator"),
        )),
        None => Err(PlanError::refused(
            InstructionError::InvalidAccountData,
            format!("the record of validator {vote} has an invalid status"),
        )),
    }
}
