use super::*;

fn names() -> Names {
    let facts = [("score", Kind::Number), ("country", Kind::Text), ("bls_key", Kind::Truth), ("empty", Kind::Any)];
    let name = |(index, (name, kind)): (usize, (&str, Kind))| (name.to_owned(), Name { index, kind, note: None });
    facts.into_iter().enumerate().map(name).collect()
}

fn row() -> Row {
    vec![Some(Value::Number(4.0)), Some(Value::Text("DE".into())), Some(Value::Truth(true)), None]
}

const ALL: [Kind; 3] = [Kind::Number, Kind::Text, Kind::Truth];

fn source(text: &str) -> Source {
    Source { text: text.into(), place: Place { line: 7, column: 12 } }
}

fn value(text: &str) -> Result<Value, Stop> {
    Expression::new(&source(text), &names(), &ALL)
        .unwrap_or_else(|problem| panic!("{text}: {problem}"))
        .evaluate(&row())
}

#[test]
fn values_follow_precedence() {
    for (text, expected) in [
        ("1 + 2 * 3 - 4 / 2", 5.0),
        ("-(1 + 2) * -score", 12.0),
        ("8 / 4 / 2", 1.0),
        ("min(3, score, 2) + max(1, 2)", 4.0),
        ("clamp(score, 0, 1) + abs(-2) + round(2.5) + floor(1.9) + ceil(0.1)", 8.0),
        ("sqrt(score)", 2.0),
        ("if(country == 'DE', 1, 2)", 1.0),
        ("default(empty, 3) + default(score, 9)", 7.0),
        ("1e3 + .5", 1000.5),
    ] {
        assert_eq!(value(text), Ok(Value::Number(expected)), "{text}");
    }
    for (text, expected) in [
        ("not bls_key or score > 3 and score <= 4", true),
        ("not score > 3", false),
        ("country in ['FR', \"DE\"] and not (country in ['US'])", true),
        ("has(score) and not has(empty)", true),
        ("has(empty) and empty > 3", false),
        ("version('3.10.0') > version(\"3.9.12-beta.1\")", true),
        ("contains(country, 'E')", true),
        ("country != 'DE'", false),
    ] {
        assert_eq!(value(text), Ok(Value::Truth(expected)), "{text}");
    }
}

#[test]
fn missing_facts_and_faults_stop_an_evaluation() {
    assert_eq!(value("empty > 3"), Err(Stop::Missing("empty".into())));
    for (text, column, what) in [
        ("score / (4 - score)", 18, "division by zero"),
        ("sqrt(0 - score)", 12, "square root of a negative number"),
        ("1e300 * 1e300", 18, "the result is too large"),
        ("clamp(1, 3, 2)", 12, "the least is above the most"),
        ("version(country)", 20, "\"DE\" is not a version such as 3.1.8"),
    ] {
        assert_eq!(value(text), Err(Stop::Fault(Problem::new(7, column, what))), "{text}");
    }
}

#[test]
fn problems_have_their_place() {
    let deep = format!("{}1{}", "(".repeat(60), ")".repeat(60));
    let long = ["1"; 60].join(" + ");
    for (text, column, part) in [
        ("scor > 3", 12, "unknown fact scor: did you mean score?"),
        ("commission > 3", 12, "docs/selection.md list the facts"),
        ("score >", 19, "the expression ends too early: expected a fact"),
        ("score > 3 and", 25, "ends too early"),
        ("score = 3", 18, "unexpected \"=\": write =="),
        ("score > 3 && bls_key", 22, "unexpected \"&&\": write and"),
        ("score > 5%", 21, "a plain number"),
        ("score > 'a'", 20, "this is a text, not a number"),
        ("country == 3", 20, "cannot compare a text with a number"),
        ("country in ['DE', 3]", 30, "this is a number, not a text"),
        ("1 < score < 3", 22, "a second comparison"),
        ("min(score", 21, "expected \",\" or \")\""),
        ("log(score)", 12, "unknown function log: use abs"),
        ("sqrt(1, 2)", 12, "2 arguments: expected (number)"),
        ("has(score + 1)", 22, "has() takes the name of a fact"),
        ("'DE", 12, "unclosed quote"),
        ("3x", 12, "invalid number \"3x\""),
        ("score score", 18, "unexpected \"score\": expected an operator"),
        ("", 12, "ends too early"),
        ("\u{e9} > 1", 12, "unknown fact \u{e9}"),
        (&deep, 62, "nested deeper than 50"),
        (&long, 212, "nested deeper than 50"),
    ] {
        let problem = Expression::new(&source(text), &names(), &ALL).expect_err(text);
        assert!(problem.what.contains(part), "{text}: {problem}");
        assert_eq!(problem.place, Place { line: 7, column }, "{text}: {problem}");
    }
    let several = source("score > 3\n  and skore > 3");
    assert_eq!(Expression::new(&several, &names(), &ALL).unwrap_err().place, Place { line: 8, column: 7 });
    let kind = Expression::new(&source("score"), &names(), &[Kind::Truth]).unwrap_err();
    assert_eq!(kind.what, "the expression is a number: expected true or false");
}

#[test]
fn sentences_name_the_facts() {
    let expression =
        Expression::new(&source("score > 3 and country == 'DE' and default(empty, 1) > 0"), &names(), &ALL);
    assert_eq!(expression.unwrap().facts(&row()), "score is 4, country is \"DE\" and empty is missing");
}
