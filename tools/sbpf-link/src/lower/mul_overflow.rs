//! `checked_mul` and its family on 64 bits, and with them the growth of a `Vec`.
//!
//! To see whether a product fits, the backend multiplies in 128 bits, for which it wants the function `__multi3`, and
//! says that a call to it is not supported. Here the upper half of the product is looked at through 32-bit halves of
//! the factors, which takes some fifteen instructions.

use crate::llvm::{Builder, Comparison, Instruction, Module, Type, Value};

/// Rewrites the multiplications of 64 bits that report an overflow.
pub fn lower(module: &Module) {
    for call in module.instructions() {
        let Some(function) = call.called_function() else {
            continue;
        };
        let multiply = match function.name().as_str() {
            "llvm.umul.with.overflow.i64" => unsigned,
            "llvm.smul.with.overflow.i64" => signed,
            _ => continue,
        };
        let builder = call.builder(module.context());
        let (product, overflow) = multiply(&builder, module.context().int(64), call);
        let result = call.value().ty().undefined();
        let result = builder.with_field(result, 0, product);
        call.replace_with(builder.with_field(result, 1, overflow));
    }
}

fn unsigned(builder: &Builder, int64: Type, call: Instruction) -> (Value, Value) {
    multiply(builder, int64, call.operand(0), call.operand(1))
}

/// The product of the magnitudes, which may be up to 2^63 - 1, or 2^63 if the result is negative.
fn signed(builder: &Builder, int64: Type, call: Instruction) -> (Value, Value) {
    let (a, b) = (call.operand(0), call.operand(1));
    let (magnitude, beyond) = multiply(builder, int64, magnitude(builder, int64, a), magnitude(builder, int64, b));
    let negative = builder.lshr(builder.xor(a, b), int64.constant(63));
    let limit = builder.add(int64.constant(i64::MAX as u64), negative);
    let overflow = builder.or(beyond, builder.compare(Comparison::Less, limit, magnitude));
    (builder.mul(a, b), overflow)
}

/// The absolute value: with `sign` all ones if negative, `(x ^ sign) - sign`.
pub fn magnitude(builder: &Builder, ty: Type, value: Value) -> Value {
    let sign = sign_of(builder, ty, value);
    with_sign(builder, value, sign)
}

/// All ones if the value is negative, else zero.
pub fn sign_of(builder: &Builder, ty: Type, value: Value) -> Value {
    let crate::llvm::TypeKind::Integer(bits) = ty.kind() else { unreachable!("only integers have a sign") };
    builder.ashr(value, ty.constant(u64::from(bits - 1)))
}

/// Negates the value if `sign` is all ones, keeps it if it is zero.
pub fn with_sign(builder: &Builder, value: Value, sign: Value) -> Value {
    builder.sub(builder.xor(value, sign), sign)
}

/// The low 64 bits of the product, and whether there are more.
fn multiply(builder: &Builder, int64: Type, a: Value, b: Value) -> (Value, Value) {
    let (zero, half, mask) = (int64.constant(0), int64.constant(32), int64.constant(u64::from(u32::MAX)));
    let (a_high, a_low) = (builder.lshr(a, half), builder.and(a, mask));
    let (b_high, b_low) = (builder.lshr(b, half), builder.and(b, mask));
    let is_set = |value| builder.compare(Comparison::NotEqual, value, zero);
    let both_large = builder.and(is_set(a_high), is_set(b_high));
    // At most one of the two products is not zero, unless both are large, and then the sum does not matter.
    let cross = builder.add(builder.mul(a_high, b_low), builder.mul(b_high, a_low));
    let cross_large = is_set(builder.lshr(cross, half));
    let low = builder.mul(a_low, b_low);
    let sum = builder.add(builder.shl(cross, half), low);
    let carry = builder.compare(Comparison::Less, sum, low);
    (sum, builder.or(builder.or(both_large, cross_large), carry))
}
