//! Weights of validators: their sources ([`equal`], [`by_stake`], [`relative`]), their effect ([`changes`]), and their
//! instructions ([`set_validator_weights`]). The staker signs.

mod scale;

pub use scale::{RelativeWeight, by_stake, equal, relative};

use {
    crate::{
        actions::accounts::accounts,
        checks::require_policy,
        compute,
        error::{PlanError, WeightsError},
        pack::{MAX_TRANSACTION_BYTES, PackOptions, transaction_bytes},
        pool::PoolSnapshot,
        transaction::{InstructionGroup, Plan},
    },
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::{HashMap, HashSet},
    tidepool_core::rebalance::{BASIS_POINTS, Rebalance},
    tidepool_interface::{
        ExtensionError, StakePoolError,
        instruction::{ExtensionInstruction, SetValidatorWeightsAccounts, WeightEntry},
        state::{RebalancePolicy, ValidatorStakeInfo, WEIGHT_MAX},
    },
};

/// A change of a weight, with its effect on the validator's target.
///
/// Targets are in lamports, including the rent of the stake account, for the totals of the snapshot. They are `None`
/// without a weight: the stake does not move then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WeightChange {
    /// The vote account.
    pub vote: Address,
    /// Index of the validator's record in the list.
    pub index: usize,
    /// The present weight.
    pub old: u16,
    /// The new weight.
    pub new: u16,
    /// The target with the present weights.
    pub target_before: Option<u64>,
    /// The target with all new weights.
    pub target_after: Option<u64>,
}

/// Treatment of validators without a given weight.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Unlisted {
    /// They keep their weight.
    #[default]
    Keep,
    /// Their weight becomes 0.
    Clear,
}

/// The changes that give each validator (vote account) its weight in `wanted`, in the list's order. Unchanged weights
/// are omitted.
///
/// # Errors
/// Refusals: `NotExtended`, `ValidatorNotFound`, `WeightOfRemovedValidator`, `ValidatorDemoted`,
/// `WeightTooHigh`. [`PlanError::Weights`] if a validator has
/// two weights, if all weights are 0, or if the policy's cap is too low.
pub fn changes(
    snapshot: &PoolSnapshot,
    wanted: &[(Address, u16)],
    unlisted: Unlisted,
) -> Result<Vec<WeightChange>, PlanError> {
    require_policy(snapshot)?;
    let records = snapshot.records();
    let indices: HashMap<Address, usize> =
        records.iter().enumerate().map(|(index, record)| (record.vote_account_address, index)).collect();
    let mut weights: Vec<u16> = match unlisted {
        Unlisted::Keep => records.iter().map(|record| record.extension.weight()).collect(),
        Unlisted::Clear => vec![0; records.len()],
    };
    let mut named = HashSet::new();
    for (vote, weight) in wanted {
        let index = *indices.get(vote).ok_or_else(|| {
            PlanError::refused(
                StakePoolError::ValidatorNotFound,
                format!("validator {vote} is not in the pool: add it first, or omit it"),
            )
        })?;
        if !named.insert(*vote) {
            return Err(WeightsError::Twice { vote: *vote }.into());
        }
        check_takes_weight(snapshot, &records[index], *weight)?;
        weights[index] = *weight;
    }
    check_weights(snapshot, &weights)?;
    Ok(compare(snapshot, &weights))
}

/// The changes from the present weights to `weights`, one per record.
fn compare(snapshot: &PoolSnapshot, weights: &[u16]) -> Vec<WeightChange> {
    let before = snapshot.records();
    let mut after = before.to_vec();
    for (record, weight) in after.iter_mut().zip(weights) {
        // A weight of 0 leaves a demotion as it is.
        if record.extension.weight() != *weight {
            record.extension.set_weight(*weight);
        }
    }
    let survey =
        |records: &[ValidatorStakeInfo]| snapshot.rebalance_inputs().map(|inputs| Rebalance::survey(records, &inputs));
    let (survey_before, survey_after) = (survey(before), survey(&after));
    let target = |survey: &Option<Rebalance>, record| survey.as_ref().and_then(|survey| survey.target(record));
    before
        .iter()
        .zip(&after)
        .enumerate()
        .filter(|(_, (before, after))| before.extension.weight() != after.extension.weight())
        .map(|(index, (before, after))| WeightChange {
            vote: before.vote_account_address,
            index,
            old: before.extension.weight(),
            new: after.extension.weight(),
            target_before: target(&survey_before, before),
            target_after: target(&survey_after, after),
        })
        .collect()
}

