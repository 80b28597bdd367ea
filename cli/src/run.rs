//! The program: from its arguments to what it prints and its exit code.

use {
    crate::{
        command_line,
        command_line::Cli,
        config::Config,
        context::Context,
        defaults::Defaults,
        error::CliError,
        exit::Exit,
        output::{self, CommandOutput, Format, streams},
        terminal::Terminal,
    },
    serde_json::json,
    std::{ffi::OsString, io, process::ExitCode},
    tidepool_client::cluster::RpcCluster,
};

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = command_line::spell_out(arguments.into_iter().collect());
    let (defaults, wrong) = match Defaults::load() {
        Ok(defaults) => (defaults, None),
        Err(error) => (Defaults::default(), Some(error)),
    };
    let cli = match (command_line::parse(&arguments, &defaults), &wrong) {
        (Ok(cli), _) => cli,
        (Err(error), Some(wrong)) if error.use_stderr() => {
            wrong.report(json_format(&arguments).unwrap_or_default());
            return wrong.exit().into();
        }
        (Err(error), _) => return refuse_arguments(&error, &arguments).into(),
    };
    let format = cli.global.output;
    let answered = cli.command.execute_alone().unwrap_or_else(|| wrong.map_or_else(|| answer(&cli, &defaults), Err));
    let (exit, written) = match answered {
        Ok(output) => {
            let text = output::text(output.as_ref(), format, cli.global.verbose);
            (output.exit(), streams::answer(&text, format).map_err(CliError::from))
        }
        Err(error) => (Exit::Done, Err(error)),
    };
    match written {
        Ok(()) => exit.into(),
        // The reader of standard output has closed the pipe.
        Err(CliError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => exit.into(),
        Err(error) => {
            error.report(format);
            error.exit().into()
        }
    }
}

fn answer(cli: &Cli, defaults: &Defaults) -> Result<Box<dyn CommandOutput>, CliError> {
    let config = Config::load(cli.global.config.as_deref().or(defaults.solana_config.as_deref()))?;
    let url = config.url(cli.global.url.as_deref());
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(CliError::usage(
            "invalid URL: expected http://, https://, mainnet-beta, devnet, testnet or localhost",
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut cluster = RpcCluster::with_confirmation(url, cli.command.confirmation(&cli.global, &config)?);
        if let Some(websocket_url) = config.websocket_url(cli.global.url.as_deref()) {
            cluster = cluster.websocket(websocket_url);
        }
        // What sends nothing needs no consent.
        let consents = cli.global.yes || cli.global.transactions.dry_run;
        let terminal = Terminal::detect(consents, cli.global.output);
        let context = Context::new(&cluster, &cli.global, &config, terminal);
        context.interrupt.listen(cli.global.output)?;
        cli.command.execute(&context).await
    })
}

/// Says what is wrong with the arguments, or shows the help that was asked for.
fn refuse_arguments(error: &clap::Error, arguments: &[OsString]) -> Exit {
    if !error.use_stderr() {
        // Help, with colours. A failure is ignored: there is no other place to report it.
        let _ = error.print();
        return Exit::Done;
    }
    let exit = Exit::Usage;
    let text = error.render().to_string();
    let Some(format) = json_format(arguments) else {
        streams::report(text.trim_end(), Format::Display);
        return exit;
    };
    let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let json = json!({ "error": { "kind": exit.name(), "exit_code": exit as u8, "message": message } });
    streams::report(&format.render(&json), format);
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
