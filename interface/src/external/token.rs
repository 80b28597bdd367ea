//! Mints and token accounts of SPL Token and Token-2022, and the extensions that a pool supports.

use {
    crate::error::StakePoolError::{self, InvalidFeeAccount, UnsupportedFeeAccountExtension, UnsupportedMintExtension},
    solana_address::Address,
    solana_program_error::ProgramError,
};

/// Data length in bytes of a mint without extensions.
pub const MINT_LENGTH: usize = 82;

/// Data length in bytes of a token account without extensions.
pub const TOKEN_ACCOUNT_LENGTH: usize = 165;

/// Data length in bytes of a multisig. The token programs recognize a multisig by its length.
const MULTISIG_LENGTH: usize = 355;

/// Extension types with their numbers in Token-2022.
mod extension {
    pub const TRANSFER_FEE_CONFIG: u16 = 1;
    pub const TRANSFER_FEE_AMOUNT: u16 = 2;
    pub const CONFIDENTIAL_TRANSFER_MINT: u16 = 4;
    pub const DEFAULT_ACCOUNT_STATE: u16 = 6;
    pub const IMMUTABLE_OWNER: u16 = 7;
    pub const INTEREST_BEARING_CONFIG: u16 = 10;
    pub const CPI_GUARD: u16 = 11;
    pub const CONFIDENTIAL_TRANSFER_FEE_CONFIG: u16 = 16;
    pub const METADATA_POINTER: u16 = 18;
    pub const TOKEN_METADATA: u16 = 19;
    /// Highest number known to the SPL stake pool, which treats higher numbers as malformed data.
    pub const LAST_KNOWN: u16 = 28;
}

/// Whether a pool's mint may have an extension. Extensions that allow other parties to mint, seize, block or close are not supported.
const fn is_supported_for_mint(kind: u16) -> bool {
    use extension::*;
    matches!(
        kind,
        TRANSFER_FEE_CONFIG
            | CONFIDENTIAL_TRANSFER_MINT
            | CONFIDENTIAL_TRANSFER_FEE_CONFIG
            | DEFAULT_ACCOUNT_STATE
            | INTEREST_BEARING_CONFIG
            | METADATA_POINTER
            | TOKEN_METADATA
    )
}

/// Whether a manager fee account may have an extension. Extensions that could block a plain transfer are not supported.
const fn is_supported_for_fee_account(kind: u16) -> bool {
    use extension::*;
    matches!(kind, TRANSFER_FEE_AMOUNT | IMMUTABLE_OWNER | CPI_GUARD)
}

/// Account type byte of Token-2022, which precedes the extensions and distinguishes mints from accounts.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Mint = 1,
    Account = 2,
}

/// A mint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mint<'a> {
    /// Mint authority, if set.
    pub mint_authority: Option<&'a Address>,
    /// Tokens in existence, in the smallest unit.
    pub supply: u64,
    /// Decimals.
    pub decimals: u8,
    /// Freeze authority, if set.
    pub freeze_authority: Option<&'a Address>,
    extensions: &'a [u8],
}

impl<'a> Mint<'a> {
    /// Decodes an initialized mint. The caller checks the owner.
    ///
    /// # Errors
    /// `UninitializedAccount`, or `InvalidAccountData` if the data is malformed.
    #[inline]
    pub fn decode(data: &'a [u8]) -> Result<Self, ProgramError> {
        let (base, rest) = split_base::<MINT_LENGTH>(data)?;
        let mint = Self {
            mint_authority: option_address(base, 0)?,
            supply: read_u64(base, 36)?,
            decimals: base[44],
            freeze_authority: option_address(base, 46)?,
            extensions: &[],
        };
        match base[45] {
            0 => return Err(ProgramError::UninitializedAccount),
            1 => {}
            _ => return Err(ProgramError::InvalidAccountData),
        }
        Ok(Self {
            extensions: extension_bytes(rest, TOKEN_ACCOUNT_LENGTH.saturating_sub(MINT_LENGTH), Kind::Mint)?,
            ..mint
        })
    }

    /// Checks that the pool supports the mint's extensions.
    ///
    /// # Errors
    /// [`UnsupportedMintExtension`]; `InvalidAccountData` if the extensions are malformed.
    pub fn check_extensions(&self) -> Result<(), ProgramError> {
        check_extensions(self.extensions, is_supported_for_mint, UnsupportedMintExtension)
    }
}

/// A token account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenAccount<'a> {
    /// The mint.
    pub mint: &'a Address,
    /// The holder.
    pub owner: &'a Address,
    /// Tokens held, in the smallest unit.
    pub amount: u64,
    /// Whether a delegate may spend a part of the tokens.
    pub has_delegate: bool,
    /// Whether the account is frozen.
    pub is_frozen: bool,
    extensions: &'a [u8],
}

