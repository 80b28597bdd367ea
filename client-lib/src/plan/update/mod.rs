//! Bringing a pool into the present epoch.

mod chunk;
mod mergeable;
mod merging;
mod work;

pub use mergeable::mergeable;

use {
    super::{InstructionGroup, Plan},
    crate::{
        actions,
        error::{PlanError, check_no_rewards},
        pack::{self, PackOptions},
        pool::{PoolSnapshot, Validator},
    },
    chunk::{Chunks, Form},
    solana_address::Address,
    solana_message::AddressLookupTableAccount,
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
    /// Most validators of one instruction; as many as fit a transaction where it is `None`. More may need lookup tables when
    /// they are packed.
    pub validators_per_instruction: Option<usize>,
    /// The lookup tables that the plan will be packed with ([`PackOptions::lookup_tables`]). Without any, a transaction has the
    /// legacy form, and holds fewer validators.
    pub lookup_tables: Vec<AddressLookupTableAccount>,
    /// Fill transactions although their logs may then be cut, and the events with them, which come last. Where most stake accounts
    /// have tips to be withdrawn, or stake in motion arrives, that takes fewer transactions.
    pub may_cut_events: bool,
    /// Use the contract's instruction on a pool that has the extension, too, for comparison.
    pub in_spl_form: bool,
}

impl UpdateOptions {
    /// The instruction to use. The compact one leaves stake that cannot be merged alone by itself, but merges the rest whether
    /// that is wanted or not.
    fn form(&self, snapshot: &PoolSnapshot) -> Form {
        let merges = !self.no_merge && self.no_merge_for.is_empty();
        if snapshot.is_extended() && merges && !self.in_spl_form { Form::Compact } else { Form::Spl }
    }
}

/// Plans an update of the pool: the stale records and those with stake that can be merged ([`mergeable`]), then the totals, then a
/// cleanup if any entry may be ready for removal.
///
/// The plan is empty where the pool is up to date and nothing can be merged. Its only cost is the fee. A pool with the extension
/// is updated by the compact instruction, unless some stake is not to be merged.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`] while records would have to be updated and rewards are being paid;
/// [`PlanError::Invalid`] where `validators_per_instruction` is 0 or more than a transaction can lock the accounts of.
pub fn update(snapshot: &PoolSnapshot, options: &UpdateOptions) -> Result<Plan, PlanError> {
    let form = options.form(snapshot);
    check_size(options, form)?;
    let chunks = Chunks::new(snapshot, options, form).all();
    if !chunks.is_empty() {
        check_no_rewards(snapshot.environment())?;
    }
    let touched = !chunks.is_empty() || options.all || snapshot.is_stale();
    let mut plan = Plan::default();
    plan.push("update the validator list", chunks);
    if touched {
        plan.push("update the pool", vec![actions::update_pool_balance(snapshot)]);
    }
    if may_have_removed_entries(snapshot, touched) {
        plan.push("clean up the validator list", vec![actions::cleanup(snapshot)]);
    }
    Ok(plan)
}

fn check_size(options: &UpdateOptions, form: Form) -> Result<(), PlanError> {
    let most = match form {
        Form::Spl => pack::max_update_pairs_by_locks(&PackOptions::default()),
        Form::Compact => pack::max_update_accounts_by_locks(&PackOptions::default()),
    };
    match options.validators_per_instruction {
        Some(size) if size == 0 || size > most => Err(PlanError::invalid(format!(
            "{size} validators cannot be updated by one instruction: choose 1 to {most}"
        ))),
        _ => Ok(()),
    }
}

/// The contract's instruction that updates the records of `range`, whether they are stale or not.
///
/// # Errors
/// [`PlanError::Invalid`] where `range` is not within the list.
pub fn list_chunk(snapshot: &PoolSnapshot, range: Range<usize>, no_merge: bool) -> Result<InstructionGroup, PlanError> {
    let validators = validators_of(snapshot, &range)?;
    Ok(chunk::group(snapshot, Form::Spl, no_merge, &validators, range.start))
}

/// The compact instruction that updates the records of `range`, whether they are stale or not.
///
/// # Errors
/// Refusal `NotExtended`; [`PlanError::Invalid`] where `range` is not within the list.
pub fn compact_chunk(snapshot: &PoolSnapshot, range: Range<usize>) -> Result<InstructionGroup, PlanError> {
    actions::require_policy(snapshot)?;
    let validators = validators_of(snapshot, &range)?;
    Ok(chunk::group(snapshot, Form::Compact, false, &validators, range.start))
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
