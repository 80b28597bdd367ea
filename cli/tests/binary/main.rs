//! The program as the shell sees it: exit codes, standard output and standard error.

mod defaults;
mod endpoint;

use {
    endpoint::{endpoint_with_a_large_pool, endpoint_with_error},
    std::{
        io::Write as _,
        process::{Command, Output, Stdio},
    },
    tidepool_client::text::is_invisible,
};

const NOWHERE: &str = "http://127.0.0.1:1";

/// An address, of no account in particular.
const ADDRESS: &str = "7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA";

fn tidepool(arguments: &[&str]) -> Output {
    tidepool_reading(arguments, "")
}

fn tidepool_reading(arguments: &[&str], input: &str) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_tidepool"))
        .args(arguments)
        // A home without a configuration.
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .env_remove("TIDEPOOL_POOL")
        .env_remove("TIDEPOOL_PROGRAM_ID")
        .env_remove("TIDEPOOL_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that needs no input may have closed it.
    let _ = process.stdin.take().expect("it is piped").write_all(input.as_bytes());
    process.wait_with_output().expect("the program ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is text")
}

#[test]
fn a_cluster_that_does_not_answer_has_its_exit_code() {
    let plain = tidepool(&["show", ADDRESS, "--url", NOWHERE]);
    assert_eq!(plain.status.code(), Some(4));
    assert!(plain.stdout.is_empty());
    let message = text(&plain.stderr);
    assert!(message.starts_with("error: the cluster did not answer"), "{message}");
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");

    let json = tidepool(&["show", ADDRESS, "--url", NOWHERE, "--output", "json-compact"]);
    assert_eq!(json.status.code(), Some(4));
    let error: serde_json::Value = serde_json::from_slice(&json.stderr).expect("errors are JSON");
    assert_eq!(error["error"]["kind"], "unreachable");
    assert_eq!(error["error"]["exit_code"], 4);
}

#[test]
fn a_key_in_the_url_is_not_shown() {
    let refused = tidepool(&["show", ADDRESS, "--url", "http://127.0.0.1:1/?api-key=hush"]);
    assert!(!text(&refused.stderr).contains("hush"));
}

/// Options that take an amount and mean something by 0: no minimum, no floor, and no threshold above the minimum delegation.
const ZERO_HAS_A_MEANING: [&str; 4] = ["minimum", "reserve_floor", "sweep_above", "threshold"];

#[test]
fn an_amount_of_zero_is_a_usage_error_in_every_command() {
    let mut checked = vec![];
    let mut cli = tidepool_cli::command_line::command();
    cli.build();
    for command in cli.get_subcommands() {
        let names_amount = |argument: &&clap::Arg| {
            let names = argument.get_value_names().unwrap_or_default().iter();
            names.into_iter().any(|name| ["SOL", "POOL_TOKENS", "AMOUNT"].contains(&name.as_str()))
        };
        for argument in command.get_arguments().filter(names_amount) {
            let mut words = vec![command.get_name().to_owned()];
            match (argument.get_index(), argument.get_long()) {
                (Some(index), _) => words.extend(vec![ADDRESS.to_owned(); index - 1]),
                (None, Some(long)) => words.push(format!("--{long}")),
                (None, None) => panic!("{argument:?} has no name"),
            }
            for zero in ["0", "0.0", "0.000000000"] {
                let words: Vec<&str> = words.iter().map(String::as_str).chain([zero]).collect();
                let ran = tidepool(&words);
                let is_refused = ran.status.code() == Some(2) && text(&ran.stderr).contains("invalid amount 0");
                let id = argument.get_id().as_str();
                assert_eq!(is_refused, !ZERO_HAS_A_MEANING.contains(&id), "{words:?}: {}", text(&ran.stderr));
            }
            checked.push(format!("{} {}", command.get_name(), argument.get_id()));
        }
    }
    for one in ["deposit-sol amount", "withdraw worth", "create-pool initial_deposit", "decrease amount"] {
        assert!(checked.iter().any(|checked| checked == one), "{one} is not among {checked:?}");
    }
}

