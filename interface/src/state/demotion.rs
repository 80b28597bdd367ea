//! Demotion: permissionless rules that take a bad validator's stake down, by proof.

use {
    super::{Ceiling, U16, U64},
    crate::{error::ExtensionError, schema::BasisPoints},
    core::mem::size_of,
    tidepool_core::{
        maths::{Lamports, Wide},
        rebalance::BASIS_POINTS,
    },
};

/// Most epochs without credits that a policy can allow. A vote account keeps the credits of 64 epochs.
pub const EPOCHS_WITHOUT_CREDITS_MAX: u8 = 30;
/// Longest cooldown, in epochs.
pub const COOLDOWN_EPOCHS_MAX: u16 = 1_000;

layout! {
    /// When a validator can be demoted. All zero is never.
    #[derive(Default)]
    pub struct DemotionPolicy {
        /// Highest commission on inflation rewards.
        pub inflation_commission: Ceiling,
        /// Highest commission on block revenue. Judged for vote accounts of version 4 only: the earlier ones share none.
        pub block_commission: Ceiling,
        /// Number of complete epochs in a row without credits; 0 for no rule. At most [`EPOCHS_WITHOUT_CREDITS_MAX`].
        pub epochs_without_credits: u8,
        /// 1 if a validator needs a BLS key.
        pub requires_bls_key: u8,
        /// Epochs after a demotion in which the staker cannot reinstate the validator. At most [`COOLDOWN_EPOCHS_MAX`].
        pub cooldown_epochs: U16,
        /// Most demotions in one epoch; 0 for none at all.
        pub max_validators: U16,
        /// Most stake that can be demoted in one epoch, in basis points of the pool.
        pub max_stake: U16 as BasisPoints,
        /// Zero.
        pub reserved: [u8; 4],
    }
}

const _: () = assert!(size_of::<DemotionPolicy>() == 16 && align_of::<DemotionPolicy>() == 1);

impl DemotionPolicy {
    /// No demotions.
    pub const NONE: Self = Self {
        inflation_commission: Ceiling::UNSET,
        block_commission: Ceiling::UNSET,
        epochs_without_credits: 0,
        requires_bls_key: 0,
        cooldown_epochs: U16::new(0),
        max_validators: U16::new(0),
        max_stake: U16::new(0),
        reserved: [0; 4],
    };

    /// Checks that each value is in its range.
    ///
    /// # Errors
    /// [`ExtensionError::InvalidDemotionPolicy`].
    pub fn check(&self) -> Result<(), ExtensionError> {
        let is_valid = self.inflation_commission.is_valid()
            && self.block_commission.is_valid()
            && self.epochs_without_credits <= EPOCHS_WITHOUT_CREDITS_MAX
            && self.requires_bls_key <= 1
            && self.cooldown_epochs.get() <= COOLDOWN_EPOCHS_MAX
            && self.max_stake.get() <= BASIS_POINTS
            && self.reserved == [0; 4];
        if is_valid { Ok(()) } else { Err(ExtensionError::InvalidDemotionPolicy) }
    }
}

layout! {
    /// Demotions of one epoch.
    #[derive(Default)]
    pub struct DemotionCount {
        /// The epoch.
        pub epoch: U64,
        /// Lamports of the validators demoted in it.
        pub lamports: U64 as Lamports,
        /// Validators demoted in it.
        pub validators: U16,
    }
}

impl DemotionCount {
    /// None.
    pub const NONE: Self = Self { epoch: U64::new(0), lamports: U64::new(0), validators: U16::new(0) };

    /// Adds a demotion of a validator that has `lamports` of the pool's `total_lamports`.
    ///
    /// # Errors
    /// [`ExtensionError::DemotionBoundReached`] if the policy does not allow it in this epoch.
    pub fn add(
        &mut self,
        policy: &DemotionPolicy,
        epoch: u64,
        lamports: u64,
        total_lamports: u64,
    ) -> Result<(), ExtensionError> {
        if self.epoch.get() != epoch {
            *self = Self { epoch: epoch.into(), ..Self::NONE };
        }
        let validators = self.validators.get().saturating_add(1);
        let lamports = self.lamports.get().saturating_add(lamports);
        let most = Wide::product(total_lamports, policy.max_stake.get().into());
        if validators > policy.max_validators.get() || Wide::product(lamports, BASIS_POINTS.into()) > most {
            return Err(ExtensionError::DemotionBoundReached);
        }
        self.validators.set(validators);
        self.lamports.set(lamports);
        Ok(())
    }
}

numbered! {
    /// Why a validator can be demoted.
    #[derive(Hash, Ord, PartialOrd)]
    pub enum DemotionGround {
        /// Its commission on inflation rewards is above the policy's.
        InflationCommission,
        /// Its commission on block revenue is above the policy's.
        BlockCommission,
        /// It has no BLS key, and the policy requires one.
        NoBlsKey,
        /// It earned no credits for the policy's number of epochs, and another validator of the pool did in each.
        NoCredits,
        /// Its vote account is closed.
        Closed,
    }
}

impl DemotionGround {
    /// All grounds, in the order of their numbers.
    pub const ALL: [Self; 5] =
        [Self::InflationCommission, Self::BlockCommission, Self::NoBlsKey, Self::NoCredits, Self::Closed];

    /// The ground with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}
