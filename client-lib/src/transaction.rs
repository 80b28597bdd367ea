//! The vocabulary of transactions: a [`Plan`] has [`Stage`]s, a stage has [`InstructionGroup`]s, and
//! [`pack`](crate::pack) makes [`Outgoing`] transactions of them.

use {
    crate::{logs, pack::TransactionFormat, trace},
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::BTreeSet,
    tidepool_interface::state::{AnnouncementKind, DemotionGround},
};

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
    /// The announcement of a change. The same transaction makes the change from that epoch and time on.
    Announce {
        /// Kind of the change.
        kind: AnnouncementKind,
        /// The first epoch.
        from_epoch: u64,
        /// Unix time in seconds.
        from_timestamp: i64,
    },
    /// The demotion of a validator.
    Demote {
        /// The validator's vote account.
        vote: Address,
        /// The ground.
        ground: DemotionGround,
    },
    /// The request of an exit ticket.
    RequestExit {
        /// The ticket.
        id: u64,
    },
    /// The payment of an exit ticket.
    ClaimExit {
        /// The ticket.
        id: u64,
    },
}

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
    /// Instructions that they run at most, calls between programs included, an estimate.
    pub trace_length: u32,
    /// Whether it shares no transaction with another group, so that neither can fail the other.
    pub is_alone: bool,
}

impl InstructionGroup {
    /// A group with the default estimates of logs and calls of its programs.
    pub fn new(label: impl Into<String>, instructions: Vec<Instruction>, compute_units: u32) -> Self {
        let (log_bytes, trace_length) = (logs::estimate(&instructions), trace::estimate(&instructions));
        let (label, steps) = (label.into(), Vec::new());
        Self { label, steps, instructions, compute_units, compute_growth: 0, log_bytes, trace_length, is_alone: false }
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

    /// The group with another estimate of the instructions that it runs.
    #[must_use]
    pub fn running(self, trace_length: u32) -> Self {
        Self { trace_length, ..self }
    }

    /// The group, in a transaction of its own.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { is_alone: true, ..self }
    }

    /// The group, then `next`, in one transaction.
    #[must_use]
    pub(crate) fn join(mut self, next: Self) -> Self {
        self.label = format!("{}, {}", self.label, next.label);
        self.steps.extend(next.steps);
        self.instructions.extend(next.instructions);
        Self {
            compute_units: self.compute_units.saturating_add(next.compute_units),
            compute_growth: self.compute_growth.saturating_add(next.compute_growth),
            log_bytes: self.log_bytes.saturating_add(next.log_bytes),
            trace_length: self.trace_length.saturating_add(next.trace_length),
            ..self
        }
    }

    /// Signers that the instructions name. The fee payer signs too.
    pub fn signers(&self) -> BTreeSet<Address> {
        signers(&self.instructions)
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

/// Stages. Each requires that the previous one landed completely.
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

/// One transaction to send.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outgoing {
    /// Label for people: `update validators 1 to 4`.
    pub label: String,
    /// Typed steps that it contains.
    pub steps: Vec<Step>,
    /// Its instructions. The sender appends limits of compute units and loaded account data, and a price,
    /// unless they set their own: the transaction must have [`COMPUTE_BUDGET_BYTES`](crate::pack::COMPUTE_BUDGET_BYTES) to spare.
    pub instructions: Vec<Instruction>,
    /// Compute units that it uses at most, an estimate; the limit without a simulation. `None` for the cluster's default
    /// (200,000 an instruction).
    pub compute_units: Option<u32>,
    /// Compute units to request on top of a simulation, because other transactions sent at the same time may raise the
    /// cost.
    pub compute_growth: u32,
    /// Its format.
    pub format: TransactionFormat,
}

impl Outgoing {
    /// A legacy transaction without a compute unit estimate.
    pub fn new(label: impl Into<String>, instructions: Vec<Instruction>) -> Self {
        Self { label: label.into(), instructions, ..Self::default() }
    }

    /// Signers that the instructions name. The fee payer signs too.
    pub fn signers(&self) -> BTreeSet<Address> {
        signers(&self.instructions)
    }
}

fn signers(instructions: &[Instruction]) -> BTreeSet<Address> {
    let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
    metas.filter(|meta| meta.is_signer).map(|meta| meta.pubkey).collect()
}
