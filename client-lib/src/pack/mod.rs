//! Putting instructions into as few transactions as the limits allow.

mod footprint;

#[cfg(test)]
mod tests;

use {
    crate::{
        compute, logs,
        plan::{InstructionGroup, Plan, Step},
    },
    footprint::{Footprint, Tables, frame_bytes, short_length},
    solana_address::Address,
    solana_instruction::Instruction,
    solana_message::AddressLookupTableAccount,
};

/// Bytes that a transaction may have, signatures included.
pub const MAX_TRANSACTION_BYTES: usize = 1232;

/// Accounts that a transaction may name, each of which it locks.
pub const MAX_ACCOUNT_LOCKS: usize = 64;

/// Bytes of the two compute budget instructions (limit and price) and their program's address.
pub const COMPUTE_BUDGET_BYTES: usize = 32 + 8 + 12;

/// Bytes of the instruction that uses a durable nonce, with its addresses.
const NONCE_BYTES: usize = 4 * 32 + 10;

/// Accounts of that instruction, and its program.
const NONCE_ACCOUNTS: usize = 4;

/// Compute units of the two compute budget instructions.
const COMPUTE_BUDGET_UNITS: u32 = 300;

/// Bytes that the two compute budget instructions log.
const COMPUTE_BUDGET_LOG_BYTES: u32 = 240;

/// Transactions that stay open for further groups. More would save few, and comparing with all would take quadratic time.
const OPEN_TRANSACTIONS: usize = 8;

/// A transaction to be signed and sent: it lacks only compute budget instructions, for which room is left, and a blockhash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TransactionPlan {
    /// What it does: the labels of its groups.
    pub labels: Vec<String>,
    /// The steps of a trade that it contains.
    pub steps: Vec<Step>,
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
    /// Who has to sign: the fee payer first, then the others in the order of their first appearance.
    pub signers: Vec<Address>,
    /// Compute units that it uses at most, an estimate; good as a limit where no simulation gives a better one.
    pub compute_units: u32,
    /// Compute units by which others that are sent at the same time may make it dearer.
    pub compute_growth: u32,
    /// Lookup tables that it needs to be as short as it has to; where there are none, it has the legacy form.
    pub lookup_tables: Vec<AddressLookupTableAccount>,
}

/// How to pack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PackOptions {
    /// The fee payer.
    pub payer: Address,
    /// Bytes to leave for what is added later. The default leaves room for compute budget instructions.
    pub reserved_bytes: usize,
    /// Accounts to leave for what is added later: by default the compute budget program.
    pub reserved_accounts: usize,
    /// Bytes of logs of one transaction, an estimate: beyond what the runtime keeps, events would be lost. A group that logs
    /// more goes alone.
    pub max_log_bytes: u32,
    /// Most groups of one transaction. With 1, none fails on another's account.
    pub max_groups: usize,
    /// Lookup tables that transactions may use. With none, all have the legacy form.
    pub lookup_tables: Vec<AddressLookupTableAccount>,
}

impl PackOptions {
    /// The default for the fee payer `payer`.
    pub fn new(payer: Address) -> Self {
        Self { payer, ..Self::default() }
    }

    /// These options with room left for the use of a durable nonce, which a sender puts before everything else.
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
            lookup_tables: Vec::new(),
        }
    }
}

