//! Settings of a pool. The manager signs, or the staker if documented.

use {
    super::{TokenReceiver, accounts::accounts, active_validator},
    crate::{
        announcement::AnnouncedChange,
        checks::check_up_to_date,
        compute::{self, PoolBounds},
        error::PlanError,
        pool::{AccountKind, PoolSnapshot},
        transaction::InstructionGroup,
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, error::InstructionError},
    tidepool_core::maths::{Fee, FutureEpoch, WITHDRAWAL_BASELINE_FEE, check_withdrawal_fee},
    tidepool_interface::{
        ExtensionError, StakePoolError,
        address::SPL_STAKE_POOL_PROGRAM_ID,
        external::token::{TokenAccount, check_manager_fee_account},
        instruction::{
            FeeType, FundingType, PreferredValidatorType, SetFeeAccounts, SetFundingAuthorityAccounts,
            SetManagerAccounts, SetPreferredValidatorAccounts, SetStakerAccounts, StakePoolInstruction,
        },
        state::{POOL_MAX_LENGTH, PoolTerms},
    },
};

fn setting(
    snapshot: &PoolSnapshot,
    label: impl Into<String>,
    instruction: &StakePoolInstruction,
    metas: Vec<AccountMeta>,
) -> InstructionGroup {
    InstructionGroup::one(
        label,
        instruction.with_accounts(&snapshot.program_id(), metas),
        PoolBounds::of(snapshot).setting,
    )
}

/// Sets a fee, or announces a higher deposit fee ([`InstructionGroup::effect`]). The manager signs.
///
/// # Errors
/// Refusals: `StakeListAndPoolOutOfDate` (fees with a delay), `FeeTooHigh`, `FeeAboveCeiling`, `NoticeNotOver`,
/// `FeeIncreaseTooHigh`, `CalculationFailure`; `BorshIoError` if the pool account is too short for a pending fee.
pub fn set_fee(snapshot: &PoolSnapshot, fee: FeeType) -> Result<InstructionGroup, PlanError> {
    if fee.is_delayed() {
        check_up_to_date(snapshot)?;
    }
    check_fee(snapshot, &fee)?;
    let terms = &snapshot.pool().terms;
    check_room(snapshot, |terms| {
        // The program stores a pending fee as `Two` until an update.
        match &fee {
            FeeType::Epoch(new) => terms.next_epoch_fee = FutureEpoch::Two(*new),
            FeeType::StakeWithdrawal(new) => terms.next_stake_withdrawal_fee = FutureEpoch::Two(*new),
            FeeType::SolWithdrawal(new) => terms.next_sol_withdrawal_fee = FutureEpoch::Two(*new),
            FeeType::SolReferral(_) | FeeType::StakeReferral(_) | FeeType::SolDeposit(_) | FeeType::StakeDeposit(_) => {
            }
        }
    })?;
    let accounts = accounts! { snapshot => SetFeeAccounts { pool, manager } };
    let instruction = StakePoolInstruction::SetFee { fee };
    let group = setting(snapshot, "set a fee", &instruction, accounts.metas());
    // Only fees that take effect at once are announced, where they rise.
    match fee {
        FeeType::SolDeposit(new) if new.is_above(&terms.sol_deposit_fee) => {
            snapshot.announcing(&AnnouncedChange::SolDepositFee(new), group)
        }
        FeeType::StakeDeposit(new) if new.is_above(&terms.stake_deposit_fee) => {
            snapshot.announcing(&AnnouncedChange::StakeDepositFee(new), group)
        }
        _ => Ok(group),
    }
}

/// Checks a fee by itself, and against its ceiling and the fee in force.
pub(crate) fn check_fee(snapshot: &PoolSnapshot, fee: &FeeType) -> Result<(), PlanError> {
    fee.check_too_high()?;
    check_ceiling(snapshot, fee)?;
    let terms = &snapshot.pool().terms;
    match fee {
        FeeType::StakeWithdrawal(new) => check_increase("stake", new, &terms.stake_withdrawal_fee),
        FeeType::SolWithdrawal(new) => check_increase("SOL", new, &terms.sol_withdrawal_fee),
        FeeType::SolReferral(_)
        | FeeType::StakeReferral(_)
        | FeeType::Epoch(_)
        | FeeType::SolDeposit(_)
        | FeeType::StakeDeposit(_) => Ok(()),
    }
}

