//! One fuzz target: its binary and its folders.

use super::{INSTRUCTION, figures::Figures};
use anyhow::Context as _;
use sbpf_build::process;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Seconds after which an input hangs.
const INPUT_SECONDS: u32 = 20;

/// Megabytes that an input may take.
const MEMORY: u32 = 4_096;

/// Bytes of a parser's input: more than any account but a long list, of which it needs no more than a few records. libFuzzer begins
/// with short ones.
const PARSED: [&str; 1] = ["-max_len=4096"];

/// Bytes of a case for the VM: a dozen changes. Short ones say no more there, and run no faster.
const PLAYED: [&str; 2] = ["-max_len=128", "-len_control=0"];

/// Lines of a target's output that are shown where it fails.
const LINES: usize = 60;

/// A fuzz target.
#[derive(Debug)]
pub struct Target {
    pub name: String,
    binary: PathBuf,
    /// Inputs that are kept in the repository.
    kept: PathBuf,
    /// Inputs that were found on the way.
    found: PathBuf,
    /// Inputs that fail.
    failing: PathBuf,
    log: PathBuf,
}

/// How a run ended.
pub struct Outcome {
    pub figures: Figures,
    /// What to do about it, where it failed.
    pub failure: Option<String>,
}

impl Target {
    /// The target of that name, whose binary is in `binaries` and whose inputs are below `kept`. The rest goes below `output`.
    pub fn new(name: String, binaries: &Path, kept: &Path, output: &Path) -> Self {
        Self {
            binary: binaries.join(&name),
            kept: kept.join(&name),
            found: output.join("corpus").join(&name),
            failing: output.join("failing").join(&name),
            log: output.join("log").join(&name).with_extension("txt"),
            name,
        }
    }

    /// Fuzzes for so long, from what is kept and what was found.
    pub fn fuzz(&self, time: Duration) -> anyhow::Result<Outcome> {
        for folder in [&self.found, &self.failing, &parent(&self.log).to_path_buf()] {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let log = File::create(&self.log).with_context(|| format!("cannot write {}", self.log.display()))?;
        let mut command = self.command();
        command.args([
            format!("-max_total_time={}", time.as_secs()),
            "-print_final_stats=1".into(),
            format!("-artifact_prefix={}/", self.failing.display()),
        ]);
        command.args(if self.name == INSTRUCTION { PLAYED.as_slice() } else { PARSED.as_slice() });
        command.args([&self.found, &self.kept]).stdout(log.try_clone()?).stderr(log);
        let status = command.status().with_context(|| format!("{} does not start", self.binary.display()))?;
        let output = String::from_utf8_lossy(&fs::read(&self.log)?).into_owned();
        let failure = (!status.success()).then(|| self.failure(&output));
        Ok(Outcome { figures: Figures::read(&output), failure })
    }

    /// What went wrong, and how to see it again.
    fn failure(&self, output: &str) -> String {
        let lines: Vec<&str> = output.lines().collect();
        let begin = lines.iter().position(|line| line.contains("panicked at") || line.contains("ERROR: "));
        let shown = lines.get(begin.unwrap_or(lines.len().saturating_sub(LINES))..).unwrap_or_default();
        let shown = shown.get(..LINES.min(shown.len())).unwrap_or_default().join("\n");
        let input = lines.iter().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path);
        let next = match input {
            Some(path) => format!(
                "the input is {path}: `cargo xtask fuzz --target {} --replay {path}` runs it again; once it is dealt with, it belongs \
                 into {}",
                self.name,
                self.kept.display()
            ),
            None => format!("no input was written: see {}", self.log.display()),
        };
        format!("{shown}\n{}: {next}", self.name)
    }

    /// Runs one input.
    pub fn replay(&self, input: &Path) -> anyhow::Result<()> {
        process::run(self.command().arg(input))
    }

    /// Adds to the inputs that are kept those that were found and do what none of them does.
    pub fn keep(&self) -> anyhow::Result<()> {
        fs::create_dir_all(&self.found).with_context(|| format!("cannot make {}", self.found.display()))?;
        // Without how often something ran: that would keep ten times as many.
        process::run(self.command().args(["-merge=1", "-use_counters=0"]).args([&self.kept, &self.found]))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.args([format!("-timeout={INPUT_SECONDS}"), format!("-rss_limit_mb={MEMORY}")]);
        command
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_where_the_input_is_and_how_to_run_it_again() {
        let target = Target::new("pool".into(), Path::new("bin"), Path::new("kept"), Path::new("out"));
        let output = "#2 INITED cov: 1\nthread '<unnamed>' panicked at targets/pool.rs:1:\nwrong\n\
                      artifact_prefix='out/'; Test unit written to out/failing/pool/crash-1\n";
        let failure = target.failure(output);
        assert!(failure.starts_with("thread '<unnamed>' panicked at"), "{failure}");
        assert!(failure.contains("--target pool --replay out/failing/pool/crash-1"), "{failure}");
        assert!(target.failure("nothing").contains("see out/log/pool.txt"));
    }
}
