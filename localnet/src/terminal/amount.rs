//! Readable amounts.

use {
    solana_address::Address,
    std::fmt::{self, Display, Formatter},
    tidepool_core::maths::ExchangeRate,
};

/// Lamports of a SOL, and the smallest units of a pool token.
const UNITS: u64 = 1_000_000_000;

/// Characters of an address at each end of its short form.
const SHORT_END: usize = 4;

/// Lamports, shown in SOL with all nine decimals: `1,234.567890123`.
#[derive(Clone, Copy, Debug)]
pub struct Sol(pub u64);

/// Pool tokens (in their smallest unit), shown with all nine decimals.
#[derive(Clone, Copy, Debug)]
pub struct Tokens(pub u64);

/// An exchange rate, shown in SOL per pool token with nine decimals, the last one cut off.
#[derive(Clone, Copy, Debug)]
pub struct Rate(pub ExchangeRate);

/// A share (`part / whole`), shown in percent with two decimals, the last one cut off.
#[derive(Clone, Copy, Debug)]
pub struct Percent {
    pub part: u64,
    /// The whole, in the same unit.
    pub whole: u64,
}

impl Rate {
    /// Lamports per pool token, cut off; `None` for an empty pool.
    pub fn nanos(&self) -> Option<u64> {
        let scaled = u128::from(self.0.total_lamports.get()) * u128::from(UNITS);
        scaled.checked_div(u128::from(self.0.pool_token_supply.get())).map(|rate| rate as u64)
    }
}

impl Display for Sol {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&nine_decimals(self.0))
    }
}

impl Display for Tokens {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&nine_decimals(self.0))
    }
}

impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.nanos() {
            Some(nanos) => f.pad(&nine_decimals(nanos)),
            None => f.pad("none"),
        }
    }
}

impl Display for Percent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let hundredths = u128::from(self.part) * 10_000 / u128::from(self.whole.max(1));
        f.pad(&format!("{}.{:02} %", hundredths / 100, hundredths % 100))
    }
}

fn nine_decimals(amount: u64) -> String {
    format!("{}.{:09}", count(amount / UNITS), amount % UNITS)
}

/// A number with a comma between thousands.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with a noun: `1 vote account`, `1,990 vote accounts`.
pub fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", count(number as u64))
}

/// The ends of an address: `7Np4…x9Qa`.
pub fn short_address(address: &Address) -> String {
    let text = address.to_string();
    format!("{}…{}", &text[..SHORT_END], &text[text.len() - SHORT_END..])
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        tidepool_core::maths::{Lamports, PoolTokens},
    };

    #[test]
    fn amounts_keep_every_lamport() {
        assert_eq!(Sol(0).to_string(), "0.000000000");
        assert_eq!(Sol(1).to_string(), "0.000000001");
        assert_eq!(Sol(1_234_567_000_000_089).to_string(), "1,234,567.000000089");
        assert_eq!(Sol(u64::MAX).to_string(), "18,446,744,073.709551615");
        assert_eq!(format!("{:>13}|", Tokens(5 * UNITS)), "  5.000000000|");
    }

    #[test]
    fn rates_are_cut_off() {
        let rate = |lamports, tokens| {
            Rate(ExchangeRate { total_lamports: Lamports::new(lamports), pool_token_supply: PoolTokens::new(tokens) })
        };
        assert_eq!(rate(2, 3).to_string(), "0.666666666");
        assert_eq!(rate(u64::MAX, u64::MAX).to_string(), "1.000000000");
        assert_eq!(rate(5, 0).to_string(), "none");
    }

    #[test]
    fn shares_are_percentages() {
        assert_eq!(Percent { part: 1, whole: 3 }.to_string(), "33.33 %");
        assert_eq!(Percent { part: 0, whole: 0 }.to_string(), "0.00 %");
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(1, "vote account"), "1 vote account");
        assert_eq!(counted(0, "vote account"), "0 vote accounts");
        assert_eq!(counted(1_990, "vote account"), "1,990 vote accounts");
    }

    #[test]
    fn addresses_are_shortened() {
        let address = Address::new_from_array([1; 32]);
        assert_eq!(short_address(&address).chars().count(), 2 * SHORT_END + 1);
        assert!(address.to_string().starts_with(&short_address(&address)[..SHORT_END]));
    }
}
