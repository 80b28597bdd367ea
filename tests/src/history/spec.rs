//! The pools that histories begin with.

use {
    super::{
        draw::{any_policy, small_fee},
        expectation::MINIMUM,
        world::FIRST_EPOCH,
    },
    crate::{
        SOL,
        extension::PoolKind,
        pool::{PoolSpec, ValidatorSpec},
    },
    fastrand::Rng,
    tidepool_core::WEIGHT_MAX,
    tidepool_core::{
        maths::{Fee, mul_div_floor},
        rebalance::BASIS_POINTS,
    },
    tidepool_interface::{
        address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        state::{POOL_MAX_LENGTH, POOL_MIN_LENGTH, PoolTerms, RebalancePolicy},
    },
};

/// Length of the pool accounts that live SPL pools have, in bytes.
const LIVE_POOL_LENGTH: usize = 529;

/// A cluster far larger than any pool, whose stake warms up and cools down within an epoch, as in [`Spec::cluster`].
pub const LARGE_CLUSTER: (u64, u64) = (400_000_000 * SOL, 1);

/// A cluster of the order of a pool.
const SMALL_CLUSTER: (u64, u64) = (10_000 * SOL, 5_000 * SOL);

/// A pool and its cluster.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The validators and their weights.
    pub validators: Vec<(ValidatorSpec, u16)>,
    /// Everything else that is raw.
    pub pool: PoolSpec,
    /// Pool tokens per thousand lamports that the pool holds; none for total and supply as [`Self::pool`] states them.
    pub supply_permille: Option<u64>,
    /// Whether manager and staker extend the pool by instructions, with the weights and this policy.
    pub extends: bool,
    pub policy: RebalancePolicy,
    /// Effective stake of the cluster in lamports, and what of it warms up (and cools down) in each epoch.
    pub cluster: (u64, u64),
    /// Holders who share the supply.
    pub holders: u64,
    /// Whether rebalances can be predicted: an extended pool without fees except on rewards, and no operation that interferes.
    /// Otherwise the manager is one of the holders.
    pub is_predictable: bool,
}

/// How many validators a pool has.
fn count(random: &mut Rng) -> usize {
    match random.u8(0..100) {
        0..=81 => random.usize(1..=6),
        82..=97 => random.usize(7..=30),
        _ => random.usize(31..=200),
    }
}

/// Weights of one pool: equal, different, or very different; some are 0.
fn weights(random: &mut Rng, count: usize) -> Vec<u16> {
    let kind = random.u8(0..5);
    let with_zeros = random.u8(0..3) == 0;
    (0..count)
        .map(|_| match kind {
            _ if with_zeros && random.u8(0..3) == 0 => 0,
            0 => 1_000,
            1 => random.u16(1..=10),
            2 => random.u16(1..=10_000),
            3 => [1, WEIGHT_MAX][random.usize(0..2)],
            _ => random.u16(..=WEIGHT_MAX),
        })
        .collect()
}

fn share(random: &mut Rng, most: u16) -> u16 {
    if random.bool() { 0 } else { random.u16(0..=most) }
}

/// A policy that the pool can follow.
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

fn all_fees(random: &mut Rng, fee: impl Fn(&mut Rng) -> Fee) -> PoolTerms {
    PoolTerms {
        stake_deposit_fee: fee(random),
        stake_withdrawal_fee: fee(random),
        stake_referral_fee: random.u8(0..=100),
        sol_deposit_fee: fee(random),
        sol_referral_fee: random.u8(0..=100),
        sol_withdrawal_fee: fee(random),
        ..PoolTerms::default()
    }
}

fn token_program(random: &mut Rng) -> solana_address::Address {
    if random.bool() { TOKEN_PROGRAM_ID } else { TOKEN_2022_PROGRAM_ID }
}

