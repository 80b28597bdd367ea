//! Every command explains itself, and its examples are valid command lines.

use {
    clap::{CommandFactory as _, Parser as _},
    tidepool_cli::args::Cli,
};

const COMMANDS: [&str; 24] = [
    "show",
    "list",
    "deposit-sol",
    "deposit-stake",
    "withdraw-sol",
    "withdraw-stake",
    "update",
    "create-pool",
    "add-validator",
    "remove-validator",
    "increase",
    "decrease",
    "extend-pool",
    "set-fee",
    "set-preferred-validator",
    "set-funding-authority",
    "set-metadata",
    "set-manager",
    "set-staker",
    "set-policy",
    "set-weights",
    "rebalance",
    "explain-stake",
    "lookup-tables",
];

/// Columns beyond which help is wrapped, and an example could no longer be copied.
const WIDTH: usize = 100;

/// The help of a command, as on a terminal of the usual width.
fn help(name: &str) -> String {
    let mut command = Cli::command().term_width(WIDTH);
    command.build();
    let command = command.find_subcommand_mut(name).expect("the command exists");
    command.render_long_help().to_string()
}

#[test]
fn the_commands_are_these() {
    let mut command = Cli::command();
    command.build();
    command.clone().debug_assert();
    let names: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
    assert_eq!(names, [&COMMANDS[..], &["help"]].concat());
}

#[test]
fn every_command_has_an_example_that_can_be_run() {
    for name in COMMANDS {
        let text = help(name);
        let (_, examples) = text.split_once("Example:\n").unwrap_or_else(|| panic!("{name} has no example"));
        let examples = examples.replace("\\\n", " ");
        let lines: Vec<_> = examples.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert!(!lines.is_empty(), "{name} has no example");
        for line in lines {
            assert!(line.starts_with(&format!("tidepool {name} ")), "{line}");
            Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}: {error}"));
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
        ("withdraw-sol", "<POOL_TOKENS>"),
        ("withdraw-stake", "<POOL_TOKENS>"),
        ("set-policy", "<SOL>"),
        ("set-policy", "<PERCENT>"),
    ] {
        assert!(help(command).contains(unit), "{command}");
    }
}
