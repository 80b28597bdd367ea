//! Fees: `1/100`, `1%`, `0.25%`, `25bps`.

use {std::str::FromStr, tidepool_core::maths::Fee};

/// Most decimals of a percentage: more would not fit a denominator of 64 bits.
const MAX_DECIMALS: u32 = 15;

const BASIS_POINTS: u64 = 10_000;

/// A fee from the command line: a share of at most 100 %.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ParsedFee(pub Fee);

impl FromStr for ParsedFee {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fee = ratio(text).ok_or_else(|| format!("invalid fee \"{text}\": expected 1/100, 1%, 0.25% or 25bps"))?;
        if fee.is_too_high() {
            return Err(format!("{text} is more than 100 %: choose a lower fee"));
        }
        if fee.denominator == 0 && text != "0" && fee.numerator == 0 {
            return Err(format!("{text} divides by zero: use 0 for no fee"));
        }
        Ok(Self(fee))
    }
}

/// The ratio that `text` stands for, which may be more than 1; `None` for text of another form.
pub(super) fn ratio(text: &str) -> Option<Fee> {
    let number = |digits: &str| -> Option<u64> {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().ok()).flatten()
    };
    if text == "0" {
        Some(Fee::default())
    } else if let Some((numerator, denominator)) = text.split_once('/') {
        Some(Fee::new(number(numerator.trim())?, number(denominator.trim())?))
    } else if let Some(percentage) = text.strip_suffix('%') {
        from_percentage(percentage.trim())
    } else {
        let points = text.strip_suffix("bps").or_else(|| text.strip_suffix("bp"))?;
        Some(Fee::new(number(points.trim())?, BASIS_POINTS))
    }
}

fn from_percentage(text: &str) -> Option<Fee> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let decimals = u32::try_from(fraction.len()).ok()?;
    if digits.is_empty() || decimals > MAX_DECIMALS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Fee::new(digits.parse().ok()?, 100 * 10u64.pow(decimals)))
}

/// A fee as a person reads it: `0.25 %`, or the ratio as well where the percentage has more than four decimals.
pub fn percent(fee: &Fee) -> String {
    const PLACES: u128 = 10_000;
    if fee.denominator == 0 || fee.numerator == 0 {
        return "none".into();
    }
    let scaled = u128::from(fee.numerator) * 100 * PLACES;
    let denominator = u128::from(fee.denominator);
    let (value, is_exact) = (scaled / denominator, scaled.is_multiple_of(denominator));
    let decimals = format!("{:04}", value % PLACES);
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    let shown = format!("{}{point}{decimals} %", value / PLACES);
    if is_exact { shown } else { format!("{}/{} (about {shown})", fee.numerator, fee.denominator) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(u64, u64), String> {
        text.parse::<ParsedFee>().map(|ParsedFee(fee)| (fee.numerator, fee.denominator))
    }

    #[test]
    fn fees_are_read_exactly() {
        assert_eq!(parse("1/100"), Ok((1, 100)));
        assert_eq!(parse("1%"), Ok((1, 100)));
        assert_eq!(parse("0.1%"), Ok((1, 1_000)));
        assert_eq!(parse("2.50 %"), Ok((25, 1_000)));
        assert_eq!(parse(".5%"), Ok((5, 1_000)));
        assert_eq!(parse("25bps"), Ok((25, 10_000)));
        assert_eq!(parse("100%"), Ok((100, 100)));
        assert_eq!(parse("0"), Ok((0, 0)));
        assert_eq!(parse("0/100"), Ok((0, 100)));
    }

    #[test]
    fn what_is_no_fee_is_refused_with_a_reason() {
        for text in ["", "%", "1", "0.01", "a%", "1/", "/2", "-1%", "1e-2%", "1/2/3", "1.5bps", "0.0000000000000001%"] {
            assert!(parse(text).unwrap_err().contains("invalid fee"), "{text}");
        }
        assert!(parse("101%").unwrap_err().contains("more than 100 %"));
        assert!(parse("2/1").unwrap_err().contains("more than 100 %"));
        assert!(parse("0/0").unwrap_err().contains("divides by zero"));
        assert!(parse("1/0").is_err());
    }

    #[test]
    fn fees_are_written_as_percentages() {
        assert_eq!(percent(&Fee::new(1, 400)), "0.25 %");
        assert_eq!(percent(&Fee::new(5, 100)), "5 %");
        assert_eq!(percent(&Fee::new(1, 3)), "1/3 (about 33.3333 %)");
        assert_eq!(percent(&Fee::default()), "none");
    }
}
