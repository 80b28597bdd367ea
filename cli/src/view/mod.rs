//! Parts of a pool, as several commands show them.

pub mod demotion;
pub mod events;
pub mod fees;
pub mod limits;
pub mod metadata;
pub mod policy;
pub mod slot_time;
pub mod tickets;
pub mod votes;
