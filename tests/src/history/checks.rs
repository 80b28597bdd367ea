//! Stake accounts of the pool, and what its extension caches of them.

use {
    super::world::{Finding, World},
    solana_account::Account,
    solana_address::Address,
    tidepool_interface::{
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        external::stake::StakeState,
        state::ValidatorStakeInfo,
    },
};

/// Fails a check with a message.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}

/// Who may withdraw from an initialized or delegated stake account.
fn authority(data: &[u8]) -> Option<Address> {
    match StakeState::decode(data) {
        Ok(StakeState::Initialized(meta) | StakeState::Stake(meta, _)) => Some(meta.withdrawer),
        _ => None,
    }
}

impl World<'_> {
    /// Whether it is a stake account that the pool's authority commands.
    pub fn is_of_pool(&self, account: &Account) -> bool {
        account.owner == STAKE_PROGRAM_ID && authority(&account.data) == Some(self.pool.withdraw_authority)
    }

    /// Lamports in all stake accounts that the pool's authority commands, listed or not.
    pub fn stake_lamports(&self) -> u64 {
        let accounts = self.vm.accounts.values().filter(|account| self.is_of_pool(account));
        accounts.map(|account| account.lamports).sum()
    }

    /// Lamports that are the pool's or will be: also donations to addresses of its future stake accounts.
    pub fn pool_lamports(&self) -> u64 {
        let sent_ahead = self.book.sent_ahead.iter().filter_map(|address| self.vm.accounts.get(address));
        let sent_ahead = sent_ahead.filter(|account| account.owner == SYSTEM_PROGRAM_ID);
        self.stake_lamports() + sent_ahead.map(|account| account.lamports).sum::<u64>()
    }

    /// Cached bumps are those of the addresses, and the direction of transient stake is the one in which it moves.
    pub fn check_entries(&self) -> Result<(), Finding> {
        self.records().iter().try_for_each(|record| self.check_entry(record))
    }

    fn check_entry(&self, record: &ValidatorStakeInfo) -> Result<(), Finding> {
        let (vote, entry) = (record.vote_account_address, record.extension);
        let bump = self.stake_of(record).1;
        ensure!(entry.validator_bump().is_none_or(|cached| cached == bump), "{vote}: wrong bump of its stake account");
        let (transient, bump) = self.transient_of(record);
        let Some(cached) = entry.transient_bump() else { return Ok(()) };
        ensure!(cached == bump, "{vote}: bump {cached} instead of {bump} of its transient account");
        if record.transient_stake_lamports.get() == 0 || self.book.tampered.contains(&vote) {
            return Ok(());
        }
        if let Some(leaves) = self.leaves(&transient) {
            ensure!(entry.is_deactivating() == leaves, "{vote}: direction, leaving is {leaves} of {record:?}");
        }
        Ok(())
    }

    /// Whether the stake at an address is being deactivated; none where no stake of the pool is delegated there.
    pub fn leaves(&self, address: &Address) -> Option<bool> {
        let account = self.vm.accounts.get(address).filter(|account| self.is_of_pool(account))?;
        let (_, delegation) = StakeState::decode_delegated(&account.data).ok()?;
        Some(!delegation.is_delegated())
    }
}
