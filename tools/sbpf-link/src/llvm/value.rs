//! Types, functions, blocks, instructions and other values of a module.

use super::{Builder, Context};
use bpf_linker::llvm_sys::{
    LLVMAttributeFunctionIndex, LLVMLinkage, LLVMOpcode, LLVMTypeKind, core,
    prelude::{LLVMBasicBlockRef, LLVMTypeRef, LLVMValueRef},
};
use std::{iter, ptr, slice};

/// Follows one of LLVM's linked lists.
pub(super) fn collect<T>(first: *mut T, next: impl Fn(*mut T) -> *mut T) -> impl Iterator<Item = *mut T> {
    let some = |item: *mut T| (!item.is_null()).then_some(item);
    iter::successors(some(first), move |item| some(next(*item)))
}

/// A type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Type(pub(super) LLVMTypeRef);

/// What the linker tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// An integer of this number of bits.
    Integer(u32),
    /// A pointer.
    Pointer,
    /// No value.
    Void,
    /// A struct, an array, a vector, a float.
    Other,
}

impl Type {
    /// The kind.
    pub fn kind(self) -> TypeKind {
        // SAFETY: the type is valid.
        match unsafe { core::LLVMGetTypeKind(self.0) } {
            LLVMTypeKind::LLVMIntegerTypeKind => {
                // SAFETY: an integer type has a width.
                TypeKind::Integer(unsafe { core::LLVMGetIntTypeWidth(self.0) })
            }
            LLVMTypeKind::LLVMPointerTypeKind => TypeKind::Pointer,
            LLVMTypeKind::LLVMVoidTypeKind => TypeKind::Void,
            _ => TypeKind::Other,
        }
    }

    /// A function type with this result.
    pub fn function(self, parameters: &[Type]) -> Type {
        let mut parameters: Vec<_> = parameters.iter().map(|ty| ty.0).collect();
        // SAFETY: the types are valid, and pointer and length are a vector's.
        Type(unsafe { core::LLVMFunctionType(self.0, parameters.as_mut_ptr(), parameters.len() as u32, 0) })
    }

    /// The result of a function type.
    pub fn result(self) -> Type {
        // SAFETY: a function type.
        Type(unsafe { core::LLVMGetReturnType(self.0) })
    }

    /// The parameters of a function type.
    pub fn parameters(self) -> Vec<Type> {
        // SAFETY: a function type, and room for as many as it has.
        unsafe {
            let mut types = vec![ptr::null_mut(); core::LLVMCountParamTypes(self.0) as usize];
            core::LLVMGetParamTypes(self.0, types.as_mut_ptr());
            types.into_iter().map(Type).collect()
        }
    }

    /// A constant of an integer type.
    pub fn constant(self, value: u64) -> Value {
        // SAFETY: an integer type.
        Value(unsafe { core::LLVMConstInt(self.0, value, 0) })
    }

    /// The value that says nothing.
    pub fn undefined(self) -> Value {
        // SAFETY: a type that values have.
        Value(unsafe { core::LLVMGetPoison(self.0) })
    }
}

/// Any value: a constant, an argument, a result, a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Value(pub(super) LLVMValueRef);

impl Value {
    /// The type.
    pub fn ty(self) -> Type {
        // SAFETY: the value is valid.
        Type(unsafe { core::LLVMTypeOf(self.0) })
    }

    /// Whether the value is known before the program runs.
    pub fn is_constant(self) -> bool {
        // SAFETY: the value is valid.
        unsafe { core::LLVMIsConstant(self.0) != 0 }
    }

    /// The number, if the value is an integer of at most 64 bits known before the program runs.
    pub fn as_constant(self) -> Option<u64> {
        // SAFETY: the value is valid; the answer is null or the value itself.
        let constant = unsafe { core::LLVMIsAConstantInt(self.0) };
        let narrow = matches!(self.ty().kind(), TypeKind::Integer(1..=64));
        // SAFETY: an integer constant, and no wider than what is returned.
        (narrow && !constant.is_null()).then(|| unsafe { core::LLVMConstIntGetZExtValue(constant) })
    }

    /// Puts another value in every place of this one.
    pub fn replace_uses(self, by: Value) {
        // SAFETY: both are valid and of one type, which the verifier checks once more.
        unsafe { core::LLVMReplaceAllUsesWith(self.0, by.0) };
    }

    /// The value as a call.
    pub fn as_call(self) -> Option<Instruction> {
        // SAFETY: the value is valid; the answer is null or the value itself.
        let call = unsafe { core::LLVMIsACallInst(self.0) };
        (!call.is_null()).then_some(Instruction(call))
    }
}

