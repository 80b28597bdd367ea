//! Addresses, amounts, fees, shares and bounds as people write them. All of it is read exactly: no floating point.

mod address;
mod amount;
mod fee;
mod share;
mod slippage;
mod time;
mod transaction_fee;

pub use {
    address::address,
    amount::{Amount, Units, positive, sol, tokens},
    fee::{ParsedFee, percent},
    share::Share,
    slippage::Slippage,
    time::{local_time, seconds},
    transaction_fee::transaction_fee,
};
