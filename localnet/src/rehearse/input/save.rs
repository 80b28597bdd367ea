//! Writes a pool's accounts into a folder, as `solana account ADDRESS --output json` prints them.

use {
    super::{InputError, SavedPool, file},
    solana_account::Account,
    solana_address::Address,
    std::{
        fs, io,
        path::{Path, PathBuf},
    },
    tidepool_interface::{address::CLOCK_ID, state::StakePool},
};

/// Owner of sysvars.
const SYSVAR_OWNER: Address = solana_sdk_ids::sysvar::ID;

/// Checks that `folder` can receive the accounts: it is empty, or does not exist.
///
/// # Errors
/// [`InputError::NotEmpty`], [`InputError::Save`].
pub fn check_is_free(folder: &Path) -> Result<(), InputError> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(InputError::Save { path: folder.to_owned(), source }),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(InputError::NotEmpty { path: folder.to_owned() }),
        },
    }
}

impl SavedPool {
    /// Writes all accounts and the clock into `folder`, each into a file of its own. Writes all of them or none.
    ///
    /// # Errors
    /// [`InputError::NotEmpty`], [`InputError::Save`].
    pub fn save(&self, folder: &Path) -> Result<usize, InputError> {
        check_is_free(folder)?;
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = folder.with_file_name(name);
        let written = self.write(&partial).and_then(|count| fs::rename(&partial, folder).map(|()| count));
        written.map_err(|source| {
            // What was written is of no use. The first error is reported.
            let _ = fs::remove_dir_all(&partial);
            InputError::Save { path: folder.to_owned(), source }
        })
    }

    fn write(&self, folder: &Path) -> io::Result<usize> {
        fs::create_dir_all(folder)?;
        let accounts = self.all_accounts();
        for (address, account) in &accounts {
            let path: PathBuf = folder.join(format!("{address}.json"));
            fs::write(path, file::to_json(address, account))?;
        }
        Ok(accounts.len())
    }

    fn all_accounts(&self) -> Vec<(Address, Account)> {
        let accounts = &self.accounts;
        let mut all = vec![(self.address, accounts.pool.clone())];
        if let Ok(pool) = StakePool::decode(&accounts.pool.data) {
            let head = pool.head;
            all.push((head.validator_list, accounts.validator_list.clone()));
            all.push((head.reserve_stake, accounts.reserve_stake.clone()));
            all.push((head.pool_mint, accounts.pool_mint.clone()));
            all.extend(accounts.manager_fee_account.clone().map(|account| (head.manager_fee_account, account)));
        }
        all.extend(self.clock.as_ref().and_then(|clock| {
            let data = bincode::serialize(clock).ok()?;
            Some((CLOCK_ID, Account { lamports: 1, data, owner: SYSVAR_OWNER, ..Account::default() }))
        }));
        all.extend(self.others.iter().map(|(address, account)| (*address, account.clone())));
        all
    }
}
