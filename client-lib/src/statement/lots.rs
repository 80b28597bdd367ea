//! Cost of a balance, first in first out and by the average.

use {std::collections::VecDeque, tidepool_core::maths::mul_div_floor};

/// Pool tokens with what they cost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Lot {
    pool_tokens: u64,
    /// Lamports; `None` if unknown.
    cost: Option<u64>,
}

/// A balance with its cost. A part of a lot takes its part of the cost, rounded down; the rest stays with the lot. So the costs of all
/// disposals add up to those of all acquisitions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lots {
    lots: VecDeque<Lot>,
    pool_tokens: u64,
    /// Cost of the balance by the average; `None` if a part is unknown.
    average: Option<u64>,
}

/// What a disposal cost, in lamports; `None` if unknown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Disposal {
    /// Of the pool tokens that were acquired first.
    pub first_in: Option<u64>,
    /// By the average of the balance.
    pub average: Option<u64>,
}

impl Lots {
    /// Adds pool tokens with their cost in lamports.
    pub fn acquire(&mut self, pool_tokens: u64, cost: Option<u64>) {
        let held = if self.pool_tokens == 0 { Some(0) } else { self.average };
        self.average = held.zip(cost).and_then(|(held, cost)| held.checked_add(cost));
        self.pool_tokens = self.pool_tokens.saturating_add(pool_tokens);
        self.lots.push_back(Lot { pool_tokens, cost });
    }

    /// Takes pool tokens away. The cost of more than there are is unknown.
    pub fn dispose(&mut self, pool_tokens: u64) -> Disposal {
        let average = self.average.and_then(|cost| mul_div_floor(cost, pool_tokens, self.pool_tokens.max(1)));
        let average = average.filter(|_| pool_tokens <= self.pool_tokens);
        self.pool_tokens = self.pool_tokens.saturating_sub(pool_tokens);
        self.average = self.average.zip(average).and_then(|(held, taken)| held.checked_sub(taken));
        Disposal { first_in: self.take(pool_tokens), average }
    }

    fn take(&mut self, mut pool_tokens: u64) -> Option<u64> {
        let mut sum = Some(0u64);
        while pool_tokens > 0 {
            let lot = self.lots.front_mut()?;
            let taken = pool_tokens.min(lot.pool_tokens);
            let cost = lot.cost.and_then(|cost| mul_div_floor(cost, taken, lot.pool_tokens.max(1)));
            sum = sum.zip(cost).and_then(|(sum, cost)| sum.checked_add(cost));
            lot.cost = lot.cost.zip(cost).and_then(|(held, taken)| held.checked_sub(taken));
            lot.pool_tokens -= taken;
            pool_tokens -= taken;
            if lot.pool_tokens == 0 {
                self.lots.pop_front();
            }
        }
        sum
    }

    /// Cost of the balance: of the lots that are left, and by the average.
    pub fn cost(&self) -> Disposal {
        let costs = self.lots.iter().map(|lot| lot.cost);
        Disposal { first_in: costs.sum(), average: if self.pool_tokens == 0 { Some(0) } else { self.average } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn costs(first_in: u64, average: u64) -> Disposal {
        Disposal { first_in: Some(first_in), average: Some(average) }
    }

    #[test]
    fn first_in_is_first_out_and_the_average_is_over_the_balance() {
        let mut lots = Lots::default();
        lots.acquire(100, Some(100));
        lots.acquire(100, Some(200));
        assert_eq!(lots.dispose(150), costs(200, 225));
        assert_eq!(lots.cost(), costs(100, 75));
        assert_eq!(lots.dispose(50), costs(100, 75));
        assert_eq!(lots.cost(), costs(0, 0));
    }

    #[test]
    fn costs_of_parts_add_up_to_the_lamport() {
        let mut lots = Lots::default();
        lots.acquire(3, Some(10));
        let parts: Vec<_> = (0..3).map(|_| lots.dispose(1)).collect();
        assert_eq!(parts.iter().map(|part| part.first_in.unwrap()).sum::<u64>(), 10);
        assert_eq!(parts.iter().map(|part| part.average.unwrap()).sum::<u64>(), 10);
    }

    #[test]
    fn unknown_costs_stay_unknown() {
        let mut lots = Lots::default();
        lots.acquire(10, None);
        lots.acquire(10, Some(20));
        assert_eq!(lots.dispose(10), Disposal::default());
        // First in, first out: the known lot is left.
        assert_eq!(lots.dispose(10), Disposal { first_in: Some(20), average: None });
        lots.acquire(5, Some(6));
        assert_eq!(lots.cost(), costs(6, 6));
        assert_eq!(lots.dispose(6), Disposal::default(), "more than there are");
    }
}
