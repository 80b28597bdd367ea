//! Facts and kinds of an expression.

use {
    super::{Function, Kind, Names, Node, Operator, Source, What},
    crate::place::Problem,
};

/// Finds the facts that `node` names, and its kind.
pub fn resolve(
    node: &mut Node,
    source: &Source,
    names: &Names,
    facts: &mut Vec<(String, usize)>,
) -> Result<Kind, Problem> {
    let offset = node.offset;
    let mut checker = Checker { source, names, facts };
    match &mut node.what {
        What::Value(value) => Ok(super::kind_of(value)),
        What::Fact { name, index } => {
            let found = names.get(name).ok_or_else(|| checker.unknown(offset, name))?;
            *index = found.index;
            if !facts.iter().any(|(known, _)| known == name) {
                facts.push((name.clone(), found.index));
            }
            Ok(found.kind)
        }
        What::Not(inner) => checker.require(inner, Kind::Truth),
        What::Negative(inner) => checker.require(inner, Kind::Number),
        What::Binary(operator, sides) => checker.binary(*operator, sides, offset),
        What::In(left, list) => {
            let kind = checker.kind(left)?;
            list.iter_mut().try_for_each(|entry| checker.require(entry, kind).map(drop))?;
            Ok(Kind::Truth)
        }
        What::Call(function, arguments) => checker.call(*function, arguments, offset),
    }
}

struct Checker<'a> {
    source: &'a Source,
    names: &'a Names,
    facts: &'a mut Vec<(String, usize)>,
}

impl Checker<'_> {
    fn kind(&mut self, node: &mut Node) -> Result<Kind, Problem> {
        resolve(node, self.source, self.names, self.facts)
    }

    fn require(&mut self, node: &mut Node, wanted: Kind) -> Result<Kind, Problem> {
        let found = self.kind(node)?;
        if wanted.fits(found) {
            return Ok(if wanted == Kind::Any { found } else { wanted });
        }
        let note = match &node.what {
            What::Fact { name, .. } => self.names.get(name).and_then(|known| known.note.as_deref()),
            _ => None,
        };
        let note = note.map_or(String::new(), |note| format!(" ({note})"));
        Err(self.source.problem(node.offset, format!("this is {found}, not {wanted}{note}")))
    }

    fn binary(&mut self, operator: Operator, sides: &mut [Node; 2], offset: usize) -> Result<Kind, Problem> {
        let [left, right] = sides;
        let (wanted, kind) = match operator {
            Operator::Or | Operator::And => (Kind::Truth, Kind::Truth),
            Operator::Equal | Operator::NotEqual => {
                let (left, right) = (self.kind(left)?, self.kind(right)?);
                if !left.fits(right) {
                    let what = format!("cannot compare {left} with {right}: both sides have to be of one kind");
                    return Err(self.source.problem(offset, what));
                }
                return Ok(Kind::Truth);
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                (Kind::Number, Kind::Truth)
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => (Kind::Number, Kind::Number),
        };
        self.require(left, wanted)?;
        self.require(right, wanted)?;
        Ok(kind)
    }

    fn call(&mut self, function: Function, arguments: &mut [Node], offset: usize) -> Result<Kind, Problem> {
        let (form, count) = match function {
            Function::Abs | Function::Ceil | Function::Floor | Function::Round | Function::Sqrt => ("(number)", 1),
            Function::Has => ("(fact)", 1),
            Function::Version => ("(text)", 1),
            Function::Contains => ("(text, part)", 2),
            Function::Default => ("(fact, otherwise)", 2),
            Function::Clamp => ("(number, least, most)", 3),
            Function::If => ("(condition, then, otherwise)", 3),
            Function::Max | Function::Min => ("(number, number, …)", arguments.len()),
        };
        if arguments.len() != count {
            let what = format!("{} arguments: expected {form}", arguments.len());
            return Err(self.source.problem(offset, what));
        }
        match (function, arguments) {
            (Function::Has, [fact]) => {
                if !matches!(fact.what, What::Fact { .. }) {
                    return Err(self.source.problem(fact.offset, "has() takes the name of a fact"));
                }
                self.kind(fact)?;
                Ok(Kind::Truth)
            }
            (Function::Version, [text]) => self.require(text, Kind::Text).map(|_| Kind::Number),
            (Function::Contains, texts) => {
                texts.iter_mut().try_for_each(|text| self.require(text, Kind::Text).map(drop))?;
                Ok(Kind::Truth)
            }
            (Function::Default, [fact, otherwise]) => {
                let kind = self.kind(fact)?;
                self.require(otherwise, kind)
            }
            (Function::If, [condition, then, otherwise]) => {
                self.require(condition, Kind::Truth)?;
                let kind = self.kind(then)?;
                self.require(otherwise, kind)
            }
            (_, numbers) => {
                numbers.iter_mut().try_for_each(|number| self.require(number, Kind::Number).map(drop))?;
                Ok(Kind::Number)
            }
        }
    }

    fn unknown(&self, offset: usize, name: &str) -> Problem {
        let nearest = self.names.keys().min_by_key(|known| distance(known, name));
        let advice = match nearest.filter(|known| distance(known, name) <= 2.max(name.len() / 3)) {
            Some(known) => format!("did you mean {known}?"),
            None => {
                "tidepool help select and docs/selection.md list the facts; columns of --data files add to them".into()
            }
        };
        self.source.problem(offset, format!("unknown fact {name}: {advice}"))
    }
}

/// Edits from one word to another.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, character) in from.chars().enumerate() {
        let mut diagonal = index;
        row[0] = index + 1;
        for column in 0..to.len() {
            let replaced = diagonal + usize::from(to[column] != character);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
