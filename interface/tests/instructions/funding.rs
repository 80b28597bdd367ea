//! Deposits and withdrawals.

use {
    crate::{Pair, keys::Case},
    spl_stake_pool::instruction as published,
    tidepool_interface::{
        Address,
        address::{self, CLOCK_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        instruction::*,
    },
};

pub fn pairs(case: &Case) -> Vec<Pair> {
    let mut pairs = deposit_stake(case);
    pairs.extend(deposit_sol(case));
    pairs.extend(withdraw_stake(case));
    pairs.extend(withdraw_sol(case));
    pairs
}

/// The published client adds the stake program's `Authorize` before the pool's instruction, which is the last one.
fn deposit_stake(case: &Case) -> Vec<Pair> {
    let k = &case.keys;
    let minimum = case.numbers[0];
    let ours = |stake_deposit_authority: Address, signs: bool, minimum: Option<u64>| {
        let accounts = DepositStakeAccounts {
            pool: k.pool,
            validator_list: k.validator_list,
            stake_deposit_authority,
            withdraw_authority: k.withdraw_authority,
            deposit_stake: k.stake,
            validator_stake: k.validator_stake,
            reserve_stake: k.reserve,
            pool_tokens_to: k.pool_tokens,
            manager_fee_account: k.fee_account,
            referrer_fee_account: k.referrer,
            pool_mint: k.mint,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            token_program: k.token_program,
            stake_program: STAKE_PROGRAM_ID,
        };
        tidepool_interface::instruction::deposit_stake(&k.program, &accounts, signs, minimum)
    };
    // The variants differ in the authority and in the slippage bound.
    macro_rules! theirs {
        ($builder:ident, [$($authority:expr)?] $(, $minimum:expr)?) => {
            published::$builder(
                &k.program, &k.pool, &k.validator_list, $($authority,)? &k.withdraw_authority, &k.stake, &k.user,
                &k.validator_stake, &k.reserve, &k.pool_tokens, &k.fee_account, &k.referrer, &k.mint, &k.token_program,
                $($minimum)?
            )
            .pop()
            .unwrap()
        };
    }
    let (default_authority, _) = address::find_deposit_authority(&k.program, &k.pool);
    vec![
        Pair { ours: ours(default_authority, false, None), theirs: theirs!(deposit_stake, []) },
        Pair {
            ours: ours(default_authority, false, Some(minimum)),
            theirs: theirs!(deposit_stake_with_slippage, [], minimum),
        },
        Pair { ours: ours(k.authority, true, None), theirs: theirs!(deposit_stake_with_authority, [&k.authority]) },
        Pair {
            ours: ours(k.authority, true, Some(minimum)),
            theirs: theirs!(deposit_stake_with_authority_and_slippage, [&k.authority], minimum),
        },
    ]
}

fn deposit_sol(case: &Case) -> Vec<Pair> {
    let k = &case.keys;
    let [lamports, minimum, ..] = case.numbers;
    let ours = |sol_deposit_authority: Option<Address>, minimum: Option<u64>| {
        let accounts = DepositSolAccounts {
            pool: k.pool,
            withdraw_authority: k.withdraw_authority,
            reserve_stake: k.reserve,
            lamports_from: k.wallet,
            pool_tokens_to: k.pool_tokens,
            manager_fee_account: k.fee_account,
            referrer_fee_account: k.referrer,
            pool_mint: k.mint,
            system_program: SYSTEM_PROGRAM_ID,
            token_program: k.token_program,
            sol_deposit_authority,
        };
        tidepool_interface::instruction::deposit_sol(&k.program, &accounts, lamports, minimum)
    };
    macro_rules! theirs {
        ($builder:ident, [$($authority:expr)?] $(, $minimum:expr)?) => {
            published::$builder(
                &k.program, &k.pool, $($authority,)? &k.withdraw_authority, &k.reserve, &k.wallet, &k.pool_tokens,
                &k.fee_account, &k.referrer, &k.mint, &k.token_program, lamports, $($minimum)?
            )
        };
    }
    vec![
        Pair { ours: ours(None, None), theirs: theirs!(deposit_sol, []) },
        Pair { ours: ours(None, Some(minimum)), theirs: theirs!(deposit_sol_with_slippage, [], minimum) },
        Pair { ours: ours(Some(k.authority), None), theirs: theirs!(deposit_sol_with_authority, [&k.authority]) },
        Pair {
            ours: ours(Some(k.authority), Some(minimum)),
            theirs: theirs!(deposit_sol_with_authority_and_slippage, [&k.authority], minimum),
        },
    ]
}

fn withdraw_stake(case: &Case) -> Vec<Pair> {
    let k = &case.keys;
    let [pool_tokens, minimum, ..] = case.numbers;
    let accounts = WithdrawStakeAccounts {
        pool: k.pool,
        validator_list: k.validator_list,
        withdraw_authority: k.withdraw_authority,
        split_from: k.validator_stake,
        split_to: k.stake,
        user_stake_authority: k.authority,
        user_transfer_authority: k.user,
        pool_tokens_from: k.pool_tokens,
        manager_fee_account: k.fee_account,
        pool_mint: k.mint,
        clock: CLOCK_ID,
        token_program: k.token_program,
        stake_program: STAKE_PROGRAM_ID,
    };
    let ours = |minimum| tidepool_interface::instruction::withdraw_stake(&k.program, &accounts, pool_tokens, minimum);
    macro_rules! theirs {
        ($builder:ident $(, $minimum:expr)?) => {
            published::$builder(
                &k.program, &k.pool, &k.validator_list, &k.withdraw_authority, &k.validator_stake, &k.stake,
                &k.authority, &k.user, &k.pool_tokens, &k.fee_account, &k.mint, &k.token_program, pool_tokens,
                $($minimum)?
            )
        };
    }
    vec![
        Pair { ours: ours(None), theirs: theirs!(withdraw_stake) },
        Pair { ours: ours(Some(minimum)), theirs: theirs!(withdraw_stake_with_slippage, minimum) },
    ]
}

fn withdraw_sol(case: &Case) -> Vec<Pair> {
    let k = &case.keys;
    let [pool_tokens, minimum, ..] = case.numbers;
    let ours = |sol_withdraw_authority: Option<Address>, minimum: Option<u64>| {
        let accounts = WithdrawSolAccounts {
            pool: k.pool,
            withdraw_authority: k.withdraw_authority,
            user_transfer_authority: k.user,
            pool_tokens_from: k.pool_tokens,
            reserve_stake: k.reserve,
            lamports_to: k.wallet,
            manager_fee_account: k.fee_account,
            pool_mint: k.mint,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_program: STAKE_PROGRAM_ID,
            token_program: k.token_program,
            sol_withdraw_authority,
        };
        tidepool_interface::instruction::withdraw_sol(&k.program, &accounts, pool_tokens, minimum)
    };
    macro_rules! theirs {
        ($builder:ident, [$($authority:expr)?] $(, $minimum:expr)?) => {
            published::$builder(
                &k.program, &k.pool, $($authority,)? &k.withdraw_authority, &k.user, &k.pool_tokens, &k.reserve,
                &k.wallet, &k.fee_account, &k.mint, &k.token_program, pool_tokens, $($minimum)?
            )
        };
    }
    vec![
        Pair { ours: ours(None, None), theirs: theirs!(withdraw_sol, []) },
        Pair { ours: ours(None, Some(minimum)), theirs: theirs!(withdraw_sol_with_slippage, [], minimum) },
        Pair { ours: ours(Some(k.authority), None), theirs: theirs!(withdraw_sol_with_authority, [&k.authority]) },
        Pair {
            ours: ours(Some(k.authority), Some(minimum)),
            theirs: theirs!(withdraw_sol_with_authority_and_slippage, [&k.authority], minimum),
        },
    ]
}
