//! Addresses that the program derives, hashed by itself: a try costs a fifth of what the runtime's own search takes for it.
//!
//! All of them have the pool's address among their seeds. What comes from there on lies in one piece; each piece that is
//! hashed costs compute units of its own.

use {
    core::{cell::Cell, marker::PhantomData, mem::MaybeUninit},
    pinocchio::{Address, error::ProgramError},
};

/// What the runtime hashes at the end of every derived address.
const DERIVED_ADDRESS_MARKER: &[u8; 21] = b"ProgramDerivedAddress";

const ADDRESS: usize = size_of::<Address>();

/// Most bytes of the seeds that follow the pool's address.
const SUFFIX_MAX: usize = 8;

/// Most bytes from the pool's address on.
const TAIL_MAX: usize = ADDRESS + SUFFIX_MAX + 1 + ADDRESS + DERIVED_ADDRESS_MARKER.len();

/// Most seeds before the pool's address.
const HEADS_MAX: usize = 2;

/// Bumps that are tried without asking whether those before them yield an address: all but one address in 256 has one of
/// these.
const LIKELY_BUMPS: core::ops::RangeInclusive<u8> = 248..=u8::MAX;

/// An address from seeds that come before the pool's (`heads`), the pool's, and `SUFFIX` bytes after it.
pub struct Derivation<const SUFFIX: usize> {
    /// The pool's address, the suffix, the bump, the program id and the marker.
    tail: [u8; TAIL_MAX],
}

impl<const SUFFIX: usize> Derivation<SUFFIX> {
    const BUMP_AT: usize = ADDRESS + SUFFIX;
    const PROGRAM_AT: usize = Self::BUMP_AT + 1;
    const MARKER_AT: usize = Self::PROGRAM_AT + ADDRESS;
    const LENGTH: usize = Self::MARKER_AT + DERIVED_ADDRESS_MARKER.len();

    #[inline(always)]
    pub fn new(program_id: &Address, pool: &Address, suffix: &[u8; SUFFIX]) -> Self {
        const { assert!(SUFFIX <= SUFFIX_MAX) };
        let mut tail = [0; TAIL_MAX];
        tail[..ADDRESS].copy_from_slice(pool.as_ref());
        tail[ADDRESS..Self::BUMP_AT].copy_from_slice(suffix);
        tail[Self::PROGRAM_AT..Self::MARKER_AT].copy_from_slice(program_id.as_ref());
        tail[Self::MARKER_AT..Self::LENGTH].copy_from_slice(DERIVED_ADDRESS_MARKER);
        Self { tail }
    }

    /// Replaces the suffix.
    #[inline(always)]
    pub fn set_suffix(&mut self, suffix: &[u8; SUFFIX]) {
        self.tail[ADDRESS..Self::BUMP_AT].copy_from_slice(suffix);
    }

    /// The address under `bump`, by one hash. Whether there could be a key of that address is not looked at: the bump must
    /// have been found by the search.
    #[inline(always)]
    pub fn address<const HEADS: usize>(&mut self, heads: [&[u8]; HEADS], bump: u8) -> Address {
        self.preimage(heads).address(bump)
    }

    /// The address, under the highest bump that yields one.
    ///
    /// # Errors
    /// `MaxSeedLengthExceeded` where none does, which does not happen.
    #[inline(never)]
    pub fn find(&mut self) -> Result<Address, ProgramError> {
        (1..=u8::MAX)
            .rev()
            .map(|bump| self.address([], bump))
            .find(|address| !is_on_curve(address))
            .ok_or(ProgramError::MaxSeedLengthExceeded)
    }

    /// The bump under which `expected` is the address, if it is: the highest that yields one, as the runtime's search has it.
    #[inline(never)]
    pub fn search<const HEADS: usize>(&mut self, heads: [&[u8]; HEADS], expected: &Address) -> Option<u8> {
        let preimage = self.preimage(heads);
        for bump in (1..=u8::MAX).rev() {
            let address = preimage.address(bump);
            if !is_on_curve(&address) {
                return (address == *expected).then_some(bump);
            }
        }
        None
    }

