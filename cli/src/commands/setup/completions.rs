//! `tidepool completions`

use {
    crate::{error::CliError, output::Report},
    clap::Command,
    clap_complete::Shell,
    serde::Serialize,
    std::{
        fmt, fs,
        path::{Path, PathBuf},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool completions bash
  tidepool completions --man ~/.local/share/man/man1";

/// Print shell completions, or write man pages
///
/// Prints a completion script to standard output. Bash loads it from ~/.local/share/bash-completion/completions/tidepool, zsh from a
/// file _tidepool in a folder of $fpath, and fish from ~/.config/fish/completions/tidepool.fish. With --man, writes tidepool.1 and a
/// page for each command. Reads no configuration and needs no cluster.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Shell to complete commands in
    #[arg(value_name = "SHELL", required_unless_present = "man")]
    shell: Option<Shell>,

    /// Folder to write man pages to, replacing those of the same names; it is created if it is missing
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "shell")]
    man: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
pub struct Output {
    /// The shell that completes commands, unless man pages were written.
    shell: Option<String>,
    script: Option<String>,
    man_pages: Vec<String>,
}

impl Args {
    pub fn execute(&self, completed: fn() -> Command, documented: fn() -> Command) -> Result<Output, CliError> {
        let man_pages = self.man.as_deref().map_or_else(|| Ok(vec![]), |folder| write_pages(folder, documented()))?;
        let script = self.shell.map(|shell| script(shell, completed())).transpose()?;
        Ok(Output { shell: self.shell.map(|shell| shell.to_string()), script, man_pages })
    }
}

fn script(shell: Shell, mut command: Command) -> Result<String, CliError> {
    let mut script = vec![];
    clap_complete::generate(shell, &mut command, "tidepool", &mut script);
    String::from_utf8(script).map_err(|error| CliError::usage(format!("the completion script is not UTF-8: {error}")))
}

/// Writes the page of `tidepool` and of each command, and returns their paths.
fn write_pages(folder: &Path, mut all: Command) -> Result<Vec<String>, CliError> {
    let cannot_write =
        |path: &Path, error| CliError::usage(format!("cannot write the man page {}: {error}", path.display()));
    fs::create_dir_all(folder)
        .map_err(|error| CliError::usage(format!("cannot create the folder {}: {error}", folder.display())))?;
    all.build();
    let commands = std::iter::once(&all).chain(all.get_subcommands());
    let mut written = vec![];
    for command in commands.filter(|command| !command.is_hide_set()) {
        let page = clap_mangen::Man::new(command.clone())
            .source(format!("Tidepool {}", env!("CARGO_PKG_VERSION")))
            .manual("Tidepool stake pool commands");
        let path = page.generate_to(folder).map_err(|error| cannot_write(&folder.join(page.get_filename()), error))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        match &self.script {
            Some(script) => f.write_str(script),
            None => self.man_pages.iter().try_for_each(|page| writeln!(f, "{page}")),
        }
    }
}
