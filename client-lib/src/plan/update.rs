//! Bringing a pool into the present epoch.

use {
    super::{InstructionGroup, Plan, merging::Merging},
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
    /// Merge no stake of these validators (vote accounts). A merge fails where stake is only partly warmed up or cooled
    /// down, and the whole instruction with it. Where the snapshot holds the stake accounts, such stake is left alone without
    /// being named here.
    pub no_merge_for: BTreeSet<Address>,
    /// Merge no stake at all.
    pub no_merge: bool,
    /// Most validators of one instruction; as many as fit a legacy transaction where it is `None`. More need lookup tables
    /// when they are packed.
    pub validators_per_instruction: Option<usize>,
}

/// Plans an update of the pool: the stale records, then the totals, then a cleanup if any entry may be ready for removal.
///
/// The plan is empty where the pool is up to date. It costs nobody but the fee payer, whoever that is.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`] while records would have to be updated and rewards are being paid;
/// [`PlanError::Invalid`] where `validators_per_instruction` is 0 or more than a transaction can lock the accounts of.
pub fn update(snapshot: &PoolSnapshot, options: &UpdateOptions) -> Result<Plan, PlanError> {
    let chunks = chunks(snapshot, options)?;
    if !chunks.is_empty() {
        check_no_rewards(snapshot.environment())?;
    }
    let touched = !chunks.is_empty() || options.all || snapshot.is_stale();
    let mut plan = Plan::default();
    let list = chunks
        .into_iter()
        .map(|(range, merging)| list_chunk(snapshot, range, merging == Merging::Skip))
        .collect::<Result<_, _>>()?;
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
    let compute_units = validators.iter().map(compute_units).fold(compute::UPDATE_LIST_BASE, u32::saturating_add);
    Ok(InstructionGroup::one(
        format!("update validators {} to {}", range.start, range.end.saturating_sub(1)),
        actions::update_list_instruction(snapshot, range.start, no_merge, &validators),
        compute_units,
    ))
}

/// The addresses that updates of the list name, for lookup tables: those of the pool, then two for each validator. That of
/// the transient stake account changes when stake moves under another seed.
pub fn update_addresses(snapshot: &PoolSnapshot) -> Vec<Address> {
    let shared = actions::update_list_instruction(snapshot, 0, false, &[]).accounts;
    let stakes = snapshot.stake_addresses();
    shared
        .into_iter()
        .map(|meta| meta.pubkey)
        .chain(stakes.iter().flat_map(|stake| [stake.validator, stake.transient]))
        .collect()
}

fn compute_units(validator: &Validator) -> u32 {
    if validator.record.is_active() && !validator.has_transient_stake() {
        compute::UPDATE_QUIET_VALIDATOR
    } else {
        compute::UPDATE_MOVING_VALIDATOR
    }
}

/// The ranges that cover all stale records: as long as a transaction allows and merging is wanted, or not wanted, throughout.
fn chunks(snapshot: &PoolSnapshot, options: &UpdateOptions) -> Result<Vec<(Range<usize>, Merging)>, PlanError> {
    let size = options.validators_per_instruction.unwrap_or_else(|| pack::max_update_pairs(&PackOptions::default()));
    let most = pack::max_update_pairs_by_locks(&PackOptions::default());
    if size == 0 || size > most {
        return Err(PlanError::invalid(format!(
            "{size} validators cannot be updated by one instruction: choose 1 to {most}"
        )));
    }
    let mut chunks: Vec<(Range<usize>, Merging)> = Vec::new();
    let mut open: Option<Chunk> = None;
    for validator in snapshot.validators() {
        let is_due = options.all || validator.is_stale(snapshot.epoch());
        let larger = open.as_ref().and_then(|chunk| chunk.with(snapshot, &validator, options, size, is_due));
        open = match larger {
            Some(larger) => Some(larger),
            None => {
                chunks.extend(open.take().map(Chunk::finish));
                is_due.then(|| Chunk::of(snapshot, &validator, options))
            }
        };
    }
    chunks.extend(open.map(Chunk::finish));
    Ok(chunks)
}

/// A range that may still grow.
#[derive(Clone, Debug)]
struct Chunk {
    start: usize,
    /// What the last record that is due makes of it. What is up to date at the end of a range would be paid for in vain.
    due: (usize, Merging),
    merging: Merging,
    compute_units: u32,
}

impl Chunk {
    fn of(snapshot: &PoolSnapshot, validator: &Validator, options: &UpdateOptions) -> Self {
        let merging = Merging::of(snapshot, validator, options);
        Self {
            start: validator.index,
            due: (validator.index, merging),
            merging,
            compute_units: compute::UPDATE_LIST_BASE.saturating_add(compute_units(validator)),
        }
    }

    /// The range with the next validator, if that fits.
    fn with(
        &self,
        snapshot: &PoolSnapshot,
        validator: &Validator,
        options: &UpdateOptions,
        size: usize,
        is_due: bool,
    ) -> Option<Self> {
        let merging = self.merging.with(Merging::of(snapshot, validator, options))?;
        let larger = Self {
            start: self.start,
            due: if is_due { (validator.index, merging) } else { self.due },
            merging,
            compute_units: self.compute_units.saturating_add(compute_units(validator)),
        };
        let fits = validator.index - self.start < size && larger.compute_units <= compute::MAX_PER_TRANSACTION;
        fits.then_some(larger)
    }

    fn finish(self) -> (Range<usize>, Merging) {
        let (last, merging) = self.due;
        (self.start..last + 1, merging)
    }
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
