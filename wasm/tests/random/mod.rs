//! Random pools of raw accounts, and the Rust client's quotes of them.

mod pool;
mod quotes;

pub use pool::RandomPool;
pub use quotes::{Call, calls, vote_of};

/// A small generator of random numbers (splitmix64): the same numbers for a seed on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// True in one of `n` cases.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Up to `bound`, small numbers as often as large ones.
    pub fn amount(&mut self, bound: u64) -> u64 {
        let bits = self.below(u64::from(bound.ilog2()) + 2) as u32;
        self.below(1u64.checked_shl(bits).unwrap_or(u64::MAX)).min(bound)
    }

    pub fn address(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.next() as u8)
    }
}
