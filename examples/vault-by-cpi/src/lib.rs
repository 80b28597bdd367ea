//! A program that keeps its users' SOL in a stake pool: each user has a vault, an address of this program that owns pool tokens.
//!
//! The user signs the instruction, which is enough for a deposit: a signature extends to called programs. For a withdrawal the vault
//! signs, by its seeds. The program rejects a rate that is stale or halted, or that has moved far in an epoch: see
//! `docs/integrators.md`.

#![cfg_attr(target_arch = "bpf", no_std)]

use {
    pinocchio::{
        AccountView, Address, ProgramResult,
        cpi::{Seed, Signer, set_return_data},
        error::ProgramError,
        no_allocator, nostd_panic_handler, program_entrypoint,
    },
    tidepool_cpi::{
        PoolReader,
        pinocchio::{current_epoch, deposit_sol, request_exit, withdraw_sol},
    },
    tidepool_interface::{
        address::SPL_STAKE_POOL_PROGRAM_ID,
        external::token::TokenAccount,
        instruction::{DepositSolAccounts, RequestExitAccounts, WithdrawSolAccounts},
    },
};

program_entrypoint!(process);
no_allocator!();
nostd_panic_handler!();

/// The program whose pools are accepted.
const POOL_PROGRAM_ID: Address = SPL_STAKE_POOL_PROGRAM_ID;

/// First seed of a vault; the user and the pool follow.
const VAULT_SEED: &[u8] = b"vault";

/// Most basis points that the rate may rise or fall from one epoch to the next. More is a slashing, a
/// donation or an error, which the program does not trade on.
const MOST_MOVED: u16 = 500;

/// First byte of the instruction data. A byte with the vault's bump follows, then two little-endian numbers of 64 bits.
///
/// The pool's program is the second account: the accounts of a pool's instruction come last, because the last of them is optional.
mod tag {
    /// Deposits SOL: lamports, fewest pool tokens. Accounts: the vault, the pool's program, those of `DepositSol`.
    pub const DEPOSIT: u8 = 0;
    /// Withdraws SOL: pool tokens, fewest lamports. Accounts: the user, the pool's program, those of `WithdrawSol`.
    pub const WITHDRAW: u8 = 1;
    /// Requests an exit ticket: pool tokens, fewest lamports. Accounts: the user, the pool's program, those of `RequestExit`.
    pub const REQUEST_EXIT: u8 = 2;
    /// Returns the value of pool tokens in lamports: pool tokens, 0. Account: the pool.
    pub const VALUE: u8 = 3;
}

fn process(program_id: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let (&[tag, bump], numbers) = data.split_first_chunk().ok_or(ProgramError::InvalidInstructionData)?;
    let (first, second) = numbers.split_first_chunk().ok_or(ProgramError::InvalidInstructionData)?;
    let second = second.try_into().map_err(|_| ProgramError::InvalidInstructionData)?;
    let (amount, minimum) = (u64::from_le_bytes(*first), u64::from_le_bytes(second));
    match tag {
        tag::DEPOSIT => deposit(program_id, accounts, bump, amount, minimum),
        tag::WITHDRAW => withdraw(program_id, accounts, bump, amount, minimum),
        tag::REQUEST_EXIT => request(program_id, accounts, bump, amount, minimum),
        tag::VALUE => value(accounts, amount),
        _ => Err(ProgramError::InvalidInstructionData),
    }
}

fn deposit(id: &Address, accounts: &[AccountView], bump: u8, lamports: u64, minimum: u64) -> ProgramResult {
    let [vault, _pool_program, rest @ ..] = accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
    let accounts = DepositSolAccounts::of(rest)?;
    check_rate(accounts.pool, &accounts.pool.try_borrow()?)?;
    check_vault(id, vault, accounts.lamports_from, accounts.pool, bump)?;
    // Without this check, the pool tokens could go to an account that the user does not control.
    if *TokenAccount::decode(&accounts.pool_tokens_to.try_borrow()?)?.owner != *vault.address() {
        return Err(ProgramError::IllegalOwner);
    }
    deposit_sol(&POOL_PROGRAM_ID, &accounts, lamports, minimum, &[])
}

fn withdraw(id: &Address, accounts: &[AccountView], bump: u8, pool_tokens: u64, minimum: u64) -> ProgramResult {
    let [user, _pool_program, rest @ ..] = accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
    let accounts = WithdrawSolAccounts::of(rest)?;
    check_rate(accounts.pool, &accounts.pool.try_borrow()?)?;
    check_user(user, accounts.lamports_to)?;
    check_vault(id, accounts.user_transfer_authority, user, accounts.pool, bump)?;
    let bump = [bump];
    let seeds = seeds(user, accounts.pool, &bump);
    withdraw_sol(&POOL_PROGRAM_ID, &accounts, pool_tokens, minimum, &[Signer::from(&seeds)])
}

fn request(id: &Address, accounts: &[AccountView], bump: u8, pool_tokens: u64, minimum: u64) -> ProgramResult {
    let [user, _pool_program, rest @ ..] = accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
    let accounts = RequestExitAccounts::of(rest)?;
    check_user(user, accounts.recipient)?;
    check_vault(id, accounts.owner, user, accounts.pool, bump)?;
    let bump = [bump];
    let seeds = seeds(user, accounts.pool, &bump);
    request_exit(&POOL_PROGRAM_ID, &accounts, pool_tokens, minimum, &[Signer::from(&seeds)])
}

fn value(accounts: &[AccountView], pool_tokens: u64) -> ProgramResult {
    let [pool, ..] = accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
    let lamports = check_rate(pool, &pool.try_borrow()?)?.value(pool_tokens)?;
    set_return_data(&lamports.to_le_bytes());
    Ok(())
}

/// Reads the pool's data, and refuses an unreliable rate.
fn check_rate<'a>(pool: &AccountView, data: &'a [u8]) -> Result<PoolReader<'a>, ProgramError> {
    let reader = PoolReader::of(&POOL_PROGRAM_ID, pool.owner(), data)?;
    let epoch = current_epoch()?;
    reader.check_fresh(epoch)?;
    reader.check_not_halted(epoch)?;
    reader.check_moved(MOST_MOVED, MOST_MOVED)?;
    Ok(reader)
}

/// Checks that the user signs, and receives what leaves the vault.
fn check_user(user: &AccountView, receiver: &AccountView) -> ProgramResult {
    if !user.is_signer() {
        return Err(ProgramError::MissingRequiredSignature);
    }
    if user.address() != receiver.address() {
        return Err(ProgramError::IllegalOwner);
    }
    Ok(())
}

fn check_vault(id: &Address, vault: &AccountView, user: &AccountView, pool: &AccountView, bump: u8) -> ProgramResult {
    let seeds = [VAULT_SEED, user.address().as_ref(), pool.address().as_ref(), &[bump]];
    if Address::create_program_address(&seeds, id).ok().as_ref() != Some(vault.address()) {
        return Err(ProgramError::InvalidSeeds);
    }
    Ok(())
}

fn seeds<'a>(user: &'a AccountView, pool: &'a AccountView, bump: &'a [u8; 1]) -> [Seed<'a>; 4] {
    [
        Seed::from(VAULT_SEED),
        Seed::from(user.address().as_ref()),
        Seed::from(pool.address().as_ref()),
        Seed::from(&bump[..]),
    ]
}
