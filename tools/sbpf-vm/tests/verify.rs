//! What `sbpf-verify` says about files that are no programs.

use std::process::Command;

#[test]
fn names_the_fault_of_what_is_no_program() {
    let output = Command::new(env!("CARGO_BIN_EXE_sbpf-verify")).arg(file!()).current_dir("../..").output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(message.ends_with("the loader cannot load the ELF: not an ELF file\n"), "{message}");
}

/// An ELF, but of this machine.
#[test]
fn names_the_fault_of_another_machines_program() {
    let program = env!("CARGO_BIN_EXE_sbpf-verify");
    let output = Command::new(program).arg(program).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(message.contains("the loader cannot load the ELF: "), "{message}");
}

#[test]
fn says_that_a_file_is_missing() {
    let output = Command::new(env!("CARGO_BIN_EXE_sbpf-verify")).arg("no-such-file.so").output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(message.starts_with("no-such-file.so: cannot be read: "), "{message}");
}
