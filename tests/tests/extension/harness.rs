//! The pools that the tests work on.

use {
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    tidepool_interface::state::{EntryExtension, PoolTerms, StakeStatus, ValidatorStakeInfo, split_validator_list},
    tidepool_tests::{
        SOL,
        extension::PoolKind,
        instructions::{Holder, Receiver, Triple},
        pool::{PoolFixture, PoolSpec, ValidatorSpec, add_wallet},
        scenario::EPOCH,
        vm::{Outcome, Vm},
    },
};

/// A pool of 1,000 SOL and a holder of half its tokens.
pub struct Harness {
    pub vm: Vm,
    pub pool: PoolFixture,
    pub holder: Holder,
    pub to: Receiver,
}

/// Stake that validators have, and that moves to them, in SOL.
pub type Stakes<'a> = &'a [(u64, u64)];

/// Two validators with too much and two with too little, where weights are equal, and a reserve that helps only a little.
pub const UNBALANCED: Stakes = &[(400, 0), (50, 0), (50, 0), (400, 0)];

/// One validator at rest between two with transient stake.
pub const MOVING: Stakes = &[(300, 10), (300, 0), (280, 10)];

fn spec(kind: PoolKind, stakes: Stakes, last_update_epoch: u64) -> PoolSpec {
    let in_stake: u64 = stakes.iter().map(|(delegated, transient)| delegated + transient).sum();
    PoolSpec {
        total_lamports: 1_000 * SOL,
        supply: 1_000 * SOL,
        reserve: (1_000 - in_stake) * SOL,
        terms: PoolTerms { last_epoch_total_lamports: 1_000 * SOL, ..PoolTerms::default() },
        validators: stakes
            .iter()
            .map(|(delegated, transient)| ValidatorSpec {
                delegated: delegated * SOL,
                transient: transient * SOL,
                status: StakeStatus::Active,
            })
            .collect(),
        last_update_epoch,
        kind,
        ..PoolSpec::default()
    }
}

impl Harness {
    /// An up-to-date pool with the extension, whose validators have equal weights.
    pub fn fresh(vm: Vm, stakes: Stakes) -> Self {
        let mut h = Self::new(vm, PoolKind::EXTENDED, stakes, EPOCH);
        h.set_weights(&vec![1; stakes.len()]);
        h
    }

    /// A pool with the extension that was updated in the epoch before.
    pub fn stale(vm: Vm, stakes: Stakes) -> Self {
        Self::new(vm, PoolKind::EXTENDED, stakes, EPOCH - 1)
    }

    pub fn new(mut vm: Vm, kind: PoolKind, stakes: Stakes, last_update_epoch: u64) -> Self {
        vm.accounts.clear();
        vm.set_cluster_stake(400_000_000 * SOL, 1);
        vm.set_epoch(EPOCH);
        vm.set_epoch_rewards_active(false);
        let pool = PoolFixture::install(&spec(kind, stakes, last_update_epoch), &mut vm);
        let wallet = add_wallet(10_000 * SOL, &mut vm);
        let tokens = pool.add_token_account(wallet, 500 * SOL, &mut vm);
        let referrer = pool.add_token_account(Address::new_unique(), 0, &mut vm);
        Self { vm, pool, holder: Holder { wallet, tokens }, to: Receiver { tokens, referrer } }
    }

    /// Puts weights into the records.
    pub fn set_weights(&mut self, weights: &[u16]) {
        for (index, weight) in weights.iter().enumerate() {
            self.edit(index, |record| record.extension.weight = (*weight).into());
        }
    }

    pub fn edit(&mut self, index: usize, change: impl FnOnce(&mut ValidatorStakeInfo)) {
        self.pool.edit_record(index, &mut self.vm, change);
    }

    pub fn edit_data(&mut self, address: Address, change: impl FnOnce(&mut [u8])) {
        change(&mut self.vm.accounts.get_mut(&address).expect("an account").data);
    }

    pub fn records(&self) -> Vec<ValidatorStakeInfo> {
        let data = self.vm.account(&self.pool.state.head.validator_list).data;
        split_validator_list(&data).expect("a list").1.to_vec()
    }

    pub fn entry(&self, index: usize) -> EntryExtension {
        self.records()[index].extension
    }

    pub fn lamports(&self, address: &Address) -> u64 {
        self.vm.account(address).lamports
    }

    pub fn reserve(&self) -> Address {
        self.pool.state.head.reserve_stake
    }

    /// The validator stake account of the record at `index`.
    pub fn stake(&self, index: usize) -> Address {
        let record = self.records()[index];
        self.pool.validator_stake(&record.vote_account_address, record.validator_seed_suffix.get())
    }

    /// The transient stake account of the record at `index`.
    pub fn transient(&self, index: usize) -> Address {
        let record = self.records()[index];
        self.pool.transient(&record.vote_account_address, record.transient_seed_suffix.get())
    }

    pub fn triple(&self, index: usize) -> Triple {
        let record = self.records()[index];
        let (vote, seed) = (record.vote_account_address, record.rebalance_seed());
        Triple { index: index as u32, vote, stake: self.stake(index), transient: self.pool.transient(&vote, seed) }
    }

    pub fn rebalance(&self, indices: &[usize]) -> Instruction {
        let triples: Vec<_> = indices.iter().map(|index| self.triple(*index)).collect();
        self.pool.rebalance(&triples)
    }

    /// The accounts that a compact update of the whole list passes.
    pub fn compact_accounts(&self) -> Vec<Address> {
        self.pool.compact_accounts(&self.records())
    }

    pub fn update_compactly(&self) -> Instruction {
        self.pool.update_validators(0, self.compact_accounts())
    }

    pub fn update_by_spl(&self) -> Instruction {
        let stakes: Vec<_> =
            (0..self.records().len()).map(|index| (self.stake(index), self.transient(index))).collect();
        self.pool.update_list(0, false, &stakes)
    }

    /// Runs an instruction of SPL in both programs.
    pub fn both(&mut self, instruction: &Instruction) -> Result<(), InstructionError> {
        self.vm.compare(instruction).expect("no difference").result.raw_result
    }

    /// Runs an instruction that only Tidepool has.
    pub fn ours(&mut self, instruction: &Instruction) -> Outcome {
        self.vm.process_extension(instruction).expect("the extension is as it should be")
    }

    /// As [`Self::ours`], where it succeeds.
    pub fn succeed(&mut self, instruction: &Instruction) -> Outcome {
        let outcome = self.ours(instruction);
        assert!(outcome.is_ok(), "{:#?}", outcome.logs);
        outcome
    }

    /// Passes an epoch and brings the pool up to date, as SPL clients do.
    pub fn next_epoch(&mut self) {
        let epoch = self.vm.epoch() + 1;
        self.vm.set_epoch(epoch);
        let (list, pool, cleanup) = (self.update_by_spl(), self.pool.update_pool(), self.pool.cleanup());
        for instruction in [list, pool, cleanup] {
            self.both(&instruction).expect("an update");
        }
        self.purge();
    }

    /// Drops what has no lamports any more, as the bank does.
    pub fn purge(&mut self) {
        self.vm.accounts.retain(|_, account| account.lamports > 0);
    }
}
