//! Stake accounts of the stake program (`StakeStateV2`).

use {
    crate::{
        error::StakePoolError,
        state::{PodLockup, U64},
    },
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
    solana_address::Address,
    solana_program_error::ProgramError,
};

/// Authorities and lockup of a stake account.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct StakeMeta {
    /// Rent-exempt reserve in lamports at the account's creation. The rent in force can differ.
    pub rent_exempt_reserve: U64,
    /// May delegate, deactivate, split and merge.
    pub staker: Address,
    /// May withdraw.
    pub withdrawer: Address,
    /// Lockup: no withdrawals until it ends.
    pub lockup: PodLockup,
}

/// Delegation of a stake account.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Delegation {
    /// The vote account.
    pub voter: Address,
    /// Delegated lamports.
    pub stake: U64,
    /// Epoch in which the stake was delegated.
    pub activation_epoch: U64,
    /// Epoch in which the stake was deactivated; `u64::MAX` if it was not.
    pub deactivation_epoch: U64,
    /// Formerly the warm-up rate.
    pub reserved: [u8; 8],
    /// Vote credits of the validator up to which rewards are paid.
    pub credits_observed: U64,
}

const META_LENGTH: usize = size_of::<StakeMeta>();
const DELEGATION_LENGTH: usize = size_of::<Delegation>();
const _: () = assert!(META_LENGTH == 120 && DELEGATION_LENGTH == 72);

/// Deactivation epoch of stake that was not deactivated.
pub const NOT_DEACTIVATED: u64 = u64::MAX;

impl StakeMeta {
    /// The authorities and the lockup of a pool's stake accounts, with a rent-exempt reserve of 0.
    pub fn of_pool(withdraw_authority: &Address, lockup: &PodLockup) -> Self {
        Self {
            rent_exempt_reserve: U64::new(0),
            staker: *withdraw_authority,
            withdrawer: *withdraw_authority,
            lockup: *lockup,
        }
    }

    /// Whether both have the same authorities and lockup.
    #[inline(always)]
    pub fn is_usable_alike(&self, other: &Self) -> bool {
        // One comparison covers all fields after the rent-exempt reserve.
        // guard: lockup-of-pool
        bytemuck::bytes_of(self)[size_of::<U64>()..] == bytemuck::bytes_of(other)[size_of::<U64>()..]
    }

    /// Whether the pool controls the account: `withdraw_authority` is staker and withdrawer, and the lockup is the pool's.
    #[inline]
    pub fn is_usable_by_pool(&self, withdraw_authority: &Address, lockup: &PodLockup) -> bool {
        self.staker == *withdraw_authority && self.withdrawer == *withdraw_authority && self.lockup == *lockup
    }
}

impl Delegation {
    /// Whether the stake is inactive in `epoch`. Ignores the cluster's cool-down limit.
    #[inline]
    pub const fn is_inactive(&self, epoch: u64) -> bool {
        let deactivated = self.deactivation_epoch.get();
        deactivated < epoch || (deactivated == epoch && self.activation_epoch.get() == epoch)
    }

    /// Whether the stake has not been deactivated.
    #[inline]
    pub const fn is_delegated(&self) -> bool {
        self.deactivation_epoch.get() == NOT_DEACTIVATED
    }
}

/// The state of a stake account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StakeState<'a> {
    /// No authorities yet.
    Uninitialized,
    /// With authorities, never delegated.
    Initialized(&'a StakeMeta),
    /// Delegated, at present or in the past.
    Stake(&'a StakeMeta, &'a Delegation),
    /// Retired.
    RewardsPool,
}

impl<'a> StakeState<'a> {
    /// Decodes a stake account's data. The caller checks the owner.
    ///
    /// # Errors
    /// `BorshIoError` if the data is too short or its tag is invalid: SPL behaviour.
    #[inline]
    pub fn decode(data: &'a [u8]) -> Result<Self, ProgramError> {
        let (tag, rest) = data.split_first_chunk().ok_or(ProgramError::BorshIoError)?;
        match u32::from_le_bytes(*tag) {
            0 => Ok(Self::Uninitialized),
            1 => split_pod(rest).map(|(meta, _)| Self::Initialized(meta)),
            2 => {
                let (meta, rest) = split_pod(rest)?;
                let (delegation, flags) = split_pod(rest)?;
                // The flags are one byte, of any value.
                if flags.is_empty() {
                    return Err(ProgramError::BorshIoError);
                }
                Ok(Self::Stake(meta, delegation))
            }
            3 => Ok(Self::RewardsPool),
            _ => Err(ProgramError::BorshIoError),
        }
    }

    /// Decodes an account that must be in the state [`Self::Stake`].
    ///
    /// # Errors
    /// As [`Self::decode`]; [`StakePoolError::WrongStakeStake`] in any other state.
    #[inline]
    pub fn decode_delegated(data: &'a [u8]) -> Result<(&'a StakeMeta, &'a Delegation), ProgramError> {
        match Self::decode(data)? {
            Self::Stake(meta, delegation) => Ok((meta, delegation)),
            Self::Uninitialized | Self::Initialized(_) | Self::RewardsPool => {
                Err(StakePoolError::WrongStakeStake.into())
            }
        }
    }
}

fn split_pod<T: Pod>(bytes: &[u8]) -> Result<(&T, &[u8]), ProgramError> {
    let (value, rest) = bytes.split_at_checked(size_of::<T>()).ok_or(ProgramError::BorshIoError)?;
    Ok((bytemuck::from_bytes(value), rest))
}
