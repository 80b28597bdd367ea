//! Accounts that the program owns: the pool and the validator list.

mod entry;
mod extension;
#[cfg(feature = "write")]
mod in_place;
#[cfg(feature = "write")]
mod layout;
mod pod;
pub(crate) mod pool;
mod terms;
mod validator_list;
#[cfg(feature = "write")]
mod validator_list_mut;

#[cfg(feature = "borsh")]
pub use crate::borsh_traits::ValidatorList;
pub use {
    entry::EntryExtension,
    extension::{EXTENDED_POOL_LENGTH, EXTENSION_MAGIC, EXTENSION_VERSION, PoolExtension, RebalancePolicy},
    pod::{PodFee, PodLockup, U16, U32, U64},
    pool::{AccountType, POOL_HEAD_LENGTH, POOL_MAX_LENGTH, POOL_MIN_LENGTH, PoolHead, StakePool},
    terms::PoolTerms,
    validator_list::{
        StakeStatus, VALIDATOR_LIST_HEADER_LENGTH, VALIDATOR_STAKE_INFO_LENGTH, ValidatorListHeader,
        ValidatorStakeInfo, find_record, max_validators_for, split_validator_list, validator_list_length,
    },
};
#[cfg(feature = "write")]
pub use {
    in_place::{PoolView, PoolViewMut},
    layout::PoolLayout,
    validator_list_mut::ValidatorListMut,
};
