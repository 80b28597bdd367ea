//! Amounts, fees, shares and weights as people write them: read exactly, and read again as they are shown.

#![no_main]

use {
    libfuzzer_sys::fuzz_target,
    tidepool_cli::units::{Amount, ParsedFee, Share, Slippage, Units, percent},
    tidepool_client::actions::weights::RelativeWeight,
    tidepool_core::rebalance::BASIS_POINTS,
};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Ok(units) = text.parse::<Units>() {
        assert_eq!(units.to_string().parse(), Ok(units));
        assert_eq!(units, in_lamports(text));
    }
    if let Ok(Amount::Exact(units)) = text.parse() {
        assert!(units > 0);
    }
    if let Ok(ParsedFee(fee)) = text.parse() {
        assert!(fee.numerator <= fee.denominator);
        assert!(!percent(&fee).is_empty());
        let again = format!("{}/{}", fee.numerator, fee.denominator).parse();
        assert!(fee.denominator == 0 || again == Ok(ParsedFee(fee)));
    }
    if let Ok(share) = text.parse::<Share>() {
        assert!(share.0 <= BASIS_POINTS);
        assert_eq!(share.to_string().parse(), Ok(share));
    }
    if let Ok(slippage) = text.parse::<Slippage>() {
        assert!(slippage.basis_points() <= BASIS_POINTS);
        for quoted in [0, 1, 12_345, u64::MAX] {
            assert!(slippage.minimum_of(quoted).is_none_or(|minimum| minimum <= quoted));
        }
    }
    if let Ok(weight) = text.parse::<RelativeWeight>() {
        assert_eq!(weight.to_string().parse(), Ok(weight));
    }
});

/// The number with its point moved by nine places.
fn in_lamports(text: &str) -> Units {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}").bytes().fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
    let lamports = digits * 10u128.pow(9 - fraction.len() as u32);
    Units(lamports.try_into().expect("the parser has checked it"))
}
