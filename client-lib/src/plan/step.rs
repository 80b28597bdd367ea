//! Typed names of the steps of a plan.

use solana_address::Address;

/// A step of a trade. Instruction groups, packed transactions and sent transactions carry the steps that they contain, so that a
/// caller can tell what a partly landed plan has done. Labels are for people only.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Step {
    /// A withdrawal of SOL from the reserve.
    WithdrawSol,
    /// A withdrawal of stake.
    WithdrawStake {
        /// The stake account that gets the stake: a new one, or one into which that is merged.
        to: Address,
    },
    /// A deposit of a stake account.
    DepositStake {
        /// The deposited stake account.
        from: Address,
    },
}
