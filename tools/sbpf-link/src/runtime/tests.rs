//! The 128-bit helpers, run on the host and compared with its own arithmetic.

use super::{is_missing, link_into, wide::*};
use crate::{
    llvm::{Context, Machine, Module, emit_object},
    lower::lower,
};

#[test]
fn a_helper_that_was_removed_comes_back() {
    let context = Context::new();
    let body = r#"
        target triple = "bpfel"
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        define i64 @entrypoint(ptr %p, i64 %a) {
          %one = call i64 @__sbpf_mul128(ptr %p, i64 %a, i64 1, i64 2, i64 3)
          ret i64 %one
        }
        declare i64 @__sbpf_mul128(ptr, i64, i64, i64, i64)"#;
    let module = Module::parse_assembly(&context, body).unwrap();
    assert!(is_missing(&module));
    link_into(&module).unwrap();
    assert!(!is_missing(&module));
    let machine = Machine::new().unwrap();
    module.run_passes("globaldce", &machine).unwrap();
    let entry = module.function("entrypoint").unwrap().blocks()[0].instructions()[0];
    let pointer = context.pointer();
    let int64 = context.int(64);
    let ty = int64.function(&[pointer, int64, int64, int64, int64]);
    let divide = module.add_function("__sbpf_udiv128", ty);
    let arguments: Vec<_> = (0..5).map(|index| entry.operand(index)).collect();
    entry.builder(&context).call(ty, divide.value(), &arguments);
    assert!(is_missing(&module));
    link_into(&module).unwrap();
    assert!(!is_missing(&module));
    lower(&module, &machine).unwrap();
    module.run_passes("always-inline,globaldce", &machine).unwrap();
    emit_object(&module, &machine).unwrap();
}

type Helper = unsafe extern "C" fn(*mut Limbs, u64, u64, u64, u64) -> u64;

fn call(helper: Helper, a: u128, b: u128) -> (u128, bool) {
    let mut out = [0; 2];
    // SAFETY: the place is writable, and no caller divides by zero.
    let flag = unsafe { helper(&mut out, a as u64, (a >> 64) as u64, b as u64, (b >> 64) as u64) };
    (u128::from(out[1]) << 64 | u128::from(out[0]), flag != 0)
}

fn compare(a: u128, b: u128) {
    let (c, d) = (a as i128, b as i128);
    let signed = |(value, flag): (i128, bool)| (value as u128, flag);
    assert_eq!(call(__sbpf_mul128, a, b).0, a.wrapping_mul(b), "{a} * {b}");
    assert_eq!(call(__sbpf_umulo128, a, b), a.overflowing_mul(b), "{a} * {b}");
    assert_eq!(call(__sbpf_smulo128, a, b), signed(c.overflowing_mul(d)), "{c} * {d}");
    if b != 0 {
        assert_eq!(call(__sbpf_udiv128, a, b).0, a / b, "{a} / {b}");
        assert_eq!(call(__sbpf_urem128, a, b).0, a % b, "{a} % {b}");
        assert_eq!(call(__sbpf_sdiv128, a, b).0, c.wrapping_div(d) as u128, "{c} / {d}");
        assert_eq!(call(__sbpf_srem128, a, b).0, c.wrapping_rem(d) as u128, "{c} % {d}");
    }
}

#[test]
fn at_the_edges() {
    let mut edges = vec![0, 1, 3, 10, u128::MAX / 3, u128::MAX / 10];
    for power in (0..128).step_by(8).chain([1, 31, 33, 63, 65, 127]) {
        let power = 1_u128 << power;
        edges.extend([power.wrapping_sub(1), power, power + 1, power.wrapping_neg(), !power]);
    }
    for a in &edges {
        for b in &edges {
            compare(*a, *b);
        }
    }
}

/// Numbers made of runs of ones and zeros of random length: the estimated digits of a quotient are wrong most often
/// where a divisor begins with one and goes on with zeros, or the other way round.
#[test]
fn at_random() {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 32
    };
    let mut number = || {
        let mut number = u128::from(random()) << 96 | u128::from(random()) << 64 | u128::from(random());
        for _ in 0..random() % 4 {
            let (start, length) = (random() % 128, random() % 64);
            let run = (1_u128 << length).wrapping_sub(1).rotate_left(start as u32);
            number = if random() % 2 == 0 { number | run } else { number & !run };
        }
        number >> (random() % 128)
    };
    for _ in 0..1_000_000 {
        compare(number(), number());
    }
}
