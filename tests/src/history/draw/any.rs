//! Any operation, on a pool of any kind.

use {
    super::steady::ephemeral,
    crate::{
        SOL,
        history::operation::{Amount, Operation, Seed},
    },
    fastrand::Rng,
    tidepool_core::maths::Fee,
};

/// Lamports of the largest stake account. All lamports together are fewer.
const MOST_STAKE: u64 = 1_000_000 * SOL;

/// A usual fee, or none.
pub fn small_fee(random: &mut Rng) -> Fee {
    match random.u8(0..4) {
        0 => Fee::default(),
        1 => Fee::new(random.u64(0..=5), 100),
        2 => Fee::new(random.u64(0..=100), 10_000),
        _ => Fee::new(random.u64(0..=50), 1_000),
    }
}

/// Any fee, mostly a usual one.
fn fee(random: &mut Rng) -> Fee {
    match random.u8(0..12) {
        0 => Fee::new(1, 1),
        1 => Fee::new(random.u64(..), random.u64(..)),
        2 => Fee::new(random.u64(0..=100), 100),
        _ => small_fee(random),
    }
}

/// Lamports of every order, also more than there are.
fn lamports(random: &mut Rng) -> u64 {
    match random.u8(0..16) {
        0 => random.u64(0..4),
        1 => random.u64(0..3_000_000),
        2 | 3 => random.u64(0..SOL),
        4 => SOL,
        5 => random.u64(..),
        6 => random.u64(SOL..100_000 * SOL),
        _ => random.u64(SOL..100 * SOL),
    }
}

/// Lamports that a staker moves: mostly no more than there are.
fn moved(random: &mut Rng) -> u64 {
    if random.u8(0..3) == 0 { lamports(random) } else { random.u64(SOL..4 * SOL) }
}

fn minimum(random: &mut Rng) -> Option<u64> {
    (random.u8(0..6) == 0).then(|| lamports(random))
}

fn amount(random: &mut Rng) -> Amount {
    match random.u8(0..10) {
        0 | 1 => Amount::Exactly(lamports(random)),
        2 => Amount::Whole(random.u64(0..4)),
        3 => Amount::Share(1_000),
        _ => Amount::Share(random.u64(0..=1_000)),
    }
}

impl Operation {
    /// Draws any operation. Those that keep a pool going come more often.
    pub fn draw_any(random: &mut Rng) -> Self {
        let validator = random.usize(..);
        match random.u8(0..130) {
            0..=44 => Self::draw_holders(random),
            45..=59 => Self::draw_outside(random),
            60..=68 => Self::draw_setting(random),
            69 => Self::IncreaseAll { validator, rents: random.u64(0..4), ephemeral: ephemeral(random) },
            70..=76 => {
                Self::Increase { validator, lamports: moved(random), seed: Seed::Fitting, ephemeral: ephemeral(random) }
            }
            77..=84 => {
                Self::Decrease { validator, lamports: moved(random), seed: Seed::Fitting, variant: random.u8(0..3) }
            }
            85..=88 => Self::AddValidator { vote: random.usize(..), seed: random.u32(0..2) },
            89..=91 => Self::RemoveValidator { validator },
            92..=96 => Self::Crank,
            97..=99 => Self::CrankBySpl { no_merge: random.bool() },
            100..=109 => Self::TurnEpoch {
                epochs: [1, 1, 1, 2, 5][random.usize(0..5)],
                reward_permille: random.u64(0..20),
                crank: random.u8(0..4) > 0,
            },
            110 | 111 => Self::StepRent { reward_permille: random.u64(0..20), crank: random.u8(0..4) > 0 },
            112..=114 => Self::Sabotage { how: random.u8(0..4), first: random.usize(..), second: random.usize(..) },
            115 => Self::Exit { holder: random.usize(..) },
            // Updates, rebalances, weights and policies.
            _ => loop {
                let operation = Self::draw(random);
                if operation.is_of_extension_or_update() {
                    return operation;
                }
            },
        }
    }

    const fn is_of_extension_or_update(&self) -> bool {
        matches!(
            self,
            Self::SetWeights { .. }
                | Self::SetPolicy { .. }
                | Self::UpdateSome { .. }
                | Self::CountSome { .. }
                | Self::UpdatePool
                | Self::Cleanup { .. }
                | Self::Rebalance { .. }
        )
    }

    fn draw_holders(random: &mut Rng) -> Self {
        let (holder, validator) = (random.usize(..), random.usize(..));
        let (minimum, referral) = (minimum(random), random.u8(0..4));
        match random.u8(0..8) {
            0 | 1 => Self::DepositSol { holder, lamports: lamports(random), minimum, referral },
            2 | 3 => Self::DepositStake {
                holder,
                validator,
                lamports: if random.u8(0..8) == 0 {
                    lamports(random).min(MOST_STAKE)
                } else {
                    random.u64(SOL..1_000 * SOL)
                },
                idle: if random.bool() { 0 } else { random.u64(0..2 * SOL) },
                age: random.u64(0..4),
                minimum,
                referral,
            },
            4 | 5 => Self::WithdrawSol { holder, amount: amount(random), minimum },
            _ => Self::WithdrawStake {
                holder,
                validator,
                source: [0, 0, 0, 1, 2][random.usize(0..5)],
                amount: amount(random),
                minimum,
            },
        }
    }

    fn draw_setting(random: &mut Rng) -> Self {
        match random.u8(0..8) {
            0..=3 => Self::SetFee { kind: random.u8(0..7), fee: fee(random) },
            4 | 5 => Self::SetFunding { kind: random.u8(0..3), set: random.bool() },
            6 => Self::SetPreferred { withdraw: random.bool(), validator: random.bool().then(|| random.usize(..)) },
            _ => Self::Extend,
        }
    }

    fn draw_outside(random: &mut Rng) -> Self {
        let validator = random.usize(..);
        match random.u8(0..16) {
            0 => Self::Deactivate { validator, transient: random.u8(0..4) == 0 },
            1 => Self::Destake { validator },
            2 => Self::CloseVote { validator },
            3..=6 => Self::Donate {
                to: random.u8(0..10),
                validator,
                lamports: if random.bool() { random.u64(0..3_000_000) } else { random.u64(0..1_000 * SOL) },
            },
            7 | 8 => Self::Burn { holder: random.usize(..), permille: random.u64(0..=1_000) },
            9 | 10 => Self::ChangeFeeAccount { state: random.u8(0..4) },
            11 | 12 => Self::Slash { validator, transient: random.u8(0..4) == 0, permille: random.u64(0..=1_000) },
            13 => Self::SetRent { percent: [10, 50, 99, 100, 100, 101, 200][random.usize(0..7)] },
            _ => Self::EpochRewards { is_active: random.u8(0..3) == 0 },
        }
    }
}
