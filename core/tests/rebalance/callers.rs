//! Callers: an honest crank, and random calls.

use {
    crate::model::Pool,
    proptest::{collection::vec, prelude::*},
    std::fmt,
};

/// Calls for all validators in the list's order, until nothing moves.
pub fn serve_all(pool: &mut Pool) -> Result<usize, TestCaseError> {
    let all: Vec<usize> = (0..pool.records.len()).collect();
    serve_until_stable(pool, &all)
}

/// Calls for the validators in `order` until nothing moves. Returns the number of calls that moved stake.
pub fn serve_until_stable(pool: &mut Pool, order: &[usize]) -> Result<usize, TestCaseError> {
    // A movement of one validator can enable a movement of another.
    for calls in 0..=2 * pool.records.len() {
        if !pool.call(order)? {
            return Ok(calls);
        }
    }
    Err(TestCaseError::fail("stake keeps moving within an epoch"))
}

/// Random calls: each names some validators in any order, possibly more than once.
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

    /// The named indices of all calls, in order.
    pub fn indices(&self, validators: usize) -> Vec<usize> {
        self.0.iter().flatten().map(|index| usize::from(*index) % validators).collect()
    }

    /// Makes the calls. Returns whether stake moved.
    pub fn run(&self, pool: &mut Pool) -> Result<bool, TestCaseError> {
        let mut moved = false;
        for call in &self.0 {
            let indices: Vec<usize> = call.iter().map(|index| usize::from(*index) % pool.records.len()).collect();
            moved |= pool.call(&indices)?;
        }
        Ok(moved)
    }
}
