//! Contents of lookup tables.

use {
    crate::{actions, pool::PoolSnapshot},
    solana_address::Address,
    std::iter,
    tidepool_interface::address::{INSTRUCTIONS_ID, STAKE_CONFIG_ID, SYSTEM_PROGRAM_ID},
};

/// Validator addresses that a lookup table holds in addition to validator stake accounts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LookupContent {
    /// Vote accounts: a rebalance names them.
    pub votes: bool,
    /// Transient stake accounts, derived with the seeds of the records. `UpdateValidatorListBalance` names one for each
    /// validator, `UpdateValidators` only existing ones. A rebalance uses a new seed, which makes the address obsolete.
    pub transients: bool,
}

/// The addresses that updates and rebalances name: those of the pool, then the stake account of each validator and what
/// `content` selects. They are in the list's order: validators that are updated together find their addresses in one or
/// two tables.
pub fn lookup_addresses(snapshot: &PoolSnapshot, content: LookupContent) -> Vec<Address> {
    let shared = actions::update_list_instruction(snapshot, 0, false, &[]).accounts;
    let of_rebalance = if content.votes { &[STAKE_CONFIG_ID, SYSTEM_PROGRAM_ID, INSTRUCTIONS_ID][..] } else { &[] };
    let validators = snapshot.records().iter().zip(snapshot.stake_addresses()).flat_map(|(record, stake)| {
        let vote = content.votes.then_some(record.vote_account_address);
        let transient = content.transients.then_some(stake.transient);
        iter::once(stake.validator).chain(vote).chain(transient)
    });
    shared.into_iter().map(|meta| meta.pubkey).chain(of_rebalance.iter().copied()).chain(validators).collect()
}

/// The addresses that `UpdateValidatorListBalance` names: those of the pool, then two for each validator. The transient
/// stake address changes when stake moves under another seed.
pub fn update_addresses(snapshot: &PoolSnapshot) -> Vec<Address> {
    lookup_addresses(snapshot, LookupContent { transients: true, ..LookupContent::default() })
}
