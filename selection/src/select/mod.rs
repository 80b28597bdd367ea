//! A policy, applied to facts.

mod candidates;
mod choose;
mod report;
mod round;
mod shares;
#[cfg(test)]
mod tests;
mod weigh;

pub use report::{Cap, Chosen, Excluded, Reason, Selection};

use {
    crate::{
        data::Table,
        expression::{Name, Names, Row},
        facts::{Facts, NAMES, Whole},
        place::Problem,
        policy::Policy,
    },
    report::Digests,
};

/// What a selection depends on, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The name of its file, for errors.
    pub policy_file: &'a str,
    /// The facts of the cluster and the pool.
    pub facts: &'a Facts,
    /// Further facts.
    pub tables: &'a [Table],
}

/// Why nothing was selected.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SelectError {
    /// A file is wrong, or asks for what cannot be.
    #[error("{file}, {problem}")]
    File {
        /// The file.
        file: String,
        /// The fault and its place.
        problem: Problem,
    },
    /// No validator is left.
    #[error("no validator is left: {read} were read, and the policy excludes {excluded}")]
    NoneLeft {
        /// Validators that were read.
        read: usize,
        /// Validators that are excluded.
        excluded: usize,
    },
}

/// Chooses and weighs validators. Equal inputs yield equal selections, in whatever order the facts list them.
///
/// # Errors
/// [`SelectError`]: invalid expressions, caps that cannot be met, no validator left.
pub fn select(inputs: &Inputs<'_>) -> Result<Selection, SelectError> {
    let mut facts = inputs.facts.clone();
    facts.sort();
    let in_policy = |problem| SelectError::File { file: inputs.policy_file.to_owned(), problem };
    let (names, with_rank) = names(inputs)?;
    let expressions = inputs.policy.expressions(&names, &with_rank).map_err(in_policy)?;
    let rows = rows(inputs, &facts);
    let mut excluded = vec![];
    let candidates =
        candidates::candidates(inputs.policy, &expressions, &facts, rows, &mut excluded).map_err(in_policy)?;
    let chosen = choose::choose(inputs.policy, candidates, &mut excluded).map_err(in_policy)?;
    let read = facts.validators.len();
    if chosen.is_empty() {
        return Err(SelectError::NoneLeft { read, excluded: excluded.len() });
    }
    let weighed = weigh::weigh(inputs.policy, &chosen).map_err(in_policy)?;
    Ok(Selection::new(Digests::of(inputs, &facts), &facts, chosen, weighed, excluded))
}

/// The names of all facts; and with the rank value, for weight formulas.
fn names(inputs: &Inputs<'_>) -> Result<(Names, Names), SelectError> {
    let of_cluster = NAMES.iter().enumerate();
    let mut names: Names =
        of_cluster.map(|(index, (name, kind))| ((*name).to_owned(), Name { index, kind: *kind, note: None })).collect();
    let mut index = NAMES.len();
    for table in inputs.tables {
        for column in &table.columns {
            let name = Name { index, kind: column.kind, note: column.note.clone() };
            let is_taken = column.name == Policy::RANK_VALUE || names.insert(column.name.clone(), name).is_some();
            if is_taken {
                let what = format!(
                    "the column {} has the name of another fact: rename it, or read the file as NAME={}, which makes it \
                     NAME_{}",
                    column.name,
                    table.file(),
                    column.name
                );
                let problem = Problem::at(column.place, what);
                return Err(SelectError::File { file: table.file().to_owned(), problem });
            }
            index += 1;
        }
    }
    let mut with_rank = names.clone();
    if inputs.policy.rank.is_some() {
        let rank = Name { index, kind: crate::expression::Kind::Number, note: None };
        with_rank.insert(Policy::RANK_VALUE.to_owned(), rank);
    }
    Ok((names, with_rank))
}

/// The values of all validators, in their order, with a place for the rank value at the end.
fn rows(inputs: &Inputs<'_>, facts: &Facts) -> Vec<Row> {
    let whole = Whole::of(facts, inputs.policy.credits_epochs);
    let row = |validator: &crate::facts::Validator| {
        let mut row = validator.values(&whole);
        for table in inputs.tables {
            match table.rows.get(&validator.vote) {
                Some(values) => row.extend(values.iter().cloned()),
                None => row.extend(table.columns.iter().map(|_| None)),
            }
        }
        row.push(None);
        row
    };
    facts.validators.iter().map(row).collect()
}
