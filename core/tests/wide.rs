//! `Wide` computes as `u128` does.

mod common;

use {
    common::{config, number},
    proptest::prelude::*,
    tidepool_core::maths::Wide,
};

const LOW: u128 = u64::MAX as u128;

/// Any 128-bit number as a `Wide`, from sums, differences and products of 64-bit numbers: there is no other constructor.
fn wide(value: u128) -> Wide {
    let wide = if value > u128::MAX / 2 {
        // 2^128 - 1, by three of its factors.
        let all = Wide::product(u64::MAX, 274_177).checked_mul(67_280_421_310_721).unwrap();
        all.checked_sub(below_half(!value)).unwrap()
    } else {
        below_half(value)
    };
    assert_eq!(to_u128(wide), value);
    wide
}

fn below_half(value: u128) -> Wide {
    let (high, low) = ((value >> 64) as u64, (value & LOW) as u64);
    let excess = Wide::sum(u64::MAX - low, 1);
    let rounded_up = Wide::product(high + 1, 1 << 63).checked_mul(2).unwrap();
    rounded_up.checked_sub(excess).unwrap()
}

/// Reads the limbs from the debug output, the only access to a number over 64 bits without arithmetic.
fn to_u128(wide: Wide) -> u128 {
    let text = format!("{wide:?}");
    let limbs: Vec<u128> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.parse().unwrap())
        .collect();
    let [high, low] = limbs[..] else { panic!("not two limbs: {text}") };
    (high << 64) | low
}

fn wide_number() -> impl Strategy<Value = u128> {
    (number(), number()).prop_map(|(high, low)| (u128::from(high) << 64) | u128::from(low))
}

fn narrow(value: u128) -> Option<u64> {
    u64::try_from(value).ok()
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn products_sums_and_narrowing_are_exact(a in number(), b in number()) {
        let product = u128::from(a) * u128::from(b);
        prop_assert_eq!(to_u128(Wide::product(a, b)), product);
        prop_assert_eq!(Wide::product(a, b).narrow(), narrow(product));
        let sum = u128::from(a) + u128::from(b);
        prop_assert_eq!(to_u128(Wide::sum(a, b)), sum);
        prop_assert_eq!(Wide::sum(a, b).narrow(), narrow(sum));
    }

    #[test]
    fn order_and_differences_are_exact(a in wide_number(), b in wide_number(), close in any::<bool>()) {
        let b = if close { a.wrapping_add(b >> 125).wrapping_sub(3) } else { b };
        let (x, y) = (wide(a), wide(b));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(x == y, a == b);
        prop_assert_eq!(x.checked_sub(y).map(to_u128), a.checked_sub(b));
    }

    #[test]
    fn products_with_a_wide_number_are_exact(a in wide_number(), shift in 0u32..128, factor in number()) {
        let a = a >> shift;
        prop_assert_eq!(wide(a).checked_mul(factor).map(to_u128), a.checked_mul(u128::from(factor)));
    }

    #[test]
    fn quotients_by_64_bits_are_exact(a in wide_number(), shift in 0u32..128, divisor in number()) {
        let a = a >> shift;
        let x = wide(a);
        let wide_divisor = u128::from(divisor);
        let expected = a.checked_div(wide_divisor).and_then(narrow).map(|quotient| {
            (quotient, (a % wide_divisor) as u64)
        });
        prop_assert_eq!(x.divide(divisor), expected);
        let rounded_up = (divisor != 0).then(|| a.div_ceil(wide_divisor));
        prop_assert_eq!(x.divide_up(divisor).map(to_u128), rounded_up);
    }

    /// Products near a multiple of a factor: the quotient depends on the last bit.
    #[test]
    fn quotients_close_to_a_whole_number_are_exact(a in number(), b in number(), distance in 0u128..5) {
        let near = (u128::from(a) * u128::from(b)).wrapping_add(distance).wrapping_sub(2);
        let x = wide(near);
        prop_assert_eq!(
            x.divide(b).map(|(quotient, _)| quotient),
            near.checked_div(u128::from(b)).and_then(narrow)
        );
        prop_assert_eq!(x.divide_wide(Wide::sum(b, 0)), near.checked_div(u128::from(b)).and_then(narrow));
    }

    #[test]
    fn quotients_by_128_bits_are_exact(a in wide_number(), b in wide_number(), shift in 0u32..128, scale in number()) {
        let b = b >> shift;
        prop_assert_eq!(wide(a).divide_wide(wide(b)), a.checked_div(b).and_then(narrow));
        // A multiple of the divisor, and numbers just below it.
        let multiple = b.wrapping_mul(u128::from(scale));
        for a in [multiple, multiple.wrapping_sub(1)] {
            prop_assert_eq!(wide(a).divide_wide(wide(b)), a.checked_div(b).and_then(narrow));
        }
    }
}
