//! Weights of validators: where they come from ([`equal`], [`by_stake`], [`relative`]), what they change ([`changes`]), and
//! their instructions ([`set_validator_weights`]). The staker signs.

mod error;
mod scale;

pub use {
    error::WeightsError,
    scale::{RelativeWeight, by_stake, equal, relative},
};

use {
    super::extend::require_policy,
    crate::{
        compute,
        error::PlanError,
        pack::{MAX_TRANSACTION_BYTES, PackOptions, transaction_bytes},
        plan::{InstructionGroup, Plan},
        pool::PoolSnapshot,
    },
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::{HashMap, HashSet},
    tidepool_interface::{
        ExtensionError, StakePoolError,
        instruction::{ExtensionInstruction, SetValidatorWeightsAccounts, WeightEntry},
        rebalance::Rebalance,
        state::{BASIS_POINTS, RebalancePolicy, ValidatorStakeInfo},
    },
};

/// A weight to be changed, and what that does to the validator's target.
///
/// Targets are in lamports of its stake account, rent included, worked out from the totals of the snapshot; `None` without a
/// weight: its stake then stays as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WeightChange {
    /// The vote account.
    pub vote: Address,
    /// Index of the record in the list.
    pub index: usize,
    /// The weight that it has.
    pub old: u16,
    /// The weight that it gets.
    pub new: u16,
    /// Its target with the weights as they are.
    pub target_before: Option<u64>,
    /// Its target when all changes are made.
    pub target_after: Option<u64>,
}

/// What becomes of validators for which no weight is given.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Unlisted {
    /// They keep the weight that they have.
    #[default]
    Keep,
    /// They get 0, since the weights given are meant to be all.
    Clear,
}

/// What to change so that each validator (vote account) has the weight that `wanted` gives it. Weights that are right already
/// are not among the changes, which come in the list's order.
///
/// # Errors
/// Refusals: `NotExtended`, `ValidatorNotFound`, `WeightOfRemovedValidator`. [`PlanError::Weights`] where a validator is named
/// twice, where nobody would have a weight, or where those who do could not take all stake under the policy's cap.
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
        Unlisted::Keep => records.iter().map(|record| record.extension.weight.get()).collect(),
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
        check_not_removed(&records[index], *weight)?;
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
        record.extension.weight.set(*weight);
    }
    let survey =
        |records: &[ValidatorStakeInfo]| snapshot.rebalance_inputs().map(|inputs| Rebalance::survey(records, &inputs));
    let (survey_before, survey_after) = (survey(before), survey(&after));
    let target = |survey: &Option<Rebalance>, record| survey.as_ref().and_then(|survey| survey.target(record));
    before
        .iter()
        .zip(&after)
        .enumerate()
        .filter(|(_, (before, after))| before.extension.weight != after.extension.weight)
        .map(|(index, (before, after))| WeightChange {
            vote: before.vote_account_address,
            index,
            old: before.extension.weight.get(),
            new: after.extension.weight.get(),
            target_before: target(&survey_before, before),
            target_after: target(&survey_after, after),
        })
        .collect()
}

/// Plans to set weights, in as few transactions as hold them. Where they take several, `Rebalance` moves nothing between the
/// first and the last of these, which are stages of their own, for up to
/// [`WEIGHTS_PAUSE_SLOTS`](tidepool_interface::instruction::WEIGHTS_PAUSE_SLOTS): stake never moves by a mixture of old and new
/// weights.
///
/// Without changes, the plan ends the pause of an earlier one that did not land as a whole, or it is empty.
///
/// `changes` may come from an earlier snapshot: an entry that has moved since is refused, here and by the program.
///
/// # Errors
/// As [`changes`]; refusal `EntryMoved`.
pub fn set_validator_weights(snapshot: &PoolSnapshot, changes: &[WeightChange]) -> Result<Plan, PlanError> {
    require_policy(snapshot)?;
    let mut weights: Vec<u16> = snapshot.records().iter().map(|record| record.extension.weight.get()).collect();
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
        check_not_removed(record, change.new)?;
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
    let parts: Vec<&[WeightEntry]> = entries.chunks(weights_per_instruction()).collect();
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

/// The weight of one validator as it is, to be set again.
fn resumption(snapshot: &PoolSnapshot) -> Option<WeightEntry> {
    let records = snapshot.records().iter().zip(0..);
    // The program refuses any other weight for one that is being removed.
    let weight = |record: &ValidatorStakeInfo| if record.is_active() { record.extension.weight.get() } else { 0 };
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
    let head = &snapshot.pool().head;
    let accounts = SetValidatorWeightsAccounts {
        pool: snapshot.address(),
        staker: head.staker,
        validator_list: head.validator_list,
    };
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
}

/// Weights that one instruction sets at most: as many as a transaction holds in the legacy form, which every wallet signs, with
/// a fee payer who is not the staker.
pub fn weights_per_instruction() -> usize {
    let address = |byte| Address::new_from_array([byte; 32]);
    let accounts = SetValidatorWeightsAccounts { pool: address(1), staker: address(2), validator_list: address(3) };
    let bytes = |count: usize| {
        let entries = vec![WeightEntry::new(0, &Address::default(), 0); count];
        let instruction = ExtensionInstruction::SetValidatorWeights { more: true, weights: &entries };
        let instruction: Instruction = instruction.with_accounts(&address(4), accounts.metas());
        transaction_bytes(&address(5), &[instruction]) + PackOptions::default().reserved_bytes
    };
    (1..).take_while(|count| bytes(*count) <= MAX_TRANSACTION_BYTES).last().unwrap_or(1)
}

fn check_not_removed(record: &ValidatorStakeInfo, weight: u16) -> Result<(), PlanError> {
    if weight == 0 || record.is_active() {
        return Ok(());
    }
    let vote = record.vote_account_address;
    Err(PlanError::refused(
        ExtensionError::WeightOfRemovedValidator,
        format!("validator {vote} is being removed from the pool: omit it, or set weight 0"),
    ))
}

/// Checks weights, one per record.
fn check_weights(snapshot: &PoolSnapshot, weights: &[u16]) -> Result<(), PlanError> {
    let policy = require_policy(snapshot)?;
    if count(snapshot, weights) == 0 {
        return Err(WeightsError::NoWeights.into());
    }
    check_cap(snapshot, policy, weights)
}

/// Active validators with a weight.
fn count(snapshot: &PoolSnapshot, weights: &[u16]) -> usize {
    let records = snapshot.records().iter().zip(weights);
    records.filter(|(record, weight)| record.is_active() && **weight > 0).count()
}

/// Checks that under the policy's cap the validators with a weight can have all that they are to share. What stays with
/// validators without one is not theirs to share. While nobody has a weight, nothing contradicts the policy.
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

/// Stake of active validators that get no weight, in basis points of the pool, rounded up.
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
    // A part of the total: 10,000 at most.
    (settled * u128::from(BASIS_POINTS)).div_ceil(total.max(1)) as u16
}
