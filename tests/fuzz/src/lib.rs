//! What the fuzz targets share.
//!
//! `cargo xtask fuzz` builds and runs them: parsers are compared with the published crates' own, byte for byte and error for error,
//! and instructions run in the real VM. Inputs that are kept are in `corpus/`, a folder for each target.

#[cfg(feature = "vm")]
pub mod vm;

use solana_program_error::ProgramError;

/// Both sides' values where both have one. Where one has none, neither may have, and for the same reason.
///
/// # Panics
/// Where they disagree.
pub fn agree<Ours, Theirs>(
    ours: Result<Ours, ProgramError>,
    theirs: Result<Theirs, impl Into<ProgramError>>,
) -> Option<(Ours, Theirs)> {
    match (ours, theirs.map_err(Into::into)) {
        (Ok(ours), Ok(theirs)) => Some((ours, theirs)),
        (ours, theirs) => {
            assert_eq!(ours.err(), theirs.err(), "ours, and the published error");
            None
        }
    }
}
