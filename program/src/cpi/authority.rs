//! Signatures of the pool's program-derived authorities.

use {
    super::call::{call, call_batch},
    pinocchio::{
        AccountView, Address, ProgramResult,
        cpi::{Seed, Signer},
        instruction::InstructionView,
    },
    tidepool_interface::address::{DEPOSIT_AUTHORITY_SEED, WITHDRAW_AUTHORITY_SEED},
};

/// A program-derived authority of the pool, with its verified bump.
pub struct PoolAuthority<'a> {
    /// The authority's account.
    pub account: &'a AccountView,
    pool: Address,
    seed: &'static [u8],
    bump: [u8; 1],
}

impl<'a> PoolAuthority<'a> {
    /// The withdraw authority: staker and withdrawer of the pool's stake and authority of its mint.
    pub const fn withdraw_authority(account: &'a AccountView, pool: Address, bump: u8) -> Self {
        Self { account, pool, seed: WITHDRAW_AUTHORITY_SEED, bump: [bump] }
    }

    /// The default stake deposit authority.
    pub const fn deposit_authority(account: &'a AccountView, pool: Address, bump: u8) -> Self {
        Self { account, pool, seed: DEPOSIT_AUTHORITY_SEED, bump: [bump] }
    }

    /// Calls a program, signed by the authority.
    #[inline(always)]
    pub(super) fn invoke<const N: usize>(
        &self,
        instruction: &InstructionView,
        accounts: [&AccountView; N],
    ) -> ProgramResult {
        let seeds = [Seed::from(self.pool.as_ref()), Seed::from(self.seed), Seed::from(&self.bump)];
        call(instruction, accounts, &[Signer::from(&seeds)])
    }

    /// As [`Self::invoke`], for an instruction with repeated accounts.
    #[inline(always)]
    pub(super) fn invoke_batch<const N: usize>(
        &self,
        instruction: &InstructionView,
        accounts: [&AccountView; N],
    ) -> ProgramResult {
        let seeds = [Seed::from(self.pool.as_ref()), Seed::from(self.seed), Seed::from(&self.bump)];
        call_batch(instruction, accounts, &[Signer::from(&seeds)])
    }
}
