//! Plans: pure functions from a snapshot to a [`Plan`].

mod addresses;
mod deposit_stakes;
mod explain;
mod rebalance;
mod split_reserve;
mod step;
mod update;
mod withdraw;

#[cfg(test)]
mod tests;

pub use {
    addresses::{LookupContent, lookup_addresses, update_addresses},
    deposit_stakes::{SkippedStake, StakeDeposit, StakeDepositPlan, StakeDeposits, deposit_stakes},
    explain::{NextStep, StakeExplanation, TransientStake, explain_stake},
    rebalance::{
        Direction, IdleStake, Obstacle, RebalanceOptions, RebalancePlan, StakeMovement, Unmoved, UnmovedReason, held,
        rebalance,
    },
    split_reserve::{Shares, SplitReservePlan, split_reserve},
    step::Step,
    update::{Sweep, UpdateOptions, compact_chunk, idle_lamports, list_chunk, mergeable, sweepable, update},
    withdraw::{
        Piece, Remainder, RemainderReason, Withdrawal, WithdrawalOrder, WithdrawalPlan, better_withdrawal,
        pool_tokens_for_lamports, withdraw,
    },
};

use {crate::logs, solana_address::Address, solana_instruction::Instruction, std::collections::BTreeSet};

/// Instructions of one transaction: all of them take effect, or none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstructionGroup {
    /// Label for progress and errors: "update validators 0 to 10".
    pub label: String,
    /// Typed steps that it contains.
    pub steps: Vec<Step>,
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
    /// Compute units that they use at most, an estimate.
    pub compute_units: u32,
    /// Compute units that other groups of the stage may add if they run before. A simulation at the beginning of the
    /// stage does not include them.
    pub compute_growth: u32,
    /// Bytes of logs that they write at most, an estimate.
    pub log_bytes: u32,
}

impl InstructionGroup {
    /// A group with the default log estimate of its programs.
    pub fn new(label: impl Into<String>, instructions: Vec<Instruction>, compute_units: u32) -> Self {
        let log_bytes = logs::estimate(&instructions);
        Self { label: label.into(), steps: Vec::new(), instructions, compute_units, compute_growth: 0, log_bytes }
    }

    /// A group of one instruction.
    pub fn one(label: impl Into<String>, instruction: Instruction, compute_units: u32) -> Self {
        Self::new(label, vec![instruction], compute_units)
    }

    /// The group with a typed step.
    #[must_use]
    pub fn step(self, step: Step) -> Self {
        Self { steps: vec![step], ..self }
    }

    /// The group with an estimate of added compute units.
    #[must_use]
    pub fn growing(self, compute_growth: u32) -> Self {
        Self { compute_growth, ..self }
    }

    /// The group with another log estimate.
    #[must_use]
    pub fn logging(self, log_bytes: u32) -> Self {
        Self { log_bytes, ..self }
    }

    /// Signers other than the fee payer.
    pub fn signers(&self) -> BTreeSet<Address> {
        self.instructions
            .iter()
            .flat_map(|instruction| &instruction.accounts)
            .filter(|meta| meta.is_signer)
            .map(|meta| meta.pubkey)
            .collect()
    }
}

/// Independent groups: they can be sent at once, in any order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stage {
    /// Label for progress: "update the validator list".
    pub label: String,
    /// Its groups.
    pub groups: Vec<InstructionGroup>,
}

/// Stages, each of which requires the previous one to have landed completely.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// The stages, in order. None is empty.
    pub stages: Vec<Stage>,
}

impl Plan {
    /// A plan of one group.
    pub fn one(label: impl Into<String>, group: InstructionGroup) -> Self {
        let mut plan = Self::default();
        plan.push(label, vec![group]);
        plan
    }

    /// Adds a stage, unless it is empty.
    pub fn push(&mut self, label: impl Into<String>, groups: Vec<InstructionGroup>) {
        if !groups.is_empty() {
            self.stages.push(Stage { label: label.into(), groups });
        }
    }

    /// Appends the stages of `next`.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.stages.extend(next.stages);
        self
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// All groups, in order.
    pub fn groups(&self) -> impl Iterator<Item = &InstructionGroup> {
        self.stages.iter().flat_map(|stage| &stage.groups)
    }
}
