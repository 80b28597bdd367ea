//! Common parts of the demo and the rehearsal: sending plans, changes of epochs, deposits, withdrawals, exit tickets, demotions, the books.

mod demotions;
mod driver;
mod error;
mod exits;
mod fee;
mod ledger;
mod rewards;
mod trades;
mod update;

pub use {
    demotions::demote,
    driver::{Driver, Receipt, start},
    error::RunError,
    exits::{RequestedExit, claim_exits, request_exit},
    fee::{EpochFee, epoch_fee},
    ledger::{Ledger, Side},
    rewards::{PoolRewards, next_epoch},
    trades::{Trade, deposit_sol, deposit_stake, withdraw_sol, withdraw_stake},
    update::{StageCost, Updated, tokens_in, under_management, update},
};
