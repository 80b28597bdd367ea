//! Limits of an extended pool. All of them are off in a pool without the extension.

use {
    super::Pool,
    pinocchio::{ProgramResult, error::ProgramError},
    tidepool_core::maths::{ExchangeRate, Fee, Lamports, PoolTokens},
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

    /// Checks that SOL can be deposited. Returns the lamports for which no pool tokens are minted; 0 without a growth charge.
    ///
    /// # Errors
    /// [`RateGuardHalt`]; [`CalculationFailure`] if a number exceeds 64 bits.
    #[inline(always)]
    pub fn check_sol_deposit(&self, epoch: u64, lamports: Lamports) -> Result<Lamports, ProgramError> {
        if !self.is_extended() {
            return Ok(Lamports::default());
        }
        self.check_not_halted(epoch)?;
        self.growth_charge(lamports)
    }

    #[inline(always)]
    fn growth_charge(&self, lamports: Lamports) -> Result<Lamports, ProgramError> {
        match self.extension_if_any() {
            Some(extension) if extension.limits.growth_charge.get() > 0 => {
                let charge = extension.growth_charge(self.rate_before_epoch());
                Ok(charge.of_deposit(&self.rate(), lamports).ok_or(CalculationFailure)?)
            }
            _ => Ok(Lamports::default()),
        }
    }

    /// The exchange rate before the first update of the epoch.
    // A function of its own, although it only calls another one: inlined, it costs the update of a plain pool two compute units.
    pub fn rate_before_epoch(&self) -> ExchangeRate {
        self.view().rate_before_epoch()
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
