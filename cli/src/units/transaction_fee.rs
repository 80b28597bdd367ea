//! Fees of transactions.

use {super::sol, tidepool_client::send::Fee};

/// A fee, and whether it is the cluster's own figure.
pub fn transaction_fee(fee: &Fee) -> String {
    let note = if fee.is_computed { " (computed, because the endpoint does not report fees)" } else { "" };
    format!("{}{note}", sol(fee.lamports))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computed_fee_says_so() {
        assert_eq!(transaction_fee(&Fee { lamports: 5_000, is_computed: false }), "0.000005 SOL");
        assert!(transaction_fee(&Fee { lamports: 5_000, is_computed: true }).contains("computed"));
    }
}
