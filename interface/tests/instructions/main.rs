//! Instructions equal those of the published client, in data and accounts.

#[path = "../common/mod.rs"]
mod common;

mod codec;
mod from_pool;
mod funding;
mod keys;
mod managing;
mod staking;
mod updating;

use {
    common::config,
    keys::{Case, case},
    proptest::prelude::*,
    solana_instruction::Instruction,
    std::collections::BTreeSet,
    tidepool_interface::{Address, instruction::DepositSolAccounts},
};

/// An instruction of ours and the published client's.
pub(crate) struct Pair {
    ours: Instruction,
    theirs: Instruction,
}

fn built_alike(pairs: &[Pair]) -> Result<(), TestCaseError> {
    for Pair { ours, theirs } in pairs {
        prop_assert_eq!(ours, theirs);
    }
    Ok(())
}

#[test]
fn mapped_accounts_keep_their_order() {
    let numbers = DepositSolAccounts::load(&mut (0u8..11)).unwrap();
    let metas = numbers.map(|number| Address::new_from_array([number; 32])).metas();
    assert_eq!(metas.len(), 11);
    for (number, meta) in (0..).zip(metas) {
        assert_eq!(meta.pubkey.to_bytes(), [number; 32]);
    }
    let without_optional = DepositSolAccounts::load(&mut (0u8..10)).unwrap();
    assert_eq!(without_optional.map(u64::from).sol_deposit_authority, None);
}

fn all(case: &Case) -> Vec<Pair> {
    [managing::pairs(case), staking::pairs(case), funding::pairs(case)].into_iter().flatten().collect()
}

proptest! {
    // Metadata instructions search for addresses, which is slow without optimization.
    #![proptest_config(config(128))]

    #[test]
    fn every_builder_agrees_with_the_published_one(case in case()) {
        let pairs = all(&case);
        built_alike(&pairs)?;
        let tags: BTreeSet<u8> = pairs.iter().map(|pair| pair.ours.data[0]).collect();
        prop_assert_eq!(tags, (0..=26).collect(), "each instruction is built at least once");
    }

    #[test]
    fn builders_that_read_a_pool_agree_with_the_published_ones(pool in from_pool::pool()) {
        built_alike(&from_pool::pairs(&pool))?;
    }
}
