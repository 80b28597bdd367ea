//! Amounts of SOL and of pool tokens: nine decimals each.

use std::{fmt, str::FromStr};

/// Decimals of SOL and of every pool token.
const DECIMALS: usize = 9;

/// Smallest units (lamports, for SOL) of one whole.
const ONE: u64 = 10u64.pow(DECIMALS as u32);

/// An amount in smallest units (lamports, for SOL), written as a decimal number of whole ones.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Units(pub u64);

impl FromStr for Units {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || format!("invalid amount \"{text}\": expected a decimal number such as 12.5");
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !is_number(whole) || !is_number(fraction) {
            return Err(malformed());
        }
        if fraction.len() > DECIMALS {
            return Err(format!("{text} has more than {DECIMALS} decimals: round it"));
        }
        let too_large = || format!("{text} is too large: the maximum is {}", Units(u64::MAX));
        // Nine more digits, so that the number is in smallest units.
        format!("0{whole}{fraction:0<DECIMALS$}").parse().map(Self).map_err(|_| too_large())
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / ONE, self.0 % ONE);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:0DECIMALS$}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// Lamports as a person reads them: `1.5 SOL`.
pub fn sol(lamports: u64) -> String {
    format!("{} SOL", Units(lamports))
}

/// Pool tokens, in smallest units, as a person reads them: `1.5 pool tokens`.
pub fn tokens(units: u64) -> String {
    match units {
        ONE => "1 pool token".into(),
        units => format!("{} pool tokens", Units(units)),
    }
}

/// The fault of an amount of nothing.
const ZERO: &str = "invalid amount 0: expected a larger amount";

/// Reads an amount of something to give or to get, which is more than 0.
pub fn positive(text: &str) -> Result<Units, String> {
    match text.parse()? {
        Units(0) => Err(ZERO.into()),
        units => Ok(units),
    }
}

/// An amount, or all that there is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Amount {
    /// Smallest units.
    Exact(u64),
    /// All.
    All,
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("all") {
            return Ok(Self::All);
        }
        match text.parse()? {
            Units(0) => Err(format!("{ZERO}, or ALL")),
            Units(units) => Ok(Self::Exact(units)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Result<u64, String> {
        text.parse::<Units>().map(|Units(units)| units)
    }

    #[test]
    fn amounts_are_read_to_the_lamport() {
        assert_eq!(units("1"), Ok(1_000_000_000));
        assert_eq!(units("0.000000001"), Ok(1));
        assert_eq!(units(".5"), Ok(500_000_000));
        assert_eq!(units("12."), Ok(12_000_000_000));
        // A binary fraction would miss this one by a lamport.
        assert_eq!(units("8.999999999"), Ok(8_999_999_999));
        assert_eq!(units("18446744073.709551615"), Ok(u64::MAX));
    }

    #[test]
    fn what_is_no_amount_is_refused_with_a_reason() {
        for text in ["", ".", "-1", "+1", "1e9", "1,5", "1_000", "0x10", " 1", "1 SOL", "NaN", "inf", "1.2.3"] {
            assert!(units(text).unwrap_err().contains("decimal number"), "{text}");
        }
        assert!(units("0.0000000001").unwrap_err().contains("9 decimals"));
        assert!(units("18446744073.709551616").unwrap_err().contains("too large"));
        assert!("0.0".parse::<Amount>().unwrap_err().contains("invalid amount 0"));
    }

    #[test]
    fn amounts_are_written_without_needless_zeroes() {
        assert_eq!(sol(1_500_000_000), "1.5 SOL");
        assert_eq!(sol(0), "0 SOL");
        assert_eq!(sol(1), "0.000000001 SOL");
        assert_eq!(tokens(1_000_000_000), "1 pool token");
        assert_eq!(tokens(2_000_000_000), "2 pool tokens");
    }

    #[test]
    fn all_is_an_amount() {
        assert_eq!("ALL".parse(), Ok(Amount::All));
        assert_eq!("all".parse(), Ok(Amount::All));
        assert_eq!("2".parse(), Ok(Amount::Exact(2_000_000_000)));
    }
}
