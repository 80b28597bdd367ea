//! The commands against a real bank in process: from the words of a command line to the balances on the chain.
//!
//! The program is the built one (`cargo xtask build-program`); without it these tests fail and say so.

#![expect(clippy::disallowed_macros, reason = "tests print what they have seen; the command line does not")]

mod addresses;
mod alpenglow;
mod announcements;
mod applying;
mod approvals;
mod asking;
mod crank;
mod creating;
mod demotions;
mod endpoints;
mod events;
mod existing;
mod faults;
mod fees;
mod figures;
mod formats;
mod funds;
mod gates;
mod harness;
mod hooked;
mod income;
mod kinds;
mod ledger;
mod life;
mod limits;
mod lookup_tables;
mod merging;
mod metadata;
mod migration;
mod moving;
mod multisig;
mod pools;
mod promises;
mod rebalancing;
mod receivers;
mod refusals;
mod rent_ladder;
mod reports;
mod reserve_rents;
mod selecting;
mod serving;
mod settings;
mod signing;
mod slow_person;
mod stake_accounts;
mod statements;
mod throwaway;
mod tickets;
mod update_first;
mod watching;
mod weights;
mod withdraw;
mod withdrawals;
mod withdrawn_stake;
mod wrapped;
mod yields;
