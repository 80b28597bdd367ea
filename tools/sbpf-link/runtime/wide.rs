//! 128-bit arithmetic in 64-bit limbs: what `src/lower/wide.rs` turns the operations into.
//!
//! A helper takes the two operands as four limbs, low before high, and a place for the result, which makes five
//! registers, all that a call has. The result register carries the overflow flag of the helpers that have one.

use core::num::NonZeroU64;

/// Low limb, high limb.
pub type Limbs = [u64; 2];

const LOW_HALF: u64 = 0xffff_ffff;

/// # Safety
/// `out` is writable. The same holds for every helper below.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sbpf_mul128(out: *mut Limbs, al: u64, ah: u64, bl: u64, bh: u64) -> u64 {
    // SAFETY: the caller vouches for `out`.
    unsafe { out.write(multiply([al, ah], [bl, bh])) };
    0
}

/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sbpf_umulo128(out: *mut Limbs, al: u64, ah: u64, bl: u64, bh: u64) -> u64 {
    let (product, overflow) = multiply_overflowing([al, ah], [bl, bh]);
    // SAFETY: the caller vouches for `out`.
    unsafe { out.write(product) };
    u64::from(overflow)
}

/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sbpf_smulo128(out: *mut Limbs, al: u64, ah: u64, bl: u64, bh: u64) -> u64 {
    let (a, b) = ([al, ah], [bl, bh]);
    let negative = is_negative(a) != is_negative(b);
    let (magnitude, overflow) = multiply_overflowing(absolute(a), absolute(b));
    let product = if negative { negate(magnitude) } else { magnitude };
    // The sign of the product shows whether the magnitude fits: zero has none, and -2^127 is its own negative.
    let wrong_sign = is_negative(product) != negative && (product[0] | product[1]) != 0;
    // SAFETY: the caller vouches for `out`.
    unsafe { out.write(product) };
    u64::from(overflow | wrong_sign)
}

/// # Safety
/// `out` is writable, and the divisor is not zero. The same holds for the other divisions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sbpf_udiv128(out: *mut Limbs, al: u64, ah: u64, bl: u64, bh: u64) -> u64 {
    // SAFETY: the caller vouches for `out` and for the divisor.
    unsafe { out.write(divide([al, ah], [bl, bh]).0) };
    0
}

/// # Safety
/// `out` is writable, and the divisor is not zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sbpf_urem128(out: *mut Limbs, al: u64, ah: u64, bl: u64, bh: u64) -> u64 {
    // SAFETY: the caller vouches for `out` and for the divisor.
    unsafe { out.write(divide([al, ah], [bl, bh]).1) };
    0
}

/// # Safety
/// `out` is writable, and the divisor is not zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sbpf_sdiv128(out: *mut Limbs, al: u64, ah: u64, bl: u64, bh: u64) -> u64 {
    let (a, b) = ([al, ah], [bl, bh]);
    // SAFETY: the caller vouches for the divisor, and no other number has the magnitude zero.
    let quotient = unsafe { divide(absolute(a), absolute(b)) }.0;
    let quotient = if is_negative(a) != is_negative(b) { negate(quotient) } else { quotient };
    // SAFETY: the caller vouches for `out`.
    unsafe { out.write(quotient) };
    0
}

/// # Safety
/// `out` is writable, and the divisor is not zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sbpf_srem128(out: *mut Limbs, al: u64, ah: u64, bl: u64, bh: u64) -> u64 {
    let (a, b) = ([al, ah], [bl, bh]);
    // SAFETY: the caller vouches for the divisor, and no other number has the magnitude zero.
    let remainder = unsafe { divide(absolute(a), absolute(b)) }.1;
    let remainder = if is_negative(a) { negate(remainder) } else { remainder };
    // SAFETY: the caller vouches for `out`.
    unsafe { out.write(remainder) };
    0
}

#[inline(always)]
fn is_negative(a: Limbs) -> bool {
    a[1] >> 63 != 0
}

#[inline(always)]
fn negate(a: Limbs) -> Limbs {
    subtract([0, 0], a)
}

#[inline(always)]
fn absolute(a: Limbs) -> Limbs {
    if is_negative(a) { negate(a) } else { a }
}

#[inline(always)]
fn subtract(a: Limbs, b: Limbs) -> Limbs {
    let (low, borrow) = a[0].overflowing_sub(b[0]);
    [low, a[1].wrapping_sub(b[1]).wrapping_sub(u64::from(borrow))]
}

#[inline(always)]
fn less(a: Limbs, b: Limbs) -> bool {
    a[1] < b[1] || (a[1] == b[1] && a[0] < b[0])
}

/// The full product of two limbs.
#[inline(always)]
fn widening_multiply(a: u64, b: u64) -> Limbs {
    let (a1, a0) = (a >> 32, a & LOW_HALF);
    let (b1, b0) = (b >> 32, b & LOW_HALF);
    // (2^32 - 1)^2 + 2 * (2^32 - 1) is 2^64 - 1: neither sum overflows.
    let middle = a1.wrapping_mul(b0).wrapping_add(a0.wrapping_mul(b0) >> 32);
    let other = a0.wrapping_mul(b1).wrapping_add(middle & LOW_HALF);
    let high = a1.wrapping_mul(b1).wrapping_add(middle >> 32).wrapping_add(other >> 32);
    [a.wrapping_mul(b), high]
}