/// A function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Function(pub(super) LLVMValueRef);

impl Function {
    /// The function as a value.
    pub fn value(self) -> Value {
        Value(self.0)
    }

    /// The name, mangled.
    pub fn name(self) -> String {
        let mut length = 0;
        // SAFETY: the function is valid; name and length describe memory of LLVM's, copied at once.
        unsafe {
            let name = core::LLVMGetValueName2(self.0, &mut length);
            String::from_utf8_lossy(slice::from_raw_parts(name.cast(), length)).into_owned()
        }
    }

    /// The function type.
    pub fn ty(self) -> Type {
        // SAFETY: the function is valid.
        Type(unsafe { core::LLVMGlobalGetValueType(self.0) })
    }

    /// Whether the body is elsewhere.
    pub fn is_declaration(self) -> bool {
        // SAFETY: the function is valid.
        unsafe { core::LLVMIsDeclaration(self.0) != 0 }
    }

    /// Whether another definition may take this one's place.
    pub fn is_weak(self) -> bool {
        // SAFETY: the function is valid.
        let linkage = unsafe { core::LLVMGetLinkage(self.0) };
        matches!(linkage, LLVMLinkage::LLVMWeakAnyLinkage | LLVMLinkage::LLVMWeakODRLinkage)
    }

    /// Hides the function from everything outside its module.
    pub fn make_internal(self) {
        // SAFETY: the function is valid and defined here.
        unsafe { core::LLVMSetLinkage(self.0, LLVMLinkage::LLVMInternalLinkage) };
    }

    /// Gives way to another definition.
    pub fn make_weak(self) {
        // SAFETY: the function is valid and defined here.
        unsafe { core::LLVMSetLinkage(self.0, LLVMLinkage::LLVMWeakAnyLinkage) };
    }

    /// An argument.
    pub fn parameter(self, index: usize) -> Value {
        // SAFETY: callers stay below the number of parameters.
        Value(unsafe { core::LLVMGetParam(self.0, index as u32) })
    }

    /// The blocks of the body.
    pub fn blocks(&self) -> Vec<Block> {
        // SAFETY: the function is valid, and each block is one of its list.
        collect(unsafe { core::LLVMGetFirstBasicBlock(self.0) }, |block| unsafe { core::LLVMGetNextBasicBlock(block) })
            .map(Block)
            .collect()
    }

    /// Takes the body, linkage and calling convention of another function, which is left without a body.
    pub fn take_body(self, from: Function) {
        for block in from.blocks() {
            // SAFETY: the block is one of `from`'s, and joins `self` as soon as it is free.
            unsafe {
                core::LLVMRemoveBasicBlockFromParent(block.0);
                core::LLVMAppendExistingBasicBlock(self.0, block.0);
            }
        }
        // SAFETY: both functions are valid.
        unsafe {
            core::LLVMSetLinkage(self.0, core::LLVMGetLinkage(from.0));
            core::LLVMSetFunctionCallConv(self.0, core::LLVMGetFunctionCallConv(from.0));
        }
    }

    /// Takes the attributes of another function as a whole, not those of its parameters.
    pub fn take_attributes(self, from: Function) {
        // SAFETY: both functions are valid, and there is room for as many attributes as are counted.
        unsafe {
            let index = LLVMAttributeFunctionIndex;
            let mut attributes = vec![ptr::null_mut(); core::LLVMGetAttributeCountAtIndex(from.0, index) as usize];
            core::LLVMGetAttributesAtIndex(from.0, index, attributes.as_mut_ptr());
            for attribute in attributes {
                core::LLVMAddAttributeAtIndex(self.0, index, attribute);
            }
        }
    }

    /// Removes a parameter's attribute, such as `sret`.
    pub fn remove_parameter_attribute(self, parameter: usize, name: &str) {
        // SAFETY: the function is valid; LLVM counts the result as zero.
        unsafe { core::LLVMRemoveEnumAttributeAtIndex(self.0, parameter as u32 + 1, attribute_kind(name)) };
    }

    /// Removes an attribute of the function as a whole that LLVM knows, such as `memory`.
    pub fn remove_attribute(self, name: &str) {
        // SAFETY: the function is valid.
        unsafe {
            core::LLVMRemoveEnumAttributeAtIndex(self.0, LLVMAttributeFunctionIndex, attribute_kind(name));
        }
    }

