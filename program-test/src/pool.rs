//! A pool in a test, and what can be done with it.

use {
    crate::{Error, Processed, ProgramTestCluster, process, transaction::process_plan},
    solana_address::Address,
    solana_keypair::Keypair,
    solana_program_test::ProgramTestContext,
    solana_signer::Signer as _,
    spl_associated_token_account_interface::{
        address::get_associated_token_address_with_program_id, instruction::create_associated_token_account_idempotent,
    },
    tidepool_client::{
        actions::{self, NewStakeAccount, TokenReceiver, TokenSource},
        plan::{self, InstructionGroup, UpdateOptions},
        pool::{MinimumDelegation, PoolSnapshot, ReadOptions, StakeSelection},
        quote::WithdrawFrom,
    },
    tidepool_interface::{
        address::{SYSTEM_PROGRAM_ID, find_withdraw_authority},
        external::token::TokenAccount,
        instruction::DepositSolAccounts,
    },
};

/// The addresses of a pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PoolKeys {
    /// The program.
    pub program_id: Address,
    /// The pool account.
    pub pool: Address,
    /// The validator list.
    pub validator_list: Address,
    /// The reserve.
    pub reserve_stake: Address,
    /// The pool token's mint.
    pub pool_mint: Address,
    /// The manager's token account for fees.
    pub manager_fee_account: Address,
    /// The mint's token program.
    pub token_program: Address,
    /// The pool's withdraw authority, an address that the program derives.
    pub withdraw_authority: Address,
}

impl PoolKeys {
    pub(crate) fn new(
        program_id: Address,
        [pool, validator_list, reserve_stake, pool_mint]: [Address; 4],
        manager_fee_account: Address,
        token_program: Address,
    ) -> Self {
        let (withdraw_authority, _) = find_withdraw_authority(&program_id, &pool);
        Self {
            program_id,
            pool,
            validator_list,
            reserve_stake,
            pool_mint,
            manager_fee_account,
            token_program,
            withdraw_authority,
        }
    }

    /// The associated token account of `wallet` for pool tokens, whether it exists or not.
    pub fn token_account(&self, wallet: &Address) -> Address {
        get_associated_token_address_with_program_id(wallet, &self.pool_mint, &self.token_program)
    }

    /// The accounts of a `DepositSol` from the wallet `from`, which signs, to the token account `to`, which also gets the
    /// referrer's share of the fee.
    pub const fn deposit_sol_accounts(&self, from: Address, to: Address) -> DepositSolAccounts<Address> {
        DepositSolAccounts {
            pool: self.pool,
            withdraw_authority: self.withdraw_authority,
            reserve_stake: self.reserve_stake,
            lamports_from: from,
            pool_tokens_to: to,
            manager_fee_account: self.manager_fee_account,
            referrer_fee_account: to,
            pool_mint: self.pool_mint,
            system_program: SYSTEM_PROGRAM_ID,
            token_program: self.token_program,
            sol_deposit_authority: None,
        }
    }
}

/// A pool in the bank of a test. [`NewPool::create`](crate::NewPool::create) creates it.
///
/// Deposits, withdrawals and changes of stake need an up-to-date pool: call [`Self::update`] after an epoch has ended. Each
/// function fails with [`Error::Plan`] where the program would reject the instruction, without sending it; to see the program
/// itself reject it, send an instruction with [`process`].
#[derive(Debug)]
pub struct TestPool {
    /// Its addresses.
    pub keys: PoolKeys,
    /// The manager and staker.
    pub manager: Keypair,
}

impl TestPool {
    /// Reads the pool, with the stake accounts of the validators of `stakes`: for quotes and plans of `tidepool_client`.
    ///
    /// # Errors
    /// [`Error::Pool`].
    pub async fn snapshot(&self, context: &ProgramTestContext, stakes: StakeSelection) -> Result<PoolSnapshot, Error> {
        let options = ReadOptions {
            stakes,
            minimum_delegation: MinimumDelegation::AskAs(context.payer.pubkey()),
            program_id: Some(self.keys.program_id),
        };
        Ok(PoolSnapshot::read(&ProgramTestCluster::from(context), &self.keys.pool, &options).await?)
    }

