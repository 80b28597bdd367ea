//! The arguments of rustc for a linker of the flavour `bpf`.

use anyhow::{Context as _, bail, ensure};
use std::{ffi::OsString, fs, path::PathBuf};

/// Arguments of the linker.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Args {
    /// Bitcode files, and archives of them.
    pub inputs: Vec<PathBuf>,
    /// The ELF to write.
    pub output: PathBuf,
    /// The symbols that must stay visible.
    pub exports: Vec<String>,
    /// Optimization level.
    pub optimization: Optimization,
    /// Folder for LLVM assembly of the program before and after the lowerings, for debugging.
    pub dump: Option<PathBuf>,
}

/// The levels of `-O`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimization {
    /// `-O0` and `-O1`. Both optimise: the backend rejects most unoptimised code.
    Less,
    /// `-O2`
    Default,
    /// `-O3`
    #[default]
    Aggressive,
    /// `-Os`
    Size,
    /// `-Oz`
    MinimalSize,
}

impl Args {
    /// Reads the arguments after the program's name.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> anyhow::Result<Self> {
        let mut args = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let Some(flag) = argument.to_str().filter(|text| text.starts_with('-')) else {
                ensure!(
                    !argument.to_string_lossy().starts_with('@'),
                    "rustc passed its arguments in a file ({}), which sbpf-link does not read",
                    argument.display()
                );
                args.inputs.push(argument.into());
                continue;
            };
            let mut value = || arguments.next().with_context(|| format!("a value is missing after {flag}"));
            match flag {
                "-o" => args.output = value()?.into(),
                "--export-symbols" => args.exports.extend(read_symbols(&value()?.into())?),
                "--dump" => args.dump = Some(value()?.into()),
                "-O0" | "-O1" => args.optimization = Optimization::Less,
                "-O2" => args.optimization = Optimization::Default,
                "-O3" => args.optimization = Optimization::Aggressive,
                "-Os" => args.optimization = Optimization::Size,
                "-Oz" => args.optimization = Optimization::MinimalSize,
                // Ignored: inputs have full paths, the processor is always the VM, and debug info is removed.
                "-L" | "--cpu" | "--cpu-features" => drop(value()?),
                "--debug" => {}
                _ => bail!("sbpf-link does not know the argument {flag}; rustc 1.95 does not pass it by itself"),
            }
        }
        ensure!(!args.inputs.is_empty(), "no input file: rustc calls sbpf-link, as `-C linker=sbpf-link`");
        ensure!(args.output.file_name().is_some(), "no output file: pass -o FILE");
        Ok(args)
    }
}

/// Reads a file with one symbol per line.
fn read_symbols(path: &PathBuf) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the symbols in {}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> anyhow::Result<Args> {
        Args::parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn reads_what_rustc_passes() {
        let symbols = std::env::temp_dir().join(format!("sbpf-link-symbols-{}", std::process::id()));
        fs::write(&symbols, "entrypoint\ncustom_panic\n").unwrap();
        let line = ["--export-symbols", symbols.to_str().unwrap(), "a.o", "--cpu", "generic", "--cpu-features", ""];
        let rest = ["-L", "deps", "-o", "out.so", "b.rlib", "-O3", "--debug"];
        let args = parse(&[&line[..], &rest[..]].concat()).unwrap();
        fs::remove_file(symbols).unwrap();
        let expected = Args {
            inputs: vec!["a.o".into(), "b.rlib".into()],
            output: "out.so".into(),
            exports: vec!["entrypoint".into(), "custom_panic".into()],
            optimization: Optimization::Aggressive,
            dump: None,
        };
        assert_eq!(args, expected);
    }

    #[test]
    fn names_what_is_wrong() {
        let message = |arguments: &[&str]| parse(arguments).unwrap_err().to_string();
        assert!(message(&["a.o", "-o"]).contains("missing after -o"));
        assert!(message(&["a.o", "--gc-sections"]).contains("--gc-sections"));
        assert!(message(&["-o", "out.so"]).contains("no input file"));
        assert!(message(&["a.o"]).contains("no output file"));
        assert!(message(&["@arguments"]).contains("does not read"));
    }
}
