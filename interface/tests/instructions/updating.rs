//! The published client's updates of a whole list or a part of it.

use {
    crate::{
        Pair,
        from_pool::{Context, Pool},
    },
    solana_instruction::Instruction,
    spl_stake_pool::{MAX_VALIDATORS_TO_UPDATE, instruction as published},
    std::ops::Range,
    tidepool_interface::{
        Address,
        address::{CLOCK_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID},
        instruction::*,
    },
};

pub fn pairs(context: &Context) -> Vec<Pair> {
    let builders = Updates::new(context);
    let mut pairs = builders.parts();
    pairs.extend(builders.whole());
    pairs
}

struct Updates<'a> {
    context: &'a Context<'a>,
    /// Both stake accounts of each record, searched once.
    stakes: Vec<(Address, Address)>,
}

impl<'a> Updates<'a> {
    fn new(context: &'a Context<'a>) -> Self {
        let stakes = context
            .records
            .iter()
            .map(|record| {
                let seed = record.transient_seed_suffix.get();
                (context.validator_stake(record), context.transient_stake(record, seed))
            })
            .collect();
        Self { context, stakes }
    }

    fn of_records(&self, range: Range<usize>) -> Instruction {
        let Pool { program, address, pool, no_merge, .. } = self.context.of;
        let accounts = UpdateValidatorListBalanceAccounts {
            pool: *address,
            withdraw_authority: self.context.withdraw_authority,
            validator_list: pool.validator_list,
            reserve_stake: pool.reserve_stake,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        let start = range.start as u32;
        update_validator_list_balance(program, &accounts, start, *no_merge, &self.stakes[range])
    }

    fn is_stale(&self, range: Range<usize>) -> bool {
        let records = &self.context.records[range];
        records.iter().any(|record| record.last_update_epoch.get() < self.context.of.epoch)
    }

    fn chunks(&self) -> impl Iterator<Item = Range<usize>> {
        let length = self.stakes.len();
        (0..length)
            .step_by(MAX_VALIDATORS_TO_UPDATE)
            .map(move |start| start..length.min(start + MAX_VALIDATORS_TO_UPDATE))
    }

    fn parts(&self) -> Vec<Pair> {
        let Pool { program, address, pool, list, numbers, epoch, no_merge } = self.context.of;
        let withdraw_authority = &self.context.withdraw_authority;
        let length = self.stakes.len();
        let start = (numbers[0] % length as u64) as usize;
        let range = start..length;
        let votes: Vec<Address> = list.validators.iter().map(|record| record.vote_account_address).collect();
        #[allow(deprecated)] // Deprecated, but part of the published client.
        let by_vote = published::update_validator_list_balance(
            program,
            address,
            withdraw_authority,
            &pool.validator_list,
            &pool.reserve_stake,
            list,
            &votes[range.clone()],
            start as u32,
            *no_merge,
        );
        let chunk = published::update_validator_list_balance_chunk(
            program,
            address,
            withdraw_authority,
            &pool.validator_list,
            &pool.reserve_stake,
            list,
            range.len(),
            start,
            *no_merge,
        );
        let stale_chunk = published::update_stale_validator_list_balance_chunk(
            program,
            address,
            withdraw_authority,
            &pool.validator_list,
            &pool.reserve_stake,
            list,
            range.len(),
            start,
            *no_merge,
            *epoch,
        );
        let theirs = [Some(by_vote), Some(chunk.unwrap()), stale_chunk.unwrap()];
        assert_eq!(theirs[2].is_some(), self.is_stale(range.clone()));
        theirs.into_iter().flatten().map(|theirs| Pair { ours: self.of_records(range.clone()), theirs }).collect()
    }

    fn whole(&self) -> Vec<Pair> {
        let Pool { program, address, pool, list, epoch, no_merge, .. } = self.context.of;
        let all = self.chunks().map(|range| self.of_records(range)).collect();
        let stale =
            self.chunks().filter(|range| self.is_stale(range.clone())).map(|range| self.of_records(range)).collect();
        let mut pairs = self.beside(all, published::update_stake_pool(program, pool, list, address, *no_merge));
        pairs.extend(
            self.beside(stale, published::update_stale_stake_pool(program, pool, list, address, *no_merge, *epoch)),
        );
        pairs
    }

    /// Pairs the list's updates and the two instructions that follow them.
    fn beside(&self, mut ours: Vec<Instruction>, theirs: (Vec<Instruction>, Vec<Instruction>)) -> Vec<Pair> {
        let Pool { program, address, pool, .. } = self.context.of;
        let balance = UpdateStakePoolBalanceAccounts {
            pool: *address,
            withdraw_authority: self.context.withdraw_authority,
            validator_list: pool.validator_list,
            reserve_stake: pool.reserve_stake,
            manager_fee_account: pool.manager_fee_account,
            pool_mint: pool.pool_mint,
            token_program: pool.token_program_id,
        };
        let cleanup = CleanupRemovedValidatorEntriesAccounts { pool: *address, validator_list: pool.validator_list };
        ours.push(StakePoolInstruction::UpdateStakePoolBalance.with_accounts(program, balance.metas()));
        ours.push(StakePoolInstruction::CleanupRemovedValidatorEntries.with_accounts(program, cleanup.metas()));
        let (mut list, last) = theirs;
        list.extend(last);
        assert_eq!(ours.len(), list.len(), "as many updates as the published client builds");
        ours.into_iter().zip(list).map(|(ours, theirs)| Pair { ours, theirs }).collect()
    }
}
