//! Links the runtime library (`runtime/`) into a program.

use crate::llvm::{Function, Module};

#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "../runtime/wide.rs"]
mod wide;

/// Compiled by the build script, for the host.
const BITCODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.bc"));

/// Attributes of functions that refer to the host's processor.
const HOST_ATTRIBUTES: [&str; 4] = ["target-cpu", "target-features", "tune-cpu", "probe-stack"];

/// The 128-bit helpers have names of this form.
pub const HELPER_PREFIX: &str = "__sbpf_";

/// Links the runtime into the program. The program's own definitions take precedence.
///
/// The bitcode was compiled for the host, without optimisation. Its functions have only integers and pointers, which are the same for
/// every 64-bit little-endian target. References to the host are removed here.
pub fn link_into(program: &Module) -> anyhow::Result<()> {
    let runtime = Module::parse(program.context(), BITCODE)?;
    runtime.retarget_like(program);
    for function in runtime.functions() {
        for attribute in HOST_ATTRIBUTES {
            function.remove_named_attribute(attribute);
        }
        let name = function.name();
        if name.starts_with(HELPER_PREFIX) {
            // The optimiser does not inline a function with `no-builtins` into functions without it.
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

/// Whether a lowering has called a missing helper, which the optimiser had removed as unused.
pub fn is_missing(program: &Module) -> bool {
    helpers(program).any(Function::is_declaration)
}

fn helpers(program: &Module) -> impl Iterator<Item = Function> {
    program.functions().into_iter().filter(|function| function.name().starts_with(HELPER_PREFIX))
}
