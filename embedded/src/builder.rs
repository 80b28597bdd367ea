//! Builder of an embedded cluster.

use {
    crate::{EmbeddedCluster, EmbeddedError, State, ValidatorSpec, genesis, validators::Validator},
    program_elf::Elf,
    solana_account::{Account, ReadableAccount},
    solana_address::Address,
    solana_clock::{DEFAULT_SLOTS_PER_EPOCH, Epoch, UnixTimestamp},
    solana_epoch_schedule::MINIMUM_SLOTS_PER_EPOCH,
    solana_inflation::Inflation,
    solana_runtime::{bank::Bank, bank_forks::BankForks},
    std::{
        collections::BTreeMap,
        fs,
        path::{Path, PathBuf},
        sync::Mutex,
        time::Duration,
    },
};

/// Default number of validators.
const DEFAULT_VALIDATORS: usize = 20;

/// Default slot time: that of most of mainnet's history.
const DEFAULT_SLOT_TIME: Duration = Duration::from_millis(400);

/// 1 January 2026, 00:00 UTC.
const DEFAULT_START_TIME: UnixTimestamp = 1_767_225_600;

/// Parameters of a new cluster. The defaults are mainnet's: epochs of 432,000 slots, rent of 6,960 lamports per byte, 5,000 lamports
/// per signature, and the inflation of mainnet's first year.
#[derive(Debug)]
pub struct EmbeddedClusterBuilder {
    programs: Vec<(Address, ProgramFile)>,
    accounts: Vec<(Address, Account)>,
    wallets: Vec<(Address, u64)>,
    validators: Vec<ValidatorSpec>,
    slots_per_epoch: u64,
    slot_time: Duration,
    start_epoch: Epoch,
    start_time: UnixTimestamp,
    inflation: Inflation,
    without_features: Vec<Address>,
    is_alpenglow: bool,
}

impl Default for EmbeddedClusterBuilder {
    fn default() -> Self {
        Self {
            programs: vec![],
            accounts: vec![],
            wallets: vec![],
            validators: (0..DEFAULT_VALIDATORS).map(ValidatorSpec::varied).collect(),
            slots_per_epoch: DEFAULT_SLOTS_PER_EPOCH,
            slot_time: DEFAULT_SLOT_TIME,
            start_epoch: 0,
            start_time: DEFAULT_START_TIME,
            inflation: Inflation::full(),
            without_features: vec![],
            is_alpenglow: false,
        }
    }
}

impl EmbeddedClusterBuilder {
    /// Loads a program from an ELF file. Every cluster has the token programs, the associated token account program, memo and the stake
    /// program.
    pub fn program(mut self, program_id: Address, path: impl AsRef<Path>) -> Self {
        self.programs.push((program_id, ProgramFile::At(path.as_ref().to_owned())));
        self
    }

    /// Loads Tidepool at an address, from the ELF of `cargo xtask build-program`. [`Self::start`] fails if the ELF was not built from the
    /// present sources.
    pub fn tidepool(mut self, program_id: Address) -> Self {
        self.programs.push((program_id, ProgramFile::Tidepool));
        self
    }

    /// Loads the published SPL stake pool at an address, from the ELF of `cargo xtask reference`; see [`Self::tidepool`].
    pub fn reference(mut self, program_id: Address) -> Self {
        self.programs.push((program_id, ProgramFile::Reference));
        self
    }

    /// Preloads an account without changes, for example from another cluster. Preloaded vote accounts earn credits like the cluster's own
    /// validators.
    ///
    /// Accounts exist from the first epoch of the new cluster on ([`Self::start_epoch`]). To continue from another cluster's state,
    /// start in its epoch. Stake that was activated earlier has warmed up. Exception: stake that was activated two epochs earlier earns
    /// no rewards, because the bank has no record of that epoch.
    pub fn account(mut self, address: Address, account: Account) -> Self {
        self.accounts.push((address, account));
        self
    }

    /// Preloads any number of accounts; see [`Self::account`].
    pub fn accounts(mut self, accounts: impl IntoIterator<Item = (Address, Account)>) -> Self {
        self.accounts.extend(accounts);
        self
    }

    /// Funds an address with `lamports`.
    pub fn wallet(mut self, address: Address, lamports: u64) -> Self {
        self.wallets.push((address, lamports));
        self
    }

    /// Replaces the validators by `count` varied ones ([`ValidatorSpec::varied`]).
    ///
    /// A cluster warms up at most 9 % of its active stake per epoch. Each of these validators has 500,000 SOL, so with twenty of them
    /// 900,000 SOL can become active in one epoch.
    pub fn validators(self, count: usize) -> Self {
        self.validator_specs((0..count).map(ValidatorSpec::varied))
    }

    /// Replaces the validators.
    pub fn validator_specs(mut self, specs: impl IntoIterator<Item = ValidatorSpec>) -> Self {
        self.validators = specs.into_iter().collect();
        self
    }

    /// Sets the length of an epoch in slots. Shorter epochs have smaller rewards. The length does not affect speed,
    /// because the bank skips slots without blocks.
    pub fn slots_per_epoch(mut self, slots: u64) -> Self {
        self.slots_per_epoch = slots;
        self
    }