/// Checks a fee against its ceiling.
fn check_ceiling(snapshot: &PoolSnapshot, fee: &FeeType) -> Result<(), PlanError> {
    let ceilings = snapshot.limits().ceilings;
    let (name, ceiling, fee) = match fee {
        FeeType::SolReferral(_) | FeeType::StakeReferral(_) => return Ok(()),
        FeeType::Epoch(fee) => ("fee on rewards", ceilings.epoch, fee),
        FeeType::StakeWithdrawal(fee) => ("fee on stake withdrawals", ceilings.stake_withdrawal, fee),
        FeeType::SolDeposit(fee) => ("fee on SOL deposits", ceilings.sol_deposit, fee),
        FeeType::StakeDeposit(fee) => ("fee on stake deposits", ceilings.stake_deposit, fee),
        FeeType::SolWithdrawal(fee) => ("fee on SOL withdrawals", ceilings.sol_withdrawal, fee),
    };
    match ceiling.get() {
        Some(most) if !ceiling.holds_for(fee) => Err(PlanError::refused(
            ExtensionError::FeeAboveCeiling,
            format!(
                "the {name} cannot become {}/{}: its ceiling is {most} basis points, which the manager can only lower",
                fee.numerator, fee.denominator
            ),
        )),
        _ => Ok(()),
    }
}

/// Checks that the pool account has room for its terms after `change`. SPL tools have created accounts shorter than
/// [`POOL_MAX_LENGTH`], and set values make the terms longer.
fn check_room(snapshot: &PoolSnapshot, change: impl FnOnce(&mut PoolTerms)) -> Result<(), PlanError> {
    let mut pool = *snapshot.pool();
    change(&mut pool.terms);
    let needed = pool.encode(&mut [0; POOL_MAX_LENGTH]).unwrap_or(POOL_MAX_LENGTH);
    let (address, length) = (snapshot.address(), snapshot.accounts().pool.data.len());
    if needed <= length {
        return Ok(());
    }
    let advice = if snapshot.program_id() == SPL_STAKE_POOL_PROGRAM_ID {
        "the SPL stake pool cannot lengthen it, so unset a preferred validator or an authority first".to_owned()
    } else {
        format!(
            "lengthen it with `tidepool extend-pool {address}`, or unset a preferred validator or an authority first"
        )
    };
    Err(PlanError::refused(
        InstructionError::BorshIoError,
        format!("the account of pool {address} has {length} bytes, and its settings need {needed}: {advice}"),
    ))
}

/// [`check_withdrawal_fee`], with the highest allowed fee on withdrawals of `what` in the error.
fn check_increase(what: &str, new: &Fee, in_force: &Fee) -> Result<(), PlanError> {
    check_withdrawal_fee(new, in_force).map_err(|error| match error {
        tidepool_core::Error::FeeIncreaseTooHigh => {
            let shown = |fee: &Fee| match fee.numerator.min(fee.denominator) {
                0 => "none".to_owned(),
                _ => percent(u128::from(fee.numerator) * WHOLE / u128::from(fee.denominator)),
            };
            let (now, new) = (shown(in_force), shown(new));
            let most = percent(highest_withdrawal_fee(in_force));
            let context = format!(
                "the fee on withdrawals of {what} is {now} and cannot become {new}: it may rise by half of itself, and by at \
                 most 0.5 percentage points; use {most} or less, and raise it again once that is in force",
            );
            PlanError::refused(error, context)
        }
        error => error.into(),
    })
}

/// Millionths in one percent, and in the whole.
const MILLIONTHS_PER_PERCENT: u128 = 10_000;
const WHOLE: u128 = 100 * MILLIONTHS_PER_PERCENT;

