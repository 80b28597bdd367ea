//! From tokens to a tree, by precedence.

use {
    super::{
        Function, Node, Operator, Source, Value, What,
        lex::{Token, tokens},
    },
    crate::place::Problem,
};

/// Deepest nesting. The parser and the evaluation are recursive.
const MAX_DEPTH: usize = 50;

/// Words that cannot be names of facts.
const WORDS: [&str; 6] = ["and", "or", "not", "in", "true", "false"];

/// Operators from the loosest level to the tightest.
const LEVELS: [&[(&str, Operator)]; 5] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide)],
];
const COMPARISONS: usize = 2;

const FUNCTIONS: [(&str, Function); 13] = [
    ("abs", Function::Abs),
    ("ceil", Function::Ceil),
    ("clamp", Function::Clamp),
    ("contains", Function::Contains),
    ("default", Function::Default),
    ("floor", Function::Floor),
    ("has", Function::Has),
    ("if", Function::If),
    ("max", Function::Max),
    ("min", Function::Min),
    ("round", Function::Round),
    ("sqrt", Function::Sqrt),
    ("version", Function::Version),
];

struct Parser<'a> {
    source: &'a Source,
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

pub fn parse(source: &Source) -> Result<Node, Problem> {
    let mut parser = Parser { source, tokens: tokens(source)?, next: 0, depth: 0 };
    let root = parser.level(0)?;
    match parser.peek() {
        None => Ok(root),
        Some(_) => Err(parser.unexpected("an operator or the end")),
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.next).map_or(self.source.text.trim_end().len(), |(offset, _)| *offset)
    }

    fn unexpected(&self, wanted: &str) -> Problem {
        let found = match self.peek() {
            Some(Token::Number(number)) => format!("unexpected number {number}"),
            Some(Token::Text(text)) => format!("unexpected text \"{text}\""),
            Some(Token::Word(word)) => format!("unexpected \"{word}\""),
            Some(Token::Symbol(symbol)) => format!("unexpected \"{symbol}\""),
            None => "the expression ends too early".into(),
        };
        self.source.problem(self.offset(), format!("{found}: expected {wanted}"))
    }

    /// Takes the next token if it is this symbol or word.
    fn take(&mut self, wanted: &str) -> bool {
        let found = match self.peek() {
            Some(Token::Symbol(symbol)) => *symbol == wanted,
            Some(Token::Word(word)) => word == wanted,
            _ => false,
        };
        self.next += usize::from(found);
        found
    }

    fn require(&mut self, symbol: &str) -> Result<(), Problem> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&format!("\"{symbol}\""))) }
    }

    fn deeper(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        let what = format!("the expression is nested deeper than {MAX_DEPTH} levels: split the rule");
        Err(self.source.problem(self.offset(), what))
    }

    fn level(&mut self, level: usize) -> Result<Node, Problem> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.operand(level)?;
        let mut count = 0;
        loop {
            let offset = self.offset();
            if level == COMPARISONS && self.take("in") {
                left = Node { offset, what: What::In(Box::new(left), self.list("[", "]")?) };
                continue;
            }
            let Some((symbol, operator)) = operators.iter().find(|(symbol, _)| self.take(symbol)) else {
                self.depth -= count;
                return Ok(left);
            };
            if level == COMPARISONS && count > 0 {
                return Err(self
                    .source
                    .problem(offset, format!("a second comparison \"{symbol}\": join them with and")));
            }
            // A long chain is a deep tree.
            self.deeper()?;
            count += 1;
            let right = self.operand(level)?;
            left = Node { offset, what: What::Binary(*operator, Box::new([left, right])) };
        }
    }

    fn operand(&mut self, level: usize) -> Result<Node, Problem> {
        // `not` binds looser than comparisons, tighter than `and`.
        let offset = self.offset();
        if level == COMPARISONS && self.take("not") {
            self.deeper()?;
            let what = What::Not(Box::new(self.level(COMPARISONS)?));
            self.depth -= 1;
            return Ok(Node { offset, what });
        }
        self.level(level + 1)
    }

    fn unary(&mut self) -> Result<Node, Problem> {
        let offset = self.offset();
        self.deeper()?;
        let node = if self.take("-") {
            Node { offset, what: What::Negative(Box::new(self.unary()?)) }
        } else if self.take("(") {
            let inner = self.level(0)?;
            self.require(")")?;
            inner
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node, Problem> {
        let wanted = "a fact, a number, a text in quotes or \"(\"";
        let offset = self.offset();
        let Some(token) = self.peek().cloned() else { return Err(self.unexpected(wanted)) };
        let what = match token {
            Token::Number(number) => What::Value(Value::Number(number)),
            Token::Text(text) => What::Value(Value::Text(text)),
            Token::Word(word) if word == "true" || word == "false" => What::Value(Value::Truth(word == "true")),
            Token::Word(word) if !WORDS.contains(&word.as_str()) => {
                self.next += 1;
                if self.peek() == Some(&Token::Symbol("(")) {
                    return self.call(offset, &word);
                }
                return Ok(Node { offset, what: What::Fact { name: word, index: usize::MAX } });
            }
            _ => return Err(self.unexpected(wanted)),
        };
        self.next += 1;
        Ok(Node { offset, what })
    }

    fn call(&mut self, offset: usize, name: &str) -> Result<Node, Problem> {
        let Some((_, function)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = FUNCTIONS.iter().map(|(known, _)| *known).collect();
            return Err(self.source.problem(offset, format!("unknown function {name}: use {}", known.join(", "))));
        };
        Ok(Node { offset, what: What::Call(*function, self.list("(", ")")?) })
    }

    /// Expressions between brackets, separated by commas; at least one.
    fn list(&mut self, open: &str, close: &str) -> Result<Vec<Node>, Problem> {
        self.require(open)?;
        let mut all = vec![self.level(0)?];
        while self.take(",") {
            all.push(self.level(0)?);
        }
        if self.take(close) { Ok(all) } else { Err(self.unexpected(&format!("\",\" or \"{close}\""))) }
    }
}
