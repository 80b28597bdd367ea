//! Strict reader and writer of the SPL encoding, Borsh.
//!
//! Over 400 lines: reader, writer and the macro that derives both.

use {
    crate::{
        instruction::{FundingType, PreferredValidatorType},
        state::{AnnouncementKind, DemotionGround, DemotionPolicy, Limits, RebalancePolicy},
    },
    bytemuck::Pod,
    core::mem::{size_of, size_of_val},
    num_traits::FromPrimitive as _,
    solana_address::Address,
    solana_program_error::ProgramError,
    tidepool_core::maths::{Fee, FutureEpoch},
};

/// Reads values from the front of a slice. Every failure is `BorshIoError`, as in the SPL stake pool.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Bytes by which the last read exceeded `rest`. A stream has to supply them before the next attempt.
    #[cfg(feature = "borsh")]
    missing: usize,
}

impl<'a> Reader<'a> {
    #[inline]
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            #[cfg(feature = "borsh")]
            missing: 0,
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], ProgramError> {
        #[cfg(feature = "borsh")]
        self.note_missing(N);
        let (array, rest) = self.rest.split_first_chunk().ok_or(ProgramError::BorshIoError)?;
        self.rest = rest;
        Ok(array)
    }

    /// Records by how many bytes a read of `length` bytes exceeds `rest`.
    #[cfg(feature = "borsh")]
    const fn note_missing(&mut self, length: usize) {
        self.missing = length.saturating_sub(self.rest.len());
    }

    /// Bytes that were missing for the last read; 0 if the read succeeded and a later check failed.
    #[cfg(feature = "borsh")]
    pub(crate) const fn missing(&self) -> usize {
        self.missing
    }

    /// The unread bytes.
    #[inline]
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, ProgramError> {
        self.array::<1>().map(|[byte]| *byte)
    }

    #[inline]
    pub(crate) fn bool(&mut self) -> Result<bool, ProgramError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(ProgramError::BorshIoError),
        }
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, ProgramError> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, ProgramError> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }

    #[inline]
    pub(crate) fn address(&mut self) -> Result<Address, ProgramError> {
        self.array().map(|bytes| Address::new_from_array(*bytes))
    }

    /// A value that has its layout on the wire in memory.
    #[inline]
    fn pod<T: Pod>(&mut self) -> Result<T, ProgramError> {
        let (bytes, rest) = self.rest.split_at_checked(size_of::<T>()).ok_or(ProgramError::BorshIoError)?;
        self.rest = rest;
        Ok(bytemuck::pod_read_unaligned(bytes))
    }

    pub(crate) fn string(&mut self) -> Result<&'a str, ProgramError> {
        let length = self.u32()? as usize;
        #[cfg(feature = "borsh")]
        self.note_missing(length);
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(ProgramError::BorshIoError)?;
        self.rest = rest;
        core::str::from_utf8(bytes).map_err(|_| ProgramError::BorshIoError)
    }
}

/// Writes values to the front of a slice. Fails with `BorshIoError` if the slice is too short.
pub(crate) struct Writer<'a> {
    bytes: &'a mut [u8],
    written: usize,
}

impl<'a> Writer<'a> {
    pub(crate) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, written: 0 }
    }

    pub(crate) const fn written(&self) -> usize {
        self.written
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), ProgramError> {
        let end = self.written.checked_add(bytes.len()).ok_or(ProgramError::BorshIoError)?;
        self.bytes.get_mut(self.written..end).ok_or(ProgramError::BorshIoError)?.copy_from_slice(bytes);
        self.written = end;
        Ok(())
    }

    pub(crate) fn u8(&mut self, value: u8) -> Result<(), ProgramError> {
        self.bytes(&[value])
    }
}

/// A value that follows others on the wire.
pub(crate) trait Wire<'a>: Sized {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ProgramError>;

    /// The value at the front of `bytes`, and the rest.
    // An option: with an error for each value, all errors would be kept in registers.
    #[inline(always)]
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut reader = Reader::new(bytes);
        let value = Self::read(&mut reader).ok()?;
        Some((value, reader.rest()))
    }

    /// The value that all of `bytes` are.
    #[inline(always)]
    fn whole(bytes: &'a [u8]) -> Result<Self, ProgramError> {
        let mut reader = Reader::new(bytes);
        let value = Self::read(&mut reader)?;
        if reader.rest().is_empty() { Ok(value) } else { Err(ProgramError::BorshIoError) }
    }

    fn write(&self, writer: &mut Writer) -> Result<(), ProgramError>;

    /// A number of bytes that the encoding does not exceed.
    #[cfg_attr(not(any(feature = "borsh", feature = "client")), allow(dead_code))]
    fn room(&self) -> usize {
        size_of::<Self>()
    }
}

macro_rules! numbers {
    ($($number:ident),*) => {
        $(impl<'a> Wire<'a> for $number {
            #[inline]
            fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
                reader.$number()
            }

            #[inline(always)]
            fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
                bytes.split_first_chunk().map(|(number, rest)| (Self::from_le_bytes(*number), rest))
            }

            #[inline(always)]
            fn whole(bytes: &[u8]) -> Result<Self, ProgramError> {
                bytes.try_into().map(Self::from_le_bytes).map_err(|_| ProgramError::BorshIoError)
            }

            fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
                writer.bytes(&self.to_le_bytes())
            }
        })*
    };
}

