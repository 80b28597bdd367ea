//! What the terminal shows once the pool is ready: addresses, and lines to paste.

use {
    super::{SLOT_MILLISECONDS, commands::Tidepool, folder::State, pool::weight},
    solana_address::Address,
    std::{fmt::Write as _, path::Path, time::Duration},
};

/// The sentence before the lines to paste.
pub const PASTE: &str = "Paste these lines into another terminal (bash or zsh):";

/// The sentence before the first commands.
pub const TRY: &str = "`tidepool` uses this network there. Then, for example:";

/// A local network that is ready.
pub struct Ready<'a> {
    /// The command line.
    pub tidepool: Tidepool<'a>,
    /// What runs.
    pub state: &'a State,
    pub pool: Address,
    pub wallet: Address,
    /// URL of JSON-RPC.
    pub url: String,
    pub faucet_port: u16,
    /// Arguments of the crank that runs, or that the user may start.
    pub crank: String,
    /// Whether it runs.
    pub is_cranking: bool,
    /// Time since the start.
    pub took: Duration,
}

impl Ready<'_> {
    pub fn text(&self) -> String {
        let Self { state, pool, wallet, url, faucet_port, crank, .. } = self;
        let folder = self.tidepool.folder;
        let mut text = format!(
            "\nReady after {} s. Ctrl-C stops everything.\n\n  RPC URL     {url} (faucet: port {faucet_port})\n  \
             Epoch       {} slots, about {} s\n  Program     {}\n  Pool        {pool}\n  Wallet      {wallet}\n",
            self.took.as_secs(),
            state.slots_per_epoch,
            state.slots_per_epoch * SLOT_MILLISECONDS / 1_000,
            state.program_id
        );
        for (index, vote) in state.votes.iter().enumerate() {
            let title = if index == 0 { "Validators" } else { "" };
            let note = if index == 0 { ", votes and earns rewards" } else { "" };
            let _ = writeln!(text, "  {title:<11} {vote} weight {}{note}", weight(index, state.votes.len()));
        }
        let crank_note = if self.is_cranking {
            format!("runs `tidepool {crank}` and pays with crank.json; its errors are in crank.log")
        } else {
            "does not run: nothing updates the pool or moves its stake by itself".to_owned()
        };
        let _ = writeln!(text, "  Crank       {crank_note}");
        let _ = writeln!(
            text,
            "  Files       {}: wallet.json (keypair), config.yml, tidepool.yml, logs",
            folder.path().display()
        );
        for (title, lines) in [(PASTE, self.exports()), (TRY, self.commands())] {
            let _ = writeln!(text, "\n{title}\n");
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }

    /// The lines to paste. Commands that ask are not among them: the rest of a paste would answer.
    fn exports(&self) -> Vec<String> {
        let binaries = self.tidepool.binary.parent().unwrap_or(Path::new("."));
        vec![
            format!("export PATH={}:\"$PATH\"", quote(binaries)),
            format!("export TIDEPOOL_CONFIG={}", quote(&self.tidepool.folder.join("tidepool.yml"))),
        ]
    }

    fn commands(&self) -> Vec<String> {
        let crank = (!self.is_cranking).then_some(self.crank.as_str());
        let commands = ["show", "deposit-sol 100", "list", "withdraw 50", "balance", "serve"].into_iter().chain(crank);
        commands.map(|command| format!("tidepool {command}")).collect()
    }
}

/// A path as a shell reads it.
fn quote(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+".contains(letter);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_paths_for_shells() {
        assert_eq!(quote(Path::new("/home/a-b/x_1.yml")), "/home/a-b/x_1.yml");
        assert_eq!(quote(Path::new("/home/it's $HOME")), r"'/home/it'\''s $HOME'");
    }
}
