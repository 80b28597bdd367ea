//! The rent in force.

use {
    pinocchio::{AccountView, error::ProgramError, sysvars::get_sysvar},
    tidepool_interface::address::RENT_ID,
};

/// Bytes that rent adds to each account's data length.
const ACCOUNT_STORAGE_OVERHEAD: u64 = 128;

/// Exemption thresholds of 1.0 and of 2.0 years, as `f64` bits.
const ONE_YEAR: u64 = 1.0f64.to_bits();
const TWO_YEARS: u64 = 2.0f64.to_bits();

/// Bytes read from the sysvar: lamports per byte and the exemption threshold.
const RENT_LENGTH: usize = 16;

/// The rent in force.
#[derive(Clone, Copy)]
pub struct Rent {
    /// Rent-exempt lamports per byte.
    lamports_per_byte: u64,
}

impl Rent {
    /// The rent from the runtime.
    ///
    /// # Errors
    /// `UnsupportedSysvar` if the exemption threshold is neither 1.0 nor 2.0 years: sBPF has no floating point.
    pub fn get() -> Result<Self, ProgramError> {
        let mut bytes = [0; RENT_LENGTH];
        get_sysvar(&mut bytes, &RENT_ID, 0)?;
        Self::from_bytes(&bytes)
    }

    /// The rent from the rent sysvar's account.
    ///
    /// # Errors
    /// `InvalidArgument` if the account is not the rent sysvar; as [`Self::get`].
    pub fn from_account(account: &AccountView) -> Result<Self, ProgramError> {
        if *account.address() != RENT_ID {
            return Err(ProgramError::InvalidArgument);
        }
        let data = account.try_borrow()?;
        Self::from_bytes(data.first_chunk().ok_or(ProgramError::InvalidArgument)?)
    }

    fn from_bytes(bytes: &[u8; RENT_LENGTH]) -> Result<Self, ProgramError> {
        let [per_byte, threshold] = *bytemuck::cast_ref::<_, [[u8; 8]; 2]>(bytes);
        let per_byte = u64::from_le_bytes(per_byte);
        let lamports_per_byte = match u64::from_le_bytes(threshold) {
            ONE_YEAR => per_byte,
            TWO_YEARS => per_byte.checked_add(per_byte).ok_or(ProgramError::ArithmeticOverflow)?,
            _ => return Err(ProgramError::UnsupportedSysvar),
        };
        Ok(Self { lamports_per_byte })
    }

    /// Rent-exempt lamports for `data_length` bytes.
    #[inline]
    pub const fn minimum_balance(&self, data_length: usize) -> u64 {
        let bytes = ACCOUNT_STORAGE_OVERHEAD.saturating_add(data_length as u64);
        // A data length is at most 10 MiB, and rent is some thousand lamports per byte: the product fits in practice.
        if bytes >> 32 == 0 && self.lamports_per_byte >> 32 == 0 {
            return bytes.wrapping_mul(self.lamports_per_byte);
        }
        // With a saturated rent, no account is rent-exempt.
        bytes.saturating_mul(self.lamports_per_byte)
    }

    /// Rent-exempt lamports for the account's own data length.
    #[inline]
    pub fn of(&self, account: &AccountView) -> u64 {
        self.minimum_balance(account.data_len())
    }

    /// Whether the account holds its rent.
    #[inline]
    pub fn is_exempt(&self, account: &AccountView) -> bool {
        account.lamports() >= self.of(account)
    }
}