/// The highest withdrawal fee that can follow `in_force`, in millionths of the amount, rounded down.
fn highest_withdrawal_fee(in_force: &Fee) -> u128 {
    let base = if in_force.numerator == 0 || in_force.denominator == 0 { &WITHDRAWAL_BASELINE_FEE } else { in_force };
    let (numerator, denominator) = (u128::from(base.numerator), u128::from(base.denominator));
    // 64-bit numbers times some millions fit.
    let by_half = numerator * 3 * WHOLE / (2 * denominator);
    let by_amount = (200 * numerator + denominator) * WHOLE / (200 * denominator);
    by_half.min(by_amount).min(WHOLE)
}

/// Formats millionths as a percentage.
fn percent(millionths: u128) -> String {
    let (whole, fraction) = (millionths / MILLIONTHS_PER_PERCENT, millionths % MILLIONTHS_PER_PERCENT);
    let digits = format!(".{fraction:04}");
    format!("{whole}{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// Sets a new manager, whose fees go to `fees_to`, or announces it ([`InstructionGroup::effect`]). A missing associated
/// token account is created and paid for by `payer`. Both managers and the payer sign. See [`check_fee_account`] for an
/// existing account.
///
/// # Errors
/// Refusal `NoticeNotOver`.
pub fn set_manager(
    snapshot: &PoolSnapshot,
    payer: &Address,
    new_manager: &Address,
    fees_to: &TokenReceiver,
) -> Result<InstructionGroup, PlanError> {
    let accounts = accounts! { snapshot => SetManagerAccounts {
        pool, manager, new_manager: *new_manager, new_manager_fee_account: fees_to.address(snapshot),
    } };
    let creation = fees_to.creation(snapshot, payer);
    let units = if creation.is_some() { compute::CREATE_TOKEN_ACCOUNT } else { 0 };
    let instruction = StakePoolInstruction::SetManager.with_accounts(&snapshot.program_id(), accounts.metas());
    let group = InstructionGroup::new(
        format!("set the manager to {new_manager}"),
        creation.into_iter().chain([instruction]).collect(),
        PoolBounds::of(snapshot).setting.saturating_add(units),
    );
    let change = AnnouncedChange::Manager { manager: *new_manager, fee_account: fees_to.address(snapshot) };
    snapshot.announcing(&change, group)
}

/// Checks that `account`, at `address`, can receive the manager's fees.
///
/// # Errors
/// Refusals: `InvalidFeeAccount`, `UnsupportedFeeAccountExtension`.
pub fn check_fee_account(
    snapshot: &PoolSnapshot,
    address: &Address,
    account: Option<&Account>,
) -> Result<(), PlanError> {
    let head = &snapshot.pool().head;
    let (mint, program) = (head.pool_mint, head.token_program_id);
    let refused = |what: String| PlanError::refused(StakePoolError::InvalidFeeAccount, what);
    let advice = format!("specify a token account of the pool's mint {mint}");
    let Some(account) = account else {
        return Err(refused(format!("fee account {address} does not exist: {advice}")));
    };
    if check_manager_fee_account(&account.owner, &account.data, &program, &mint).is_ok() {
        return Ok(());
    }
    let kind = AccountKind::of(account);
    let Ok(tokens) = TokenAccount::decode(&account.data) else {
        return Err(refused(format!("fee account {address} is {kind}, not a token account: {advice}")));
    };
    if kind != AccountKind::TokenAccount {
        Err(refused(format!("fee account {address} is {kind}, not a token account: {advice}")))
    } else if *tokens.mint != mint {
        Err(refused(format!("fee account {address} is a token account of mint {}: {advice}", tokens.mint)))
    } else if account.owner != program {
        Err(refused(format!("fee account {address} is owned by another token program, {}: {advice}", account.owner)))
    } else if tokens.is_frozen {
        Err(refused(format!("fee account {address} is frozen: have it thawed, or specify another account")))
    } else {
        Err(PlanError::refused(
            StakePoolError::UnsupportedFeeAccountExtension,
            format!("fee account {address} has a token extension that can reject transfers: specify another account"),
        ))
    }
}

/// Sets a new staker, or announces it ([`InstructionGroup::effect`]). `signer` is the manager or the present staker, who needs
/// no announcement.
///
/// # Errors
/// Refusals: `SignatureMissing` if `signer` is neither; `NoticeNotOver`.
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
                "only the manager {} and the staker {} can set a new staker, not {signer}",
                head.manager, head.staker
            ),
        ));
    }
    let accounts = accounts! { snapshot => SetStakerAccounts {
        pool, staker_or_manager: *signer, new_staker: *new_staker,
    } };
    let label = format!("set the staker to {new_staker}");
    let group = setting(snapshot, label, &StakePoolInstruction::SetStaker, accounts.metas());
    if *signer == head.staker { Ok(group) } else { snapshot.announcing(&AnnouncedChange::Staker(*new_staker), group) }
}

