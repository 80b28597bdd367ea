//! Putting instructions into as few transactions as the limits allow.

use {
    crate::{
        compute,
        plan::{InstructionGroup, Plan},
    },
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::HashMap,
};

/// Bytes that a transaction may have, signatures included.
pub const MAX_TRANSACTION_BYTES: usize = 1232;

/// Accounts that a transaction may name, each of which it locks.
pub const MAX_ACCOUNT_LOCKS: usize = 64;

/// Bytes of the two compute budget instructions (limit and price) and their program's address.
pub const COMPUTE_BUDGET_BYTES: usize = 32 + 8 + 12;

/// Compute units of the two compute budget instructions.
const COMPUTE_BUDGET_UNITS: u32 = 300;

/// Transactions that stay open for further groups. More would save few, and comparing with all would take quadratic time.
const OPEN_TRANSACTIONS: usize = 8;

/// A transaction to be signed and sent: it lacks only compute budget instructions, for which room is left, and a blockhash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TransactionPlan {
    /// What it does: the labels of its groups.
    pub labels: Vec<String>,
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
    /// Who has to sign: the fee payer first, then the others in the order of their first appearance.
    pub signers: Vec<Address>,
    /// Compute units that it uses at most, an estimate; good as a limit where no simulation gives a better one.
    pub compute_units: u32,
}

/// How to pack.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PackOptions {
    /// The fee payer.
    pub payer: Address,
    /// Bytes to leave for what is added later. The default leaves room for compute budget instructions.
    pub reserved_bytes: usize,
    /// Accounts to leave for what is added later: by default the compute budget program.
    pub reserved_accounts: usize,
    /// Most groups of one transaction. With 1, none fails on another's account.
    pub max_groups: usize,
}

impl PackOptions {
    /// The default for the fee payer `payer`.
    pub fn new(payer: Address) -> Self {
        Self {
            payer,
            ..Self::default()
        }
    }
}

impl Default for PackOptions {
    fn default() -> Self {
        Self {
            payer: Address::default(),
            reserved_bytes: COMPUTE_BUDGET_BYTES,
            reserved_accounts: 1,
            max_groups: usize::MAX,
        }
    }
}

/// A group that fits no transaction.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PackError {
    /// It is too long.
    #[error(
        "\"{label}\" needs {bytes} bytes, and a transaction holds {MAX_TRANSACTION_BYTES}: split it, or use fewer signers"
    )]
    TooManyBytes {
        /// The group.
        label: String,
        /// Bytes of a transaction with this group alone, what is reserved included.
        bytes: usize,
    },
    /// It names too many accounts.
    #[error("\"{label}\" names {accounts} accounts, and a transaction locks {MAX_ACCOUNT_LOCKS} at most: split it")]
    TooManyAccounts {
        /// The group.
        label: String,
        /// Accounts of a transaction with this group alone, what is reserved included.
        accounts: usize,
    },
    /// It uses too many compute units.
    #[error(
        "\"{label}\" may use {units} compute units, and a transaction has {}: split it",
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
    let mut packed: Vec<Draft> = Vec::new();
    for group in groups {
        let open = packed.len().saturating_sub(OPEN_TRANSACTIONS);
        let taken_by = packed[open..].iter_mut().find_map(|draft| {
            let larger = draft.with(group);
            let fits = draft.labels.len() < options.max_groups && larger.check(group, options).is_ok();
            fits.then(|| *draft = larger)
        });
        if taken_by.is_none() {
            let alone = Draft::new(options.payer).with(group);
            alone.check(group, options)?;
            packed.push(alone);
        }
    }
    Ok(packed.into_iter().map(Draft::finish).collect())
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
    footprint.bytes()
}

/// Validators that one `UpdateValidatorListBalance` can hold, by the size of a legacy transaction and by account locks.
pub fn max_update_pairs(options: &PackOptions) -> usize {
    /// Payer, program, and the accounts before the pairs.
    const FIXED_ACCOUNTS: usize = 2 + 7;
    const DATA_BYTES: usize = 6;
    let bytes = |pairs: usize| {
        let metas = 7 + 2 * pairs;
        let instruction = 1 + short_length(metas) + metas + short_length(DATA_BYTES) + DATA_BYTES;
        frame_bytes(1, FIXED_ACCOUNTS + 2 * pairs, 1) + instruction + options.reserved_bytes
    };
    let accounts = |pairs: usize| FIXED_ACCOUNTS + 2 * pairs + options.reserved_accounts;
    (0..MAX_ACCOUNT_LOCKS)
        .take_while(|pairs| bytes(*pairs) <= MAX_TRANSACTION_BYTES && accounts(*pairs) <= MAX_ACCOUNT_LOCKS)
        .last()
        .unwrap_or(0)
}

