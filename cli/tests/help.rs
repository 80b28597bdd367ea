//! Every command explains itself, and its examples are valid command lines.

use {
    clap::{Command, CommandFactory as _},
    std::collections::BTreeSet,
    tidepool_cli::args::{Cli, GROUPS, command},
};

/// The commands, in the order in which help shows them.
fn commands() -> Vec<&'static str> {
    GROUPS.into_iter().flat_map(|(_, names)| names).copied().collect()
}

/// Columns beyond which help is wrapped, and an example could no longer be copied.
const WIDTH: usize = 100;

/// Lines of a screen: help must fit without scrolling.
const HEIGHT: usize = 50;

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
    assert!(text.lines().count() <= HEIGHT, "{} lines:\n{text}", text.lines().count());
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
