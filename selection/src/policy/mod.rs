//! Policy files.

mod share;
#[cfg(test)]
mod tests;

pub use share::Share;

use {
    crate::{
        expression::{Expression, Kind, Names, Source},
        place::{Place, Problem, decode},
    },
    serde::Deserialize,
    solana_address::Address,
    std::{collections::HashMap, ops::Range},
    toml::Spanned,
};

/// Completed epochs whose credits count, unless the policy says otherwise.
const CREDITS_EPOCHS: u64 = 5;

/// A policy: which validators are chosen, and their weights.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) bytes: Vec<u8>,
    pub(crate) credits_epochs: u64,
    pub(crate) choose_demoted: bool,
    pub(crate) always: Vec<(Address, Place)>,
    pub(crate) never: Vec<(Address, Place)>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) rank: Option<Source>,
    pub(crate) count: Count,
    pub(crate) weight: Weight,
    /// Part of the rank value by which a new validator has to be better.
    pub(crate) margin: Share,
    pub(crate) groups: Vec<Group>,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub name: String,
    pub is_keep: bool,
    pub of_all: Source,
    /// The looser one, which counts for validators of the pool.
    pub of_members: Option<Source>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Count {
    pub minimum: Option<(usize, Place)>,
    pub maximum: Option<usize>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Weight {
    pub formula: Option<Source>,
    pub minimum: Option<(Share, Place)>,
    pub maximum: Option<(Share, Place)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub name: String,
    pub by: Source,
    pub maximum: Option<Share>,
    pub maximum_count: Option<usize>,
    pub unknown: Unknown,
    pub place: Place,
}

/// What becomes of validators for which the group's expression has no value.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unknown {
    /// They are one group, with one cap.
    #[default]
    Together,
    /// Each is a group of its own.
    Separate,
    /// They are excluded.
    Exclude,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    credits_epochs: Option<Spanned<u64>>,
    #[serde(default)]
    choose_demoted: bool,
    #[serde(default)]
    always: Vec<Spanned<String>>,
    #[serde(default)]
    never: Vec<Spanned<String>>,
    #[serde(default)]
    rule: Vec<FileRule>,
    rank: Option<FileRank>,
    #[serde(default)]
    count: FileCount,
    #[serde(default)]
    weight: FileWeight,
    hysteresis: Option<FileHysteresis>,
    #[serde(default)]
    group: Vec<FileGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    name: Spanned<String>,
    keep: Option<Spanned<String>>,
    drop: Option<Spanned<String>>,
    members: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRank {
    formula: Spanned<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCount {
    minimum: Option<Spanned<usize>>,
    maximum: Option<Spanned<usize>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileWeight {
    formula: Option<Spanned<String>>,
    minimum: Option<Spanned<String>>,
    maximum: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileHysteresis {
    margin: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileGroup {
    name: Spanned<String>,
    by: Spanned<String>,
    maximum: Option<Spanned<String>>,
    maximum_count: Option<Spanned<usize>>,
    #[serde(default)]
    unknown: Unknown,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Unknown keys, invalid values, contradictions, with their places. Expressions are checked when the facts are known.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::parse_bytes(text.as_bytes())
    }

    /// Reads the bytes of a policy file.
    ///
    /// # Errors
    /// Those of [`Self::parse`], and invalid UTF-8.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, Problem> {
        let text = decode(bytes)?;
        let file: File = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let what = error.message().trim().replace('\n', " ");
            Problem::at(Place::of(text, offset), what)
        })?;
        Reader { text }.policy(file, bytes)
    }

    /// A fact that only a weight formula can name: the value by which a validator ranks.
    pub(crate) const RANK_VALUE: &'static str = "rank_value";
}

/// From the shape of the file to a policy.
struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn policy(&self, file: File, bytes: &[u8]) -> Result<Policy, Problem> {
        let always = self.addresses(&file.always)?;
        let never = self.addresses(&file.never)?;
        if let Some((vote, place)) = never.iter().find(|(vote, _)| always.iter().any(|(other, _)| other == vote)) {
            return Err(Problem::at(*place, format!("validator {vote} is in always and in never: remove it from one")));
        }
        let credits_epochs = match &file.credits_epochs {
            Some(epochs) => self.at_least_one(epochs, "credits_epochs", |epochs| *epochs > 0)?,
            None => CREDITS_EPOCHS,
        };
        let rules = file.rule.iter().map(|rule| self.rule(rule)).collect::<Result<_, _>>()?;
        let groups = file.group.iter().map(|group| self.group(group)).collect::<Result<Vec<_>, _>>()?;
        self.refuse_duplicates(file.rule.iter().map(|rule| &rule.name), "rule")?;
        self.refuse_duplicates(file.group.iter().map(|group| &group.name), "group")?;
        let margin = file.hysteresis.as_ref().map(|hysteresis| self.share(&hysteresis.margin)).transpose()?;
        Ok(Policy {
            bytes: bytes.to_vec(),
            credits_epochs,
            choose_demoted: file.choose_demoted,
            always,
            never,
            rules,
            rank: file.rank.as_ref().map(|rank| self.source(&rank.formula)),
            count: self.count(&file.count)?,
            weight: self.weight(&file.weight)?,
            margin: margin.map_or_else(|| Share::of_millionths(0).expect("zero is a share"), |(share, _)| share),
            groups,
        })
    }

    fn place(&self, span: Range<usize>) -> Place {
        Place::of(self.text, span.start)
    }

    /// The expression in a string, and where its first character is. In a string with escapes, columns count the characters
    /// that they stand for.
    fn source(&self, text: &Spanned<String>) -> Source {
        let span = text.span();
        let raw = self.text.get(span.clone()).unwrap_or_default();
        let quotes = ["\"\"\"\r\n", "'''\r\n", "\"\"\"\n", "'''\n", "\"\"\"", "'''", "\"", "'"];
        let quote = quotes.iter().find(|quote| raw.starts_with(**quote)).map_or(0, |quote| quote.len());
        Source { text: text.get_ref().clone(), place: Place::of(self.text, span.start + quote) }
    }

    fn share(&self, text: &Spanned<String>) -> Result<(Share, Place), Problem> {
        let place = self.place(text.span());
        text.get_ref().parse().map(|share| (share, place)).map_err(|what: String| Problem::at(place, what))
    }

    fn at_least_one<T: Copy>(&self, value: &Spanned<T>, name: &str, is_one: fn(&T) -> bool) -> Result<T, Problem> {
        if is_one(value.get_ref()) {
            return Ok(*value.get_ref());
        }
        Err(Problem::at(self.place(value.span()), format!("{name} is 0: use 1 or more, or omit it")))
    }

    fn addresses(&self, texts: &[Spanned<String>]) -> Result<Vec<(Address, Place)>, Problem> {
        let mut seen = HashMap::new();
        let mut all = vec![];
        for text in texts {
            let place = self.place(text.span());
            let vote: Address = text.get_ref().parse().map_err(|_| {
                let what =
                    format!("invalid address \"{}\": expected a validator's vote account in base58", text.get_ref());
                Problem::at(place, what)
            })?;
            if let Some(first) = seen.insert(vote, place.line) {
                let what = format!("duplicate validator {vote}, first in line {first}: remove one");
                return Err(Problem::at(place, what));
            }
            all.push((vote, place));
        }
        Ok(all)
    }

    fn refuse_duplicates<'a>(
        &self,
        names: impl Iterator<Item = &'a Spanned<String>>,
        what: &str,
    ) -> Result<(), Problem> {
        let mut seen = HashMap::new();
        for name in names {
            let place = self.place(name.span());
            if let Some(first) = seen.insert(name.get_ref().clone(), place.line) {
                let what = format!("duplicate {what} \"{}\", first in line {first}: rename one", name.get_ref());
                return Err(Problem::at(place, what));
            }
        }
        Ok(())
    }

    fn rule(&self, rule: &FileRule) -> Result<Rule, Problem> {
        let (is_keep, text) = match (&rule.keep, &rule.drop) {
            (Some(keep), None) => (true, keep),
            (None, Some(drop)) => (false, drop),
            _ => {
                let what = format!("rule \"{}\" has to have either keep or drop", rule.name.get_ref());
                return Err(Problem::at(self.place(rule.name.span()), what));
            }
        };
        Ok(Rule {
            name: rule.name.get_ref().clone(),
            is_keep,
            of_all: self.source(text),
            of_members: rule.members.as_ref().map(|members| self.source(members)),
        })
    }

    fn count(&self, count: &FileCount) -> Result<Count, Problem> {
        let maximum =
            count.maximum.as_ref().map(|most| self.at_least_one(most, "maximum", |most| *most > 0)).transpose()?;
        let minimum = count.minimum.as_ref().map(|least| (*least.get_ref(), self.place(least.span())));
        match (minimum, maximum) {
            (Some((least, place)), Some(most)) if least > most => {
                Err(Problem::at(place, format!("the minimum {least} is above the maximum {most}")))
            }
            _ => Ok(Count { minimum, maximum }),
        }
    }

    fn weight(&self, weight: &FileWeight) -> Result<Weight, Problem> {
        let share = |text: &Option<Spanned<String>>| text.as_ref().map(|text| self.share(text)).transpose();
        let (minimum, maximum) = (share(&weight.minimum)?, share(&weight.maximum)?);
        if let Some((most, place)) = maximum.filter(|(most, _)| most.millionths() == 0) {
            return Err(Problem::at(place, format!("the maximum weight is {most}: no validator could be chosen")));
        }
        match (minimum, maximum) {
            (Some((least, place)), Some((most, _))) if least > most => {
                Err(Problem::at(place, format!("the minimum {least} is above the maximum {most}")))
            }
            _ => Ok(Weight { formula: weight.formula.as_ref().map(|formula| self.source(formula)), minimum, maximum }),
        }
    }

    fn group(&self, group: &FileGroup) -> Result<Group, Problem> {
        let place = self.place(group.name.span());
        if group.maximum.is_none() && group.maximum_count.is_none() {
            let what = format!("group \"{}\" has neither maximum nor maximum_count: add one", group.name.get_ref());
            return Err(Problem::at(place, what));
        }
        let maximum = group.maximum.as_ref().map(|share| self.share(share)).transpose()?;
        if let Some((_, place)) = maximum.filter(|(most, _)| most.millionths() == 0) {
            return Err(Problem::at(place, "the maximum is 0 %: exclude such validators by a rule"));
        }
        let most = group.maximum_count.as_ref();
        Ok(Group {
            name: group.name.get_ref().clone(),
            by: self.source(&group.by),
            maximum: maximum.map(|(share, _)| share),
            maximum_count: most.map(|most| self.at_least_one(most, "maximum_count", |most| *most > 0)).transpose()?,
            unknown: group.unknown,
            place: maximum.map_or(place, |(_, place)| place),
        })
    }
}

