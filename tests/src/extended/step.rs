//! The steps of a history. Each says what it does in numbers alone, so that it means something in any state: indices are
//! taken modulo what there is.

use {
    super::spec::{SOL, policy},
    fastrand::Rng,
    tidepool_interface::state::RebalancePolicy,
};

/// Something that happens to a pool with the extension.
#[expect(missing_docs, reason = "the fields are the arguments of what the variants name")]
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// `DepositSol`.
    DepositSol { holder: usize, lamports: u64 },
    /// `WithdrawSol` of this share of the holder's pool tokens, in permille.
    WithdrawSol { holder: usize, permille: u64 },
    /// `WithdrawStake` of this share of the holder's pool tokens, from a validator's stake or transient stake account.
    WithdrawStake { holder: usize, validator: usize, transient: bool, permille: u64 },
    /// `DepositStake`.
    DepositStake { holder: usize, validator: usize, lamports: u64 },
    /// The staker's `IncreaseValidatorStake`, or `IncreaseAdditionalValidatorStake`.
    Increase { validator: usize, lamports: u64, additional: bool },
    /// The staker's `DecreaseValidatorStake` (0), `…WithReserve` (1) or `DecreaseAdditionalValidatorStake` (2).
    Decrease { validator: usize, lamports: u64, variant: u8 },
    /// `AddValidatorToPool`.
    AddValidator { vote: usize },
    /// `RemoveValidatorFromPool`.
    RemoveValidator { validator: usize },
    /// `CleanupRemovedValidatorEntries`.
    Cleanup,
    /// `SetValidatorWeights` of one validator.
    SetWeight { validator: usize, weight: u16 },
    /// `SetRebalancePolicy`.
    SetPolicy { policy: RebalancePolicy },
    /// An update of some records: the compact one, or the contract's, with or without merging.
    UpdateSome { start: usize, count: usize, contract: Option<bool> },
    /// `UpdateStakePoolBalance`, whether or not the records are up to date.
    UpdatePool,
    /// All records, the pool, the clean-up.
    Crank,
    /// `Rebalance` of some validators, the named share of all in permille, dealt out by chance.
    Rebalance { permille: usize, seed: u64 },
    /// So many epochs pass; stake earns rewards. Somebody cranks the pool then, or not yet.
    TurnEpoch { epochs: u64, reward_permille: u64, crank: bool },
    /// A delinquent validator's stake, or its transient stake, is deactivated by somebody.
    Deactivate { validator: usize, transient: bool },
    /// A cluster restart takes a validator's stake away.
    Destake { validator: usize },
    /// A vote account is closed, or opened again.
    CloseVote { validator: usize },
    /// Somebody sends lamports to the reserve (0), a validator's account (1), the transient account (2) or the next
    /// transient account's address (3).
    Donate { to: u8, validator: usize, lamports: u64 },
}

fn lamports(random: &mut Rng) -> u64 {
    match random.u8(0..8) {
        0 => random.u64(1..SOL),
        1 => SOL,
        2..=4 => random.u64(SOL..20 * SOL),
        5..=6 => random.u64(SOL..200 * SOL),
        _ => random.u64(SOL..100_000 * SOL),
    }
}

fn weight(random: &mut Rng) -> u16 {
    match random.u8(0..4) {
        0 => 0,
        1 => 1_000,
        _ => random.u16(..),
    }
}

impl Step {
    /// Draws a step. Those that keep a pool going come more often.
    pub fn draw(random: &mut Rng) -> Self {
        let (validator, holder) = (random.usize(..), random.usize(..));
        match random.u8(0..100) {
            0..=11 => Self::DepositSol { holder, lamports: lamports(random) },
            12..=17 => Self::WithdrawSol { holder, permille: random.u64(0..=1_000) },
            18..=25 => Self::WithdrawStake {
                holder,
                validator,
                transient: random.u8(0..4) == 0,
                permille: random.u64(0..=1_000),
            },
            26..=28 => Self::DepositStake { holder, validator, lamports: random.u64(SOL..1_000 * SOL) },
            29..=31 => Self::Increase { validator, lamports: lamports(random), additional: random.bool() },
            32..=37 => Self::Decrease { validator, lamports: lamports(random), variant: random.u8(0..3) },
            38..=39 => Self::AddValidator { vote: random.usize(..) },
            40 => Self::RemoveValidator { validator },
            41 => Self::Cleanup,
            42..=46 => Self::SetWeight { validator, weight: weight(random) },
            47..=48 => Self::SetPolicy { policy: policy(random) },
            49..=52 => Self::UpdateSome {
                start: random.usize(0..3),
                count: random.usize(1..6),
                contract: [None, None, Some(false), Some(true)][random.usize(0..4)],
            },
            53 => Self::UpdatePool,
            54..=57 => Self::Crank,
            58..=77 => Self::Rebalance {
                permille: if random.bool() { 1_000 } else { random.usize(1..=1_000) },
                seed: random.u64(..),
            },
            78..=91 => Self::TurnEpoch {
                epochs: [1, 1, 1, 1, 2, 5][random.usize(0..6)],
                reward_permille: random.u64(0..20),
                crank: random.u8(0..5) > 0,
            },
            92 => Self::Deactivate { validator, transient: random.u8(0..4) == 0 },
            93 => Self::Destake { validator },
            94..=95 => Self::CloseVote { validator },
            _ => Self::Donate { to: random.u8(0..4), validator, lamports: lamports(random) },
        }
    }
}