    /// Takes the name of another function, which is left without one.
    pub fn take_name(self, from: Function) {
        let name = from.name();
        // SAFETY: both functions are valid; pointer and length are the names'.
        unsafe {
            core::LLVMSetValueName2(from.0, c"".as_ptr(), 0);
            core::LLVMSetValueName2(self.0, name.as_ptr().cast(), name.len());
        }
    }

    /// Removes an attribute of the function that has a name of its own, such as `target-cpu`.
    pub fn remove_named_attribute(self, name: &str) {
        // SAFETY: the function is valid, and pointer and length are the name's.
        unsafe {
            core::LLVMRemoveStringAttributeAtIndex(
                self.0,
                LLVMAttributeFunctionIndex,
                name.as_ptr().cast(),
                name.len() as u32,
            );
        }
    }

    /// Removes the function, which nothing may use.
    pub fn delete(self) {
        // SAFETY: nothing uses it, by contract.
        unsafe { core::LLVMDeleteFunction(self.0) };
    }
}

fn attribute_kind(name: &str) -> u32 {
    // SAFETY: pointer and length are the name's.
    unsafe { core::LLVMGetEnumAttributeKindForName(name.as_ptr().cast(), name.len()) }
}

/// A basic block.
#[derive(Clone, Copy)]
pub struct Block(pub(super) LLVMBasicBlockRef);

impl Block {
    /// The instructions in order.
    pub fn instructions(self) -> Vec<Instruction> {
        // SAFETY: the block is valid, and each instruction is one of its list.
        collect(unsafe { core::LLVMGetFirstInstruction(self.0) }, |instruction| unsafe {
            core::LLVMGetNextInstruction(instruction)
        })
        .map(Instruction)
        .collect()
    }
}

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Instruction(pub(super) LLVMValueRef);

impl Instruction {
    /// The result.
    pub fn value(self) -> Value {
        Value(self.0)
    }

    /// The operation.
    pub fn opcode(self) -> LLVMOpcode {
        // SAFETY: the instruction is valid.
        unsafe { core::LLVMGetInstructionOpcode(self.0) }
    }

    /// An operand; of a call, an argument.
    pub fn operand(self, index: usize) -> Value {
        // SAFETY: callers stay below the number of operands.
        Value(unsafe { core::LLVMGetOperand(self.0, index as u32) })
    }

    /// What is called, if this is a call: a function, or a pointer to one.
    pub fn callee(self) -> Option<Value> {
        // SAFETY: only a call is asked.
        self.value().as_call().map(|call| Value(unsafe { core::LLVMGetCalledValue(call.0) }))
    }

    /// The function that is called by its name, if this is such a call.
    pub fn called_function(self) -> Option<Function> {
        let callee = self.callee()?;
        // SAFETY: the callee is valid; the answer is null or the callee itself.
        let function = unsafe { core::LLVMIsAFunction(callee.0) };
        (!function.is_null()).then_some(Function(function))
    }

    /// The type that a call gives its callee.
    pub fn called_type(self) -> Type {
        // SAFETY: callers have made sure that this is a call.
        Type(unsafe { core::LLVMGetCalledFunctionType(self.0) })
    }

    /// The function that the instruction is in.
    pub fn function(self) -> Function {
        // SAFETY: the instruction is in a block, and the block in a function.
        Function(unsafe { core::LLVMGetBasicBlockParent(core::LLVMGetInstructionParent(self.0)) })
    }

    /// Removes an argument's attribute at a call.
    pub fn remove_argument_attribute(self, argument: usize, name: &str) {
        // SAFETY: callers have made sure that this is a call; LLVM counts the result as zero.
        unsafe { core::LLVMRemoveCallSiteEnumAttribute(self.0, argument as u32 + 1, attribute_kind(name)) };
    }

    /// Takes the calling convention of another call.
    pub fn take_convention(self, from: Instruction) {
        // SAFETY: callers have made sure that both are calls.
        unsafe { core::LLVMSetInstructionCallConv(self.0, core::LLVMGetInstructionCallConv(from.0)) };
    }

    /// A builder for what comes before the instruction.
    pub fn builder<'c>(self, context: &'c Context) -> Builder<'c> {
        Builder::before(context, self)
    }

    /// Puts a value in every place of the result, and removes the instruction.
    pub fn replace_with(self, value: Value) {
        self.value().replace_uses(value);
        self.erase();
    }

    /// Removes the instruction, whose result nothing uses.
    pub fn erase(self) {
        // SAFETY: nothing uses the result, by contract.
        unsafe { core::LLVMInstructionEraseFromParent(self.0) };
    }
}
