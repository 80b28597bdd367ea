//! Tidepool and the published SPL stake pool, side by side.
//!
//! Both run under the same program id, each in a machine of its own with the same accounts. So no address has to be mapped:
//! whatever differs is a difference.

use {
    crate::{
        extension::{
            departures::Sweep,
            kept::{ExtendedPool, is_extension_byte},
        },
        vm::{Outcome, Vm, read_elf, read_program_elf},
    },
    program_elf::Elf,
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction, error::InstructionError},
    solana_sdk_ids::stake,
    solana_stake_history::StakeHistoryEntry,
    std::{collections::HashMap, fmt::Write as _},
    tidepool_interface::ExtensionError::TurnoverBudgetExceeded,
};

/// The ELF of the published crate.
///
/// # Panics
/// If it was not built from the present sources.
pub fn read_reference_elf() -> Vec<u8> {
    read_elf(Elf::Reference)
}

/// The two machines.
pub struct Twins {
    /// Tidepool's. Its accounts and sysvars are those of both.
    pub ours: Vm,
    theirs: Vm,
}

impl Default for Twins {
    fn default() -> Self {
        Self::new()
    }
}

impl Twins {
    /// Two machines with the same program id.
    ///
    /// # Panics
    /// Where an ELF has not been built.
    pub fn new() -> Self {
        let program_id = Address::new_unique();
        Self { ours: Vm::new(program_id, &read_program_elf()), theirs: Vm::new(program_id, &read_reference_elf()) }
    }

    /// Puts another program in the place of one that both call.
    pub fn replace_program(&mut self, program: &Address, elf: &[u8]) {
        self.ours.replace_program(program, elf);
        self.theirs.replace_program(program, elf);
    }

    /// Puts the clock of both at the start of an epoch.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.ours.set_epoch(epoch);
        self.theirs.set_epoch(epoch);
    }

    /// Effective stake of the cluster and what of it warms up and cools down in each epoch, in lamports, from the next
    /// [`Self::set_epoch`] on.
    pub fn set_cluster_stake(&mut self, effective: u64, moving: u64) {
        let entry = StakeHistoryEntry { effective, activating: moving, deactivating: moving };
        self.ours.cluster_stake = entry.clone();
        self.theirs.cluster_stake = entry;
    }

    /// Rent in lamports per byte, in both.
    pub fn set_rent(&mut self, lamports_per_byte: u64) {
        self.ours.mollusk.sysvars.rent.lamports_per_byte = lamports_per_byte;
        self.theirs.mollusk.sysvars.rent.lamports_per_byte = lamports_per_byte;
    }

    /// Whether epoch rewards are being paid, in both.
    pub fn set_epoch_rewards_active(&mut self, active: bool) {
        self.ours.mollusk.sysvars.epoch_rewards.active = active;
        self.theirs.mollusk.sysvars.epoch_rewards.active = active;
    }

    /// Runs an instruction in both on the accounts of [`Self::ours`], and keeps what it changed where it succeeds.
    ///
    /// Of a pool with the extension, the unused bytes of the records are not compared, but looked at by themselves; and where Tidepool
    /// departs from SPL behaviour on purpose, the departure is checked instead.
    ///
    /// # Errors
    /// What differs: the result, an account's lamports, data or owner, or the return data. What is wrong of the extension.
    pub fn process(&mut self, instruction: &Instruction) -> Result<Outcome, String> {
        let extended = ExtendedPool::find(instruction, &self.ours);
        std::mem::swap(&mut self.theirs.accounts, &mut self.ours.accounts);
        let sweep = extended.as_ref().map(|pool| Sweep::apply(pool, instruction, &mut self.theirs)).unwrap_or_default();
        let is_swept = sweep.is_possible();
        let theirs = self.theirs.simulate(instruction);
        sweep.restore(&mut self.theirs);
        std::mem::swap(&mut self.theirs.accounts, &mut self.ours.accounts);
        let ours = self.ours.process(instruction);
        let Some(extended) = extended else { return compare(&ours, &theirs, None).map(|()| ours) };
        // A policy forbids two things that SPL does not.
        if ours.custom_error() == Some(TurnoverBudgetExceeded as u32) {
            return Ok(ours);
        }
        if extended.keeps_rents(&ours, &theirs, &self.ours) {
            return Ok(ours);
        }
        // Tidepool caches bumps in the list before SPL writes anything: a read-only list is rejected earlier. Without SIMD-0460
        // the runtime also accepts a read-only list that SPL writes back unchanged.
        let writable = |meta: &AccountMeta| meta.pubkey == extended.list && meta.is_writable;
        let is_of_read_only_list = match &ours.result.raw_result {
            Err(InstructionError::ReadonlyDataModified) => !self.maps_accounts() || !theirs.is_ok(),
            Err(_) => !theirs.is_ok(),
            Ok(()) => false,
        };
        if !instruction.accounts.iter().any(writable) && is_of_read_only_list {
            return Ok(ours);
        }
        let departs = !is_swept && !ours.is_ok() || extended.opens_exit(instruction, &theirs, &self.ours);
        let otherwise = extended.counted_otherwise(instruction, [&ours, &theirs], &self.ours);
        if !departs {
            compare(&ours, &theirs, Some((&extended.list, &otherwise)))?;
        }
        if ours.is_ok() {
            extended.check(instruction, &self.ours)?;
        }
        Ok(ours)
    }

    /// Whether any write to a read-only account fails, also of the same bytes (SIMD-0460).
    fn maps_accounts(&self) -> bool {
        self.ours.mollusk.feature_set.virtual_address_space_adjustments
    }

    /// Runs an instruction that only Tidepool has, and keeps what it changed where it succeeds.
    ///
    /// # Errors
    /// What is wrong of the extension afterwards.
    pub fn process_ours(&mut self, instruction: &Instruction) -> Result<Outcome, String> {
        let extended = ExtendedPool::find(instruction, &self.ours);
        let outcome = self.ours.process(instruction);
        if let Some(extended) = extended
            && outcome.is_ok()
        {
            extended.check(instruction, &self.ours)?;
        }
        Ok(outcome)
    }
}

/// Compares two outcomes, but for the unused bytes of the records of a validator list, and for eight bytes from each of these offsets on.
///
/// # Errors
/// What differs, in words.
fn compare(ours: &Outcome, theirs: &Outcome, list: Option<(&Address, &[usize])>) -> Result<(), String> {
    let mut text = String::new();
    let (result, reference) = (&ours.result, &theirs.result);
    if result.raw_result != reference.raw_result {
        let _ = writeln!(text, "result {:?}, reference {:?}", result.raw_result, reference.raw_result);
    }
    // Where the contract asks for the minimum delegation and Tidepool does not have to, the answer outlives a failure.
    if result.raw_result.is_ok() && result.return_data != reference.return_data {
        let _ = writeln!(text, "return data {:?}, reference {:?}", result.return_data, reference.return_data);
    }
    // A failed instruction changes nothing; what the machine returns of it means nothing either.
    if result.raw_result.is_ok() && reference.raw_result.is_ok() {
        let accounts: HashMap<_, _> = reference.resulting_accounts.iter().map(|(a, b)| (a, b)).collect();
        for (address, account) in &result.resulting_accounts {
            let is_masked = |offset| {
                list.is_some_and(|(list, otherwise)| {
                    let is_otherwise =
                        otherwise.iter().any(|start| (*start..start + size_of::<u64>()).contains(&offset));
                    list == address && (is_extension_byte(offset) || is_otherwise)
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
    // The contract empties an ephemeral stake account that Tidepool does without. Either is gone when the transaction ends.
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
