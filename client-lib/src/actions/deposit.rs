//! Deposits of SOL and of stake.

use {
    super::{TokenReceiver, Unwrap, accounts::accounts},
    crate::{
        compute::{self, PoolBounds},
        error::PlanError,
        pool::PoolSnapshot,
        quote::{self, StakeDepositQuote},
        transaction::{InstructionGroup, Step},
    },
    solana_account::Account,
    solana_address::Address,
    solana_stake_interface::{instruction as stake, state::StakeAuthorize},
    solana_system_interface::instruction as system,
    tidepool_core::maths::ExchangeRate,
    tidepool_interface::instruction::{self, DepositSolAccounts, DepositStakeAccounts},
};

/// A deposit of SOL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DepositSol {
    /// Source of the lamports, a signer. It pays the rent of a new token account.
    pub from: Address,
    /// Lamports to deposit.
    pub lamports: u64,
    /// Receiver of the pool tokens.
    pub to: TokenReceiver,
    /// Token account for the referral fee; the receiver's own if `None`.
    pub referrer: Option<Address>,
    /// Minimum pool tokens out.
    pub minimum_pool_tokens: Option<u64>,
    /// A [throw-away key](super#throw-away-keys) that receives and deposits the lamports.
    pub throwaway: Option<Address>,
    /// Wrapped SOL to unwrap first; `None` for the wallet's own lamports.
    pub unwrap: Option<Unwrap>,
}

/// Deposits SOL. The pool's SOL deposit authority signs too, if there is one.
pub fn deposit_sol(snapshot: &PoolSnapshot, deposit: &DepositSol) -> InstructionGroup {
    let pool_tokens_to = deposit.to.address(snapshot);
    let accounts = accounts! { snapshot => DepositSolAccounts {
        pool, withdraw_authority, reserve_stake, lamports_from: deposit.throwaway.unwrap_or(deposit.from),
        pool_tokens_to, manager_fee_account, referrer_fee_account: deposit.referrer.unwrap_or(pool_tokens_to),
        pool_mint, system_program, token_program, sol_deposit_authority: snapshot.pool().terms.sol_deposit_authority,
    } };
    let creation = deposit.to.creation(snapshot, &deposit.from);
    let funding = deposit.throwaway.map(|key| system::transfer(&deposit.from, &key, deposit.lamports));
    let unwrapping = deposit.unwrap.map(|unwrap| unwrap.instructions(snapshot, &deposit.from, deposit.lamports));
    let unwrapping = unwrapping.unwrap_or_default();
    let compute_units = PoolBounds::of(snapshot).deposit_sol
        + creation.as_ref().map_or(0, |_| compute::CREATE_TOKEN_ACCOUNT)
        + funding.as_ref().map_or(0, |_| compute::FOREIGN)
        + compute::FOREIGN * unwrapping.len() as u32;
    let mut instructions: Vec<_> = unwrapping.into_iter().chain(creation).chain(funding).collect();
    instructions.push(instruction::deposit_sol(
        &snapshot.program_id(),
        &accounts,
        deposit.lamports,
        deposit.minimum_pool_tokens,
    ));
    InstructionGroup::new("deposit SOL", instructions, compute_units)
}

/// A deposit of stake.
#[derive(Clone, Copy, Debug)]
pub struct DepositStake<'a> {
    /// The stake account.
    pub address: Address,
    /// The stake account as it is now.
    pub account: &'a Account,
    /// Its withdraw authority, a signer: both authorities are handed over.
    pub withdrawer: Address,
    /// Pays the rent of a new token account.
    pub payer: Address,
    /// Receiver of the pool tokens.
    pub to: TokenReceiver,
    /// Token account for the referral fee; the receiver's own if `None`.
    pub referrer: Option<Address>,
    /// Minimum pool tokens out.
    pub minimum_pool_tokens: Option<u64>,
}

