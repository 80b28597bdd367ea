//! Expressions of a policy: facts, numbers, texts, comparisons and a few functions.
//!
//! An expression is parsed and type-checked before any validator is looked at. A fact that a validator does not have ends
//! its evaluation with [`Stop::Missing`]; what makes no sense for any validator is a [`Stop::Fault`] with its place.

mod check;
mod evaluate;
mod lex;
mod parse;

pub use evaluate::Stop;

use {
    crate::{
        number,
        place::{Place, Problem},
    },
    std::{collections::BTreeMap, fmt},
};

/// A fact's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A finite number.
    Number(f64),
    /// A text.
    Text(String),
    /// Yes or no.
    Truth(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(&number::show(*number)),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Truth(truth) => write!(f, "{truth}"),
        }
    }
}

/// The kind of a value. `Any` is that of a column without values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Number,
    Text,
    Truth,
    Any,
}

impl Kind {
    pub fn fits(self, other: Self) -> bool {
        self == other || self == Self::Any || other == Self::Any
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Truth => "true or false",
            Self::Any => "empty",
        })
    }
}

/// A fact that expressions can name.
#[derive(Clone, Debug)]
pub struct Name {
    /// Index of its value in a row.
    pub index: usize,
    pub kind: Kind,
    /// Why it is a text, where one might expect a number.
    pub note: Option<String>,
}

const fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Number(_) => Kind::Number,
        Value::Text(_) => Kind::Text,
        Value::Truth(_) => Kind::Truth,
    }
}

pub type Names = BTreeMap<String, Name>;

/// Values of one validator, by the indices of their names.
pub type Row = Vec<Option<Value>>;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Operator {
    Or,
    And,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Function {
    Abs,
    Ceil,
    Clamp,
    Contains,
    Default,
    Floor,
    Has,
    If,
    Max,
    Min,
    Round,
    Sqrt,
    Version,
}

/// A part of an expression, with the byte offset where it, or its operator, begins.
#[derive(Clone, Debug)]
struct Node {
    offset: usize,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Value(Value),
    Fact { name: String, index: usize },
    Not(Box<Node>),
    Negative(Box<Node>),
    Binary(Operator, Box<[Node; 2]>),
    In(Box<Node>, Vec<Node>),
    Call(Function, Vec<Node>),
}

/// A text of a policy file that is an expression, and where it begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    pub text: String,
    pub place: Place,
}

impl Source {
    /// The place of the byte at `offset` of the expression.
    fn place(&self, offset: usize) -> Place {
        let Place { line, column } = Place::of(&self.text, offset);
        if line == 1 {
            return Place { line: self.place.line, column: self.place.column + column - 1 };
        }
        Place { line: self.place.line + line - 1, column }
    }

    fn problem(&self, offset: usize, what: impl Into<String>) -> Problem {
        Problem::at(self.place(offset), what)
    }
}

/// An expression whose facts are known and whose kinds fit.
#[derive(Clone, Debug)]
pub struct Expression {
    source: Source,
    root: Node,
    facts: Vec<(String, usize)>,
}

impl Expression {
    /// Parses an expression of one of `kinds`.
    pub fn new(source: &Source, names: &Names, kinds: &[Kind]) -> Result<Self, Problem> {
        let mut root = parse::parse(source)?;
        let mut facts = vec![];
        let kind = check::resolve(&mut root, source, names, &mut facts)?;
        if !kinds.iter().any(|wanted| wanted.fits(kind)) {
            let wanted: Vec<_> = kinds.iter().map(Kind::to_string).collect();
            return Err(source.problem(0, format!("the expression is {kind}: expected {}", wanted.join(" or "))));
        }
        Ok(Self { source: source.clone(), root, facts })
    }

    /// The value for one validator.
    pub fn evaluate(&self, row: &Row) -> Result<Value, Stop> {
        evaluate::evaluate(&self.root, row, &self.source)
    }

    /// The facts that it names and their values, for a sentence: `commission_bps is 1000`.
    pub fn facts(&self, row: &Row) -> String {
        let fact = |(name, index): &(String, usize)| match &row[*index] {
            Some(value) => format!("{name} is {value}"),
            None => format!("{name} is missing"),
        };
        match self.facts.iter().map(fact).collect::<Vec<_>>().as_slice() {
            [] => "it holds for none".into(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }

    /// A problem with the expression as a whole.
    pub fn problem(&self, what: impl Into<String>) -> Problem {
        self.source.problem(0, what)
    }
}

#[cfg(test)]
mod tests;
