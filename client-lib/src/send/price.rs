//! Compute unit prices.

use {
    super::{Outgoing, Sender},
    crate::cluster::{Cluster, ClusterError},
    solana_address::Address,
    std::collections::BTreeSet,
};

/// Most accounts of one request for recent prices.
const MAX_ACCOUNTS: usize = 128;

/// Price of a compute unit in micro-lamports, on top of the signature fee. It is paid for each unit of the
/// transaction's limit, used or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ComputeUnitPrice {
    /// A fixed price in micro-lamports; 0 sets none.
    Fixed(u64),
    /// A percentile of what recent transactions that write to the same accounts paid. An endpoint may not report it:
    /// then it is 0, and [`Progress::no_recent_prices`](super::Progress::no_recent_prices) is called.
    Recent {
        /// Percentile (0 to 100) of the recent blocks' prices.
        percentile: u8,
        /// Upper bound, in micro-lamports.
        at_most: u64,
    },
}

impl Default for ComputeUnitPrice {
    fn default() -> Self {
        Self::Fixed(0)
    }
}

impl<C: Cluster> Sender<'_, C> {
    /// The price in micro-lamports for transactions that are sent at once. Where the endpoint has no recent prices, it
    /// is 0.
    pub(super) async fn price(&self, transactions: &[Outgoing]) -> Result<u64, ClusterError> {
        let (percentile, at_most) = match self.options.compute_unit_price {
            ComputeUnitPrice::Fixed(price) => return Ok(price),
            ComputeUnitPrice::Recent { percentile, at_most } => (percentile, at_most),
        };
        // Transactions of one stage write to the pool's accounts, and to those of a few validators, for which there is
        // little competition.
        let Some(first) = transactions.first() else { return Ok(0) };
        let writable = self.writable(first);
        match self.retrying().recent_prices(&writable).await {
            Ok(prices) => Ok(percentile_of(prices, percentile).min(at_most)),
            Err(error @ ClusterError::Refused { .. }) => {
                self.progress.no_recent_prices(&error);
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }

    fn writable(&self, outgoing: &Outgoing) -> Vec<Address> {
        let metas = outgoing.instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut seen = BTreeSet::from([self.payer.pubkey()]);
        let others =
            metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).filter(|address| seen.insert(*address));
        others.take(MAX_ACCOUNTS).collect()
    }
}

/// The smallest of `prices` that `percentile` of 100 do not exceed; 0 without any.
fn percentile_of(mut prices: Vec<u64>, percentile: u8) -> u64 {
    prices.sort_unstable();
    let rank = (prices.len() * usize::from(percentile.min(100))).div_ceil(100);
    prices.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::percentile_of;

    #[test]
    fn percentile_is_a_paid_price() {
        let prices = vec![7, 0, 3, 100];
        for (percentile, price) in [(0, 0), (25, 0), (26, 3), (50, 3), (75, 7), (76, 100), (100, 100), (255, 100)] {
            assert_eq!(percentile_of(prices.clone(), percentile), price, "{percentile}");
        }
        assert_eq!(percentile_of(vec![], 75), 0);
    }
}
