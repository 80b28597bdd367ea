//! Scales numbers of any magnitude to weights.

use {
    super::WeightsError,
    crate::pool::PoolSnapshot,
    solana_address::Address,
    std::{fmt, str::FromStr},
    tidepool_interface::state::WEIGHT_MAX,
};

/// Significant decimal digits of a number. Weights distinguish five.
const DIGITS: u32 = 18;

/// Decimal digits, from the first of the largest number, within which numbers are compared. A product with [`SCALE`]
/// then fits 128 bits.
const COMPARED_DIGITS: i32 = 32;

/// Twice the largest weight, for rounding to the nearest.
const SCALE: u128 = 2 * WEIGHT_MAX as u128;

/// A relative weight: a non-negative number of any magnitude.
///
/// It is parsed exactly from text such as `3`, `0.25` or `1e6`, without floating point. Digits after the eighteenth do
/// not affect a weight and are dropped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RelativeWeight {
    digits: u64,
    /// Decimal exponent of the digits.
    exponent: i32,
}

impl RelativeWeight {
    /// Whether it is zero.
    pub const fn is_zero(&self) -> bool {
        self.digits == 0
    }

    fn new(mut digits: u128, mut exponent: i32) -> Self {
        while digits >= 10u128.pow(DIGITS) || (digits > 0 && digits.is_multiple_of(10)) {
            digits /= 10;
            exponent = exponent.saturating_add(1);
        }
        // Fewer than 18 digits fit.
        Self { digits: digits as u64, exponent: if digits == 0 { 0 } else { exponent } }
    }

    /// The exponent above the leading digit.
    fn magnitude(&self) -> i32 {
        let digits = self.digits.checked_ilog10().map_or(0, |log| log as i32 + 1);
        self.exponent.saturating_add(digits)
    }

    /// The number in units of ten to the power of `unit`, and whether it is a multiple of the unit.
    fn in_units(&self, unit: i32) -> (u128, bool) {
        let shift = self.exponent.saturating_sub(unit);
        let power = 10u128.checked_pow(shift.unsigned_abs());
        match power {
            // At most `COMPARED_DIGITS` digits.
            Some(power) if shift >= 0 => (u128::from(self.digits).saturating_mul(power), true),
            Some(power) => (u128::from(self.digits) / power, u128::from(self.digits).is_multiple_of(power)),
            None => (0, self.is_zero()),
        }
    }
}

impl From<u64> for RelativeWeight {
    fn from(number: u64) -> Self {
        Self::new(number.into(), 0)
    }
}

impl fmt::Display for RelativeWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exponent {
            0 => write!(f, "{}", self.digits),
            exponent @ 1..=6 => write!(f, "{}{:0width$}", self.digits, 0, width = exponent as usize),
            exponent => write!(f, "{}e{exponent}", self.digits),
        }
    }
}

impl FromStr for RelativeWeight {
    type Err = WeightsError;

    fn from_str(text: &str) -> Result<Self, WeightsError> {
        let not_a_number = || WeightsError::NotANumber { text: text.to_owned() };
        let number = text.trim();
        if let Some(positive) = number.strip_prefix('-') {
            let weight: Self = positive.parse().map_err(|_| not_a_number())?;
            return if weight.is_zero() { Ok(weight) } else { Err(WeightsError::Negative { text: number.to_owned() }) };
        }
        let number = number.strip_prefix('+').unwrap_or(number);
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| not_a_number())?),
            None => (number, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(not_a_number());
        }
        let (mut digits, mut dropped) = (0u128, 0i32);
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return Err(not_a_number());
            }
            // Twice the significant digits: enough to avoid any rounding.
            if digits < 10u128.pow(2 * DIGITS) {
                digits = digits * 10 + u128::from(byte - b'0');
            } else {
                dropped += 1;
            }
        }
        let places = i32::try_from(fraction.len()).map_err(|_| not_a_number())?;
        Ok(Self::new(digits, exponent.saturating_add(dropped).saturating_sub(places)))
    }
}

/// Equal weights of all active validators that are not demoted.
pub fn equal(snapshot: &PoolSnapshot) -> Vec<(Address, u16)> {
    snapshot
        .records()
        .iter()
        .filter(|record| record.is_active() && !record.extension.is_demoted())
        .map(|record| (record.vote_account_address, 1))
        .collect()
}

/// Weights pro rata to the present active stake of each active validator that is not demoted, without rent, which
/// preserve the distribution. A validator with stake gets at least 1.
///
/// # Errors
/// [`WeightsError::NoStake`].
pub fn by_stake(snapshot: &PoolSnapshot) -> Result<Vec<(Address, u16)>, WeightsError> {
    let rent = snapshot.environment().stake_rent();
    let (votes, stakes): (Vec<Address>, Vec<u64>) = snapshot
        .records()
        .iter()
        .filter(|record| record.is_active() && !record.extension.is_demoted())
        .map(|record| (record.vote_account_address, record.active_stake_lamports.get().saturating_sub(rent)))
        .unzip();
    if stakes.iter().all(|stake| *stake == 0) {
        return Err(WeightsError::NoStake);
    }
    let numbers: Vec<RelativeWeight> = stakes.iter().copied().map(RelativeWeight::from).collect();
    let weights = scale(&numbers).into_iter().zip(&stakes);
    let weights = weights.map(|(weight, stake)| if *stake > 0 { weight.max(1) } else { 0 });
    Ok(votes.into_iter().zip(weights).collect())
}

/// Weights pro rata to the given numbers: exact, if whole numbers up to 32,767 allow it. Otherwise the largest becomes
/// 32,767 and the others are rounded to the nearest. 0 stays 0.
///
/// # Errors
/// [`WeightsError::NoWeights`] if all are 0; [`WeightsError::RoundsToZero`] for the first that is rounded to 0.
pub fn relative(numbers: &[(Address, RelativeWeight)]) -> Result<Vec<(Address, u16)>, WeightsError> {
    if numbers.iter().all(|(_, number)| number.is_zero()) {
        return Err(WeightsError::NoWeights);
    }
    let weights = scale(&numbers.iter().map(|(_, number)| *number).collect::<Vec<_>>());
    numbers
        .iter()
        .zip(weights)
        .map(|((vote, number), weight)| {
            if weight == 0 && !number.is_zero() {
                return Err(WeightsError::RoundsToZero { vote: *vote, weight: number.to_string() });
            }
            Ok((*vote, weight))
        })
        .collect()
}

/// Scales numbers that are not all 0: to the smallest whole numbers in the same proportion, or so that the largest
/// number becomes the largest weight.
fn scale(numbers: &[RelativeWeight]) -> Vec<u16> {
    let some = || numbers.iter().filter(|number| !number.is_zero());
    let magnitude = some().map(RelativeWeight::magnitude).max().unwrap_or(0);
    let smallest = some().map(|number| number.exponent).min().unwrap_or(0);
    let unit = smallest.max(magnitude.saturating_sub(COMPARED_DIGITS));
    let (values, whole): (Vec<u128>, Vec<bool>) = numbers.iter().map(|number| number.in_units(unit)).unzip();
    let largest = values.iter().copied().max().unwrap_or(0).max(1);
    let divisor = values.iter().copied().fold(0, greatest_common_divisor).max(1);
    if whole.iter().all(|whole| *whole) && largest / divisor <= u128::from(WEIGHT_MAX) {
        return values.into_iter().map(|value| (value / divisor) as u16).collect();
    }
    values.into_iter().map(|value| ((value * SCALE + largest) / (2 * largest)) as u16).collect()
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
