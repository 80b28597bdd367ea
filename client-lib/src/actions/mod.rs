//! Builds instructions from a snapshot and parameters.
//!
//! Each function returns an [`InstructionGroup`](crate::transaction::InstructionGroup): the instructions of one transaction.
//! Signers follow from the instructions ([`InstructionGroup::signers`](crate::transaction::InstructionGroup::signers)), plus
//! the fee payer. If the snapshot shows that the program would refuse an instruction, it is refused here, with figures.
//! Staleness is left to the quotes, since an update may precede in the same plan, unless an instruction's accounts
//! depend on it.
//!
//! # Throw-away keys
//!
//! A program can use the signature of every address that it is passed and that has signed the transaction, the fee
//! payer's included. So a pool of a malicious program could take more than the trade. With a throw-away key
//! ([`DepositSol::throwaway`], [`TokenSource::throwaway`]) the stake pool program is passed no other signer. That key
//! holds exactly the assets of the trade: the lamports of a deposit, or an approval of the pool tokens. If the receiver
//! has signed the transaction, the yield of a withdrawal reaches it through an account or authority of that key.
//!
//! The caller generates the key, signs with it, and discards it. All its assets move in the transaction that it signs,
//! and it holds nothing if that fails, so the same key can sign a retry. It gives no protection if the user's wallet is
//! itself the pool's SOL deposit or SOL withdraw authority. [`deposit_stake`] passes no signer except a stake deposit
//! authority of the pool, and needs no such key.

mod accounts;
mod create;
mod demotion;
mod deposit;
mod extend;
mod limits;
mod manage;
mod metadata;
mod movement;
mod rebalance;
mod tickets;
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
    demotion::{Demotion, demote_validator, set_demotion_policy},
    deposit::{DepositSol, DepositStake, deposit_sol, deposit_stake},
    extend::{extend_pool, extension_rent, set_rebalance_policy},
    limits::{LimitChanges, cancel_announcement, set_limits},
    manage::{check_fee_account, set_fee, set_funding_authority, set_manager, set_preferred_validator, set_staker},
    metadata::{
        StoredMetadata, TokenMetadata, create_token_metadata, token_metadata_address, token_metadata_cost,
        update_token_metadata,
    },
    movement::{decrease_validator_stake, increase_validator_stake},
    rebalance::{RebalancedValidator, rebalance_instruction},
    tickets::{RequestExit, cancel_exit, claim_exit, escrow_address, request_exit, ticket_address, ticket_rent},
    token::{TokenHolding, TokenReceiver, TokenSource, associated_token_account, create_token_account},
    update::{cleanup, update_list_instruction, update_pool_balance, update_validators_instruction},
    validators::{add_validator, find_free_validator_seed, remove_validator},
    weights::{WeightChange, set_validator_weights, set_validator_weights_within},
    withdraw::{
        NewStakeAccount, WithdrawSol, WithdrawStake, merge_withdrawn, withdraw_sol, withdraw_stake,
        withdraw_stake_quoted,
    },
    wrapped::{NATIVE_MINT_ID, Unwrap, Wrap, wrapped_sol_account},
};

pub(crate) use {
    deposit::{deposit_handed_over, deposit_stake_at},
    manage::check_fee,
    withdraw::withdraw_sol_unchecked,
};

use {
    crate::{
        error::PlanError,
        pool::{PoolSnapshot, Validator},
    },
    solana_address::Address,
    solana_instruction::error::InstructionError,
    tidepool_interface::{StakePoolError, state::StakeStatus},
};

pub(crate) fn active_validator<'a>(snapshot: &'a PoolSnapshot, vote: &Address) -> Result<Validator<'a>, PlanError> {
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