#[inline(always)]
fn multiply(a: Limbs, b: Limbs) -> Limbs {
    let [low, high] = widening_multiply(a[0], b[0]);
    let cross = a[0].wrapping_mul(b[1]).wrapping_add(a[1].wrapping_mul(b[0]));
    [low, high.wrapping_add(cross)]
}

#[inline(always)]
fn multiply_overflowing(a: Limbs, b: Limbs) -> (Limbs, bool) {
    if a[1] != 0 && b[1] != 0 {
        return (multiply(a, b), true);
    }
    let [low, high] = widening_multiply(a[0], b[0]);
    // One of the two high limbs is zero, so one product covers the upper half.
    let (limb, other) = if a[1] == 0 { (b[1], a[0]) } else { (a[1], b[0]) };
    if limb == 0 {
        return ([low, high], false);
    }
    let [upper, beyond] = widening_multiply(limb, other);
    let (high, carry) = high.overflowing_add(upper);
    ([low, high], beyond != 0 || carry)
}

/// Quotient and remainder.
///
/// # Safety
/// `b` is not zero.
#[inline(always)]
unsafe fn divide(a: Limbs, b: Limbs) -> (Limbs, Limbs) {
    if b[1] != 0 {
        // SAFETY: the high limb has just been looked at.
        return unsafe { divide_by_two_limbs(a, b) };
    }
    // SAFETY: the high limb is zero, so the low one is not.
    let divisor = unsafe { NonZeroU64::new_unchecked(b[0]) };
    if a[1] == 0 {
        return ([a[0] / divisor, 0], [a[0] % divisor, 0]);
    }
    let (high, rest) = if a[1] < b[0] { (0, a[1]) } else { (a[1] / divisor, a[1] % divisor) };
    // SAFETY: a remainder is less than its divisor.
    let (low, remainder) = unsafe { divide_two_by_one(rest, a[0], divisor) };
    ([low, high], [remainder, 0])
}

/// Divides two limbs by one, where the quotient is one limb.
///
/// # Safety
/// `high < divisor`.
#[inline(always)]
unsafe fn divide_two_by_one(high: u64, low: u64, divisor: NonZeroU64) -> (u64, u64) {
    if divisor.get() <= LOW_HALF {
        // Schoolbook division in 32-bit digits: a remainder and the next digit fit one limb.
        let upper = (high << 32) | (low >> 32);
        let lower = ((upper % divisor) << 32) | (low & LOW_HALF);
        let quotient = ((upper / divisor) << 32) | (lower / divisor);
        return (quotient, lower % divisor);
    }
    // Knuth's algorithm D for digits of 32 bits: shifted so that the divisor's first bit is set, a digit of the
    // quotient estimated from its first digit alone is at most two too large.
    let shift = divisor.get().leading_zeros();
    let normal = divisor.get() << shift;
    let carried = if shift == 0 { 0 } else { low >> 64u32.wrapping_sub(shift) };
    let (high, low) = ((high << shift) | carried, low << shift);
    let (q1, rest) = estimated_digit(high, low >> 32, normal);
    let (q0, rest) = estimated_digit(rest, low & LOW_HALF, normal);
    ((q1 << 32).wrapping_add(q0), rest >> shift)
}

/// One 32-bit digit of the quotient of `high * 2^32 + digit` by a normalised divisor, and the remainder.
#[inline(always)]
fn estimated_digit(high: u64, digit: u64, divisor: u64) -> (u64, u64) {
    let (d1, d0) = (divisor >> 32, divisor & LOW_HALF);
    // SAFETY: a normalised divisor has its first bit set.
    let first = unsafe { NonZeroU64::new_unchecked(d1) };
    let mut quotient = high / first;
    let mut rest = high.wrapping_sub(quotient.wrapping_mul(d1));
    while quotient > LOW_HALF || quotient.wrapping_mul(d0) > ((rest << 32) | digit) {
        quotient = quotient.wrapping_sub(1);
        rest = rest.wrapping_add(d1);
        if rest > LOW_HALF {
            break;
        }
    }
    let exact = (high << 32).wrapping_add(digit).wrapping_sub(quotient.wrapping_mul(divisor));
    (quotient, exact)
}

/// Division by more than one limb, where the quotient is one limb (Hacker's Delight, 9-5).
///
/// # Safety
/// The high limb of `b` is not zero.
#[inline(always)]
unsafe fn divide_by_two_limbs(a: Limbs, b: Limbs) -> (Limbs, Limbs) {
    let shift = b[1].leading_zeros();
    let carried = if shift == 0 { 0 } else { b[0] >> 64u32.wrapping_sub(shift) };
    // SAFETY: its first bit is set.
    let first = unsafe { NonZeroU64::new_unchecked((b[1] << shift) | carried) };
    // Halving the dividend keeps its high limb below the divisor's.
    // SAFETY: the high limb has its first bit clear, the divisor has it set.
    let (estimate, _) = unsafe { divide_two_by_one(a[1] >> 1, (a[1] << 63) | (a[0] >> 1), first) };
    // At most one too large by now; one less is never too large.
    let mut quotient = (estimate >> 63u32.wrapping_sub(shift)).saturating_sub(1);
    let mut remainder = subtract(a, multiply(b, [quotient, 0]));
    if !less(remainder, b) {
        quotient = quotient.wrapping_add(1);
        remainder = subtract(remainder, b);
    }
    ([quotient, 0], remainder)
}
