//! `vote,weight` in lines, with or without a heading.

use {
    super::{Entry, vote},
    tidepool_selection::{
        Place, Problem,
        csv::{Field, lines, split},
    },
};

/// What the column of the validators may be called.
const VOTE_NAMES: [&str; 4] = ["vote", "vote_account", "vote account", "validator"];

/// What the column of the weights is called.
const WEIGHT_NAME: &str = "weight";

#[derive(Clone, Copy)]
struct Columns {
    vote: usize,
    weight: usize,
    /// Whether a heading says so, so that there may be others.
    named: bool,
}

/// Reads the lines.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, Problem> {
    let mut columns = Columns { vote: 0, weight: 1, named: false };
    let mut entries = vec![];
    let mut is_first = true;
    for (line, content) in lines(text) {
        let fields = split(line, content)?;
        let heading = if is_first { heading(&fields) } else { None };
        is_first = false;
        match heading {
            Some(named) => columns = named,
            None => entries.push(entry(line, &fields, columns)?),
        }
    }
    Ok(entries)
}

/// The columns that a heading names. A first line that names none is data: a misspelt address must not pass for a heading.
fn heading(fields: &[Field]) -> Option<Columns> {
    let find =
        |names: &[&str]| fields.iter().position(|field| names.iter().any(|name| field.text.eq_ignore_ascii_case(name)));
    Some(Columns { vote: find(&VOTE_NAMES)?, weight: find(&[WEIGHT_NAME])?, named: true })
}

fn entry(line: usize, fields: &[Field], columns: Columns) -> Result<Entry, Problem> {
    if !columns.named && fields.len() > 2 {
        let what = format!(
            "found {} fields: expected VOTE,WEIGHT, with a point for decimals, or a heading with the columns vote and weight",
            fields.len()
        );
        return Err(Problem::new(line, fields[2].column, what));
    }
    let get = |index: usize, name: &str| {
        let found = fields.get(index);
        found.filter(|field| !field.text.is_empty()).ok_or_else(|| {
            let end = fields.last().map_or(1, |last| last.column + last.text.chars().count());
            let column = found.map_or(end, |field| field.column);
            Problem::new(line, column, format!("missing {name}: expected VOTE,WEIGHT, separated by a comma"))
        })
    };
    let vote_field = get(columns.vote, "validator")?;
    let vote = vote(&vote_field.text).map_err(|what| Problem::new(line, vote_field.column, what))?;
    let weight = get(columns.weight, "weight")?;
    Ok(Entry {
        vote,
        weight: weight.text.parse().map_err(|what: String| Problem::new(line, weight.column, what))?,
        place: Place { line, column: vote_field.column },
    })
}
