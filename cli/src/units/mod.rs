//! Addresses, amounts, fees, shares and bounds as people write them. All of it is read exactly: no floating point.

mod address;
mod slippage;
mod time;
mod transaction_fee;

pub use {
    address::address,
    slippage::Slippage,
    tidepool_client::units::{Amount, ParsedFee, Share, Units, hundredths, percent, positive, seconds, sol, tokens},
    time::{local_time, now, positive_seconds, utc_time},
    transaction_fee::transaction_fee,
};