#[test]
fn wrong_arguments_have_theirs_and_are_json_where_that_was_asked_for() {
    let plain = tidepool(&["deposit-sol", ADDRESS, "1.5.2"]);
    assert_eq!(plain.status.code(), Some(2));
    assert!(text(&plain.stderr).contains("invalid amount"));

    let json = tidepool(&["deposit-sol", ADDRESS, "1.5.2", "--output=json"]);
    assert_eq!(json.status.code(), Some(2));
    let error: serde_json::Value = serde_json::from_slice(&json.stderr).expect("errors are JSON");
    assert_eq!(error["error"]["kind"], "usage");
    assert!(error["error"]["message"].as_str().unwrap().contains("invalid amount"));

    let url = tidepool(&["show", ADDRESS, "--url", "mainnet"]);
    assert_eq!(url.status.code(), Some(2));
    let config = tidepool(&["show", ADDRESS, "--config", "no/such/config.yml"]);
    assert_eq!(config.status.code(), Some(2));
    assert!(text(&config.stderr).contains("no/such/config.yml"));
}

#[test]
fn a_key_is_read_from_standard_input_and_never_shown() {
    let command = ["deposit-sol", ADDRESS, "1", "--url", NOWHERE, "--yes", "--keypair", "-"];
    let malformed = tidepool_reading(&command, "[31337, 31338]");
    assert_eq!(malformed.status.code(), Some(2));
    let message = text(&malformed.stderr);
    assert!(message.contains("invalid keypair on standard input"), "{message}");
    assert!(!message.contains("31337"), "{message}");

    let keypair = solana_keypair::Keypair::new().to_bytes();
    let good = tidepool_reading(&command, &format!("{keypair:?}"));
    assert_eq!(good.status.code(), Some(4), "{}", text(&good.stderr));
}

#[test]
fn a_secret_in_place_of_a_source_is_not_repeated() {
    let exported = solana_keypair::Keypair::new().to_base58_string();
    for (option, secret, parts) in [
        ("--keypair", exported.as_str(), &[&exported[..20]][..]),
        ("--fee-payer", &exported, &[&exported[..20]]),
        ("--fee-payer", "prompt:abandon ability able", &["abandon", "ability", "able"]),
        ("--keypair", "prompt:abandon ability able", &["abandon", "ability", "able"]),
        ("--keypair", "[12,34", &["12,34"]),
        ("--fee-payer", "[12,34", &["12,34"]),
        ("--nonce-authority", "[12,34", &["12,34"]),
    ] {
        for format in ["display", "json"] {
            let line = ["deposit-sol", ADDRESS, "1", "--url", NOWHERE, "--yes", "--output", format, option, secret];
            let refused = match option {
                "--nonce-authority" => tidepool(&[&line[..], &["--nonce", ADDRESS, "--keypair", ADDRESS]].concat()),
                "--keypair" => tidepool(&line),
                _ => tidepool(&[&line[..], &["--keypair", ADDRESS, "--sign-only"]].concat()),
            };
            assert!(!refused.status.success());
            let said = format!("{}{}", text(&refused.stdout), text(&refused.stderr));
            assert!(parts.iter().all(|part| !said.contains(part)), "{option} is repeated: {said}");
            if option == "--keypair" {
                assert_eq!(refused.status.code(), Some(2), "{said}");
                assert!(said.contains("may be a secret"), "{said}");
            }
        }
    }
}

#[test]
fn a_file_that_is_wrong_is_refused_before_the_cluster_is_asked() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("weights.csv");
    std::fs::write(&file, format!("vote,weight\n{ADDRESS},1\n{ADDRESS},2\n")).expect("the folder can be written to");
    let file = file.display().to_string();
    let line = ["set-weights", ADDRESS, "--file", &file, "--yes", "--url", NOWHERE];
    let plain = tidepool(&line);
    assert_eq!(plain.status.code(), Some(2));
    let message = text(&plain.stderr);
    assert!(
        message.contains("weights.csv, line 3, column 1: duplicate validator")
            && message.contains("remove one of the lines"),
        "{message}"
    );
    let json = tidepool(&[&line[..], &["--output", "json-compact"]].concat());
    let error: serde_json::Value = serde_json::from_slice(&json.stderr).expect("errors are JSON");
    assert_eq!(error["error"]["kind"], "usage");
    // Without a terminal no confirmation is possible, and the file is not read.
    let silent = tidepool(&line[..4]);
    assert_eq!(silent.status.code(), Some(2));
    assert!(text(&silent.stderr).contains("--yes"));
}

