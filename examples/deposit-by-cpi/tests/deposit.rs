//! The program against a real pool. The pool's program is always an ELF; this program runs natively, or as an ELF where
//! `SBF_OUT_DIR` names the folder with `deposit_by_cpi.so`.

use {
    deposit_by_cpi::{Deposit, POOL_PROGRAM_ID, TREASURY, process_instruction},
    solana_program_test::{ProgramTest, ProgramTestContext, processor, tokio},
    solana_sdk::{
        instruction::{AccountMeta, Instruction},
        native_token::LAMPORTS_PER_SOL,
        pubkey::Pubkey,
        signature::Keypair,
        signer::Signer as _,
    },
    tidepool_core::maths::Fee,
    tidepool_interface::{StakePoolError, instruction::DepositSolAccounts},
    tidepool_program_test::{
        Error, NewPool, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID, TestPool, add_program, add_validator, advance_epoch,
        fund, process, start,
    },
};

const SOL: u64 = LAMPORTS_PER_SOL;

struct Fixture {
    context: ProgramTestContext,
    program_id: Pubkey,
    pool: TestPool,
    votes: Vec<Pubkey>,
    user: Keypair,
}

impl Fixture {
    /// A pool whose fee on deposits is 1 %, half of which goes to the referrer.
    async fn new(token_program: Pubkey) -> Result<Self, Error> {
        let program_id = Pubkey::new_unique();
        let mut test = ProgramTest::default();
        test.add_program("deposit_by_cpi", program_id, processor!(process_instruction));
        add_program(&mut test, POOL_PROGRAM_ID)?;
        let votes = vec![add_validator(&mut test, 500)];
        let mut context = start(test).await?;
        let new = NewPool {
            token_program,
            deposit_fee: Fee::new(1, 100),
            referral_fee: 50,
            validators: votes.clone(),
            ..NewPool::new(POOL_PROGRAM_ID)
        };
        let pool = new.create(&mut context).await?;
        let user = Keypair::new();
        fund(&mut context, &user.pubkey(), 20 * SOL).await?;
        for owner in [&user.pubkey(), &TREASURY] {
            pool.create_token_account(&mut context, owner).await?;
        }
        Ok(Self { context, program_id, pool, votes, user })
    }

    fn accounts(&self) -> DepositSolAccounts<Pubkey> {
        let keys = &self.pool.keys;
        let wallet = self.user.pubkey();
        DepositSolAccounts {
            referrer_fee_account: keys.token_account(&TREASURY),
            ..keys.deposit_sol_accounts(wallet, keys.token_account(&wallet))
        }
    }

    fn instruction(&self, accounts: &DepositSolAccounts<Pubkey>, deposit: Deposit) -> Instruction {
        let mut metas = vec![AccountMeta::new_readonly(POOL_PROGRAM_ID, false)];
        metas.extend(accounts.metas());
        Instruction::new_with_borsh(self.program_id, &deposit, metas)
    }

    /// Pool tokens that the program says the user got, and the compute units of the whole instruction.
    async fn deposit(&mut self, deposit: Deposit) -> Result<(u64, u64), Error> {
        let instruction = self.instruction(&self.accounts(), deposit);
        let processed = process(&mut self.context, &[instruction], &[&self.user]).await?;
        let (program, data) = processed.return_data.expect("the program returns the number of pool tokens");
        assert_eq!(program, self.program_id);
        Ok((u64::from_le_bytes(data.try_into().expect("a u64")), processed.compute_units))
    }

    async fn pool_tokens(&self, wallet: &Pubkey) -> Result<u64, Error> {
        self.pool.pool_tokens(&self.context, wallet).await
    }
}

async fn deposits(token_program: Pubkey) -> Result<(), Error> {
    let mut fixture = Fixture::new(token_program).await?;
    let (received, compute_units) =
        fixture.deposit(Deposit { lamports: 10 * SOL, minimum_pool_tokens: 9_900_000_000 }).await?;
    println!("a deposit by CPI took {compute_units} compute units");
    assert_eq!(received, 9_900_000_000);
    assert_eq!(fixture.pool_tokens(&fixture.user.pubkey()).await?, received);
    assert_eq!(fixture.pool_tokens(&TREASURY).await?, 50_000_000);
    Ok(())
}

#[tokio::test]
async fn deposits_into_a_pool_with_spl_token() -> Result<(), Error> {
    assert_eq!(TOKEN_PROGRAM_ID, spl_token::ID);
    deposits(TOKEN_PROGRAM_ID).await
}

#[tokio::test]
async fn deposits_into_a_pool_with_token_2022() -> Result<(), Error> {
    deposits(TOKEN_2022_PROGRAM_ID).await
}

#[tokio::test]
async fn rejects_fewer_pool_tokens_than_the_minimum() -> Result<(), Error> {
    let mut fixture = Fixture::new(TOKEN_PROGRAM_ID).await?;
    let deposit = Deposit { lamports: 10 * SOL, minimum_pool_tokens: 9_900_000_001 };
    let error = fixture.deposit(deposit).await.unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::ExceededSlippage));
    assert_eq!(fixture.pool_tokens(&fixture.user.pubkey()).await?, 0);
    Ok(())
}

#[tokio::test]
async fn rejects_a_referrer_that_is_not_the_treasury() -> Result<(), Error> {
    let mut fixture = Fixture::new(TOKEN_PROGRAM_ID).await?;
    let user_tokens: Pubkey = spl_associated_token_account::get_associated_token_address(
        &fixture.user.pubkey(),
        &fixture.pool.keys.pool_mint,
    );
    let accounts = DepositSolAccounts { referrer_fee_account: user_tokens, ..fixture.accounts() };
    let instruction = fixture.instruction(&accounts, Deposit { lamports: SOL, minimum_pool_tokens: 0 });
    let error = process(&mut fixture.context, &[instruction], &[&fixture.user]).await.unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::InvalidFeeAccount));
    Ok(())
}

/// A deposit after the end of an epoch needs an updated pool. The update is permissionless: it can go before the deposit.
#[tokio::test]
async fn deposits_into_a_stale_pool_after_an_update() -> Result<(), Error> {
    let mut fixture = Fixture::new(TOKEN_PROGRAM_ID).await?;
    advance_epoch(&mut fixture.context, &fixture.votes).await?;
    let deposit = Deposit { lamports: 10 * SOL, minimum_pool_tokens: 0 };
    let error = fixture.deposit(deposit).await.unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::StakeListAndPoolOutOfDate));

    fixture.pool.update(&mut fixture.context).await?;
    let (received, _) = fixture.deposit(deposit).await?;
    assert_eq!(received, 9_900_000_000);
    Ok(())
}
