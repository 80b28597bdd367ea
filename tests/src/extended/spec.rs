//! The pools that histories begin with.

use {
    super::{oracle::MINIMUM, wild::Wild},
    crate::{SOL, pool::ValidatorSpec},
    fastrand::Rng,
    tidepool_core::{maths::Fee, rebalance::BASIS_POINTS},
    tidepool_interface::state::{RebalancePolicy, StakeStatus},
};

/// A pool and its cluster.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The validators and their weights.
    pub validators: Vec<(ValidatorSpec, u16)>,
    /// Lamports in the reserve beyond its rent.
    pub reserve: u64,
    /// The policy.
    pub policy: RebalancePolicy,
    /// Fee on rewards.
    pub epoch_fee: Fee,
    /// Effective stake of the cluster in lamports, and what of it warms up (and cools down) in each epoch.
    pub cluster: (u64, u64),
    /// Whatever else pools may be and worlds may do; none for a pool with the extension, without fees but on rewards, in a
    /// world in which a rebalance can be foretold.
    pub wild: Option<Wild>,
}

/// How many validators a pool has.
fn count(random: &mut Rng) -> usize {
    match random.u8(0..100) {
        0..=81 => random.usize(1..=6),
        82..=97 => random.usize(7..=30),
        _ => random.usize(31..=200),
    }
}

/// Weights of one pool: alike, apart, or worlds apart; some have none.
fn weights(random: &mut Rng, count: usize) -> Vec<u16> {
    let kind = random.u8(0..5);
    let with_zeros = random.u8(0..3) == 0;
    (0..count)
        .map(|_| match kind {
            _ if with_zeros && random.u8(0..3) == 0 => 0,
            0 => 1_000,
            1 => random.u16(1..=10),
            2 => random.u16(1..=10_000),
            3 => [1, u16::MAX][random.usize(0..2)],
            _ => random.u16(..),
        })
        .collect()
}

fn share(random: &mut Rng, most: u16) -> u16 {
    if random.bool() { 0 } else { random.u16(0..=most) }
}

/// A policy that can be followed.
pub fn policy(random: &mut Rng) -> RebalancePolicy {
    let bound = |random: &mut Rng, least: u16| {
        if random.bool() { BASIS_POINTS } else { random.u16(least..=BASIS_POINTS / 2) }
    };
    RebalancePolicy {
        reserve_share: share(random, 3_000).into(),
        turnover_budget: bound(random, 0).into(),
        validator_cap: bound(random, 100).into(),
        reserve_floor: if random.bool() { 0 } else { random.u64(0..20 * SOL) }.into(),
        threshold: [0, random.u64(0..SOL), random.u64(SOL..10 * SOL)][random.usize(0..3)].into(),
        reserve_rents: random.u8(1..=8),
    }
}

impl Spec {
    /// Draws a pool of 1 to 200 validators, mostly few.
    pub fn draw(random: &mut Rng) -> Self {
        let count = count(random);
        // Stakes that hardly can be split, stakes of live pools' size, and both.
        let most = [3 * SOL, 50 * SOL, 500 * SOL, 100_000 * SOL][random.usize(0..4)];
        let stake = |random: &mut Rng| if random.u8(0..3) == 0 { MINIMUM } else { random.u64(MINIMUM..most) };
        let moves = random.u8(0..4) == 0;
        let validators = weights(random, count)
            .into_iter()
            .map(|weight| {
                let delegated = stake(random);
                let transient = if moves && random.u8(0..4) == 0 { stake(random) } else { 0 };
                (ValidatorSpec { delegated, transient, status: StakeStatus::Active }, weight)
            })
            .collect();
        let reserve = match random.u8(0..4) {
            0 => random.u64(0..SOL),
            1 => random.u64(0..10 * SOL),
            _ => random.u64(0..most * count as u64),
        };
        let cluster = if random.u8(0..8) == 0 { (10_000 * SOL, 5_000 * SOL) } else { (400_000_000 * SOL, 1) };
        let epoch_fee = if random.bool() { Fee::default() } else { Fee::new(random.u64(0..=10), 100) };
        Self { validators, reserve, policy: policy(random), epoch_fee, cluster, wild: None }
    }

    /// Lamports of the pool.
    pub fn total(&self, stake_rent: u64) -> u64 {
        let of = |each: &ValidatorSpec| {
            each.delegated + stake_rent + if each.transient > 0 { each.transient + stake_rent } else { 0 }
        };
        self.reserve + self.validators.iter().map(|(each, _)| of(each)).sum::<u64>()
    }
}
