//! Which stake account a holder may withdraw from: the contract's order, for the program and for planners.

use {
    crate::{
        address::{find_transient_stake, find_validator_stake},
        error::StakePoolError::{self, IncorrectWithdrawVoteAddress, StakeLamportsNotEqualToMinimum},
        maths::ExchangeRate,
        minimum_stake_lamports,
        state::{ValidatorStakeInfo, find_record},
    },
    solana_address::Address,
};

/// Where a withdrawn stake account comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StakeSource {
    /// A part of a validator stake account.
    Active,
    /// A part of a transient stake account.
    Transient,
    /// A whole validator stake account, which takes the validator out of the pool.
    ValidatorRemoval,
}

/// The lamports that decide on the order of withdrawals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WithdrawalLimits {
    /// Lamports that must stay in a stake account that is split: rent and the minimum delegation.
    pub required_lamports: u64,
    /// Lamports that a pool token (its smallest unit) is worth, rounded up: what a whole account may differ by.
    pub lamports_per_pool_token: u64,
    /// An account with more lamports than this can be split: both halves keep the minimum delegation.
    pub withdrawable_above: u64,
}

impl WithdrawalLimits {
    /// Limits for a stake account whose rent is `rent` lamports, where the stake program demands `stake_program_minimum`
    /// lamports of a delegation.
    ///
    /// # Errors
    /// [`StakePoolError::CalculationFailure`] where there is no supply.
    pub fn new(rate: &ExchangeRate, rent: u64, stake_program_minimum: u64) -> Result<Self, StakePoolError> {
        let required_lamports = minimum_stake_lamports(rent, stake_program_minimum);
        let lamports_per_pool_token = rate.lamports_per_pool_token().ok_or(StakePoolError::CalculationFailure)?;
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
    /// [`StakeLamportsNotEqualToMinimum`] where less than the required lamports would stay.
    #[inline]
    pub const fn check_split(&self, balance: u64, lamports: u64) -> Result<(), StakePoolError> {
        if balance.saturating_sub(lamports) < self.required_lamports {
            return Err(StakeLamportsNotEqualToMinimum);
        }
        Ok(())
    }

    /// Checks that pool tokens worth `lamports` buy a whole account that holds `balance` lamports: rounding may favour the
    /// pool by one pool token.
    ///
    /// # Errors
    /// [`StakeLamportsNotEqualToMinimum`].
    #[inline]
    pub const fn check_whole(&self, balance: u64, lamports: u64) -> Result<(), StakePoolError> {
        if lamports < balance || lamports > balance.saturating_add(self.lamports_per_pool_token) {
            return Err(StakeLamportsNotEqualToMinimum);
        }
        Ok(())
    }
}

/// Records that are looked at in a row, before the loop's own cost.
const SCANNED_IN_A_ROW: usize = 16;

/// What the whole list allows: stake anywhere in the pool decides what may be taken everywhere.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Withdrawable {
    /// Some active validator has a stake account that can be split: then nothing else may be.
    pub active: bool,
    /// Otherwise: some active validator has a transient stake account that can be split.
    pub transient: bool,
}

impl Withdrawable {
    /// Scans the records, up to the first stake account that can be split.
    pub fn scan(records: &[ValidatorStakeInfo], limits: &WithdrawalLimits) -> Self {
        let above = limits.withdrawable_above;
        let has_any = |record: &ValidatorStakeInfo| {
            record.active_stake_lamports.get() > above || record.transient_stake_lamports.get() > above
        };
        let mut transient = false;
        let (rows, rest) = records.as_chunks::<SCANNED_IN_A_ROW>();
        // Where it comes to a scan of all, few have anything to give.
        let rows = rows.iter().filter(|row| row.iter().any(has_any)).map(<[_; SCANNED_IN_A_ROW]>::as_slice);
        for row in rows.chain([rest]) {
            for record in row.iter().filter(|record| record.is_active()) {
                if record.active_stake_lamports.get() > above {
                    return Self { active: true, transient: false };
                }
                transient |= record.transient_stake_lamports.get() > above;
            }
        }
        Self { active: false, transient }
    }

    /// Whether the reserve may be split where it is not open in any case ([`is_reserve_open`]): only once no validator has anything
    /// to give.
    #[inline]
    pub const fn allows_reserve(&self) -> bool {
        !self.active && !self.transient
    }

    /// Whether the stake of validators that are being removed may be split, in a pool with the extension: only once no other validator
    /// has anything to give. Holders can so withdraw stake while it is deactivating.
    #[inline]
    pub const fn allows_removed(&self) -> bool {
        !self.active && !self.transient
    }

    /// Where a withdrawal from the active validator `record` must come from.
    #[inline]
    pub const fn source(&self, record: &ValidatorStakeInfo) -> StakeSource {
        if self.active {
            StakeSource::Active
        } else if self.transient || record.transient_stake_lamports.get() != 0 {
            // A validator with stake in motion must not be taken out.
            StakeSource::Transient
        } else {
            StakeSource::ValidatorRemoval
        }
    }
}

/// Whether the reserve may be split whatever validators hold. `is_extended` says whether the pool has the extension.
///
/// True for an extended pool with a SOL withdraw authority: its holders leave with stake accounts only, and neither staker nor manager
/// can close that exit.
#[inline]
pub const fn is_reserve_open(is_extended: bool, sol_withdraw_authority: Option<&Address>) -> bool {
    is_extended && sol_withdraw_authority.is_some()
}

impl StakeSource {
    /// The address of the account that the source stands for.
    pub fn find_address(self, program_id: &Address, pool: &Address, record: &ValidatorStakeInfo) -> (Address, u8) {
        let vote = &record.vote_account_address;
        match self {
            Self::Active | Self::ValidatorRemoval => {
                find_validator_stake(program_id, vote, pool, record.validator_seed_suffix.get())
            }
            Self::Transient => find_transient_stake(program_id, vote, pool, record.transient_seed_suffix.get()),
        }
    }
}

/// Checks that the validator `preferred`, if there is one, does not come before `vote`.
///
/// # Errors
/// [`IncorrectWithdrawVoteAddress`] where it is another one and has stake that can be withdrawn. A preferred validator that
/// is not in the list is passed over.
pub fn check_preferred(
    preferred: Option<&Address>,
    records: &[ValidatorStakeInfo],
    vote: &Address,
    limits: &WithdrawalLimits,
) -> Result<(), StakePoolError> {
    let Some(preferred) = preferred else {
        return Ok(());
    };
    if preferred == vote {
        return Ok(());
    }
    match find_record(records, preferred).and_then(|place| records.get(place)) {
        Some(record) if record.active_stake_lamports.get() >= limits.withdrawable_above => {
            Err(IncorrectWithdrawVoteAddress)
        }
        _ => Ok(()),
    }
}
