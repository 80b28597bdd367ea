//! What the environment and the configuration file set.

use {
    super::{ADDRESS, NOWHERE, text},
    std::process::{Command, Output, Stdio},
};

/// Runs the program with these variables, and a configuration file in its home if there is one.
fn tidepool_with(variables: &[(&str, &str)], home: &str, arguments: &[&str]) -> Output {
    let home = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(home);
    Command::new(env!("CARGO_BIN_EXE_tidepool"))
        .args(arguments)
        .args(["--url", NOWHERE])
        .env("HOME", home)
        .env_remove("TIDEPOOL_POOL")
        .env_remove("TIDEPOOL_PROGRAM_ID")
        .env_remove("TIDEPOOL_CONFIG")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

/// Writes Tidepool's configuration file in a home of that name; returns its path.
fn configured(home: &str, text: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(home).join(".config/tidepool");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let file = folder.join("config.yml");
    std::fs::write(&file, text).expect("the folder can be written to");
    file.display().to_string()
}

#[test]
fn the_default_pool_comes_from_the_environment_then_from_the_file() {
    const OTHER: &str = "5rLbJz6YGQLk6LtBrFwn9WqmWpFHKxZnPqmw5eSYcuGR";
    let none = tidepool_with(&[], "unconfigured", &["show"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(text(&none.stderr).contains("missing pool") && text(&none.stderr).contains("TIDEPOOL_POOL"));

    let file = configured("configured", &format!("pool: {OTHER}\n"));
    for (variables, expected) in [
        (&[][..], format!("pool: {OTHER} (from {file})")),
        (&[("TIDEPOOL_POOL", "")], format!("pool: {OTHER} (from {file})")),
        (&[("TIDEPOOL_POOL", ADDRESS)], format!("pool: {ADDRESS} (from TIDEPOOL_POOL)")),
    ] {
        let shown = tidepool_with(variables, "configured", &["show"]);
        assert_eq!(shown.status.code(), Some(4), "{}", text(&shown.stderr));
        assert_eq!(text(&shown.stderr).lines().next(), Some(expected.as_str()));
        let json = tidepool_with(variables, "configured", &["show", "--output", "json"]);
        assert!(text(&json.stderr).starts_with('{'), "nothing but an error");
    }
    // The program has no other source, and no command without --program-id and these reaches the cluster.
    let programs = configured("programs", &format!("program_id: {OTHER}\n"));
    for (variables, home, code) in [
        (&[][..], "unconfigured", 2),
        (&[("TIDEPOOL_PROGRAM_ID", ADDRESS)], "unconfigured", 4),
        (&[], "programs", 4),
        (&[("TIDEPOOL_CONFIG", &programs)], "unconfigured", 4),
    ] {
        let listed = tidepool_with(variables, home, &["list-pools"]);
        assert_eq!(listed.status.code(), Some(code), "{}", text(&listed.stderr));
    }
    let elsewhere = tidepool_with(&[("TIDEPOOL_CONFIG", &file)], "unconfigured", &["show"]);
    assert!(text(&elsewhere.stderr).starts_with(&format!("pool: {OTHER}")), "{}", text(&elsewhere.stderr));
    let explicit = tidepool_with(&[("TIDEPOOL_POOL", OTHER)], "unconfigured", &["show", ADDRESS]);
    assert!(!text(&explicit.stderr).contains("pool:"), "{}", text(&explicit.stderr));
}

#[test]
fn a_default_that_is_wrong_is_refused_with_its_place() {
    let file = configured("mistyped", "pol: x\n");
    for (variables, home, parts) in [
        (&[("TIDEPOOL_POOL", "here")][..], "unconfigured", &["invalid address \"here\"", "correct TIDEPOOL_POOL"][..]),
        (&[("TIDEPOOL_PROGRAM_ID", "here")], "unconfigured", &["correct TIDEPOOL_PROGRAM_ID"]),
        (&[], "mistyped", &["unknown field `pol`", &file, "TIDEPOOL_CONFIG"]),
        (&[("TIDEPOOL_CONFIG", "no/such.yml")], "unconfigured", &["cannot read the configuration file no/such.yml"]),
    ] {
        for line in [&["show"][..], &["show", ADDRESS]] {
            let refused = tidepool_with(variables, home, line);
            assert_eq!(refused.status.code(), Some(2));
            let said = text(&refused.stderr);
            assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        }
        assert_eq!(tidepool_with(variables, home, &["help"]).status.code(), Some(0), "help is an answer all the same");
    }
}
