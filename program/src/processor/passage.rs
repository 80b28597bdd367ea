//! The passage of stake through the ephemeral account, and where it can be left out.
//!
//! In the contract, the additional variants make the ephemeral account, delegate or deactivate the stake in it, and then either merge
//! it with what moves already or, where nothing does, split all of it off into a new transient account. The latter leaves the ephemeral
//! account without lamports, and the runtime drops it. Where nothing lies at either address, stake that is put into the transient
//! account from the start makes the same account, for three calls less.

use {
    crate::{
        processor::moving_stake::Ephemeral,
        validation::{Pool, check_ephemeral_stake},
    },
    pinocchio::{AccountView, error::ProgramError},
    tidepool_interface::{address::SYSTEM_PROGRAM_ID, state::ValidatorStakeInfo},
};

/// How stake gets to the transient account.
pub enum Passage {
    /// At once.
    Direct,
    /// In the transient account from the start, where the contract goes through an ephemeral account that ends up empty.
    Shortened,
    /// Through the ephemeral account.
    Through(Ephemeral),
}

impl Passage {
    /// Chooses the passage and checks the address of an ephemeral account that is left out. `is_transient_right` says whether the
    /// transient account is the one of the request: the contract finds out that it is not after the first calls, which may fail
    /// before.
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

/// Whether nothing lies at an address, and an account can be made there.
fn is_vacant(account: &AccountView) -> bool {
    account.lamports() == 0 && account.is_data_empty() && account.owned_by(&SYSTEM_PROGRAM_ID) && account.is_writable()
}
