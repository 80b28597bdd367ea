//! The pool that the tables of `UpdateValidatorListBalance` work on, and what they do to it.

use {
    solana_address::Address,
    solana_stake_interface::state::Lockup,
    tidepool_interface::state::StakeStatus,
    tidepool_tests::{
        SOL,
        extension::PoolKind,
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        stake::{edit_delegation, edit_meta},
        vm::Vm,
    },
};

/// A pool with one validator: both its accounts hold stake that is active since long ago.
pub struct Harness {
    pub vm: Vm,
    pub pool: PoolFixture,
}

impl Harness {
    pub fn new(mut vm: Vm, statuses: &[StakeStatus], kind: PoolKind) -> Self {
        vm.accounts.clear();
        vm.set_cluster_stake(400_000_000 * SOL, 1);
        vm.set_epoch(EPOCH);
        let spec = PoolSpec {
            reserve: 50 * SOL,
            validators: statuses
                .iter()
                .map(|status| ValidatorSpec { delegated: 100 * SOL, transient: 10 * SOL, status: *status })
                .collect(),
            last_update_epoch: EPOCH - 1,
            kind,
            ..PoolSpec::default()
        };
        let pool = PoolFixture::install(&spec, &mut vm);
        Self { vm, pool }
    }

    pub fn edit(&mut self, address: Address, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.vm.accounts.get_mut(&address).expect("an account").data);
    }

    pub fn validator(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        self.edit(self.pool.validators[0].stake, change);
    }

    pub fn transient(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        self.edit(self.pool.validators[0].transient, change);
    }

    pub fn lock_reserve(&mut self) {
        self.edit(self.pool.state.head.reserve_stake, |data| edit_meta(data, |meta| meta.lockup = in_force()));
    }

    /// A cluster so small that little stake moves in an epoch.
    pub fn slow_down(&mut self) {
        self.vm.set_cluster_stake(100 * SOL, 100 * SOL);
        self.vm.set_epoch(EPOCH);
    }

    pub fn without_transient(&mut self) {
        self.pool.edit_record(0, &mut self.vm, |record| record.transient_stake_lamports = 0.into());
    }

    pub fn donate(&mut self) {
        self.vm.accounts.get_mut(&self.pool.validators[0].stake).expect("an account").lamports += SOL;
    }

    /// A lockup that is in force, of the pool and of the validator's accounts.
    pub fn lock_pool(&mut self) {
        let lockup = &mut self.pool.state.head.lockup;
        (lockup.epoch, lockup.custodian) = (u64::MAX.into(), in_force().custodian);
        self.pool.write_pool(&mut self.vm);
        self.validator(|data| edit_meta(data, |meta| meta.lockup = in_force()));
        self.transient(|data| edit_meta(data, |meta| meta.lockup = in_force()));
    }

    pub fn lamports(&self, address: &Address) -> u64 {
        self.vm.account(address).lamports
    }
}

fn in_force() -> Lockup {
    Lockup { epoch: u64::MAX, custodian: Address::new_from_array([3; 32]), ..Lockup::default() }
}

fn set_epochs(data: &mut [u8], activation: u64, deactivation: u64) {
    edit_delegation(data, |delegation| {
        (delegation.activation_epoch, delegation.deactivation_epoch) = (activation, deactivation);
    });
}

pub fn deactivate_transient(h: &mut Harness, activation: u64, deactivation: u64) {
    h.transient(|data| set_epochs(data, activation, deactivation));
}

pub fn deactivate_validator(h: &mut Harness, activation: u64, deactivation: u64) {
    h.validator(|data| set_epochs(data, activation, deactivation));
}

pub fn warming_up(h: &mut Harness) {
    deactivate_transient(h, EPOCH - 1, u64::MAX);
    h.slow_down();
}

pub fn cooling_down(h: &mut Harness) {
    deactivate_transient(h, 0, EPOCH - 1);
    h.slow_down();
}

pub fn other_vote(h: &mut Harness) {
    h.transient(|data| edit_delegation(data, |delegation| delegation.voter_pubkey = Address::new_from_array([9; 32])));
}

pub fn other_staker(data: &mut [u8]) {
    edit_meta(data, |meta| meta.authorized.staker = Address::new_from_array([9; 32]));
}

pub fn other_withdrawer(data: &mut [u8]) {
    edit_meta(data, |meta| meta.authorized.withdrawer = Address::new_from_array([9; 32]));
}

pub fn other_lockup(data: &mut [u8]) {
    edit_meta(data, |meta| meta.lockup = in_force());
}
