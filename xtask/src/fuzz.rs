//! `cargo xtask fuzz`

mod figures;
mod target;

use crate::{build_program, tally::Tally};
use anyhow::{Context as _, bail, ensure};
use figures::Figures;
use sbpf_build::{Workspace, cargo, process};
use std::{path::PathBuf, process::Command, time::Duration};
use target::{Outcome, Target};

/// The crate of the fuzz targets, with the inputs that are kept.
const CRATE: &str = "tests/fuzz";

/// Its manifest. It is no member of the workspace.
pub const MANIFEST: &str = "tests/fuzz/Cargo.toml";

/// The target that runs whole instructions. It does a thousandth of what the others do in the same time.
const INSTRUCTION: &str = "instruction";

/// Targets that need the command line's crate. It and what it needs take as long to build as all the others.
const COMMAND_LINE: [&str; 5] = ["amounts", "config_file", "key", "message", "weights_file"];

/// Fuzz every parser, and whole instructions in the VM, until the time is up or something fails
///
/// Half of the time goes to instructions, the rest is shared by the parsers. What is found on the way stays below target/fuzz, where the
/// next run goes on from it.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct Args {
    /// How long all targets run together
    #[arg(long, value_name = "N", group = "what", value_parser = clap::value_parser!(u64).range(1..))]
    minutes: Option<u64>,
    /// Run one input again, and show what it does
    #[arg(long, value_name = "FILE", group = "what", requires = "target")]
    replay: Option<PathBuf>,
    /// Put what was found on the way into the inputs that are kept, as far as it adds something
    #[arg(long, group = "what")]
    keep: bool,
    /// One target only
    #[arg(long)]
    target: Option<String>,
    /// Leave out the targets of the command line, which take long to build
    #[arg(long, conflicts_with = "target")]
    without_command_line: bool,
}

impl Args {
    /// A run of this many minutes, of the targets with short builds.
    pub const fn short(minutes: u64) -> Self {
        Self { minutes: Some(minutes), replay: None, keep: false, target: None, without_command_line: true }
    }

    /// Fuzzes, and closes with the sum of the targets.
    pub fn run(self) -> anyhow::Result<()> {
        if self.minutes.is_some() {
            return self.test()?.close();
        }
        let targets = self.build()?;
        for target in &targets {
            match &self.replay {
                Some(input) => target.replay(input)?,
                None => target.keep()?,
            }
        }
        Ok(())
    }

    /// What [`Self::run`] does with minutes, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        let minutes = self.minutes.context("how long? --minutes says so")?;
        let targets = self.build()?;
        let shares = shares(&targets, Duration::from_secs(minutes.saturating_mul(60)));
        let mut tally = Tally::default();
        println!("{}", Figures::HEADING);
        for (target, share) in targets.iter().zip(shares) {
            let Outcome { figures, failure } = target.fuzz(share)?;
            println!("{}", figures.row(&target.name, share));
            if let Some(failure) = &failure {
                println!("{failure}");
            }
            tally.count(failure.is_none());
        }
        Ok(tally)
    }

    /// Builds the program and the targets, or the one that is asked for.
    fn build(&self) -> anyhow::Result<Vec<Target>> {
        build_program::Args::default().run()?;
        let workspace = Workspace::here()?;
        let names = names(&workspace)?;
        if let Some(name) = &self.target {
            ensure!(names.contains(name), "there is no target {name}: choose one of {}", names.join(", "));
        }
        let wanted = names.into_iter().filter(|name| self.is_wanted(name));
        let output = workspace.target_dir.join("fuzz");
        let host = host()?;
        let mut command = cargo();
        // In its folder, where cargo finds the fuzzer's flags.
        command.current_dir(workspace.root.join(CRATE)).args(["build", "--release", "--target", &host]);
        command.arg("--target-dir").arg(&output);
        if self.without_command_line {
            command.args(["--no-default-features", "--features", "vm"]);
        }
        match &self.target {
            Some(name) => command.args(["--bin", name]),
            None => command.arg("--bins"),
        };
        process::run(&mut command)?;
        let binaries = output.join(host).join("release");
        let kept = workspace.root.join(CRATE).join("corpus");
        Ok(wanted.map(|name| Target::new(name, &binaries, &kept, &output)).collect())
    }

    fn is_wanted(&self, name: &str) -> bool {
        let is_left_out = self.without_command_line && COMMAND_LINE.contains(&name);
        self.target.as_ref().map_or(!is_left_out, |one| one == name)
    }
}

/// The targets of the crate, the longest last.
fn names(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let folder = workspace.root.join(CRATE).join("targets");
    let files = folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for file in files {
        let path = file?.path();
        names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    names.sort_by_key(|name| (name == INSTRUCTION, name.clone()));
    Ok(names)
}

/// How long each target runs.
fn shares(targets: &[Target], all: Duration) -> Vec<Duration> {
    let parsers = targets.iter().filter(|target| target.name != INSTRUCTION).count();
    let has_instruction = parsers < targets.len();
    let (instruction, rest) = match (has_instruction, parsers) {
        (true, 0) => (all, Duration::ZERO),
        (true, _) => (all / 2, all / 2),
        (false, _) => (Duration::ZERO, all),
    };
    let parser = rest / u32::try_from(parsers.max(1)).unwrap_or(u32::MAX);
    // libFuzzer counts in seconds, and 0 is for ever.
    let share = |target: &Target| if target.name == INSTRUCTION { instruction } else { parser };
    targets.iter().map(|target| share(target).max(Duration::from_secs(1))).collect()
}

/// This machine's target.
fn host() -> anyhow::Result<String> {
    let text = process::output_of(Command::new("rustc").arg("-vV"))?;
    match text.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => bail!("rustc does not say what machine this is"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn seconds(names: &[&str], all: u64) -> Vec<u64> {
        let folder = Path::new("");
        let targets: Vec<_> =
            names.iter().map(|name| Target::new((*name).to_owned(), folder, folder, folder)).collect();
        shares(&targets, Duration::from_secs(all)).iter().map(Duration::as_secs).collect()
    }

    #[test]
    fn instructions_get_half_of_the_time() {
        assert_eq!(seconds(&["pool", "token", INSTRUCTION], 60), [15, 15, 30]);
        assert_eq!(seconds(&[INSTRUCTION], 60), [60]);
        assert_eq!(seconds(&["pool"], 60), [60]);
        assert_eq!(seconds(&["pool"; 100], 60)[0], 1, "never without an end");
    }

    #[test]
    fn each_target_has_inputs_that_are_kept() {
        let workspace = Workspace::here().unwrap();
        let names = names(&workspace).unwrap();
        assert_eq!(names.last().map(String::as_str), Some(INSTRUCTION));
        let manifest = std::fs::read_to_string(workspace.root.join(CRATE).join("Cargo.toml")).unwrap();
        for name in names {
            let corpus = workspace.root.join(CRATE).join("corpus").join(&name);
            assert!(corpus.read_dir().is_ok_and(|mut files| files.next().is_some()), "{name}");
            let at = manifest.find(&format!("path = \"targets/{name}.rs\"")).expect(&name);
            let entry = manifest[at..].split("[[").next().unwrap_or_default();
            assert_eq!(entry.contains("[\"cli\"]"), COMMAND_LINE.contains(&name.as_str()), "{name}");
        }
    }
}
