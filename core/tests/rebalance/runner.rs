//! A test runner with the same cases in every run, so that failures can be reproduced.

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Result of a check.
pub type Outcome = Result<(), TestCaseError>;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("invalid {name}={text}: expected a number")))
}

/// Runs `test` on `cases` values (times `TIDEPOOL_CASES_FACTOR`) generated from `TIDEPOOL_SEED`, and shrinks failing values.
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
