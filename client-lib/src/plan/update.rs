//! Bringing a pool into the present epoch.

use {
    super::{InstructionGroup, Plan},
    crate::{
        actions, compute,
        error::{PlanError, check_no_rewards},
        pack::{self, PackOptions},
        pool::{PoolSnapshot, Validator},
    },
    solana_address::Address,
    std::{collections::BTreeSet, ops::Range},
    tidepool_interface::{external::stake::StakeState, state::StakeStatus},
};

/// How to update.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UpdateOptions {
    /// Update every record, and the pool, although they are up to date. It books rewards and donations of this epoch.
    pub all: bool,
    /// Merge no stake in the chunks that hold these validators (vote accounts). A merge fails where stake is only partly
    /// warmed up or cooled down, and the whole chunk with it.
    pub no_merge_for: BTreeSet<Address>,
    /// Merge no stake at all.
    pub no_merge: bool,
    /// Most validators of one instruction; as many as fit a transaction where it is `None`.
    pub validators_per_instruction: Option<usize>,
}

/// Plans an update of the pool: the stale records, then the totals, then a cleanup if any entry may be ready for removal.
///
/// The plan is empty where the pool is up to date. It costs nobody but the fee payer, whoever that is.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`] while records would have to be updated and rewards are being paid;
/// [`PlanError::Invalid`] where `validators_per_instruction` is 0 or more than fits a transaction.
pub fn update(snapshot: &PoolSnapshot, options: &UpdateOptions) -> Result<Plan, PlanError> {
    let chunks = chunks(snapshot, options)?;
    if !chunks.is_empty() {
        check_no_rewards(snapshot.environment())?;
    }
    let touched = !chunks.is_empty() || options.all || snapshot.is_stale();
    let mut plan = Plan::default();
    let list = chunks
        .into_iter()
        .map(|range| chunk(snapshot, range, options))
        .collect();
    plan.push("update the validator list", list);
    if touched {
        plan.push("update the pool", vec![actions::update_pool_balance(snapshot)]);
    }
    if may_have_removed_entries(snapshot, touched) {
        plan.push("clean up the validator list", vec![actions::cleanup(snapshot)]);
    }
    Ok(plan)
}

/// The instruction that updates the records of `range`, whether they are stale or not.
///
/// # Errors
/// [`PlanError::Invalid`] where `range` is not within the list.
pub fn list_chunk(snapshot: &PoolSnapshot, range: Range<usize>, no_merge: bool) -> Result<InstructionGroup, PlanError> {
    if range.start > range.end || range.end > snapshot.records().len() {
        return Err(PlanError::invalid(format!(
            "the validator list has {} records, not {} to {}: read the pool again",
            snapshot.records().len(),
            range.start,
            range.end
        )));
    }
    let validators: Vec<Validator> = snapshot.validators().skip(range.start).take(range.len()).collect();
    let compute_units = validators
        .iter()
        .map(compute_units)
        .fold(compute::UPDATE_LIST_BASE, u32::saturating_add);
    Ok(InstructionGroup::one(
        format!("update validators {} to {}", range.start, range.end.saturating_sub(1)),
        actions::update_list_instruction(snapshot, range.start, no_merge, &validators),
        compute_units,
    ))
}

fn chunk(snapshot: &PoolSnapshot, range: Range<usize>, options: &UpdateOptions) -> InstructionGroup {
    let no_merge = options.no_merge
        || snapshot.records()[range.clone()]
            .iter()
            .any(|record| options.no_merge_for.contains(&record.vote_account_address));
    list_chunk(snapshot, range, no_merge).expect("the chunks are within the list")
}

fn compute_units(validator: &Validator) -> u32 {
    if is_quiet(validator) {
        compute::UPDATE_QUIET_VALIDATOR
    } else {
        compute::UPDATE_MOVING_VALIDATOR
    }
}

/// Whether nothing has to be merged for the validator.
fn is_quiet(validator: &Validator) -> bool {
    validator.record.is_active() && !validator.has_transient_stake()
}

/// The fewest ranges that cover all stale records, each of which fits a transaction by size and by compute.
fn chunks(snapshot: &PoolSnapshot, options: &UpdateOptions) -> Result<Vec<Range<usize>>, PlanError> {
    let room = pack::max_update_pairs(&PackOptions::default());
    let size = options.validators_per_instruction.unwrap_or(room);
    if size == 0 || size > room {
        return Err(PlanError::invalid(format!(
            "{size} validators cannot be updated by one instruction: choose 1 to {room}"
        )));
    }
    let epoch = snapshot.epoch();
    let is_due =
        |record: &tidepool_interface::state::ValidatorStakeInfo| options.all || record.last_update_epoch.get() < epoch;
    let records = snapshot.records();
    let mut chunks = Vec::new();
    let mut start = 0;
    while let Some(first) = records.iter().skip(start).position(is_due).map(|offset| start + offset) {
        let window = &records[first..records.len().min(first + size)];
        let within_compute = window
            .iter()
            .scan(compute::UPDATE_LIST_BASE, |total, record| {
                let quiet = record.is_active() && record.transient_stake_lamports.get() == 0;
                *total += if quiet {
                    compute::UPDATE_QUIET_VALIDATOR
                } else {
                    compute::UPDATE_MOVING_VALIDATOR
                };
                Some(*total)
            })
            .take_while(|total| *total <= compute::MAX_PER_TRANSACTION)
            .count();
        // What is up to date at the end of a window would be paid for in vain.
        let length = window[..within_compute]
            .iter()
            .rposition(is_due)
            .map_or(1, |last| last + 1);
        chunks.push(first..first + length);
        start = first + length;
    }
    Ok(chunks)
}

/// Whether the update leaves, or finds, an entry that holds nothing any more. Without the stake accounts every entry on its
/// way out may be one; a cleanup in vain costs a fee and does no harm.
fn may_have_removed_entries(snapshot: &PoolSnapshot, touched: bool) -> bool {
    if !touched {
        return snapshot.records().iter().any(|record| record.is_removed());
    }
    snapshot.validators().any(|validator| {
        let force_destaked = || {
            validator
                .validator_stake()
                .is_some_and(|account| matches!(StakeState::decode(&account.data), Ok(StakeState::Initialized(_))))
        };
        match validator.status() {
            Some(StakeStatus::Active) => force_destaked(),
            Some(_) => true,
            None => false,
        }
    })
}