numbers!(u8, u32, u64);

impl<'a> Wire<'a> for bool {
    #[inline]
    fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
        reader.bool()
    }

    #[inline(always)]
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        match bytes.split_first()? {
            (byte @ (0 | 1), rest) => Some((*byte == 1, rest)),
            _ => None,
        }
    }

    fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
        writer.u8(u8::from(*self))
    }
}

impl Wire<'_> for Option<Address> {
    #[inline]
    fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
        Ok(if reader.bool()? { Some(reader.address()?) } else { None })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
        match self {
            None => writer.u8(0),
            Some(address) => {
                writer.u8(1)?;
                writer.bytes(address.as_ref())
            }
        }
    }
}

impl<'a> Wire<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ProgramError> {
        reader.string()
    }

    fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
        u32::try_from(self.len()).map_err(|_| ProgramError::BorshIoError)?.write(writer)?;
        writer.bytes(self.as_bytes())
    }

    fn room(&self) -> usize {
        size_of::<u32>().saturating_add(self.len())
    }
}

impl Wire<'_> for Fee {
    #[inline]
    fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
        Ok(Self { denominator: reader.u64()?, numerator: reader.u64()? })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
        self.denominator.write(writer)?;
        self.numerator.write(writer)
    }
}

impl Wire<'_> for FutureEpoch<Fee> {
    fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
        match reader.u8()? {
            0 => Ok(Self::None),
            1 => Ok(Self::One(Fee::read(reader)?)),
            2 => Ok(Self::Two(Fee::read(reader)?)),
            _ => Err(ProgramError::BorshIoError),
        }
    }

    fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
        match self {
            Self::None => writer.u8(0),
            Self::One(fee) => {
                writer.u8(1)?;
                fee.write(writer)
            }
            Self::Two(fee) => {
                writer.u8(2)?;
                fee.write(writer)
            }
        }
    }
}

impl<'a, T: Pod> Wire<'a> for &'a [T] {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ProgramError> {
        let list = Self::whole(reader.rest)?;
        reader.rest = &[];
        Ok(list)
    }

    /// A list up to the end of the bytes, not empty.
    #[inline(always)]
    fn whole(bytes: &'a [u8]) -> Result<Self, ProgramError> {
        match bytemuck::try_cast_slice(bytes) {
            Ok(items) if !bytes.is_empty() => Ok(items),
            _ => Err(ProgramError::BorshIoError),
        }
    }

    fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
        writer.bytes(bytemuck::cast_slice(self))
    }

    fn room(&self) -> usize {
        size_of_val(*self)
    }
}

macro_rules! layouts {
    ($($name:ty),*) => {
        $(impl Wire<'_> for $name {
            #[inline]
            fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
                reader.pod()
            }

            #[inline(always)]
            fn whole(bytes: &[u8]) -> Result<Self, ProgramError> {
                bytemuck::try_pod_read_unaligned(bytes).map_err(|_| ProgramError::BorshIoError)
            }

            fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
                writer.bytes(bytemuck::bytes_of(self))
            }
        })*
    };
}

layouts!(DemotionPolicy, Limits, RebalancePolicy);

macro_rules! bytes {
    ($($name:ty: $from:expr,)*) => {
        $(impl Wire<'_> for $name {
            #[inline]
            fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
                $from(reader.u8()?).ok_or(ProgramError::BorshIoError)
            }

            #[inline(always)]
            fn whole(bytes: &[u8]) -> Result<Self, ProgramError> {
                match bytes {
                    [byte] => $from(*byte).ok_or(ProgramError::BorshIoError),
                    _ => Err(ProgramError::BorshIoError),
                }
            }

            fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
                writer.u8(*self as u8)
            }
        })*
    };
}

bytes! {
    AnnouncementKind: Self::from_number,
    DemotionGround: Self::from_number,
    FundingType: Self::from_u8,
    PreferredValidatorType: Self::from_u8,
}

#[cfg(feature = "borsh")]
bytes! {
    crate::state::AccountType: Self::from_u8,
    crate::state::StakeStatus: Self::from_u8,
}

/// Declares structs whose fields follow each other on the wire, some of them with variable lengths.
macro_rules! encoded {
    ($(
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $($(#[doc = $field_doc:literal])* pub $field:ident: $type:ty $(as $described:ty)?,)*
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
            pub struct $name {
                $($(#[doc = $field_doc])* pub $field: $type,)*
            }

            fields!($name [$($doc)*] $($field [$($field_doc)*]: $type $(as $described)?,)*);

            impl $name {
                /// Decodes the value from the start of `bytes`. Bytes after it are ignored.
                ///
                /// # Errors
                /// `BorshIoError` if the bytes are too few or a tag is invalid.
                pub fn decode(bytes: &[u8]) -> Result<Self, ProgramError> {
                    let reader = &mut Reader::new(bytes);
                    Ok(Self { $($field: Wire::read(reader)?,)* })
                }

                /// Writes the value to the start of `bytes` and returns its length in bytes.
                ///
                /// # Errors
                /// `BorshIoError` if the bytes are too few.
                pub fn encode(&self, bytes: &mut [u8]) -> Result<usize, ProgramError> {
                    let writer = &mut Writer::new(bytes);
                    $(self.$field.write(writer)?;)*
                    Ok(writer.written())
                }
            }
        )*
    };
}
