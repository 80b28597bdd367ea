//! `sbpf-link`: rustc's linker for on-chain programs.

use sbpf_link::{args::Args, link, llvm};
use std::{env, process::ExitCode};

fn main() -> ExitCode {
    // bpf-linker logs LLVM's messages about the inputs. Warnings are off: there is one for every archive's symbol table.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
        .with_writer(std::io::stderr)
        .without_time()
        .init();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sbpf-link: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let args = Args::parse(env::args_os().skip(1))?;
    let (variable, paths) = llvm::library_path()?;
    // SAFETY: the process has one thread.
    unsafe { env::set_var(variable, paths) };
    link::link(&args)
}
