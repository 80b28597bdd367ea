//! Limits of an extended pool. All of them are off in a pool without the extension.

use {
    super::Pool,
    pinocchio::{ProgramResult, error::ProgramError},
    tidepool_core::maths::{ExchangeRate, Fee, Lamports, PoolTokens, growth_charge},
    tidepool_interface::{
        ExtensionError::{FeeAboveCeiling, RateGuardHalt, ValidatorDemoted},
        StakePoolError::CalculationFailure,
        state::{Ceiling, FeeCeilings, ValidatorStakeInfo},
    },
};

impl Pool<'_> {
    /// Checks that the rate guard has not halted deposits and SOL withdrawals.
    ///
    /// # Errors
    /// [`RateGuardHalt`].
    #[inline(always)]
    pub fn check_not_halted(&self, epoch: u64) -> ProgramResult {
        // guard: halt
        match self.extension_if_any() {
            Some(extension) if extension.is_halted(epoch) => Err(RateGuardHalt.into()),
            _ => Ok(()),
        }
    }

    /// Checks that a validator can take stake.
    ///
    /// # Errors
    /// [`ValidatorDemoted`].
    #[inline(always)]
    pub fn check_not_demoted(&self, record: &ValidatorStakeInfo) -> ProgramResult {
        // guard: no-stake-for-demoted
        if self.is_extended() && record.extension.is_demoted() { Err(ValidatorDemoted.into()) } else { Ok(()) }
    }

    /// Checks the supply that a deposit leaves, which mints `minted` pool tokens.
    ///
    /// # Errors
    /// `SupplyBelowFloor`.
    #[inline(always)]
    pub fn check_supply_floor(&self, minted: PoolTokens) -> ProgramResult {
        let Some(extension) = self.extension_if_any() else { return Ok(()) };
        // guard: supply-floor
        Ok(extension.limits.check_supply(self.rate().pool_token_supply.get().saturating_add(minted.get()))?)
    }

    /// Lamports of a SOL deposit for which no pool tokens are minted; 0 without a growth charge.
    ///
    /// # Errors
    /// [`CalculationFailure`] if a number exceeds 64 bits.
    #[inline(always)]
    pub fn growth_charge(&self, lamports: Lamports) -> Result<Lamports, ProgramError> {
        match self.extension_if_any() {
            Some(extension) if extension.limits.growth_charge.get() > 0 => {
                let epochs = extension.ledger.epochs_of_last_growth().unwrap_or(1);
                let hundredths = extension.limits.growth_charge.get();
                let charge = growth_charge(&self.rate(), &self.rate_before_epoch(), epochs, hundredths, lamports);
                Ok(charge.ok_or(CalculationFailure)?)
            }
            _ => Ok(Lamports::default()),
        }
    }

    /// The exchange rate before the first update of the epoch.
    pub fn rate_before_epoch(&self) -> ExchangeRate {
        let view = self.view();
        ExchangeRate {
            total_lamports: Lamports::new(view.last_epoch_total_lamports()),
            pool_token_supply: PoolTokens::new(view.last_epoch_pool_token_supply()),
        }
    }

    /// Checks a fee against its ceiling.
    ///
    /// # Errors
    /// `FeeAboveCeiling`.
    pub fn check_ceiling(&self, ceiling: impl FnOnce(&FeeCeilings) -> Ceiling, fee: &Fee) -> ProgramResult {
        let Some(extension) = self.extension_if_any() else { return Ok(()) };
        // guard: fee-ceiling
        if ceiling(&extension.limits.ceilings).holds_for(fee) { Ok(()) } else { Err(FeeAboveCeiling.into()) }
    }
}
