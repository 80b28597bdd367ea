//! What a rebalance costs: for the list that it looks through, and for each validator that it looks at or moves.

use {
    super::{
        Case, Place,
        update::{Cache, set_caches},
    },
    crate::{
        SOL,
        extension::PoolKind,
        instructions::Triple,
        pool::{NEW_SEED, PoolFixture, PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        vm::Vm,
    },
    tidepool_core::rebalance::BASIS_POINTS,
    tidepool_interface::{
        address::find_transient_stake,
        state::{RebalancePolicy, ValidatorListMut},
    },
};

/// Validators of a typical transaction.
const MANY: u32 = 8;

/// Sizes of the lists, as in all cases.
const SIZES: [u32; 3] = [20, 3_000, 20_000];

/// Weight of a validator with [`STAKE`] in a pool that is balanced.
const WEIGHT: u16 = 100;

/// Lamports that validators delegate.
const STAKE: u64 = 100 * SOL;

/// What a rebalance finds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Found {
    /// All validators are on target.
    Balanced,
    /// Likewise, where no two in a row have the same weight.
    ManyWeights,
    /// Likewise, with a cap of a share of the pool.
    Capped,
    /// All others has transient stake.
    InMotion,
    /// The reserve can increase all validators.
    Inflow,
    /// The reserve is below target; all validators are decreased.
    Outflow,
    /// The reserve suffices only for the validators furthest below target.
    Trickle,
    /// The budget is so small that it is only taken from those who can give most.
    Budget,
}

impl Found {
    const ALL: [Self; 8] = [
        Self::Balanced,
        Self::ManyWeights,
        Self::Capped,
        Self::InMotion,
        Self::Inflow,
        Self::Outflow,
        Self::Trickle,
        Self::Budget,
    ];

    /// The case in which this many validators are named.
    fn name(self, named: u32) -> String {
        let s = if named == 1 { "" } else { "s" };
        let what = match self {
            Self::Balanced => "on target",
            Self::ManyWeights => "on target, among many weights",
            Self::Capped => "on target, below a cap",
            Self::InMotion => "on target, the rest in motion",
            Self::Inflow => "increased",
            Self::Outflow => "decreased",
            Self::Trickle => "increased, the furthest off",
            Self::Budget => "decreased, the furthest off",
        };
        format!("Rebalance, {named} validator{s} {what}")
    }

    /// Lamports of the reserve of a pool of this many validators.
    fn reserve(self, count: u32) -> u64 {
        match self {
            Self::Inflow => u64::from(count) * 20 * SOL,
            // The rent of accounts in which stake moves.
            Self::Outflow | Self::Budget => u64::from(count) * SOL / 10,
            // A little more than one for each.
            Self::Trickle => u64::from(MANY) * SOL + SOL / 2,
            Self::Balanced | Self::ManyWeights | Self::Capped | Self::InMotion => SOL / 2,
        }
    }

    const fn policy(self) -> RebalancePolicy {
        let mut policy = RebalancePolicy::DEFAULT;
        match self {
            Self::Outflow => policy.reserve_share.set(BASIS_POINTS / 5),
            Self::Budget => policy.turnover_budget.set(BASIS_POINTS / 100),
            // Nothing is taken from any user, so that no rent is set aside for it.
            Self::Trickle => policy.turnover_budget.set(0),
            Self::Capped => policy.validator_cap.set(BASIS_POINTS / 2),
            _ => {}
        }
        policy
    }

    /// The weight of the record at `index`.
    const fn weight(self, index: u32, is_named: bool) -> u16 {
        match self {
            Self::ManyWeights if !is_named => WEIGHT + (index % 1_000) as u16,
            _ => WEIGHT,
        }
    }

    /// Lamports that those delegate who are named.
    const fn named_stake(self) -> u64 {
        match self {
            Self::Trickle => STAKE - 20 * SOL,
            Self::Budget => STAKE + 20 * SOL,
            _ => STAKE,
        }
    }

    /// Lamports that the validator of another record delegates.
    fn other_stake(self, index: u32, count: u32, weight: u16) -> u64 {
        // Every other one is off like the named ones, but less; the rest balance the sum.
        let uneven = |some: u64| {
            let others = u64::from(count - MANY);
            let all = u64::from(count) * STAKE - u64::from(MANY) * self.named_stake();
            if index.is_multiple_of(2) { some } else { all * 2 / others - some }
        };
        match self {
            Self::Trickle => uneven(STAKE - 10 * SOL),
            Self::Budget => uneven(STAKE + 10 * SOL),
            Self::ManyWeights => STAKE / u64::from(WEIGHT) * u64::from(weight),
            // The rest is activating.
            Self::InMotion => STAKE - 2 * SOL,
            _ => STAKE,
        }
    }

    /// The pool, with those that are named first or last of `count` records.
    fn install(self, count: u32, place: Place, vm: &mut Vm) -> (PoolFixture, u32) {
        vm.set_epoch(EPOCH);
        let kind = PoolKind::Extended(self.policy());
        let validator = ValidatorSpec::active(self.named_stake(), 0);
        let mut spec = PoolSpec {
            reserve: self.reserve(count),
            validators: vec![validator; MANY as usize],
            last_update_epoch: EPOCH,
            kind,
            ..PoolSpec::default()
        };
        // The budget is a hundredth of it.
        spec.terms.last_epoch_total_lamports = (u64::from(MANY) * SOL + SOL / 2) * 100;
        let pool = PoolFixture::install(&spec, vm);
        set_caches(&pool, Cache::Warm, kind, vm);
        let others = count - MANY;
        let start = if place == Place::Last { others } else { 0 };
        pool.surround(start, others - start, vm);
        let stake_rent = vm.stake_rent();
        let list = vm.accounts.get_mut(&pool.state.head.validator_list).expect("a list");
        let mut list = ValidatorListMut::decode(&mut list.data).expect("a list");
        let named = start..start + MANY;
        for (index, record) in (0..).zip(list.records()) {
            let is_named = named.contains(&index);
            let weight = self.weight(index, is_named);
            record.extension.set_weight(weight);
            record.transient_seed_suffix = (NEW_SEED - 1).into();
            if !is_named {
                record.active_stake_lamports = (stake_rent + self.other_stake(index, count, weight)).into();
                if self == Self::InMotion {
                    record.transient_stake_lamports = (stake_rent + 2 * SOL).into();
                    record.extension.set_transient_bump(u8::MAX, false);
                }
            }
        }
        (pool, start)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![];
    for found in Found::ALL {
        for count in SIZES {
            let named = match found {
                Found::ManyWeights | Found::Capped | Found::InMotion => &[1][..],
                _ => &[1, MANY],
            };
            for named in named {
                cases.extend([Place::First, Place::Last].map(|place| case(found, count, *named, place)));
            }
        }
    }
    cases
}

fn case(found: Found, validators: u32, named: u32, place: Place) -> Case {
    Case {
        name: found.name(named),
        validators,
        place,
        token_program: "spl",
        is_extension: true,
        per: 1,
        make: Box::new(move |vm| {
            let (pool, start) = found.install(validators, place, vm);
            let transient = |vote| find_transient_stake(&pool.program_id, vote, &pool.pool, NEW_SEED).0;
            let named = (start..).zip(&pool.validators).take(named as usize);
            let triples: Vec<_> = named
                .map(|(index, each)| Triple {
                    index,
                    vote: each.vote,
                    stake: each.stake,
                    transient: transient(&each.vote),
                })
                .collect();
            pool.rebalance(&triples)
        }),
    }
}
