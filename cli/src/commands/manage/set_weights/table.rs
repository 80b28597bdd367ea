//! What changes, as a table.

use {
    crate::{
        output::Text,
        units::{Share, Units},
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{actions::WeightChange, pool::PoolSnapshot},
};

const ROWS: usize = 40;

#[derive(Debug, Serialize)]
pub struct Change {
    vote: Text<Address>,
    weight_before: u16,
    weight: u16,
    /// Lamports with the validator and on their way to it.
    lamports: u64,
    /// Lamports that it is to have; `null` without a weight, when it keeps what it has.
    target_lamports: Option<u64>,
    /// The part of the pool that it has.
    share_basis_points: u16,
    /// The part that it is to have.
    target_share_basis_points: u16,
}

impl Change {
    /// What `change` means for the pool of `snapshot`.
    pub fn new(snapshot: &PoolSnapshot, change: &WeightChange) -> Self {
        let lamports = snapshot.records().get(change.index).map_or(0, |record| {
            let transient = record.transient_stake_lamports.get();
            let coming = if record.extension.is_deactivating() { 0 } else { transient };
            record.active_stake_lamports.get().saturating_add(coming)
        });
        let whole = snapshot.rate().total_lamports.get();
        Self {
            vote: Text(change.vote),
            weight_before: change.old,
            weight: change.new,
            lamports,
            target_lamports: change.target_after,
            share_basis_points: Share::of(lamports, whole).0,
            target_share_basis_points: Share::of(change.target_after.unwrap_or(lamports), whole).0,
        }
    }
}

/// Changes in lines, as many as fit a screen or all.
pub struct Table<'a> {
    changes: &'a [Change],
    rows: usize,
}

impl<'a> Table<'a> {
    pub const fn new(changes: &'a [Change], all: bool) -> Self {
        Self { changes, rows: if all { usize::MAX } else { ROWS } }
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["VALIDATOR", "WEIGHT", "NEW", "STAKE SOL", "SHARE", "TARGET"];
        let [vote, old, new, has, share, target] = heads;
        write!(f, "{vote:44}  {old:>6}  {new:>6}  {has:>20}  {share:>8}  {target:>8}")?;
        for change in self.changes.iter().take(self.rows) {
            let target = match change.target_lamports {
                Some(_) => Share(change.target_share_basis_points).to_string(),
                None => "stays".into(),
            };
            write!(
                f,
                "\n{:44}  {:>6}  {:>6}  {:>20}  {:>8}  {target:>8}",
                change.vote.to_string(),
                change.weight_before,
                change.weight,
                Units(change.lamports).to_string(),
                Share(change.share_basis_points).to_string(),
            )?;
        }
        match self.changes.len().saturating_sub(self.rows) {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more: --verbose shows them all"),
        }
    }
}
