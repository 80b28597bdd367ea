//! What increases and decreases share: the accounts of stake in motion.

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

/// Declares the accounts that all variants of an instruction have, taken from those of each variant.
macro_rules! shared_accounts {
    ($(#[$doc:meta])* $name:ident from $($variant:ident),+ { $($field:ident),+ $(,)? }) => {
        $(#[$doc])*
        struct $name {
            $($field: AccountView,)+
        }

        shared_accounts!(@from $name ($($variant)+) ($($field)+));
    };
    // One variant at a time, each with all fields.
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

/// The programs that a movement calls and the accounts that allow it.
pub struct Authorization<'a> {
    pub system_program: &'a AccountView,
    pub stake_program: &'a AccountView,
    pub pool: &'a AccountView,
    pub withdraw_authority: &'a AccountView,
    pub staker: &'a AccountView,
    pub validator_list: &'a AccountView,
}

impl<'a> Authorization<'a> {
    /// The pool, up to date, with its signature; the list's owner and content are still to be checked.
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

/// How much stake to move, and under which seed.
pub struct Request {
    /// The instruction's tag, for its event.
    pub tag: u8,
    pub lamports: u64,
    pub transient_seed: u64,
}

/// A stake account that lives within the instruction: stake that can be merged with what moves already.
pub struct Ephemeral {
    pub account: AccountView,
    pub seed: u64,
}

/// Stake that moves already can only be joined in the epoch in which it began, by stake that moves the same way:
/// `moves_alike` says whether it does.
pub fn check_stake_in_motion(
    transient: &AccountView,
    record: &ValidatorStakeInfo,
    request: &Request,
    has_ephemeral: bool,
    moves_alike: impl FnOnce(&Delegation) -> bool,
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
    if moves_alike(delegation) { Ok(()) } else { Err(WrongStakeStake.into()) }
}

/// Makes the ephemeral stake account, after checking its address.
pub fn create_ephemeral(pool: &Pool, ephemeral: &Ephemeral) -> ProgramResult {
    let bump = check_ephemeral_stake(pool, &ephemeral.account, ephemeral.seed)?;
    let (seed, bump) = (ephemeral.seed.to_le_bytes(), [bump]);
    let seeds =
        [Seed::from(EPHEMERAL_STAKE_SEED), Seed::from(pool.address().as_ref()), Seed::from(&seed), Seed::from(&bump)];
    create_stake_account(&ephemeral.account, &seeds)
}

/// Makes the transient stake account of `vote`, whose address and bump were checked.
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
