//! Drawing of operations, one file for each kind of history.

mod any;
mod beside_reference;
mod steady;

pub use steady::EPHEMERAL_SEED;
pub(super) use {any::small_fee, beside_reference::policy as any_policy};
