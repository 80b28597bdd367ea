//! `sbpf-verify FILE...`: says whether a cluster would accept the ELFs.

use std::{env, fs, process::ExitCode};

fn main() -> ExitCode {
    let files: Vec<_> = env::args_os().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: sbpf-verify FILE...");
        return ExitCode::FAILURE;
    }
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let name = file.display();
        let verdict = fs::read(&file).map_err(|error| format!("cannot be read: {error}"));
        match verdict.and_then(|elf| sbpf_vm::verify(&elf).map_err(|fault| fault.to_string())) {
            Ok(version) => println!("{name}: sBPF v{version}, the loader accepts it"),
            Err(reason) => {
                eprintln!("{name}: {reason}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
