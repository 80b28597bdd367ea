use super::*;

const A: &str = "7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA";
const B: &str = "FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee";

fn weights(text: &str) -> Vec<(String, String, (usize, usize))> {
    let entries = parse(text.as_bytes()).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    let show =
        |entry: Entry| (entry.vote.to_string(), entry.weight.to_string(), (entry.place.line, entry.place.column));
    entries.into_iter().map(show).collect()
}

fn entry(vote: &str, weight: &str, line: usize, column: usize) -> (String, String, (usize, usize)) {
    (vote.into(), weight.into(), (line, column))
}

#[test]
fn csv_is_read_with_and_without_a_heading() {
    let expected = vec![entry(A, "3", 1, 1), entry(B, "0.25", 2, 1)];
    assert_eq!(weights(&format!("{A},3\n{B},0.25\n")), expected);
    assert_eq!(weights(&format!("{A},3\r\n{B},0.25")), expected);
    assert_eq!(weights(&format!("Vote,Weight\n{A},3")), [entry(A, "3", 2, 1)]);
    assert_eq!(weights(&format!("# March\n\n  # x\nvote,weight\n\n {A} , 3 \n")), [entry(A, "3", 6, 2)]);
    let named = format!("name,weight,vote_account\n\"Ann, and Bo\"\"b\",3,\"{A}\"\n");
    assert_eq!(weights(&named), [entry(A, "3", 2, 20)]);
}

#[test]
fn json_is_read_as_object_and_as_list() {
    assert_eq!(weights(&format!("{{\"{A}\": 3,\n \"{B}\": \"0.25\"}}")), [entry(A, "3", 1, 3), entry(B, "0.25", 2, 3)]);
    let list = format!("[\n{{\"vote\": \"{A}\", \"weight\": 1e3, \"name\": \"Ann\"}}]");
    assert_eq!(weights(&list), [entry(A, "1e3", 2, 11)]);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let short = &A[..43];
    let cases = [
        (format!("{A},3\n{B};4\n"), (2, 1), "invalid address"),
        (format!("{short}0,3\n"), (1, 1), "invalid address"),
        (format!("vote,points\n{A},3\n"), (1, 1), "invalid address"),
        (format!("{A},3\n{B}, x4\n"), (2, 47), "invalid weight \"x4\": expected a number"),
        (format!("{A},-1\n"), (1, 46), "is negative: use 0"),
        (format!("{A}\n"), (1, 45), "missing weight: expected VOTE,WEIGHT"),
        (format!("{A},\n"), (1, 46), "missing weight"),
        (",5\n".to_owned(), (1, 1), "missing validator"),
        (format!("{A},0,5\n"), (1, 48), "a point for decimals"),
        (format!("\"{A},5\n"), (1, 1), "unclosed quote"),
        (format!("{A},1\n{B},1\n{A},1\n"), (3, 1), "first in line 1: remove one of the lines"),
        ("# nothing\n".into(), (1, 1), "the file holds no weights"),
        (String::new(), (1, 1), "the file holds no weights"),
        ("{}".into(), (1, 1), "the file holds no weights"),
        (format!("{{\"{A}\": 1,\n\"{A}\": 2}}"), (2, 2), "first in line 1"),
        (format!("{{\"{A}\": 1,\n\"{short}0\": 2}}"), (2, 46), "invalid address"),
        (format!("{{\"{A}\": true}}"), (1, 54), "invalid weight \"true\""),
        (format!("{{\"{A}\": 1\n\"{B}\": 2}}"), (2, 1), "expected `,` or `}`: expected {\"VOTE\": WEIGHT"),
        (format!("[{{\"vote\": \"{A}\"}}]"), (1, 57), "missing field `weight`"),
        ("[3]".into(), (1, 2), "invalid type: integer `3`"),
    ];
    for (text, place, part) in cases {
        let problem = parse(text.as_bytes()).expect_err(&text);
        assert!(problem.what.contains(part), "{text}: {problem:?}");
        assert_eq!((problem.place.line, problem.place.column), place, "{text}: {problem:?}");
        assert!(!problem.what.contains('\n'), "{text}: {problem:?}");
    }
    let problem = parse(b"vote,weight\nab\xff\xfe").unwrap_err();
    assert_eq!((problem.place.line, problem.place.column), (2, 3));
    assert!(problem.what.contains("UTF-8"));
}
