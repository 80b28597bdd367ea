//! Every command explains itself, and its examples are valid command lines.

use {
    clap::{Command, CommandFactory as _},
    clap_complete::Shell,
    std::{
        collections::BTreeSet,
        fs,
        path::Path,
        process::{Command as Process, Output},
    },
    tidepool_cli::command_line::{Cli, GROUPS, command, completed},
};

/// The commands, in the order in which help shows them.
fn commands() -> Vec<&'static str> {
    GROUPS.into_iter().flat_map(|(_, names)| names).copied().collect()
}

/// Columns beyond which help is wrapped, and an example could no longer be copied.
const WIDTH: usize = 100;

/// Lines of a screen: help must fit without scrolling.
const HEIGHT: usize = 50;

/// Lines of the list of all commands.
const HEIGHT_OF_LIST: usize = 64;

/// All commands, as on a terminal of the usual width.
fn whole() -> Command {
    let mut command = command().term_width(WIDTH);
    command.build();
    command
}

/// The help of a command.
fn help(name: &str) -> String {
    let mut command = whole();
    let command = command.find_subcommand_mut(name).expect("the command exists");
    command.render_help().to_string()
}

#[test]
fn every_command_is_in_one_group() {
    whole().debug_assert();
    let known: BTreeSet<_> = Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let grouped: BTreeSet<_> = commands().into_iter().map(str::to_owned).collect();
    assert_eq!(known, grouped);
    assert_eq!(commands().len(), grouped.len(), "a command is in two groups");
}

#[test]
fn help_fits_a_screen() {
    let mut all = whole();
    let text = all.render_help().to_string();
    assert!(text.lines().count() <= HEIGHT_OF_LIST, "{} lines:\n{text}", text.lines().count());
    assert!(text.lines().all(|line| line.len() <= WIDTH));
    for command in Cli::command().get_subcommands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(about.len() <= 74, "{}: what it does in short takes two lines", command.get_name());
    }
    for (heading, names) in GROUPS {
        assert!(text.contains(&format!("{heading}:\n  {}", names[0])), "{heading}");
    }
    for name in commands() {
        let command = all.find_subcommand_mut(name).expect("the command exists");
        let text = command.render_help().to_string();
        assert!(text.lines().count() <= HEIGHT, "{name} takes {} lines", text.lines().count());
        assert!(text.contains("tidepool help options"), "{name}");
    }
}

#[test]
fn options_of_every_command_are_told_once() {
    let options = whole().find_subcommand_mut("options").expect("it is there").render_help().to_string();
    let global = Cli::command().get_arguments().filter_map(clap::Arg::get_long).map(str::to_owned).collect::<Vec<_>>();
    for long in global.iter().filter(|long| !["help", "version"].contains(&long.as_str())) {
        assert!(options.contains(&format!("--{long}")), "{long}");
        assert!(!help("show").contains(&format!("      --{long} ")), "{long}");
    }
    assert!(options.contains("Exit codes:"));
}

