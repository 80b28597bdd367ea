//! Withdrawals of SOL and of stake.

use {
    super::{NATIVE_MINT_ID, TokenSource, Wrap, accounts::accounts, wrapped},
    crate::{
        compute::{self, PoolBounds},
        error::PlanError,
        pool::PoolSnapshot,
        quote::{self, StakeWithdrawalQuote, WithdrawFrom},
        transaction::{InstructionGroup, Step},
    },
    solana_address::Address,
    solana_instruction::Instruction,
    solana_stake_interface::{instruction as stake, state::StakeAuthorize},
    solana_system_interface::instruction as system,
    spl_token_2022_interface::instruction as token,
    tidepool_core::quote::WithdrawalQuote,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID},
        external::token::TOKEN_ACCOUNT_LENGTH,
        instruction::{self, WithdrawSolAccounts, WithdrawStakeAccounts},
    },
};

/// A withdrawal of SOL from the reserve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WithdrawSol {
    /// The source of the pool tokens.
    pub tokens: TokenSource,
    /// Pool tokens to withdraw.
    pub pool_tokens: u64,
    /// The receiver of the lamports; with [`Wrap::Associated`], the wallet that owns the wrapped SOL.
    pub to: Address,
    /// The form in which the lamports arrive.
    pub wrap: Wrap,
    /// The fee payer, which also pays the rent of an associated account.
    pub payer: Address,
    /// Minimum lamports out.
    pub minimum_lamports: Option<u64>,
}

/// Withdraws SOL, and returns the quote. The pool's SOL withdraw authority signs too, if there is one.
///
/// # Errors
/// Those of [`quote::quote_withdraw_sol`].
pub fn withdraw_sol(
    snapshot: &PoolSnapshot,
    withdrawal: &WithdrawSol,
) -> Result<(InstructionGroup, WithdrawalQuote), PlanError> {
    let quote = quote::quote_withdraw_sol(
        snapshot,
        &withdrawal.tokens.account,
        withdrawal.pool_tokens,
        withdrawal.minimum_lamports,
    )?;
    Ok((withdraw_sol_unchecked(snapshot, withdrawal), quote))
}

/// The instructions of a SOL withdrawal that was quoted before, for example after other withdrawals.
pub(crate) fn withdraw_sol_unchecked(snapshot: &PoolSnapshot, withdrawal: &WithdrawSol) -> InstructionGroup {
    let tokens = &withdrawal.tokens;
    let wrapped = withdrawal.wrap.account(&withdrawal.to);
    let is_signer = wrapped.is_none() && [tokens.authority, withdrawal.payer].contains(&withdrawal.to);
    let through = tokens.throwaway.filter(|_| is_signer);
    let accounts = accounts! { snapshot => WithdrawSolAccounts {
        pool, withdraw_authority, user_transfer_authority: tokens.transfer_authority(),
        pool_tokens_from: tokens.account, reserve_stake,
        lamports_to: wrapped.map(|(_, account)| account).or(through).unwrap_or(withdrawal.to), manager_fee_account,
        pool_mint, clock, stake_history, stake_program, token_program,
        sol_withdraw_authority: snapshot.pool().terms.sol_withdraw_authority,
    } };
    let instruction = instruction::withdraw_sol(
        &snapshot.program_id(),
        &accounts,
        withdrawal.pool_tokens,
        withdrawal.minimum_lamports,
    );
    let mut instructions: Vec<_> = tokens.approval(snapshot, withdrawal.pool_tokens).into_iter().collect();
    instructions.push(instruction);
    if let Some(account) = through {
        let rent = snapshot.environment().rent.minimum_balance(TOKEN_ACCOUNT_LENGTH);
        let space = TOKEN_ACCOUNT_LENGTH as u64;
        instructions.insert(0, system::create_account(&withdrawal.to, &account, 0, space, &TOKEN_PROGRAM_ID));
        instructions.extend(pay_out(&account, withdrawal, rent));
    }
    let mut compute_units = PoolBounds::of(snapshot).withdraw_sol;
    if withdrawal.wrap == Wrap::Associated {
        instructions.insert(0, wrapped::creation(&withdrawal.payer, &withdrawal.to));
        compute_units += compute::CREATE_TOKEN_ACCOUNT;
    }
    instructions.extend(wrapped.and_then(|(program, account)| wrapped::count(&program, &account)));
    compute_units += compute::FOREIGN * (instructions.len() as u32 - 1);
    InstructionGroup::new("withdraw SOL", instructions, compute_units).step(Step::WithdrawSol)
}

/// Pays all lamports of `account`, an uninitialized account of the token program, to the receiver of `withdrawal`, who
/// signs. The amount is known only after the withdrawal. Closing a token account of wrapped SOL is the one instruction
/// that pays out a whole balance. It needs `rent` lamports first: the receiver lends what the withdrawal may not cover,
/// after the stake pool program has run, and gets it back.
fn pay_out(account: &Address, withdrawal: &WithdrawSol, rent: u64) -> impl Iterator<Item = Instruction> {
    let (owner, program) = (&withdrawal.to, &TOKEN_PROGRAM_ID);
    let lent = rent.saturating_sub(withdrawal.minimum_lamports.unwrap_or(0));
    let loan = (lent > 0).then(|| system::transfer(owner, account, lent));
    let opened_and_closed = [
        token::initialize_account3(program, account, &NATIVE_MINT_ID, owner),
        token::close_account(program, account, owner, owner, &[]),
    ];
    // They fail only for programs other than the two token programs.
    loan.into_iter().chain(opened_and_closed.into_iter().flatten())
}

