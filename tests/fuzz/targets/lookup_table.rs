//! Lookup tables, whose accounts any user may fill, and pools as the client reads them.

#![no_main]

use {
    libfuzzer_sys::fuzz_target,
    solana_account::Account,
    solana_address::Address,
    solana_address_lookup_table_interface::{program, state::AddressLookupTable},
    tidepool_client::lookup::{LookupTable, TableState},
};

fuzz_target!(|data: &[u8]| {
    let account = Account { lamports: 1, data: data.to_vec(), owner: program::ID, ..Account::default() };
    let address = Address::default();
    assert!(LookupTable::decode(address, &Account { owner: address, ..account.clone() }).is_err());
    let theirs = AddressLookupTable::deserialize(data);
    let Ok(table) = LookupTable::decode(address, &account) else {
        assert!(theirs.is_err());
        return;
    };
    let theirs = theirs.expect("ours decodes");
    assert_eq!(table.addresses, theirs.addresses.as_ref());
    assert_eq!(table.authority, theirs.meta.authority);
    for newest in [0, table.last_extended_slot, u64::MAX] {
        let hashes = [(newest, Default::default())].into_iter().collect();
        if let Some(usable) = table.usable(&hashes) {
            assert!(table.is_active() && !usable.addresses.is_empty());
            assert!(table.addresses.starts_with(&usable.addresses));
        }
        assert_eq!(table.state(&hashes) == TableState::Active, table.is_active());
    }
});
