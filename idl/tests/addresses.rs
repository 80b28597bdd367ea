//! The seeds of addresses in the IDL against the functions of the interface.

use {
    proptest::prelude::*,
    serde_json::Value,
    std::collections::BTreeMap,
    tidepool_interface::{Address, address},
};

/// The address that the seeds of a node yield, with `values` for the variable ones.
fn derive(pda: &Value, program: &Address, values: &BTreeMap<&str, Vec<u8>>) -> Address {
    let program = pda["programId"].as_str().map_or(*program, |program| program.parse().unwrap());
    let seeds: Vec<Vec<u8>> = pda["seeds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seed| match (seed["kind"].as_str().unwrap(), seed["value"]["kind"].as_str()) {
            ("variablePdaSeedNode", _) => values[seed["name"].as_str().unwrap()].clone(),
            (_, Some("publicKeyValueNode")) => {
                seed["value"]["publicKey"].as_str().unwrap().parse::<Address>().unwrap().to_bytes().to_vec()
            }
            _ => seed["value"]["data"].as_str().unwrap().as_bytes().to_vec(),
        })
        .collect();
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    Address::find_program_address(&seeds, &program).0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn seeds_yield_the_addresses_of_the_interface(keys: [[u8; 32]; 5], number: u64, suffix in prop_oneof![Just(0), any::<u32>()]) {
        let [program, pool, vote, mint, token] = keys.map(Address::new_from_array);
        let authority = address::find_withdraw_authority(&program, &pool).0;
        let bytes = |address: &Address| address.to_bytes().to_vec();
        let number_bytes = number.to_le_bytes().to_vec();
        let values = BTreeMap::from([
            ("pool", bytes(&pool)),
            ("vote", bytes(&vote)),
            ("poolMint", bytes(&mint)),
            ("tokenProgram", bytes(&token)),
            ("withdrawAuthority", bytes(&authority)),
            ("seedSuffix", if suffix == 0 { vec![] } else { suffix.to_le_bytes().to_vec() }),
            ("transientStakeSeed", number_bytes.clone()),
            ("ephemeralStakeSeed", number_bytes.clone()),
            ("id", number_bytes),
        ]);
        let expected = BTreeMap::from([
            ("withdrawAuthority", authority),
            ("depositAuthority", address::find_deposit_authority(&program, &pool).0),
            ("validatorStake", address::find_validator_stake(&program, &vote, &pool, suffix).0),
            ("transientStake", address::find_transient_stake(&program, &vote, &pool, number).0),
            ("ephemeralStake", address::find_ephemeral_stake(&program, &pool, number).0),
            ("ticket", address::find_exit_ticket(&program, &pool, number).0),
            ("escrow", address::find_escrow(&authority, &token, &mint).0),
            ("metadata", address::find_metadata(&mint).0),
        ]);
        let idl = serde_json::to_value(tidepool_idl::codama()).unwrap();
        let pdas = idl["program"]["pdas"].as_array().unwrap();
        prop_assert_eq!(pdas.len(), expected.len());
        for pda in pdas {
            let name = pda["name"].as_str().unwrap();
            prop_assert_eq!(derive(pda, &program, &values), expected[name], "{}", name);
        }
    }
}