/// Sets the authority that must sign deposits of stake, deposits of SOL or withdrawals of SOL, or announces it
/// ([`InstructionGroup::effect`]); `None` makes them permissionless. The manager signs.
///
/// # Errors
/// Refusals: `NoticeNotOver`; `BorshIoError` if the pool account is too short for it.
pub fn set_funding_authority(
    snapshot: &PoolSnapshot,
    funding_type: FundingType,
    authority: Option<Address>,
) -> Result<InstructionGroup, PlanError> {
    check_room(snapshot, |terms| match funding_type {
        FundingType::StakeDeposit => {}
        FundingType::SolDeposit => terms.sol_deposit_authority = authority,
        FundingType::SolWithdraw => terms.sol_withdraw_authority = authority,
    })?;
    let accounts = accounts! { snapshot => SetFundingAuthorityAccounts { pool, manager, new_authority: authority } };
    let instruction = StakePoolInstruction::SetFundingAuthority { funding_type };
    let group = setting(snapshot, "set a funding authority", &instruction, accounts.metas());
    let closes_deposits = authority.is_some() && funding_type != FundingType::SolWithdraw;
    if closes_deposits && snapshot.limits().closing_needs_no_notice == 1 {
        return Ok(group);
    }
    snapshot.announcing(&AnnouncedChange::FundingAuthority(funding_type, authority), group)
}

/// Sets the validator that receives all stake deposits, or from which stake is withdrawn first; `None` unsets it. The
/// staker signs.
///
/// # Errors
/// Refusals: `ValidatorNotFound`, `InvalidPreferredValidator`; `BorshIoError` if the pool account is too short for it.
pub fn set_preferred_validator(
    snapshot: &PoolSnapshot,
    validator_type: PreferredValidatorType,
    vote: Option<Address>,
) -> Result<InstructionGroup, PlanError> {
    if let Some(vote) = &vote {
        check_preferable(snapshot, vote)?;
    }
    check_room(snapshot, |terms| match validator_type {
        PreferredValidatorType::Deposit => terms.preferred_deposit_validator_vote_address = vote,
        PreferredValidatorType::Withdraw => terms.preferred_withdraw_validator_vote_address = vote,
    })?;
    let accounts = accounts! { snapshot => SetPreferredValidatorAccounts { pool, staker, validator_list } };
    let instruction = StakePoolInstruction::SetPreferredValidator { validator_type, vote_account: vote };
    Ok(InstructionGroup::one(
        "set the preferred validator",
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        PoolBounds::of(snapshot).scan_list(snapshot.records().len()),
    ))
}

fn check_preferable(snapshot: &PoolSnapshot, vote: &Address) -> Result<(), PlanError> {
    match snapshot.validator(vote) {
        Some(validator) if !validator.record.is_active() => Err(PlanError::refused(
            StakePoolError::InvalidPreferredValidator,
            format!("validator {vote} is being removed from the pool: use another validator"),
        )),
        _ => active_validator(snapshot, vote).map(drop),
    }
}
