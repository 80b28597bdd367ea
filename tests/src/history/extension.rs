//! Operations that only Tidepool has.

use {
    super::world::World,
    crate::{SOL, extension::Triple, vm::Outcome},
    fastrand::Rng,
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    tidepool_interface::{
        ExtensionError, StakePoolError,
        instruction::WeightEntry,
        state::{BASIS_POINTS, RebalancePolicy},
    },
};

/// What happened to a transaction between its signing and its landing.
#[derive(Clone, Copy, Debug)]
pub enum Landed {
    /// Nothing.
    AsSigned,
    /// The account at this place is of nobody now.
    Extra(usize),
    /// An account at this place would be needed now.
    Lacking(usize),
}

/// An instruction that the contract does not have.
#[expect(missing_docs, reason = "the fields are the arguments of the instructions that the variants name")]
#[derive(Clone, Copy, Debug)]
pub enum ExtensionOperation {
    /// `ExtendPool`.
    Extend,
    /// `SetRebalancePolicy`.
    SetPolicy { policy: RebalancePolicy },
    /// `SetValidatorWeights` of this validator and the one after it.
    SetWeights { validator: usize, weights: [u16; 2] },
    /// `UpdateValidators`.
    UpdateValidators { start: usize, count: usize, writable: bool, landed: Landed },
    /// `Rebalance` of so many validators from this one on, around the end of the list.
    Rebalance { first: usize, count: usize },
}

/// A policy that validators can be given stake under.
pub fn policy(random: &mut Rng) -> RebalancePolicy {
    RebalancePolicy {
        reserve_share: random.u16(0..3_000).into(),
        turnover_budget: if random.bool() { BASIS_POINTS } else { random.u16(0..=BASIS_POINTS) }.into(),
        validator_cap: if random.bool() { BASIS_POINTS } else { random.u16(1..=BASIS_POINTS) }.into(),
        reserve_floor: if random.bool() { 0 } else { random.u64(0..100 * SOL) }.into(),
        threshold: if random.bool() { 0 } else { random.u64(0..5 * SOL) }.into(),
        reserve_rents: random.u8(1..=8),
    }
}

impl ExtensionOperation {
    /// Draws an operation.
    pub fn draw(random: &mut Rng) -> Self {
        let weight = |random: &mut Rng| [0, 1, random.u16(1..100), random.u16(..)][random.usize(0..4)];
        match random.u8(0..20) {
            0 => Self::Extend,
            1 | 2 => Self::SetPolicy { policy: policy(random) },
            3..=5 => Self::SetWeights { validator: random.usize(..), weights: [weight(random), weight(random)] },
            6..=11 => Self::UpdateValidators {
                start: random.usize(0..3),
                count: random.usize(0..8),
                writable: random.bool(),
                landed: match random.u8(0..4) {
                    0 => Landed::Extra(random.usize(..)),
                    1 => Landed::Lacking(random.usize(..)),
                    _ => Landed::AsSigned,
                },
            },
            _ => Self::Rebalance { first: random.usize(..), count: random.usize(1..9) },
        }
    }
}

/// Checks that an instruction with the right accounts failed for a reason that a client knows beforehand.
pub fn check_error(outcome: &Outcome) -> Result<(), String> {
    let expected = [
        ExtensionError::NotExtended as u32,
        ExtensionError::AlreadyExtended as u32,
        ExtensionError::WeightOfRemovedValidator as u32,
        StakePoolError::EpochRewardDistributionInProgress as u32,
        StakePoolError::StakeListAndPoolOutOfDate as u32,
    ];
    match &outcome.result.raw_result {
        Err(InstructionError::Custom(code)) if expected.contains(code) => Ok(()),
        // The update begins behind the list's end.
        Err(InstructionError::AccountDataTooSmall) => Ok(()),
        result => Err(format!("{result:?}: {:#?}", outcome.logs)),
    }
}

impl World<'_> {
    /// The instruction that an operation stands for; none where it makes no sense.
    pub(super) fn extension(&mut self, operation: ExtensionOperation) -> Option<Instruction> {
        let count = self.records().len();
        Some(match operation {
            ExtensionOperation::Extend => self.pool.extend(self.holder.wallet),
            ExtensionOperation::SetPolicy { policy } => self.pool.set_policy(policy),
            ExtensionOperation::SetWeights { validator, weights } => {
                let first = validator.checked_rem(count)?;
                let records = self.records();
                let chosen = records.iter().enumerate().skip(first).zip(weights);
                let entries: Vec<_> = chosen
                    .map(|((index, record), weight)| {
                        WeightEntry::new(index as u32, &record.vote_account_address, weight)
                    })
                    .collect();
                self.pool.set_weights(&entries)
            }
            ExtensionOperation::UpdateValidators { start, count, writable, landed } => {
                let accounts = self.compact_accounts(start, count, landed);
                match writable {
                    true => self.pool.update_validators(start as u32, accounts),
                    false => self.pool.count_validators(start as u32, accounts),
                }
            }
            ExtensionOperation::Rebalance { first, count: wanted } => {
                let first = first.checked_rem(count)?;
                let triples: Vec<_> =
                    (first..first + wanted.min(count)).map(|index| self.triple(index % count)).collect();
                self.pool.rebalance(&triples)
            }
        })
    }

    fn triple(&self, index: usize) -> Triple {
        let record = self.records()[index];
        let (vote, seed) = (record.vote_account_address, record.rebalance_seed());
        let (stake, transient) = (self.stake_of(&record), self.pool.transient(&vote, seed));
        Triple { index: index as u32, vote, stake, transient }
    }

    /// The stake accounts that a compact update of so many records passes.
    fn compact_accounts(&self, start: usize, count: usize, landed: Landed) -> Vec<Address> {
        let records = self.records();
        let mut accounts = vec![];
        for record in records.iter().skip(start).take(count) {
            accounts.push(self.stake_of(record));
            if record.transient_stake_lamports.get() > 0 {
                accounts.push(self.transient_of(record));
            }
        }
        match landed {
            Landed::AsSigned => {}
            Landed::Extra(at) => accounts.insert(at % (accounts.len() + 1), self.signer),
            Landed::Lacking(_) if accounts.is_empty() => {}
            Landed::Lacking(at) => {
                accounts.remove(at % accounts.len());
            }
        }
        accounts
    }
}
