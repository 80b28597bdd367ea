//! Borsh's traits for the types of the SPL stake pool, with the encoding of the published crate.
//!
//! [`crate::bytes`] and the account structs define the layouts; this module connects them to Borsh's readers and writers. A value
//! reads exactly its own bytes, so that values can follow each other in a stream.

use {
    crate::{
        bytes::{Reader, Wire, Writer},
        instruction::{FeeType, FundingType, PreferredValidatorType, StakePoolInstruction},
        state::{
            AccountType, EntryExtension, POOL_HEAD_LENGTH, POOL_MAX_LENGTH, POOL_MIN_LENGTH, PodFee, PodLockup,
            PoolHead, PoolTerms, StakePool, StakeStatus, U16, U32, U64, VALIDATOR_LIST_HEADER_LENGTH,
            ValidatorListHeader, ValidatorStakeInfo, pool::split_head,
        },
    },
    alloc::vec::Vec,
    borsh::{
        BorshDeserialize, BorshSerialize,
        io::{Error, ErrorKind, Read, Result, Write},
    },
    bytemuck::Pod,
    num_traits::FromPrimitive as _,
    solana_program_error::ProgramError,
};

/// Maximum bytes per read from a stream: a stream's length prefix must not decide how much is allocated.
const CHUNK: usize = 4_096;

/// Longest encoding in bytes of the values that [`write_with`] writes.
const BUFFER: usize = 32;

/// Shortest and longest encoding in bytes of a pool's terms.
const TERMS_MIN_LENGTH: usize = POOL_MIN_LENGTH - POOL_HEAD_LENGTH;
const TERMS_MAX_LENGTH: usize = POOL_MAX_LENGTH - POOL_HEAD_LENGTH;

/// Length in bytes of a fee. Each optional field of a pool's terms is a fee, or an address of twice the length.
const TERMS_STEP: usize = size_of::<PodFee>();

fn invalid() -> Error {
    Error::new(ErrorKind::InvalidData, "the bytes are not a valid encoding")
}

/// Decodes a value from the front of a slice, which then starts behind it.
fn read_slice<'a, T>(
    bytes: &mut &'a [u8],
    decode: impl FnOnce(&mut Reader<'a>) -> core::result::Result<T, ProgramError>,
) -> Result<T> {
    let mut reader = Reader::new(bytes);
    let value = decode(&mut reader).map_err(|_| invalid())?;
    *bytes = reader.rest();
    Ok(value)
}

/// Fills `bytes` from a stream until `decode` accepts them. Reads no bytes beyond the value.
fn fill<R: Read>(
    stream: &mut R,
    bytes: &mut Vec<u8>,
    decode: impl Fn(&mut Reader) -> core::result::Result<(), ProgramError>,
) -> Result<()> {
    loop {
        let mut reader = Reader::new(bytes);
        if decode(&mut reader).is_ok() {
            return Ok(());
        }
        let (start, missing) = (bytes.len(), reader.missing());
        if missing == 0 {
            return Err(invalid());
        }
        bytes.resize(start.saturating_add(missing.min(CHUNK)), 0);
        stream.read_exact(&mut bytes[start..])?;
    }
}

fn read_stream<R: Read, T>(
    stream: &mut R,
    decode: impl Fn(&mut Reader) -> core::result::Result<T, ProgramError>,
) -> Result<T> {
    let mut bytes = Vec::new();
    fill(stream, &mut bytes, |reader| decode(reader).map(drop))?;
    read_slice(&mut &bytes[..], decode)
}

fn write_with<W: Write>(
    stream: &mut W,
    encode: impl FnOnce(&mut Writer) -> core::result::Result<(), ProgramError>,
) -> Result<()> {
    let mut bytes = [0; BUFFER];
    let mut writer = Writer::new(&mut bytes);
    encode(&mut writer).map_err(|_| invalid())?;
    let length = writer.written();
    stream.write_all(&bytes[..length])
}

macro_rules! coded {
    ($($name:ty),*) => {
        $(
            impl BorshDeserialize for $name {
                fn deserialize(bytes: &mut &[u8]) -> Result<Self> {
                    read_slice(bytes, |reader| Self::read(reader))
                }

                fn deserialize_reader<R: Read>(stream: &mut R) -> Result<Self> {
                    read_stream(stream, |reader| Self::read(reader))
                }
            }

            impl BorshSerialize for $name {
                fn serialize<W: Write>(&self, stream: &mut W) -> Result<()> {
                    write_with(stream, |writer| self.write(writer))
                }
            }
        )*
    };
}

coded!(FeeType, FundingType, PreferredValidatorType, AccountType, StakeStatus);

/// Reads a struct whose memory layout is its account layout.
fn read_pod<R: Read, T: Pod>(stream: &mut R) -> Result<T> {
    let mut value = T::zeroed();
    stream.read_exact(bytemuck::bytes_of_mut(&mut value))?;
    Ok(value)
}

macro_rules! plain {
    ($($name:ty),*) => {
        $(
            impl BorshDeserialize for $name {
                fn deserialize_reader<R: Read>(stream: &mut R) -> Result<Self> {
                    read_pod(stream)
                }
            }

            impl BorshSerialize for $name {
                fn serialize<W: Write>(&self, stream: &mut W) -> Result<()> {
                    stream.write_all(bytemuck::bytes_of(self))
                }
            }
        )*
    };
}

