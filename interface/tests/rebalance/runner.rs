//! A runner whose cases are the same in every run: a failure that nobody can repeat teaches nothing.

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// What a check answers.
pub type Outcome = Result<(), TestCaseError>;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// Runs `test` on `cases` values (times `TIDEPOOL_CASES_FACTOR`) that follow from `TIDEPOOL_SEED`, and shrinks what fails.
pub fn check<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Outcome) {
    let seed = variable("TIDEPOOL_SEED").unwrap_or(0);
    let cases = cases.saturating_mul(variable("TIDEPOOL_CASES_FACTOR").unwrap_or(1) as u32);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    if let Err(error) = TestRunner::new_with_rng(config, rng).run(&strategy, test) {
        panic!("TIDEPOOL_SEED={seed}: {error}");
    }
}