    /// Sets the slot time, in whole milliseconds. The default is 400 ms. Inflation is per year, so shorter slots have smaller rewards per
    /// epoch.
    pub fn slot_time(mut self, slot_time: Duration) -> Self {
        self.slot_time = slot_time;
        self
    }

    /// Starts in this epoch instead of epoch 0.
    pub fn start_epoch(mut self, epoch: Epoch) -> Self {
        self.start_epoch = epoch;
        self
    }

    /// Sets the Unix time, in seconds, of the first slot of the epoch in which the cluster starts.
    pub fn start_time(mut self, time: UnixTimestamp) -> Self {
        self.start_time = time;
        self
    }

    /// Sets the inflation. The default, [`Inflation::full`], is 8 % per year in the first year of a cluster and falls by 15 % per year.
    /// With [`Self::start_epoch`] 800 it is about 4 %, as on mainnet in 2026. An epoch is 1/183 year, and initially all supply of the
    /// cluster is staked, so a delegator without commission earns 0.044 % per epoch.
    pub fn inflation(mut self, inflation: Inflation) -> Self {
        self.inflation = inflation;
        self
    }

    /// Makes Alpenglow the consensus from the first slot on. Vote accounts of the cluster begin with the marker of the migration, and earn
    /// lamports as credits; they have a BLS key, and pay 1.6 SOL per epoch for their admission. Stake with other vote accounts earns
    /// nothing. The first epoch, that of the migration, pays no rewards.
    pub fn alpenglow(mut self) -> Self {
        self.is_alpenglow = true;
        self
    }

    /// Deactivates a runtime feature.
    pub fn without_feature(mut self, feature: Address) -> Self {
        self.without_features.push(feature);
        self
    }

    /// Starts the cluster.
    pub fn start(self) -> Result<EmbeddedCluster, EmbeddedError> {
        self.check()?;
        let validators: Vec<_> =
            self.validators.iter().enumerate().map(|(index, spec)| Validator::new(index, spec.clone())).collect();
        let bank = self.first_bank(&validators)?;
        let inflation = self.inflation;
        bank.set_inflation(Inflation::new_disabled());
        // The first blockhash is the hash of the genesis.
        let genesis_hash = bank.last_blockhash();
        let cluster = EmbeddedCluster {
            genesis_hash,
            bank_forks: BankForks::new_rw_arc(bank),
            start_time: self.start_time,
            slot_time: self.slot_time,
            start_slot: self.start_epoch * self.slots_per_epoch,
            performance: Mutex::new(self.performance(&validators)),
            validators,
            state: Mutex::new(State::default()),
            rewards: Mutex::default(),
        };
        cluster.open(self.start_epoch)?;
        cluster.bank().set_inflation(inflation);
        for (address, account) in self.accounts {
            cluster.set_account(&address, account);
        }
        for (address, lamports) in self.wallets {
            cluster.airdrop(&address, lamports);
        }
        Ok(cluster)
    }

    fn check(&self) -> Result<(), EmbeddedError> {
        if self.slots_per_epoch < MINIMUM_SLOTS_PER_EPOCH {
            return Err(EmbeddedError::EpochTooShort { given: self.slots_per_epoch, minimum: MINIMUM_SLOTS_PER_EPOCH });
        }
        if self.validators.iter().all(|spec| spec.stake_lamports == 0) {
            return Err(EmbeddedError::NoValidators);
        }
        Ok(())
    }

    fn first_bank(&self, validators: &[Validator]) -> Result<Bank, EmbeddedError> {
        let config = genesis::config(
            self.slots_per_epoch,
            self.slot_time,
            self.start_time,
            validators,
            &self.without_features,
            self.is_alpenglow,
        );
        let bank = genesis::bank(&config);
        for (program_id, file) in &self.programs {
            for (address, account) in genesis::program_accounts(program_id, &file.read()?, 0) {
                bank.store_account(&address, &account.into());
            }
        }
        bank.set_capitalization_for_tests(bank.calculate_capitalization_for_tests());
        Ok(bank)
    }

    fn performance(&self, validators: &[Validator]) -> BTreeMap<Address, u16> {
        let preloaded = self
            .accounts
            .iter()
            .filter(|(_, account)| *account.owner() == solana_sdk_ids::vote::ID)
            .map(|(vote, _)| (*vote, 1_000));
        validators
            .iter()
            .map(|validator| (validator.vote, validator.spec.performance_permille))
            .chain(preloaded)
            .collect()
    }
}

/// Source of a program's ELF.
#[derive(Debug)]
enum ProgramFile {
    At(PathBuf),
    Tidepool,
    Reference,
}

impl ProgramFile {
    fn read(&self) -> Result<Vec<u8>, EmbeddedError> {
        match self {
            Self::At(path) => read_elf(path),
            Self::Tidepool => Ok(Elf::Tidepool.read()?),
            Self::Reference => Ok(Elf::Reference.read()?),
        }
    }
}

pub(crate) fn read_elf(path: &Path) -> Result<Vec<u8>, EmbeddedError> {
    let elf = fs::read(path).map_err(|source| EmbeddedError::ProgramFile { path: path.to_owned(), source })?;
    if elf.starts_with(b"\x7fELF") { Ok(elf) } else { Err(EmbeddedError::NotAProgram { path: path.to_owned() }) }
}
