//! `tidepool select`: from the cluster to weights that can be set.

use {
    super::harness::{Stage, USAGE, assert_fails, number, text},
    serde_json::Value,
    std::fs,
};

/// A pool with the first two of four validators.
async fn stage() -> (Stage, String) {
    let (stage, pool) = Stage::with_pool("").await;
    stage.add_validators(&pool, 0..2).await;
    stage.must(&format!("set-weights {pool} --set {}=5", stage.vote(0))).await;
    (stage, pool)
}

fn chosen(answer: &Value) -> Vec<(String, u64)> {
    let chosen = answer["chosen"].as_array().unwrap().iter();
    chosen.map(|one| (text(&one["vote"]), number(&one["weight"]))).collect()
}

fn reason(answer: &Value, vote: impl ToString) -> (String, String) {
    let found = answer["excluded"].as_array().unwrap().iter().find(|one| one["vote"] == vote.to_string());
    let found = found.unwrap_or_else(|| panic!("{} is not excluded", vote.to_string()));
    (text(&found["reason"]), text(&found["sentence"]))
}

#[tokio::test]
async fn a_selection_becomes_the_weights_of_the_pool() {
    let (stage, pool) = stage().await;
    let policy = stage.file("policy.toml", "[[rule]]\nname = \"score\"\nkeep = \"scores_score > 1 and stake_sol > 0\"\n[weight]\nformula = \"scores_score\"\n");
    let rows = [1, 2, 0].map(|index| format!("{},{}\n", stage.vote(index), index + 1)).concat();
    let scores = stage.file("scores.csv", format!("vote,score\n{rows}"));
    let (out, facts) = (stage.file("w.csv", ""), stage.file("f.json", ""));
    let line = format!("select {pool} --policy {policy} --data scores={scores} --out {out} --save-facts {facts}");
    let answer = stage.must(&line).await;
    assert_eq!(chosen(&answer).len(), 2);
    // Two of five parts, and three.
    let weight = |vote: String| chosen(&answer).into_iter().find(|one| one.0 == vote).unwrap().1;
    assert_eq!(weight(stage.vote(1).to_string()) * 3, weight(stage.vote(2).to_string()) * 2);
    let (kind, sentence) = reason(&answer, stage.vote(0));
    assert!(kind == "rule" && sentence.starts_with("rule \"score\": scores_score is 1"), "{kind}: {sentence}");
    assert_eq!(reason(&answer, stage.vote(3)).0, "missing_fact");
    let said = stage.text.borrow()[0].clone();
    for part in [
        "Chose 2 of 4 validators for pool",
        &format!("{} loses its weight: rule \"score\": scores_score is 1", stage.vote(0)),
        &format!("tidepool add-validator {pool} {}", stage.vote(2)),
        &format!("tidepool set-weights {pool} --file {out}"),
        "Excluded: 1 by rules, 1 for a missing fact; --explain gives each reason",
    ] {
        assert!(said.contains(part), "{said} does not say {part}");
    }

    // From the saved facts the same bytes.
    let first = fs::read(&out).unwrap();
    let again = stage
        .must(&format!("select --facts {facts} --policy {policy} --data scores={scores} --out {out} --explain"))
        .await;
    assert_eq!((fs::read(&out).unwrap(), &again["facts_sha256"]), (first, &answer["facts_sha256"]));
    assert!(stage.text.borrow()[0].contains("is excluded: it has no scores_score, which the rule \"score\" needs"));
    stage.must(&format!("add-validator {pool} {} --accept", stage.vote(2))).await;
    let set = stage.must(&format!("set-weights {pool} --file {out} --accept")).await;
    assert_eq!(set["weighted"], 2);
    let third = stage.must(&format!("select {pool} --policy {policy} --data scores={scores}")).await;
    assert_eq!(chosen(&third), chosen(&answer));
    assert!(stage.text.borrow()[0].contains("vote,weight\n"));
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_place_and_nothing_is_written() {
    let (stage, pool) = stage().await;
    let (out, facts) = (stage.missing_file(), stage.missing_file());
    let policy = stage.file("policy.toml", "[[rule]]\nname = \"x\"\nkeep = \"voting and scor > 1\"\n");
    let fine = stage.file("fine.toml", "");
    let semicolons = stage.file("scores.csv", format!("\u{feff}vote;score\r\n{};0,5\r\n", stage.vote(0)));
    let shape = stage.file("scores.json", "{\"validators\": []}");
    let line = format!("select {pool} --out {out} --save-facts {facts} --policy");
    for (rest, parts) in [
        (policy.clone(), ["policy.toml, line 3, column 20: unknown fact scor", "docs/selection.md"]),
        (format!("{policy} --data {semicolons}"), ["scores.csv, line 1, column 5: ", "separated by semicolons"]),
        (
            format!("{fine} --data {shape}"),
            ["scores.json, line 1, column 16: invalid type: sequence", "expected [{\"vote\""],
        ),
        (format!("{out} --data {shape}"), ["cannot read the file", "check --policy"]),
    ] {
        assert_fails(&stage, &format!("{line} {rest}"), USAGE, &parts).await;
    }
    assert!(fs::metadata(&out).is_err());
    let saved = stage.file("f.json", "");
    stage.must(&format!("select {pool} --policy {fine} --save-facts {saved}")).await;
    let other = stage.pool("").await;
    let line = format!("select {other} --facts {saved} --policy {fine}");
    assert_fails(&stage, &line, USAGE, &["has the facts of pool", "use the facts of that pool"]).await;
    let folder = format!("{saved}/weights.csv");
    assert_fails(&stage, &format!("select {pool} --policy {fine} --out {folder}"), USAGE, &["cannot write the file"])
        .await;
}
