//! Times and numbers of epochs: `2d`, `48h`, `30m`, `45s`; `1.5`.

use super::Units;

/// Units of a time, and the seconds of each.
const UNITS: [(&str, u32); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Reads a time in seconds: `2d`, `48h`, `30m`, `45s`.
///
/// # Errors
/// A sentence with the fault.
pub fn seconds(text: &str) -> Result<u32, String> {
    let malformed = || format!("invalid time \"{text}\": expected 2d, 48h, 30m or 45s");
    let found = UNITS.iter().find_map(|(unit, length)| Some((text.strip_suffix(unit)?, length)));
    let (digits, length) = found.ok_or_else(malformed)?;
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(malformed());
    }
    let seconds = digits.parse::<u32>().ok().and_then(|number| number.checked_mul(*length));
    seconds.ok_or_else(|| format!("{text} is too long: use a shorter time"))
}

/// Reads a number of epochs with at most two decimals, in hundredths: `1`, `1.5`.
///
/// # Errors
/// A sentence with the fault.
pub fn hundredths(text: &str) -> Result<u16, String> {
    let malformed = || format!("invalid number of epochs \"{text}\": expected a number such as 1 or 1.5");
    let Units(units) = text.parse().map_err(|_| malformed())?;
    if !units.is_multiple_of(10_000_000) {
        return Err(format!("{text} has more than 2 decimals: round it"));
    }
    u16::try_from(units / 10_000_000).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(["2d", "48h", "30m", "45s", "0s"].map(seconds), [172_800, 172_800, 1_800, 45, 0].map(Ok));
        for text in ["", "2", "d", "-1d", "1.5h", "2 h", "1w"] {
            assert!(seconds(text).unwrap_err().contains("expected 2d"), "{text}");
        }
        assert!(seconds("50000d").unwrap_err().contains("too long"));
    }

    #[test]
    fn growth_charges_are_read_in_hundredths() {
        assert_eq!(["1", "1.5", "0.25", "10"].map(hundredths), [100, 150, 25, 1_000].map(Ok));
        assert!(hundredths("1.234").unwrap_err().contains("2 decimals"));
        for text in ["", "one", "-1", "1000"] {
            assert!(hundredths(text).unwrap_err().contains("expected a number such as 1"), "{text}");
        }
    }
}
