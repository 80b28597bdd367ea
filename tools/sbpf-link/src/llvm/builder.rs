//! Makes instructions.

use super::{Context, Function, Instruction, Module, Type, Value};
use bpf_linker::llvm_sys::{LLVMIntPredicate, LLVMOpcode, core, prelude::LLVMBuilderRef};

const NO_NAME: *const std::ffi::c_char = c"".as_ptr();

/// The comparisons that the lowerings use; the unsigned ones are the only ones that they need.
#[derive(Clone, Copy)]
pub enum Comparison {
    /// `!=`
    NotEqual,
    /// `<`, unsigned
    Less,
}

/// Makes instructions at one place.
pub struct Builder<'c> {
    raw: LLVMBuilderRef,
    context: &'c Context,
}

impl<'c> Builder<'c> {
    /// A builder for what comes before an instruction.
    pub(super) fn before(context: &'c Context, instruction: Instruction) -> Self {
        // SAFETY: the instruction is valid and in a block.
        let raw = unsafe {
            let raw = core::LLVMCreateBuilderInContext(context.raw);
            core::LLVMPositionBuilderBefore(raw, instruction.0);
            raw
        };
        Self { raw, context }
    }

    /// An operation on two integers of one type.
    pub fn binary(&self, opcode: LLVMOpcode, left: Value, right: Value) -> Value {
        // SAFETY: the builder has a place, the operands are valid, and callers pass operations of two integers.
        Value(unsafe { core::LLVMBuildBinOp(self.raw, opcode, left.0, right.0, NO_NAME) })
    }

    /// `left + right`
    pub fn add(&self, left: Value, right: Value) -> Value {
        self.binary(LLVMOpcode::LLVMAdd, left, right)
    }

    /// `left - right`
    pub fn sub(&self, left: Value, right: Value) -> Value {
        self.binary(LLVMOpcode::LLVMSub, left, right)
    }

    /// `left * right`
    pub fn mul(&self, left: Value, right: Value) -> Value {
        self.binary(LLVMOpcode::LLVMMul, left, right)
    }

    /// `left & right`
    pub fn and(&self, left: Value, right: Value) -> Value {
        self.binary(LLVMOpcode::LLVMAnd, left, right)
    }

    /// `left | right`
    pub fn or(&self, left: Value, right: Value) -> Value {
        self.binary(LLVMOpcode::LLVMOr, left, right)
    }

    /// `left ^ right`
    pub fn xor(&self, left: Value, right: Value) -> Value {
        self.binary(LLVMOpcode::LLVMXor, left, right)
    }

    /// `left << right`
    pub fn shl(&self, left: Value, right: Value) -> Value {
        self.binary(LLVMOpcode::LLVMShl, left, right)
    }

    /// `left >> right`, zeros coming in
    pub fn lshr(&self, left: Value, right: Value) -> Value {
        self.binary(LLVMOpcode::LLVMLShr, left, right)
    }

    /// `left >> right`, the sign coming in
    pub fn ashr(&self, left: Value, right: Value) -> Value {
        self.binary(LLVMOpcode::LLVMAShr, left, right)
    }

    /// Compares two integers.
    pub fn compare(&self, comparison: Comparison, left: Value, right: Value) -> Value {
        let predicate = match comparison {
            Comparison::NotEqual => LLVMIntPredicate::LLVMIntNE,
            Comparison::Less => LLVMIntPredicate::LLVMIntULT,
        };
        // SAFETY: the builder has a place, and the operands are valid integers of one type.
        Value(unsafe { core::LLVMBuildICmp(self.raw, predicate, left.0, right.0, NO_NAME) })
    }

    /// The low bits of an integer.
    pub fn truncate(&self, value: Value, ty: Type) -> Value {
        // SAFETY: the builder has a place, and the type is a narrower integer.
        Value(unsafe { core::LLVMBuildTrunc(self.raw, value.0, ty.0, NO_NAME) })
    }

    /// An integer widened with zeros.
    pub fn zero_extend(&self, value: Value, ty: Type) -> Value {
        // SAFETY: the builder has a place, and the type is a wider integer.
        Value(unsafe { core::LLVMBuildZExt(self.raw, value.0, ty.0, NO_NAME) })
    }

    /// An integer widened with its sign.
    pub fn sign_extend(&self, value: Value, ty: Type) -> Value {
        // SAFETY: the builder has a place, and the type is a wider integer.
        Value(unsafe { core::LLVMBuildSExt(self.raw, value.0, ty.0, NO_NAME) })
    }

