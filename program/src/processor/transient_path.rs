//! The path of stake to the transient stake account, with or without the ephemeral account.
//!
//! In the SPL program, the additional variants create the ephemeral account and delegate or deactivate the stake in it. They merge it
//! into existing transient stake, or else split all of it into a new transient account. The split empties the ephemeral account, which
//! the runtime then removes. If both addresses are empty, a split directly into the transient account has the same result with three
//! calls less.

use {
    crate::{
        processor::transient_stake::Ephemeral,
        validation::{Pool, check_ephemeral_stake},
    },
    pinocchio::{AccountView, error::ProgramError},
    tidepool_interface::{address::SYSTEM_PROGRAM_ID, state::ValidatorStakeInfo},
};

/// Path of stake to the transient stake account.
pub enum TransientPath {
    /// Direct, in the variants without an ephemeral account.
    Direct,
    /// Direct, although the SPL program uses an ephemeral account, which it empties.
    Shortened,
    /// Through the ephemeral account.
    Through(Ephemeral),
}

impl TransientPath {
    /// Chooses the path and checks the address of an unused ephemeral account. `is_transient_right`: the transient account has the
    /// requested address. If it has not, the path is the SPL program's, which checks the address only after the first calls.
    ///
    /// # Errors
    /// As [`check_ephemeral_stake`].
    #[inline(always)]
    pub fn choose(
        pool: &Pool,
        record: &ValidatorStakeInfo,
        ephemeral: Option<Ephemeral>,
        transient: &AccountView,
        is_transient_right: bool,
    ) -> Result<Self, ProgramError> {
        let Some(ephemeral) = ephemeral else { return Ok(Self::Direct) };
        let joins = record.transient_stake_lamports.get() > 0;
        if joins || !is_transient_right || !is_vacant(transient) || !is_vacant(&ephemeral.account) {
            return Ok(Self::Through(ephemeral));
        }
        check_ephemeral_stake(pool, &ephemeral.account, ephemeral.seed)?;
        Ok(Self::Shortened)
    }
}

/// Whether the address is empty and writable, so that an account can be created there.
fn is_vacant(account: &AccountView) -> bool {
    account.lamports() == 0 && account.is_data_empty() && account.owned_by(&SYSTEM_PROGRAM_ID) && account.is_writable()
}
