//! What the binary rejects before a validator runs. `cargo xtask e2e` has the rest.

use std::{
    fs, io,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

fn command(folder: &Path, port: u16, validator: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-validator"));
    command.args(["--rpc-port", &port.to_string(), "--validator", validator, "--tidepool", "tidepool"]);
    command.args(["--program", "program.so", "--keep", "--folder"]).arg(folder);
    command
}

fn start(folder: &Path, port: u16, validator: &str) -> Output {
    command(folder, port, validator).output().unwrap()
}

fn assert_rejected(output: &Output, parts: &[&str]) {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.starts_with("error: "), "{error}");
    for part in parts {
        assert!(error.contains(part), "{part:?} is missing in {error}");
    }
}

#[test]
fn names_taken_port_and_leaves_folder_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Makes the folder one of localnet's.
    assert_rejected(&start(folder.path(), port, "false"), &["is taken"]);
    fs::write(folder.path().join("wallet.json"), "kept").unwrap();
    assert_rejected(&start(folder.path(), port, "false"), &[&format!("port {port} is taken"), "--rpc-port"]);
    assert_eq!(fs::read_to_string(folder.path().join("wallet.json")).unwrap(), "kept");
}

#[test]
fn rejects_folder_with_other_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "").unwrap();
    assert_rejected(&start(folder.path(), 31_000, "false"), &["holds other files", "--ledger"]);
}

#[test]
fn reports_validator_that_ends() {
    let folder = tempfile::tempdir().unwrap();
    assert_rejected(&start(folder.path(), 31_100, "false"), &["the validator ended (exit status: 1)"]);
    assert_rejected(&start(folder.path(), 31_100, "/no/such/validator"), &["/no/such/validator", "No such file"]);
}

#[test]
fn ends_quietly_without_reader_of_its_output() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let output = command(folder.path(), 31_200, "false").stdout(writer).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
