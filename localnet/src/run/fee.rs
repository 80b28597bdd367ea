//! The manager's fee on rewards, worked out anew from the contract's text.
//!
//! It shares no code with the program, on purpose: a function would otherwise be checked against itself.

/// What the manager gets for an epoch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EpochFee {
    /// Of the rewards, in lamports.
    pub lamports: u64,
    /// Minted for it, in pool tokens.
    pub pool_tokens: u64,
}

/// The fee of `numerator / denominator` on `reward` lamports, for a pool that held `total` lamports before them against
/// `supply` pool tokens. The share of the reward is rounded up, the pool tokens down: they are worth the fee at the rate
/// after both.
pub fn epoch_fee(reward: u64, numerator: u64, denominator: u64, total: u64, supply: u64) -> EpochFee {
    let [reward, numerator, denominator, total, supply] =
        [reward, numerator, denominator, total, supply].map(u128::from);
    if reward == 0 || denominator == 0 {
        return EpochFee::default();
    }
    let lamports = (reward * numerator).div_ceil(denominator);
    let holders = total + reward - lamports;
    let pool_tokens = if holders == 0 || supply == 0 { reward } else { supply * lamports / holders };
    // Both are below what they are a part of.
    EpochFee { lamports: lamports as u64, pool_tokens: pool_tokens as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_contract() {
        // 5 % of 101 is 5.05, so 6; 1,000 · 6 / (1,000 + 101 − 6) is 5.47, so 5.
        let fee = epoch_fee(101, 5, 100, 1_000, 1_000);
        assert_eq!((fee.lamports, fee.pool_tokens), (6, 5));
        assert_eq!(epoch_fee(0, 5, 100, 1_000, 1_000), EpochFee::default());
        assert_eq!(epoch_fee(100, 0, 0, 1_000, 1_000), EpochFee::default());
        assert_eq!(epoch_fee(100, 5, 100, 0, 0).pool_tokens, 100);
    }
}
