//! A 128-bit unsigned integer in two limbs, with the operations that rates and fees need.

/// `high * 2^64 + low`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Wide {
    // The derived order compares the limbs in the order of their declaration.
    high: u64,
    low: u64,
}

const HALF: u32 = 32;
const LOW_HALF: u64 = u32::MAX as u64;

impl Wide {
    /// The largest number.
    pub const MAX: Self = Self { high: u64::MAX, low: u64::MAX };

    /// The full product of two 64-bit numbers.
    #[inline]
    pub const fn product(a: u64, b: u64) -> Self {
        let (a_high, a_low) = (a >> HALF, a & LOW_HALF);
        let (b_high, b_low) = (b >> HALF, b & LOW_HALF);
        // No step can overflow: (2^32 - 1)^2 + 2 * (2^32 - 1) = 2^64 - 1.
        let low = a_low.wrapping_mul(b_low);
        let middle = a_high.wrapping_mul(b_low).wrapping_add(low >> HALF);
        let other = a_low.wrapping_mul(b_high).wrapping_add(middle & LOW_HALF);
        Self {
            high: a_high.wrapping_mul(b_high).wrapping_add(middle >> HALF).wrapping_add(other >> HALF),
            low: (other << HALF) | (low & LOW_HALF),
        }
    }

    /// The sum of two 64-bit numbers.
    #[inline]
    pub const fn sum(a: u64, b: u64) -> Self {
        let (low, carry) = a.overflowing_add(b);
        Self { high: carry as u64, low }
    }

    /// The number as 64 bits, if it fits.
    #[inline]
    pub const fn narrow(self) -> Option<u64> {
        if self.high == 0 { Some(self.low) } else { None }
    }

    /// `self - other`, if that is not negative.
    #[inline]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let (high, below) = self.high.overflowing_sub(other.high);
        let (high, below_by_borrow) = high.overflowing_sub(borrow as u64);
        if below || below_by_borrow { None } else { Some(Self { high, low }) }
    }

    /// `self * factor`, if that fits 128 bits.
    #[inline]
    pub fn checked_mul(self, factor: u64) -> Option<Self> {
        let low = Self::product(self.low, factor);
        let high = Self::product(self.high, factor).narrow()?;
        Some(Self { high: high.checked_add(low.high)?, low: low.low })
    }

    /// Quotient and remainder by a 64-bit number; `None` if the divisor is 0 or the quotient exceeds 64 bits.
    #[inline]
    pub const fn divide(self, divisor: u64) -> Option<(u64, u64)> {
        // guard: quotient-fits
        if self.high >= divisor {
            return None;
        }
        // Most amounts fit a single 64-bit division.
        if self.high == 0 {
            return Some((self.low / divisor, self.low % divisor));
        }
        // Two divisions are enough if the first covers all but sixteen bits.
        if (self.high >> 16) | (divisor >> 48) == 0 {
            let first = (self.high << 48) | (self.low >> 16);
            let digit = first / divisor;
            let rest = (first.wrapping_sub(digit.wrapping_mul(divisor)) << 16) | (self.low & 0xFFFF);
            // A quotient under 2^64 has a first digit under 2^48, and the second is under 2^16.
            return Some(((digit << 16) | (rest / divisor), rest % divisor));
        }
        // Divisors with enough leading zeros need no normalization: digits of sixteen or eight bits.
        if divisor >> 48 == 0 {
            return Some(self.divide_by_digits::<16>(divisor));
        }
        if divisor >> 56 == 0 {
            return Some(self.divide_by_digits::<8>(divisor));
        }
        Some(self.divide_normalized(divisor))
    }

    /// Schoolbook division with digits of `BITS` bits, for `self.high < divisor < 2^(64 - BITS)`.
    #[inline(always)]
    const fn divide_by_digits<const BITS: u32>(self, divisor: u64) -> (u64, u64) {
        let (mut quotient, mut rest, mut digits) = (0, self.high, self.low);
        let mut left = u64::BITS / BITS;
        while left > 0 {
            rest = (rest << BITS) | (digits >> (u64::BITS - BITS));
            digits <<= BITS;
            let digit = rest / divisor;
            quotient = (quotient << BITS) | digit;
            rest = rest.wrapping_sub(digit.wrapping_mul(divisor));
            left -= 1;
        }
        (quotient, rest)
    }

    /// Quotient by a 64-bit number, rounded up; `None` if the divisor is 0.
    #[inline]
    pub fn divide_up(self, divisor: u64) -> Option<Self> {
        let high = self.high.checked_div(divisor)?;
        let rest = Self { high: self.high.checked_rem(divisor)?, low: self.low };
        let (low, remainder) = rest.divide(divisor)?;
        let (low, carry) = low.overflowing_add(u64::from(remainder > 0));
        Some(Self { high: high.checked_add(u64::from(carry))?, low })
    }

    /// Quotient by another wide number, rounded down; `None` if the divisor is 0 or the quotient exceeds 64 bits.
    pub fn divide_wide(self, divisor: Self) -> Option<u64> {
        if divisor.high == 0 {
            return self.divide(divisor.low).map(|(quotient, _)| quotient);
        }
        // With a divisor over 2^64 the quotient has 64 bits at most: one bit per iteration, from the highest.
        let mut remainder = Self { high: 0, low: self.high };
        let mut quotient = 0u64;
        for bit in (0..u64::BITS).rev() {
            // The remainder has at most the dividend's bits so far, 127 before the last iteration: the shift loses no bit.
            remainder = Self {
                high: (remainder.high << 1) | (remainder.low >> (u64::BITS - 1)),
                low: (remainder.low << 1) | ((self.low >> bit) & 1),
            };
            quotient <<= 1;
            if remainder >= divisor {
                let (low, borrow) = remainder.low.overflowing_sub(divisor.low);
                let high = remainder.high.wrapping_sub(divisor.high).wrapping_sub(u64::from(borrow));
                remainder = Self { high, low };
                quotient |= 1;
            }
        }
        Some(quotient)
    }

    /// Schoolbook division in base 2^32 (Knuth, volume 2, algorithm D), for `self.high < divisor`.
    const fn divide_normalized(self, divisor: u64) -> (u64, u64) {
        let shift = divisor.leading_zeros();
        let divisor = divisor << shift;
        let digits = (divisor >> HALF, divisor & LOW_HALF);
        let high = if shift == 0 { self.high } else { (self.high << shift) | (self.low >> (u64::BITS - shift)) };
        let low = self.low << shift;

        let (first, rest) = divide_digit(high, low >> HALF, divisor, digits);
        let (second, rest) = divide_digit(rest, low & LOW_HALF, divisor, digits);
        ((first << HALF) | second, rest >> shift)
    }
}

/// One digit of the quotient of `high * 2^32 + next` by a divisor whose highest bit is set, and the remainder.
#[inline(always)]
const fn divide_digit(high: u64, next: u64, divisor: u64, (top, bottom): (u64, u64)) -> (u64, u64) {
    let mut digit = high / top;
    let mut rest = high % top;
    // The estimate from the top digit is too large by 2 at most.
    while digit > LOW_HALF || digit.wrapping_mul(bottom) > ((rest << HALF) | next) {
        digit = digit.wrapping_sub(1);
        rest = rest.wrapping_add(top);
        if rest > LOW_HALF {
            break;
        }
    }
    // The true remainder is less than the divisor, so arithmetic modulo 2^64 is exact.
    let remainder = ((high << HALF) | next).wrapping_sub(digit.wrapping_mul(divisor));
    (digit, remainder)
}
