//! The steps of a history. Each says what it does in numbers alone, so that it means something in any state: indices are
//! taken modulo what there is.

use {
    super::spec::policy,
    crate::SOL,
    fastrand::Rng,
    tidepool_interface::{maths::Fee, state::RebalancePolicy},
};

/// How many pool tokens to withdraw.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// This share of the holder's, in permille.
    Share(u64),
    /// So many, whether or not the holder has them.
    Exactly(u64),
    /// As many as a whole account of the chosen validator is worth, and this many more.
    Whole(u64),
}

/// Something that happens to a pool.
#[expect(missing_docs, reason = "the fields are the arguments of what the variants name")]
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// `DepositSol`. Referred by nobody in particular, by the depositor (1) or the manager (2).
    DepositSol { holder: usize, lamports: u64, minimum: Option<u64>, referral: u8 },
    /// `WithdrawSol`.
    WithdrawSol { holder: usize, amount: Amount, minimum: Option<u64> },
    /// `WithdrawStake` from a validator's stake account (0), its transient stake account (1) or the reserve (2).
    WithdrawStake { holder: usize, validator: usize, source: u8, amount: Amount, minimum: Option<u64> },
    /// `DepositStake` of stake that is delegated since so many epochs.
    DepositStake {
        holder: usize,
        validator: usize,
        lamports: u64,
        idle: u64,
        age: u64,
        minimum: Option<u64>,
        referral: u8,
    },
    /// The staker's `IncreaseValidatorStake`, or `IncreaseAdditionalValidatorStake`.
    Increase { validator: usize, lamports: u64, additional: bool },
    /// The same with all that the reserve has but for the rent of so many stake accounts: with less than two, of the reserve's
    /// own or of the new account's, it must fail.
    IncreaseAll { validator: usize, rents: u64, additional: bool },
    /// The staker's `DecreaseValidatorStake` (0), `…WithReserve` (1) or `DecreaseAdditionalValidatorStake` (2).
    Decrease { validator: usize, lamports: u64, variant: u8 },
    /// `AddValidatorToPool`.
    AddValidator { vote: usize, seed: u32 },
    /// `RemoveValidatorFromPool`.
    RemoveValidator { validator: usize },
    /// `CleanupRemovedValidatorEntries`.
    Cleanup,
    /// `SetPreferredValidator`, for withdrawals or deposits.
    SetPreferred { withdraw: bool, validator: Option<usize> },
    /// `SetFee` of this kind.
    SetFee { kind: u8, fee: Fee },
    /// `SetFundingAuthority` of this kind, to somebody or to nobody.
    SetFunding { kind: u8, set: bool },
    /// `ExtendPool`.
    Extend,
    /// `SetValidatorWeights` of one validator.
    SetWeight { validator: usize, weight: u16 },
    /// `SetRebalancePolicy`.
    SetPolicy { policy: RebalancePolicy },
    /// An update of some records: the compact one, or the contract's, with or without merging.
    UpdateSome { start: usize, count: usize, contract: Option<bool> },
    /// The compact update of some records with read-only stake accounts.
    CountSome { start: usize, count: usize },
    /// `UpdateStakePoolBalance`, whether or not the records are up to date.
    UpdatePool,
    /// All records, the pool, the clean-up.
    Crank,
    /// The same by the contract's instructions, whatever pool it is.
    CrankByContract { no_merge: bool },
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
    /// Somebody sends lamports to the reserve (0), a validator's account (1), the transient account (2), the next transient
    /// account's address (3), the next ephemeral one's (4), that of a validator to come (5), or to an account of the pool that
    /// is none of stake.
    Donate { to: u8, validator: usize, lamports: u64 },
    /// A holder burns this share of its pool tokens, in permille, past the program.
    Burn { holder: usize, permille: u64 },
    /// The manager's fee account is frozen (0), closed (1), or as it should be.
    ChangeFeeAccount { state: u8 },
    /// A validator loses this share of its stake, or its transient stake, in permille.
    Slash { validator: usize, transient: bool, permille: u64 },
    /// Rent becomes this share of what it was at first, in percent.
    SetRent { percent: u64 },
    /// The payment of epoch rewards begins or ends.
    EpochRewards { is_active: bool },
    /// The next instruction lacks a signature or the right to write, has two accounts swapped, or is cut short.
    Sabotage { how: u8, first: usize, second: usize },
    /// A holder leaves, as a client plans it; and then all of that did not happen.
    Exit { holder: usize },
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
            29..=31 => Self::Increase { validator, lamports: lamports(random), additional: random.bool() },
            32..=37 => Self::Decrease { validator, lamports: lamports(random), variant: random.u8(0..3) },
            38..=39 => Self::AddValidator { vote: random.usize(..), seed: 0 },
            40 => Self::RemoveValidator { validator },
            41 => Self::Cleanup,
            42..=46 => Self::SetWeight { validator, weight: weight(random) },
            47..=48 => Self::SetPolicy { policy: policy(random) },
            49..=50 => Self::CountSome { start: random.usize(0..3), count: random.usize(1..6) },
            51..=52 => Self::UpdateSome {
                start: random.usize(0..3),
                count: random.usize(1..6),
                contract: [None, None, Some(false), Some(true)][random.usize(0..4)],
            },
            53 => Self::UpdatePool,
            54..=56 => Self::Crank,
            57 => Self::CrankByContract { no_merge: true },
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

    /// What it is called.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
    }
}
