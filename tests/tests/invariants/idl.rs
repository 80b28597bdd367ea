//! The IDL reads what random histories leave in accounts, as the interface does.

use {
    fastrand::Rng,
    std::sync::LazyLock,
    tidepool_idl::codec::Codec,
    tidepool_tests::history::{Property, World, check},
};

/// Histories of 40 operations.
const HISTORIES: u64 = 100;

static CODEC: LazyLock<Codec> =
    LazyLock::new(|| Codec::new(include_str!("../../../idl/tidepool.codama.json")).expect("an IDL"));

const IDL: Property = Property::new("the IDL reads all accounts", reads_all_accounts);

#[test]
fn idl_reads_the_accounts_of_random_histories() {
    check(&IDL, HISTORIES);
}

/// All accounts of the program: the pool, the validator list and tickets.
fn reads_all_accounts(world: &mut World, _: &mut Rng) -> Result<(), String> {
    let mut read = 0;
    for (address, account) in &world.vm.accounts {
        if account.owner != world.pool.program_id || account.data.is_empty() {
            continue;
        }
        CODEC.check_account(&account.data).map_err(|error| format!("{address}: {error:#}"))?;
        read += 1;
    }
    if read >= 2 { Ok(()) } else { Err(format!("only {read} accounts")) }
}