#[test]
fn every_command_has_an_example_that_can_be_run() {
    for name in commands() {
        let text = help(name);
        let (_, examples) = text.split_once("Example:\n").unwrap_or_else(|| panic!("{name} has no example"));
        let (examples, _) = examples.split_once("\n\nGlobal options").expect("every command names the global options");
        // A line that goes on in the first column goes on within a word.
        let examples = examples.replace("\\\n ", "  ").replace("\\\n", "");
        let lines: Vec<_> = examples.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert!(!lines.is_empty(), "{name} has no example");
        for line in lines {
            assert!(line.starts_with(&format!("tidepool {name} ")), "{line}");
            command().try_get_matches_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}

#[test]
fn every_argument_is_explained() {
    for command in Cli::command().get_subcommands() {
        assert!(command.get_long_about().is_some(), "{} has no description", command.get_name());
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
        }
    }
}

#[test]
fn amounts_name_their_unit() {
    for (command, unit) in [
        ("deposit-sol", "<SOL>"),
        ("increase", "<SOL>"),
        ("decrease", "<SOL>"),
        ("withdraw", "[POOL_TOKENS]"),
        ("withdraw", "<SOL>"),
        ("withdraw-sol", "<POOL_TOKENS>"),
        ("withdraw-stake", "<POOL_TOKENS>"),
        ("set-policy", "<SOL>"),
        ("set-policy", "<PERCENT>"),
    ] {
        assert!(help(command).contains(unit), "{command}");
    }
}

fn tidepool(arguments: &[&str]) -> Output {
    let mut process = Process::new(env!("CARGO_BIN_EXE_tidepool"));
    // Completions are loaded in shells without a valid configuration, too.
    let missing = "no/such/config.yml";
    process.args(arguments).env("HOME", env!("CARGO_TARGET_TMPDIR")).env("TIDEPOOL_CONFIG", missing).output().unwrap()
}

#[test]
fn completions_name_every_command_and_option() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = tidepool(&["completions", shell]);
        assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        let script = String::from_utf8(output.stdout).unwrap();
        let mut generated = vec![];
        clap_complete::generate(shell.parse::<Shell>().unwrap(), &mut completed(), "tidepool", &mut generated);
        assert_eq!(
            script.trim_end(),
            String::from_utf8(generated).unwrap().trim_end(),
            "{shell}: written with escapes"
        );
        for name in commands() {
            assert!(script.contains(name), "{shell}: {name}");
        }
        for long in ["from-wrapped", "max-slippage", "fee-payer", "pool"] {
            assert!(script.contains(long), "{shell}: --{long}");
        }
    }
}

#[test]
fn bash_completes_commands_and_options() {
    let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join("completions.bash");
    fs::write(&script, tidepool(&["completions", "bash"]).stdout).unwrap();
    let complete = |words: &[&str]| {
        let (current, previous) = (words[words.len() - 1], words[words.len() - 2]);
        let call = format!(
            ". '{}'; COMP_WORDS=({}); COMP_CWORD={}; _tidepool tidepool '{current}' {previous}; echo \"${{COMPREPLY[@]}}\"",
            script.display(),
            words.join(" "),
            words.len() - 1
        );
        let output = Process::new("bash").args(["--norc", "-c", &call]).output().expect("bash is installed");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete(&["tidepool", "set-w"]).trim(), "set-weights");
    assert_eq!(complete(&["tidepool", "deposit-sol", "--from-"]).trim(), "--from-wrapped");
    assert_eq!(complete(&["tidepool", "withdraw", "--poo"]).trim(), "--pool");
    assert_eq!(complete(&["tidepool", "show", "--output", "json-"]).trim(), "json-compact");
}

#[test]
fn each_command_has_a_man_page() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man/man1");
    let _ = fs::remove_dir_all(&folder);
    let output = tidepool(&["completions", "--man", folder.to_str().unwrap(), "--output", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let listed = answer["man_pages"].as_array().unwrap().iter().map(|path| path.as_str().unwrap());
    let listed: BTreeSet<_> = listed.map(|path| Path::new(path).to_owned()).collect();
    let expected = commands().into_iter().map(|name| format!("tidepool-{name}.1"));
    let expected: BTreeSet<_> = expected.chain(["tidepool.1".to_owned()]).map(|name| folder.join(name)).collect();
    assert_eq!(listed, expected);
    let on_disk: BTreeSet<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(on_disk, expected);

    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap().replace("\\-", "-");
    let (all, deposit) = (read("tidepool.1"), read("tidepool-deposit-sol.1"));
    assert!(all.contains("--fee-payer") && all.contains("Exit codes:") && all.contains("tidepool-show(1)"), "{all}");
    assert!(deposit.contains("--from-wrapped") && deposit.contains("tidepool deposit-sol"), "{deposit}");
    assert!(!deposit.contains("--fee-payer"), "options of every command are on the page of tidepool: {deposit}");
}

#[test]
fn man_pages_need_a_folder_that_can_be_written() {
    let output = tidepool(&["completions", "--man", env!("CARGO_BIN_EXE_tidepool")]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("error: cannot create the folder ") && message.contains("tidepool"), "{message}");
    for wrong in [&["completions"][..], &["completions", "tcsh"], &["completions", "bash", "--man", "man1"]] {
        assert_eq!(tidepool(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
