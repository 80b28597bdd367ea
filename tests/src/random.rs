//! Random pools, and a runner whose cases are the same in every run.

use {
    crate::{
        SOL,
        extension::PoolKind,
        pool::{PoolSpec, ValidatorSpec},
    },
    proptest::{
        collection::vec,
        prelude::*,
        test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
    },
    tidepool_core::maths::Fee,
    tidepool_interface::{
        address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        instruction::FeeType,
        state::{POOL_MAX_LENGTH, PoolTerms, StakeStatus},
    },
};

/// Environment variable that multiplies the number of cases.
pub const CASES_FACTOR: &str = "TIDEPOOL_CASES_FACTOR";

/// Environment variable with the seed of the cases, a number.
pub const SEED: &str = "TIDEPOOL_SEED";

/// All SOL there is, in lamports, and more.
const MOST_LAMPORTS: u64 = 700_000_000_000_000_000;

pub(crate) fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

/// Runs `test` on `cases` values (times `TIDEPOOL_CASES_FACTOR`) that follow from the seed `TIDEPOOL_SEED`, and shrinks
/// what fails.
pub fn check<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seed = variable(SEED).unwrap_or(0);
    let cases = cases.saturating_mul(variable(CASES_FACTOR).unwrap_or(1) as u32);
    println!("{cases} cases, {SEED}={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    if let Err(error) = TestRunner::new_with_rng(config, rng).run(&strategy, test) {
        panic!("{SEED}={seed}: {error}");
    }
}

/// Amounts of every magnitude up to `most`.
pub fn amount(most: u64) -> impl Strategy<Value = u64> {
    let bits = u64::BITS.saturating_sub(most.leading_zeros());
    (0..=bits, any::<u64>()).prop_map(move |(bits, random)| {
        let mask = 1u64.checked_shl(bits).map_or(u64::MAX, |power| power.saturating_sub(1));
        (random & mask).min(most)
    })
}

/// Fees: mostly small, sometimes none, sometimes all.
pub fn fee() -> impl Strategy<Value = Fee> {
    prop_oneof![
        2 => Just(Fee::default()),
        6 => (1u64..=100, prop_oneof![Just(100u64), Just(1_000), Just(10_000)]).prop_map(|(n, d)| Fee::new(n, d)),
        1 => Just(Fee::new(1, 1)),
        2 => (any::<u64>(), any::<u64>()).prop_map(|(a, b)| Fee::new(a.min(b), a.max(b))),
    ]
}

fn terms() -> impl Strategy<Value = PoolTerms> {
    (fee(), fee(), fee(), fee(), 0..=100u8, 0..=100u8).prop_map(
        |(stake_deposit_fee, stake_withdrawal_fee, sol_deposit_fee, sol_withdrawal_fee, stake, sol)| PoolTerms {
            stake_deposit_fee,
            stake_withdrawal_fee,
            stake_referral_fee: stake,
            sol_deposit_fee,
            sol_referral_fee: sol,
            sol_withdrawal_fee,
            ..PoolTerms::default()
        },
    )
}

/// A total and a supply: empty, near one for one as pools are, or unrelated.
fn rate() -> impl Strategy<Value = (u64, u64)> {
    prop_oneof![
        1 => Just((0, 0)),
        1 => amount(MOST_LAMPORTS).prop_map(|total| (total, 0)),
        6 => (amount(MOST_LAMPORTS), 500u64..=1_000).prop_map(|(total, permille)| {
            let supply = u128::from(total) * u128::from(permille) / 1_000;
            (total, u64::try_from(supply).expect("a part of a u64").max(1))
        }),
        2 => (amount(MOST_LAMPORTS), amount(MOST_LAMPORTS)),
    ]
}

fn status() -> impl Strategy<Value = StakeStatus> {
    prop_oneof![
        8 => Just(StakeStatus::Active),
        1 => Just(StakeStatus::DeactivatingValidator),
        1 => Just(StakeStatus::ReadyForRemoval),
    ]
}

/// Validators with enough stake to split, or (small) hardly more than the minimum, or slashed below it.
fn validators(most: usize) -> impl Strategy<Value = Vec<ValidatorSpec>> {
    let stake = |most: u64| {
        let delegated = prop_oneof![9 => SOL..=most, 1 => SOL / 2..SOL];
        (delegated, prop_oneof![3 => Just(0), 1 => SOL..=most])
    };
    let one = |most: u64| {
        (stake(most), status()).prop_map(|((delegated, transient), status)| ValidatorSpec {
            delegated,
            transient,
            status,
        })
    };
    prop_oneof![3 => vec(one(1_000_000 * SOL), 0..=most), 2 => vec(one(2 * SOL + 100), 1..=most)]
}

/// Pools in any state that SPL's layout allows, updated in `epoch` or (rarely) before.
pub fn pool(epoch: u64, most_validators: usize) -> impl Strategy<Value = PoolSpec> {
    let token_program = prop_oneof![Just(TOKEN_PROGRAM_ID), Just(TOKEN_2022_PROGRAM_ID)];
    let last_update_epoch = prop_oneof![15 => Just(epoch), 1 => Just(epoch.saturating_sub(1))];
    let frozen = prop_oneof![7 => Just(false), 1 => Just(true)];
    (
        token_program,
        rate(),
        amount(MOST_LAMPORTS),
        fee(),
        terms(),
        validators(most_validators),
        last_update_epoch,
        frozen,
    )
        .prop_map(
            |(token_program, (total_lamports, supply), reserve, epoch_fee, terms, validators, epoch, frozen)| {
                PoolSpec {
                    token_program,
                    total_lamports,
                    supply,
                    reserve,
                    epoch_fee,
                    terms,
                    validators,
                    last_update_epoch: epoch,
                    fee_account_frozen: frozen,
                    pool_length: POOL_MAX_LENGTH,
                    kind: PoolKind::Plain,
                }
            },
        )
}

/// One of the seven kinds of fees. Of a percentage it is the numerator's lowest byte that counts, and any value will do.
pub const fn fee_of_kind(kind: u8, fee: Fee) -> FeeType {
    let percent = fee.numerator.to_le_bytes()[0] % 128;
    match kind {
        0 => FeeType::SolReferral(percent),
        1 => FeeType::StakeReferral(percent),
        2 => FeeType::Epoch(fee),
        3 => FeeType::StakeWithdrawal(fee),
        4 => FeeType::SolDeposit(fee),
        5 => FeeType::StakeDeposit(fee),
        _ => FeeType::SolWithdrawal(fee),
    }
}