/// Plans the transactions that set weights, as few as possible. With several, `Rebalance` is paused from the first to
/// the last, for up to [`WEIGHTS_PAUSE_SLOTS`](tidepool_interface::instruction::WEIGHTS_PAUSE_SLOTS): stake never moves
/// by a mixture of old and new weights. The first and the last transaction are stages of their own.
///
/// Without changes, the plan ends the pause of an earlier plan that landed partly, or it is empty.
///
/// `changes` may come from an earlier snapshot: an entry that has moved since is refused, here and by the program.
///
/// # Errors
/// Those of [`changes`]; refusal `EntryMoved`.
pub fn set_validator_weights(snapshot: &PoolSnapshot, changes: &[WeightChange]) -> Result<Plan, PlanError> {
    set_validator_weights_within(snapshot, changes, 0)
}

/// As [`set_validator_weights`], in transactions with this number of unused bytes: those of a multisig are part of others.
///
/// # Errors
/// As [`set_validator_weights`].
pub fn set_validator_weights_within(
    snapshot: &PoolSnapshot,
    changes: &[WeightChange],
    unused_bytes: usize,
) -> Result<Plan, PlanError> {
    require_policy(snapshot)?;
    let mut weights: Vec<u16> = snapshot.records().iter().map(|record| record.extension.weight()).collect();
    let mut named = HashSet::new();
    for change in changes {
        let record = snapshot
            .records()
            .get(change.index)
            .filter(|record| record.vote_account_address == change.vote)
            .ok_or_else(|| moved(snapshot, change))?;
        if !named.insert(change.vote) {
            return Err(WeightsError::Twice { vote: change.vote }.into());
        }
        check_takes_weight(snapshot, record, change.new)?;
        weights[change.index] = change.new;
    }
    if !changes.is_empty() {
        check_weights(snapshot, &weights)?;
    }
    // A list has fewer than 2^32 records.
    let entry = |change: &WeightChange| WeightEntry::new(change.index as u32, &change.vote, change.new);
    let mut entries: Vec<WeightEntry> = changes.iter().map(entry).collect();
    if entries.is_empty() && snapshot.is_paused() {
        entries.extend(resumption(snapshot));
    }
    let parts: Vec<&[WeightEntry]> = entries.chunks(weights_within(unused_bytes)).collect();
    let mut plan = Plan::default();
    if let [first @ .., last] = parts.as_slice() {
        let label = format!("set {} weights", changes.len());
        let groups: Vec<_> = first.iter().map(|part| group(snapshot, part, true)).collect();
        let (begin, middle) = groups.split_at(groups.len().min(1));
        for stage in [begin.to_vec(), middle.to_vec(), vec![group(snapshot, last, false)]] {
            plan.push(label.clone(), stage);
        }
    }
    Ok(plan)
}

/// An entry that sets the present weight of one validator again.
fn resumption(snapshot: &PoolSnapshot) -> Option<WeightEntry> {
    let records = snapshot.records().iter().zip(0..);
    // For a validator being removed, the program accepts only weight 0.
    let weight = |record: &ValidatorStakeInfo| if record.is_active() { record.extension.weight() } else { 0 };
    let (record, index) = records.min_by_key(|(record, _)| !record.is_active())?;
    Some(WeightEntry::new(index, &record.vote_account_address, weight(record)))
}

fn moved(snapshot: &PoolSnapshot, change: &WeightChange) -> PlanError {
    let (vote, index) = (change.vote, change.index);
    let now = match snapshot.validator(&vote) {
        Some(validator) => format!("at {} of the list now, and no longer at {index}", validator.index),
        None => format!("no longer in the pool, where it was at {index} of the list"),
    };
    PlanError::refused(
        ExtensionError::EntryMoved,
        format!(
            "the validator list has changed, validator {vote} is {now}: read \
                                                            the pool and plan the changes again"
        ),
    )
}

fn group(snapshot: &PoolSnapshot, entries: &[WeightEntry], more: bool) -> InstructionGroup {
    let accounts = accounts! { snapshot => SetValidatorWeightsAccounts { pool, staker, validator_list } };
    let instruction = ExtensionInstruction::SetValidatorWeights { more, weights: entries };
    let label = match entries {
        [entry] => {
            let record = snapshot.records().get(entry.index.get() as usize);
            let vote = record.map(|record| record.vote_account_address).unwrap_or_default();
            format!("set the weight of validator {vote} to {}", entry.weight.get())
        }
        entries => format!("set the weights of {} validators", entries.len()),
    };
    InstructionGroup::one(
        label,
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::set_weights(entries.len()),
    )
    .logging(crate::logs::POOL_INSTRUCTION)
    .running(1)
}

