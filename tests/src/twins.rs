//! Tidepool and the published SPL stake pool, side by side.
//!
//! Both run under the same program id, each in a machine of its own with the same accounts. So no address has to be mapped:
//! whatever differs is a difference.

use {
    crate::vm::{Outcome, Vm, program_elf, read_program_elf},
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_stake_history::StakeHistoryEntry,
    std::{collections::HashMap, fmt::Write as _},
};

/// Reads the ELF of the published crate.
///
/// # Panics
/// Where it has not been built.
pub fn read_reference_elf() -> Vec<u8> {
    let path = program_elf().with_file_name("reference.so");
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask reference` first", path.display()))
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

    /// Whether epoch rewards are being paid, in both.
    pub fn set_epoch_rewards_active(&mut self, active: bool) {
        self.ours.mollusk.sysvars.epoch_rewards.active = active;
        self.theirs.mollusk.sysvars.epoch_rewards.active = active;
    }

    /// Runs an instruction in both on the accounts of [`Self::ours`], and keeps what it changed where it succeeds.
    ///
    /// # Errors
    /// What differs: the result, an account's lamports, data or owner, or the return data.
    pub fn process(&mut self, instruction: &Instruction) -> Result<Outcome, String> {
        std::mem::swap(&mut self.theirs.accounts, &mut self.ours.accounts);
        let theirs = self.theirs.simulate(instruction);
        std::mem::swap(&mut self.theirs.accounts, &mut self.ours.accounts);
        let ours = self.ours.process(instruction);
        let difference = compare(&ours, &theirs);
        if difference.is_empty() { Ok(ours) } else { Err(difference) }
    }
}

/// What differs between two outcomes, in words; empty where nothing does.
fn compare(ours: &Outcome, theirs: &Outcome) -> String {
    let mut text = String::new();
    let (result, reference) = (&ours.result, &theirs.result);
    if result.raw_result != reference.raw_result {
        let _ = writeln!(text, "result {:?}, reference {:?}", result.raw_result, reference.raw_result);
    }
    if result.return_data != reference.return_data {
        let _ = writeln!(text, "return data {:?}, reference {:?}", result.return_data, reference.return_data);
    }
    // A failed instruction changes nothing; what the machine returns of it means nothing either.
    if result.raw_result.is_ok() && reference.raw_result.is_ok() {
        let accounts: HashMap<_, _> = reference.resulting_accounts.iter().map(|(a, b)| (a, b)).collect();
        for (address, account) in &result.resulting_accounts {
            compare_account(&mut text, address, account, accounts[address]);
        }
    }
    if !text.is_empty() {
        let _ = write!(text, "our log: {:#?}\ntheir log: {:#?}", ours.logs, theirs.logs);
    }
    text
}

fn compare_account(text: &mut String, address: &Address, ours: &Account, theirs: &Account) {
    if ours.lamports != theirs.lamports {
        let _ = writeln!(text, "{address}: {} lamports, reference {}", ours.lamports, theirs.lamports);
    }
    if ours.owner != theirs.owner {
        let _ = writeln!(text, "{address}: owner {}, reference {}", ours.owner, theirs.owner);
    }
    if ours.data.len() != theirs.data.len() {
        let _ = writeln!(text, "{address}: {} bytes, reference {}", ours.data.len(), theirs.data.len());
    }
    let differing = ours.data.iter().zip(&theirs.data).enumerate().filter(|(_, (a, b))| a != b);
    for (offset, (a, b)) in differing.take(16) {
        let _ = writeln!(text, "{address}: byte {offset} is {a}, reference {b}");
    }
}
