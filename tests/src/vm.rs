//! The virtual machine: Tidepool's ELF with the stake, token and system programs that the bank runs, and if wanted the published
//! SPL stake pool under the same program id.

pub use program_elf::Elf;

use {
    crate::gates::Gates,
    mollusk_svm::{
        Mollusk,
        program::{ProgramCache, loader_keys::LOADER_V3},
        result::InstructionResult,
    },
    solana_account::Account,
    solana_address::Address,
    solana_compute_budget::compute_budget::ComputeBudget,
    solana_instruction::Instruction,
    solana_stake_history::{MAX_ENTRIES, StakeHistory, StakeHistoryEntry},
    solana_svm_log_collector::LogCollector,
    std::collections::HashMap,
    tidepool_client::loaded_data::PER_ACCOUNT,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{
            CLOCK_ID, INSTRUCTIONS_ID, METADATA_PROGRAM_ID, RENT_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID,
            TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID,
        },
    },
};

/// Stake of a cluster that is far larger than a pool's, in lamports: its stake warms up and cools down within an epoch.
const LARGE_CLUSTER: StakeHistoryEntry =
    StakeHistoryEntry { effective: 400_000_000_000_000_000, activating: 1, deactivating: 1 };

/// Epochs that the stake history reaches back: enough for the stake of the tests to warm up and cool down.
const STAKE_HISTORY_EPOCHS: u64 = 8;

/// Bytes before the ELF in the program data account of an upgradeable program.
const PROGRAM_DATA_HEADER_LENGTH: usize = 45;

/// An ELF of this repository.
pub fn read_elf(elf: Elf) -> Vec<u8> {
    elf.read().unwrap_or_else(|error| panic!("{error}"))
}

/// The ELF of one of the bank's own programs.
fn bank_elf(program: &Address, rent: &solana_rent::Rent) -> Vec<u8> {
    let accounts = solana_program_binaries::by_id(program, rent).expect("a program of the bank");
    let (_, data) = accounts
        .iter()
        .max_by_key(|(_, account)| solana_account::ReadableAccount::data(account).len())
        .expect("an account with the ELF");
    let data = solana_account::ReadableAccount::data(data);
    let start = if data.starts_with(b"\x7fELF") { 0 } else { PROGRAM_DATA_HEADER_LENGTH };
    data[start..].to_vec()
}

/// What an instruction did.
pub struct Outcome {
    /// The machine's result: error, compute units, accounts.
    pub result: InstructionResult,
    /// Log lines.
    pub logs: Vec<String>,
}

impl Outcome {
    /// The code of a custom error.
    pub fn custom_error(&self) -> Option<u32> {
        match &self.result.raw_result {
            Err(solana_instruction::error::InstructionError::Custom(code)) => Some(*code),
            _ => None,
        }
    }

    /// Whether the instruction succeeded.
    pub fn is_ok(&self) -> bool {
        self.result.raw_result.is_ok()
    }
}

/// Whether the fuzzer asked for register traces, as [`Mollusk::default`] decides it.
fn is_traced() -> bool {
    std::env::var_os("SBF_TRACE_DIR").is_some()
}

fn load(program_id: Address, elf: &[u8], gates: Gates) -> Mollusk {
    let mut mollusk = Mollusk::default();
    // The machine prints each log line; the tests collect them instead.
    solana_logger::setup_with("off");
    mollusk.feature_set = gates.of_vm();
    mollusk.compute_budget = ComputeBudget::new_with_defaults(mollusk.feature_set.raise_cpi_nesting_limit_to_8);
    mollusk.compute_budget.compute_unit_limit = 1_400_000;
    // Programs are loaded and verified for the gates that the cache was made with.
    mollusk.program_cache = ProgramCache::new(&mollusk.feature_set, &mollusk.compute_budget, is_traced());
    mollusk.add_program_with_loader_and_elf(&program_id, &LOADER_V3, elf);
    let rent = mollusk.sysvars.rent.clone();
    for program in [STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID] {
        mollusk.add_program_with_loader_and_elf(&program, &LOADER_V3, &bank_elf(&program, &rent));
    }
    mollusk
}

/// Accounts and the machine that runs instructions on them.
pub struct Vm {
    /// The machine; its sysvars may be changed between instructions.
    pub mollusk: Mollusk,
    /// The id of Tidepool's program.
    pub program_id: Address,
    /// Bytes of its ELF.
    program_length: usize,
    /// All accounts but programs and sysvars.
    pub accounts: HashMap<Address, Account>,
    /// The cluster's stake in each epoch of the stake history.
    pub cluster_stake: StakeHistoryEntry,
    /// A machine with the published SPL stake pool, which runs on the same accounts.
    reference: Option<Mollusk>,
    stake_history_epochs: u64,
    /// How many steady addresses have been given out, if addresses are steady.
    steady: Option<u64>,
}