/// The expressions of a policy, checked against the facts.
pub(crate) struct Expressions {
    pub rules: Vec<(Expression, Option<Expression>)>,
    pub rank: Option<Expression>,
    pub weight: Option<Expression>,
    pub groups: Vec<Expression>,
}

impl Policy {
    /// Checks all expressions. `with_rank` are the names that a weight formula can use.
    pub(crate) fn expressions(&self, names: &Names, with_rank: &Names) -> Result<Expressions, Problem> {
        let truth = |source: &Source| Expression::new(source, names, &[Kind::Truth]);
        let number = |source: &Source, names: &Names| Expression::new(source, names, &[Kind::Number]);
        let rules =
            self.rules.iter().map(|rule| Ok((truth(&rule.of_all)?, rule.of_members.as_ref().map(truth).transpose()?)));
        let group = |group: &Group| Expression::new(&group.by, names, &[Kind::Text, Kind::Number, Kind::Truth]);
        Ok(Expressions {
            rules: rules.collect::<Result<_, _>>()?,
            rank: self.rank.as_ref().map(|source| number(source, names)).transpose()?,
            weight: self.weight.formula.as_ref().map(|source| number(source, with_rank)).transpose()?,
            groups: self.groups.iter().map(group).collect::<Result<_, _>>()?,
        })
    }
}