/// Bytes of a length in the compact form of transactions.
const fn short_length(length: usize) -> usize {
    match length {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        _ => 3,
    }
}

/// Bytes of a legacy transaction apart from its instructions.
const fn frame_bytes(signers: usize, accounts: usize, instructions: usize) -> usize {
    const HEADER: usize = 3;
    const BLOCKHASH: usize = 32;
    short_length(signers)
        + 64 * signers
        + HEADER
        + short_length(accounts)
        + 32 * accounts
        + BLOCKHASH
        + short_length(instructions)
}

/// What decides on a transaction's size.
#[derive(Clone, Debug)]
struct Footprint {
    /// Accounts in the order of their appearance, and whether they sign.
    accounts: HashMap<Address, (usize, bool)>,
    instructions: usize,
    instruction_bytes: usize,
}

impl Footprint {
    fn new(payer: Address) -> Self {
        Self {
            accounts: HashMap::from([(payer, (0, true))]),
            instructions: 0,
            instruction_bytes: 0,
        }
    }

    fn add(&mut self, instruction: &Instruction) {
        self.name(instruction.program_id, false);
        for meta in &instruction.accounts {
            self.name(meta.pubkey, meta.is_signer);
        }
        let (metas, data) = (instruction.accounts.len(), instruction.data.len());
        self.instructions += 1;
        self.instruction_bytes += 1 + short_length(metas) + metas + short_length(data) + data;
    }

    fn name(&mut self, address: Address, signs: bool) {
        let next = self.accounts.len();
        self.accounts.entry(address).or_insert((next, false)).1 |= signs;
    }

    fn signers(&self) -> Vec<Address> {
        let mut signers: Vec<_> = self.accounts.iter().filter(|(_, (_, signs))| *signs).collect();
        signers.sort_by_key(|(_, (order, _))| *order);
        signers.into_iter().map(|(address, _)| *address).collect()
    }

    fn bytes(&self) -> usize {
        let signers = self.accounts.values().filter(|(_, signs)| *signs).count();
        frame_bytes(signers, self.accounts.len(), self.instructions) + self.instruction_bytes
    }
}

/// A transaction that may still grow.
#[derive(Clone, Debug)]
struct Draft {
    labels: Vec<String>,
    instructions: Vec<Instruction>,
    footprint: Footprint,
    compute_units: u32,
}

impl Draft {
    fn new(payer: Address) -> Self {
        Self {
            labels: Vec::new(),
            instructions: Vec::new(),
            footprint: Footprint::new(payer),
            compute_units: COMPUTE_BUDGET_UNITS,
        }
    }

    fn with(&self, group: &InstructionGroup) -> Self {
        let mut larger = self.clone();
        for instruction in &group.instructions {
            larger.footprint.add(instruction);
        }
        larger.labels.push(group.label.clone());
        larger.instructions.extend(group.instructions.iter().cloned());
        larger.compute_units = larger.compute_units.saturating_add(group.compute_units);
        larger
    }

    /// Checks the limits, naming `group` where one is exceeded.
    fn check(&self, group: &InstructionGroup, options: &PackOptions) -> Result<(), PackError> {
        let label = || group.label.clone();
        let bytes = self.footprint.bytes() + options.reserved_bytes;
        let accounts = self.footprint.accounts.len() + options.reserved_accounts;
        if bytes > MAX_TRANSACTION_BYTES {
            Err(PackError::TooManyBytes { label: label(), bytes })
        } else if accounts > MAX_ACCOUNT_LOCKS {
            Err(PackError::TooManyAccounts {
                label: label(),
                accounts,
            })
        } else if self.compute_units > compute::MAX_PER_TRANSACTION {
            Err(PackError::TooManyComputeUnits {
                label: label(),
                units: self.compute_units,
            })
        } else {
            Ok(())
        }
    }

    fn finish(self) -> TransactionPlan {
        TransactionPlan {
            labels: self.labels,
            signers: self.footprint.signers(),
            instructions: self.instructions,
            compute_units: self.compute_units,
        }
    }
}

#[cfg(test)]
mod tests;
