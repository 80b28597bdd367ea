//! Which validators the lists and rules admit, with their rank value, weight and groups.

use {
    super::report::{Excluded, Reason},
    crate::{
        expression::{Expression, Row, Stop, Value},
        facts::{Facts, Validator},
        place::{Place, Problem},
        policy::{Expressions, Policy, Rule, Unknown},
    },
    solana_address::Address,
    std::collections::{HashMap, HashSet},
};

/// A validator that the rules admit.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub vote: Address,
    /// Its address in base58, by which equal ones are ordered.
    pub name: String,
    /// Whether it is in the pool to stay; and whether the pool delegates to it.
    pub in_pool: bool,
    pub is_member: bool,
    pub weight_before: u16,
    /// Where `always` names it.
    pub always: Option<Place>,
    pub rank_value: f64,
    pub weight: f64,
    /// Its value in each group of the policy.
    pub groups: Vec<String>,
}

/// Why a validator is no candidate.
enum Out {
    Because(Reason, String),
    Problem(Problem),
}

impl From<Problem> for Out {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

struct Screen<'a> {
    policy: &'a Policy,
    expressions: &'a Expressions,
    never: HashSet<Address>,
    has_weights: bool,
}

pub fn candidates(
    policy: &Policy,
    expressions: &Expressions,
    facts: &Facts,
    rows: Vec<Row>,
    excluded: &mut Vec<Excluded>,
) -> Result<Vec<Candidate>, Problem> {
    let known: HashSet<Address> = facts.validators.iter().map(|validator| validator.vote).collect();
    if let Some((vote, place)) = policy.always.iter().find(|(vote, _)| !known.contains(vote)) {
        let what =
            format!("the cluster reports no validator {vote}, which always names: correct or remove the address");
        return Err(Problem::at(*place, what));
    }
    let always: HashMap<Address, Place> = policy.always.iter().copied().collect();
    let never = policy.never.iter().map(|(vote, _)| *vote).collect();
    let screen = Screen { policy, expressions, never, has_weights: facts.has_weights() };
    let mut admitted = vec![];
    for (validator, row) in facts.validators.iter().zip(rows) {
        let place = always.get(&validator.vote).copied();
        match (screen.admit(validator, row, place), place) {
            (Ok(candidate), _) => admitted.push(candidate),
            (Err(Out::Problem(problem)), _) => return Err(problem),
            (Err(Out::Because(_, sentence)), Some(place)) => {
                let what = format!("validator {}, which always names, cannot be chosen: {sentence}", validator.vote);
                return Err(Problem::at(place, what));
            }
            (Err(Out::Because(reason, sentence)), None) => excluded.push(Excluded::new(validator, reason, sentence)),
        }
    }
    Ok(admitted)
}

