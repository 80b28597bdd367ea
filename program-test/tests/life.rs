//! A pool's whole life through `BanksClient`, with the crates that an integrator has.

use {
    solana_program::{instruction::Instruction, program_pack::Pack as _},
    solana_program_test::{ProgramTest, ProgramTestContext, tokio},
    solana_sdk::{native_token::LAMPORTS_PER_SOL, pubkey::Pubkey, signature::Keypair, signer::Signer as _},
    tidepool_client::{
        pack::{self, PackOptions},
        plan::{self, UpdateOptions},
        pool::{PoolSnapshot, StakeSelection},
        send::Sender,
    },
    tidepool_core::maths::Fee,
    tidepool_interface::{StakePoolError, instruction, state::StakePool},
    tidepool_program_test::{
        Error, NewPool, ProgramTestCluster, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID, TestPool, add_program,
        add_validator, advance_epoch, fund, process, start,
    },
};

const SOL: u64 = LAMPORTS_PER_SOL;

/// A pool of two validators, both staked with 100 SOL, and a user with 50 SOL.
struct Fixture {
    context: ProgramTestContext,
    pool: TestPool,
    votes: [Pubkey; 2],
    user: Keypair,
}

impl Fixture {
    async fn new(new: impl FnOnce(NewPool) -> NewPool) -> Result<Self, Error> {
        let program_id = Pubkey::new_unique();
        let mut test = ProgramTest::default();
        add_program(&mut test, program_id)?;
        let votes = [add_validator(&mut test, 0), add_validator(&mut test, 1_000)];
        let mut context = start(test).await?;
        let new = new(NewPool { validators: votes.to_vec(), ..NewPool::new(program_id) });
        let pool = new.create(&mut context).await?;
        let user = Keypair::new();
        fund(&mut context, &user.pubkey(), 50 * SOL).await?;
        Ok(Self { context, pool, votes, user })
    }

    async fn state(&mut self) -> StakePool {
        let account = self.context.banks_client.get_account(self.pool.keys.pool).await.unwrap().unwrap();
        StakePool::decode_initialized(&account.data).unwrap()
    }
}

/// Deposits, stakes, earns rewards, updates and withdraws.
async fn lives(token_program: Pubkey, extended: bool) -> Result<(), Error> {
    let fee = Fee::new(1, 100);
    let mut fixture = Fixture::new(|new| NewPool {
        token_program,
        extended,
        epoch_fee: fee,
        deposit_fee: fee,
        withdrawal_fee: fee,
        reserve_lamports: 20 * SOL,
        ..new
    })
    .await?;
    let before = fixture.state().await.head;
    let Fixture { context, pool, votes, user } = &mut fixture;

    // At the rate of 1, less the fee of 1 %.
    assert_eq!(pool.deposit_sol(context, user, 10 * SOL).await?, 9_900_000_000);
    assert_eq!(pool.pool_tokens(context, &user.pubkey()).await?, 9_900_000_000);

    let epoch = advance_epoch(context, votes).await?;
    let stale = pool.deposit_sol(context, user, SOL).await.unwrap_err();
    assert_eq!(stale.stake_pool_error(), Some(StakePoolError::StakeListAndPoolOutOfDate));
    pool.update(context).await?;
    assert!(pool.update(context).await?.is_empty());
    let snapshot = pool.snapshot(context, StakeSelection::All).await?;
    for validator in snapshot.validators() {
        assert!(!validator.has_transient_stake());
        assert!(validator.record.active_stake_lamports.get() > 100 * SOL);
    }
    assert_eq!(snapshot.pool().head.last_update_epoch.get(), epoch);
    assert_eq!(snapshot.pool().head.total_lamports.get(), before.total_lamports.get() + 10 * SOL);

    // The stake is active now, and earns for the manager, too.
    let fee_tokens = pool.pool_tokens(context, &pool.manager.pubkey()).await?;
    let rate = snapshot.rate();
    advance_epoch(context, votes).await?;
    pool.update(context).await?;
    let snapshot = pool.snapshot(context, StakeSelection::None).await?;
    let reward = snapshot.rate().total_lamports.get() - rate.total_lamports.get();
    // Some 25 millionths of 200 SOL.
    assert!((2_500_000..10_000_000).contains(&reward), "{reward} lamports");
    assert!(pool.pool_tokens(context, &pool.manager.pubkey()).await? > fee_tokens);

    pool.increase_stake(context, &votes[0], 5 * SOL).await?;
    pool.decrease_stake(context, &votes[1], 30 * SOL).await?;
    advance_epoch(context, votes).await?;
    pool.update(context).await?;
    let reserve = pool.snapshot(context, StakeSelection::None).await?.reserve_lamports();
    assert!((54 * SOL..56 * SOL).contains(&reserve), "{reserve} lamports");

    // 2 tokens, less the fee of 1 %, are worth more than 1.98 SOL.
    let lamports = pool.withdraw_sol(context, user, 2 * SOL).await?;
    assert!((1_980_000_001..2_000_000_000).contains(&lamports), "{lamports} lamports");

    let stake = pool.withdraw_stake(context, user, &votes[0], 5 * SOL).await?;
    let account = context.banks_client.get_account(stake).await.unwrap().unwrap();
    assert_eq!(account.owner, solana_sdk_ids::stake::ID);
    assert!(account.lamports > 4_950_000_000);
    assert_eq!(pool.pool_tokens(context, &user.pubkey()).await?, 2_900_000_000);

    pool.remove_validator(context, &votes[1]).await?;
    advance_epoch(context, votes).await?;
    pool.update(context).await?;
    assert_eq!(pool.snapshot(context, StakeSelection::None).await?.records().len(), 1);
    pool.add_validator(context, &votes[1]).await?;
    assert_eq!(pool.snapshot(context, StakeSelection::None).await?.records().len(), 2);
    Ok(())
}

