//! What the second part of the extension promises to holders: a ledger, limits that hold against the manager's own key, demotion by
//! proof, and exits in SOL for any sum.

mod demoted_stake;
mod demotion;
mod growth_charge;
mod ledger;
mod limits;
mod notice;
mod pools;
mod properties;
mod rate_guard;
mod stolen_key;
mod tickets;
