//! `memcpy` and its family.
//!
//! The backend expands copies of a known small size itself and calls these for the rest. `compiler_builtins` has them
//! too, as weak symbols written for machines with caches; here an instruction is what costs, so short ranges are
//! copied eight bytes at a time, whatever their alignment, and longer ones go to the VM's own memory calls.

use core::ffi::c_int;

/// From this length a memory call of the VM (10 CU, and 1 more for each 250 bytes) beats a loop (6 CU a word).
const SYSCALL_THRESHOLD: usize = 32;

const WORD: usize = size_of::<u64>();

unsafe extern "C" {
    fn sol_memmove_(destination: *mut u8, source: *const u8, length: u64);
    fn sol_memset_(destination: *mut u8, byte: u64, length: u64);
    fn sol_memcmp_(left: *const u8, right: *const u8, length: u64, result: *mut c_int);
}

/// # Safety
/// As C's `memcpy`; the ranges may be the same, which Rust allows its compiler to assume.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcpy(destination: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    if length >= SYSCALL_THRESHOLD {
        // `sol_memcpy_` refuses a range copied onto itself.
        // SAFETY: the caller vouches for both ranges.
        unsafe { sol_memmove_(destination, source, length as u64) };
    } else {
        // SAFETY: the caller vouches for both ranges.
        unsafe { copy_forward(destination, source, length) };
    }
    destination
}

/// # Safety
/// As C's `memmove`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memmove(destination: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the caller vouches for both ranges.
    unsafe {
        if length >= SYSCALL_THRESHOLD {
            sol_memmove_(destination, source, length as u64);
        } else if destination.addr() <= source.addr() {
            copy_forward(destination, source, length);
        } else {
            copy_backward(destination, source, length);
        }
    }
    destination
}

/// # Safety
/// As C's `memset`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(destination: *mut u8, byte: c_int, length: usize) -> *mut u8 {
    let byte = byte as u8;
    if length >= SYSCALL_THRESHOLD {
        // SAFETY: the caller vouches for the range.
        unsafe { sol_memset_(destination, u64::from(byte), length as u64) };
        return destination;
    }
    let word = u64::from(byte).wrapping_mul(0x0101_0101_0101_0101);
    let mut at = 0_usize;
    // SAFETY: `at` stays below `length`, and the caller vouches for the range.
    unsafe {
        while at.wrapping_add(WORD) <= length {
            destination.wrapping_add(at).cast::<u64>().write_unaligned(word);
            at = at.wrapping_add(WORD);
        }
        while at < length {
            destination.wrapping_add(at).write(byte);
            at = at.wrapping_add(1);
        }
    }
    destination
}

/// # Safety
/// As C's `memcmp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> c_int {
    // SAFETY: the caller vouches for both ranges, and `at` stays below `length`.
    unsafe {
        if length >= SYSCALL_THRESHOLD {
            let mut result = 0;
            sol_memcmp_(left, right, length as u64, &mut result);
            return result;
        }
        let mut at = 0_usize;
        while at < length {
            let (a, b) = (left.wrapping_add(at).read(), right.wrapping_add(at).read());
            if a != b {
                return (a as c_int).wrapping_sub(b as c_int);
            }
            at = at.wrapping_add(1);
        }
    }
    0
}

/// # Safety
/// As C's `bcmp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> c_int {
    // SAFETY: the same contract.
    unsafe { memcmp(left, right, length) }
}

/// Copies from the first byte to the last, so `destination` may overlap `source` from below.
///
/// # Safety
/// `source` is readable and `destination` writable for `length` bytes.
#[inline(always)]
unsafe fn copy_forward(destination: *mut u8, source: *const u8, length: usize) {
    let mut at = 0_usize;
    // SAFETY: `at` stays below `length`, and the caller vouches for both ranges.
    unsafe {
        while at.wrapping_add(WORD) <= length {
            let word = source.wrapping_add(at).cast::<u64>().read_unaligned();
            destination.wrapping_add(at).cast::<u64>().write_unaligned(word);
            at = at.wrapping_add(WORD);
        }
        while at < length {
            destination.wrapping_add(at).write(source.wrapping_add(at).read());
            at = at.wrapping_add(1);
        }
    }
}

/// Copies from the last byte to the first, so `destination` may overlap `source` from above.
///
/// # Safety
/// `source` is readable and `destination` writable for `length` bytes.
#[inline(always)]
unsafe fn copy_backward(destination: *mut u8, source: *const u8, length: usize) {
    let mut left = length;
    // SAFETY: `left` stays at most `length`, and the caller vouches for both ranges.
    unsafe {
        while left >= WORD {
            left = left.wrapping_sub(WORD);
            let word = source.wrapping_add(left).cast::<u64>().read_unaligned();
            destination.wrapping_add(left).cast::<u64>().write_unaligned(word);
        }
        while left > 0 {
            left = left.wrapping_sub(1);
            destination.wrapping_add(left).write(source.wrapping_add(left).read());
        }
    }
}
