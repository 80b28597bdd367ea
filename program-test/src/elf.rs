//! Finding and loading Tidepool's ELF.

use {
    crate::Error,
    program_elf::Elf,
    solana_address::Address,
    solana_program_binaries::bpf_loader_upgradeable_program_accounts,
    solana_program_test::ProgramTest,
    solana_rent::Rent,
    std::{env, fs, path::PathBuf},
};

/// The path of Tidepool's ELF, `tidepool.so`: the one in the folder `SBF_OUT_DIR`, if it is set and has one; otherwise
/// `target/deploy/tidepool.so` of the checkout of this crate, which `cargo xtask build-program` builds.
///
/// # Errors
/// [`Error::Elf`] where there is none, or where the one in the checkout was built from older sources.
pub fn program_elf_path() -> Result<PathBuf, Error> {
    let given = env::var_os("SBF_OUT_DIR").map(|folder| PathBuf::from(folder).join(Elf::Tidepool.file_name()));
    match given.filter(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => Ok(Elf::Tidepool.path()?),
    }
}

/// Loads Tidepool at `program_id`, as a program of the upgradeable loader. Its upgrade authority is the zero address.
///
/// Any address will do. [`SPL_STAKE_POOL_PROGRAM_ID`](crate::SPL_STAKE_POOL_PROGRAM_ID) is right for the test of a program
/// that has the address of the SPL stake pool built in.
///
/// # Errors
/// Those of [`program_elf_path`]; [`Error::ReadElf`] where the file cannot be read.
pub fn add_program(test: &mut ProgramTest, program_id: Address) -> Result<(), Error> {
    let path = program_elf_path()?;
    let elf = fs::read(&path).map_err(|source| Error::ReadElf { path, source })?;
    for (address, account) in bpf_loader_upgradeable_program_accounts(&program_id, &elf, &Rent::default()) {
        test.add_account(address, account);
    }
    Ok(())
}