    /// As [`Self::search`], for an account at `expected` that can only be there under the bump that the search finds, or
    /// that does not matter.
    #[inline(always)]
    pub fn search_existing<const HEADS: usize>(&mut self, heads: [&[u8]; HEADS], expected: &Address) -> Option<u8> {
        let preimage = self.preimage(heads);
        for bump in LIKELY_BUMPS.rev() {
            if preimage.address(bump) == *expected {
                return Some(bump);
            }
        }
        self.search(heads, expected)
    }

    #[inline(always)]
    fn preimage<'a, const HEADS: usize>(&'a mut self, heads: [&'a [u8]; HEADS]) -> Preimage<'a, HEADS> {
        const { assert!(HEADS <= HEADS_MAX) };
        let tail = Cell::from_mut(&mut self.tail[..Self::LENGTH]).as_slice_of_cells();
        let mut parts = [Part { start: tail.as_ptr().cast(), length: tail.len() as u64 }; HEADS_MAX + 1];
        for (part, head) in parts.iter_mut().zip(heads) {
            *part = Part { start: head.as_ptr(), length: head.len() as u64 };
        }
        Preimage { parts, bump: &tail[Self::BUMP_AT], lifetime: PhantomData }
    }
}

/// A slice as sBPF lays slices out.
#[derive(Clone, Copy)]
#[repr(C)]
struct Part {
    start: *const u8,
    length: u64,
}

/// What is hashed, but for the bump: `HEADS` slices and one that the bump lies in.
struct Preimage<'a, const HEADS: usize> {
    parts: [Part; HEADS_MAX + 1],
    bump: &'a Cell<u8>,
    lifetime: PhantomData<&'a [u8]>,
}

impl<const HEADS: usize> Preimage<'_, HEADS> {
    const PARTS: usize = HEADS.saturating_add(1);

    #[inline(always)]
    fn address(&self, bump: u8) -> Address {
        self.bump.set(bump);
        // SAFETY: Each part is a slice that is borrowed as long as this is; nothing but the bump is ever written.
        unsafe { sha256(&self.parts[..Self::PARTS]) }
    }
}

/// # Safety
/// Each part is readable.
#[cfg(any(target_os = "solana", target_arch = "bpf"))]
#[inline(always)]
unsafe fn sha256(parts: &[Part]) -> Address {
    let mut hash = MaybeUninit::<[u8; ADDRESS]>::uninit();
    // SAFETY: The syscall reads as many slices as it is told, for which the caller vouches, and writes 32 bytes.
    unsafe {
        solana_define_syscall::definitions::sol_sha256(
            parts.as_ptr().cast(),
            parts.len() as u64,
            hash.as_mut_ptr().cast(),
        );
        Address::new_from_array(hash.assume_init())
    }
}

/// Whether the address is a point on the curve of keys, so that there may be a key of it.
#[cfg(any(target_os = "solana", target_arch = "bpf"))]
#[inline(always)]
fn is_on_curve(address: &Address) -> bool {
    /// The curve of transactions' signatures.
    const EDWARDS: u64 = 0;
    // SAFETY: The syscall reads 32 bytes and writes nothing.
    let answer = unsafe {
        solana_define_syscall::definitions::sol_curve_validate_point(
            EDWARDS,
            address.as_array().as_ptr(),
            core::ptr::null_mut(),
        )
    };
    answer == 0
}

/// The program's code runs on the host in no test; these keep it linking there.
#[cfg(not(any(target_os = "solana", target_arch = "bpf")))]
unsafe fn sha256(parts: &[Part]) -> Address {
    core::hint::black_box((parts.as_ptr(), MaybeUninit::<u8>::uninit()));
    Address::default()
}

#[cfg(not(any(target_os = "solana", target_arch = "bpf")))]
fn is_on_curve(address: &Address) -> bool {
    core::hint::black_box(address);
    false
}
