//! The SPL withdrawal order: the stake accounts that a holder may withdraw from, for the program and for planners.

use crate::{
    error::Error::{self, IncorrectWithdrawVoteAddress, StakeLamportsNotEqualToMinimum},
    maths::ExchangeRate,
    minimum_stake_lamports,
    row::ValidatorRow,
};

/// Source of a withdrawn stake account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StakeSource {
    /// A part of a validator stake account.
    Active,
    /// A part of a transient stake account.
    Transient,
    /// A whole validator stake account, which takes the validator out of the pool.
    ValidatorRemoval,
}

/// Amounts that decide the withdrawal order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WithdrawalLimits {
    /// Lamports that must stay in a split stake account: rent and the minimum delegation.
    pub required_lamports: u64,
    /// Lamports per pool token (its smallest unit), rounded up: the tolerance in the price of a whole account.
    pub lamports_per_pool_token: u64,
    /// An account with more lamports than this can be split: both halves keep the minimum delegation.
    pub withdrawable_above: u64,
}

impl WithdrawalLimits {
    /// Limits for a stake account with `rent` rent-exempt lamports. `stake_program_minimum` is the minimum delegation of the
    /// stake program, in lamports.
    ///
    /// # Errors
    /// [`Error::CalculationFailure`] if the pool token has no supply.
    pub fn new(rate: &ExchangeRate, rent: u64, stake_program_minimum: u64) -> Result<Self, Error> {
        let required_lamports = minimum_stake_lamports(rent, stake_program_minimum);
        let lamports_per_pool_token = rate.lamports_per_pool_token().ok_or(Error::CalculationFailure)?.get();
        Ok(Self {
            required_lamports,
            lamports_per_pool_token,
            withdrawable_above: required_lamports
                .saturating_add(stake_program_minimum)
                .saturating_add(lamports_per_pool_token),
        })
    }

    /// Checks that `lamports` can be split off an account that holds `balance` lamports.
    ///
    /// # Errors
    /// [`StakeLamportsNotEqualToMinimum`] if less than the required lamports would stay.
    #[inline]
    pub const fn check_split(&self, balance: u64, lamports: u64) -> Result<(), Error> {
        // guard: split-keeps-minimum
        if balance.saturating_sub(lamports) < self.required_lamports {
            return Err(StakeLamportsNotEqualToMinimum);
        }
        Ok(())
    }

    /// Checks that pool tokens with the value `lamports` can withdraw a whole account of `balance` lamports. Rounding may favour the pool
    /// by one pool token.
    ///
    /// # Errors
    /// [`StakeLamportsNotEqualToMinimum`].
    #[inline]
    pub const fn check_whole(&self, balance: u64, lamports: u64) -> Result<(), Error> {
        // guard: price-of-whole-account
        if lamports < balance || lamports > balance.saturating_add(self.lamports_per_pool_token) {
            return Err(StakeLamportsNotEqualToMinimum);
        }
        Ok(())
    }
}

/// Records per unrolled iteration of a scan, to save compute units.
const SCANNED_IN_A_ROW: usize = 16;

/// The withdrawal sources that the whole list allows: splittable stake of one validator restricts the sources of all.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Withdrawable {
    /// An active validator has a stake account that can be split. All withdrawals then come from such accounts.
    pub active: bool,
    /// Otherwise: an active validator has a transient stake account that can be split.
    pub transient: bool,
}

impl Withdrawable {
    /// Scans the records up to the first validator stake account that can be split.
    pub fn scan<R: ValidatorRow>(records: &[R], limits: &WithdrawalLimits) -> Self {
        let above = limits.withdrawable_above;
        let has_any = |record: &R| record.active_lamports() > above || record.transient_lamports() > above;
        let mut transient = false;
        let (rows, rest) = records.as_chunks::<SCANNED_IN_A_ROW>();
        // A full scan occurs only if few accounts can be split.
        let rows = rows.iter().filter(|row| row.iter().any(has_any)).map(<[_; SCANNED_IN_A_ROW]>::as_slice);
        for row in rows.chain([rest]) {
            for record in row.iter().filter(|record| record.is_active()) {
                if record.active_lamports() > above {
                    return Self { active: true, transient: false };
                }
                transient |= record.transient_lamports() > above;
            }
        }
        Self { active: false, transient }
    }

    /// Whether the reserve may be split in a pool without an open reserve ([`is_reserve_open`]): only if no stake account of an
    /// active validator can be split.
    #[inline]
    pub const fn allows_reserve(&self) -> bool {
        !self.active && !self.transient
    }

    /// Whether the stake of removed validators may be split, in an extended pool: only if no stake account of an active validator
    /// can be split. Holders can then withdraw stake while it is deactivating.
    #[inline]
    pub const fn allows_removed(&self) -> bool {
        !self.active && !self.transient
    }

    /// The source of a withdrawal from the active validator `record`.
    #[inline]
    pub fn source(&self, record: &impl ValidatorRow) -> StakeSource {
        // guard: transient-before-removal
        if self.active {
            StakeSource::Active
        } else if self.transient || record.transient_lamports() != 0 {
            // A validator with transient stake must stay in the pool.
            StakeSource::Transient
        } else {
            StakeSource::ValidatorRemoval
        }
    }
}

/// Whether the reserve may be split at any time. `is_extended`: the pool has the extension.
///
/// True for an extended pool with a SOL withdraw authority. Its holders can withdraw stake accounts only, and neither the staker nor
/// the manager may be able to block these withdrawals.
#[inline]
pub const fn is_reserve_open(is_extended: bool, has_sol_withdraw_authority: bool) -> bool {
    // guard: open-reserve
    is_extended && has_sol_withdraw_authority
}

/// Checks that no preferred validator takes precedence over `vote`. `find` looks for the row of a validator.
///
/// # Errors
/// [`IncorrectWithdrawVoteAddress`] if `preferred` is another validator with withdrawable stake. A preferred validator that is not
/// in the list is ignored.
#[inline(always)]
pub fn check_preferred<'a, A: PartialEq, R: ValidatorRow + 'a>(
    preferred: Option<&A>,
    vote: &A,
    find: impl FnOnce(&A) -> Option<&'a R>,
    limits: &WithdrawalLimits,
) -> Result<(), Error> {
    let Some(preferred) = preferred else {
        return Ok(());
    };
    if preferred == vote {
        return Ok(());
    }
    match find(preferred) {
        // guard: preference-has-stake
        Some(row) if row.active_lamports() >= limits.withdrawable_above => Err(IncorrectWithdrawVoteAddress),
        _ => Ok(()), // guard: preference-in-list
    }
}