plain!(U16, U32, U64, PodFee, PodLockup, EntryExtension, ValidatorStakeInfo);

impl BorshDeserialize for PoolHead {
    fn deserialize_reader<R: Read>(stream: &mut R) -> Result<Self> {
        let mut bytes = [0; POOL_HEAD_LENGTH];
        stream.read_exact(&mut bytes)?;
        split_head(&bytes).map(|(head, _)| *head).map_err(|_| invalid())
    }
}

impl BorshSerialize for PoolHead {
    fn serialize<W: Write>(&self, stream: &mut W) -> Result<()> {
        stream.write_all(bytemuck::bytes_of(self))
    }
}

impl BorshDeserialize for PoolTerms {
    fn deserialize_reader<R: Read>(stream: &mut R) -> Result<Self> {
        let mut bytes = [0; TERMS_MAX_LENGTH];
        let mut length = 0;
        // Reads no bytes beyond the terms: they decode as soon as they are complete.
        for end in (TERMS_MIN_LENGTH..=TERMS_MAX_LENGTH).step_by(TERMS_STEP) {
            stream.read_exact(&mut bytes[length..end])?;
            length = end;
            if let Ok(decoded) = Self::decode(&bytes[..length]) {
                return Ok(decoded);
            }
        }
        Err(invalid())
    }
}

impl BorshSerialize for PoolTerms {
    fn serialize<W: Write>(&self, stream: &mut W) -> Result<()> {
        let mut bytes = [0; TERMS_MAX_LENGTH];
        let length = self.encode(&mut bytes).map_err(|_| invalid())?;
        stream.write_all(&bytes[..length])
    }
}

impl BorshDeserialize for StakePool {
    fn deserialize_reader<R: Read>(stream: &mut R) -> Result<Self> {
        Ok(Self { head: PoolHead::deserialize_reader(stream)?, terms: PoolTerms::deserialize_reader(stream)? })
    }
}

impl BorshSerialize for StakePool {
    fn serialize<W: Write>(&self, stream: &mut W) -> Result<()> {
        self.head.serialize(stream)?;
        self.terms.serialize(stream)
    }
}

/// An owned validator list with its records, for clients. The program and the client crate use
/// [`split_validator_list`](crate::state::split_validator_list), which copies nothing.
///
/// As in the published crate, decoding accepts a list of any known account type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ValidatorList {
    /// The account's type: [`AccountType::ValidatorList`] once it is initialized.
    pub account_type: AccountType,
    /// Records that the account has room for.
    pub max_validators: u32,
    /// The records in use.
    pub validators: Vec<ValidatorStakeInfo>,
}

impl BorshDeserialize for ValidatorList {
    fn deserialize_reader<R: Read>(stream: &mut R) -> Result<Self> {
        let header: ValidatorListHeader = read_pod(stream)?;
        let account_type = AccountType::from_u8(header.account_type).ok_or_else(invalid)?;
        // No allocation before the records are there: the length may be any number.
        let validators = (0..header.length.get()).map(|_| read_pod(stream)).collect::<Result<_>>()?;
        Ok(Self { account_type, max_validators: header.max_validators.get(), validators })
    }
}

impl BorshSerialize for ValidatorList {
    fn serialize<W: Write>(&self, stream: &mut W) -> Result<()> {
        let header = ValidatorListHeader {
            account_type: self.account_type as u8,
            max_validators: self.max_validators.into(),
            length: u32::try_from(self.validators.len()).map_err(|_| invalid())?.into(),
        };
        let bytes: &[u8; VALIDATOR_LIST_HEADER_LENGTH] = bytemuck::cast_ref(&header);
        stream.write_all(bytes)?;
        stream.write_all(bytemuck::cast_slice(&self.validators))
    }
}

/// An instruction with texts of its own: [`StakePoolInstruction`] borrows them, which Borsh cannot decode.
///
/// It holds the instruction's data, which decodes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnedInstruction(Vec<u8>);

impl OwnedInstruction {
    /// The instruction.
    pub fn get(&self) -> StakePoolInstruction<'_> {
        StakePoolInstruction::decode(&self.0).expect("an `OwnedInstruction` is made of data that decodes")
    }
}

impl From<StakePoolInstruction<'_>> for OwnedInstruction {
    fn from(instruction: StakePoolInstruction<'_>) -> Self {
        Self(instruction.to_vec())
    }
}

impl BorshDeserialize for OwnedInstruction {
    fn deserialize(bytes: &mut &[u8]) -> Result<Self> {
        read_slice(bytes, StakePoolInstruction::read).map(Self::from)
    }

    fn deserialize_reader<R: Read>(stream: &mut R) -> Result<Self> {
        let mut bytes = Vec::new();
        fill(stream, &mut bytes, |reader| StakePoolInstruction::read(reader).map(drop))?;
        Ok(Self(bytes))
    }
}

impl BorshSerialize for OwnedInstruction {
    fn serialize<W: Write>(&self, stream: &mut W) -> Result<()> {
        stream.write_all(&self.0)
    }
}

impl BorshSerialize for StakePoolInstruction<'_> {
    fn serialize<W: Write>(&self, stream: &mut W) -> Result<()> {
        stream.write_all(&self.to_vec())
    }
}
