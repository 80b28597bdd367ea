//! Derivation of program addresses (PDAs) with the hash syscall: an attempt costs a fifth of an attempt in the runtime's search.
//!
//! The pool's address is a seed of all these addresses. The preimage from the pool's address on is one slice, because each hashed
//! slice costs compute units.

use {
    core::{cell::Cell, marker::PhantomData, mem::MaybeUninit},
    pinocchio::{Address, error::ProgramError},
};

/// Last part of the preimage of every derived address.
const DERIVED_ADDRESS_MARKER: &[u8; 21] = b"ProgramDerivedAddress";

const ADDRESS: usize = size_of::<Address>();

/// Maximum bytes of the seeds after the pool's address.
const SUFFIX_MAX: usize = 8;

/// Maximum bytes of the preimage from the pool's address on.
const FROM_POOL_MAX: usize = ADDRESS + SUFFIX_MAX + 1 + ADDRESS + DERIVED_ADDRESS_MARKER.len();

/// Maximum seeds before the pool's address.
const HEADS_MAX: usize = 2;

/// Bumps that are tried without an on-curve check of higher bumps. Only one address in 256 has a lower bump.
const LIKELY_BUMPS: core::ops::RangeInclusive<u8> = 248..=u8::MAX;

/// Derives addresses from the seeds before the pool's address (`heads`), the pool's address, and `SUFFIX` bytes after it.
pub struct PdaHasher<const SUFFIX: usize> {
    /// The pool's address, the suffix, the bump, the program id and the marker.
    from_pool: [u8; FROM_POOL_MAX],
}

impl<const SUFFIX: usize> PdaHasher<SUFFIX> {
    const BUMP_AT: usize = ADDRESS + SUFFIX;
    const PROGRAM_AT: usize = Self::BUMP_AT + 1;
    const MARKER_AT: usize = Self::PROGRAM_AT + ADDRESS;
    const LENGTH: usize = Self::MARKER_AT + DERIVED_ADDRESS_MARKER.len();

    #[inline(always)]
    pub fn new(program_id: &Address, pool: &Address, suffix: &[u8; SUFFIX]) -> Self {
        const { assert!(SUFFIX <= SUFFIX_MAX) };
        let mut from_pool = [0; FROM_POOL_MAX];
        from_pool[..ADDRESS].copy_from_slice(pool.as_ref());
        from_pool[ADDRESS..Self::BUMP_AT].copy_from_slice(suffix);
        from_pool[Self::PROGRAM_AT..Self::MARKER_AT].copy_from_slice(program_id.as_ref());
        from_pool[Self::MARKER_AT..Self::LENGTH].copy_from_slice(DERIVED_ADDRESS_MARKER);
        Self { from_pool }
    }

    #[inline(always)]
    pub fn set_suffix(&mut self, suffix: &[u8; SUFFIX]) {
        self.from_pool[ADDRESS..Self::BUMP_AT].copy_from_slice(suffix);
    }

    /// The address with `bump`, by one hash. Without an on-curve check: `bump` must be the result of the search.
    #[inline(always)]
    pub fn address<const HEADS: usize>(&mut self, heads: [&[u8]; HEADS], bump: u8) -> Address {
        self.preimage(heads).address(bump)
    }

    /// The address with the highest valid bump.
    ///
    /// # Errors
    /// `MaxSeedLengthExceeded` if no bump is valid, in theory only.
    #[inline(never)]
    pub fn find(&mut self) -> Result<Address, ProgramError> {
        (1..=u8::MAX)
            .rev()
            .map(|bump| self.address([], bump))
            .find(|address| !is_on_curve(address))
            .ok_or(ProgramError::MaxSeedLengthExceeded)
    }

    /// The highest valid bump, as in the runtime's search; `None` if its address is not `expected`.
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

    /// As [`Self::search`], without on-curve checks for likely bumps. For an existing account at `expected`, which only the highest
    /// valid bump can have created, and for cases where another bump does no harm.
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
        let from_pool = Cell::from_mut(&mut self.from_pool[..Self::LENGTH]).as_slice_of_cells();
        let mut parts = [Part { start: from_pool.as_ptr().cast(), length: from_pool.len() as u64 }; HEADS_MAX + 1];
        for (part, head) in parts.iter_mut().zip(heads) {
            *part = Part { start: head.as_ptr(), length: head.len() as u64 };
        }
        Preimage { parts, bump: &from_pool[Self::BUMP_AT], lifetime: PhantomData }
    }
}

/// A slice in sBPF's layout.
#[derive(Clone, Copy)]
#[repr(C)]
struct Part {
    start: *const u8,
    length: u64,
}

/// The preimage of an address: `HEADS` slices, and one with the bump.
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
        // SAFETY: Each part is a slice that is borrowed as long as `self`. Only the bump is written, through a `Cell`.
        unsafe { sha256(&self.parts[..Self::PARTS]) }
    }
}

/// # Safety
/// Each part is readable.
#[cfg(any(target_os = "solana", target_arch = "bpf"))]
#[inline(always)]
unsafe fn sha256(parts: &[Part]) -> Address {
    let mut hash = MaybeUninit::<[u8; ADDRESS]>::uninit();
    // SAFETY: The syscall reads the given number of slices, which the caller guarantees, and writes 32 bytes.
    unsafe {
        solana_define_syscall::definitions::sol_sha256(
            parts.as_ptr().cast(),
            parts.len() as u64,
            hash.as_mut_ptr().cast(),
        );
        Address::new_from_array(hash.assume_init())
    }
}

/// Whether the address is a point on the curve, so that a private key for it may exist.
#[cfg(any(target_os = "solana", target_arch = "bpf"))]
#[inline(always)]
fn is_on_curve(address: &Address) -> bool {
    /// Identifier of the curve of transaction signatures.
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

/// Host versions, which only make the program link: no test runs the program's code on the host.
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