    /// Adds a validator with the minimum stake, from the reserve.
    ///
    /// # Errors
    /// [`Error::Plan`], for a reserve that is too small for example; those of [`process`].
    pub async fn add_validator(&self, context: &mut ProgramTestContext, vote: &Address) -> Result<Processed, Error> {
        let snapshot = self.snapshot(context, StakeSelection::None).await?;
        let group = actions::add_validator(&snapshot, vote, 0)?;
        process(context, &group.instructions, &[&self.manager]).await
    }

    /// Removes a validator. Its stake is deactivating: the next epoch's update merges it into the reserve.
    ///
    /// # Errors
    /// [`Error::Plan`], for a validator that is not in the pool for example; those of [`process`].
    pub async fn remove_validator(&self, context: &mut ProgramTestContext, vote: &Address) -> Result<Processed, Error> {
        let snapshot = self.snapshot(context, StakeSelection::None).await?;
        let group = actions::remove_validator(&snapshot, vote)?;
        process(context, &group.instructions, &[&self.manager]).await
    }

    /// Delegates `lamports` of the reserve to a validator. They are activating until the epoch ends; an update merges them
    /// with the validator's stake.
    ///
    /// # Errors
    /// [`Error::Plan`], below the minimum delegation for example; those of [`process`].
    pub async fn increase_stake(
        &self,
        context: &mut ProgramTestContext,
        vote: &Address,
        lamports: u64,
    ) -> Result<Processed, Error> {
        let snapshot = self.snapshot(context, StakeSelection::one(*vote)).await?;
        let group = actions::increase_validator_stake(&snapshot, vote, lamports)?;
        process(context, &group.instructions, &[&self.manager]).await
    }

    /// Deactivates `lamports` of a validator's stake. The next epoch's update merges them into the reserve.
    ///
    /// # Errors
    /// [`Error::Plan`], below the minimum delegation for example; those of [`process`].
    pub async fn decrease_stake(
        &self,
        context: &mut ProgramTestContext,
        vote: &Address,
        lamports: u64,
    ) -> Result<Processed, Error> {
        let snapshot = self.snapshot(context, StakeSelection::one(*vote)).await?;
        let group = actions::decrease_validator_stake(&snapshot, vote, lamports)?;
        process(context, &group.instructions, &[&self.manager]).await
    }

    /// Brings the pool into the present epoch: the validator list, the totals, and a cleanup of removed entries. Permissionless:
    /// `context.payer` is the only signer. Nothing is sent where the pool is up to date.
    ///
    /// # Errors
    /// [`Error::Plan`] while epoch rewards are being paid; those of [`process`].
    pub async fn update(&self, context: &mut ProgramTestContext) -> Result<Vec<Processed>, Error> {
        let snapshot = self.snapshot(context, StakeSelection::All).await?;
        let plan = plan::update(&snapshot, &UpdateOptions::default())?;
        process_plan(context, &plan, &[]).await
    }

    /// Creates the associated token account of `wallet` for pool tokens, where it does not exist, and returns its address.
    ///
    /// # Errors
    /// Those of [`process`].
    pub async fn create_token_account(
        &self,
        context: &mut ProgramTestContext,
        wallet: &Address,
    ) -> Result<Address, Error> {
        let PoolKeys { pool_mint, token_program, .. } = &self.keys;
        let create =
            create_associated_token_account_idempotent(&context.payer.pubkey(), wallet, pool_mint, token_program);
        process(context, &[create], &[]).await?;
        Ok(self.keys.token_account(wallet))
    }

