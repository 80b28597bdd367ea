use super::*;

const A: &str = "7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA";

#[test]
fn expressions_know_their_place() {
    let policy =
        Policy::parse("[[rule]]\nname = \"x\"\nkeep = \"voting\"\n[weight]\nformula = '''\n1 +\n2'''\n").unwrap();
    assert_eq!(policy.rules[0].of_all.place, Place { line: 3, column: 9 });
    let formula = policy.weight.formula.unwrap();
    assert_eq!((formula.text.as_str(), formula.place), ("1 +\n2", Place { line: 6, column: 1 }));
}

#[test]
fn what_is_wrong_has_its_place() {
    for (text, place, part) in [
        ("[weight]\nmax = \"2%\"\n", (2, 1), "unknown field `max`, expected one of `formula`, `minimum`, `maximum`"),
        ("[[rules]]\n", (1, 3), "unknown field `rules`"),
        ("[weight]\nmaximum = 2\n", (2, 11), "invalid type: integer `2`, expected a string"),
        ("[weight]\nmaximum = \"2\"\n", (2, 11), "invalid share \"2\": expected a percentage such as \"10%\""),
        ("[weight]\nmaximum = \"0%\"\n", (2, 11), "no validator could be chosen"),
        ("[weight]\nminimum = \"3%\"\nmaximum = \"2%\"\n", (2, 11), "the minimum 3 % is above the maximum 2 %"),
        ("[count]\nminimum = 9\nmaximum = 8\n", (2, 11), "the minimum 9 is above the maximum 8"),
        ("[count]\nmaximum = 0\n", (2, 11), "maximum is 0"),
        ("[count]\nmaximum = -1\n", (2, 11), "invalid value: integer `-1`"),
        ("credits_epochs = 0\n", (1, 18), "credits_epochs is 0"),
        ("[[rule]]\nname = \"x\"\n", (2, 8), "rule \"x\" has to have either keep or drop"),
        ("[[rule]]\nname = \"x\"\nkeep = \"voting\"\ndrop = \"voting\"\n", (2, 8), "either keep or drop"),
        ("[[group]]\nname = \"x\"\nby = \"vote\"\n", (2, 8), "neither maximum nor maximum_count"),
        ("[[group]]\nname = \"x\"\nby = \"vote\"\nmaximum = \"0%\"\n", (4, 11), "the maximum is 0 %"),
        ("[[group]]\nname = \"x\"\nby = \"vote\"\nmaximum = \"101%\"\n", (4, 11), "it is above 100 %"),
        (
            "[[group]]\nname = \"x\"\nby = \"vote\"\nmaximum_count = 1\nunknown = \"no\"\n",
            (5, 11),
            "unknown variant `no`",
        ),
        ("always = [\"x\"]\n", (1, 11), "invalid address \"x\""),
        ("choose_demoted = true\nchoose_demoted = true\n", (2, 1), "duplicate key"),
        ("[hysteresis\n", (1, 12), "unclosed table"),
    ] {
        let problem = Policy::parse(text).expect_err(text);
        assert!(problem.what.contains(part) && !problem.what.contains('\n'), "{text}: {problem}");
        assert_eq!((problem.place.line, problem.place.column), place, "{text}: {problem}");
    }
    let twice = format!("always = [\"{A}\"]\nnever = [\n  \"{A}\"]\n");
    let problem = Policy::parse(&twice).unwrap_err();
    assert!(problem.what.contains("in always and in never"), "{problem}");
    assert_eq!(problem.place, Place { line: 3, column: 3 });
    let twice = format!("never = [\"{A}\",\n\"{A}\"]\n");
    assert!(Policy::parse(&twice).unwrap_err().what.contains("first in line 1"));
    let rules = "[[rule]]\nname = \"x\"\nkeep = \"voting\"\n".repeat(2);
    assert!(Policy::parse(&rules).unwrap_err().what.contains("duplicate rule \"x\", first in line 2"));
}
