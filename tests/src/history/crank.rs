//! Permissionless instructions: updates, the clean-up and rebalances.

use {
    super::{
        operation::Landed,
        world::{Finding, World},
    },
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

/// Rounds over all validators, at most, before nothing moves.
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

    /// `UpdateValidators` of some records, or `UpdateValidatorListBalance` with this `no_merge`.
    pub fn update_some(&self, start: usize, count: usize, spl: Option<bool>, landed: Landed) -> Instruction {
        let records = self.records();
        let some = &records[start.min(records.len())..(start + count).min(records.len())];
        let first = u32::try_from(start).expect("an index of the list");
        let Some(no_merge) = spl else {
            let mut accounts = self.compact_accounts(some);
            match landed {
                Landed::Extra(at) => accounts.insert(at % (accounts.len() + 1), self.signer),
                Landed::Missing(at) if !accounts.is_empty() => drop(accounts.remove(at % accounts.len())),
                _ => {}
            }
            return self.pool.update_validators(first, accounts);
        };
        let mut stakes: Vec<_> = some.iter().map(|each| (self.stake_of(each).0, self.transient_of(each).0)).collect();
        if let Landed::PastEnd = landed {
            stakes.resize(count, (self.signer, self.signer));
        }
        self.pool.update_list(first, no_merge, &stakes)
    }

    fn update(&self, start: usize, count: usize, spl: Option<bool>) -> Instruction {
        self.update_some(start, count, spl, Landed::AsSigned)
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
            (0..count).step_by(UPDATE_CHUNK).map(|start| self.update(start, UPDATE_CHUNK, None)).collect();
        instructions.push(self.pool.update_pool());
        instructions.push(self.pool.cleanup());
        instructions
    }

    /// Brings the pool up to date, whatever state it is in.
    pub fn crank(&mut self) -> Result<(), Finding> {
        if !self.is_extended() {
            return self.crank_by_spl(false);
        }
        if self.book.pays_rewards {
            return self.check_waits_for_rewards();
        }
        for instruction in self.updates() {
            self.must_update(&instruction)?;
        }
        self.check_cranked()
    }

    /// Brings the pool up to date with SPL instructions. Merges of stake that is only partly warmed up or cooled down fail, and the
    /// other records of the call with them: these are then updated one by one, and those without merging.
    pub fn crank_by_spl(&mut self, no_merge: bool) -> Result<(), Finding> {
        if self.book.pays_rewards {
            return self.check_waits_for_rewards();
        }
        let count = self.records().len();
        for start in (0..count).step_by(UPDATE_CHUNK) {
            if self.run(&self.update(start, UPDATE_CHUNK, Some(no_merge))).is_ok() {
                continue;
            }
            for index in start..count.min(start + UPDATE_CHUNK) {
                if !self.run(&self.update(index, 1, Some(no_merge))).is_ok() {
                    self.must_update(&self.update(index, 1, Some(true)))?;
                }
            }
        }
        self.must_update(&self.pool.update_pool())?;
        self.must_update(&self.pool.cleanup())?;
        self.check_cranked()
    }

    /// Sends the SPL instructions of a crank, whether or not they succeed.
    pub(super) fn spl_updates(&mut self, no_merge: bool) {
        const CHUNK: usize = 5;
        for start in (0..self.records().len()).step_by(CHUNK) {
            self.run_operation(self.update(start, CHUNK, Some(no_merge)));
        }
        self.run_operation(self.pool.update_pool());
        self.run_operation(self.pool.cleanup());
    }

    fn must_update(&mut self, instruction: &Instruction) -> Result<(), Finding> {
        let outcome = self.run(instruction);
        if outcome.is_ok() {
            return Ok(());
        }
        self.take_finding()?;
        Err(format!("an update failed: {:?}, {}", outcome.result.raw_result, last_lines(&outcome.logs)))
    }

    /// While rewards are paid no record is updated.
    fn check_waits_for_rewards(&mut self) -> Result<(), Finding> {
        if self.records().is_empty() {
            return Ok(());
        }
        let outcome = self.run(&self.update(0, 1, Some(false)));
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

    /// Rebalances validators, in these calls, until nothing moves.
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
