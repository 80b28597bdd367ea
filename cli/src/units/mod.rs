//! Amounts, fees, shares and bounds as people write them. All of it is read exactly: no floating point.

mod amount;
mod fee;
mod share;
mod slippage;

pub use {
    amount::{Amount, Lamports, PoolTokens, Units, positive, sol, tokens},
    fee::{ParsedFee, percent},
    share::Share,
    slippage::Slippage,
};
