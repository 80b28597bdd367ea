//! `tidepool`, the command line of stake pools.
//!
//! Each command is a file in [`commands`]: its arguments, and an `execute` that reads a pool, plans, asks, sends and
//! answers. All of the work is the client library's. Commands are generic over the cluster, so that tests run them against
//! a bank in process.
//!
//! Conventions, for all commands:
//! * Standard output holds the answer and nothing else; quotes, questions, progress and errors go to standard error.
//! * `--output json` makes both machine-readable; [`output::CommandOutput`] says what can be relied on.
//! * The exit code says what kind of failure it was: [`error::EXIT_CODES`].
//! * Amounts are read and computed exactly: there is no floating point between what is typed and what is signed.

pub mod args;
pub mod commands;
pub mod config;
pub mod context;
pub mod error;
mod freshness;
pub mod interrupt;
pub mod keys;
mod lookup;
pub mod output;
mod progress;
pub mod terminal;
pub mod units;

use {
    args::Cli,
    clap::FromArgMatches as _,
    config::Config,
    context::Context,
    error::{CliError, Exit},
    output::{CommandOutput, Format},
    serde_json::json,
    std::{ffi::OsString, io, process::ExitCode},
    terminal::Terminal,
    tidepool_client::cluster::RpcCluster,
};

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = args::spell_out(arguments.into_iter().collect());
    let parsed = args::command().try_get_matches_from(&arguments).and_then(|found| Cli::from_arg_matches(&found));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return refuse_arguments(&error, &arguments).into(),
    };
    let format = cli.global.output;
    let (exit, answered) = match answer(&cli) {
        Err(CliError::Unsent(unsent)) => (unsent.exit(), Ok(unsent as Box<dyn CommandOutput>)),
        answered => (Exit::Done, answered),
    };
    let result = answered.and_then(|output| {
        let written = output::write(&mut io::stdout().lock(), output.as_ref(), format, cli.global.verbose);
        written.map_err(CliError::from)
    });
    match result {
        Ok(()) => exit.into(),
        // Whoever read the answer has read enough of it.
        Err(CliError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => exit.into(),
        Err(error) => {
            report(&error, format);
            error.exit().into()
        }
    }
}

fn answer(cli: &Cli) -> Result<Box<dyn CommandOutput>, CliError> {
    let config = Config::load(cli.global.config.as_deref())?;
    let url = config.url(cli.global.url.as_deref());
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(CliError::usage(
            "the URL of the cluster has to begin with http:// or https://, or be mainnet-beta, devnet, testnet or localhost",
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut cluster = RpcCluster::with_confirmation(url, cli.global.confirmation(&config));
        if let Some(websocket_url) = config.websocket_url(cli.global.url.as_deref()) {
            cluster = cluster.websocket(websocket_url);
        }
        let terminal = Terminal::detect(&cli.global);
        let context = Context::new(&cluster, &cli.global, &config, terminal);
        context.interrupt.listen(cli.global.output)?;
        cli.command.execute(&context).await
    })
}

pub(crate) fn report(error: &CliError, format: Format) {
    if format.is_json() {
        eprintln!("{}", format.render(&error.json()));
    } else {
        eprintln!("error: {error}");
        error::details(error).iter().for_each(|line| eprintln!("{line}"));
    }
}

/// Says what is wrong with the arguments, or shows the help that was asked for.
fn refuse_arguments(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let Some(format) = json_format(arguments).filter(|_| error.use_stderr()) else {
        // Where even that cannot be written, there is nobody to tell.
        let _ = error.print();
        return if error.use_stderr() { Exit::Usage } else { Exit::Done };
    };
    let exit = Exit::Usage;
    let text = error.render().to_string();
    let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let json = json!({ "error": { "kind": exit.name(), "exit_code": exit as u8, "message": message } });
    eprintln!("{}", format.render(&json));
    exit
}

/// The form of JSON that arguments ask for which could not be understood as a whole.
fn json_format(arguments: &[OsString]) -> Option<Format> {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let next = words.windows(2).filter(|pair| pair[0] == "--output").map(|pair| pair[1]);
    let joined = words.iter().filter_map(|word| word.strip_prefix("--output="));
    match next.chain(joined).last()? {
        "json" => Some(Format::Json),
        "json-compact" => Some(Format::JsonCompact),
        _ => None,
    }
}