#[test]
fn a_dry_run_and_an_explanation_need_no_key() {
    for line in [&["rebalance", ADDRESS, "--dry-run"][..], &["explain-stake", ADDRESS, ADDRESS]] {
        let asked = tidepool(&[line, &["--url", NOWHERE, "--keypair", "no/such/key.json"]].concat());
        assert_eq!(asked.status.code(), Some(4), "{}", text(&asked.stderr));
    }
    let sent = tidepool(&["rebalance", ADDRESS, "--url", NOWHERE, "--keypair", "no/such/key.json"]);
    assert_eq!(sent.status.code(), Some(2));
}

#[test]
fn an_endpoint_writes_no_invisible_characters() {
    let url = endpoint_with_error("no\u{1b}[2J\u{202e}lla ton\u{2066}\u{e0041}\u{200b}\ndone");
    for format in ["display", "json", "json-compact"] {
        let failed = tidepool(&["show", ADDRESS, "--url", &url, "--output", format]);
        assert!(!failed.status.success() && failed.stdout.is_empty());
        let said = text(&failed.stderr);
        assert!(said.contains(r"u{202e}lla ton"), "{said}");
        assert!(said.chars().all(|letter| letter == '\n' || !is_invisible(letter)), "{said:?}");
        if format == "display" {
            assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        }
    }
}

#[test]
fn an_argument_with_invisible_characters_is_shown_with_escapes() {
    let refused = tidepool(&["show", &format!("{ADDRESS}\u{202e}"), "--url", NOWHERE]);
    assert_eq!(refused.status.code(), Some(2));
    let said = text(&refused.stderr);
    assert!(said.contains(r"\u{202e}") && !said.contains('\u{202e}'), "{said:?}");
}

#[test]
fn help_and_version_are_answers() {
    let help = tidepool(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("tidepool help options"));
    let options = tidepool(&["help", "options"]);
    assert_eq!(options.status.code(), Some(0));
    assert!(text(&options.stdout).contains("Exit codes:"));
    let version = tidepool(&["--version", "--output", "json"]);
    assert_eq!(version.status.code(), Some(0));
    assert!(text(&version.stdout).starts_with("tidepool "));
}

#[test]
fn hardware_wallets_that_are_not_known_are_told_with_those_that_are() {
    for (device, code, part) in [
        ("usb://trezor", 2, "usb://trezor does not answer"),
        ("usb://keystone", 2, "expected usb://ledger or usb://trezor"),
    ] {
        let refused = tidepool(&["deposit-sol", ADDRESS, "1", "--yes", "--url", NOWHERE, "--keypair", device]);
        assert_eq!(refused.status.code(), Some(code));
        assert!(text(&refused.stderr).contains(part), "{}", text(&refused.stderr));
    }
}

#[test]
fn large_numbers_have_a_string_copy() {
    // A pool account with the largest total, and an endpoint that knows it alone.
    let listed =
        tidepool(&["list-pools", "--program-id", ADDRESS, "--url", &endpoint_with_a_large_pool(), "--output", "json"]);
    assert_eq!(listed.status.code(), Some(0), "{}", text(&listed.stderr));
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("answers are JSON");
    let pool = &listed["pools"][0];
    assert_eq!(pool["total_lamports"], u64::MAX);
    assert_eq!(pool["total_lamports_string"], "18446744073709551615");
    assert_eq!(pool["pool_token_supply"], 9_007_199_254_740_991_u64);
    assert!(pool.get("pool_token_supply_string").is_none());
}
