//! A pool of the machine as the client reads one.

use {
    crate::{SOL, pool::PoolFixture, vm::Vm},
    solana_stake_interface::stake_history::StakeHistoryEntry,
    tidepool_client::pool::{Environment, PoolAccounts, PoolSnapshot},
};

/// What the stake program answers to `GetMinimumDelegation`, in lamports.
pub const STAKE_PROGRAM_MINIMUM: u64 = SOL;

impl PoolFixture {
    /// The pool with all its stake accounts.
    pub fn snapshot(&self, vm: &Vm) -> PoolSnapshot {
        let head = &self.state.head;
        let sysvars = &vm.mollusk.sysvars;
        let mut environment = Environment {
            clock: sysvars.clock.clone(),
            rent: sysvars.rent.clone(),
            stake_program_minimum: STAKE_PROGRAM_MINIMUM,
            ..Environment::default()
        };
        for (epoch, entry) in sysvars.stake_history.iter() {
            let entry = StakeHistoryEntry {
                effective: entry.effective,
                activating: entry.activating,
                deactivating: entry.deactivating,
            };
            environment.stake_history.add(*epoch, entry);
        }
        let accounts = PoolAccounts {
            pool: vm.account(&self.pool),
            validator_list: vm.account(&head.validator_list),
            reserve_stake: vm.account(&head.reserve_stake),
            pool_mint: vm.account(&head.pool_mint),
            manager_fee_account: Some(vm.account(&head.manager_fee_account)),
        };
        let mut snapshot = PoolSnapshot::from_accounts(self.pool, accounts, environment).expect("a pool");
        snapshot.set_stake_accounts(|_| true, |address| vm.accounts.get(address).cloned());
        snapshot
    }
}
