//! The part of LLVM's C interface that the linker needs, with names and owners.
//!
//! Not a general binding: handles carry no link to the module that owns them, so the rule that keeps their use sound
//! is a convention. A handle is used only while its module lives, and an instruction that was replaced or erased is
//! not used again. All functions stay in one thread.

mod builder;
mod locate;
mod machine;
mod value;

pub use builder::{Builder, Comparison};
pub use locate::library_path;
pub use machine::{Machine, emit_object};
pub use value::{Block, Function, Instruction, Type, TypeKind, Value};

use anyhow::{Context as _, bail, ensure};
use bpf_linker::llvm_sys::{
    LLVMDiagnosticSeverity, analysis, bit_reader, core, error,
    linker::LLVMLinkModules2,
    prelude::{LLVMContextRef, LLVMDiagnosticInfoRef, LLVMMemoryBufferRef, LLVMModuleRef},
    target::LLVMGetModuleDataLayout,
    transforms::pass_builder,
};
use std::{
    cell::RefCell,
    ffi::{CStr, CString, c_char, c_void},
    ptr, slice,
};

/// The LLVM that `llvm-sys` was written for. Another one would be called with the wrong numbers for opcodes.
const LLVM_MAJOR: u32 = 22;

/// Fails if rustc's LLVM is another one.
pub fn ensure_version() -> anyhow::Result<()> {
    let mut major = 0;
    // SAFETY: the two numbers that are not asked for may be null.
    unsafe { core::LLVMGetVersion(&mut major, ptr::null_mut(), ptr::null_mut()) };
    ensure!(
        major == LLVM_MAJOR,
        "rustc brought LLVM {major}, and this linker speaks to LLVM {LLVM_MAJOR}: \
         use the Rust version that rust-toolchain.toml names"
    );
    Ok(())
}

/// Owns types and constants, and collects what LLVM has to say about the modules in it.
pub struct Context {
    raw: LLVMContextRef,
    /// Boxed because LLVM keeps a pointer to it.
    errors: Box<RefCell<Vec<String>>>,
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl Context {
    /// A context whose errors are kept for [`Context::take_errors`] instead of ending the process.
    pub fn new() -> Self {
        // SAFETY: creating a context has no preconditions.
        let raw = unsafe { core::LLVMContextCreate() };
        let errors = Box::new(RefCell::new(Vec::new()));
        let user_data: *const RefCell<Vec<String>> = &*errors;
        // SAFETY: the box lives as long as the context, and only this thread uses either.
        unsafe { core::LLVMContextSetDiagnosticHandler(raw, Some(collect_error), user_data.cast_mut().cast()) };
        Self { raw, errors }
    }

    /// The errors since the last call.
    pub fn take_errors(&self) -> Vec<String> {
        self.errors.take()
    }

    /// An integer type.
    pub fn int(&self, bits: u32) -> Type {
        // SAFETY: the context is alive.
        Type(unsafe { core::LLVMIntTypeInContext(self.raw, bits) })
    }

    /// The pointer type.
    pub fn pointer(&self) -> Type {
        // SAFETY: the context is alive.
        Type(unsafe { core::LLVMPointerTypeInContext(self.raw, 0) })
    }

    /// The type of what is no value.
    pub fn void(&self) -> Type {
        // SAFETY: the context is alive.
        Type(unsafe { core::LLVMVoidTypeInContext(self.raw) })
    }

    /// A struct type with the natural layout.
    pub fn structure(&self, fields: &[Type]) -> Type {
        let mut fields: Vec<_> = fields.iter().map(|ty| ty.0).collect();
        // SAFETY: the context is alive, and the pointer and the length are a vector's.
        Type(unsafe { core::LLVMStructTypeInContext(self.raw, fields.as_mut_ptr(), fields.len() as u32, 0) })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned, and modules borrow the context, so none is left.
        unsafe { core::LLVMContextDispose(self.raw) };
    }
}

extern "C" fn collect_error(info: LLVMDiagnosticInfoRef, user_data: *mut c_void) {
    // SAFETY: LLVM passes a valid diagnostic.
    if unsafe { core::LLVMGetDiagInfoSeverity(info) } != LLVMDiagnosticSeverity::LLVMDSError {
        return;
    }
    // SAFETY: the description is a message of LLVM's, given to the caller.
    let message = unsafe { take_message(core::LLVMGetDiagInfoDescription(info)) };
    // SAFETY: `Context::new` passed this pointer, and the context that calls owns what it points to.
    let errors = unsafe { &*user_data.cast::<RefCell<Vec<String>>>() };
    errors.borrow_mut().push(message);
}

/// A program, or a part of one.
pub struct Module<'c> {
    raw: LLVMModuleRef,
    context: &'c Context,
}

