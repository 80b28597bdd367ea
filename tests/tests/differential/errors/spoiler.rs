//! What a case can do to a scenario.

use {
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    std::mem::size_of,
    tidepool_interface::{
        instruction::StakePoolInstruction as Ix,
        state::{PoolHead, PoolTerms, VALIDATOR_LIST_HEADER_LENGTH, ValidatorStakeInfo},
    },
    tidepool_tests::{
        pool::PoolFixture,
        scenario::{EPOCH, Scenario},
        vm::Vm,
    },
};

/// Offsets in a stake account.
pub mod stake_offset {
    pub const STAKER: usize = 12;
    pub const WITHDRAWER: usize = 44;
    pub const LOCKUP_EPOCH: usize = 84;
    pub const VOTER: usize = 124;
    pub const ACTIVATION_EPOCH: usize = 164;
    pub const DEACTIVATION_EPOCH: usize = 172;
}

/// A scenario that is being spoilt.
pub struct Spoiler<'a> {
    /// The machines.
    pub vm: &'a mut Vm,
    /// The pool.
    pub pool: PoolFixture,
    /// The instruction.
    pub ix: Instruction,
}

impl<'a> Spoiler<'a> {
    pub fn new(scenario: Scenario, vm: &'a mut Vm) -> Self {
        Self { vm, pool: scenario.pool, ix: scenario.instruction }
    }

    pub fn head(&self) -> PoolHead {
        self.pool.state.head
    }

    pub fn reserve(&self) -> Address {
        self.head().reserve_stake
    }

    pub fn list(&self) -> Address {
        self.head().validator_list
    }

    pub fn mint(&self) -> Address {
        self.head().pool_mint
    }

    pub fn fee_account(&self) -> Address {
        self.head().manager_fee_account
    }

    pub fn stake(&self, index: usize) -> Address {
        self.pool.validators[index].stake
    }

    pub fn transient(&self, index: usize) -> Address {
        self.pool.validators[index].transient
    }

    pub fn vote(&self, index: usize) -> Address {
        self.pool.validators[index].vote
    }

    /// The instruction's account at `index`.
    pub fn at(&self, index: usize) -> Address {
        self.ix.accounts[index].pubkey
    }

    /// Rent of a stake account.
    pub fn rent(&self) -> u64 {
        self.vm.stake_rent()
    }

    pub fn set_head(&mut self, change: impl FnOnce(&mut PoolHead)) {
        change(&mut self.pool.state.head);
        self.pool.write_pool(self.vm);
    }

    pub fn set_terms(&mut self, change: impl FnOnce(&mut PoolTerms)) {
        change(&mut self.pool.state.terms);
        self.pool.write_pool(self.vm);
    }

    /// Gives the pool's account another length.
    pub fn set_length(&mut self, length: usize) {
        self.pool.pool_length = length;
        self.pool.write_pool(self.vm);
    }

    /// Makes the pool one of the epoch before.
    pub fn stale(&mut self) {
        self.set_head(|head| head.last_update_epoch = (EPOCH - 1).into());
    }

    pub fn edit(&mut self, address: Address, change: impl FnOnce(&mut Account)) {
        change(self.vm.accounts.entry(address).or_default());
    }

    pub fn write(&mut self, address: Address, offset: usize, bytes: &[u8]) {
        self.edit(address, |account| account.data[offset..offset + bytes.len()].copy_from_slice(bytes));
    }

    pub fn lamports(&mut self, address: Address, lamports: u64) {
        self.edit(address, |account| account.lamports = lamports);
    }

    /// Changes a validator's record.
    pub fn record(&mut self, index: usize, change: impl FnOnce(&mut ValidatorStakeInfo)) {
        let start = VALIDATOR_LIST_HEADER_LENGTH + index * size_of::<ValidatorStakeInfo>();
        self.edit(self.list(), |account| {
            let bytes = &mut account.data[start..start + size_of::<ValidatorStakeInfo>()];
            change(bytemuck::from_bytes_mut(bytes));
        });
    }

    /// Puts another address in an account's place.
    pub fn replace_with(&mut self, address: Address, other: Address) {
        for meta in self.ix.accounts.iter_mut().filter(|meta| meta.pubkey == address) {
            meta.pubkey = other;
        }
    }

    /// Puts an address without an account in an account's place.
    pub fn replace(&mut self, address: Address) {
        self.replace_with(address, Address::new_unique());
    }

    /// Puts a copy at another address in an account's place.
    pub fn copy(&mut self, address: Address) {
        let (copy, account) = (Address::new_unique(), self.vm.account(&address));
        self.vm.accounts.insert(copy, account);
        self.replace_with(address, copy);
    }

    /// Takes a signature away.
    pub fn unsign(&mut self, address: Address) {
        for meta in self.ix.accounts.iter_mut().filter(|meta| meta.pubkey == address) {
            meta.is_signer = false;
        }
    }

    /// Appends an account.
    pub fn append(&mut self, address: Address, is_signer: bool) {
        self.ix.accounts.push(AccountMeta::new_readonly(address, is_signer));
    }

    /// Changes the instruction's arguments.
    pub fn arguments(&mut self, instruction: Ix) {
        self.ix.data = instruction.to_vec();
    }
}
