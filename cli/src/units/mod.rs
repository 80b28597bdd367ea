//! Amounts, fees and bounds as people write them. All of it is read exactly: no floating point.

mod amount;
mod fee;
mod slippage;

pub use {
    amount::{Amount, Lamports, PoolTokens, Units, sol, tokens},
    fee::{ParsedFee, percent},
    slippage::Slippage,
};
