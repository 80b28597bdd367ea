//! Slippage bounds: the accepted deviation below a quote.

use {
    std::{fmt, str::FromStr},
    tidepool_client::{quote, units::ParsedFee},
    tidepool_core::maths::mul_div_floor,
};

const WHOLE: u64 = 10_000;

/// A bound on slippage in basis points of the quote.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Slippage(u16);

impl Slippage {
    pub const NONE: Self = Self(10_000);

    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// The largest bound under which every part of `quoted` is worth its share of at least `minimum`; both in one unit.
    pub fn between(minimum: u64, quoted: u64) -> Self {
        let gap = quoted.saturating_sub(minimum);
        let points = mul_div_floor(gap, WHOLE, quoted.max(1)).unwrap_or(0).min(WHOLE);
        Self(u16::try_from(points).unwrap_or(0))
    }

    pub const fn tighter(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The least of `quoted` that is accepted, in the same unit; `None` where anything is.
    pub fn minimum_of(self, quoted: u64) -> Option<u64> {
        quote::minimum_out(quoted, self.0)
    }
}

impl FromStr for Slippage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ParsedFee(share) =
            text.parse().map_err(|_| format!("invalid slippage \"{text}\": expected 0.1%, 10bps or 0"))?;
        if share.numerator == 0 {
            return Ok(Self(0));
        }
        let scaled = u128::from(share.numerator) * u128::from(WHOLE);
        let denominator = u128::from(share.denominator);
        if scaled % denominator != 0 {
            return Err(format!("{text} is finer than 0.01 %: round it"));
        }
        u16::try_from(scaled / denominator).map(Self).map_err(|_| format!("{text} is more than 100 %"))
    }
}

impl fmt::Display for Slippage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_exact() {
        assert_eq!("0.1%".parse(), Ok(Slippage(10)));
        assert_eq!("5bps".parse(), Ok(Slippage(5)));
        assert_eq!("0".parse(), Ok(Slippage(0)));
        assert!("0.001%".parse::<Slippage>().unwrap_err().contains("finer"));
        assert!("much".parse::<Slippage>().unwrap_err().contains("invalid slippage"));
        assert_eq!(Slippage(10).minimum_of(1_000_001), Some(999_000));
        assert_eq!(Slippage(0).minimum_of(u64::MAX), Some(u64::MAX));
        assert_eq!(Slippage(10).minimum_of(1), Some(1), "a bound is not rounded down to none");
        assert_eq!(Slippage::NONE.minimum_of(7), None);
    }

    #[test]
    fn a_bound_follows_from_a_minimum() {
        assert_eq!(Slippage::between(999, 1_000), Slippage(10));
        assert_eq!(Slippage::between(1_000, 1_000), Slippage(0));
        assert_eq!(Slippage::between(0, 1_000), Slippage(10_000));
        assert_eq!(Slippage::between(2_000, 1_000), Slippage(0));
    }
}
