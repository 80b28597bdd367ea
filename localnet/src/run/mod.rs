//! Common parts of the demo and the rehearsal: sending plans, changes of epochs, deposits and withdrawals, the books.

mod driver;
mod error;
mod fee;
mod ledger;
mod rewards;
mod trades;
mod update;

pub use {
    driver::{Driver, Receipt, start},
    error::RunError,
    fee::{EpochFee, epoch_fee},
    ledger::{Ledger, Side},
    rewards::{PoolRewards, next_epoch},
    trades::{Trade, deposit_sol, deposit_stake, withdraw_sol, withdraw_stake},
    update::{StageCost, Updated, tokens_in, under_management, update},
};
