//! Compiles `runtime/` to the bitcode that the linker carries.
//!
//! For the host, because the host is what this build has a `core` for; `src/runtime.rs` gives it the BPF target. The
//! optimiser stays out, so that nothing specific to the host gets in: it runs later, for BPF, on the linked program.

use std::{env, path::PathBuf, process::Command};

fn main() {
    let variable = |name| env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"));
    println!("cargo::rerun-if-changed=runtime");
    let bitcode = PathBuf::from(variable("OUT_DIR")).join("runtime.bc");
    let status = Command::new(variable("RUSTC"))
        .args(["runtime/lib.rs", "--crate-name=sbpf_runtime", "--crate-type=lib", "--edition=2024"])
        .args(["-Copt-level=3", "-Cno-prepopulate-passes", "-Ccodegen-units=1", "-Cpanic=abort"])
        .args(["-Coverflow-checks=off", "-Cdebug-assertions=off", "-Cdebuginfo=0"])
        .arg(format!("--emit=llvm-bc={}", bitcode.display()))
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("rustc could not compile runtime/lib.rs: {status}"),
        Err(error) => panic!("rustc could not be started: {error}"),
    }
}