/// The bump that addresses have which programs derive from steady ones: the second that a search tries, which is what it takes on
/// average.
const STEADY_BUMP: u8 = 254;

impl Vm {
    /// A machine with Tidepool, under the feature gates that the environment names.
    pub fn of_tidepool() -> Self {
        Self::new(Address::new_unique(), &read_elf(Elf::Tidepool))
    }

    /// A machine with Tidepool and the published SPL stake pool.
    ///
    /// Both have the same program id and the same accounts, so that no address has to be translated.
    pub fn beside_reference() -> Self {
        let mut vm = Self::of_tidepool();
        vm.reference = Some(load(vm.program_id, &read_elf(Elf::Reference), Gates::of_environment()));
        vm
    }

    /// A machine with a program at `program_id`, under the feature gates that the environment names.
    pub fn new(program_id: Address, elf: &[u8]) -> Self {
        Self::with_gates(program_id, elf, Gates::of_environment())
    }

    /// As [`Self::new`], under these feature gates.
    pub fn with_gates(program_id: Address, elf: &[u8], gates: Gates) -> Self {
        Self {
            mollusk: load(program_id, elf, gates),
            program_id,
            program_length: elf.len(),
            accounts: HashMap::new(),
            cluster_stake: LARGE_CLUSTER,
            reference: None,
            stake_history_epochs: STAKE_HISTORY_EPOCHS,
            steady: None,
        }
    }

    /// Whether it was made by [`Self::beside_reference`].
    pub const fn has_reference(&self) -> bool {
        self.reference.is_some()
    }

    /// From now on [`Self::new_address`] gives the same addresses in every run, and after every call of this: what an instruction
    /// costs depends on the addresses that the program has to search.
    pub fn steady_addresses(&mut self) {
        self.steady = Some(0);
    }

    /// An address that nothing else has.
    pub fn new_address(&mut self) -> Address {
        let Some(count) = &mut self.steady else { return Address::new_unique() };
        *count += 1;
        // Spread like real ones: no two begin alike.
        let mut random = fastrand::Rng::with_seed(*count);
        Address::new_from_array(std::array::from_fn(|_| random.u8(..)))
    }

    /// An address that nothing else has. Where addresses are steady, so are the bumps of those that programs derive from it.
    pub fn new_address_for<const N: usize>(&mut self, bumps: impl Fn(&Address) -> [u8; N]) -> Address {
        loop {
            let address = self.new_address();
            if self.steady.is_none() || bumps(&address) == [STEADY_BUMP; N] {
                return address;
            }
        }
    }

    /// Puts another program in the place of one that Tidepool, and the reference, call.
    pub fn replace_program(&mut self, program: &Address, elf: &[u8]) {
        for mollusk in std::iter::once(&mut self.mollusk).chain(&mut self.reference) {
            mollusk.add_program_with_loader_and_elf(program, &LOADER_V3, elf);
        }
    }

    /// Effective stake of the cluster and what of it warms up and cools down in each epoch, in lamports, from the next
    /// [`Self::set_epoch`] on.
    pub const fn set_cluster_stake(&mut self, effective: u64, moving: u64) {
        self.cluster_stake = StakeHistoryEntry { effective, activating: moving, deactivating: moving };
    }

    /// Puts another rent in force, in lamports per byte.
    pub const fn set_rent(&mut self, lamports_per_byte: u64) {
        self.mollusk.sysvars.rent.lamports_per_byte = lamports_per_byte;
    }

    /// Rent-exempt lamports of a stake account.
    pub fn stake_rent(&self) -> u64 {
        self.mollusk.sysvars.rent.minimum_balance(STAKE_ACCOUNT_SPACE)
    }

    /// The present epoch.
    pub const fn epoch(&self) -> u64 {
        self.mollusk.sysvars.clock.epoch
    }

    /// Whether epoch rewards are being paid.
    pub const fn set_epoch_rewards_active(&mut self, active: bool) {
        self.mollusk.sysvars.epoch_rewards.active = active;
    }

    /// Puts the clock at the start of an epoch, after some in which the cluster's stake was [`Self::cluster_stake`].
    pub fn set_epoch(&mut self, epoch: u64) {
        let sysvars = &mut self.mollusk.sysvars;
        sysvars.clock.slot = sysvars.epoch_schedule.get_first_slot_in_epoch(epoch);
        sysvars.clock.epoch = epoch;
        sysvars.stake_history = StakeHistory::default();
        for past in epoch.saturating_sub(self.stake_history_epochs)..epoch {
            sysvars.stake_history.add(past, self.cluster_stake.clone());
        }
    }