/// Most weights of one instruction: as many as a legacy transaction holds, which every wallet signs, if the fee payer
/// is not the staker.
pub fn weights_per_instruction() -> usize {
    weights_within(0)
}

fn weights_within(unused_bytes: usize) -> usize {
    let address = |byte| Address::new_from_array([byte; 32]);
    let accounts = SetValidatorWeightsAccounts { pool: address(1), staker: address(2), validator_list: address(3) };
    let bytes = |count: usize| {
        let entries = vec![WeightEntry::new(0, &Address::default(), 0); count];
        let instruction = ExtensionInstruction::SetValidatorWeights { more: true, weights: &entries };
        let instruction: Instruction = instruction.with_accounts(&address(4), accounts.metas());
        transaction_bytes(&address(5), &[instruction]) + PackOptions::default().reserved_bytes + unused_bytes
    };
    (1..).take_while(|count| bytes(*count) <= MAX_TRANSACTION_BYTES).last().unwrap_or(1)
}

/// Rejects a weight above the maximum, and one of a validator that is being removed, or was demoted less than the cooldown ago.
fn check_takes_weight(snapshot: &PoolSnapshot, record: &ValidatorStakeInfo, weight: u16) -> Result<(), PlanError> {
    let vote = record.vote_account_address;
    if let Some(demotion) = snapshot.demotion_of(record).filter(|_| weight > 0)
        && snapshot.epoch() < demotion.reinstatable_from_epoch
    {
        return Err(PlanError::refused(
            ExtensionError::ValidatorDemoted,
            format!(
                "validator {vote} was demoted in epoch {}: it can have a weight from epoch {} on",
                demotion.epoch, demotion.reinstatable_from_epoch
            ),
        ));
    }
    if weight > WEIGHT_MAX {
        return Err(PlanError::refused(
            ExtensionError::WeightTooHigh,
            format!("the weight of validator {vote} is {weight}: use at most {WEIGHT_MAX}"),
        ));
    }
    if weight == 0 || record.is_active() {
        return Ok(());
    }
    Err(PlanError::refused(
        ExtensionError::WeightOfRemovedValidator,
        format!("validator {vote} is being removed from the pool: omit it, or set weight 0"),
    ))
}

fn check_weights(snapshot: &PoolSnapshot, weights: &[u16]) -> Result<(), PlanError> {
    let policy = require_policy(snapshot)?;
    if count(snapshot, weights) == 0 {
        return Err(WeightsError::NoWeights.into());
    }
    check_cap(snapshot, policy, weights)
}

/// Number of active validators with a weight.
fn count(snapshot: &PoolSnapshot, weights: &[u16]) -> usize {
    let records = snapshot.records().iter().zip(weights);
    records.filter(|(record, weight)| record.is_active() && **weight > 0).count()
}

/// Checks that the policy's cap allows the validators with a weight to hold all stake that they share. Stake of
/// validators without a weight is not shared. Without any weight, every policy is valid.
pub(super) fn check_cap(snapshot: &PoolSnapshot, policy: &RebalancePolicy, weights: &[u16]) -> Result<(), PlanError> {
    let validators = count(snapshot, weights);
    let cap = policy.validator_cap.get();
    let needed =
        BASIS_POINTS.saturating_sub(policy.reserve_share.get()).saturating_sub(settled_basis_points(snapshot, weights));
    if validators == 0 || validators as u64 * u64::from(cap) >= u64::from(needed) {
        return Ok(());
    }
    let least_cap = (usize::from(needed)).div_ceil(validators);
    Err(WeightsError::CapTooLow {
        validators,
        cap,
        needed,
        // At most the whole.
        least_cap: least_cap as u16,
        least_validators: usize::from(needed).div_ceil(usize::from(cap.max(1))),
    }
    .into())
}

/// Stake of active validators without a weight, in basis points of the pool, rounded up.
fn settled_basis_points(snapshot: &PoolSnapshot, weights: &[u16]) -> u16 {
    let stake = |record: &ValidatorStakeInfo| {
        u128::from(record.active_stake_lamports.get()) + u128::from(record.transient_stake_lamports.get())
    };
    let (mut total, mut settled) = (u128::from(snapshot.reserve_lamports_above_rent()), 0u128);
    for (record, weight) in snapshot.records().iter().zip(weights) {
        total += stake(record);
        if record.is_active() && *weight == 0 {
            settled += stake(record);
        }
    }
    // A part of the total: at most 10,000.
    (settled * u128::from(BASIS_POINTS)).div_ceil(total.max(1)) as u16
}
