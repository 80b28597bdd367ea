//! A folder without a valid pool: an error of one sentence with the file and the remedy, and exit code 1.

use {
    crate::folder::{Folder, SOL, SavedPool, Validator, address_of, owned},
    serde_json::json,
    std::{path::Path, process::Command},
    tidepool_interface::address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
};

const POOL: &str = "1";
const LIST: &str = "2";
const RESERVE: &str = "3";
const MINT: &str = "4";

fn good_pool() -> SavedPool {
    SavedPool::of(&[Validator::active(5_000 * SOL); 3])
}

/// Runs the command and returns its complaint.
fn complaint(folder: &Path, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidepool-localnet"));
    let output = command.arg("rehearse").arg(folder).args(more).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    let sentence = error.strip_prefix("error: ").unwrap_or_else(|| panic!("{error}")).trim_end();
    assert!(!sentence.contains('\n'), "more than a sentence:\n{sentence}");
    sentence.to_owned()
}

/// Asserts that the complaint about the folder contains all of `parts`.
#[track_caller]
fn assert_refused(folder: &Folder, parts: &[&str]) {
    let complaint = complaint(&folder.path(), &[]);
    for part in parts {
        assert!(complaint.contains(part), "{part:?} is missing in: {complaint}");
    }
}

#[test]
fn a_folder_that_is_none() {
    let folder = Folder::empty();
    let missing = folder.path().join("nowhere");
    let error = complaint(&missing, &[]);
    assert!(error.contains("nowhere") && error.contains("solana account"), "{error}");
    folder.write("file", "{}");
    let file = complaint(&folder.path().join("file.json"), &[]);
    assert!(file.contains("cannot read the folder"), "{file}");
}

#[test]
fn an_empty_folder() {
    assert_refused(&Folder::empty(), &["holds no .json file", "solana account"]);
}

#[test]
fn a_file_that_is_not_json() {
    let folder = good_pool().save();
    folder.write(RESERVE, "Public Key: 4sDX…\nBalance: 284.67 SOL\n");
    assert_refused(&folder, &["3.json is not JSON", "--output json"]);
    folder.write(RESERVE, r#"{"pubkey": "4sDX"#);
    assert_refused(&folder, &["3.json is not JSON", "save the account again"]);
}

#[test]
fn json_that_is_not_an_account() {
    let folder = good_pool().save();
    folder.write(MINT, r#"{"validators": []}"#);
    assert_refused(&folder, &["4.json is JSON, but not an account", "pubkey", "move the file elsewhere"]);
    folder.write(MINT, r#"{"pubkey": "nonsense", "account": {"lamports": 1, "data": ["", "base64"], "owner": "1"}}"#);
    assert_refused(&folder, &["4.json", "pubkey \"nonsense\" is no address"]);
}

#[test]
fn data_in_another_encoding() {
    let folder = good_pool().save();
    folder.change(MINT, |value| value["account"]["data"][1] = "base58".into());
    assert_refused(&folder, &["4.json", "base58"]);
    folder.change(MINT, |value| value["account"]["data"] = json!(["%%%", "base64"]));
    assert_refused(&folder, &["4.json", "not base64"]);
}

#[test]
fn data_that_was_cut_off() {
    let folder = good_pool().save();
    folder.change(LIST, |value| {
        let text = value["account"]["data"][0].as_str().unwrap();
        value["account"]["data"][0] = text[..40].into();
    });
    assert_refused(&folder, &["2.json holds 30 bytes of data", "save the account again"]);
}

#[test]
fn truncated_accounts() {
    for (name, length, what) in [
        (POOL, 400, "no stake pool"),
        (LIST, 100, "no validator list"),
        (RESERVE, 3, "no reserve"),
        (MINT, 80, "no mint"),
    ] {
        let folder = good_pool().save();
        folder.change_data(name, |data| data.truncate(length));
        assert_refused(&folder, &[&format!("{name}.json"), &format!("{length} bytes"), what]);
    }
}

#[test]
fn a_pool_that_is_missing() {
    let folder = good_pool().save();
    folder.remove(POOL);
    assert_refused(&folder, &["none of the accounts", "is a stake pool", "solana account POOL"]);
}

#[test]
fn two_pools() {
    let folder = good_pool().save();
    let other = SavedPool { address: address_of("another pool"), ..good_pool() };
    let text = std::fs::read_to_string(folder.path().join("1.json")).unwrap();
    folder.write("9", &text);
    folder.change("9", |value| value["pubkey"] = other.address.to_string().into());
    assert_refused(&folder, &["1.json", "9.json", "a folder for each pool"]);
}

#[test]
fn the_same_account_twice() {
    let folder = good_pool().save();
    let text = std::fs::read_to_string(folder.path().join("3.json")).unwrap();
    folder.write("3 of yesterday", &text);
    assert_refused(&folder, &["3.json", "3 of yesterday.json", "remove the older file"]);
}

#[test]
fn missing_accounts() {
    let head = good_pool().state.head;
    for (name, role, address) in [
        (LIST, "validator list", head.validator_list),
        (RESERVE, "reserve", head.reserve_stake),
        (MINT, "mint", head.pool_mint),
    ] {
        let folder = good_pool().save();
        folder.remove(name);
        assert_refused(&folder, &[&format!("lacks the pool's {role}"), &format!("solana account {address}")]);
    }
}

#[test]
fn the_list_of_another_pool() {
    let folder = good_pool().save();
    let other = address_of("another list");
    folder.change(LIST, |value| value["pubkey"] = other.to_string().into());
    let expected = good_pool().state.head.validator_list.to_string();
    assert_refused(&folder, &["2.json is the validator list", &other.to_string(), "the pool's is", &expected]);
}

#[test]
fn accounts_of_a_wrong_program() {
    for (name, role, owner) in [
        (POOL, "own account", SYSTEM_PROGRAM_ID),
        (LIST, "validator list", TOKEN_PROGRAM_ID),
        (RESERVE, "reserve", SYSTEM_PROGRAM_ID),
        (MINT, "mint", STAKE_PROGRAM_ID),
    ] {
        let folder = good_pool().save();
        folder.change(name, |value| value["account"]["owner"] = owner.to_string().into());
        assert_refused(&folder, &[&format!("{name}.json: program {owner} owns the pool's {role}"), "where"]);
    }
}

#[test]
fn a_fee_account_that_cannot_be_made_up() {
    let mut pool = good_pool();
    pool.state.head.token_program_id = TOKEN_2022_PROGRAM_ID;
    let folder = pool.save();
    folder.change(MINT, |value| value["account"]["owner"] = TOKEN_2022_PROGRAM_ID.to_string().into());
    // Behind the mint: padding, the mark of a mint, and an interest-bearing configuration.
    folder.change_data(MINT, |data| {
        data.resize(165, 0);
        data.push(1);
        data.extend_from_slice(&[10, 0, 52, 0]);
        data.resize(data.len() + 52, 0);
    });
    let fees = pool.state.head.manager_fee_account.to_string();
    assert_refused(&folder, &["lacks the manager's fee account", &fees]);
}

#[test]
fn a_program_that_is_none() {
    let folder = good_pool().save();
    folder.add("extra", &address_of("extra"), &owned(SYSTEM_PROGRAM_ID, vec![]));
    let missing = complaint(&folder.path(), &["--program", "no/such/program.so"]);
    assert!(missing.contains("no/such/program.so") && missing.contains("build-program"), "{missing}");
    let json = folder.path().join("1.json");
    let wrong = complaint(&folder.path(), &["--program", json.to_str().unwrap()]);
    assert!(wrong.contains("1.json is not an ELF file"), "{wrong}");
}