impl<'a> TokenAccount<'a> {
    /// Decodes an initialized token account. The caller checks the owner program.
    ///
    /// # Errors
    /// `UninitializedAccount`, or `InvalidAccountData` if the data is malformed.
    #[inline]
    pub fn decode(data: &'a [u8]) -> Result<Self, ProgramError> {
        let (base, rest) = split_base::<TOKEN_ACCOUNT_LENGTH>(data)?;
        let has_delegate = option_tag(base, 72)?;
        option_tag(base, 109)?;
        option_tag(base, 129)?;
        let is_frozen = match base[108] {
            0 => return Err(ProgramError::UninitializedAccount),
            1 => false,
            2 => true,
            _ => return Err(ProgramError::InvalidAccountData),
        };
        Ok(Self {
            mint: address_at(base, 0)?,
            owner: address_at(base, 32)?,
            amount: read_u64(base, 64)?,
            has_delegate,
            is_frozen,
            extensions: extension_bytes(rest, 0, Kind::Account)?,
        })
    }
}

/// Checks that a token account can receive a manager's fees. The order of the checks is SPL behaviour.
///
/// `owner` is the account's owner program, `data` its data.
///
/// # Errors
/// `UninitializedAccount` or `InvalidAccountData` if it is not a token account; [`InvalidFeeAccount`] if it belongs to another
/// program or mint, or is frozen; [`UnsupportedFeeAccountExtension`].
pub fn check_manager_fee_account(
    owner: &Address,
    data: &[u8],
    token_program_id: &Address,
    pool_mint: &Address,
) -> Result<(), ProgramError> {
    let account = TokenAccount::decode(data)?;
    // guard: fee-account-payable
    if owner != token_program_id || account.is_frozen || account.mint != pool_mint {
        return Err(InvalidFeeAccount.into());
    }
    // guard: fee-account-extensions
    check_extensions(account.extensions, is_supported_for_fee_account, UnsupportedFeeAccountExtension)
}

fn split_base<const LENGTH: usize>(data: &[u8]) -> Result<(&[u8; LENGTH], &[u8]), ProgramError> {
    if data.len() == MULTISIG_LENGTH {
        return Err(ProgramError::InvalidAccountData);
    }
    data.split_first_chunk().ok_or(ProgramError::InvalidAccountData)
}

/// The bytes of the extensions. `rest` follows the base state: `padding` zeroes, the account type, then the entries.
fn extension_bytes(rest: &[u8], padding: usize, kind: Kind) -> Result<&[u8], ProgramError> {
    if rest.is_empty() {
        return Ok(rest);
    }
    let (zeroes, rest) = rest.split_at_checked(padding).ok_or(ProgramError::InvalidAccountData)?;
    let (found, entries) = rest.split_first().ok_or(ProgramError::InvalidAccountData)?;
    if zeroes.iter().any(|byte| *byte != 0) || *found != kind as u8 {
        return Err(ProgramError::InvalidAccountData);
    }
    Ok(entries)
}

/// Checks entries of (type, length, value) up to the first of type 0.
///
/// A malformed entry takes precedence over an unsupported one at any position: SPL behaviour.
fn check_extensions(
    mut entries: &[u8],
    is_supported: fn(u16) -> bool,
    unsupported: StakePoolError,
) -> Result<(), ProgramError> {
    let mut all_supported = true;
    while let Some((kind, rest)) = entries.split_first_chunk() {
        let kind = u16::from_le_bytes(*kind);
        if kind == 0 {
            break;
        }
        if kind > extension::LAST_KNOWN {
            return Err(ProgramError::InvalidAccountData);
        }
        let (length, rest) = rest.split_first_chunk().ok_or(ProgramError::InvalidAccountData)?;
        let length = usize::from(u16::from_le_bytes(*length));
        entries = rest.get(length..).ok_or(ProgramError::InvalidAccountData)?;
        all_supported &= is_supported(kind);
    }
    if all_supported { Ok(()) } else { Err(unsupported.into()) }
}

#[inline]
fn chunk<const N: usize>(bytes: &[u8], offset: usize) -> Result<&[u8; N], ProgramError> {
    bytes.get(offset..).and_then(|rest| rest.first_chunk()).ok_or(ProgramError::InvalidAccountData)
}

#[inline]
fn read_u64(bytes: &[u8], offset: usize) -> Result<u64, ProgramError> {
    chunk(bytes, offset).map(|value| u64::from_le_bytes(*value))
}

#[inline]
fn address_at(bytes: &[u8], offset: usize) -> Result<&Address, ProgramError> {
    chunk::<32>(bytes, offset).map(bytemuck::cast_ref)
}

/// The four-byte tag of an optional field.
#[inline]
fn option_tag(bytes: &[u8], offset: usize) -> Result<bool, ProgramError> {
    match u32::from_le_bytes(*chunk(bytes, offset)?) {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(ProgramError::InvalidAccountData),
    }
}

#[inline]
fn option_address(bytes: &[u8], offset: usize) -> Result<Option<&Address>, ProgramError> {
    let address = address_at(bytes, offset.saturating_add(4))?;
    Ok(option_tag(bytes, offset)?.then_some(address))
}
