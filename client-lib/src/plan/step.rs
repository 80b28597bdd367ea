//! Typed steps of a plan.

use solana_address::Address;

/// A typed step. Instruction groups, packed transactions and sent transactions carry their steps, so that callers can
/// interpret a partly landed plan. Labels are for people only.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Step {
    /// A withdrawal of SOL from the reserve.
    WithdrawSol,
    /// A withdrawal of stake.
    WithdrawStake {
        /// The destination stake account: a new one, or one that it is merged into.
        to: Address,
    },
    /// A deposit of a stake account.
    DepositStake {
        /// The deposited stake account.
        from: Address,
    },
    /// Idle lamports of a validator's stake account that go to the reserve.
    Sweep {
        /// The validator's vote account.
        vote: Address,
        /// Idle lamports when the plan was made.
        lamports: u64,
    },
}
