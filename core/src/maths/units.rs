//! Units of amounts. Amounts of different units cannot be added or compared.

use core::fmt;

/// An amount of lamports or pool tokens.
pub trait Amount: Copy {
    /// The amount of `number` smallest units.
    fn from_number(number: u64) -> Self;

    /// The number of smallest units.
    fn number(self) -> u64;
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[repr(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The amount of `number` units.
            #[inline(always)]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number of units.
            #[inline(always)]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The sum, if it fits 64 bits.
            #[inline(always)]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// The difference, if it is not negative.
            #[inline(always)]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl Amount for $name {
            #[inline(always)]
            fn from_number(number: u64) -> Self {
                Self(number)
            }

            #[inline(always)]
            fn number(self) -> u64 {
                self.0
            }
        }
    };
}

amount! {
    /// Lamports.
    Lamports
}

amount! {
    /// Pool tokens, in their smallest unit.
    PoolTokens
}
