//! `memcpy` and its family.
//!
//! The backend expands copies of a known small size itself and calls these for the rest. `compiler_builtins` has them
//! too, as weak symbols written for machines with caches; here an instruction is what costs. A memory call of the VM
//! takes 10 CU, and 1 more for each 250 bytes, which is less than any loop. So the shortest ranges are handled in a
//! few instructions, and all others by the VM.

use core::ffi::c_int;

unsafe extern "C" {
    fn sol_memmove_(destination: *mut u8, source: *const u8, length: u64);
    fn sol_memset_(destination: *mut u8, byte: u64, length: u64);
    fn sol_memcmp_(left: *const u8, right: *const u8, length: u64, result: *mut c_int);
}

/// # Safety
/// As C's `memcpy`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcpy(destination: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the caller vouches for both ranges.
    unsafe { copy(destination, source, length) };
    destination
}

/// # Safety
/// As C's `memmove`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memmove(destination: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the caller vouches for both ranges.
    unsafe { copy(destination, source, length) };
    destination
}

/// # Safety
/// As C's `memset`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(destination: *mut u8, byte: c_int, length: usize) -> *mut u8 {
    let byte = u64::from(byte as u8);
    let pattern = byte.wrapping_mul(0x0101_0101_0101_0101);
    // SAFETY: the caller vouches for the range.
    unsafe {
        if length >= 16 {
            sol_memset_(destination, byte, length as u64);
        } else if length >= 8 {
            fill_ends(destination, pattern, length);
        } else if length >= 4 {
            fill_ends(destination, pattern as u32, length);
        } else if length >= 2 {
            fill_ends(destination, pattern as u16, length);
        } else if length == 1 {
            destination.write(byte as u8);
        }
    }
    destination
}

/// # Safety
/// As C's `memcmp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> c_int {
    let mut result = 0;
    // SAFETY: the caller vouches for both ranges.
    unsafe { sol_memcmp_(left, right, length as u64, &mut result) };
    result
}

/// # Safety
/// As C's `bcmp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> c_int {
    // SAFETY: the same contract.
    unsafe { memcmp(left, right, length) }
}

/// Copies a range, also onto itself or onto one that overlaps it, which `sol_memcpy_` would refuse.
///
/// # Safety
/// `source` is readable and `destination` writable for `length` bytes.
#[inline(always)]
unsafe fn copy(destination: *mut u8, source: *const u8, length: usize) {
    // SAFETY: the caller vouches for both ranges, and the lengths are one to two pieces.
    unsafe {
        if length >= 16 {
            sol_memmove_(destination, source, length as u64);
        } else if length >= 8 {
            copy_ends::<u64>(destination, source, length);
        } else if length >= 4 {
            copy_ends::<u32>(destination, source, length);
        } else if length >= 2 {
            copy_ends::<u16>(destination, source, length);
        } else if length == 1 {
            destination.write(source.read());
        }
    }
}

/// Copies a range by its first and its last piece, which may overlap. Both are read before either is written, so the
/// two ranges may overlap as well.
///
/// # Safety
/// `source` is readable and `destination` writable for `length` bytes, which are one to two pieces.
#[inline(always)]
unsafe fn copy_ends<T: Copy>(destination: *mut u8, source: *const u8, length: usize) {
    let last = length.wrapping_sub(size_of::<T>());
    // SAFETY: both pieces lie in the ranges that the caller vouches for.
    unsafe {
        let first_piece = source.cast::<T>().read_unaligned();
        let last_piece = source.wrapping_add(last).cast::<T>().read_unaligned();
        destination.cast::<T>().write_unaligned(first_piece);
        destination.wrapping_add(last).cast::<T>().write_unaligned(last_piece);
    }
}

/// Fills a range by its first and its last piece, which may overlap.
///
/// # Safety
/// `destination` is writable for `length` bytes, which are one to two pieces.
#[inline(always)]
unsafe fn fill_ends<T: Copy>(destination: *mut u8, piece: T, length: usize) {
    let last = length.wrapping_sub(size_of::<T>());
    // SAFETY: both pieces lie in the range that the caller vouches for.
    unsafe {
        destination.cast::<T>().write_unaligned(piece);
        destination.wrapping_add(last).cast::<T>().write_unaligned(piece);
    }
}
