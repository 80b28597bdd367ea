//! Accounts that the program owns: the pool and the validator list.

mod announcement;
mod demotion;
mod entry;
mod extension;
#[cfg(feature = "write")]
mod in_place;
#[cfg(feature = "write")]
mod layout;
mod ledger;
mod limits;
mod pod;
pub(crate) mod pool;
mod terms;
mod ticket;
mod validator_list;
#[cfg(feature = "write")]
mod validator_list_mut;

pub use tidepool_core::WEIGHT_MAX;

#[cfg(feature = "borsh")]
pub use crate::borsh_traits::ValidatorList;
pub use {
    announcement::{ANNOUNCED_VALUE_LENGTH, Announcement, AnnouncementKind, Announcements},
    demotion::{COOLDOWN_EPOCHS_MAX, DemotionCount, DemotionGround, DemotionPolicy, EPOCHS_WITHOUT_CREDITS_MAX},
    entry::EntryExtension,
    extension::{EXTENDED_POOL_LENGTH, EXTENSION_MAGIC, EXTENSION_VERSION, PoolExtension, RebalancePolicy},
    ledger::{LEDGER_ENTRIES, Ledger, LedgerEntry},
    limits::{
        Ceiling, FeeCeilings, GROWTH_CHARGE_MAX, GUARD_EPOCHS_MAX, Limits, NOTICE_EPOCHS_MAX, NOTICE_SECONDS_MAX,
        RATE_GUARD_MIN, SUPPLY_FLOOR_MAX,
    },
    pod::{I64, PodFee, PodLockup, U16, U32, U64},
    pool::{AccountType, POOL_HEAD_LENGTH, POOL_MAX_LENGTH, POOL_MIN_LENGTH, PoolHead, StakePool},
    terms::PoolTerms,
    ticket::{EXIT_TICKET_LENGTH, EXIT_TICKET_TYPE, ExitTicket, TicketTotals},
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