impl Screen<'_> {
    fn admit(&self, validator: &Validator, mut row: Row, always: Option<Place>) -> Result<Candidate, Out> {
        let place = validator.in_pool.unwrap_or_default();
        let in_pool = validator.in_pool.is_some() && !place.leaving;
        let is_member = in_pool && (place.weight > 0 || !self.has_weights);
        self.check_state(validator)?;
        if always.is_none() {
            for (rule, (of_all, of_members)) in self.policy.rules.iter().zip(&self.expressions.rules) {
                let looser = of_members.as_ref().filter(|_| is_member);
                check_rule(rule, (of_all, looser), &validator.vote, &row)?;
            }
        }
        let mut groups = vec![];
        for (group, by) in self.policy.groups.iter().zip(&self.expressions.groups) {
            groups.push(match (by.evaluate(&row), group.unknown) {
                (Ok(Value::Text(text)), _) => text,
                (Ok(other), _) => other.to_string(),
                (Err(Stop::Fault(problem)), _) => return Err(for_validator(problem, &validator.vote).into()),
                (Err(Stop::Missing(_)), Unknown::Together) => "unknown".into(),
                (Err(Stop::Missing(_)), Unknown::Separate) => format!("unknown, {}", validator.vote),
                (Err(Stop::Missing(fact)), Unknown::Exclude) => {
                    let sentence = format!("it has no {fact}, by which the group \"{}\" is made", group.name);
                    return Err(Out::Because(Reason::MissingFact, sentence));
                }
            });
        }
        let rank_value = self.number(self.expressions.rank.as_ref(), "rank", validator, &row)?;
        if let (Some(value), Some(last)) = (rank_value, row.last_mut()) {
            *last = Some(Value::Number(value));
        }
        let weight = self.number(self.expressions.weight.as_ref(), "weight", validator, &row)?;
        if let (Some(negative), Some(expression)) = (weight.filter(|weight| *weight < 0.0), &self.expressions.weight) {
            let what = format!("the weight of validator {} is negative: {negative}", validator.vote);
            return Err(expression.problem(what).into());
        }
        let weight = weight.unwrap_or(1.0);
        if weight == 0.0 {
            return Err(Out::Because(Reason::NoWeight, "its weight by the formula is 0".into()));
        }
        Ok(Candidate {
            vote: validator.vote,
            name: validator.vote.to_string(),
            in_pool,
            is_member,
            weight_before: place.weight,
            always,
            rank_value: rank_value.unwrap_or(weight),
            weight,
            groups,
        })
    }

    /// What excludes a validator whatever the rules say.
    fn check_state(&self, validator: &Validator) -> Result<(), Out> {
        let because = |reason, sentence: String| Err(Out::Because(reason, sentence));
        if self.never.contains(&validator.vote) {
            return because(Reason::Never, "the policy lists it in never".into());
        }
        if let Some(account) = &validator.not_delegable {
            return because(Reason::NotDelegable, format!("no stake can be delegated to it: its account is {account}"));
        }
        let Some(place) = validator.in_pool else { return Ok(()) };
        if place.leaving {
            return because(Reason::Leaving, "it is being removed from the pool".into());
        }
        match place.demoted_in_epoch {
            Some(epoch) if !self.policy.choose_demoted => {
                let sentence =
                    format!("it was demoted in epoch {epoch}; choose_demoted = true in the policy would admit it");
                because(Reason::Demoted, sentence)
            }
            _ => Ok(()),
        }
    }

    /// The value of a formula, if the policy has it.
    fn number(
        &self,
        formula: Option<&Expression>,
        what: &str,
        validator: &Validator,
        row: &Row,
    ) -> Result<Option<f64>, Out> {
        let Some(formula) = formula else { return Ok(None) };
        match formula.evaluate(row) {
            Ok(Value::Number(number)) => Ok(Some(number)),
            Ok(other) => Err(formula.problem(format!("{other} is not a number")).into()),
            Err(Stop::Fault(problem)) => Err(for_validator(problem, &validator.vote).into()),
            Err(Stop::Missing(fact)) => {
                let sentence = format!("it has no {fact}, which the formula of its {what} needs");
                Err(Out::Because(Reason::MissingFact, sentence))
            }
        }
    }
}

/// A member also passes with the looser expression. So a validator that is chosen today passes tomorrow, with the same facts.
fn check_rule(
    rule: &Rule,
    (of_all, of_members): (&Expression, Option<&Expression>),
    vote: &Address,
    row: &Row,
) -> Result<(), Out> {
    let passes = |expression: &Expression| match expression.evaluate(row) {
        Ok(value) => Ok(value == Value::Truth(rule.is_keep)),
        Err(stop) => Err(stop),
    };
    let first = passes(of_all);
    let last = match (&first, of_members) {
        (Ok(true), _) | (_, None) => first,
        (_, Some(looser)) => passes(looser),
    };
    let shown = of_members.unwrap_or(of_all);
    match last {
        Ok(true) => Ok(()),
        Ok(false) => {
            let bound = if of_members.is_some() { ", also as a validator of the pool" } else { "" };
            let sentence = format!("rule \"{}\": {}{bound}", rule.name, shown.facts(row));
            Err(Out::Because(Reason::Rule, sentence))
        }
        Err(Stop::Missing(fact)) => {
            let sentence = format!("it has no {fact}, which the rule \"{}\" needs", rule.name);
            Err(Out::Because(Reason::MissingFact, sentence))
        }
        Err(Stop::Fault(problem)) => Err(for_validator(problem, vote).into()),
    }
}

fn for_validator(problem: Problem, vote: &Address) -> Problem {
    Problem::at(problem.place, format!("{} for validator {vote}: {GUARD}", problem.what))
}

const GUARD: &str = "exclude such validators by a rule, or use if(…) or max(…)";
