//! Those who call: in good order, at random, or to somebody's harm.

use {
    crate::model::Pool,
    proptest::{collection::vec, prelude::*},
    std::fmt,
};

/// Calls until nobody is served any more, each for everybody in the order of the list.
pub fn serve_all(pool: &mut Pool) -> Result<usize, TestCaseError> {
    let everybody: Vec<usize> = (0..pool.records.len()).collect();
    serve_until_quiet(pool, &everybody)
}

/// Calls for everybody in `order` until nobody is served any more; answers how many calls moved something.
pub fn serve_until_quiet(pool: &mut Pool, order: &[usize]) -> Result<usize, TestCaseError> {
    // Each call brings a validator to its part, and may free what another was short of.
    for calls in 0..=2 * pool.records.len() {
        if !pool.call(order)? {
            return Ok(calls);
        }
    }
    Err(TestCaseError::fail("stake keeps moving within an epoch"))
}

/// Calls of a caller who pleases himself: each with a choice of validators, in any order, some of them more than once.
#[derive(Clone)]
pub struct Script(Vec<Vec<u16>>);

/// A line per call.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|call| writeln!(f, "  call {call:?}"))
    }
}

impl Script {
    pub fn strategy(calls: usize, most: usize) -> impl Strategy<Value = Self> {
        vec(vec(any::<u16>(), 0..=most), 0..=calls).prop_map(Self)
    }

    /// All that is asked for, one after the other.
    pub fn indices(&self, validators: usize) -> Vec<usize> {
        self.0.iter().flatten().map(|index| usize::from(*index) % validators).collect()
    }

    /// Makes the calls; answers whether anything moved.
    pub fn run(&self, pool: &mut Pool) -> Result<bool, TestCaseError> {
        let mut moved = false;
        for call in &self.0 {
            let indices: Vec<usize> = call.iter().map(|index| usize::from(*index) % pool.records.len()).collect();
            moved |= pool.call(&indices)?;
        }
        Ok(moved)
    }
}