    /// From the next [`Self::set_epoch`] on, the stake history is as long as a cluster's: a call that names it pays for each
    /// byte.
    pub fn lengthen_stake_history(&mut self) {
        self.stake_history_epochs = MAX_ENTRIES as u64;
    }

    /// The account, or an empty one.
    pub fn account(&self, address: &Address) -> Account {
        self.accounts.get(address).cloned().unwrap_or_default()
    }

    /// Bytes that a transaction loads which names this account (SIMD-0186): its data, and that of a program's data account, each
    /// with what the runtime adds.
    pub fn loaded_bytes(&self, address: &Address) -> u32 {
        let account = self.resolve(address);
        let elf = match *address {
            STAKE_PROGRAM_ID | TOKEN_PROGRAM_ID | TOKEN_2022_PROGRAM_ID => {
                Some(bank_elf(address, &self.mollusk.sysvars.rent).len())
            }
            address => (address == self.program_id).then_some(self.program_length),
        };
        let program = elf.map(|length| PROGRAM_DATA_HEADER_LENGTH + length);
        let data = (account != Account::default()).then_some(account.data.len());
        data.into_iter().chain(program).map(|length| PER_ACCOUNT + length as u32).sum()
    }

    /// Runs an instruction and keeps what it changed, if it succeeds.
    pub fn process(&mut self, instruction: &Instruction) -> Outcome {
        let outcome = self.simulate(instruction);
        if outcome.is_ok() {
            // Programs and sysvars are the machine's, and are made anew for each instruction.
            let writable =
                |address: &Address| instruction.accounts.iter().any(|meta| meta.pubkey == *address && meta.is_writable);
            let changed = outcome.result.resulting_accounts.iter().filter(|(address, _)| writable(address));
            self.accounts.extend(changed.cloned());
        }
        outcome
    }

    /// Runs an instruction without keeping anything.
    pub fn simulate(&mut self, instruction: &Instruction) -> Outcome {
        // Of all that is logged: events come last.
        let logger = LogCollector::new_ref_with_limit(None);
        self.mollusk.logger = Some(logger.clone());
        let mut accounts: Vec<(Address, Account)> = Vec::with_capacity(instruction.accounts.len());
        for meta in &instruction.accounts {
            // The machine itself makes the sysvar that tells of the transaction.
            let is_made = meta.pubkey == INSTRUCTIONS_ID;
            if !is_made && accounts.iter().all(|(address, _)| *address != meta.pubkey) {
                accounts.push((meta.pubkey, self.resolve(&meta.pubkey)));
            }
        }
        let result = self.mollusk.process_instruction(instruction, &accounts);
        let logs = logger.borrow().get_recorded_content().to_vec();
        Outcome { result, logs }
    }

    /// Runs an instruction with the reference in Tidepool's place, without keeping anything.
    pub(crate) fn simulate_reference(&mut self, instruction: &Instruction) -> Outcome {
        let mut reference = self.reference.take().expect("a machine beside the reference");
        std::mem::swap(&mut reference.sysvars, &mut self.mollusk.sysvars);
        std::mem::swap(&mut reference, &mut self.mollusk);
        let outcome = self.simulate(instruction);
        std::mem::swap(&mut reference, &mut self.mollusk);
        std::mem::swap(&mut reference.sysvars, &mut self.mollusk.sysvars);
        self.reference = Some(reference);
        outcome
    }

    /// An account of the test, a program's or a sysvar's.
    pub fn resolve(&self, address: &Address) -> Account {
        if let Some(account) = self.accounts.get(address) {
            return account.clone();
        }
        if *address == solana_sdk_ids::system_program::ID {
            return mollusk_svm::program::keyed_account_for_system_program().1;
        }
        let programs =
            [STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, METADATA_PROGRAM_ID, self.program_id];
        if programs.contains(address) {
            return mollusk_svm::program::create_program_account_loader_v3(address);
        }
        let sysvars = &self.mollusk.sysvars;
        let (_, account) = match *address {
            CLOCK_ID => sysvars.keyed_account_for_clock_sysvar(),
            RENT_ID => sysvars.keyed_account_for_rent_sysvar(),
            STAKE_HISTORY_ID => {
                let (address, mut account) = sysvars.keyed_account_for_stake_history_sysvar();
                if self.stake_history_epochs == MAX_ENTRIES as u64 {
                    // A young cluster's account has this length, too.
                    account.data.resize(solana_stake_history::SIZE, 0);
                }
                (address, account)
            }
            _ => return Account::default(),
        };
        account
    }
}
