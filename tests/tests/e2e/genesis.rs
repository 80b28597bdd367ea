//! Pools that are part of a cluster's genesis, behind the epoch that it begins in.

use {
    solana_account::Account,
    solana_address::Address,
    tidepool_interface::{
        address::{find_transient_stake, find_validator_stake},
        state::RebalancePolicy,
    },
    tidepool_tests::{
        SOL,
        extension::PoolKind,
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        vm::{Elf, Vm, read_elf},
    },
};

/// Lamports in the reserve of each pool, which its policy leaves there.
const RESERVE: u64 = 100 * SOL;

/// Weights of the validators, in turn: `PoolKind` gives them these.
const WEIGHTS: u64 = 7;

/// The makings of a genesis.
pub struct Genesis {
    vm: Vm,
}

impl Genesis {
    /// A genesis with nothing in it.
    pub fn new(program_id: Address) -> Self {
        Self { vm: Vm::new(program_id, &read_elf(Elf::Tidepool)) }
    }

    /// Adds a pool of this many validators, whose stake is where its weights say, and which was last updated in epoch 0. Each
    /// validator has a vote account of its own, which never votes; with 1 to 7 SOL they have no say beside the one that does.
    pub fn add_pool(&mut self, validators: usize) -> Address {
        let rent = self.vm.stake_rent();
        let policy = RebalancePolicy {
            reserve_floor: RESERVE.into(),
            // Above what the rent of the accounts makes of the targets.
            threshold: SOL.into(),
            ..RebalancePolicy::DEFAULT
        };
        let stakes = (0..validators as u64).map(|index| (index % WEIGHTS + 1) * SOL);
        let validators: Vec<_> = stakes.map(|delegated| ValidatorSpec::active(delegated, 0)).collect();
        let total = RESERVE + validators.iter().map(|each| each.delegated + rent).sum::<u64>();
        let spec = PoolSpec {
            total_lamports: total,
            supply: total,
            reserve: RESERVE,
            validators,
            kind: PoolKind::Extended(policy),
            ..PoolSpec::default()
        };
        let pool = PoolFixture::install(&spec, &mut self.vm);
        self.cache_bumps(&pool);
        pool.pool
    }

    /// Caches all bumps, as a pool has them that has been updated with the extension.
    fn cache_bumps(&mut self, pool: &PoolFixture) {
        for (index, validator) in pool.validators.iter().enumerate() {
            let (_, stake) = find_validator_stake(&pool.program_id, &validator.vote, &pool.pool, 0);
            let (_, transient) = find_transient_stake(&pool.program_id, &validator.vote, &pool.pool, 0);
            pool.edit_record(index, &mut self.vm, |record| {
                record.extension.set_validator_bump(stake);
                record.extension.set_transient_bump(transient, false);
            });
        }
    }

    /// All accounts.
    pub fn into_accounts(self) -> Vec<(Address, Account)> {
        self.vm.accounts.into_iter().collect()
    }
}
