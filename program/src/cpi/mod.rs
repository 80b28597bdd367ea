//! Calls to other programs.

mod authority;
mod call;
mod metadata;
mod stake;
mod system;
mod token;

pub use {
    authority::PoolAuthority,
    metadata::{TokenText, create_metadata, update_metadata},
    stake::{StakeSysvars, USUAL_MINIMUM_DELEGATION, authorize, minimum_delegation},
    system::{create_account, create_stake_account, transfer},
    token::{BurnAndFee, TokenProgram, burn, burn_and_transfer, can_transfer_after_burn, transfer_checked},
};
