//! Instructions, their arguments and their accounts: SPL tags 0 to 26, and the extension's tags from 64 on.

#[macro_use]
mod table;

mod accounts;
#[cfg(feature = "client")]
mod build;
mod extension;
mod spl;

/// Tags: the first byte of an instruction's data.
pub mod tag {
    pub use super::{extension::tag::*, spl::tag::*};
}

#[cfg(feature = "borsh")]
pub use crate::borsh_traits::OwnedInstruction;
pub use accounts::*;
#[cfg(feature = "client")]
pub use build::*;
pub use {
    extension::{EXTENSION_TAG_MIN, ExtensionInstruction, REBALANCED_VALIDATORS_MAX, WEIGHTS_PAUSE_SLOTS, WeightEntry},
    spl::*,
};
