//! Lines below a heading.

use {
    super::{Raw, RawValue, Rows, fact_name, is_vote, vote},
    crate::{
        csv::{Field, lines, split},
        place::{Place, Problem},
    },
};

pub fn parse(text: &str) -> Result<Rows, Problem> {
    let mut lines = lines(text);
    let Some((line, content)) = lines.next() else {
        return Err(Problem::new(
            1,
            1,
            "the file is empty: write a heading with a column vote, and a line for each validator",
        ));
    };
    let heading = Heading::parse(line, content)?;
    let rows = lines.map(|(line, content)| heading.row(line, content)).collect::<Result<_, _>>()?;
    let columns = heading.fields.iter().enumerate().filter(|(index, _)| *index != heading.vote);
    let columns = columns.map(|(_, field)| (fact_name(&field.text), Place { line, column: field.column }));
    Ok(Rows { columns: columns.collect(), rows })
}

struct Heading {
    fields: Vec<Field>,
    vote: usize,
}

impl Heading {
    fn parse(line: usize, content: &str) -> Result<Self, Problem> {
        let fields = split(line, content)?;
        if let ([only], Some(offset)) = (fields.as_slice(), content.find([';', '\t'])) {
            let separator = if content[offset..].starts_with(';') { "semicolons" } else { "tabs" };
            let column = content[..offset].chars().count() + 1;
            let what = format!(
                "the fields of \"{}\" are separated by {separator}: export the file with commas, and with points for decimals",
                only.text
            );
            return Err(Problem::new(line, column, what));
        }
        let vote = fields.iter().position(|field| is_vote(&field.text)).ok_or_else(|| {
            Problem::new(line, 1, "missing column of vote accounts: the heading has to name one vote or vote_account")
        })?;
        let mut names: Vec<(String, usize)> = vec![];
        for (index, field) in fields.iter().enumerate() {
            let name = fact_name(&field.text);
            if index != vote && name.is_empty() {
                return Err(Problem::new(line, field.column, "a column without a name: add one to the heading"));
            }
            if let Some((_, first)) = names.iter().find(|(known, _)| *known == name) {
                let what = format!("duplicate column {name}, first in column {first}: rename one of them");
                return Err(Problem::new(line, field.column, what));
            }
            names.push((name, field.column));
        }
        Ok(Self { fields, vote })
    }

    fn row(&self, line: usize, content: &str) -> Result<(solana_address::Address, Place, Vec<Option<Raw>>), Problem> {
        let fields = split(line, content)?;
        let (found, wanted) = (fields.len(), self.fields.len());
        if found != wanted {
            let extra = fields.get(wanted);
            let column = extra.map_or(content.chars().count() + 1, |field| field.column);
            let advice = if extra.is_some() {
                "quote fields with commas, and use points for decimals"
            } else if content.contains(';') {
                "separate fields by commas, not semicolons"
            } else {
                "leave a field empty if the value is unknown"
            };
            return Err(Problem::new(line, column, format!("{found} fields, the heading has {wanted}: {advice}")));
        }
        let place = |field: &Field| Place { line, column: field.column };
        let id = &fields[self.vote];
        let values = fields.iter().enumerate().filter(|(index, _)| *index != self.vote).map(|(_, field)| {
            let value = match field.text.to_ascii_lowercase().as_str() {
                "" => return None,
                "true" => RawValue::Truth(true),
                "false" => RawValue::Truth(false),
                _ => RawValue::Plain(field.text.clone()),
            };
            Some(Raw { value, place: place(field) })
        });
        Ok((vote(&id.text, place(id))?, place(id), values.collect()))
    }
}
