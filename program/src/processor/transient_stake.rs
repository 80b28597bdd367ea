//! Common parts of increases and decreases: checks and creation of transient and ephemeral stake accounts.

use {
    crate::{
        cpi::{PoolAuthority, create_stake_account},
        validation::{Pool, borrow_stake, check_ephemeral_stake, check_stake_program, check_system_program},
    },
    pinocchio::{AccountView, Address, ProgramResult, cpi::Seed, error::ProgramError},
    tidepool_interface::{
        StakePoolError::{TransientAccountInUse, WrongStakeStake},
        address::{EPHEMERAL_STAKE_SEED, TRANSIENT_STAKE_SEED},
        external::stake::{Delegation, StakeState},
        state::ValidatorStakeInfo,
    },
};

/// Declares a struct of the accounts that all variants of an instruction have, with a conversion from each variant
/// and their [`Authorization`].
macro_rules! shared_accounts {
    ($(#[$doc:meta])* $name:ident from $($variant:ident),+ { $($field:ident),+ $(,)? }) => {
        $(#[$doc])*
        struct $name {
            $($field: AccountView,)+
        }

        impl $name {
            const fn authorization(&self) -> $crate::processor::transient_stake::Authorization<'_> {
                $crate::processor::transient_stake::Authorization {
                    system_program: &self.system_program,
                    stake_program: &self.stake_program,
                    pool: &self.pool,
                    withdraw_authority: &self.withdraw_authority,
                    staker: &self.staker,
                    validator_list: &self.validator_list,
                }
            }
        }

        shared_accounts!(@from $name ($($variant)+) ($($field)+));
    };
    // One variant per recursion, each with all fields.
    (@from $name:ident ($variant:ident $($more:ident)*) ($($field:ident)+)) => {
        impl From<&$variant<AccountView>> for $name {
            fn from(accounts: &$variant<AccountView>) -> Self {
                Self { $($field: accounts.$field,)+ }
            }
        }

        shared_accounts!(@from $name ($($more)*) ($($field)+));
    };
    (@from $name:ident () ($($field:ident)+)) => {};
}
pub(super) use shared_accounts;

/// Accounts that authorize an increase or a decrease, and the called programs.
pub struct Authorization<'a> {
    pub system_program: &'a AccountView,
    pub stake_program: &'a AccountView,
    pub pool: &'a AccountView,
    pub withdraw_authority: &'a AccountView,
    pub staker: &'a AccountView,
    pub validator_list: &'a AccountView,
}

impl<'a> Authorization<'a> {
    /// Checks the accounts; returns the pool, which is up to date, and its withdraw authority. The caller checks the list's owner and
    /// content.
    pub fn check(&self, program_id: &'a Address, epoch: u64) -> Result<(Pool<'a>, PoolAuthority<'a>), ProgramError> {
        check_system_program(self.system_program)?;
        check_stake_program(self.stake_program)?;
        let pool = Pool::load(program_id, self.pool)?;
        let authority = pool.check_withdraw_authority(self.withdraw_authority)?;
        pool.check_staker(self.staker)?;
        pool.check_fresh(epoch)?;
        pool.check_validator_list(self.validator_list)?;
        Ok((pool, authority))
    }
}

/// Arguments of an increase or a decrease.
pub struct Request {
    /// The instruction's tag, for its event.
    pub tag: u8,
    pub lamports: u64,
    pub transient_seed: u64,
}

/// A stake account that exists within the instruction only. Its stake can be merged into an existing transient stake account.
pub struct Ephemeral {
    pub account: AccountView,
    pub seed: u64,
}

/// Checks that stake can be added to existing transient stake, if there is any. `is_same_movement` checks that the existing stake has
/// the same direction and began to move in the present epoch.
pub fn check_existing_transient(
    transient: &AccountView,
    record: &ValidatorStakeInfo,
    request: &Request,
    has_ephemeral: bool,
    is_same_movement: impl FnOnce(&Delegation) -> bool,
) -> ProgramResult {
    if record.transient_stake_lamports.get() == 0 {
        return Ok(());
    }
    if !has_ephemeral {
        return Err(TransientAccountInUse.into());
    }
    if request.transient_seed != record.transient_seed_suffix.get() {
        return Err(ProgramError::InvalidSeeds);
    }
    let data = borrow_stake(transient);
    let (_, delegation) = StakeState::decode_delegated(&data)?;
    if is_same_movement(delegation) { Ok(()) } else { Err(WrongStakeStake.into()) }
}

/// Checks the address of the ephemeral stake account and creates it.
pub fn create_ephemeral(pool: &Pool, ephemeral: &Ephemeral) -> ProgramResult {
    let bump = check_ephemeral_stake(pool, &ephemeral.account, ephemeral.seed)?;
    let (seed, bump) = (ephemeral.seed.to_le_bytes(), [bump]);
    let seeds =
        [Seed::from(EPHEMERAL_STAKE_SEED), Seed::from(pool.address().as_ref()), Seed::from(&seed), Seed::from(&bump)];
    create_stake_account(&ephemeral.account, &seeds)
}

/// Creates the transient stake account of `vote`. The caller has checked its address and bump.
pub fn create_transient(pool: &Pool, transient: &AccountView, vote: &Address, seed: u64, bump: u8) -> ProgramResult {
    let (seed, bump) = (seed.to_le_bytes(), [bump]);
    let seeds = [
        Seed::from(TRANSIENT_STAKE_SEED),
        Seed::from(vote.as_ref()),
        Seed::from(pool.address().as_ref()),
        Seed::from(&seed),
        Seed::from(&bump),
    ];
    create_stake_account(transient, &seeds)
}
