//! What anybody does for a pool, without signing for it: updates, the clean-up and rebalances.

use {
    super::world::{Finding, World},
    crate::{ensure, invariants},
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::{StakePoolError::EpochRewardDistributionInProgress, state::ValidatorStakeInfo},
};

/// Records of one update.
const UPDATE_CHUNK: usize = 25;

/// Validators of one rebalance. The runtime allows 64 instructions in a transaction, those that programs call included: a
/// decrease takes five.
pub const REBALANCE_CHUNK: usize = 12;

/// Times that all validators are offered at most before nothing moves any more.
const ROUNDS_MAX: usize = 400;

impl World<'_> {
    /// The accounts of an update of these records: a transient one only where there is transient stake.
    fn compact_accounts(&self, records: &[ValidatorStakeInfo]) -> Vec<Address> {
        let mut accounts = vec![];
        for record in records {
            accounts.push(self.stake_of(record).0);
            if record.transient_stake_lamports.get() > 0 {
                accounts.push(self.transient_of(record).0);
            }
        }
        accounts
    }

    /// `UpdateValidators` of some records, or the contract's update of them.
    pub fn update_some(&self, start: usize, count: usize, contract: Option<bool>) -> Instruction {
        let records = self.records();
        let some = &records[start.min(records.len())..(start + count).min(records.len())];
        let start = u32::try_from(start).expect("an index of the list");
        match contract {
            None => self.pool.update_validators(start, self.compact_accounts(some)),
            Some(no_merge) => {
                let stakes: Vec<_> =
                    some.iter().map(|each| (self.stake_of(each).0, self.transient_of(each).0)).collect();
                self.pool.update_list(start, no_merge, &stakes)
            }
        }
    }

    /// `UpdateValidators` of some records, with read-only stake accounts.
    pub fn count_some(&self, start: usize, count: usize) -> Instruction {
        let records = self.records();
        let some = &records[start.min(records.len())..(start + count).min(records.len())];
        self.pool.count_validators(u32::try_from(start).expect("an index of the list"), self.compact_accounts(some))
    }

    /// The updates of a crank of a pool with the extension: of all records, of the pool, and the clean-up.
    pub fn updates(&self) -> Vec<Instruction> {
        let count = self.records().len();
        let mut instructions: Vec<_> =
            (0..count).step_by(UPDATE_CHUNK).map(|start| self.update_some(start, UPDATE_CHUNK, None)).collect();
        instructions.push(self.pool.update_pool());
        instructions.push(self.pool.cleanup());
        instructions
    }

    /// Brings the pool up to date, whatever state it is in.
    ///
    /// # Errors
    /// Where an update fails, or leaves something uncounted.
    pub fn crank(&mut self) -> Result<(), Finding> {
        if !self.is_extended() {
            return self.crank_by_contract(false);
        }
        if self.book.pays_rewards {
            return self.check_waits_for_rewards();
        }
        for instruction in self.updates() {
            self.must_update(&instruction)?;
        }
        self.check_cranked()
    }

    /// Brings the pool up to date with the contract's instructions. Merges of stake that is only partly warmed up or cooled down
    /// fail, and those of the other records of the call with it: these are then updated one by one, and those without merging.
    ///
    /// # Errors
    /// Where an update fails even so, or leaves something uncounted.
    pub fn crank_by_contract(&mut self, no_merge: bool) -> Result<(), Finding> {
        if self.book.pays_rewards {
            return self.check_waits_for_rewards();
        }
        let count = self.records().len();
        for start in (0..count).step_by(UPDATE_CHUNK) {
            if self.run(&self.update_some(start, UPDATE_CHUNK, Some(no_merge))).is_ok() {
                continue;
            }
            for index in start..count.min(start + UPDATE_CHUNK) {
                if !self.run(&self.update_some(index, 1, Some(no_merge))).is_ok() {
                    self.must_update(&self.update_some(index, 1, Some(true)))?;
                }
            }
        }
        self.must_update(&self.pool.update_pool())?;
        self.must_update(&self.pool.cleanup())?;
        self.check_cranked()
    }

    fn must_update(&mut self, instruction: &Instruction) -> Result<(), Finding> {
        let outcome = self.run(instruction);
        if outcome.is_ok() {
            return Ok(());
        }
        Err(format!("an update failed: {:?}, {}", outcome.result.raw_result, last_lines(&outcome.logs)))
    }

    /// While rewards are paid no record is updated.
    fn check_waits_for_rewards(&mut self) -> Result<(), Finding> {
        if self.records().is_empty() {
            return Ok(());
        }
        let outcome = self.run(&self.update_some(0, 1, Some(false)));
        let expected = EpochRewardDistributionInProgress as u32;
        ensure!(outcome.custom_error() == Some(expected), "a record was updated while rewards are paid");
        Ok(())
    }

    fn check_cranked(&mut self) -> Result<(), Finding> {
        self.book.tampered.clear();
        self.book.uncounted.lost = 0;
        invariants::records::check(self)?;
        self.check_entries()
    }

    /// Offers validators to be rebalanced, in these calls, again and again until nothing moves.
    ///
    /// # Errors
    /// Where a rebalance fails, does what it must not, or does not come to an end.
    pub fn settle(&mut self, calls: &[Vec<usize>]) -> Result<(), Finding> {
        for _ in 0..ROUNDS_MAX {
            let mut moved = 0;
            for call in calls {
                moved += self.rebalance(call)?;
            }
            if moved == 0 {
                return Ok(());
            }
        }
        Err(format!("after {ROUNDS_MAX} rounds there is still something to move"))
    }

    /// Indices of all records.
    pub fn all(&self) -> Vec<usize> {
        (0..self.records().len()).collect()
    }
}

/// The end of a log.
pub fn last_lines(logs: &[String]) -> String {
    logs[logs.len().saturating_sub(6)..].join("\n")
}

/// Deals indices out to calls of random sizes, in random order.
pub fn deal(mut indices: Vec<usize>, random: &mut fastrand::Rng) -> Vec<Vec<usize>> {
    random.shuffle(&mut indices);
    let mut calls = vec![];
    let largest = random.usize(1..=REBALANCE_CHUNK);
    while !indices.is_empty() {
        let rest = indices.split_off(random.usize(1..=largest).min(indices.len()));
        calls.push(std::mem::replace(&mut indices, rest));
    }
    calls
}
