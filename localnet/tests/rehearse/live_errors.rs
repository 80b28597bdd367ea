//! A pool that cannot be read from a cluster: an error of one sentence, an exit code, and nothing written.

use {
    crate::{
        endpoint::{Endpoint, Request},
        folder::{EPOCH, Folder, address_of},
        live::{honest, live_pool, options, rehearse},
    },
    std::{fs, process::Command},
    tidepool_localnet::rehearse::Options,
};

const FAILED: i32 = 1;
const USAGE: i32 = 2;
const UNREACHABLE: i32 = 4;

/// Runs the command and returns its complaint.
#[track_caller]
fn complaint(code: i32, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidepool-localnet"));
    let output = command.arg("rehearse").args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: "), "{error}");
    assert!(code == USAGE || error.trim_end().lines().count() == 1, "more than a sentence:\n{error}");
    error
}

#[track_caller]
fn assert_refused(code: i32, args: &[&str], parts: &[&str]) {
    let complaint = complaint(code, args);
    for part in parts {
        assert!(complaint.contains(part), "{part:?} is missing in: {complaint}");
    }
}

#[test]
fn accounts_that_are_no_pool() {
    let (pool, cluster) = live_pool();
    let head = pool.state.head;
    Endpoint::serve(&cluster, &honest, |endpoint| {
        let url = &endpoint.url;
        let nowhere = address_of("nowhere").to_string();
        assert_refused(FAILED, &[&nowhere, "--url", url], &[&nowhere, "does not exist: check the address and the URL"]);
        for (address, what) in [
            (head.pool_mint, "a token mint"),
            (head.validator_list, "validator list"),
            (head.reserve_stake, "stake account"),
            (pool.program, "program"),
        ] {
            let address = address.to_string();
            if cluster.account(&address.parse().unwrap()).is_some() {
                assert_refused(FAILED, &[&address, "--url", url], &[&address, what, "not a stake pool"]);
            }
        }
        assert_refused(USAGE, &["nonsense", "--url", url], &["invalid pool address \"nonsense\"", "base58"]);
    });
}

#[test]
fn endpoints_that_do_not_answer() {
    let address = address_of("pool").to_string();
    // Port 1 of this machine: the connection is refused at once.
    assert_refused(UNREACHABLE, &[&address, "--url", "http://127.0.0.1:1"], &["did not answer", "check the URL"]);
    assert_refused(USAGE, &[&address, "--url", "ftp://example.org"], &["invalid URL \"ftp://example.org\""]);
}

#[test]
fn folders_and_files_are_checked_before_the_cluster_is_asked() {
    let folder = Folder::empty();
    folder.write("kept", "{}");
    let (taken, address) = (folder.path().display().to_string(), address_of("pool").to_string());
    let url = ["--url", "http://127.0.0.1:1"];
    let args = [address.as_str(), url[0], url[1]];
    assert_refused(FAILED, &[&args[..], &["--save", &taken]].concat(), &[&taken, "is not empty", "--save"]);
    let missing = folder.path().join("none.csv").display().to_string();
    assert_refused(FAILED, &[&args[..], &["--weights", &missing]].concat(), &["cannot read", "none.csv"]);
    assert_refused(USAGE, &[&args[..], &["--plan", &missing]].concat(), &["cannot read the file", "none.csv"]);
    let both = [&args[..], &["--plan", &missing, "--weights", &missing]].concat();
    assert_refused(USAGE, &both, &["--plan", "cannot be used with", "--weights"]);
    let wrong = folder.path().join("kept.json").display().to_string();
    assert_refused(FAILED, &[&args[..], &["--weights", &wrong]].concat(), &["kept.json", "line 1"]);
    assert_refused(USAGE, &[&args[..], &["--plan", &wrong]].concat(), &["kept.json, line 1, column 1: "]);
    assert_refused(USAGE, &[&taken, "--stake-accounts"], &["--url <URL>"]);
    assert_refused(USAGE, &[&taken, "--save", "copy"], &["--url <URL>"]);
    assert_refused(USAGE, &[&taken, "--epochs", "0"], &["0 is not in 1..=100"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn stake_accounts_are_not_read_while_rewards_are_paid() {
    let (pool, cluster) = live_pool();
    cluster.begin_epoch().unwrap();
    assert!(cluster.epoch_rewards().active);
    let address = pool.address.to_string();
    Endpoint::serve(&cluster, &honest, |endpoint| {
        let args = [&address, "--url", &endpoint.url, "--stake-accounts"];
        let paid = format!("paying the rewards of epoch {EPOCH}");
        assert_refused(FAILED, &args, &[&paid, "retry in some minutes, or omit --stake-accounts"]);
        let vote = pool.records[0].vote_account_address.to_string();
        let is_asked = |request: &Request| request.params.to_string().contains(&vote);
        assert!(!endpoint.requests().iter().any(is_asked), "no stake or vote account was read");
        let (made, text) = rehearse(&options(&pool, endpoint));
        assert!(made.is_ok(), "they are generated: {text}");
        cluster.finish_rewards();
        let (read, text) = rehearse(&Options { stake_accounts: true, ..options(&pool, endpoint) });
        assert!(read.is_ok(), "{text}");
        assert!(endpoint.requests().iter().any(is_asked));
    });
}

#[test]
fn weights_of_other_validators() {
    let (pool, cluster) = live_pool();
    let folder = Folder::empty();
    let file = folder.path().join("weights.csv");
    let stranger = address_of("stranger").to_string();
    fs::write(&file, format!("{stranger},5\n")).unwrap();
    let address = pool.address.to_string();
    Endpoint::serve(&cluster, &honest, |endpoint| {
        let args = [&address, "--url", &endpoint.url, "--weights", file.to_str().unwrap()];
        assert_refused(FAILED, &args, &["weights.csv", &stranger, "(line 1)", "not in the pool"]);
    });
}