    /// The two limbs of a number of 128 bits, low before high.
    pub fn split(&self, value: Value) -> [Value; 2] {
        let high = self.lshr(value, self.context.int(128).constant(64));
        [value, high].map(|half| self.truncate(half, self.context.int(64)))
    }

    /// A number of 128 bits from its limbs, low before high.
    pub fn join(&self, limbs: [Value; 2]) -> Value {
        let int128 = self.context.int(128);
        let [low, high] = limbs.map(|limb| self.zero_extend(limb, int128));
        self.or(low, self.shl(high, int128.constant(64)))
    }

    /// One of two values.
    pub fn select(&self, condition: Value, yes: Value, no: Value) -> Value {
        // SAFETY: the builder has a place, the condition is one bit, and the values have one type.
        Value(unsafe { core::LLVMBuildSelect(self.raw, condition.0, yes.0, no.0, NO_NAME) })
    }

    /// A struct with one field replaced.
    pub fn with_field(&self, structure: Value, index: u32, field: Value) -> Value {
        // SAFETY: the builder has a place, and the struct has a field of this type there.
        Value(unsafe { core::LLVMBuildInsertValue(self.raw, structure.0, field.0, index, NO_NAME) })
    }

    /// Room for one value in the frame of the function that is being built. It is made in the entry block, where it is
    /// made once, even if the place of the builder is in a loop.
    pub fn frame_slot(&self, function: Function, ty: Type) -> Value {
        let entry = function.blocks()[0].instructions()[0];
        let builder = Builder::before(self.context, entry);
        // SAFETY: the builder has a place. Eight bytes are as much alignment as a frame has.
        unsafe {
            let slot = core::LLVMBuildAlloca(builder.raw, ty.0, NO_NAME);
            core::LLVMSetAlignment(slot, 8);
            Value(slot)
        }
    }

    /// Says that a slot is in use from here, so that slots in use at different times can share their place.
    pub fn slot_begins(&self, module: &Module, slot: Value) {
        self.mark_lifetime(module, "llvm.lifetime.start", slot);
    }

    /// Says that a slot is not in use any more.
    pub fn slot_ends(&self, module: &Module, slot: Value) {
        self.mark_lifetime(module, "llvm.lifetime.end", slot);
    }

    fn mark_lifetime(&self, module: &Module, intrinsic: &str, slot: Value) {
        let mut overload = [slot.ty().0];
        // SAFETY: the module is alive, the name is one that LLVM knows, and it has one type to fill in.
        let function = Function(unsafe {
            let id = core::LLVMLookupIntrinsicID(intrinsic.as_ptr().cast(), intrinsic.len());
            core::LLVMGetIntrinsicDeclaration(module.raw, id, overload.as_mut_ptr(), overload.len())
        });
        self.call(function.ty(), function.value(), &[slot]);
    }

    /// The address of a field of a struct in memory.
    pub fn field_address(&self, structure: Type, address: Value, index: u32) -> Value {
        // SAFETY: the builder has a place, and the struct type has that field.
        Value(unsafe { core::LLVMBuildStructGEP2(self.raw, structure.0, address.0, index, NO_NAME) })
    }

    /// Reads a value that is aligned to eight bytes, or to its own size where that is less.
    pub fn load(&self, ty: Type, address: Value) -> Value {
        // SAFETY: the builder has a place, and the address is a pointer.
        unsafe {
            let value = core::LLVMBuildLoad2(self.raw, ty.0, address.0, NO_NAME);
            core::LLVMSetAlignment(value, core::LLVMGetAlignment(value).min(8));
            Value(value)
        }
    }

    /// Writes a value, aligned as in [`Builder::load`].
    pub fn store(&self, value: Value, address: Value) {
        // SAFETY: the builder has a place, and the address is a pointer.
        unsafe {
            let store = core::LLVMBuildStore(self.raw, value.0, address.0);
            core::LLVMSetAlignment(store, core::LLVMGetAlignment(store).min(8));
        }
    }

    /// Calls a function, or a pointer to one.
    pub fn call(&self, ty: Type, callee: Value, arguments: &[Value]) -> Instruction {
        let mut arguments: Vec<_> = arguments.iter().map(|argument| argument.0).collect();
        // SAFETY: the builder has a place, and the arguments are those of the function type.
        Instruction(unsafe {
            core::LLVMBuildCall2(self.raw, ty.0, callee.0, arguments.as_mut_ptr(), arguments.len() as u32, NO_NAME)
        })
    }
}

impl Drop for Builder<'_> {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { core::LLVMDisposeBuilder(self.raw) };
    }
}
