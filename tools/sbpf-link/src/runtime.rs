//! Brings the runtime library (`runtime/`) into a program.

use crate::llvm::{Function, Module};

#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "../runtime/wide.rs"]
mod wide;

/// Compiled by the build script, for the host.
const BITCODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.bc"));

/// What a program may ask of a processor that the bitcode was not compiled for.
const HOST_ATTRIBUTES: [&str; 4] = ["target-cpu", "target-features", "tune-cpu", "probe-stack"];

/// The 128-bit helpers have names of this form.
pub const HELPER_PREFIX: &str = "__sbpf_";

/// Links the runtime into the program. A function that the program defines itself stays the program's.
///
/// The bitcode was compiled for the host, but unoptimised and from functions of integers and pointers, which look the
/// same for every 64-bit little-endian target; what names the host is removed here.
pub fn link_into(program: &Module) -> anyhow::Result<()> {
    let runtime = Module::parse(program.context(), BITCODE)?;
    runtime.retarget_like(program);
    for function in runtime.functions() {
        for attribute in HOST_ATTRIBUTES {
            function.remove_named_attribute(attribute);
        }
        let name = function.name();
        if name.starts_with(HELPER_PREFIX) {
            // The optimiser keeps a function that may not use builtins out of every function that may.
            function.remove_named_attribute("no-builtins");
        }
        let own = program.function(&name).is_some_and(|own| !own.is_declaration() && !own.is_weak());
        if own && !function.is_declaration() {
            function.make_weak();
        }
    }
    program.link(runtime)?;
    for function in helpers(program).filter(|function| !function.is_declaration()) {
        function.make_internal();
    }
    Ok(())
}

/// Whether a lowering has called a helper that is not there, because it was unused when the optimiser last ran.
pub fn is_missing(program: &Module) -> bool {
    helpers(program).any(Function::is_declaration)
}

fn helpers(program: &Module) -> impl Iterator<Item = Function> {
    program.functions().into_iter().filter(|function| function.name().starts_with(HELPER_PREFIX))
}
