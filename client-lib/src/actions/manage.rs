//! Settings: the manager signs, or the staker where that is said.

use {
    super::active_validator,
    crate::{compute, error::PlanError, plan::InstructionGroup, pool::PoolSnapshot, quote::check_up_to_date},
    solana_address::Address,
    solana_instruction::{AccountMeta, error::InstructionError},
    tidepool_interface::{
        StakePoolError,
        address::{METADATA_PROGRAM_ID, SYSTEM_PROGRAM_ID, find_metadata},
        instruction::{
            CreateTokenMetadataAccounts, FeeType, FundingType, PreferredValidatorType, SetFeeAccounts,
            SetFundingAuthorityAccounts, SetManagerAccounts, SetPreferredValidatorAccounts, SetStakerAccounts,
            StakePoolInstruction, UpdateTokenMetadataAccounts,
        },
        maths::{Fee, check_withdrawal_fee},
    },
};

fn setting(
    snapshot: &PoolSnapshot,
    label: impl Into<String>,
    instruction: &StakePoolInstruction,
    metas: Vec<AccountMeta>,
) -> InstructionGroup {
    InstructionGroup::one(label, instruction.with_accounts(&snapshot.program_id(), metas), compute::SETTING)
}

/// Sets a fee. The manager signs.
///
/// # Errors
/// Refusals: `StakeListAndPoolOutOfDate` (fees that take effect later), `FeeTooHigh`, `FeeIncreaseTooHigh`,
/// `CalculationFailure`.
pub fn set_fee(snapshot: &PoolSnapshot, fee: FeeType) -> Result<InstructionGroup, PlanError> {
    if fee.is_delayed() {
        check_up_to_date(snapshot)?;
    }
    fee.check_too_high()?;
    let terms = &snapshot.pool().terms;
    let check = |new: &Fee, old: &Fee| {
        check_withdrawal_fee(new, old).map_err(|error| match error {
            StakePoolError::FeeIncreaseTooHigh => PlanError::refused(
                error,
                format!(
                    "a withdrawal fee of {}/{} may not rise to {}/{} at once: by half of itself and by 0.5 % at most (from 0, to \
                     0.15 %)",
                    old.numerator, old.denominator, new.numerator, new.denominator
                ),
            ),
            error => error.into(),
        })
    };
    match &fee {
        FeeType::StakeWithdrawal(new) => check(new, &terms.stake_withdrawal_fee)?,
        FeeType::SolWithdrawal(new) => check(new, &terms.sol_withdrawal_fee)?,
        FeeType::SolReferral(_)
        | FeeType::StakeReferral(_)
        | FeeType::Epoch(_)
        | FeeType::SolDeposit(_)
        | FeeType::StakeDeposit(_) => {}
    }
    let accounts = SetFeeAccounts { pool: snapshot.address(), manager: snapshot.pool().head.manager };
    let instruction = StakePoolInstruction::SetFee { fee };
    Ok(setting(snapshot, "set a fee", &instruction, accounts.metas()))
}

/// Hands the pool over to a new manager with a new fee account. Both managers sign.
pub fn set_manager(snapshot: &PoolSnapshot, new_manager: &Address, new_fee_account: &Address) -> InstructionGroup {
    let accounts = SetManagerAccounts {
        pool: snapshot.address(),
        manager: snapshot.pool().head.manager,
        new_manager: *new_manager,
        new_manager_fee_account: *new_fee_account,
    };
    let label = format!("make {new_manager} the manager");
    setting(snapshot, label, &StakePoolInstruction::SetManager, accounts.metas())
}

/// Names a new staker. `signer` signs: the manager or the present staker.
///
/// # Errors
/// Refusal `SignatureMissing` where `signer` is neither.
pub fn set_staker(
    snapshot: &PoolSnapshot,
    signer: &Address,
    new_staker: &Address,
) -> Result<InstructionGroup, PlanError> {
    let head = &snapshot.pool().head;
    if ![head.manager, head.staker].contains(signer) {
        return Err(PlanError::refused(
            StakePoolError::SignatureMissing,
            format!(
                "only the manager {} and the staker {} can name a new staker, not {signer}",
                head.manager, head.staker
            ),
        ));
    }
    let accounts = SetStakerAccounts { pool: snapshot.address(), staker_or_manager: *signer, new_staker: *new_staker };
    let label = format!("make {new_staker} the staker");
    Ok(setting(snapshot, label, &StakePoolInstruction::SetStaker, accounts.metas()))
}

