//! Numbers in files and sentences.

/// A number in decimal notation; `None` for anything else, such as `NaN`, `inf` or a decimal comma.
pub fn parse(text: &str) -> Option<f64> {
    let is_decimal = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    let number: f64 = text.bytes().all(is_decimal).then(|| text.parse().ok())??;
    number.is_finite().then_some(number)
}

/// A number with six significant digits at most, for a sentence.
pub fn show(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let magnitude = number.abs();
    let decimals = [(1e5, 0), (1e4, 1), (1e3, 2), (1e2, 3), (1e1, 4), (1.0, 5)];
    let decimals = decimals.iter().find(|(least, _)| magnitude >= *least).map_or(6, |(_, decimals)| *decimals);
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers_are_read() {
        for (text, expected) in [("3", Some(3.0)), ("-0.5", Some(-0.5)), ("1e3", Some(1000.0)), (".5", Some(0.5))] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in ["", "NaN", "inf", "1,5", "1e999", "0x10", "1 000", "-", "infinity"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn sentences_show_few_digits() {
        for (number, text) in [(500.0, "500"), (0.973_4, "0.9734"), (2.0 / 3.0, "0.666667"), (12_345.678, "12345.7")] {
            assert_eq!(show(number), text);
        }
    }
}
