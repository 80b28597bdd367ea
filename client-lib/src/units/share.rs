//! Shares of a pool, in basis points: `5%`, `0.25%`, `500bps`.

use {
    super::fee,
    std::{fmt, str::FromStr},
    tidepool_core::{maths::mul_div_floor, rebalance::BASIS_POINTS},
};

/// A share of a pool, in basis points.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Share(pub u16);

impl Share {
    /// The share that `part` is of `whole`, both in one unit, rounded down; at most the whole.
    pub fn of(part: u64, whole: u64) -> Self {
        let points = mul_div_floor(part.min(whole), u64::from(BASIS_POINTS), whole.max(1)).unwrap_or(0);
        Self(u16::try_from(points).unwrap_or(BASIS_POINTS))
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let share =
            fee::ratio(text).ok_or_else(|| format!("invalid share \"{text}\": expected 5%, 0.25% or 500bps"))?;
        if share.is_too_high() {
            return Err(format!("{text} is more than 100 % of the pool: use a smaller share"));
        }
        if share.numerator == 0 {
            return Ok(Self(0));
        }
        let scaled = u128::from(share.numerator) * u128::from(BASIS_POINTS);
        let denominator = u128::from(share.denominator);
        if scaled % denominator != 0 {
            return Err(format!("{text} is finer than 0.01 %: round it"));
        }
        // A fee that parses is at most the whole.
        Ok(Self(u16::try_from(scaled / denominator).unwrap_or(BASIS_POINTS)))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 100, self.0 % 100);
        if fraction == 0 { write!(f, "{whole} %") } else { write!(f, "{whole}.{fraction:02} %") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact() {
        assert_eq!("5%".parse(), Ok(Share(500)));
        assert_eq!("0.25 %".parse(), Ok(Share(25)));
        assert_eq!("500bps".parse(), Ok(Share(500)));
        assert_eq!("100%".parse(), Ok(Share(10_000)));
        assert_eq!("0".parse(), Ok(Share(0)));
        assert!("0.001%".parse::<Share>().unwrap_err().contains("finer than 0.01 %"));
        assert!("101%".parse::<Share>().unwrap_err().contains("more than 100 %"));
        assert!("5".parse::<Share>().unwrap_err().contains("expected 5%"));
        assert_eq!([Share(0), Share(500), Share(25)].map(|share| share.to_string()), ["0 %", "5 %", "0.25 %"]);
    }

    #[test]
    fn a_share_follows_from_amounts() {
        assert_eq!(Share::of(1, 3), Share(3_333));
        assert_eq!(Share::of(5, 0), Share(0));
        assert_eq!(Share::of(0, 0), Share(0));
        assert_eq!(Share::of(u64::MAX, 1), Share(10_000));
    }
}
