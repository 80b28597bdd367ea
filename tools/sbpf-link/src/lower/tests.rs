//! What the backend says without a lowering, and that it says nothing with it.

use super::{finish, lower};
use crate::{
    llvm::{Context, Machine, Module, emit_object},
    runtime,
};

const TARGET: &str = r#"
    target triple = "bpfel"
    target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
"#;

fn refusal(body: &str) -> String {
    let context = Context::new();
    let module = Module::parse_assembly(&context, &format!("{TARGET}{body}")).unwrap();
    emit_object(&module, &Machine::new().unwrap()).expect_err("the backend compiles it by itself").to_string()
}

fn lowered(body: &str) -> anyhow::Result<Vec<u8>> {
    let context = Context::new();
    let module = Module::parse_assembly(&context, &format!("{TARGET}{body}"))?;
    let machine = Machine::new()?;
    runtime::link_into(&module)?;
    lower(&module, &machine)?;
    module.run_passes("always-inline,globaldce", &machine)?;
    emit_object(&module, &machine)
}

#[track_caller]
fn check(body: &str, expected: &str) {
    let refusal = refusal(body);
    assert!(refusal.contains(expected), "{refusal}");
    lowered(body).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn multiplications_of_64_bits_that_report_an_overflow() {
    for sign in ["u", "s"] {
        let body = format!(
            "define i64 @entrypoint(i64 %a, i64 %b) {{
               %pair = call {{ i64, i1 }} @llvm.{sign}mul.with.overflow.i64(i64 %a, i64 %b)
               %product = extractvalue {{ i64, i1 }} %pair, 0
               %overflow = extractvalue {{ i64, i1 }} %pair, 1
               %result = select i1 %overflow, i64 1, i64 %product
               ret i64 %result
             }}
             declare {{ i64, i1 }} @llvm.{sign}mul.with.overflow.i64(i64, i64)"
        );
        check(&body, "A call to built-in function '__multi3' is not supported");
    }
}

#[test]
fn signed_division() {
    for operation in ["sdiv", "srem"] {
        for bits in [8, 32, 64] {
            let body = format!(
                "define i{bits} @entrypoint(i{bits} %a, i{bits} %b) {{
                   %result = {operation} i{bits} %a, %b
                   ret i{bits} %result
                 }}"
            );
            check(&body, "unsupported signed division");
        }
    }
}

/// Without the lowering, LLVM ends the process.
#[test]
fn atomic_operations_and_fences() {
    let body = "
        define i64 @entrypoint(ptr %p, i64 %a) {
          fence seq_cst
          fence syncscope(\"singlethread\") seq_cst
          %old = atomicrmw nand ptr %p, i64 %a seq_cst
          %pair = cmpxchg ptr %p, i64 %a, i64 %old acq_rel monotonic
          %swapped = extractvalue { i64, i1 } %pair, 0
          ret i64 %swapped
        }";
    lowered(body).unwrap();
}

fn wide(operation: &str) -> String {
    of_width(128, operation)
}

fn of_width(bits: u32, operation: &str) -> String {
    format!(
        "define i64 @entrypoint(ptr %p, ptr %q) {{
           %a = load i{bits}, ptr %p
           %b = load i{bits}, ptr %q
           {operation}
           store i{bits} %result, ptr %p
           ret i64 0
         }}"
    )
}

#[test]
fn arithmetic_of_widths_that_rust_does_not_have() {
    for bits in [65, 96, 127] {
        for operation in ["mul", "udiv", "urem", "sdiv", "srem", "shl", "lshr", "ashr"] {
            let body = of_width(bits, &format!("%result = {operation} i{bits} %a, %b"));
            check(&body, "A call to built-in function '__");
        }
    }
}

#[test]
fn arithmetic_of_128_bits() {
    let functions =
        [("mul", "__multi3"), ("udiv", "__udivti3"), ("urem", "__umodti3"), ("sdiv", "__divti3"), ("srem", "__modti3")];
    for (operation, function) in functions {
        let body = wide(&format!("%result = {operation} i128 %a, %b"));
        check(&body, &format!("A call to built-in function '{function}' is not supported"));
    }
}