/// Deposits a whole stake account, and returns the quote. A stake deposit authority other than the default one signs
/// too.
///
/// # Errors
/// Those of [`quote::quote_deposit_stake`]; [`PlanError::Invalid`] if `withdrawer` is not the account's.
pub fn deposit_stake(
    snapshot: &PoolSnapshot,
    deposit: &DepositStake,
) -> Result<(InstructionGroup, StakeDepositQuote), PlanError> {
    deposit_stake_at(snapshot, &snapshot.rate(), deposit)
}

/// Like [`deposit_stake`], quoted at another exchange rate.
pub(crate) fn deposit_stake_at(
    snapshot: &PoolSnapshot,
    rate: &ExchangeRate,
    deposit: &DepositStake,
) -> Result<(InstructionGroup, StakeDepositQuote), PlanError> {
    let quote = quote::stake_deposit_at(snapshot, rate, deposit.account, deposit.minimum_pool_tokens)?;
    check_withdrawer(deposit)?;
    let mut instructions: Vec<_> = deposit.to.creation(snapshot, &deposit.payer).into_iter().collect();
    // The withdrawer can set both authorities, and must hand over its own last.
    let authority = snapshot.pool().head.stake_deposit_authority;
    for kind in [StakeAuthorize::Staker, StakeAuthorize::Withdrawer] {
        instructions.push(stake::authorize(&deposit.address, &deposit.withdrawer, &authority, kind, None));
    }
    let DepositStake { address, to, referrer, minimum_pool_tokens, .. } = *deposit;
    let handed_over = deposit_handed_over(snapshot, (address, &quote), to, referrer, minimum_pool_tokens);
    instructions.extend(handed_over.instructions);
    let compute_units = handed_over.compute_units + compute::CREATE_TOKEN_ACCOUNT + 2 * compute::FOREIGN;
    Ok((
        InstructionGroup::new(handed_over.label, instructions, compute_units)
            .step(Step::DepositStake { from: address }),
        quote,
    ))
}

/// Deposits a whole stake account at an address, as quoted, whose staker and withdrawer is the pool's stake deposit authority:
/// unless that one is a signer, the deposit is permissionless. The receiver's token account exists.
pub(crate) fn deposit_handed_over(
    snapshot: &PoolSnapshot,
    (address, quote): (Address, &StakeDepositQuote),
    to: TokenReceiver,
    referrer: Option<Address>,
    minimum_pool_tokens: Option<u64>,
) -> InstructionGroup {
    let pool_tokens_to = to.address(snapshot);
    let accounts = accounts! { snapshot => DepositStakeAccounts {
        pool, validator_list, stake_deposit_authority: snapshot.pool().head.stake_deposit_authority, withdraw_authority,
        deposit_stake: address, validator_stake: quote.validator_stake, reserve_stake, pool_tokens_to,
        manager_fee_account, referrer_fee_account: referrer.unwrap_or(pool_tokens_to), pool_mint, clock, stake_history,
        token_program, stake_program,
    } };
    let instruction = instruction::deposit_stake(
        &snapshot.program_id(),
        &accounts,
        snapshot.has_custom_deposit_authority(),
        minimum_pool_tokens,
    );
    let compute_units = PoolBounds::of(snapshot).deposit_stake(snapshot.records().len());
    InstructionGroup::one(format!("deposit stake account {address}"), instruction, compute_units)
        .step(Step::DepositStake { from: address })
}

fn check_withdrawer(deposit: &DepositStake) -> Result<(), PlanError> {
    use tidepool_interface::external::stake::StakeState;
    match StakeState::decode_delegated(&deposit.account.data) {
        Ok((meta, _)) if meta.withdrawer != deposit.withdrawer => Err(PlanError::invalid(format!(
            "the withdraw authority of stake account {} is {}, not {}: sign as the withdraw authority",
            deposit.address, meta.withdrawer, deposit.withdrawer
        ))),
        _ => Ok(()),
    }
}
