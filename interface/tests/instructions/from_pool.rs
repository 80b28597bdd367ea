//! The published builders that read a pool and a list and derive addresses, against ours with the same records.

use {
    crate::{
        Pair,
        common::{address, key, number},
        updating,
    },
    proptest::{collection::vec, prelude::*},
    spl_stake_pool::{
        MAX_VALIDATORS_TO_UPDATE, instruction as published,
        state::{StakePool, ValidatorList, ValidatorListHeader, ValidatorStakeInfo as PublishedRecord},
    },
    std::num::NonZeroU32,
    tidepool_interface::{
        Address,
        address::{self, CLOCK_ID, RENT_ID, STAKE_CONFIG_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        instruction::*,
        state::{ValidatorStakeInfo, split_validator_list},
    },
};

#[derive(Debug)]
pub struct Pool {
    pub program: Address,
    pub address: Address,
    pub pool: StakePool,
    pub list: ValidatorList,
    pub numbers: [u64; 3],
    pub epoch: u64,
    pub no_merge: bool,
}

/// Pools with up to two chunks of validators. Votes are distinct, as in every real list.
pub fn pool() -> impl Strategy<Value = Pool> {
    let record = (key(), number(), number(), 0u64..3).prop_map(|(vote, transient, seed, epoch)| PublishedRecord {
        vote_account_address: Address::new_from_array(vote),
        transient_seed_suffix: transient.into(),
        validator_seed_suffix: (seed as u32).into(),
        last_update_epoch: epoch.into(),
        ..PublishedRecord::default()
    });
    let numbers = ([number(), number(), number()], 0u64..4, any::<bool>());
    (vec(address(), 9), vec(record, 1..=2 * MAX_VALIDATORS_TO_UPDATE), numbers).prop_map(
        |(keys, validators, (numbers, epoch, no_merge))| Pool {
            program: keys[0],
            address: keys[1],
            pool: StakePool {
                staker: keys[2],
                validator_list: keys[3],
                reserve_stake: keys[4],
                pool_mint: keys[5],
                manager_fee_account: keys[6],
                token_program_id: keys[7],
                ..StakePool::default()
            },
            list: ValidatorList {
                header: ValidatorListHeader {
                    account_type: spl_stake_pool::state::AccountType::ValidatorList,
                    max_validators: validators.len() as u32,
                },
                validators,
            },
            numbers,
            epoch,
            no_merge,
        },
    )
}

pub fn pairs(pool: &Pool) -> Vec<Pair> {
    let list = borsh::to_vec(&pool.list).unwrap();
    let (_, records) = split_validator_list(&list).unwrap();
    let context = Context {
        of: pool,
        records,
        withdraw_authority: address::find_withdraw_authority(&pool.program, &pool.address).0,
    };
    let mut pairs = context.membership();
    pairs.push(context.increase());
    pairs.push(context.decrease());
    pairs.extend(context.increase_additional());
    pairs.extend(context.decrease_additional());
    pairs.extend(updating::pairs(&context));
    pairs
}

/// Builders for a single validator use the first record's.
pub struct Context<'a> {
    pub of: &'a Pool,
    pub records: &'a [ValidatorStakeInfo],
    pub withdraw_authority: Address,
}

