//! What must be so of every instruction of the program, whatever its sender and the history: looked at in each step of
//! the histories, by formulas of these files alone, in 128 bits.
//!
//! * [`rate`]: a pool token keeps its value, but for losses of stake.
//! * [`conservation`]: lamports and pool tokens go where the instruction was asked to send them, and the events say so.
//! * [`supply`]: the supply that the pool states is the mint's.
//! * [`holders`]: what one holder does costs no other.
//! * [`reserve`]: the reserve keeps its rent.
//! * [`records`]: after an update the records state the accounts' lamports.
//! * [`exit`]: every holder can leave.

pub mod conservation;
pub mod exit;
pub mod holders;
pub mod rate;
pub mod records;
pub mod reserve;
pub mod supply;
mod view;

pub use view::View;

use {
    crate::{
        history::{Finding, Uncounted, World},
        vm::Outcome,
    },
    solana_instruction::Instruction,
    tidepool_interface::instruction::tag,
};

/// A successful instruction of the program, and the pool before and after it.
pub struct Transition<'a> {
    pub before: &'a View,
    pub after: &'a View,
    pub instruction: &'a Instruction,
    /// Its log lines.
    pub logs: &'a [String],
    /// What happened outside since the pool last counted what it has.
    pub uncounted: Uncounted,
}

/// What an instruction does with lamports and pool tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Lamports come in.
    Deposit,
    /// Lamports go out.
    Withdrawal,
    /// The pool counts what it has.
    Count,
    /// Neither: settings, and movements within the pool.
    Other,
}

impl Transition<'_> {
    /// The instruction's tag.
    pub fn tag(&self) -> u8 {
        self.instruction.data[0]
    }

    /// What it does.
    pub fn kind(&self) -> Kind {
        match self.tag() {
            tag::DEPOSIT_SOL
            | tag::DEPOSIT_SOL_WITH_SLIPPAGE
            | tag::DEPOSIT_STAKE
            | tag::DEPOSIT_STAKE_WITH_SLIPPAGE => Kind::Deposit,
            tag::WITHDRAW_SOL
            | tag::WITHDRAW_SOL_WITH_SLIPPAGE
            | tag::WITHDRAW_STAKE
            | tag::WITHDRAW_STAKE_WITH_SLIPPAGE => Kind::Withdrawal,
            tag::UPDATE_STAKE_POOL_BALANCE => Kind::Count,
            _ => Kind::Other,
        }
    }

    /// The number that the instruction's data hold at this place after the tag, if they do.
    pub fn argument(&self, index: usize) -> Option<u64> {
        let (numbers, _) = self.instruction.data.get(1..)?.as_chunks::<8>();
        numbers.get(index).map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// The bound on slippage, where the instruction has one.
    pub fn minimum(&self) -> Option<u64> {
        match self.tag() {
            tag::DEPOSIT_STAKE_WITH_SLIPPAGE => self.argument(0),
            tag::DEPOSIT_SOL_WITH_SLIPPAGE | tag::WITHDRAW_SOL_WITH_SLIPPAGE | tag::WITHDRAW_STAKE_WITH_SLIPPAGE => {
                self.argument(1)
            }
            _ => None,
        }
    }
}

type Invariant = fn(&Transition) -> Result<(), Finding>;

/// Checks everything of one instruction.
pub fn check(
    world: &World,
    instruction: &Instruction,
    outcome: &Outcome,
    before: &View,
    after: &View,
) -> Result<(), Finding> {
    let uncounted = world.book.uncounted;
    let transition = Transition { before, after, instruction, logs: &outcome.logs, uncounted };
    let invariants: [(&str, Invariant); 5] = [
        ("rate", rate::check),
        ("conservation", conservation::check),
        ("supply", supply::check),
        ("holders", holders::check),
        ("reserve", reserve::check),
    ];
    for (name, invariant) in invariants {
        invariant(&transition).map_err(|what| format!("{name}: {what} (instruction {})", transition.tag()))?;
    }
    Ok(())
}