/// A stake account to create.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewStakeAccount {
    /// The address.
    pub address: Address,
    /// Base and seed of the address; without them it is a key that signs.
    derivation: Option<(Address, String)>,
}

impl NewStakeAccount {
    /// An account at a key that signs its creation.
    pub const fn keypair(address: Address) -> Self {
        Self { address, derivation: None }
    }

    /// An account at the address derived from `base`, which signs, and `seed`.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] if the seed is longer than 32 bytes.
    pub fn with_seed(base: Address, seed: &str) -> Result<Self, PlanError> {
        let address = Address::create_with_seed(&base, seed, &STAKE_PROGRAM_ID)
            .map_err(|error| PlanError::invalid(format!("cannot derive an address from the seed {seed:?}: {error}")))?;
        Ok(Self { address, derivation: Some((base, seed.to_owned())) })
    }

    fn creation(&self, payer: &Address, lamports: u64) -> Instruction {
        let space = STAKE_ACCOUNT_SPACE as u64;
        match &self.derivation {
            None => system::create_account(payer, &self.address, lamports, space, &STAKE_PROGRAM_ID),
            Some((base, seed)) => {
                system::create_account_with_seed(payer, &self.address, base, seed, lamports, space, &STAKE_PROGRAM_ID)
            }
        }
    }
}

/// A withdrawal of a stake account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WithdrawStake {
    /// The source of the stake.
    pub from: WithdrawFrom,
    /// The source of the pool tokens.
    pub tokens: TokenSource,
    /// Pool tokens to withdraw.
    pub pool_tokens: u64,
    /// The new stake account. The payer pays its rent, which stays there.
    pub to: NewStakeAccount,
    /// Its staker and withdrawer.
    pub stake_authority: Address,
    /// Pays the rent.
    pub payer: Address,
    /// Minimum lamports of stake out.
    pub minimum_lamports: Option<u64>,
}

/// Withdraws a stake account, and returns the quote.
///
/// # Errors
/// Those of [`quote::quote_withdraw_stake`].
pub fn withdraw_stake(
    snapshot: &PoolSnapshot,
    withdrawal: &WithdrawStake,
) -> Result<(InstructionGroup, StakeWithdrawalQuote), PlanError> {
    let quote = quote::quote_withdraw_stake(
        snapshot,
        withdrawal.from,
        &withdrawal.tokens.account,
        withdrawal.pool_tokens,
        withdrawal.minimum_lamports,
    )?;
    Ok((withdraw_stake_quoted(snapshot, withdrawal, &quote), quote))
}

/// The group of [`withdraw_stake`] with a merge of the new stake account, rent included, into another one. `authority`,
/// staker and withdrawer of both, signs.
pub fn merge_withdrawn(
    mut group: InstructionGroup,
    new: &Address,
    into: Address,
    authority: &Address,
) -> InstructionGroup {
    let label = format!("{} into stake account {into}", group.label);
    group.instructions.extend(stake::merge(&into, new, authority));
    let compute_units = group.compute_units.saturating_add(compute::FOREIGN);
    InstructionGroup::new(label, group.instructions, compute_units).step(Step::WithdrawStake { to: into })
}

/// The instructions of a stake withdrawal that was quoted before, for example as one of several.
pub fn withdraw_stake_quoted(
    snapshot: &PoolSnapshot,
    withdrawal: &WithdrawStake,
    quote: &StakeWithdrawalQuote,
) -> InstructionGroup {
    let tokens = &withdrawal.tokens;
    let through =
        tokens.throwaway.filter(|_| [tokens.authority, withdrawal.payer].contains(&withdrawal.stake_authority));
    let accounts = accounts! { snapshot => WithdrawStakeAccounts {
        pool, validator_list, withdraw_authority, split_from: quote.split_from, split_to: withdrawal.to.address,
        user_stake_authority: through.unwrap_or(withdrawal.stake_authority),
        user_transfer_authority: tokens.transfer_authority(), pool_tokens_from: tokens.account, manager_fee_account,
        pool_mint, clock, token_program, stake_program,
    } };
    let label = match quote.from {
        WithdrawFrom::Validator(vote) => format!("withdraw stake from validator {vote}"),
        WithdrawFrom::Reserve => "withdraw a stake account from the reserve".into(),
    };
    let mut instructions = vec![withdrawal.to.creation(&withdrawal.payer, snapshot.environment().stake_rent())];
    instructions.extend(tokens.approval(snapshot, quote.pool_tokens));
    instructions.push(instruction::withdraw_stake(
        &snapshot.program_id(),
        &accounts,
        quote.pool_tokens,
        withdrawal.minimum_lamports,
    ));
    if let Some(throwaway) = through {
        // The withdrawer can set both authorities, and must hand over its own last. The new one signs, which makes the
        // instruction shorter.
        let (account, authority) = (&withdrawal.to.address, &withdrawal.stake_authority);
        let authorize = |kind| stake::authorize_checked(account, &throwaway, authority, kind, None);
        instructions.extend([StakeAuthorize::Staker, StakeAuthorize::Withdrawer].map(authorize));
    }
    let compute_units = PoolBounds::of(snapshot).withdraw_stake(snapshot.records().len())
        + compute::FOREIGN * (instructions.len() as u32 - 1);
    let step = Step::WithdrawStake { to: withdrawal.to.address };
    InstructionGroup::new(label, instructions, compute_units).step(step)
}