/// A group that fits no transaction.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PackError {
    /// It is too long.
    #[error(
        "\"{label}\" needs {bytes} bytes, more than the {MAX_TRANSACTION_BYTES} of a transaction: split it, or use fewer \
         signers"
    )]
    TooManyBytes {
        /// The group.
        label: String,
        /// Bytes of a transaction with this group alone, what is reserved included.
        bytes: usize,
    },
    /// It names too many accounts.
    #[error(
        "\"{label}\" names {accounts} accounts, more than the {MAX_ACCOUNT_LOCKS} that a transaction can lock: split it"
    )]
    TooManyAccounts {
        /// The group.
        label: String,
        /// Accounts of a transaction with this group alone, what is reserved included.
        accounts: usize,
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

/// Packs the groups of one stage, which may come in any order.
///
/// # Errors
/// [`PackError`], which names the group that no transaction can hold.
pub fn pack(groups: &[InstructionGroup], options: &PackOptions) -> Result<Vec<TransactionPlan>, PackError> {
    let tables = &Tables::new(&options.lookup_tables);
    let mut packed: Vec<Draft> = Vec::new();
    for group in groups {
        let open = packed.len().saturating_sub(OPEN_TRANSACTIONS);
        let taken_by = packed[open..].iter_mut().find_map(|draft| {
            let larger = draft.with(group);
            let fits = draft.labels.len() < options.max_groups
                && larger.log_bytes <= options.max_log_bytes
                && larger.check(group, tables, options).is_ok();
            fits.then(|| *draft = larger)
        });
        if taken_by.is_none() {
            let alone = Draft::new(options.payer).with(group);
            alone.check(group, tables, options)?;
            packed.push(alone);
        }
    }
    Ok(packed.into_iter().map(|draft| draft.finish(tables, options)).collect())
}

/// Packs a plan, stage by stage.
///
/// # Errors
/// As [`pack`].
pub fn pack_plan(plan: &Plan, options: &PackOptions) -> Result<Vec<Vec<TransactionPlan>>, PackError> {
    plan.stages.iter().map(|stage| pack(&stage.groups, options)).collect()
}

/// Bytes of a legacy transaction with these instructions.
pub fn transaction_bytes(payer: &Address, instructions: &[Instruction]) -> usize {
    let mut footprint = Footprint::new(*payer);
    instructions.iter().for_each(|instruction| footprint.add(instruction));
    footprint.bytes(&Tables::default())
}

/// Tells whether an instruction fits a transaction of its own, whoever pays for it.
pub(crate) struct Sizing {
    tables: Tables,
    options: PackOptions,
}

impl Sizing {
    /// With these lookup tables, or for the legacy form where there are none.
    pub(crate) fn new(lookup_tables: &[AddressLookupTableAccount]) -> Self {
        // A fee payer that no instruction names.
        let payer = Address::new_from_array([u8::MAX; 32]);
        Self { tables: Tables::new(lookup_tables), options: PackOptions::new(payer) }
    }

    /// Whether there are enough account locks for it.
    pub(crate) fn fits_locks(&self, instruction: &Instruction) -> bool {
        self.footprint(instruction).locks() + self.options.reserved_accounts <= MAX_ACCOUNT_LOCKS
    }

    /// Whether there are enough account locks and bytes for it.
    pub(crate) fn fits(&self, instruction: &Instruction) -> bool {
        let bytes = self.footprint(instruction).bytes(&self.tables) + self.options.reserved_bytes;
        bytes <= MAX_TRANSACTION_BYTES && self.fits_locks(instruction)
    }

    fn footprint(&self, instruction: &Instruction) -> Footprint {
        let mut footprint = Footprint::new(self.options.payer);
        footprint.add(instruction);
        footprint
    }
}

/// Compute units that the instructions of one transaction may use, with those that set a limit and a price.
pub(crate) const MAX_COMPUTE_UNITS: u32 = compute::MAX_PER_TRANSACTION - COMPUTE_BUDGET_UNITS;

/// Bytes that the instructions of one transaction may log, an estimate, with those that set a limit and a price.
pub(crate) const MAX_LOG_BYTES: u32 = logs::PACKED_PER_TRANSACTION - COMPUTE_BUDGET_LOG_BYTES;

/// Validators that one `UpdateValidatorListBalance` can hold in a legacy transaction, by size and by account locks.
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

/// Validators that one `UpdateValidatorListBalance` can hold where lookup tables keep it short: by account locks.
pub const fn max_update_pairs_by_locks(options: &PackOptions) -> usize {
    MAX_ACCOUNT_LOCKS.saturating_sub(UPDATE_ACCOUNTS + options.reserved_accounts) / 2
}

/// Stake accounts that one `UpdateValidators` can name where lookup tables keep it short: by account locks. A validator without
/// stake in motion takes one, another one two.
pub const fn max_update_accounts_by_locks(options: &PackOptions) -> usize {
    MAX_ACCOUNT_LOCKS.saturating_sub(UPDATE_ACCOUNTS + options.reserved_accounts)
}

/// Accounts of an `UpdateValidatorListBalance`, or of an `UpdateValidators`, before those of validators, with the fee payer and
/// the program.
const UPDATE_ACCOUNTS: usize = 2 + 7;

/// A transaction that may still grow.
#[derive(Clone, Debug)]
struct Draft {
    labels: Vec<String>,
    steps: Vec<Step>,
    instructions: Vec<Instruction>,
    footprint: Footprint,
    compute_units: u32,
    compute_growth: u32,
    log_bytes: u32,
}

impl Draft {
    fn new(payer: Address) -> Self {
        Self {
            labels: Vec::new(),
            steps: Vec::new(),
            instructions: Vec::new(),
            footprint: Footprint::new(payer),
            compute_units: COMPUTE_BUDGET_UNITS,
            compute_growth: 0,
            log_bytes: COMPUTE_BUDGET_LOG_BYTES,
        }
    }

    fn with(&self, group: &InstructionGroup) -> Self {
        let mut larger = self.clone();
        for instruction in &group.instructions {
            larger.footprint.add(instruction);
        }
        larger.labels.push(group.label.clone());
        larger.steps.extend(&group.steps);
        larger.instructions.extend(group.instructions.iter().cloned());
        larger.compute_units = larger.compute_units.saturating_add(group.compute_units);
        larger.compute_growth = larger.compute_growth.saturating_add(group.compute_growth);
        larger.log_bytes = larger.log_bytes.saturating_add(group.log_bytes);
        larger
    }

    /// Checks the limits, naming `group` where one is exceeded.
    fn check(&self, group: &InstructionGroup, tables: &Tables, options: &PackOptions) -> Result<(), PackError> {
        let label = || group.label.clone();
        let bytes = self.footprint.bytes(tables) + options.reserved_bytes;
        let accounts = self.footprint.locks() + options.reserved_accounts;
        if bytes > MAX_TRANSACTION_BYTES {
            Err(PackError::TooManyBytes { label: label(), bytes })
        } else if accounts > MAX_ACCOUNT_LOCKS {
            Err(PackError::TooManyAccounts { label: label(), accounts })
        } else if self.compute_units > compute::MAX_PER_TRANSACTION {
            Err(PackError::TooManyComputeUnits { label: label(), units: self.compute_units })
        } else {
            Ok(())
        }
    }

    fn finish(self, tables: &Tables, options: &PackOptions) -> TransactionPlan {
        let used = self.footprint.tables(tables);
        TransactionPlan {
            lookup_tables: used.into_iter().map(|index| options.lookup_tables[index].clone()).collect(),
            labels: self.labels,
            steps: self.steps,
            signers: self.footprint.signers(),
            instructions: self.instructions,
            compute_units: self.compute_units,
            compute_growth: self.compute_growth,
        }
    }
}
