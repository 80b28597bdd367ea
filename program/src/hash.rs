//! Addresses under a bump that is known.

use pinocchio::Address;

/// What the runtime hashes at the end of every derived address.
const DERIVED_ADDRESS_MARKER: &[u8] = b"ProgramDerivedAddress";

/// Most seeds of an address here; the bump, the program id and the marker follow.
const PARTS_MAX: usize = 7;

/// The address that `seeds` and `bump` yield for the program, by one hash. Whether there could be a key of that address is
/// not looked at: the bump must have been found by the search.
#[inline(always)]
pub fn derive_address<const N: usize>(seeds: [&[u8]; N], bump: u8, program_id: &Address) -> Address {
    const { assert!(N + 3 <= PARTS_MAX) };
    let bump = [bump];
    let mut parts: [&[u8]; PARTS_MAX] = [&[]; PARTS_MAX];
    parts[..N].copy_from_slice(&seeds);
    // Empty parts add nothing to the hash.
    let [.., bump_part, program_part, marker_part] = &mut parts;
    (*bump_part, *program_part, *marker_part) = (&bump, program_id.as_ref(), DERIVED_ADDRESS_MARKER);
    sha256(&parts)
}

#[cfg(any(target_os = "solana", target_arch = "bpf"))]
fn sha256(parts: &[&[u8]; PARTS_MAX]) -> Address {
    let mut hash = [0; 32];
    // SAFETY: The syscall reads as many slices as it is told, each a pointer and a length as sBPF lays slices out, and
    // writes 32 bytes.
    unsafe {
        solana_define_syscall::definitions::sol_sha256(parts.as_ptr().cast(), PARTS_MAX as u64, hash.as_mut_ptr())
    };
    Address::new_from_array(hash)
}

/// The program's code runs on the host in no test; this keeps it linking there.
#[cfg(not(any(target_os = "solana", target_arch = "bpf")))]
fn sha256(parts: &[&[u8]; PARTS_MAX]) -> Address {
    core::hint::black_box(parts);
    Address::default()
}
