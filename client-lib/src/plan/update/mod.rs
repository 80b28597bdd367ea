//! Plans that update a pool to the current epoch.

mod chunk;
mod idle;
mod mergeable;
mod merging;
mod work;

pub use {
    idle::{Sweep, idle_lamports, sweepable},
    mergeable::mergeable,
};

use {
    super::{InstructionGroup, Plan},
    crate::{
        actions,
        checks::{check_no_rewards, require_policy},
        error::PlanError,
        pack::{self, PackOptions, TransactionFormat},
        pool::{PoolSnapshot, Validator},
    },
    chunk::{Chunks, Form, Indices},
    solana_address::Address,
    std::{collections::BTreeSet, ops::Range},
    tidepool_interface::{external::stake::StakeState, state::StakeStatus},
};

/// Options of an update.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UpdateOptions {
    /// Update every record and the pool, even if they are current. It books rewards and donations of this epoch.
    pub all: bool,
    /// Validators (vote accounts) whose stake is not merged. A merge of partly activated or deactivated stake fails its
    /// whole instruction. If the snapshot holds the stake accounts, such stake is skipped automatically.
    pub no_merge_for: BTreeSet<Address>,
    /// Merge no stake at all.
    pub no_merge: bool,
    /// Which idle lamports beside delegations are moved to the reserve. The SPL instruction moves all of them.
    pub sweep: Sweep,
    /// Most validators of one instruction; as many as fit a transaction if `None`. More may need lookup tables when
    /// they are packed.
    pub validators_per_instruction: Option<usize>,
    /// The format that the plan is packed in ([`PackOptions::format`]). A legacy transaction holds the fewest validators.
    pub format: TransactionFormat,
    /// Fill transactions even if their logs may be truncated and the events lost, which come last. This takes fewer
    /// transactions if most stake accounts have tips or mergeable stake.
    pub allow_event_truncation: bool,
    /// Use `UpdateValidatorListBalance` for an extended pool, too, for comparison.
    pub in_spl_form: bool,
}

impl UpdateOptions {
    /// The instruction to use. The compact one skips stake that cannot be merged, but always merges the rest.
    fn form(&self, snapshot: &PoolSnapshot) -> Form {
        let merges = !self.no_merge && self.no_merge_for.is_empty();
        if snapshot.is_extended() && merges && !self.in_spl_form { Form::Compact } else { Form::Spl }
    }
}

/// Plans an update of the pool: the stale records and those with mergeable stake ([`mergeable`]) or idle lamports to sweep
/// ([`sweepable`]), then the totals, then a cleanup if an entry may be removable.
///
/// In the compact form, records are counted first and the totals follow, if stake can only be merged and lamports swept in more
/// transactions. These come after the totals, which do not depend on them.
///
/// The plan is empty if the pool is up to date and nothing can be merged or swept. Its only cost is the fee. An extended pool is
/// updated by `UpdateValidators`, unless some stake must not be merged.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`] if records are stale while rewards are being paid; [`PlanError::Invalid`] if
/// `validators_per_instruction` is 0, or needs more accounts than a transaction can lock.
pub fn update(snapshot: &PoolSnapshot, options: &UpdateOptions) -> Result<Plan, PlanError> {
    let form = options.form(snapshot);
    check_size(options, form)?;
    let ListUpdate { first, later } = update_list(snapshot, options, form);
    if !first.is_empty() {
        check_no_rewards(snapshot)?;
    }
    let touched = !first.is_empty() || options.all || snapshot.is_stale();
    let mut plan = Plan::default();
    plan.push("update the validator list", first);
    if touched {
        plan.push("update the pool", vec![actions::update_pool_balance(snapshot)]);
    }
    plan.push("merge stake and sweep idle lamports", later);
    if may_have_removed_entries(snapshot, touched) {
        plan.push("clean up the validator list", vec![actions::cleanup(snapshot)]);
    }
    Ok(plan)
}

/// Instructions that update the list.
struct ListUpdate {
    /// Before the totals.
    first: Vec<InstructionGroup>,
    /// After them: moves what the totals count already.
    later: Vec<InstructionGroup>,
}

fn update_list(snapshot: &PoolSnapshot, options: &UpdateOptions, form: Form) -> ListUpdate {
    let chunks = Chunks::new(snapshot, options, form);
    let indices = |is: &dyn Fn(&Validator) -> bool| -> Indices {
        snapshot.validators().filter(|validator| is(validator)).map(|validator| validator.index).collect()
    };
    let due = indices(&|validator| options.all || validator.is_stale(snapshot.epoch()));
    let to_move: Indices = mergeable(snapshot, options)
        .iter()
        .chain(&sweepable(snapshot, options))
        .map(|validator| validator.index)
        .collect();
    let not_countable = indices(&|validator| idle::must_be_written(snapshot, validator));
    let in_one_step = chunks.of_records(&(&due | &to_move), &(&not_countable | &to_move));
    if form == Form::Spl || due.is_empty() {
        return ListUpdate { first: in_one_step, later: vec![] };
    }
    let counted = chunks.of_records(&due, &not_countable);
    if in_one_step.len() <= counted.len() {
        return ListUpdate { first: in_one_step, later: vec![] };
    }
    let rest = &to_move - &(&due & &not_countable);
    ListUpdate { first: counted, later: chunks.of_records(&rest, &rest) }
}

fn check_size(options: &UpdateOptions, form: Form) -> Result<(), PlanError> {
    let packing = PackOptions::default().in_format(options.format.clone());
    let most = match form {
        Form::Spl => pack::max_update_pairs_by_locks(&packing),
        Form::Compact => pack::max_update_accounts_by_locks(&packing),
    };
    match options.validators_per_instruction {
        Some(size) if size == 0 || size > most => {
            Err(PlanError::invalid(format!("invalid number of validators per instruction {size}: use 1 to {most}")))
        }
        _ => Ok(()),
    }
}

/// `UpdateValidatorListBalance` for the records of `range`, stale or not.
///
/// # Errors
/// [`PlanError::Invalid`] if `range` is not within the list.
pub fn list_chunk(snapshot: &PoolSnapshot, range: Range<usize>, no_merge: bool) -> Result<InstructionGroup, PlanError> {
    let validators = validators_of(snapshot, &range)?;
    Ok(chunk::group(snapshot, Form::Spl, no_merge, &validators, range.start, &|_| true))
}

/// `UpdateValidators` for the records of `range`, stale or not.
///
/// # Errors
/// Refusal `NotExtended`; [`PlanError::Invalid`] if `range` is not within the list.
pub fn compact_chunk(snapshot: &PoolSnapshot, range: Range<usize>) -> Result<InstructionGroup, PlanError> {
    require_policy(snapshot)?;
    let validators = validators_of(snapshot, &range)?;
    Ok(chunk::group(snapshot, Form::Compact, false, &validators, range.start, &|_| true))
}

fn validators_of<'a>(snapshot: &'a PoolSnapshot, range: &Range<usize>) -> Result<Vec<Validator<'a>>, PlanError> {
    if range.start > range.end || range.end > snapshot.records().len() {
        return Err(PlanError::invalid(format!(
            "the validator list has {} records, not {} to {}: read the pool again",
            snapshot.records().len(),
            range.start,
            range.end
        )));
    }
    Ok(snapshot.validators().skip(range.start).take(range.len()).collect())
}

/// Whether the update leaves or finds removable entries. Without the stake accounts, every deactivating entry may be
/// one. An unneeded cleanup costs a fee and does no harm.
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
