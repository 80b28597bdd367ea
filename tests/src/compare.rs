//! Tidepool beside the published SPL stake pool: each difference is a finding, except the deliberate ones of extended pools.

use {
    crate::{
        extension::{
            departures::Sweep,
            kept::{ExtendedPool, is_extension_byte},
        },
        vm::{Outcome, Vm},
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction, error::InstructionError},
    solana_sdk_ids::stake,
    std::{collections::HashMap, fmt::Write as _},
    tidepool_interface::{ExtensionError::TurnoverBudgetExceeded, state::POOL_MAX_LENGTH},
};

impl Vm {
    /// Runs an instruction in Tidepool and in the reference on the same accounts, and keeps what it changed where it succeeds.
    ///
    /// In an extended pool the unused bytes of the records are checked by themselves. Where Tidepool departs from SPL behaviour
    /// on purpose, the departure is checked.
    ///
    /// # Errors
    /// What differs: the result, an account's lamports, data or owner, or the return data. The fault with the extension.
    pub fn compare(&mut self, instruction: &Instruction) -> Result<Outcome, String> {
        let comparison = Comparison::begin(self, instruction);
        let outcome = self.process(instruction);
        comparison.finish(self, instruction, &outcome).map(|()| outcome)
    }

    /// Runs an instruction of the extension, and keeps what it changed where it succeeds.
    pub fn process_extension(&mut self, instruction: &Instruction) -> Result<Outcome, String> {
        let extended = ExtendedPool::find(instruction, self);
        let outcome = self.process(instruction);
        if let Some(extended) = extended
            && outcome.is_ok()
        {
            extended.check(instruction, self)?;
        }
        Ok(outcome)
    }

    /// Whether any write to a read-only account fails, also of the same bytes (SIMD-0460).
    fn maps_accounts(&self) -> bool {
        self.mollusk.feature_set.virtual_address_space_adjustments
    }
}

/// What the reference does with an instruction that Tidepool runs next.
pub struct Comparison {
    extended: Option<ExtendedPool>,
    theirs: Outcome,
    is_swept: bool,
}

impl Comparison {
    /// Runs an instruction in the reference.
    pub fn begin(vm: &mut Vm, instruction: &Instruction) -> Self {
        let extended = ExtendedPool::find(instruction, vm);
        let sweep = extended.as_ref().map(|pool| Sweep::apply(pool, instruction, vm)).unwrap_or_default();
        let is_swept = sweep.is_possible();
        let theirs = vm.simulate_reference(instruction);
        sweep.restore(vm);
        Self { extended, theirs, is_swept }
    }

    /// Compares what Tidepool did.
    pub fn finish(self, vm: &Vm, instruction: &Instruction, ours: &Outcome) -> Result<(), String> {
        let Self { extended, theirs, is_swept } = self;
        let Some(extended) = extended else { return compare(ours, &theirs, None) };
        // A policy forbids two things that SPL does not.
        if ours.custom_error() == Some(TurnoverBudgetExceeded as u32) || extended.keeps_rents(ours, &theirs, vm) {
            return Ok(());
        }
        // Tidepool caches bumps in the list before SPL writes anything: a read-only list is rejected earlier. Without SIMD-0460
        // the runtime also accepts a read-only list that SPL writes back unchanged.
        let writable = |meta: &AccountMeta| meta.pubkey == extended.list && meta.is_writable;
        let is_of_read_only_list = match &ours.result.raw_result {
            Err(InstructionError::ReadonlyDataModified) => !vm.maps_accounts() || !theirs.is_ok(),
            Err(_) => !theirs.is_ok(),
            Ok(()) => false,
        };
        if !instruction.accounts.iter().any(writable) && is_of_read_only_list {
            return Ok(());
        }
        let departs = !is_swept && !ours.is_ok() || extended.opens_exit(instruction, &theirs, vm);
        let otherwise = extended.counted_otherwise(instruction, [ours, &theirs], vm);
        if !departs {
            compare(ours, &theirs, Some((&extended, &otherwise)))?;
        }
        if ours.is_ok() { extended.check(instruction, vm) } else { Ok(()) }
    }
}

/// Compares two outcomes, but for the extension of a pool and of its records, and for eight bytes of its validator list from each of these
/// offsets on.
fn compare(ours: &Outcome, theirs: &Outcome, extended: Option<(&ExtendedPool, &[usize])>) -> Result<(), String> {
    let mut text = String::new();
    let (result, reference) = (&ours.result, &theirs.result);
    if result.raw_result != reference.raw_result {
        let _ = writeln!(text, "result {:?}, reference {:?}", result.raw_result, reference.raw_result);
    }
    // Where SPL asks for the minimum delegation and Tidepool does not have to, the answer outlives a failure.
    if result.raw_result.is_ok() && result.return_data != reference.return_data {
        let _ = writeln!(text, "return data {:?}, reference {:?}", result.return_data, reference.return_data);
    }
    // A failed instruction changes nothing; what the machine returns of it means nothing either.
    if result.raw_result.is_ok() && reference.raw_result.is_ok() {
        let accounts: HashMap<_, _> = reference.resulting_accounts.iter().map(|(a, b)| (a, b)).collect();
        for (address, account) in &result.resulting_accounts {
            let is_masked = |offset| {
                extended.is_some_and(|(pool, otherwise)| {
                    let is_otherwise =
                        otherwise.iter().any(|start| (*start..start + size_of::<u64>()).contains(&offset));
                    let is_of_list = pool.list == *address && (is_extension_byte(offset) || is_otherwise);
                    is_of_list || pool.pool == *address && offset >= POOL_MAX_LENGTH
                })
            };
            compare_account(&mut text, address, account, accounts[address], is_masked);
        }
    }
    if text.is_empty() {
        return Ok(());
    }
    let _ = write!(text, "our log: {:#?}\ntheir log: {:#?}", ours.logs, theirs.logs);
    Err(text)
}

fn compare_account(
    text: &mut String,
    address: &Address,
    ours: &Account,
    theirs: &Account,
    is_masked: impl Fn(usize) -> bool,
) {
    // SPL empties an ephemeral stake account that Tidepool does without. Either is gone when the transaction ends.
    if *ours == Account::default() && theirs.lamports == 0 && theirs.owner == stake::ID {
        return;
    }
    if ours.lamports != theirs.lamports {
        let _ = writeln!(text, "{address}: {} lamports, reference {}", ours.lamports, theirs.lamports);
    }
    if ours.owner != theirs.owner {
        let _ = writeln!(text, "{address}: owner {}, reference {}", ours.owner, theirs.owner);
    }
    if ours.data.len() != theirs.data.len() {
        let _ = writeln!(text, "{address}: {} bytes, reference {}", ours.data.len(), theirs.data.len());
    }
    let differing =
        ours.data.iter().zip(&theirs.data).enumerate().filter(|(offset, (a, b))| a != b && !is_masked(*offset));
    for (offset, (a, b)) in differing.take(16) {
        let _ = writeln!(text, "{address}: byte {offset} is {a}, reference {b}");
    }
}
