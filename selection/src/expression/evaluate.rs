//! The value of an expression for one validator.

use {
    super::{Function, Node, Operator, Row, Source, Value, What},
    crate::place::Problem,
};

/// Why an expression has no value for a validator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stop {
    /// The validator does not have this fact.
    Missing(String),
    /// The expression makes no sense, such as a division by zero.
    Fault(Problem),
}

type Evaluated<T> = Result<T, Stop>;

struct Evaluation<'a> {
    row: &'a Row,
    source: &'a Source,
}

pub fn evaluate(node: &Node, row: &Row, source: &Source) -> Evaluated<Value> {
    Evaluation { row, source }.value(node)
}

impl Evaluation<'_> {
    fn fault(&self, node: &Node, what: impl Into<String>) -> Stop {
        Stop::Fault(self.source.problem(node.offset, what))
    }

    /// A column without values has any kind, and no value gets here from it.
    fn odd(&self, node: &Node) -> Stop {
        self.fault(node, "unexpected kind of value")
    }

    fn value(&self, node: &Node) -> Evaluated<Value> {
        match &node.what {
            What::Value(value) => Ok(value.clone()),
            What::Fact { name, index } => self.row[*index].clone().ok_or_else(|| Stop::Missing(name.clone())),
            What::Not(inner) => Ok(Value::Truth(!self.truth(inner)?)),
            What::Negative(inner) => Ok(Value::Number(-self.number(inner)?)),
            What::Binary(operator, sides) => self.binary(node, *operator, &sides[0], &sides[1]),
            What::In(left, list) => {
                let left = self.value(left)?;
                for entry in list {
                    if self.value(entry)? == left {
                        return Ok(Value::Truth(true));
                    }
                }
                Ok(Value::Truth(false))
            }
            What::Call(function, arguments) => self.call(node, *function, arguments),
        }
    }

    fn number(&self, node: &Node) -> Evaluated<f64> {
        if let Value::Number(number) = self.value(node)? { Ok(number) } else { Err(self.odd(node)) }
    }

    fn truth(&self, node: &Node) -> Evaluated<bool> {
        if let Value::Truth(truth) = self.value(node)? { Ok(truth) } else { Err(self.odd(node)) }
    }

    fn text(&self, node: &Node) -> Evaluated<String> {
        if let Value::Text(text) = self.value(node)? { Ok(text) } else { Err(self.odd(node)) }
    }

    fn binary(&self, node: &Node, operator: Operator, left: &Node, right: &Node) -> Evaluated<Value> {
        let truth = match operator {
            Operator::Or => self.truth(left)? || self.truth(right)?,
            Operator::And => self.truth(left)? && self.truth(right)?,
            Operator::Equal => self.value(left)? == self.value(right)?,
            Operator::NotEqual => self.value(left)? != self.value(right)?,
            Operator::Less => self.number(left)? < self.number(right)?,
            Operator::LessOrEqual => self.number(left)? <= self.number(right)?,
            Operator::Greater => self.number(left)? > self.number(right)?,
            Operator::GreaterOrEqual => self.number(left)? >= self.number(right)?,
            Operator::Add => return self.finite(node, self.number(left)? + self.number(right)?),
            Operator::Subtract => return self.finite(node, self.number(left)? - self.number(right)?),
            Operator::Multiply => return self.finite(node, self.number(left)? * self.number(right)?),
            Operator::Divide => {
                let divisor = self.number(right)?;
                if divisor == 0.0 {
                    return Err(self.fault(node, "division by zero"));
                }
                return self.finite(node, self.number(left)? / divisor);
            }
        };
        Ok(Value::Truth(truth))
    }

    fn finite(&self, node: &Node, number: f64) -> Evaluated<Value> {
        if number.is_finite() { Ok(Value::Number(number)) } else { Err(self.fault(node, "the result is too large")) }
    }

    fn call(&self, node: &Node, function: Function, arguments: &[Node]) -> Evaluated<Value> {
        let first = &arguments[0];
        let number = match function {
            Function::Has => return Ok(Value::Truth(self.has(first)?)),
            Function::Default => {
                return match self.value(first) {
                    Err(Stop::Missing(_)) => self.value(&arguments[1]),
                    other => other,
                };
            }
            Function::If => return self.value(&arguments[if self.truth(first)? { 1 } else { 2 }]),
            Function::Contains => {
                return Ok(Value::Truth(self.text(first)?.contains(&self.text(&arguments[1])?)));
            }
            Function::Version => {
                let text = self.text(first)?;
                let parsed = version(&text);
                parsed.ok_or_else(|| self.fault(first, format!("\"{text}\" is not a version such as 3.1.8")))?
            }
            Function::Abs => self.number(first)?.abs(),
            Function::Ceil => self.number(first)?.ceil(),
            Function::Floor => self.number(first)?.floor(),
            Function::Round => self.number(first)?.round(),
            Function::Sqrt => {
                let number = self.number(first)?;
                if number < 0.0 {
                    return Err(self.fault(node, "square root of a negative number"));
                }
                number.sqrt()
            }
            Function::Clamp => {
                let [least, most] = [self.number(&arguments[1])?, self.number(&arguments[2])?];
                if least > most {
                    return Err(self.fault(node, "the least is above the most"));
                }
                self.number(first)?.clamp(least, most)
            }
            Function::Max => self.fold(arguments, f64::max)?,
            Function::Min => self.fold(arguments, f64::min)?,
        };
        Ok(Value::Number(number))
    }

    fn has(&self, node: &Node) -> Evaluated<bool> {
        match self.value(node) {
            Ok(_) => Ok(true),
            Err(Stop::Missing(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    fn fold(&self, arguments: &[Node], chosen: fn(f64, f64) -> f64) -> Evaluated<f64> {
        let first = self.number(&arguments[0])?;
        arguments[1..].iter().try_fold(first, |best, argument| Ok(chosen(best, self.number(argument)?)))
    }
}

/// A version as a number that grows with it: its first three parts. What follows them, such as `-beta.1`, is ignored.
fn version(text: &str) -> Option<f64> {
    const PARTS: f64 = 100_000.0;
    let numbers = text.split(|character: char| !character.is_ascii_digit() && character != '.').next()?;
    let mut parts = numbers.split('.').map(|part| part.parse::<u32>().ok().map(f64::from).filter(|part| *part < PARTS));
    let mut next = || parts.next().unwrap_or(Some(0.0));
    let [major, minor, patch] = [next()?, next()?, next()?];
    Some((major * PARTS + minor) * PARTS + patch)
}
