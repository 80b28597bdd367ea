//! What deposits and withdrawals share: who gives, who gets, and what a wallet can spend.

mod holding;
mod receiver;
pub mod signers;
pub mod wrapped;

pub use {
    holding::{Holding, SourceArgs},
    receiver::{Deposited, LEFT_FOR_FEES, ReceiverArgs, associated_account_rent, balance, token_account_rent},
};
