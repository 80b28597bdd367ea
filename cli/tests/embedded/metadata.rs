//! What a pool's token is called, by the Metaplex token metadata program itself.

use {
    super::harness::{REFUSED, SOL, Stage, USAGE, assert_fails, fields, text},
    serde_json::{Value, json},
    std::{path::PathBuf, process::Command},
    tidepool_interface::address::METADATA_PROGRAM_ID,
};

/// The metadata program, which the published crate `spl-stake-pool` carries for its own tests. It is loaded from where cargo
/// keeps the crate, and is not part of this repository.
pub fn metadata_program() -> PathBuf {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output =
        command.args(["metadata", "--format-version=1", "--manifest-path", manifest]).output().expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let package = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .find(|package| package["name"] == "spl-stake-pool" && package["version"] == "2.2.0")
        .expect("the workspace tests against spl-stake-pool 2.2.0");
    let folder = PathBuf::from(text(&package["manifest_path"])).parent().expect("a folder").to_path_buf();
    folder.join("tests").join("fixtures").join("mpl_token_metadata.so")
}

#[tokio::test]
async fn a_token_gets_a_name() {
    let (stage, pool) = Stage::with_pool("").await;
    let line = format!("set-metadata {pool} --name Tide --symbol tideSOL --uri https://example.org/tide.json");
    assert_fails(&stage, &line, REFUSED, &["Metaplex", "is not on this cluster"]).await;
    stage.cluster.replace_program(&METADATA_PROGRAM_ID, metadata_program()).unwrap();
    for given in ["--name Tide", "--symbol TIDE", "--uri https://example.org", "--name Tide --uri https://example.org"]
    {
        let line = format!("set-metadata {pool} {given}");
        assert_fails(&stage, &line, USAGE, &["has no metadata yet", "both --name and --symbol"]).await;
    }
    assert_eq!(stage.must(&format!("show {pool}")).await["metadata"], Value::Null);

    // Rent of the account, what Metaplex charges, two signatures, and what stays.
    let needed =
        stage.cluster.rent().minimum_balance(679) + SOL / 100 + 10_000 + stage.cluster.rent().minimum_balance(0);
    let (payer, file) = stage.another_wallet("payer", needed - 1);
    let poor = format!("{line} --fee-payer {file}");
    assert_fails(&stage, &poor, REFUSED, &[&payer.to_string(), "SOL of fees", "rent-exempt minimum"]).await;
    assert_eq!(stage.cluster.lamports(&payer), needed - 1);

    let set = stage.must(&line).await;
    let expected = ["announced", "changed", "metadata", "metadata_account", "metadata_before", "pool", "transactions"];
    assert_eq!(fields(&set), expected);
    let named = json!({ "name": "Tide", "symbol": "tideSOL", "uri": "https://example.org/tide.json" });
    assert_eq!((&set["metadata"], &set["metadata_before"]), (&named, &Value::Null));
    assert!(stage.lamports(&set["metadata_account"]) > 0);
    assert_eq!(stage.must(&format!("show {pool}")).await["metadata"], named);
    assert!(stage.text.borrow()[0].contains("Tide (tideSOL)"));

    // What is not given stays.
    let changed = stage.must(&format!("set-metadata {pool} --symbol TIDE")).await;
    assert_eq!(changed["metadata_before"], named);
    let named = json!({ "name": "Tide", "symbol": "TIDE", "uri": "https://example.org/tide.json" });
    assert_eq!(changed["metadata"], named);
    assert!(stage.text.borrow()[0].contains("TIDE (before: tideSOL)"), "{}", stage.text.borrow()[0]);
    assert!(stage.text.borrow()[0].contains("URI") && !stage.text.borrow()[0].contains("description"));
    assert_eq!(stage.must(&format!("show {pool}")).await["metadata"], named);
    let same = stage.must(&format!("set-metadata {pool} --symbol TIDE")).await;
    assert_eq!((&same["changed"], &same["transactions"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn a_name_shows_its_invisible_characters() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.cluster.replace_program(&METADATA_PROGRAM_ID, metadata_program()).unwrap();
    let (name, symbol) = ("Tide\u{202e}LOS", "TI\u{200b}DE");
    stage.must(&format!("set-metadata {pool} --name {name} --symbol {symbol}")).await;
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!((&shown["metadata"]["name"], &shown["metadata"]["symbol"]), (&json!(name), &json!(symbol)));
    let text = &stage.text.borrow()[0];
    assert!(text.contains(r"Tide\u{202e}LOS (TI\u{200b}DE)"), "{text}");
}

#[tokio::test]
async fn names_have_bounds_and_an_owner() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.cluster.replace_program(&METADATA_PROGRAM_ID, metadata_program()).unwrap();
    let (other, file) = stage.another_wallet("other", SOL);
    for has_some in [false, true] {
        for (given, part) in [
            (format!("--name {} --symbol T", "n".repeat(33)), "name has 33 bytes: use at most 32"),
            (format!("--name {} --symbol T", "潮".repeat(11)), "name has 33 bytes: use at most 32"),
            ("--name T --symbol SSSSSSSSSSS".into(), "symbol has 11 bytes: use at most 10"),
            (format!("--name T --symbol T --uri {}", "u".repeat(201)), "URI has 201 bytes: use at most 200"),
        ] {
            assert_fails(&stage, &format!("set-metadata {pool} {given}"), REFUSED, &[part]).await;
        }
        let line = format!("set-metadata {pool} --name Ebb --symbol EBB --manager {file}");
        assert_fails(&stage, &line, USAGE, &["the pool's manager", &other.to_string(), "--manager"]).await;
        if !has_some {
            let longest = format!("--name {} --symbol {} --uri {}", "n".repeat(32), "s".repeat(10), "u".repeat(200));
            let set = stage.must(&format!("set-metadata {pool} {longest}")).await;
            assert_eq!(set["metadata"]["uri"], "u".repeat(200));
        }
    }
}

/// The metadata program of the published crate knows the SPL Token program only.
#[tokio::test]
async fn a_token_of_token_2022_stays_without_a_name() {
    let (stage, pool) = Stage::with_pool("--token-program token-2022").await;
    stage.cluster.replace_program(&METADATA_PROGRAM_ID, metadata_program()).unwrap();
    let line = format!("set-metadata {pool} --name Tide --symbol TIDE");
    assert_fails(&stage, &line, REFUSED, &["Token-2022", "InstructionNotSupported"]).await;
}
