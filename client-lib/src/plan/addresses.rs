//! What lookup tables should hold.

use {
    crate::{actions, pool::PoolSnapshot},
    solana_address::Address,
    std::iter,
    tidepool_interface::address::{INSTRUCTIONS_ID, STAKE_CONFIG_ID, SYSTEM_PROGRAM_ID},
};

/// Which addresses of validators a lookup table should hold besides those of their stake accounts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LookupContent {
    /// Vote accounts: a rebalance names them.
    pub votes: bool,
    /// Transient stake accounts under the seeds of the records. The contract's update names each validator's; the compact one
    /// only those that exist. A rebalance moves stake under another seed, after which the address is of no more use.
    pub transients: bool,
}

/// The addresses that updates and rebalances name, for lookup tables: those of the pool, then, in the list's order, the
/// stake account of each validator and what else `content` asks for. Validators that follow each other are updated together, and
/// so find their addresses in one table or two.
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

/// The addresses that updates of the list by the contract's instruction name: those of the pool, then two for each validator.
/// That of the transient stake account changes when stake moves under another seed.
pub fn update_addresses(snapshot: &PoolSnapshot) -> Vec<Address> {
    lookup_addresses(snapshot, LookupContent { transients: true, ..LookupContent::default() })
}