/// Sets who must sign deposits of stake, deposits of SOL or withdrawals of SOL; `None` opens them to everybody. The manager
/// signs.
pub fn set_funding_authority(
    snapshot: &PoolSnapshot,
    funding_type: FundingType,
    authority: Option<Address>,
) -> InstructionGroup {
    let accounts = SetFundingAuthorityAccounts {
        pool: snapshot.address(),
        manager: snapshot.pool().head.manager,
        new_authority: authority,
    };
    let instruction = StakePoolInstruction::SetFundingAuthority { funding_type };
    setting(snapshot, "set a funding authority", &instruction, accounts.metas())
}

/// Sets, or with `None` unsets, the validator that takes all stake deposits or that stake is withdrawn from first. The staker
/// signs.
///
/// # Errors
/// Refusals: `ValidatorNotFound`, `InvalidPreferredValidator`.
pub fn set_preferred_validator(
    snapshot: &PoolSnapshot,
    validator_type: PreferredValidatorType,
    vote: Option<Address>,
) -> Result<InstructionGroup, PlanError> {
    if let Some(vote) = &vote {
        check_preferable(snapshot, vote)?;
    }
    let head = &snapshot.pool().head;
    let accounts = SetPreferredValidatorAccounts {
        pool: snapshot.address(),
        staker: head.staker,
        validator_list: head.validator_list,
    };
    let instruction = StakePoolInstruction::SetPreferredValidator { validator_type, vote_account: vote };
    Ok(InstructionGroup::one(
        "set the preferred validator",
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::scan_list(snapshot.records().len()),
    ))
}

fn check_preferable(snapshot: &PoolSnapshot, vote: &Address) -> Result<(), PlanError> {
    match snapshot.validator(vote) {
        Some(validator) if !validator.record.is_active() => Err(PlanError::refused(
            StakePoolError::InvalidPreferredValidator,
            format!("validator {vote} is being removed from the pool: prefer another one"),
        )),
        _ => active_validator(snapshot, vote).map(drop),
    }
}

/// Name, symbol and description of a pool token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenMetadata<'a> {
    /// Name, 32 bytes at most.
    pub name: &'a str,
    /// Symbol, 10 bytes at most.
    pub symbol: &'a str,
    /// Address of a description, 200 bytes at most.
    pub uri: &'a str,
}

impl TokenMetadata<'_> {
    fn check(&self) -> Result<(), PlanError> {
        for (what, text, most) in
            [("name", self.name, 32), ("symbol", self.symbol, 10), ("address of the description", self.uri, 200)]
        {
            if text.len() > most {
                return Err(PlanError::refused(
                    InstructionError::InvalidArgument,
                    format!("the token's {what} has {} bytes: use {most} at most", text.len()),
                ));
            }
        }
        Ok(())
    }
}

/// Creates the pool token's Metaplex metadata. The manager and `payer`, who pays for the account, sign.
///
/// # Errors
/// Refusal `InvalidArgument` where a text is too long.
pub fn create_token_metadata(
    snapshot: &PoolSnapshot,
    payer: &Address,
    metadata: &TokenMetadata,
) -> Result<InstructionGroup, PlanError> {
    metadata.check()?;
    let head = &snapshot.pool().head;
    let accounts = CreateTokenMetadataAccounts {
        pool: snapshot.address(),
        manager: head.manager,
        withdraw_authority: snapshot.withdraw_authority(),
        pool_mint: head.pool_mint,
        payer: *payer,
        metadata: find_metadata(&head.pool_mint).0,
        metadata_program: METADATA_PROGRAM_ID,
        system_program: SYSTEM_PROGRAM_ID,
    };
    let TokenMetadata { name, symbol, uri } = *metadata;
    let instruction = StakePoolInstruction::CreateTokenMetadata { name, symbol, uri };
    Ok(InstructionGroup::one(
        "create the token's metadata",
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::METADATA,
    ))
}

/// Changes the pool token's Metaplex metadata. The manager signs.
///
/// # Errors
/// Refusal `InvalidArgument` where a text is too long.
pub fn update_token_metadata(snapshot: &PoolSnapshot, metadata: &TokenMetadata) -> Result<InstructionGroup, PlanError> {
    metadata.check()?;
    let head = &snapshot.pool().head;
    let accounts = UpdateTokenMetadataAccounts {
        pool: snapshot.address(),
        manager: head.manager,
        withdraw_authority: snapshot.withdraw_authority(),
        metadata: find_metadata(&head.pool_mint).0,
        metadata_program: METADATA_PROGRAM_ID,
    };
    let TokenMetadata { name, symbol, uri } = *metadata;
    let instruction = StakePoolInstruction::UpdateTokenMetadata { name, symbol, uri };
    Ok(InstructionGroup::one(
        "update the token's metadata",
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::METADATA,
    ))
}
