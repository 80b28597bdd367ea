//! Packs instructions into the fewest transactions within the limits.

mod footprint;
mod format;

#[cfg(test)]
mod tests;

use {
    crate::{
        compute, logs, trace,
        transaction::{InstructionGroup, Outgoing, Plan},
    },
    footprint::{Footprint, Layout, frame_bytes, short_length},
    solana_address::Address,
    solana_instruction::Instruction,
};

pub use format::{MAX_ACCOUNT_LOCKS, MAX_TRANSACTION_BYTES, TransactionFormat, TransactionLimits, cluster_takes_v1};

/// Bytes of the three compute budget instructions (limits of compute units and of loaded account data, price) and their
/// program's address.
pub const COMPUTE_BUDGET_BYTES: usize = 32 + 8 + 8 + 12;

/// Bytes of the `AdvanceNonceAccount` instruction, with its addresses.
const NONCE_BYTES: usize = 4 * 32 + 10;

/// Accounts of that instruction, and its program.
const NONCE_ACCOUNTS: usize = 4;

/// Compute units of the three compute budget instructions.
pub(crate) const COMPUTE_BUDGET_UNITS: u32 = 450;

/// Bytes of logs of the three compute budget instructions.
const COMPUTE_BUDGET_LOG_BYTES: u32 = 360;

/// Transactions that stay open for further groups. More would save little, and comparing with all takes quadratic time.
const OPEN_TRANSACTIONS: usize = 8;

/// Options of packing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PackOptions {
    /// The fee payer.
    pub payer: Address,
    /// Bytes to reserve for later additions, by default for compute budget instructions.
    pub reserved_bytes: usize,
    /// Accounts to reserve for later additions, by default for the compute budget program.
    pub reserved_accounts: usize,
    /// Most bytes of logs of one transaction, an estimate: beyond the runtime's limit, events would be lost. A group
    /// that logs more gets a transaction of its own.
    pub max_log_bytes: u32,
    /// Most groups of one transaction. With 1, no group fails because of another.
    pub max_groups: usize,
    /// The format of the transactions.
    pub format: TransactionFormat,
}

impl PackOptions {
    /// The default options for the fee payer `payer`.
    pub fn new(payer: Address) -> Self {
        Self { payer, ..Self::default() }
    }

    /// These options for transactions of this format. v1 needs no room for compute budget instructions.
    #[must_use]
    pub fn in_format(self, format: TransactionFormat) -> Self {
        let (reserved_bytes, reserved_accounts) = match format {
            TransactionFormat::V1 => (0, 0),
            TransactionFormat::Legacy | TransactionFormat::V0(_) => (self.reserved_bytes, self.reserved_accounts),
        };
        Self { reserved_bytes, reserved_accounts, format, ..self }
    }

    /// These options with room for `AdvanceNonceAccount`, which a sender prepends.
    #[must_use]
    pub fn leaving_room_for_nonce(self) -> Self {
        Self {
            reserved_bytes: self.reserved_bytes.saturating_add(NONCE_BYTES),
            reserved_accounts: self.reserved_accounts.saturating_add(NONCE_ACCOUNTS),
            ..self
        }
    }
}

impl Default for PackOptions {
    fn default() -> Self {
        Self {
            payer: Address::default(),
            reserved_bytes: COMPUTE_BUDGET_BYTES,
            reserved_accounts: 1,
            max_log_bytes: logs::PACKED_PER_TRANSACTION,
            max_groups: usize::MAX,
            format: TransactionFormat::Legacy,
        }
    }
}

/// A group that exceeds the limits of a transaction.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PackError {
    /// It is too large.
    #[error("\"{label}\" needs {bytes} bytes, more than the {limit} of a transaction: split it, or use fewer signers")]
    TooManyBytes {
        /// The group.
        label: String,
        /// Bytes of a transaction with this group alone, reserved bytes included.
        bytes: usize,
        /// The limit of the format.
        limit: usize,
    },
    /// It names too many accounts.
    #[error("\"{label}\" names {accounts} accounts, more than the {limit} that a transaction can lock: split it")]
    TooManyAccounts {
        /// The group.
        label: String,
        /// Accounts of a transaction with this group alone, reserved ones included.
        accounts: usize,
        /// The limit of the format.
        limit: usize,
    },
    /// It needs too many signatures.
    #[error("\"{label}\" needs {signatures} signatures, more than the {limit} of a transaction: split it")]
    TooManySignatures {
        /// The group.
        label: String,
        /// Signatures of a transaction with this group alone.
        signatures: usize,
        /// The limit of the format.
        limit: usize,
    },
    /// It uses too many compute units.
    #[error(
        "\"{label}\" may use {units} compute units, more than the {} of a transaction: split it",
        compute::MAX_PER_TRANSACTION
    )]
    TooManyComputeUnits {
        /// The group.
        label: String,
        /// Compute units, an estimate.
        units: u32,
    },
}