impl<'c> Module<'c> {
    /// Reads bitcode.
    pub fn parse(context: &'c Context, bitcode: &[u8]) -> anyhow::Result<Self> {
        let buffer = copy_to_buffer(bitcode);
        let mut raw = ptr::null_mut();
        // SAFETY: context and buffer are alive; the buffer stays the caller's.
        let failed = unsafe {
            let failed = bit_reader::LLVMParseBitcodeInContext2(context.raw, buffer, &mut raw);
            core::LLVMDisposeMemoryBuffer(buffer);
            failed
        };
        ensure!(failed == 0, "LLVM cannot read the bitcode: {}", context.take_errors().join("; "));
        Ok(Self { raw, context })
    }

    /// Reads LLVM's assembly language.
    #[cfg(test)]
    pub fn parse_assembly(context: &'c Context, text: &str) -> anyhow::Result<Self> {
        let buffer = copy_to_buffer(text.as_bytes());
        let (mut raw, mut message) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: context and buffer are alive; the buffer stays the caller's, a copy ends in a zero.
        let failed = unsafe {
            use bpf_linker::llvm_sys::ir_reader::LLVMParseIRInContext2;
            let failed = LLVMParseIRInContext2(context.raw, buffer, &mut raw, &mut message);
            core::LLVMDisposeMemoryBuffer(buffer);
            failed
        };
        if failed != 0 {
            // SAFETY: LLVM set the message because it failed.
            bail!("{}", unsafe { take_message(message) });
        }
        Ok(Self { raw, context })
    }

