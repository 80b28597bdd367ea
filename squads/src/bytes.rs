//! Reading and writing bytes: Borsh, and the vectors with short lengths of messages.

use {crate::Error, solana_address::Address};

/// Bytes that are read from the front. Lengths are checked against the bytes that are left before anything is allocated.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Format of a vector's length.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    U8,
    U16,
    U32,
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes of an account behind the discriminator of its type.
    pub fn of_account(data: &'a [u8], discriminator: &[u8; 8], expected: &'static str) -> Result<Self, Error> {
        let mut reader = Self::new(data);
        match reader.array(expected) {
            Ok(found) if found == *discriminator => Ok(reader),
            _ => Err(Error::WrongAccount { expected }),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], Error> {
        let at = self.at;
        let end = at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(Error::Invalid { what, at })?;
        self.at = end;
        Ok(&self.bytes[at..end])
    }

    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, what)?);
        Ok(array)
    }

    pub fn u8(&mut self, what: &'static str) -> Result<u8, Error> {
        self.array(what).map(|[byte]| byte)
    }

    pub fn u16(&mut self, what: &'static str) -> Result<u16, Error> {
        self.array(what).map(u16::from_le_bytes)
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, Error> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub fn u64(&mut self, what: &'static str) -> Result<u64, Error> {
        self.array(what).map(u64::from_le_bytes)
    }

    pub fn i64(&mut self, what: &'static str) -> Result<i64, Error> {
        self.array(what).map(i64::from_le_bytes)
    }

    pub fn address(&mut self, what: &'static str) -> Result<Address, Error> {
        self.array(what).map(Address::new_from_array)
    }

    pub fn bool(&mut self, what: &'static str) -> Result<bool, Error> {
        let at = self.at;
        match self.u8(what)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::Invalid { what, at }),
        }
    }

    pub fn option<T>(
        &mut self,
        what: &'static str,
        item: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if self.bool(what)? { item(self).map(Some) } else { Ok(None) }
    }

    /// A vector's length. Its items of at least `item` bytes have to fit into the rest.
    fn length(&mut self, format: Length, item: usize, what: &'static str) -> Result<usize, Error> {
        let at = self.at;
        let length = match format {
            Length::U8 => usize::from(self.u8(what)?),
            Length::U16 => usize::from(self.u16(what)?),
            Length::U32 => usize::try_from(self.u32(what)?).unwrap_or(usize::MAX),
        };
        let bytes = length.checked_mul(item).filter(|bytes| *bytes <= self.bytes.len().saturating_sub(self.at));
        if bytes.is_some() { Ok(length) } else { Err(Error::Invalid { what, at }) }
    }

    /// Bytes behind their length.
    pub fn bytes(&mut self, format: Length, what: &'static str) -> Result<&'a [u8], Error> {
        let length = self.length(format, 1, what)?;
        self.take(length, what)
    }

    /// Text behind its length.
    pub fn text(&mut self, what: &'static str) -> Result<&'a str, Error> {
        let at = self.at;
        str::from_utf8(self.bytes(Length::U32, what)?).map_err(|_| Error::Invalid { what, at })
    }

    /// A vector of items of at least `least` bytes each.
    pub fn list<T>(
        &mut self,
        format: Length,
        least: usize,
        what: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let length = self.length(format, least, what)?;
        (0..length).map(|_| item(self)).collect()
    }

    pub fn addresses(&mut self, format: Length, what: &'static str) -> Result<Vec<Address>, Error> {
        self.list(format, 32, what, |reader| reader.address(what))
    }
}

/// Writes a length, and rejects one that its format cannot count.
pub fn put_length(to: &mut Vec<u8>, format: Length, count: usize, what: &'static str) -> Result<(), Error> {
    let limit = match format {
        Length::U8 => usize::from(u8::MAX),
        Length::U16 => usize::from(u16::MAX),
        Length::U32 => usize::try_from(u32::MAX).unwrap_or(usize::MAX),
    };
    if count > limit {
        return Err(Error::TooMany { what, count, limit });
    }
    let bytes = count.to_le_bytes();
    let width = match format {
        Length::U8 => 1,
        Length::U16 => 2,
        Length::U32 => 4,
    };
    to.extend(&bytes[..width]);
    Ok(())
}

pub fn put_bytes(to: &mut Vec<u8>, format: Length, bytes: &[u8], what: &'static str) -> Result<(), Error> {
    put_length(to, format, bytes.len(), what)?;
    to.extend(bytes);
    Ok(())
}

/// An optional text.
pub fn put_memo(to: &mut Vec<u8>, memo: Option<&str>) -> Result<(), Error> {
    to.push(memo.is_some().into());
    memo.map_or(Ok(()), |memo| put_bytes(to, Length::U32, memo.as_bytes(), "bytes of a memo"))
}