/// Packs the groups of one stage, which are independent.
///
/// # Errors
/// [`PackError`] with the group that exceeds a transaction.
pub fn pack(groups: &[InstructionGroup], options: &PackOptions) -> Result<Vec<Outgoing>, PackError> {
    let layout = &Layout::new(&options.format);
    let mut packed: Vec<Draft> = Vec::new();
    for group in groups {
        let open = packed.len().saturating_sub(OPEN_TRANSACTIONS);
        let taken_by = packed[open..].iter_mut().find_map(|draft| {
            let larger = draft.with(group);
            let fits = draft.groups < options.max_groups
                && !draft.joined.is_alone
                && !group.is_alone
                && larger.joined.log_bytes <= options.max_log_bytes
                && larger.joined.trace_length <= options.format.limits().trace
                && larger.check(group, layout, options).is_ok();
            fits.then(|| *draft = larger)
        });
        if taken_by.is_none() {
            let alone = Draft::new(group, options.payer);
            alone.check(group, layout, options)?;
            packed.push(alone);
        }
    }
    let mut packed: Vec<_> = packed.into_iter().map(|draft| draft.finish(layout, options)).collect();
    if let [alone] = packed.as_mut_slice() {
        // Its simulation includes all groups.
        alone.compute_growth = 0;
    }
    Ok(packed)
}

/// Packs a plan, stage by stage.
///
/// # Errors
/// Those of [`pack`].
pub fn pack_plan(plan: &Plan, options: &PackOptions) -> Result<Vec<Vec<Outgoing>>, PackError> {
    plan.stages.iter().map(|stage| pack(&stage.groups, options)).collect()
}

/// Bytes of a legacy transaction with these instructions.
pub fn transaction_bytes(payer: &Address, instructions: &[Instruction]) -> usize {
    let mut footprint = Footprint::new(*payer);
    instructions.iter().for_each(|instruction| footprint.add(instruction));
    footprint.bytes(&Layout::default())
}

/// Checks whether an instruction fits a transaction of its own, with any fee payer.
pub(crate) struct Sizing {
    layout: Layout,
    options: PackOptions,
}

impl Sizing {
    pub(crate) fn new(format: &TransactionFormat) -> Self {
        // A fee payer that no instruction names.
        let payer = Address::new_from_array([u8::MAX; 32]);
        Self { layout: Layout::new(format), options: PackOptions::new(payer).in_format(format.clone()) }
    }

    pub(crate) fn fits_locks(&self, instruction: &Instruction) -> bool {
        let accounts = self.footprint(instruction).locks() + self.options.reserved_accounts;
        accounts <= self.options.format.limits().accounts
    }

    pub(crate) fn fits(&self, instruction: &Instruction) -> bool {
        let bytes = self.footprint(instruction).bytes(&self.layout) + self.options.reserved_bytes;
        bytes <= self.options.format.limits().bytes && self.fits_locks(instruction)
    }

    fn footprint(&self, instruction: &Instruction) -> Footprint {
        let mut footprint = Footprint::new(self.options.payer);
        footprint.add(instruction);
        footprint
    }
}

/// Most compute units of a transaction's instructions, without the compute budget instructions.
pub(crate) const MAX_COMPUTE_UNITS: u32 = compute::MAX_PER_TRANSACTION - COMPUTE_BUDGET_UNITS;

/// Most bytes of logs of a transaction's instructions, an estimate, without the compute budget instructions.
pub(crate) const MAX_LOG_BYTES: u32 = logs::PACKED_PER_TRANSACTION - COMPUTE_BUDGET_LOG_BYTES;

/// Most instructions that a transaction's own run, calls included, without the compute budget instructions.
pub(crate) const MAX_TRACE: u32 = trace::MAX_PER_TRANSACTION - trace::COMPUTE_BUDGET;