    /// The context that the module lives in.
    pub fn context(&self) -> &'c Context {
        self.context
    }

    /// Takes triple and data layout from `other`.
    pub fn retarget_like(&self, other: &Module) {
        // SAFETY: both modules are alive, and LLVM copies the strings.
        unsafe {
            core::LLVMSetTarget(self.raw, core::LLVMGetTarget(other.raw));
            core::LLVMSetDataLayout(self.raw, core::LLVMGetDataLayoutStr(other.raw));
        }
    }

    /// Adds everything that is in `other`.
    pub fn link(&self, other: Module) -> anyhow::Result<()> {
        let raw = other.raw;
        std::mem::forget(other);
        // SAFETY: both modules are alive and of one context; LLVM disposes of the second.
        let failed = unsafe { LLVMLinkModules2(self.raw, raw) };
        ensure!(failed == 0, "LLVM cannot link two modules: {}", self.context.take_errors().join("; "));
        Ok(())
    }

    /// Appends module-level assembly. It is emitted before all functions and globals.
    pub fn add_assembly(&self, text: &str) {
        // SAFETY: the module is alive, pointer and length are a string's, and LLVM copies it.
        unsafe { core::LLVMAppendModuleInlineAsm(self.raw, text.as_ptr().cast(), text.len()) }
    }

    /// The functions, declared or defined.
    pub fn functions(&self) -> Vec<Function> {
        // SAFETY: the module is alive, and each function is one of its list.
        value::collect(unsafe { core::LLVMGetFirstFunction(self.raw) }, |function| unsafe {
            core::LLVMGetNextFunction(function)
        })
        .map(Function)
        .collect()
    }

    /// The instructions of all functions.
    pub fn instructions(&self) -> Vec<Instruction> {
        let functions = self.functions();
        functions.iter().flat_map(Function::blocks).flat_map(|block| block.instructions()).collect()
    }

    /// The function of that name.
    pub fn function(&self, name: &str) -> Option<Function> {
        let name = CString::new(name).ok()?;
        // SAFETY: the module is alive.
        let raw = unsafe { core::LLVMGetNamedFunction(self.raw, name.as_ptr()) };
        (!raw.is_null()).then_some(Function(raw))
    }

    /// Declares a function.
    pub fn add_function(&self, name: &str, ty: Type) -> Function {
        let name = CString::new(name).unwrap_or_default();
        // SAFETY: the module is alive, and the type is a function type of its context.
        Function(unsafe { core::LLVMAddFunction(self.raw, name.as_ptr(), ty.0) })
    }

    /// What a value of the type takes up in memory, in bytes.
    pub fn size_of(&self, ty: Type) -> u64 {
        // SAFETY: module and type are alive; the layout is the module's own.
        unsafe { bpf_linker::llvm_sys::target::LLVMABISizeOfType(LLVMGetModuleDataLayout(self.raw), ty.0) }
    }

    /// Checks what the lowerings made.
    pub fn verify(&self) -> anyhow::Result<()> {
        let mut message = ptr::null_mut();
        let action = analysis::LLVMVerifierFailureAction::LLVMReturnStatusAction;
        // SAFETY: the module is alive, and the message belongs to the caller.
        let (failed, message) =
            unsafe { (analysis::LLVMVerifyModule(self.raw, action, &mut message), take_message(message)) };
        ensure!(failed == 0, "a lowering made an invalid module, which is a bug of sbpf-link: {message}");
        Ok(())
    }

    /// Runs passes, named as `opt -passes=` names them.
    pub fn run_passes(&self, passes: &str, machine: &Machine) -> anyhow::Result<()> {
        let names = CString::new(passes).context("a list of passes has no zero byte")?;
        // SAFETY: module, machine and options are alive for the call; a returned error belongs to the caller.
        unsafe {
            let options = pass_builder::LLVMCreatePassBuilderOptions();
            let failure = pass_builder::LLVMRunPasses(self.raw, names.as_ptr(), machine.raw(), options);
            pass_builder::LLVMDisposePassBuilderOptions(options);
            if !failure.is_null() {
                let text = error::LLVMGetErrorMessage(failure);
                let message = CStr::from_ptr(text).to_string_lossy().into_owned();
                error::LLVMDisposeErrorMessage(text);
                bail!("LLVM cannot run the passes {passes}: {message}");
            }
        }
        Ok(())
    }

    /// The module in LLVM's assembly language, for people.
    pub fn to_assembly(&self) -> String {
        // SAFETY: the module is alive, and the text belongs to the caller.
        unsafe { take_message(core::LLVMPrintModuleToString(self.raw)) }
    }
}

impl Drop for Module<'_> {
    fn drop(&mut self) {
        // SAFETY: owned, and the context is alive.
        unsafe { core::LLVMDisposeModule(self.raw) };
    }
}

fn copy_to_buffer(bytes: &[u8]) -> LLVMMemoryBufferRef {
    // SAFETY: pointer and length are a slice's, and LLVM copies the bytes.
    unsafe { core::LLVMCreateMemoryBufferWithMemoryRangeCopy(bytes.as_ptr().cast(), bytes.len(), c"program".as_ptr()) }
}

/// The bytes of a buffer, which is disposed of.
///
/// # Safety
/// The buffer is valid, and the caller owns it.
unsafe fn take_buffer(buffer: LLVMMemoryBufferRef) -> Vec<u8> {
    // SAFETY: start and size describe the buffer, which is alive until the last line.
    unsafe {
        let start = core::LLVMGetBufferStart(buffer).cast::<u8>();
        let bytes = slice::from_raw_parts(start, core::LLVMGetBufferSize(buffer)).to_vec();
        core::LLVMDisposeMemoryBuffer(buffer);
        bytes
    }
}

/// The text of a message, which is disposed of.
///
/// # Safety
/// The message is null or a C string of LLVM's, and the caller owns it.
unsafe fn take_message(message: *mut c_char) -> String {
    if message.is_null() {
        return String::new();
    }
    // SAFETY: a C string, alive until the last line.
    unsafe {
        let text = CStr::from_ptr(message).to_string_lossy().into_owned();
        core::LLVMDisposeMessage(message);
        text
    }
}
