//! A pool's accounts: from a folder, or from a cluster. In a folder, the role of an account follows from its content, not from its file
//! name.

mod error;
mod fetch;
mod file;
mod save;

pub use {
    error::{FetchError, InputError},
    fetch::fetch,
    file::SavedAccount,
    save::check_is_free,
};

use {
    solana_account::Account,
    solana_address::Address,
    solana_clock::Clock,
    std::{
        collections::{BTreeMap, HashSet},
        fs, io,
        path::{Path, PathBuf},
    },
    tidepool_client::pool::{PoolAccounts, PoolSnapshot},
    tidepool_interface::{
        address::{CLOCK_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        external::{
            stake::StakeState,
            token::{MINT_LENGTH, Mint},
        },
        state::{AccountType, POOL_MIN_LENGTH, StakePool, split_validator_list},
    },
};

/// Programs whose accounts are never pools.
const FOREIGN_PROGRAMS: [Address; 5] =
    [SYSTEM_PROGRAM_ID, STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, solana_sdk_ids::vote::ID];

/// A saved pool.
#[derive(Clone, Debug)]
pub struct SavedPool {
    /// The pool's address.
    pub address: Address,
    /// The pool's own accounts.
    pub accounts: PoolAccounts,
    /// All other accounts: stake accounts, vote accounts and others.
    pub others: BTreeMap<Address, Account>,
    /// The cluster's clock when the accounts were read, if it is known.
    pub clock: Option<Clock>,
    /// Whether all stake and vote accounts were read: those that are not in `others` do not exist.
    pub is_complete: bool,
    /// The files of `others`.
    files: BTreeMap<Address, PathBuf>,
}

impl SavedPool {
    /// Reads the folder `path`.
    ///
    /// # Errors
    /// [`InputError`], with the file.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let mut files = Files::read(path)?;
        let clock = files.take_clock()?;
        let pool_file = files.take_pool()?;
        let pool = decode_pool(&pool_file)?;
        let program = pool_file.account.owner;
        let head = &pool.head;
        let list = files.take_list(&head.validator_list, &program)?;
        let reserve = files.take("reserve", &head.reserve_stake, &STAKE_PROGRAM_ID)?;
        let mint = files.take("mint", &head.pool_mint, &head.token_program_id)?;
        check(&list, "validator list", |data| split_validator_list(data).is_ok())?;
        check(&reserve, "reserve", |data| StakeState::decode(data).is_ok())?;
        check(&mint, "mint", |data| Mint::decode(data).is_ok())?;
        let manager_fee_account = files.found.remove(&head.manager_fee_account);
        if manager_fee_account.is_none() && mint.account.data.len() > MINT_LENGTH {
            return Err(InputError::MissingFeeAccount { path: path.to_owned(), address: head.manager_fee_account });
        }
        Ok(Self {
            address: pool_file.address,
            accounts: PoolAccounts {
                pool: pool_file.account,
                validator_list: list.account,
                reserve_stake: reserve.account,
                pool_mint: mint.account,
                manager_fee_account: manager_fee_account.map(|file| file.account),
            },
            files: files.found.iter().map(|(address, file)| (*address, file.path.clone())).collect(),
            others: files.found.into_iter().map(|(address, file)| (address, file.account)).collect(),
            clock,
            is_complete: false,
        })
    }

    /// Removes the accounts that do not belong to the pool: neither stake nor vote accounts of its records, nor those of `named`.
    /// Returns their addresses and files.
    pub fn set_aside_strangers(&mut self, snapshot: &PoolSnapshot, named: &[Address]) -> Vec<(Address, PathBuf)> {
        let known: HashSet<Address> = snapshot
            .validators()
            .flat_map(|validator| [validator.vote(), validator.addresses.validator, validator.addresses.transient])
            .chain(named.iter().copied())
            .collect();
        self.others.retain(|address, _| known.contains(address));
        self.files.extract_if(.., |address, _| !known.contains(address)).collect()
    }

    /// The program that owns the pool.
    pub const fn program_id(&self) -> Address {
        self.accounts.pool.owner
    }
}