/// Validators of one `UpdateValidatorListBalance` in a legacy transaction, by size and by account locks.
pub fn max_update_pairs(options: &PackOptions) -> usize {
    const DATA_BYTES: usize = 6;
    let bytes = |pairs: usize| {
        let metas = UPDATE_ACCOUNTS - 2 + 2 * pairs;
        let instruction = 1 + short_length(metas) + metas + short_length(DATA_BYTES) + DATA_BYTES;
        frame_bytes(1, UPDATE_ACCOUNTS + 2 * pairs, 1) + instruction + options.reserved_bytes
    };
    (0..=max_update_pairs_by_locks(options))
        .take_while(|pairs| bytes(*pairs) <= MAX_TRANSACTION_BYTES)
        .last()
        .unwrap_or(0)
}

/// Validators of one `UpdateValidatorListBalance` by account locks alone: with lookup tables, or in v1.
pub const fn max_update_pairs_by_locks(options: &PackOptions) -> usize {
    options.format.limits().accounts.saturating_sub(UPDATE_ACCOUNTS + options.reserved_accounts) / 2
}

/// Stake accounts of one `UpdateValidators` by account locks alone: with lookup tables, or in v1. A validator takes one,
/// or two with transient stake.
pub const fn max_update_accounts_by_locks(options: &PackOptions) -> usize {
    options.format.limits().accounts.saturating_sub(UPDATE_ACCOUNTS + options.reserved_accounts)
}

/// Accounts of an `UpdateValidatorListBalance` or `UpdateValidators` before those of validators, with the fee payer and
/// the program.
const UPDATE_ACCOUNTS: usize = 2 + 7;

#[derive(Clone, Debug)]
struct Draft {
    groups: usize,
    joined: InstructionGroup,
    footprint: Footprint,
}

impl Draft {
    /// A transaction of `group` and the compute budget instructions.
    fn new(group: &InstructionGroup, payer: Address) -> Self {
        let joined = InstructionGroup {
            compute_units: group.compute_units.saturating_add(COMPUTE_BUDGET_UNITS),
            log_bytes: group.log_bytes.saturating_add(COMPUTE_BUDGET_LOG_BYTES),
            trace_length: group.trace_length.saturating_add(trace::COMPUTE_BUDGET),
            ..group.clone()
        };
        let mut footprint = Footprint::new(payer);
        group.instructions.iter().for_each(|instruction| footprint.add(instruction));
        Self { groups: 1, joined, footprint }
    }

    fn with(&self, group: &InstructionGroup) -> Self {
        let mut footprint = self.footprint.clone();
        group.instructions.iter().for_each(|instruction| footprint.add(instruction));
        Self { groups: self.groups + 1, joined: self.joined.clone().join(group.clone()), footprint }
    }

    /// Checks the limits; the error names `group`.
    fn check(&self, group: &InstructionGroup, layout: &Layout, options: &PackOptions) -> Result<(), PackError> {
        let label = || group.label.clone();
        let bytes = self.footprint.bytes(layout) + options.reserved_bytes;
        let limits = options.format.limits();
        let accounts = self.footprint.locks() + options.reserved_accounts;
        let (signatures, units) = (self.footprint.signatures(), self.joined.compute_units);
        if signatures > limits.signatures {
            Err(PackError::TooManySignatures { label: label(), signatures, limit: limits.signatures })
        } else if bytes > limits.bytes {
            Err(PackError::TooManyBytes { label: label(), bytes, limit: limits.bytes })
        } else if accounts > limits.accounts {
            Err(PackError::TooManyAccounts { label: label(), accounts, limit: limits.accounts })
        } else if units > compute::MAX_PER_TRANSACTION {
            Err(PackError::TooManyComputeUnits { label: label(), units })
        } else {
            Ok(())
        }
    }

    fn finish(self, layout: &Layout, options: &PackOptions) -> Outgoing {
        let used = self.footprint.tables(layout).into_iter();
        let format = match &options.format {
            TransactionFormat::V0(tables) => {
                TransactionFormat::with_tables(used.map(|index| tables[index].clone()).collect())
            }
            format @ (TransactionFormat::Legacy | TransactionFormat::V1) => format.clone(),
        };
        Outgoing {
            label: self.joined.label,
            steps: self.joined.steps,
            instructions: self.joined.instructions,
            compute_units: Some(self.joined.compute_units),
            compute_growth: self.joined.compute_growth,
            format,
        }
    }
}
