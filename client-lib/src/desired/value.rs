//! Values of settings, as numbers and as text.

use {
    super::setting::Kind,
    crate::{
        text::{Form, visible},
        units::{ParsedFee, Share, Units, hundredths, percent, seconds, sol, tokens},
        words,
    },
    solana_address::Address,
    tidepool_core::maths::Fee,
    tidepool_interface::state::WEIGHT_MAX,
};

/// The word for a value that is not set.
const NONE: &str = "none";

/// The value of a part of a pool.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// An address.
    Address(Address),
    /// An address, or none.
    Choice(Option<Address>),
    /// A fee in lowest terms, so that equal fees are equal.
    Fee(Fee),
    /// A number, in the unit of its [`Kind`]: basis points, percent, lamports, smallest units of pool tokens, seconds, hundredths
    /// of an epoch.
    Number(u64),
    /// A bound in basis points, or none.
    Bound(Option<u16>),
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(String),
    /// A weight; `None` for a validator that is not in the pool.
    Weight(Option<u16>),
}

impl Value {
    /// A fee in lowest terms.
    pub fn fee(fee: Fee) -> Self {
        if fee.numerator == 0 || fee.denominator == 0 {
            return Self::Fee(Fee::default());
        }
        let (mut divisor, mut rest) = (fee.numerator, fee.denominator);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Self::Fee(Fee::new(fee.numerator / divisor, fee.denominator / divisor))
    }

    /// Reads a value of `kind` as it is written in a file, without quotes.
    ///
    /// # Errors
    /// A sentence with the fault.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, String> {
        let address =
            || text.parse::<Address>().map_err(|_| format!("invalid address \"{text}\": expected a base58 public key"));
        let share = || text.parse::<Share>().map(|Share(points)| points);
        let units = || text.parse::<Units>().map(|Units(units)| units);
        let or_none = |error: String| format!("{error}, or \"{NONE}\"");
        let is_none = text == NONE;
        Ok(match kind {
            Kind::Address => Self::Address(address()?),
            Kind::Choice if is_none => Self::Choice(None),
            Kind::Choice => Self::Choice(Some(address().map_err(or_none)?)),
            Kind::Fee => Self::fee(text.parse::<ParsedFee>()?.0),
            Kind::Percent => {
                let Share(points) = text.parse()?;
                if !points.is_multiple_of(100) {
                    return Err(format!("invalid referral share \"{text}\": expected whole percent, such as 50%"));
                }
                Self::Number(u64::from(points / 100))
            }
            Kind::Share => Self::Number(share()?.into()),
            Kind::Bound if is_none => Self::Bound(None),
            Kind::Bound => Self::Bound(Some(share().map_err(or_none)?)),
            Kind::Guard if is_none => Self::Number(0),
            Kind::Guard => Self::Number(share().map_err(or_none)?.into()),
            Kind::Sol | Kind::Tokens => Self::Number(units()?),
            Kind::Count(most) => {
                let malformed = || format!("invalid number \"{text}\": expected a whole number up to {most}");
                let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let number: Option<u16> = text.parse().ok().filter(|number| is_number && *number <= most);
                Self::Number(number.ok_or_else(malformed)?.into())
            }
            Kind::Time => Self::Number(seconds(text)?.into()),
            Kind::Epochs => Self::Number(hundredths(text)?.into()),
            Kind::Flag => Self::Flag(
                text.parse()
                    .map_err(|_| format!("invalid value \"{text}\": expected true or false, without quotes"))?,
            ),
            Kind::Text => Self::Text(text.to_owned()),
            Kind::Weight if is_none => Self::Weight(None),
            Kind::Weight => {
                let malformed = || format!("invalid weight \"{text}\": expected a whole number up to {WEIGHT_MAX}");
                let weight = text.parse().ok().filter(|weight| *weight <= WEIGHT_MAX);
                Self::Weight(Some(weight.ok_or_else(malformed)?))
            }
        })
    }

    /// The value as it is written in a file, without quotes.
    pub fn written(&self, kind: Kind) -> String {
        let compact = |points: u16| Share(points).to_string().replace(' ', "");
        match self {
            Self::Address(address) => address.to_string(),
            Self::Choice(address) => address.map_or(NONE.into(), |address| address.to_string()),
            Self::Fee(fee) => written_fee(fee),
            Self::Bound(points) => points.map_or(NONE.into(), compact),
            Self::Flag(flag) => flag.to_string(),
            Self::Text(text) => text.clone(),
            Self::Weight(weight) => weight.map_or(NONE.into(), |weight| weight.to_string()),
            Self::Number(number) => match kind {
                Kind::Percent => format!("{number}%"),
                Kind::Guard if *number == 0 => NONE.into(),
                // Shares are made of 16 bits.
                Kind::Share | Kind::Guard => compact(u16::try_from(*number).unwrap_or(u16::MAX)),
                Kind::Sol | Kind::Tokens => Units(*number).to_string(),
                Kind::Time => written_time(*number),
                Kind::Epochs => Units(number.saturating_mul(10_000_000)).to_string(),
                _ => number.to_string(),
            },
        }
    }

    /// The value for a person, with its unit.
    pub fn shown(&self, kind: Kind) -> String {
        match (self, kind) {
            (Self::Fee(fee), _) => percent(fee),
            (Self::Bound(Some(points)), _) => Share(*points).to_string(),
            (Self::Flag(flag), _) => if *flag { "yes" } else { "no" }.into(),
            (Self::Text(text), _) if text.is_empty() => NONE.into(),
            (Self::Text(text), _) => visible(text, Form::OneLine).into_owned(),
            (Self::Weight(None), _) => "not in the pool".into(),
            (Self::Weight(Some(weight)), _) => format!("weight {weight}"),
            (Self::Number(number), Kind::Percent) => format!("{number} %"),
            (Self::Number(0), Kind::Guard) => NONE.into(),
            (Self::Number(points), Kind::Share | Kind::Guard) => {
                Share(u16::try_from(*points).unwrap_or(u16::MAX)).to_string()
            }
            (Self::Number(lamports), Kind::Sol) => sol(*lamports),
            (Self::Number(units), Kind::Tokens) => tokens(*units),
            (Self::Number(0), Kind::Time) => NONE.into(),
            (Self::Number(time), Kind::Time) => words::seconds(u32::try_from(*time).unwrap_or(u32::MAX)),
            (Self::Number(_), Kind::Epochs) => format!("{} epochs", self.written(kind)),
            _ => self.written(kind),
        }
    }
}

