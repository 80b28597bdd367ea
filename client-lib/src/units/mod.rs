//! Amounts, fees, shares and times as people write and read them. All of it is read exactly: no floating point.

mod amount;
mod fee;
mod share;
mod time;

pub use {
    amount::{Amount, Units, positive, sol, tokens},
    fee::{ParsedFee, percent},
    share::Share,
    time::{hundredths, seconds},
};