impl Spec {
    /// Draws an extended pool of 1 to 200 validators, mostly few.
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
                (ValidatorSpec::active(delegated, transient), weight)
            })
            .collect();
        let reserve = match random.u8(0..4) {
            0 => random.u64(0..SOL),
            1 => random.u64(0..10 * SOL),
            _ => random.u64(0..most * count as u64),
        };
        let cluster = if random.u8(0..8) == 0 { SMALL_CLUSTER } else { LARGE_CLUSTER };
        let epoch_fee = if random.bool() { Fee::default() } else { Fee::new(random.u64(0..=10), 100) };
        Self { cluster, ..Self::extended(validators, reserve, epoch_fee, policy(random)) }
    }

    /// An extended pool whose rebalances can be predicted.
    pub fn extended(
        validators: Vec<(ValidatorSpec, u16)>,
        reserve: u64,
        epoch_fee: Fee,
        policy: RebalancePolicy,
    ) -> Self {
        Self {
            validators,
            pool: PoolSpec { reserve, epoch_fee, ..PoolSpec::default() },
            supply_permille: Some(1_000),
            extends: true,
            policy,
            cluster: LARGE_CLUSTER,
            holders: 3,
            is_predictable: true,
        }
    }

    /// Makes the drawn pool one of any kind that a client could have made.
    pub fn make_any(&mut self, random: &mut Rng) {
        const MOST_VALIDATORS: usize = 12;
        self.validators.truncate(MOST_VALIDATORS);
        if random.u8(0..20) == 0 {
            self.validators.clear();
        }
        if random.u8(0..4) == 0 {
            self.cluster = SMALL_CLUSTER;
        }
        self.is_predictable = false;
        self.pool.token_program = token_program(random);
        self.extends = random.u8(0..4) < 3;
        self.pool.pool_length = [POOL_MAX_LENGTH, LIVE_POOL_LENGTH][random.usize(0..2)];
        self.supply_permille = Some(if random.bool() { 1_000 } else { random.u64(100..=2_000) });
        self.pool.terms = all_fees(random, small_fee);
    }

    /// Draws a pool of up to 30 validators, mostly few, in any state: with the extension, without it, or with other bytes in its
    /// place.
    pub fn draw_beside_reference(random: &mut Rng) -> Self {
        let fee = |random: &mut Rng| match random.u8(0..4) {
            0 => Fee::default(),
            1 => Fee::new(random.u64(0..=100), 100),
            _ => Fee::new(random.u64(0..=50), 1_000),
        };
        let count = if random.u8(0..10) == 0 { random.usize(0..=30) } else { random.usize(0..=5) };
        let validators: Vec<_> = (0..count)
            .map(|_| {
                ValidatorSpec::active(
                    if random.bool() { SOL } else { random.u64(SOL..500 * SOL) },
                    if random.u8(0..4) == 0 { random.u64(SOL..50 * SOL) } else { 0 },
                )
            })
            .collect();
        let reserve = random.u64(0..300 * SOL);
        let stake: u64 = validators.iter().map(|each| each.delegated + each.transient).sum();
        let total_lamports = stake + reserve;
        let pool = PoolSpec {
            token_program: token_program(random),
            total_lamports,
            supply: mul_div_floor(total_lamports, random.u64(700..=1_000), 1_000).unwrap_or(0),
            reserve,
            epoch_fee: fee(random),
            terms: all_fees(random, fee),
            // Those of clients, those of live pools, and one with no room for any option.
            pool_length: [POOL_MAX_LENGTH, POOL_MAX_LENGTH, LIVE_POOL_LENGTH, 499, POOL_MIN_LENGTH, 700]
                [random.usize(0..6)],
            kind: match random.u8(0..8) {
                0..=2 => PoolKind::EXTENDED,
                3 => PoolKind::Extended(any_policy(random)),
                4 | 5 => PoolKind::Littered,
                _ => PoolKind::Plain,
            },
            ..PoolSpec::default()
        };
        Self {
            validators: validators.into_iter().map(|validator| (validator, 0)).collect(),
            pool,
            supply_permille: None,
            extends: false,
            policy: RebalancePolicy::DEFAULT,
            cluster: if random.u8(0..4) == 0 { SMALL_CLUSTER } else { LARGE_CLUSTER },
            holders: 1,
            is_predictable: false,
        }
    }

    /// The pool's raw state.
    pub(super) fn raw(&self, stake_rent: u64) -> PoolSpec {
        let validators = self.validators.iter().map(|(validator, _)| *validator).collect();
        let mut pool = PoolSpec { validators, last_update_epoch: FIRST_EPOCH, ..self.pool.clone() };
        if let Some(permille) = self.supply_permille {
            let held = |lamports: u64| if lamports > 0 { lamports + stake_rent } else { 0 };
            let in_stake = pool.validators.iter().map(|each| each.delegated + stake_rent + held(each.transient));
            pool.total_lamports = pool.reserve + in_stake.sum::<u64>();
            pool.supply = mul_div_floor(pool.total_lamports, permille, 1_000).expect("no more than there is");
            pool.terms.last_epoch_total_lamports = pool.total_lamports;
        }
        pool
    }
}
