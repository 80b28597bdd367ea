use super::*;

const A: &str = "7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA";
const B: &str = "FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee";

fn parse(text: &str) -> Result<Table, Problem> {
    Table::parse("file", None, text.as_bytes())
}

fn column(table: &Table, name: &str) -> (Kind, [Option<Value>; 2]) {
    let index = table.columns.iter().position(|column| column.name == name).unwrap();
    let value = |vote: &str| table.rows.get(&vote.parse().unwrap()).and_then(|values| values[index].clone());
    (table.columns[index].kind, [value(A), value(B)])
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

#[test]
fn csv_and_json_hold_the_same() {
    let csv = format!(
        "\u{feff}# scores\nVote Account,Score,Data centre,ok,as,old\n{A},0.5,\"AS1, Nürnberg\",true,1,\n{B},,DE,FALSE,x,\n"
    );
    let list = format!(
        "[{{\"vote_account\": \"{A}\", \"Score\": 0.5, \"data-centre\": \"AS1, Nürnberg\", \"ok\": true, \"as\": \"1\", \
         \"old\": null}},\n{{\"vote_account\":\"{B}\",\"data-centre\":\"DE\",\"ok\":false,\"as\":\"x\",\"more\":[1]}}]"
    );
    let object = format!(
        "{{\"{A}\": {{\"score\": \"0.5\", \"data centre\": \"AS1, Nürnberg\", \"ok\": true, \"as\": 1}},\n\"{B}\": {{\"score\": \
         null, \"data centre\": \"DE\", \"ok\": false, \"as\": \"x\"}}}}"
    );
    for file in [csv, list, object] {
        let table = parse(&file).unwrap_or_else(|problem| panic!("{file}: {problem}"));
        assert_eq!(column(&table, "score"), (Kind::Number, [Some(Value::Number(0.5)), None]), "{file}");
        assert_eq!(column(&table, "data_centre"), (Kind::Text, [text("AS1, Nürnberg"), text("DE")]), "{file}");
        assert_eq!(column(&table, "ok").1, [Some(Value::Truth(true)), Some(Value::Truth(false))], "{file}");
        assert_eq!(column(&table, "as"), (Kind::Text, [text("1"), text("x")]), "{file}");
    }
    assert_eq!(column(&parse(&format!("vote,old\n{A},\n")).unwrap(), "old"), (Kind::Any, [None, None]));
    let prefixed = Table::parse("file", Some("va"), format!("vote,2x\n{A},1\n").as_bytes()).unwrap();
    assert_eq!(column(&prefixed, "va__2x").0, Kind::Number);
}

#[test]
fn what_is_wrong_has_its_place() {
    let short = &A[..40];
    for (file, place, part) in [
        (String::new(), (1, 1), "the file is empty"),
        ("vote,score\n".into(), (1, 1), "the file holds no validators"),
        ("[]".into(), (1, 1), "the file holds no validators"),
        (format!("\u{feff}vote;score\n{A};0,5\n"), (1, 5), "separated by semicolons"),
        (format!("vote\tscore\n{A}\t1\n"), (1, 5), "separated by tabs"),
        (format!("name,score\n{A},1\n"), (1, 1), "missing column of vote accounts"),
        (format!("{A},1\n"), (1, 1), "missing column of vote accounts"),
        (
            format!("vote,score\n{A},0,5\n"),
            (2, 48),
            "3 fields, the heading has 2: quote fields with commas, and use points",
        ),
        (format!("vote,score,x\n{A},1\n"), (2, 47), "2 fields, the heading has 3: leave a field empty"),
        (format!("vote,score\n{A};1\n"), (2, 47), "separate fields by commas, not semicolons"),
        (format!("vote,score\n{short},1\n"), (2, 1), "invalid address"),
        (format!("vote,score\n{A},1\n{B},1\n {A},1\n"), (4, 2), "first in line 2: remove one"),
        (format!("vote,score,Score\n{A},1,1\n"), (1, 12), "duplicate column score, first in column 6"),
        (format!("vote,\n{A},1\n"), (1, 6), "a column without a name"),
        (format!("vote,score\n{A},\"1\n"), (2, 46), "unclosed quote"),
        (format!("[{{\"name\": \"{A}\"}}]"), (1, 2), "an entry without the field vote"),
        (
            format!("{{\"validators\": [{{\"vote\": \"{A}\"}}]}}"),
            (1, 16),
            "invalid type: sequence, expected an object with facts",
        ),
        (format!("[\n{{\"vote\": \"{A}\"}},\n{{\"vote\": \"{A}\"}}]"), (3, 10), "first in line 2"),
        (format!("[{{\"vote\": \"{A}\", \"x\": 1, \"X\": 2}}]"), (1, 72), "duplicate field X"),
        (format!("[{{\"vote\": \"{short}\"}}]"), (1, 11), "invalid address"),
        (format!("[{{\"vote\": \"{A}\"}}\n{{}}]"), (2, 1), "expected `,` or `]`"),
        ("[3]".into(), (1, 2), "invalid type: integer `3`, expected an object with facts"),
        ("{\"x\": {\"a\": 1}}".into(), (1, 3), "invalid address \"x\""),
    ] {
        let problem = parse(&file).expect_err(&file);
        assert!(problem.what.contains(part) && !problem.what.contains('\n'), "{file}: {problem}");
        assert_eq!((problem.place.line, problem.place.column), place, "{file}: {problem}");
    }
    assert_eq!(Table::parse("file", None, b"vote\n\xff").unwrap_err().place, Place { line: 2, column: 1 });
}

#[test]
fn one_text_among_numbers_is_named() {
    let table = parse(&format!("vote,score\n{A},0.5\n{B},\"0,5\"\n")).unwrap();
    let note = table.columns[0].note.as_deref();
    assert_eq!(note, Some("\"0,5\" in line 3, column 46 is not a number: use a point for decimals"));
}