#[test]
fn multiplications_of_128_bits_that_report_an_overflow() {
    for (sign, function) in [("u", "__multi3"), ("s", "__multi3")] {
        let body = wide(&format!(
            "%pair = call {{ i128, i1 }} @llvm.{sign}mul.with.overflow.i128(i128 %a, i128 %b)
             %product = extractvalue {{ i128, i1 }} %pair, 0
             %overflow = extractvalue {{ i128, i1 }} %pair, 1
             %result = select i1 %overflow, i128 1, i128 %product"
        ));
        let declaration = format!("declare {{ i128, i1 }} @llvm.{sign}mul.with.overflow.i128(i128, i128)");
        check(&(body + &declaration), &format!("A call to built-in function '{function}' is not supported"));
    }
}

#[test]
fn shifts_of_128_bits() {
    for (operation, function) in [("shl", "__ashlti3"), ("lshr", "__lshrti3"), ("ashr", "__ashrti3")] {
        let body = wide(&format!("%result = {operation} i128 %a, %b"));
        check(&body, &format!("A call to built-in function '{function}' is not supported"));
    }
}

#[test]
fn six_arguments() {
    let body = "
        define i64 @entrypoint(ptr %input) {
          %a = load i64, ptr %input
          %result = call i64 @six(i64 %a, i64 2, i64 3, i64 4, i64 5, i64 %a)
          ret i64 %result
        }
        define internal i64 @six(i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 %f) noinline {
          %result = add i64 %a, %f
          ret i64 %result
        }";
    check(body, "stack arguments are not supported");
}

#[test]
fn six_arguments_of_a_function_that_is_elsewhere() {
    let body = "
        define i64 @entrypoint() {
          %result = call i64 @sol_six(i64 1, i64 2, i64 3, i64 4, i64 5, i64 6)
          ret i64 %result
        }
        declare i64 @sol_six(i64, i64, i64, i64, i64, i64)";
    let error = lowered(body).unwrap_err().to_string();
    assert!(error.starts_with("sol_six takes more arguments than five registers hold"), "{error}");
}

#[test]
fn results_by_pointer() {
    let body = "
        define void @entrypoint(ptr sret([24 x i8]) %result) {
          store i64 1, ptr %result
          ret void
        }";
    check(body, "aggregate returns are not supported");
}

#[test]
fn long_copies_and_fills() {
    let context = Context::new();
    let body = "
        define void @entrypoint(ptr %a, ptr %b, i64 %length) {
          call void @llvm.memcpy.p0.p0.i64(ptr %a, ptr %b, i64 64, i1 false)
          call void @llvm.memcpy.p0.p0.i64(ptr %a, ptr %b, i64 65, i1 false)
          call void @llvm.memcpy.p0.p0.i64(ptr %a, ptr %b, i64 66, i1 true)
          call void @llvm.memcpy.p0.p0.i64(ptr %a, ptr %b, i64 %length, i1 false)
          call void @llvm.memmove.p0.p0.i32(ptr %a, ptr %b, i32 67, i1 false)
          call void @llvm.memset.p0.i64(ptr %a, i8 1, i64 128, i1 false)
          call void @llvm.memset.p0.i64(ptr %a, i8 2, i64 129, i1 false)
          ret void
        }";
    let module = Module::parse_assembly(&context, &format!("{TARGET}{body}")).unwrap();
    finish(&module).unwrap();
    let text = module.to_assembly();
    let calls: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("call void ")).collect();
    let expected = [
        "@llvm.memcpy.p0.p0.i64(ptr %a, ptr %b, i64 64, i1 false)",
        "@sol_memmove_(ptr %a, ptr %b, i64 65)",
        "@llvm.memcpy.p0.p0.i64(ptr %a, ptr %b, i64 66, i1 true)",
        "@llvm.memcpy.p0.p0.i64(ptr %a, ptr %b, i64 %length, i1 false)",
        "@sol_memmove_(ptr %a, ptr %b, i64 67)",
        "@llvm.memset.p0.i64(ptr %a, i8 1, i64 128, i1 false)",
        "@sol_memset_(ptr %a, i64 2, i64 129)",
    ];
    assert_eq!(calls, expected);
}

#[test]
fn errors_say_what_to_do() {
    let body = "
        define i64 @_ZN7program5price17h0123456789abcdefE(i64 %a) {
          %float = uitofp i64 %a to double
          %result = bitcast double %float to i64
          ret i64 %result
        }";
    let error = lowered(body).unwrap_err().to_string();
    assert!(error.contains("in function program::price"), "{error}");
    assert!(error.contains("'__floatundidf' is not supported. The VM has no floating-point numbers"), "{error}");
}
