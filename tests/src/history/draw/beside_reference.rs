//! Operations of a pool of any kind in both programs, valid and invalid ones.

use {
    crate::{
        SOL,
        history::operation::{Amount, Chosen, Landed, Operation, Seed},
    },
    fastrand::Rng,
    tidepool_core::{maths::Fee, rebalance::BASIS_POINTS},
    tidepool_interface::state::{RebalancePolicy, WEIGHT_MAX},
};

/// A policy of almost any kind.
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

fn lamports(random: &mut Rng) -> u64 {
    match random.u8(0..11) {
        10 => random.u64(0..4),
        0 => random.u64(0..2_000),
        1 => random.u64(0..SOL),
        2 => SOL,
        3..=7 => random.u64(SOL..100 * SOL),
        8 => random.u64(SOL..100_000 * SOL),
        _ => random.u64(..),
    }
}

fn minimum(random: &mut Rng) -> Option<u64> {
    (random.u8(0..4) == 0).then(|| lamports(random))
}

fn amount(random: &mut Rng) -> Amount {
    match random.u8(0..10) {
        0..=2 => Amount::Exactly(lamports(random)),
        3..=7 => Amount::Share(random.u64(0..=1_000)),
        _ => Amount::Whole(random.u64(0..4)),
    }
}

fn fee(random: &mut Rng) -> Fee {
    match random.u8(0..8) {
        0 => Fee::default(),
        1 => Fee::new(1, 1),
        2 => Fee::new(random.u64(..), random.u64(..)),
        3 => Fee::new(random.u64(0..20), 1_000),
        _ => Fee::new(random.u64(0..=20), 10_000),
    }
}

/// The record's own seed, or another.
fn seed(random: &mut Rng) -> Seed {
    if random.u8(0..4) == 0 { Seed::Exactly(random.u64(0..4)) } else { Seed::OfRecord }
}

/// The holder, or rarely the manager.
fn holder(random: &mut Rng) -> usize {
    usize::from(random.u8(0..8) == 0)
}

impl Operation {
    /// Draws an operation that both programs run, or one of the extension. Those that keep a pool going come more often.
    pub fn draw_beside_reference(random: &mut Rng) -> Self {
        let validator = random.usize(..);
        match random.u8(0..115) {
            0..=9 => Self::DepositSol {
                lamports: lamports(random),
                minimum: minimum(random),
                holder: holder(random),
                referral: 0,
            },
            10..=16 => Self::DepositStake {
                holder: 0,
                validator,
                referral: 0,
                lamports: random.u64(SOL..1_000 * SOL),
                idle: if random.bool() { 0 } else { random.u64(0..2 * SOL) },
                age: random.u64(0..4),
                minimum: minimum(random),
            },
            17..=23 => Self::WithdrawSol { amount: amount(random), minimum: minimum(random), holder: holder(random) },
            24..=32 => Self::WithdrawStake {
                holder: 0,
                validator,
                source: [0, 0, 0, 0, 1, 2][random.usize(0..6)],
                amount: amount(random),
                minimum: minimum(random),
            },
            33..=37 => Self::AddValidator { vote: random.usize(..), seed: random.u32(0..3) },
            38..=39 => Self::RemoveValidator { validator },
            40..=49 => Self::Increase {
                validator,
                lamports: lamports(random),
                seed: seed(random),
                ephemeral: random.bool().then(|| random.u64(0..3)),
            },
            50..=57 => {
                Self::Decrease { validator, lamports: lamports(random), seed: seed(random), variant: random.u8(0..3) }
            }
            58..=59 => Self::SetPreferred { withdraw: random.bool(), validator: random.bool().then_some(validator) },
            60..=62 => Self::SetFee { kind: random.u8(0..7), fee: fee(random) },
            63 => Self::SetFunding { kind: random.u8(0..3), set: random.bool() },
            64..=67 => Self::UpdateSome {
                start: random.usize(0..4),
                count: random.usize(0..5),
                spl: Some(random.u8(0..4) == 0),
                landed: Landed::PastEnd,
            },
            68..=69 => Self::UpdatePool,
            70..=71 => Self::Cleanup { writable: random.bool() },
            72..=79 => Self::SplUpdates { no_merge: random.u8(0..8) == 0 },
            80 => Self::StepRent { reward_permille: random.u64(0..20), crank: false },
            81..=87 => Self::TurnEpoch {
                epochs: [1, 1, 1, 2, 5][random.usize(0..5)],
                reward_permille: random.u64(0..20),
                crank: false,
            },
            88 => Self::EpochRewards { is_active: random.u8(0..3) == 0 },
            89..=91 => Self::Donate { to: random.u8(0..3), validator, lamports: lamports(random).min(1_000_000 * SOL) },
            92 => Self::Deactivate { validator, transient: false },
            93 => Self::Destake { validator },
            94 => Self::ChangeFeeAccount { state: [2, 0][usize::from(random.bool())] },
            95 => Self::Burn { holder: 0, permille: random.u64(0..=1_000) },
            100.. => Self::draw_extension(random),
            _ => Self::Sabotage { how: random.u8(0..4), first: random.usize(..), second: random.usize(..) },
        }
    }

    fn draw_extension(random: &mut Rng) -> Self {
        let weight = |random: &mut Rng| [0, 1, random.u16(1..100), random.u16(..=WEIGHT_MAX)][random.usize(0..4)];
        match random.u8(0..20) {
            0 => Self::Extend,
            1 | 2 => Self::SetPolicy { policy: policy(random) },
            3..=5 => {
                Self::SetWeights { validator: random.usize(..), first: weight(random), second: Some(weight(random)) }
            }
            6..=8 => Self::CountSome { start: random.usize(0..3), count: random.usize(0..8) },
            9..=11 => Self::UpdateSome {
                start: random.usize(0..3),
                count: random.usize(0..8),
                spl: None,
                landed: match random.u8(0..4) {
                    0 => Landed::Extra(random.usize(..)),
                    1 => Landed::Missing(random.usize(..)),
                    _ => Landed::AsSigned,
                },
            },
            _ => Self::Rebalance { chosen: Chosen::From { first: random.usize(..), count: random.usize(1..9) } },
        }
    }
}
