//! How help is laid out: commands by who uses them, and the options of every command in one place.

use {
    super::Cli,
    crate::{args::GlobalArgs, exit::EXIT_CODES},
    clap::{Arg, ArgAction, Args as _, Command, CommandFactory as _},
    std::{ffi::OsString, fmt::Write as _},
};

pub const GROUPS: [(&str, &[&str]); 6] = [
    ("Stake", &["deposit-sol", "deposit-stake", "withdraw", "withdraw-sol", "withdraw-stake", "move", "cancel-exit"]),
    (
        "Inspect",
        &[
            "show",
            "list",
            "explain-stake",
            "history",
            "report",
            "events",
            "announcements",
            "tickets",
            "list-pools",
            "balance",
            "statement",
            "serve",
        ],
    ),
    ("Crank", &["crank", "update", "rebalance", "demote", "claim", "lookup-tables"]),
    (
        "Manage",
        &[
            "create-pool",
            "extend-pool",
            "add-validator",
            "remove-validator",
            "increase",
            "decrease",
            "export",
            "plan",
            "apply",
            "select",
            "set-weights",
            "set-policy",
            "set-limits",
            "set-demotion-policy",
            "set-fee",
            "set-manager",
            "set-staker",
            "set-preferred-validator",
            "set-funding-authority",
            "set-metadata",
            "cancel-announcement",
        ],
    ),
    ("Sign", &["sign", "submit", "squads"]),
    ("Set up", &["completions"]),
];

/// Arguments that take one pool or several.
pub(super) const POOLS: [&str; 2] = ["pool", "pools"];

/// Width of the column of commands.
const NAME_WIDTH: usize = 23;

const OF_ALL: &str = "\
{about-with-newline}
{usage-heading} {usage}

{before-help}\
Run `tidepool help COMMAND` for a command, with examples, and `tidepool help options` for the global
options (--url, --keypair, --yes, --output, --dry-run and others) and the exit codes.";

const OF_COMMAND: &str = "\
{about-with-newline}
{usage-heading} {usage}

{all-args}{after-help}

Global options, such as --url, --keypair, --yes, --output and --dry-run: tidepool help options";

/// What the help of each POOL ends with.
const POOL_DEFAULT: &str = " [default: --pool, TIDEPOOL_POOL, or the configuration file's]";

const OF_OPTIONS: &str = "\
{about-with-newline}
Amounts are decimal numbers of SOL or whole pool tokens, with up to nine decimals. POOL is the address
of the pool account; without it, as in `tidepool withdraw 5`, the default pool is used, and named
before the confirmation. KEYPAIR is a keypair file, - for standard input, prompt: for a seed phrase,
usb://ledger or usb://trezor for a hardware wallet, or the address of a signer elsewhere.

{before-help}";

/// The command line, with its help: a screen for each command, and one for what all have in common.
pub fn command() -> Command {
    let command = Cli::command();
    let groups = groups(&command);
    command
        .help_template(OF_ALL)
        .before_help(groups)
        .mut_args(|argument| argument.hide(true))
        .mut_subcommands(of_command)
        .subcommand(options())
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(help_flag().hide(true))
}

/// The command line as shells complete it: each command that takes a POOL also takes `--pool`.
pub fn completed() -> Command {
    Cli::command().mut_subcommands(|command| {
        if command.get_positionals().any(is_pool) { command.arg(pool_option().id("pool_option")) } else { command }
    })
}

/// The command line as man pages describe it: options of every command are on the page of `tidepool` alone.
pub fn documented() -> Command {
    let with_help = |command: Command| command.disable_help_flag(true).arg(help_flag());
    with_help(Cli::command())
        .arg(pool_option().id("pool_option"))
        .mut_args(|argument| argument.global(false))
        .after_help(EXIT_CODES)
        .disable_help_subcommand(true)
        .mut_subcommands(|command| {
            let example = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            with_help(command).after_help(format!("{example}\n\nOptions of every command: see tidepool(1)."))
        })
}

/// The words of a command line, with `help COMMAND` in the other form: `COMMAND --help`. Clap's own would show help of several
/// screens, with an empty line between arguments.
pub fn spell_out(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.get(1).is_some_and(|first| first == "help") {
        arguments.remove(1);
        arguments.push("--help".into());
    }
    arguments
}

/// The command with all that it says of itself, and one help for `-h` and `--help`.
fn of_command(command: Command) -> Command {
    let about = command.get_long_about().or(command.get_about()).cloned().unwrap_or_default();
    let command = command
        .about(about)
        .long_about(None)
        .help_template(OF_COMMAND)
        .disable_help_flag(true)
        .arg(help_flag().hide(true))
        .mut_args(|argument| {
            let help = argument.get_help().filter(|_| is_pool(&argument)).map(|help| format!("{help}{POOL_DEFAULT}"));
            help.map_or_else(|| argument.clone(), |help| argument.clone().help(help))
        });
    if command.has_subcommands() { command.mut_subcommands(of_command) } else { command }
}

fn help_flag() -> Arg {
    Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help("Print help")
}

/// The pool as an option. The commands that take a pool have it in place of their first argument.
fn pool_option() -> Arg {
    let help = "Pool address, in place of the first argument POOL [default: TIDEPOOL_POOL, or `pool: ADDRESS` in \
                ~/.config/tidepool/config.yml, or in the file that TIDEPOOL_CONFIG names]";
    Arg::new("pool").long("pool").value_name("ADDRESS").help(help).help_heading("Global options")
}

fn groups(command: &Command) -> String {
    let mut text = String::new();
    for (heading, names) in GROUPS {
        let _ = writeln!(text, "{heading}:");
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {name:NAME_WIDTH$} {about}");
        }
    }
    text
}

/// Whether an argument is the POOL of a command's first form.
pub(super) fn is_pool(argument: &Arg) -> bool {
    argument.is_positional() && POOLS.contains(&argument.get_id().as_str())
}

/// What `tidepool help options` shows. Clap would show it in the help of each command.
fn options() -> Command {
    let arguments = GlobalArgs::augment_args(Command::new("tidepool")).arg(pool_option());
    let text = arguments.disable_help_flag(true).help_template("{all-args}").render_help();
    Command::new("options")
        .about("Global options and exit codes")
        .before_help(format!("{text}\n{EXIT_CODES}"))
        .help_template(OF_OPTIONS)
        .arg_required_else_help(true)
        .disable_help_flag(true)
        .arg(help_flag())
        .hide(true)
}
