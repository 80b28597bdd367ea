//! Movements of stake, and updates.

use {
    crate::{Pair, keys::Case},
    solana_instruction::Instruction,
    spl_stake_pool::instruction as published,
    std::num::NonZeroU32,
    tidepool_interface::{
        address::{CLOCK_ID, RENT_ID, STAKE_CONFIG_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        instruction::*,
    },
};

pub fn pairs(case: &Case) -> Vec<Pair> {
    let mut pairs = membership(case);
    pairs.extend(decreases(case));
    pairs.extend(increases(case));
    pairs.push(redelegate(case));
    pairs.extend(updates(case));
    pairs
}

fn membership(case: &Case) -> Vec<Pair> {
    let k = &case.keys;
    let add = |seed| Pair {
        ours: StakePoolInstruction::AddValidatorToPool { seed }.with_accounts(
            &k.program,
            AddValidatorToPoolAccounts {
                pool: k.pool,
                staker: k.staker,
                reserve_stake: k.reserve,
                withdraw_authority: k.withdraw_authority,
                validator_list: k.validator_list,
                validator_stake: k.validator_stake,
                vote: k.vote,
                rent: RENT_ID,
                clock: CLOCK_ID,
                stake_history: STAKE_HISTORY_ID,
                stake_config: STAKE_CONFIG_ID,
                system_program: SYSTEM_PROGRAM_ID,
                stake_program: STAKE_PROGRAM_ID,
            }
            .metas(),
        ),
        theirs: published::add_validator_to_pool(
            &k.program,
            &k.pool,
            &k.staker,
            &k.reserve,
            &k.withdraw_authority,
            &k.validator_list,
            &k.validator_stake,
            &k.vote,
            NonZeroU32::new(seed),
        ),
    };
    vec![
        add(0),
        add(case.seed),
        Pair {
            ours: StakePoolInstruction::RemoveValidatorFromPool.with_accounts(
                &k.program,
                RemoveValidatorFromPoolAccounts {
                    pool: k.pool,
                    staker: k.staker,
                    withdraw_authority: k.withdraw_authority,
                    validator_list: k.validator_list,
                    validator_stake: k.validator_stake,
                    transient_stake: k.transient_stake,
                    clock: CLOCK_ID,
                    stake_program: STAKE_PROGRAM_ID,
                }
                .metas(),
            ),
            theirs: published::remove_validator_from_pool(
                &k.program,
                &k.pool,
                &k.staker,
                &k.withdraw_authority,
                &k.validator_list,
                &k.validator_stake,
                &k.transient_stake,
            ),
        },
    ]
}

fn decreases(case: &Case) -> Vec<Pair> {
    vec![decrease(case), decrease_additional(case), decrease_with_reserve(case)]
}

fn decrease(case: &Case) -> Pair {
    let k = &case.keys;
    let [lamports, transient_stake_seed, ..] = case.numbers;
    #[allow(deprecated)] // Deprecated, but part of the SPL stake pool.
    let theirs = published::decrease_validator_stake(
        &k.program,
        &k.pool,
        &k.staker,
        &k.withdraw_authority,
        &k.validator_list,
        &k.validator_stake,
        &k.transient_stake,
        lamports,
        transient_stake_seed,
    );
    let accounts = DecreaseValidatorStakeAccounts {
        pool: k.pool,
        staker: k.staker,
        withdraw_authority: k.withdraw_authority,
        validator_list: k.validator_list,
        validator_stake: k.validator_stake,
        transient_stake: k.transient_stake,
        clock: CLOCK_ID,
        rent: RENT_ID,
        system_program: SYSTEM_PROGRAM_ID,
        stake_program: STAKE_PROGRAM_ID,
    };
    Pair {
        ours: StakePoolInstruction::DecreaseValidatorStake { lamports, transient_stake_seed }
            .with_accounts(&k.program, accounts.metas()),
        theirs,
    }
}

fn decrease_additional(case: &Case) -> Pair {
    let k = &case.keys;
    let [lamports, transient_stake_seed, ephemeral_stake_seed, ..] = case.numbers;
    let accounts = DecreaseAdditionalValidatorStakeAccounts {
        pool: k.pool,
        staker: k.staker,
        withdraw_authority: k.withdraw_authority,
        validator_list: k.validator_list,
        reserve_stake: k.reserve,
        validator_stake: k.validator_stake,
        ephemeral_stake: k.ephemeral_stake,
        transient_stake: k.transient_stake,
        clock: CLOCK_ID,
        stake_history: STAKE_HISTORY_ID,
        system_program: SYSTEM_PROGRAM_ID,
        stake_program: STAKE_PROGRAM_ID,
    };
    Pair {
        ours: StakePoolInstruction::DecreaseAdditionalValidatorStake {
            lamports,
            transient_stake_seed,
            ephemeral_stake_seed,
        }
        .with_accounts(&k.program, accounts.metas()),
        theirs: published::decrease_additional_validator_stake(
            &k.program,
            &k.pool,
            &k.staker,
            &k.withdraw_authority,
            &k.validator_list,
            &k.reserve,
            &k.validator_stake,
            &k.ephemeral_stake,
            &k.transient_stake,
            lamports,
            transient_stake_seed,
            ephemeral_stake_seed,
        ),
    }
}

fn decrease_with_reserve(case: &Case) -> Pair {
    let k = &case.keys;
    let [lamports, transient_stake_seed, ..] = case.numbers;
    let accounts = DecreaseValidatorStakeWithReserveAccounts {
        pool: k.pool,
        staker: k.staker,
        withdraw_authority: k.withdraw_authority,
        validator_list: k.validator_list,
        reserve_stake: k.reserve,
        validator_stake: k.validator_stake,
        transient_stake: k.transient_stake,
        clock: CLOCK_ID,
        stake_history: STAKE_HISTORY_ID,
        system_program: SYSTEM_PROGRAM_ID,
        stake_program: STAKE_PROGRAM_ID,
    };
    Pair {
        ours: StakePoolInstruction::DecreaseValidatorStakeWithReserve { lamports, transient_stake_seed }
            .with_accounts(&k.program, accounts.metas()),
        theirs: published::decrease_validator_stake_with_reserve(
            &k.program,
            &k.pool,
            &k.staker,
            &k.withdraw_authority,
            &k.validator_list,
            &k.reserve,
            &k.validator_stake,
            &k.transient_stake,
            lamports,
            transient_stake_seed,
        ),
    }
}

fn increases(case: &Case) -> Vec<Pair> {
    vec![increase(case), increase_additional(case)]
}

fn increase(case: &Case) -> Pair {
    let k = &case.keys;
    let [lamports, transient_stake_seed, ..] = case.numbers;
    let accounts = IncreaseValidatorStakeAccounts {
        pool: k.pool,
        staker: k.staker,
        withdraw_authority: k.withdraw_authority,
        validator_list: k.validator_list,
        reserve_stake: k.reserve,
        transient_stake: k.transient_stake,
        validator_stake: k.validator_stake,
        vote: k.vote,
        clock: CLOCK_ID,
        rent: RENT_ID,
        stake_history: STAKE_HISTORY_ID,
        stake_config: STAKE_CONFIG_ID,
        system_program: SYSTEM_PROGRAM_ID,
        stake_program: STAKE_PROGRAM_ID,
    };
    Pair {
        ours: StakePoolInstruction::IncreaseValidatorStake { lamports, transient_stake_seed }
            .with_accounts(&k.program, accounts.metas()),
        theirs: published::increase_validator_stake(
            &k.program,
            &k.pool,
            &k.staker,
            &k.withdraw_authority,
            &k.validator_list,
            &k.reserve,
            &k.transient_stake,
            &k.validator_stake,
            &k.vote,
            lamports,
            transient_stake_seed,
        ),
    }
}

fn increase_additional(case: &Case) -> Pair {
    let k = &case.keys;
    let [lamports, transient_stake_seed, ephemeral_stake_seed, ..] = case.numbers;
    let accounts = IncreaseAdditionalValidatorStakeAccounts {
        pool: k.pool,
        staker: k.staker,
        withdraw_authority: k.withdraw_authority,
        validator_list: k.validator_list,
        reserve_stake: k.reserve,
        ephemeral_stake: k.ephemeral_stake,
        transient_stake: k.transient_stake,
        validator_stake: k.validator_stake,
        vote: k.vote,
        clock: CLOCK_ID,
        stake_history: STAKE_HISTORY_ID,
        stake_config: STAKE_CONFIG_ID,
        system_program: SYSTEM_PROGRAM_ID,
        stake_program: STAKE_PROGRAM_ID,
    };
    Pair {
        ours: StakePoolInstruction::IncreaseAdditionalValidatorStake {
            lamports,
            transient_stake_seed,
            ephemeral_stake_seed,
        }
        .with_accounts(&k.program, accounts.metas()),
        theirs: published::increase_additional_validator_stake(
            &k.program,
            &k.pool,
            &k.staker,
            &k.withdraw_authority,
            &k.validator_list,
            &k.reserve,
            &k.ephemeral_stake,
            &k.transient_stake,
            &k.validator_stake,
            &k.vote,
            lamports,
            transient_stake_seed,
            ephemeral_stake_seed,
        ),
    }
}

/// Always rejected, so our crate has no account list for it: only the data is compared.
fn redelegate(case: &Case) -> Pair {
    let k = &case.keys;
    let [lamports, source_seed, ephemeral_stake_seed, destination_seed, _] = case.numbers;
    #[allow(deprecated)] // Retired, but its data still decodes.
    let theirs: Instruction = published::redelegate(
        &k.program,
        &k.pool,
        &k.staker,
        &k.withdraw_authority,
        &k.validator_list,
        &k.reserve,
        &k.validator_stake,
        &k.transient_stake,
        &k.ephemeral_stake,
        &k.other_transient_stake,
        &k.other_validator_stake,
        &k.vote,
        lamports,
        source_seed,
        ephemeral_stake_seed,
        destination_seed,
    );
    Pair {
        ours: StakePoolInstruction::Redelegate {
            lamports,
            source_transient_stake_seed: source_seed,
            ephemeral_stake_seed,
            destination_transient_stake_seed: destination_seed,
        }
        .with_accounts(&k.program, theirs.accounts.clone()),
        theirs,
    }
}

fn updates(case: &Case) -> Vec<Pair> {
    let k = &case.keys;
    let list_accounts = UpdateValidatorListBalanceAccounts {
        pool: k.pool,
        withdraw_authority: k.withdraw_authority,
        validator_list: k.validator_list,
        reserve_stake: k.reserve,
        clock: CLOCK_ID,
        stake_history: STAKE_HISTORY_ID,
        stake_program: STAKE_PROGRAM_ID,
    };
    #[allow(deprecated)] // Unlike its successor, it builds an update of no record at any index.
    let theirs = published::update_validator_list_balance(
        &k.program,
        &k.pool,
        &k.withdraw_authority,
        &k.validator_list,
        &k.reserve,
        &Default::default(),
        &[],
        case.seed,
        case.flag,
    );
    let pool_accounts = UpdateStakePoolBalanceAccounts {
        pool: k.pool,
        withdraw_authority: k.withdraw_authority,
        validator_list: k.validator_list,
        reserve_stake: k.reserve,
        manager_fee_account: k.fee_account,
        pool_mint: k.mint,
        token_program: k.token_program,
    };
    vec![
        Pair { ours: update_validator_list_balance(&k.program, &list_accounts, case.seed, case.flag, &[]), theirs },
        Pair {
            ours: StakePoolInstruction::UpdateStakePoolBalance.with_accounts(&k.program, pool_accounts.metas()),
            theirs: published::update_stake_pool_balance(
                &k.program,
                &k.pool,
                &k.withdraw_authority,
                &k.validator_list,
                &k.reserve,
                &k.fee_account,
                &k.mint,
                &k.token_program,
            ),
        },
        Pair {
            ours: StakePoolInstruction::CleanupRemovedValidatorEntries.with_accounts(
                &k.program,
                CleanupRemovedValidatorEntriesAccounts { pool: k.pool, validator_list: k.validator_list }.metas(),
            ),
            theirs: published::cleanup_removed_validator_entries(&k.program, &k.pool, &k.validator_list),
        },
    ]
}
