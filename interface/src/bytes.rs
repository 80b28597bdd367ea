//! Strict reader and writer of the SPL encoding, Borsh.

use {solana_address::Address, solana_program_error::ProgramError, tidepool_core::maths::Fee};

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
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
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
    #[cfg(feature = "borsh")]
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

    #[inline]
    pub(crate) fn option_address(&mut self) -> Result<Option<Address>, ProgramError> {
        Ok(if self.bool()? { Some(self.address()?) } else { None })
    }

    #[inline]
    pub(crate) fn fee(&mut self) -> Result<Fee, ProgramError> {
        Ok(Fee { denominator: self.u64()?, numerator: self.u64()? })
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

    pub(crate) fn u32(&mut self, value: u32) -> Result<(), ProgramError> {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> Result<(), ProgramError> {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn option_address(&mut self, value: &Option<Address>) -> Result<(), ProgramError> {
        match value {
            None => self.u8(0),
            Some(address) => {
                self.u8(1)?;
                self.bytes(address.as_ref())
            }
        }
    }

    pub(crate) fn fee(&mut self, fee: &Fee) -> Result<(), ProgramError> {
        self.u64(fee.denominator)?;
        self.u64(fee.numerator)
    }

    pub(crate) fn string(&mut self, text: &str) -> Result<(), ProgramError> {
        self.u32(u32::try_from(text.len()).map_err(|_| ProgramError::BorshIoError)?)?;
        self.bytes(text.as_bytes())
    }
}
