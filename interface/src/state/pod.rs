//! Plain-old-data types of alignment 1, so that views can start at any offset of an account's data.

use {
    crate::schema::UnixTime,
    bytemuck::{Pod, Zeroable},
    core::fmt,
    solana_address::Address,
    tidepool_core::maths::Fee,
};

macro_rules! little_endian {
    ($(#[$doc:meta])* $name:ident, $native:ty, $size:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, Eq, PartialEq, Pod, Zeroable)]
        #[repr(transparent)]
        pub struct $name([u8; $size]);

        impl $name {
            /// Wraps a value.
            #[inline(always)]
            pub const fn new(value: $native) -> Self {
                Self(value.to_le_bytes())
            }

            /// The value.
            #[inline(always)]
            pub const fn get(&self) -> $native {
                <$native>::from_le_bytes(self.0)
            }

            /// Replaces the value.
            #[inline(always)]
            pub const fn set(&mut self, value: $native) {
                self.0 = value.to_le_bytes();
            }
        }

        impl From<$native> for $name {
            fn from(value: $native) -> Self {
                Self::new(value)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.get(), f)
            }
        }
    };
}

little_endian! {
    /// A `u64` as eight little-endian bytes.
    U64, u64, 8
}

little_endian! {
    /// A `u32` as four little-endian bytes.
    U32, u32, 4
}

little_endian! {
    /// A `u16` as two little-endian bytes.
    U16, u16, 2
}

little_endian! {
    /// An `i64` as eight little-endian bytes.
    I64, i64, 8
}

/// A [`Fee`] in account data.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct PodFee {
    /// Denominator.
    pub denominator: U64,
    /// Numerator.
    pub numerator: U64,
}

impl PodFee {
    /// The fee.
    #[inline]
    pub const fn get(&self) -> Fee {
        Fee::new(self.numerator.get(), self.denominator.get())
    }
}

impl From<Fee> for PodFee {
    fn from(fee: Fee) -> Self {
        Self { denominator: fee.denominator.into(), numerator: fee.numerator.into() }
    }
}

layout! {
    /// The stake program's lockup in account data.
    #[derive(Default)]
    pub struct PodLockup {
        /// Unix timestamp in seconds, the bits of an `i64`.
        pub unix_timestamp: U64 as UnixTime,
        /// Epoch.
        pub epoch: U64,
        /// Custodian: may waive the lockup.
        pub custodian: Address,
    }
}
