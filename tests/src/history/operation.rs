//! The operations of a history. Each says what it does in numbers alone, so that it means something in any state: indices
//! are taken modulo what there is.

use {super::extension::ExtensionOperation, crate::SOL, fastrand::Rng, tidepool_core::maths::Fee};

/// How much to withdraw.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// This many pool tokens.
    Tokens(u64),
    /// This share of the holder's pool tokens, in permille.
    Share(u64),
    /// As many as a whole account of the chosen validator is worth, and this many more.
    Whole(u64),
}

/// Something that happens to a pool.
#[expect(missing_docs, reason = "the fields are the arguments of the instructions that the variants name")]
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// `DepositSol`.
    DepositSol { lamports: u64, minimum: Option<u64>, to_fee_account: bool },
    /// `DepositStake` of stake that is delegated since `age` epochs.
    DepositStake { validator: usize, delegated: u64, idle: u64, age: u64, minimum: Option<u64> },
    /// `WithdrawSol`.
    WithdrawSol { amount: Amount, minimum: Option<u64>, from_fee_account: bool },
    /// `WithdrawStake` from a validator's account (0), its transient account (1), or the reserve (2).
    WithdrawStake { validator: usize, account: u8, amount: Amount, minimum: Option<u64> },
    /// `AddValidatorToPool`.
    AddValidator { vote: usize, seed: u32 },
    /// `RemoveValidatorFromPool`.
    RemoveValidator { validator: usize },
    /// `IncreaseValidatorStake`, or with an ephemeral account `IncreaseAdditionalValidatorStake`.
    Increase { validator: usize, lamports: u64, seed: Option<u64>, ephemeral: Option<u64> },
    /// `DecreaseValidatorStake` (0), `…WithReserve` (1) or `DecreaseAdditionalValidatorStake` (2).
    Decrease { validator: usize, lamports: u64, seed: Option<u64>, variant: u8 },
    /// `SetPreferredValidator`.
    SetPreferred { withdraw: bool, validator: Option<usize> },
    /// `SetFee` of this kind.
    SetFee { kind: u8, fee: Fee },
    /// `SetFundingAuthority` of this kind, to the pool's usual signer or to none.
    SetFunding { kind: u8, set: bool },
    /// `UpdateValidatorListBalance` of so many records.
    UpdateList { start: usize, count: usize, no_merge: bool },
    /// `UpdateStakePoolBalance`.
    UpdatePool,
    /// `CleanupRemovedValidatorEntries`, the pool writable or not.
    Cleanup { writable: bool },
    /// All records, then the pool, then the clean-up.
    Crank { no_merge: bool },
    /// So many epochs pass; stake earns rewards.
    TurnEpoch { epochs: u64, reward_permille: u64 },
    /// The payment of epoch rewards begins or ends.
    EpochRewards { active: bool },
    /// Somebody sends lamports to the reserve (0), a validator's account (1) or a transient address (2).
    Donate { to: u8, validator: usize, lamports: u64 },
    /// A delinquent validator's stake is deactivated by somebody.
    Deactivate { validator: usize },
    /// A cluster restart takes a validator's stake away.
    Destake { validator: usize },
    /// The manager's fee account is frozen or thawed.
    Freeze { frozen: bool },
    /// The holder burns pool tokens.
    Burn { permille: u64 },
    /// The next instruction lacks a signature or the right to write, or has two accounts swapped.
    Sabotage { how: u8, first: usize, second: usize },
    /// An instruction that only Tidepool has.
    Extension(ExtensionOperation),
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
        0..=2 => Amount::Tokens(lamports(random)),
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
fn seed(random: &mut Rng) -> Option<u64> {
    (random.u8(0..4) == 0).then(|| random.u64(0..4))
}

impl Operation {
    /// Draws an operation. Those that keep a pool going come more often.
    pub fn draw(random: &mut Rng) -> Self {
        let validator = random.usize(..);
        match random.u8(0..115) {
            0..=9 => Self::DepositSol {
                lamports: lamports(random),
                minimum: minimum(random),
                to_fee_account: random.u8(0..8) == 0,
            },
            10..=16 => Self::DepositStake {
                validator,
                delegated: random.u64(SOL..1_000 * SOL),
                idle: if random.bool() { 0 } else { random.u64(0..2 * SOL) },
                age: random.u64(0..4),
                minimum: minimum(random),
            },
            17..=23 => Self::WithdrawSol {
                amount: amount(random),
                minimum: minimum(random),
                from_fee_account: random.u8(0..8) == 0,
            },
            24..=32 => Self::WithdrawStake {
                validator,
                account: [0, 0, 0, 0, 1, 2][random.usize(0..6)],
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
            64..=67 => Self::UpdateList {
                start: random.usize(0..4),
                count: random.usize(0..5),
                no_merge: random.u8(0..4) == 0,
            },
            68..=69 => Self::UpdatePool,
            70..=71 => Self::Cleanup { writable: random.bool() },
            72..=79 => Self::Crank { no_merge: random.u8(0..8) == 0 },
            80..=87 => {
                Self::TurnEpoch { epochs: [1, 1, 1, 2, 5][random.usize(0..5)], reward_permille: random.u64(0..20) }
            }
            88 => Self::EpochRewards { active: random.u8(0..3) == 0 },
            89..=91 => Self::Donate { to: random.u8(0..3), validator, lamports: lamports(random).min(1_000_000 * SOL) },
            92 => Self::Deactivate { validator },
            93 => Self::Destake { validator },
            94 => Self::Freeze { frozen: random.bool() },
            95 => Self::Burn { permille: random.u64(0..=1_000) },
            100.. => Self::Extension(ExtensionOperation::draw(random)),
            _ => Self::Sabotage { how: random.u8(0..4), first: random.usize(..), second: random.usize(..) },
        }
    }
}