#[tokio::test]
async fn extended_pool_lives_with_spl_token() -> Result<(), Error> {
    lives(spl_token::ID, true).await
}

#[tokio::test]
async fn extended_pool_lives_with_token_2022() -> Result<(), Error> {
    lives(TOKEN_2022_PROGRAM_ID, true).await
}

#[tokio::test]
async fn spl_pool_lives_without_the_extension() -> Result<(), Error> {
    assert_eq!(spl_token::ID, TOKEN_PROGRAM_ID);
    lives(TOKEN_PROGRAM_ID, false).await
}

#[tokio::test]
async fn delinquent_validator_earns_nothing() -> Result<(), Error> {
    let mut fixture = Fixture::new(|new| new).await?;
    let Fixture { context, pool, votes, .. } = &mut fixture;
    advance_epoch(context, votes).await?;
    pool.update(context).await?;
    let before = pool.snapshot(context, StakeSelection::All).await?;
    advance_epoch(context, &votes[..1]).await?;
    pool.update(context).await?;
    let after = pool.snapshot(context, StakeSelection::All).await?;
    let gained = |vote: &Pubkey| {
        let lamports = |snapshot: &PoolSnapshot| snapshot.validator(vote).unwrap().record.active_stake_lamports.get();
        lamports(&after) - lamports(&before)
    };
    assert!(gained(&votes[0]) > 0);
    assert_eq!(gained(&votes[1]), 0);
    Ok(())
}

/// All of `tidepool_client` works on the bank: here its planner, its packer and its sender, which confirms what it sends.
#[tokio::test]
async fn client_library_updates_the_pool() -> Result<(), Error> {
    let mut fixture = Fixture::new(|new| new).await?;
    let Fixture { context, pool, votes, .. } = &mut fixture;
    advance_epoch(context, votes).await?;
    let snapshot = pool.snapshot(context, StakeSelection::All).await?;
    assert!(snapshot.is_stale());
    let plan = plan::update(&snapshot, &UpdateOptions::default())?;
    let stages = pack::pack_plan(&plan, &PackOptions::new(context.payer.pubkey()))?;
    let cluster = ProgramTestCluster::from(&*context);
    let summary = Sender::new(&cluster, &context.payer).send_stages(&stages).await;
    assert_eq!(summary.landed(), stages.iter().map(Vec::len).sum::<usize>());
    assert!(!pool.snapshot(context, StakeSelection::None).await?.is_stale());
    Ok(())
}

/// The instruction of `tidepool_interface`, the accounts of `spl-token` and `spl-associated-token-account`.
#[tokio::test]
async fn deposits_with_the_published_crates() -> Result<(), Error> {
    let mut fixture = Fixture::new(|new| new).await?;
    let Fixture { context, pool, user, .. } = &mut fixture;
    let keys = pool.keys;
    let wallet: Pubkey = user.pubkey();
    let tokens: Pubkey = spl_associated_token_account::get_associated_token_address(&wallet, &keys.pool_mint);
    assert_eq!(tokens, keys.token_account(&wallet));
    let create: Instruction = spl_associated_token_account::instruction::create_associated_token_account(
        &wallet,
        &wallet,
        &keys.pool_mint,
        &spl_token::ID,
    );
    let accounts = keys.deposit_sol_accounts(wallet, tokens);
    let deposit: Instruction = instruction::deposit_sol(&keys.program_id, &accounts, 3 * SOL, Some(3 * SOL));
    let processed = process(context, &[create, deposit], &[user]).await?;
    assert!(processed.compute_units > 0);

    let account = context.banks_client.get_account(tokens).await.unwrap().unwrap();
    let token_account = spl_token::state::Account::unpack(&account.data).unwrap();
    assert_eq!((token_account.mint, token_account.owner, token_account.amount), (keys.pool_mint, wallet, 3 * SOL));
    let mint = context.banks_client.get_account(keys.pool_mint).await.unwrap().unwrap();
    let mint = spl_token::state::Mint::unpack(&mint.data).unwrap();
    assert_eq!(mint.mint_authority.unwrap(), keys.withdraw_authority);
    assert_eq!(mint.supply, fixture.state().await.head.pool_token_supply.get());
    Ok(())
}

#[tokio::test]
async fn failed_transaction_names_the_stake_pool_error() -> Result<(), Error> {
    let mut fixture = Fixture::new(|new| new).await?;
    let Fixture { context, pool, user, .. } = &mut fixture;
    let keys = pool.keys;
    let tokens = pool.create_token_account(context, &user.pubkey()).await?;
    let accounts = keys.deposit_sol_accounts(user.pubkey(), tokens);
    let deposit = instruction::deposit_sol(&keys.program_id, &accounts, SOL, Some(SOL + 1));
    let error = process(context, &[deposit], &[user]).await.unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::ExceededSlippage));
    assert_eq!(error.custom_code(), Some(39));
    assert!(error.to_string().contains(StakePoolError::ExceededSlippage.message()), "{error}");
    Ok(())
}
