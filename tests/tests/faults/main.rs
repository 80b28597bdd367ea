//! Calls that fail on a real bank, where what a transaction has written before has to be undone: each fails whole, or the batch goes on
//! without the one that it concerns.

mod bank;
mod batches;
mod budgets;
mod calls;
mod epoch_rewards;
mod large;
