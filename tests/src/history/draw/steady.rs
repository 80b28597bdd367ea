//! Operations of an extended pool in which each rebalance can be predicted.

use {
    crate::{
        SOL,
        history::{
            operation::{Amount, Chosen, Landed, Operation, Seed},
            spec::policy,
        },
    },
    fastrand::Rng,
    tidepool_interface::state::WEIGHT_MAX,
};

fn lamports(random: &mut Rng) -> u64 {
    match random.u8(0..8) {
        0 => random.u64(1..SOL),
        1 => SOL,
        2..=4 => random.u64(SOL..20 * SOL),
        5..=6 => random.u64(SOL..200 * SOL),
        _ => random.u64(SOL..100_000 * SOL),
    }
}

/// Seed of all ephemeral stake accounts, which are gone with the instruction.
pub const EPHEMERAL_SEED: u64 = 1;

pub fn ephemeral(random: &mut Rng) -> Option<u64> {
    random.bool().then_some(EPHEMERAL_SEED)
}

fn weight(random: &mut Rng) -> u16 {
    match random.u8(0..4) {
        0 => 0,
        1 => 1_000,
        _ => random.u16(..=WEIGHT_MAX),
    }
}

impl Operation {
    /// Draws an operation of an extended pool in which each rebalance can be predicted.
    pub fn draw(random: &mut Rng) -> Self {
        let (validator, holder) = (random.usize(..), random.usize(..));
        match random.u8(0..100) {
            0..=11 => Self::DepositSol { holder, lamports: lamports(random), minimum: None, referral: 0 },
            12..=17 => Self::WithdrawSol { holder, amount: Amount::Share(random.u64(0..=1_000)), minimum: None },
            18..=25 => Self::WithdrawStake {
                holder,
                validator,
                source: u8::from(random.u8(0..4) == 0),
                amount: Amount::Share(random.u64(0..=1_000)),
                minimum: None,
            },
            26..=28 => Self::DepositStake {
                holder,
                validator,
                lamports: random.u64(SOL..1_000 * SOL),
                idle: 0,
                age: u64::MAX,
                minimum: None,
                referral: 0,
            },
            29..=31 => Self::Increase {
                validator,
                lamports: lamports(random),
                seed: Seed::Fitting,
                ephemeral: ephemeral(random),
            },
            32..=37 => {
                Self::Decrease { validator, lamports: lamports(random), seed: Seed::Fitting, variant: random.u8(0..3) }
            }
            38..=39 => Self::AddValidator { vote: random.usize(..), seed: 0 },
            40 => Self::RemoveValidator { validator },
            41 => Self::Cleanup { writable: true },
            42..=46 => Self::SetWeights { validator, first: weight(random), second: None },
            47..=48 => Self::SetPolicy { policy: policy(random) },
            49..=50 => Self::CountSome { start: random.usize(0..3), count: random.usize(1..6) },
            51..=52 => Self::UpdateSome {
                start: random.usize(0..3),
                count: random.usize(1..6),
                spl: [None, None, Some(false), Some(true)][random.usize(0..4)],
                landed: Landed::AsSigned,
            },
            53 => Self::UpdatePool,
            54..=56 => Self::Crank,
            57 => Self::CrankBySpl { no_merge: true },
            58..=77 => Self::Rebalance {
                chosen: Chosen::Share {
                    permille: if random.bool() { 1_000 } else { random.usize(1..=1_000) },
                    seed: random.u64(..),
                },
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