    /// Pool tokens in the associated token account of `wallet`; 0 where it does not exist.
    ///
    /// # Errors
    /// [`Error::Banks`].
    ///
    /// # Panics
    /// If something else than a token account is there.
    pub async fn pool_tokens(&self, context: &ProgramTestContext, wallet: &Address) -> Result<u64, Error> {
        let account = context.banks_client.get_account(self.keys.token_account(wallet)).await?;
        Ok(account.map_or(0, |account| {
            TokenAccount::decode(&account.data).expect("the associated token account is a token account").amount
        }))
    }

    /// Deposits `lamports` of `user`, who gets the pool tokens, in their associated token account. Returns their number.
    ///
    /// # Errors
    /// [`Error::Plan`]; those of [`process`], where `user` has too few lamports for example.
    pub async fn deposit_sol(
        &self,
        context: &mut ProgramTestContext,
        user: &Keypair,
        lamports: u64,
    ) -> Result<u64, Error> {
        let wallet = user.pubkey();
        let before = self.pool_tokens(context, &wallet).await?;
        let snapshot = self.snapshot(context, StakeSelection::None).await?;
        let deposit = actions::DepositSol {
            from: wallet,
            lamports,
            to: TokenReceiver::Account(self.create_token_account(context, &wallet).await?),
            referrer: None,
            minimum_pool_tokens: None,
            throwaway: None,
            unwrap: None,
        };
        let InstructionGroup { instructions, .. } = actions::deposit_sol(&snapshot, &deposit);
        process(context, &instructions, &[user]).await?;
        Ok(self.pool_tokens(context, &wallet).await?.saturating_sub(before))
    }

    /// Withdraws SOL from the reserve for `pool_tokens` of `user`. Returns the lamports that `user` got.
    ///
    /// # Errors
    /// [`Error::Plan`], for more than the reserve has for example; those of [`process`].
    pub async fn withdraw_sol(
        &self,
        context: &mut ProgramTestContext,
        user: &Keypair,
        pool_tokens: u64,
    ) -> Result<u64, Error> {
        let wallet = user.pubkey();
        let before = context.banks_client.get_balance(wallet).await?;
        let snapshot = self.snapshot(context, StakeSelection::None).await?;
        let withdrawal = actions::WithdrawSol {
            tokens: TokenSource::wallet(&snapshot, &wallet),
            pool_tokens,
            to: wallet,
            wrap: actions::Wrap::No,
            payer: context.payer.pubkey(),
            minimum_lamports: None,
        };
        let (group, _) = actions::withdraw_sol(&snapshot, &withdrawal)?;
        process(context, &group.instructions, &[user]).await?;
        Ok(context.banks_client.get_balance(wallet).await?.saturating_sub(before))
    }

    /// Withdraws stake of the validator `vote` for `pool_tokens` of `user`, into a new stake account under the authority of
    /// `user`. `context.payer` pays its rent. Returns its address.
    ///
    /// # Errors
    /// [`Error::Plan`], below the minimum delegation for example; those of [`process`].
    pub async fn withdraw_stake(
        &self,
        context: &mut ProgramTestContext,
        user: &Keypair,
        vote: &Address,
        pool_tokens: u64,
    ) -> Result<Address, Error> {
        let (wallet, stake) = (user.pubkey(), Keypair::new());
        let snapshot = self.snapshot(context, StakeSelection::one(*vote)).await?;
        let withdrawal = actions::WithdrawStake {
            from: WithdrawFrom::Validator(*vote),
            tokens: TokenSource::wallet(&snapshot, &wallet),
            pool_tokens,
            to: NewStakeAccount::keypair(stake.pubkey()),
            stake_authority: wallet,
            payer: context.payer.pubkey(),
            minimum_lamports: None,
        };
        let (group, _) = actions::withdraw_stake(&snapshot, &withdrawal)?;
        process(context, &group.instructions, &[user, &stake]).await?;
        Ok(stake.pubkey())
    }
}