impl Context<'_> {
    pub fn validator_stake(&self, record: &ValidatorStakeInfo) -> Address {
        let seed = record.validator_seed_suffix.get();
        address::find_validator_stake(&self.of.program, &record.vote_account_address, &self.of.address, seed).0
    }

    pub fn transient_stake(&self, record: &ValidatorStakeInfo, seed: u64) -> Address {
        address::find_transient_stake(&self.of.program, &record.vote_account_address, &self.of.address, seed).0
    }

    fn ephemeral_stake(&self) -> Address {
        address::find_ephemeral_stake(&self.of.program, &self.of.address, self.of.numbers[2]).0
    }

    fn membership(&self) -> Vec<Pair> {
        let Pool { program, address, pool, .. } = self.of;
        let record = &self.records[0];
        let vote = &record.vote_account_address;
        let seed = record.validator_seed_suffix.get();
        let transient_seed = self.of.numbers[1];
        let add = AddValidatorToPoolAccounts {
            pool: *address,
            staker: pool.staker,
            reserve_stake: pool.reserve_stake,
            withdraw_authority: self.withdraw_authority,
            validator_list: pool.validator_list,
            validator_stake: self.validator_stake(record),
            vote: *vote,
            rent: RENT_ID,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_config: STAKE_CONFIG_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        let remove = RemoveValidatorFromPoolAccounts {
            pool: *address,
            staker: pool.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: pool.validator_list,
            validator_stake: self.validator_stake(record),
            transient_stake: self.transient_stake(record, transient_seed),
            clock: CLOCK_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        let seed_option = NonZeroU32::new(seed);
        vec![
            Pair {
                ours: StakePoolInstruction::AddValidatorToPool { seed }.with_accounts(program, add.metas()),
                theirs: published::add_validator_to_pool_with_vote(program, pool, address, vote, seed_option),
            },
            Pair {
                ours: StakePoolInstruction::RemoveValidatorFromPool.with_accounts(program, remove.metas()),
                theirs: published::remove_validator_from_pool_with_vote(
                    program,
                    pool,
                    address,
                    vote,
                    seed_option,
                    transient_seed,
                ),
            },
        ]
    }

    fn increase(&self) -> Pair {
        let Pool { program, address, pool, .. } = self.of;
        let record = &self.records[0];
        let [lamports, transient_stake_seed, _] = self.of.numbers;
        let accounts = IncreaseValidatorStakeAccounts {
            pool: *address,
            staker: pool.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: pool.validator_list,
            reserve_stake: pool.reserve_stake,
            transient_stake: self.transient_stake(record, transient_stake_seed),
            validator_stake: self.validator_stake(record),
            vote: record.vote_account_address,
            clock: CLOCK_ID,
            rent: RENT_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_config: STAKE_CONFIG_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        Pair {
            ours: StakePoolInstruction::IncreaseValidatorStake { lamports, transient_stake_seed }
                .with_accounts(program, accounts.metas()),
            theirs: published::increase_validator_stake_with_vote(
                program,
                pool,
                address,
                &record.vote_account_address,
                lamports,
                NonZeroU32::new(record.validator_seed_suffix.get()),
                transient_stake_seed,
            ),
        }
    }

    fn decrease(&self) -> Pair {
        let Pool { program, address, pool, .. } = self.of;
        let record = &self.records[0];
        let [lamports, transient_stake_seed, _] = self.of.numbers;
        let accounts = DecreaseValidatorStakeWithReserveAccounts {
            pool: *address,
            staker: pool.staker,
            withdraw_authority: self.withdraw_authority,
            validator_list: pool.validator_list,
            reserve_stake: pool.reserve_stake,
            validator_stake: self.validator_stake(record),
            transient_stake: self.transient_stake(record, transient_stake_seed),
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        Pair {
            ours: StakePoolInstruction::DecreaseValidatorStakeWithReserve { lamports, transient_stake_seed }
                .with_accounts(program, accounts.metas()),
            theirs: published::decrease_validator_stake_with_vote(
                program,
                pool,
                address,
                &record.vote_account_address,
                lamports,
                NonZeroU32::new(record.validator_seed_suffix.get()),
                transient_stake_seed,
            ),
        }
    }

    fn increase_additional(&self) -> Vec<Pair> {
        let Pool { program, address, pool, list, .. } = self.of;
        let record = &self.records[0];
        let vote = &record.vote_account_address;
        let [lamports, seed, ephemeral_stake_seed] = self.of.numbers;
        let ours = |transient_stake_seed| {
            let accounts = IncreaseAdditionalValidatorStakeAccounts {
                pool: *address,
                staker: pool.staker,
                withdraw_authority: self.withdraw_authority,
                validator_list: pool.validator_list,
                reserve_stake: pool.reserve_stake,
                ephemeral_stake: self.ephemeral_stake(),
                transient_stake: self.transient_stake(record, transient_stake_seed),
                validator_stake: self.validator_stake(record),
                vote: *vote,
                clock: CLOCK_ID,
                stake_history: STAKE_HISTORY_ID,
                stake_config: STAKE_CONFIG_ID,
                system_program: SYSTEM_PROGRAM_ID,
                stake_program: STAKE_PROGRAM_ID,
            };
            StakePoolInstruction::IncreaseAdditionalValidatorStake {
                lamports,
                transient_stake_seed,
                ephemeral_stake_seed,
            }
            .with_accounts(program, accounts.metas())
        };
        let validator_seed = NonZeroU32::new(record.validator_seed_suffix.get());
        vec![
            Pair {
                ours: ours(seed),
                theirs: published::increase_additional_validator_stake_with_vote(
                    program,
                    pool,
                    address,
                    vote,
                    lamports,
                    validator_seed,
                    seed,
                    ephemeral_stake_seed,
                ),
            },
            Pair {
                ours: ours(record.transient_seed_suffix.get()),
                theirs: published::increase_additional_validator_stake_with_list(
                    program,
                    pool,
                    list,
                    address,
                    vote,
                    lamports,
                    ephemeral_stake_seed,
                )
                .unwrap(),
            },
        ]
    }

    fn decrease_additional(&self) -> Vec<Pair> {
        let Pool { program, address, pool, list, .. } = self.of;
        let record = &self.records[0];
        let vote = &record.vote_account_address;
        let [lamports, seed, ephemeral_stake_seed] = self.of.numbers;
        let ours = |transient_stake_seed| {
            let accounts = DecreaseAdditionalValidatorStakeAccounts {
                pool: *address,
                staker: pool.staker,
                withdraw_authority: self.withdraw_authority,
                validator_list: pool.validator_list,
                reserve_stake: pool.reserve_stake,
                validator_stake: self.validator_stake(record),
                ephemeral_stake: self.ephemeral_stake(),
                transient_stake: self.transient_stake(record, transient_stake_seed),
                clock: CLOCK_ID,
                stake_history: STAKE_HISTORY_ID,
                system_program: SYSTEM_PROGRAM_ID,
                stake_program: STAKE_PROGRAM_ID,
            };
            StakePoolInstruction::DecreaseAdditionalValidatorStake {
                lamports,
                transient_stake_seed,
                ephemeral_stake_seed,
            }
            .with_accounts(program, accounts.metas())
        };
        let validator_seed = NonZeroU32::new(record.validator_seed_suffix.get());
        vec![
            Pair {
                ours: ours(seed),
                theirs: published::decrease_additional_validator_stake_with_vote(
                    program,
                    pool,
                    address,
                    vote,
                    lamports,
                    validator_seed,
                    seed,
                    ephemeral_stake_seed,
                ),
            },
            Pair {
                ours: ours(record.transient_seed_suffix.get()),
                theirs: published::decrease_additional_validator_stake_with_list(
                    program,
                    pool,
                    list,
                    address,
                    vote,
                    lamports,
                    ephemeral_stake_seed,
                )
                .unwrap(),
            },
        ]
    }
}
