//! From bitcode files to an ELF.

use crate::{
    args::{Args, Optimization},
    llvm::{self, Context, Machine, Module, emit_object},
    lower, runtime, sections,
};
use anyhow::{Context as _, bail, ensure};
use aya_rustc_llvm_proxy as _;
use bpf_linker::{Cpu, Linker, LinkerInput, LinkerOptions, OptLevel, OutputType};
use sbpf_linker::{OptimizationConfig, ProgramOptions, SbpfArch, SbpfLinkerError, link_program};
use std::{env, ffi::CString, fs, path::Path};

/// The name, without extension, of the single library to link; if unset, every library is linked. A program that is a dependency is a
/// `cdylib` too, and rustc would also link it.
pub const ONLY_VARIABLE: &str = "SBPF_LINK_ONLY";

/// Bytes of the stack frame that the VM gives each function. sBPF v3 has no gaps between frames (SIMD-0377), so only
/// LLVM's check against this size protects the caller's frame.
const FRAME_SIZE: i32 = 4096;

/// Eight reserved bytes at address 0. Read-only data of sBPF v3 begins there (SIMD-0189), so without them a reference to
/// the first constant would be a null pointer, and `Some` of it would read as `None`. Solana's own linker script reserves
/// these bytes too. Module-level assembly, because LLVM emits its lookup tables before every global of the module.
const RESERVED_NULL: &str = ".section .rodata,\"a\",@progbits\n.p2align 3\n.quad 0\n";

/// Passes after the lowerings: inline the small helpers, and remove unused code.
///
/// A whole `default<O3>` would undo the lowerings: its `aggressive-instcombine` knows how a wide product is computed
/// in limbs, and makes one wide multiplication of it. Without that pass, the test programs took 3 to 25 % more
/// compute units than with this list. `no-verify-fixpoint` because LLVM checks its own work when a pass is asked for
/// by name, and ends the process if one round was not enough.
const CLEANUP: &str = "cgscc(inline),\
    function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,\
    gvn,dse,instcombine<no-verify-fixpoint>,simplifycfg,adce),\
    globaldce";

/// Links the inputs and writes the ELF:
///
/// 1. merge the inputs, hide what is not exported, optimise (bpf-linker);
/// 2. add the runtime, rewrite what the backend refuses, optimise again ([`compile`]);
/// 3. generate code ([`compile`]);
/// 4. resolve relocations and syscalls, and lay out the ELF (sbpf-linker);
/// 5. append the section table ([`sections`]).
pub fn link(args: &Args) -> anyhow::Result<()> {
    let only = env::var_os(ONLY_VARIABLE);
    if only.is_some_and(|only| args.output.file_stem() != Some(&only)) {
        return write(&args.output, b"");
    }
    llvm::ensure_version()?;
    let object = compile(&merge(args)?, args.dump.as_deref())?;
    let options = ProgramOptions::new(OptimizationConfig::enabled(), SbpfArch::V3, FRAME_SIZE);
    let mut elf = link_program(&object, options)
        .map_err(|errors| anyhow::anyhow!("{}", SbpfLinkerError::format_errors(&errors)))
        .context("sbpf-linker cannot lay out the program")?;
    sections::append(&mut elf)?;
    write(&args.output, &elf)
}

/// Merges the inputs into one module.
fn merge(args: &Args) -> anyhow::Result<Vec<u8>> {
    let linker = Linker::new(LinkerOptions {
        target: None,
        cpu: Cpu::V2,
        cpu_features: CString::default(),
        optimize: match args.optimization {
            Optimization::Less => OptLevel::Less,
            Optimization::Default => OptLevel::Default,
            Optimization::Aggressive => OptLevel::Aggressive,
            Optimization::Size => OptLevel::Size,
            Optimization::MinimalSize => OptLevel::SizeMin,
        },
        unroll_loops: false,
        ignore_inline_never: false,
        // The options are LLVM's, of the whole process, so they hold for code generation too.
        llvm_args: vec![CString::new(format!("-bpf-stack-size={FRAME_SIZE}"))?],
        disable_expand_memcpy_in_order: true,
        disable_memory_builtins: false,
        btf: false,
        allow_bpf_trap: false,
    });
    let inputs = args.inputs.iter().map(|path| LinkerInput::new_from_file(path));
    let exports = args.exports.iter().map(String::as_str);
    let merged = linker.link_to_buffer(inputs, OutputType::Bitcode, exports).context("cannot merge the inputs")?;
    ensure!(!linker.has_errors(), "LLVM refuses an input, for the reason above");
    Ok(merged.to_vec())
}

/// Compiles a merged module to a BPF object.
pub fn compile(bitcode: &[u8], dump: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    let context = Context::new();
    let machine = Machine::new()?;
    let module = Module::parse(&context, bitcode)?;
    dump_module(&module, dump, "merged.ll")?;
    // The passes can create code that a lowering has just rewritten. If its helper was unused and removed, another round links it again.
    loop {
        runtime::link_into(&module)?;
        lower::lower(&module, &machine)?;
        module.run_passes(CLEANUP, &machine)?;
        lower::lower(&module, &machine)?;
        if !runtime::is_missing(&module) {
            break;
        }
    }
    lower::finish(&module)?;
    dump_module(&module, dump, "lowered.ll")?;
    module.add_assembly(RESERVED_NULL);
    emit_object(&module, &machine)
}

fn dump_module(module: &Module, folder: Option<&Path>, name: &str) -> anyhow::Result<()> {
    let Some(folder) = folder else { return Ok(()) };
    if let Err(error) = fs::create_dir_all(folder) {
        bail!("cannot make the folder {}: {error}", folder.display());
    }
    write(&folder.join(name), module.to_assembly().as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
