//! What quotes depend on beside the pool's accounts.

use {crate::QuoteError, tidepool_interface::STAKE_ACCOUNT_SPACE};

/// Bytes that rent is charged for beside an account's data.
const ACCOUNT_OVERHEAD: u64 = 128;

/// State of the cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Environment {
    /// Current epoch.
    pub epoch: u64,
    /// Unix time in seconds, for lockups of deposited stake.
    pub unix_timestamp: i64,
    /// Rent-exempt lamports of a stake account.
    pub stake_rent: u64,
    /// Result of the stake program's `GetMinimumDelegation`, in lamports.
    pub minimum_delegation: u64,
    /// Whether epoch rewards are being paid: the stake program then rejects all but reads.
    pub epoch_rewards_active: bool,
}

impl Default for Environment {
    /// Epoch 0, with the rent and the minimum delegation of mainnet.
    fn default() -> Self {
        Self { epoch: 0, unix_timestamp: 0, stake_rent: 2_282_880, minimum_delegation: 1, epoch_rewards_active: false }
    }
}

impl Environment {
    /// The environment by the data of three sysvar accounts: clock, rent and epoch rewards.
    ///
    /// # Errors
    /// [`QuoteError::Malformed`].
    pub fn from_sysvars(
        clock: &[u8],
        rent: &[u8],
        epoch_rewards: &[u8],
        minimum_delegation: u64,
    ) -> Result<Self, QuoteError> {
        let environment = Self {
            epoch: number(clock, 16)?,
            unix_timestamp: number(clock, 32)?.cast_signed(),
            minimum_delegation,
            ..Self::default()
        };
        environment.with_rent_sysvar(rent)?.with_epoch_rewards_sysvar(epoch_rewards)
    }

    pub(crate) fn with_rent_sysvar(self, data: &[u8]) -> Result<Self, QuoteError> {
        let (lamports_per_byte, threshold) = (number(data, 0)?, f64::from_bits(number(data, 8)?));
        // 1 on clusters with SIMD-0194, 2 before. There has been no other threshold.
        let factor = match threshold {
            1.0 => 1,
            2.0 => 2,
            _ => return Err(QuoteError::Malformed),
        };
        let bytes = ACCOUNT_OVERHEAD.saturating_add(STAKE_ACCOUNT_SPACE as u64);
        let stake_rent = lamports_per_byte.checked_mul(factor).and_then(|lamports| lamports.checked_mul(bytes));
        Ok(Self { stake_rent: stake_rent.ok_or(QuoteError::Malformed)?, ..self })
    }

    pub(crate) fn with_epoch_rewards_sysvar(self, data: &[u8]) -> Result<Self, QuoteError> {
        // The last field of the sysvar.
        let epoch_rewards_active = *data.get(80).ok_or(QuoteError::Malformed)? != 0;
        Ok(Self { epoch_rewards_active, ..self })
    }
}

fn number(data: &[u8], at: usize) -> Result<u64, QuoteError> {
    let bytes = data.get(at..).and_then(|rest| rest.first_chunk()).ok_or(QuoteError::Malformed)?;
    Ok(u64::from_le_bytes(*bytes))
}