impl Kind {
    /// Whether its values have quotes in a file.
    pub const fn is_quoted(self) -> bool {
        !matches!(self, Self::Sol | Self::Tokens | Self::Count(_) | Self::Epochs | Self::Flag | Self::Weight)
    }
}

/// A fee as a percentage, or as a ratio where the percentage is not exact in four decimals.
fn written_fee(fee: &Fee) -> String {
    if fee.numerator == 0 || fee.denominator == 0 {
        return "0".into();
    }
    let shown = percent(fee);
    match shown.split_once(" (about ") {
        Some((ratio, _)) => ratio.into(),
        None => shown.replace(' ', ""),
    }
}

fn written_time(seconds: u64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let unit = units.into_iter().find(|(_, length)| seconds > 0 && seconds.is_multiple_of(*length));
    unit.map_or_else(|| format!("{seconds}s"), |(unit, length)| format!("{}{unit}", seconds / length))
}

#[cfg(test)]
mod tests {
    use {super::*, crate::desired::Setting};

    #[test]
    fn values_are_read_as_they_are_written() {
        for (kind, text, value) in [
            (Kind::Fee, "0.25%", Value::Fee(Fee::new(1, 400))),
            (Kind::Fee, "1/3", Value::Fee(Fee::new(1, 3))),
            (Kind::Fee, "0", Value::Fee(Fee::default())),
            (Kind::Percent, "50%", Value::Number(50)),
            (Kind::Share, "2.50%", Value::Number(250)),
            (Kind::Bound, "0%", Value::Bound(Some(0))),
            (Kind::Bound, "none", Value::Bound(None)),
            (Kind::Guard, "none", Value::Number(0)),
            (Kind::Guard, "5%", Value::Number(500)),
            (Kind::Sol, "2.5", Value::Number(2_500_000_000)),
            (Kind::Tokens, "1", Value::Number(1_000_000_000)),
            (Kind::Count(255), "255", Value::Number(255)),
            (Kind::Time, "36h", Value::Number(129_600)),
            (Kind::Time, "0s", Value::Number(0)),
            (Kind::Epochs, "1.5", Value::Number(150)),
            (Kind::Flag, "true", Value::Flag(true)),
            (Kind::Choice, "none", Value::Choice(None)),
            (Kind::Weight, "none", Value::Weight(None)),
            (Kind::Weight, "32767", Value::Weight(Some(32_767))),
        ] {
            assert_eq!(Value::parse(kind, text), Ok(value.clone()), "{text}");
            assert_eq!(value.written(kind), text);
        }
        assert_eq!(Value::parse(Kind::Fee, "5/100"), Value::parse(Kind::Fee, "500bps"));
        assert_eq!(Value::parse(Kind::Fee, "0/100"), Value::parse(Kind::Fee, "0"));
    }

    #[test]
    fn wrong_values_are_refused_with_what_is_expected() {
        for (kind, text, part) in [
            (Kind::Address, "x", "invalid address \"x\""),
            (Kind::Choice, "x", "or \"none\""),
            (Kind::Fee, "5", "invalid fee"),
            (Kind::Fee, "101%", "more than 100 %"),
            (Kind::Percent, "0.5%", "expected whole percent"),
            (Kind::Share, "none", "invalid share"),
            (Kind::Bound, "x", "or \"none\""),
            (Kind::Sol, "-1", "decimal number"),
            (Kind::Count(255), "256", "whole number up to 255"),
            (Kind::Count(255), "-1", "whole number up to 255"),
            (Kind::Time, "4", "expected 2d"),
            (Kind::Epochs, "1.555", "2 decimals"),
            (Kind::Flag, "yes", "true or false"),
            (Kind::Weight, "32768", "up to 32767"),
        ] {
            let error = Value::parse(kind, text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn every_setting_has_a_place_of_its_own() {
        let mut places: Vec<_> = Setting::ALL.iter().map(|setting| (setting.section(), setting.key())).collect();
        assert!(Setting::ALL.iter().all(|setting| Setting::of(setting.section(), setting.key()) == Some(*setting)));
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), Setting::ALL.len());
    }
}
