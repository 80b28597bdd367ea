//! The pool that a command is about: its first argument, `--pool`, or the default.
//!
//! A command line has two forms, and a line is never read in both:
//! * With POOL as its first argument, if the line is complete in that form.
//! * Else without POOL, which is then given by `--pool`, or is the default.
//!
//! Whether a default is set plays no part in that, so a line with a POOL means the same everywhere.

use {
    super::{
        Cli,
        help::{POOLS, command, is_pool},
    },
    crate::defaults::{DefaultPool, Defaults, FILE_VARIABLE, POOL_VARIABLE},
    clap::{
        Arg, ArgMatches, Command, FromArgMatches as _,
        error::{ContextKind, ContextValue, ErrorKind},
    },
    std::ffi::OsString,
};

/// Reads a command line. Its first word is the name of the program.
pub fn parse(words: &[OsString], defaults: &Defaults) -> Result<Cli, clap::Error> {
    let with_pool = match command().try_get_matches_from(words) {
        Ok(found) => return read(&found, defaults, None),
        Err(error) => error,
    };
    if !with_pool.use_stderr() {
        return Err(with_pool);
    }
    let mut other = without_pool(defaults);
    match other.try_get_matches_from_mut(words) {
        Ok(found) => {
            let default = default_pool(&other, &found, defaults);
            read(&found, defaults, default)
        }
        Err(error) if gives_pool_option(words) => Err(error),
        Err(error) if error.kind() == ErrorKind::UnknownArgument => Err(with_pool),
        // Without POOL it is complete but for a default.
        Err(error) if misses_pool_alone(&error) && !misses_more(&with_pool) => {
            let what = format!(
                "missing pool: specify its address as the first argument or with --pool, or set a default with \
                 {POOL_VARIABLE} or as `pool` in ~/.config/tidepool/config.yml (or the file that {FILE_VARIABLE} names)\n"
            );
            Err(clap::Error::raw(ErrorKind::MissingRequiredArgument, what))
        }
        Err(error) if defaults.pool.is_some() && concerns_pool(&with_pool) => Err(error),
        Err(_) => Err(with_pool),
    }
}

fn read(found: &ArgMatches, defaults: &Defaults, default_pool: Option<DefaultPool>) -> Result<Cli, clap::Error> {
    let mut cli = Cli::from_arg_matches(found)?;
    cli.global.defaults = defaults.clone();
    cli.global.default_pool = default_pool;
    Ok(cli)
}

/// The command line in its second form.
fn without_pool(defaults: &Defaults) -> Command {
    command().mut_subcommands(|subcommand| {
        subcommand.mut_args(|argument| {
            if !is_pool(&argument) {
                return argument;
            }
            let option = argument.long("pool").num_args(1);
            match &defaults.pool {
                Some(default) => option.required(false).default_value(default.address.to_string()),
                None => option,
            }
        })
    })
}

/// The default pool, where the second form took it.
fn default_pool(command: &Command, found: &ArgMatches, defaults: &Defaults) -> Option<DefaultPool> {
    let named = defaults.pool.clone()?;
    let (name, found) = found.subcommand()?;
    let pool = found.ids().find(|id| POOLS.contains(&id.as_str()))?;
    if found.value_source(pool.as_str())? != clap::parser::ValueSource::DefaultValue {
        return None;
    }
    let first = command.find_subcommand(name)?.get_positionals().next().map(Arg::get_id);
    let first = first.and_then(|id| found.get_raw(id.as_str())?.next()?.to_str()?.parse().ok());
    Some(DefaultPool { named, first })
}

fn gives_pool_option(words: &[OsString]) -> bool {
    let mut words = words.iter().filter_map(|word| word.to_str());
    words.any(|word| word == "--pool" || word.starts_with("--pool="))
}

/// Whether a line fails in its first form because POOL is missing, or because something else stands in its place.
fn concerns_pool(error: &clap::Error) -> bool {
    let is_invalid =
        matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(name)) if is_pool_name(name));
    is_invalid || missing(error).iter().any(|name| is_pool_name(name))
}

fn misses_pool_alone(error: &clap::Error) -> bool {
    !missing(error).is_empty() && missing(error).iter().all(|name| is_pool_name(name))
}

fn misses_more(error: &clap::Error) -> bool {
    missing(error).iter().any(|name| !is_pool_name(name))
}

fn is_pool_name(name: &str) -> bool {
    name.contains("<POOL>")
}

/// The missing arguments, where the error is about missing ones.
fn missing(error: &clap::Error) -> &[String] {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) if error.kind() == ErrorKind::MissingRequiredArgument => names,
        _ => &[],
    }
}
