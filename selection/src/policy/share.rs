//! Shares of the whole, as whole millionths.

use std::{fmt, str::FromStr};

const DECIMALS: usize = 4;

/// A share of the sum of weights, exact to a ten-thousandth of a percent.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Share(u32);

impl Share {
    /// Millionths of the whole.
    pub const WHOLE: u32 = 1_000_000;

    /// A share in millionths; `None` above the whole.
    pub const fn of_millionths(millionths: u32) -> Option<Self> {
        if millionths <= Self::WHOLE { Some(Self(millionths)) } else { None }
    }

    /// In millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// The most units of `total` that are within the share.
    pub(crate) fn at_most(self, total: u64) -> u64 {
        u64::try_from(u128::from(self.0) * u128::from(total) / u128::from(Self::WHOLE)).unwrap_or(total)
    }

    /// The least units of `total` that reach the share.
    pub(crate) fn at_least(self, total: u64) -> u64 {
        u64::try_from((u128::from(self.0) * u128::from(total)).div_ceil(u128::from(Self::WHOLE))).unwrap_or(total)
    }

    pub(crate) fn fraction(self) -> f64 {
        f64::from(self.0) / f64::from(Self::WHOLE)
    }
}

impl FromStr for Share {
    type Err = String;

    /// Reads `10%` or `0.25 %`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = || {
            let number = text.trim().strip_suffix('%')?.trim_end();
            let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
            let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            if whole.is_empty() || !is_digits(whole) || !is_digits(decimals) || decimals.len() > DECIMALS {
                return None;
            }
            format!("{whole}{decimals:0<DECIMALS$}").parse().ok()
        };
        let expected = "expected a percentage such as \"10%\" or \"0.25%\", with up to four decimals";
        let millionths: u32 = parsed().ok_or_else(|| format!("invalid share \"{text}\": {expected}"))?;
        Self::of_millionths(millionths).ok_or_else(|| format!("invalid share \"{text}\": it is above 100 %"))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / 10_000, format!("{:04}", self.0 % 10_000));
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{whole} %"),
            decimals => write!(f, "{whole}.{decimals} %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact() {
        for (text, millionths, shown) in [
            ("10%", 100_000, "10 %"),
            ("0.25 %", 2_500, "0.25 %"),
            ("100%", 1_000_000, "100 %"),
            ("0.0001%", 1, "0.0001 %"),
        ] {
            let share: Share = text.parse().unwrap();
            assert_eq!((share.millionths(), share.to_string().as_str()), (millionths, shown));
        }
        for text in ["10", "-1%", "101%", "1,5%", "0.00001%", "%", "NaN%", "99999999999%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