/// The accounts of a folder.
struct Files {
    folder: PathBuf,
    found: BTreeMap<Address, SavedAccount>,
}

impl Files {
    fn read(folder: &Path) -> Result<Self, InputError> {
        let mut files = Self { folder: folder.to_owned(), found: BTreeMap::new() };
        let paths = json_files(folder).map_err(|source| InputError::Folder { path: folder.to_owned(), source })?;
        for path in paths {
            let file = SavedAccount::read(&path)?;
            if let Some(other) = files.found.get(&file.address) {
                return Err(InputError::Twice { first: other.path.clone(), address: file.address, second: file.path });
            }
            files.found.insert(file.address, file);
        }
        if files.found.is_empty() {
            return Err(InputError::Empty { path: folder.to_owned() });
        }
        Ok(files)
    }

    /// Takes the clock of the cluster, if it was saved.
    fn take_clock(&mut self) -> Result<Option<Clock>, InputError> {
        let Some(file) = self.found.remove(&CLOCK_ID) else { return Ok(None) };
        bincode::deserialize(&file.account.data).map(Some).map_err(|_| malformed(&file, "clock"))
    }

    /// Takes the single account that is a pool, or looks like one.
    fn take_pool(&mut self) -> Result<SavedAccount, InputError> {
        let mut pools = self.found.values().filter(|file| looks_like_pool(&file.account));
        let pool = pools.next().ok_or_else(|| InputError::NoPool { path: self.folder.clone() })?;
        if let Some(other) = pools.next() {
            return Err(InputError::SeveralPools { first: pool.path.clone(), second: other.path.clone() });
        }
        let pool = pool.clone();
        self.found.remove(&pool.address);
        Ok(pool)
    }

    fn take_list(&mut self, address: &Address, program: &Address) -> Result<SavedAccount, InputError> {
        let is_list = |account: &Account| {
            account.owner == *program && account.data.first() == Some(&(AccountType::ValidatorList as u8))
        };
        if !self.found.contains_key(address)
            && let Some(other) = self.found.values().find(|file| is_list(&file.account))
        {
            return Err(InputError::OtherList { path: other.path.clone(), found: other.address, expected: *address });
        }
        self.take("validator list", address, program)
    }

    fn take(&mut self, role: &'static str, address: &Address, owner: &Address) -> Result<SavedAccount, InputError> {
        let file = self.found.remove(address).ok_or_else(|| InputError::Missing {
            path: self.folder.clone(),
            role,
            address: *address,
        })?;
        if file.account.owner != *owner {
            return Err(InputError::WrongOwner {
                path: file.path,
                role,
                owner: file.account.owner,
                expected: owner.to_string(),
            });
        }
        Ok(file)
    }
}

/// The `.json` files of a folder, in the order of their names.
fn json_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    Ok(paths)
}

/// Whether an account looks like a pool. The first byte is not enough: mints and stake accounts can have the same. An account of another
/// program that has a pool's length and decodes as one counts as a pool with the wrong owner.
fn looks_like_pool(account: &Account) -> bool {
    let begins = account.data.first() == Some(&(AccountType::StakePool as u8));
    let foreign = FOREIGN_PROGRAMS.contains(&account.owner);
    begins && (!foreign || (account.data.len() >= POOL_MIN_LENGTH && StakePool::decode(&account.data).is_ok()))
}

fn decode_pool(file: &SavedAccount) -> Result<StakePool, InputError> {
    if FOREIGN_PROGRAMS.contains(&file.account.owner) {
        return Err(InputError::WrongOwner {
            path: file.path.clone(),
            role: "own account",
            owner: file.account.owner,
            expected: "a stake pool program".into(),
        });
    }
    StakePool::decode_initialized(&file.account.data).map_err(|_| malformed(file, "stake pool"))
}

fn check(file: &SavedAccount, role: &'static str, is_one: impl Fn(&[u8]) -> bool) -> Result<(), InputError> {
    if is_one(&file.account.data) { Ok(()) } else { Err(malformed(file, role)) }
}

fn malformed(file: &SavedAccount, role: &'static str) -> InputError {
    InputError::Malformed { path: file.path.clone(), role, length: file.account.data.len() }
}
