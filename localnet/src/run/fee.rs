//! The manager's fee on rewards, by the formula of the SPL stake pool.
//!
//! It shares no code with the program, so that the check is independent.

/// The manager's fee of an epoch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EpochFee {
    /// Share of the rewards, in lamports.
    pub lamports: u64,
    /// Pool tokens minted for it.
    pub pool_tokens: u64,
}

/// The fee of `numerator / denominator` on `reward` lamports, for a pool with `total` lamports before the reward and a supply of `supply`
/// pool tokens. The lamports are rounded up, the pool tokens down. The pool tokens are worth the lamports at the rate after reward and
/// fee.
pub fn epoch_fee(reward: u64, numerator: u64, denominator: u64, total: u64, supply: u64) -> EpochFee {
    let [reward, numerator, denominator, total, supply] =
        [reward, numerator, denominator, total, supply].map(u128::from);
    if reward == 0 || denominator == 0 {
        return EpochFee::default();
    }
    let lamports = (reward * numerator).div_ceil(denominator);
    let holders = total + reward - lamports;
    let pool_tokens = if holders == 0 || supply == 0 { reward } else { supply * lamports / holders };
    // Both are at most the reward or the supply, so they fit 64 bits.
    EpochFee { lamports: lamports as u64, pool_tokens: pool_tokens as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_spl_formula() {
        // 5 % of 101 is 5.05, so 6; 1,000 · 6 / (1,000 + 101 − 6) is 5.47, so 5.
        let fee = epoch_fee(101, 5, 100, 1_000, 1_000);
        assert_eq!((fee.lamports, fee.pool_tokens), (6, 5));
        assert_eq!(epoch_fee(0, 5, 100, 1_000, 1_000), EpochFee::default());
        assert_eq!(epoch_fee(100, 0, 0, 1_000, 1_000), EpochFee::default());
        assert_eq!(epoch_fee(100, 5, 100, 0, 0).pool_tokens, 100);
    }
}
