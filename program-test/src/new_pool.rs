//! Creating a pool.

use {
    crate::{Error, PoolKeys, TestPool, transaction::process_plan},
    solana_address::Address,
    solana_keypair::Keypair,
    solana_native_token::LAMPORTS_PER_SOL,
    solana_program_test::ProgramTestContext,
    solana_signer::Signer as _,
    tidepool_client::{
        actions::{CreatePool, add_validator, create_pool, increase_validator_stake},
        cluster::Cluster as _,
        plan::Plan,
        pool::StakeSelection,
    },
    tidepool_core::{maths::Fee, minimum_stake_lamports},
    tidepool_interface::{STAKE_ACCOUNT_SPACE, address::TOKEN_PROGRAM_ID, state::RebalancePolicy},
};

/// Lamports of a new pool's reserve and of each validator, unless the test says otherwise: 100 SOL.
const DEFAULT_LAMPORTS: u64 = 100 * LAMPORTS_PER_SOL;

/// A pool to be created. All of it can be set; [`NewPool::new`] has the defaults.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewPool {
    /// The program, which [`add_program`](crate::add_program) loaded.
    pub program_id: Address,
    /// The token program of the mint: [`TOKEN_PROGRAM_ID`] or [`TOKEN_2022_PROGRAM_ID`](crate::TOKEN_2022_PROGRAM_ID).
    pub token_program: Address,
    /// Whether the pool gets Tidepool's extension. Without, it is what SPL tools create.
    pub extended: bool,
    /// Validators that the list has room for.
    pub max_validators: u32,
    /// Fee on rewards.
    pub epoch_fee: Fee,
    /// Fee on withdrawals of SOL and of stake.
    pub withdrawal_fee: Fee,
    /// Fee on deposits of SOL and of stake.
    pub deposit_fee: Fee,
    /// Referrers' share of deposit fees, in percent.
    pub referral_fee: u8,
    /// Lamports in the reserve besides its rent, once all validators have their stake.
    pub reserve_lamports: u64,
    /// Vote accounts of the validators to add.
    pub validators: Vec<Address>,
    /// Lamports to stake with each validator, on top of the minimum of its stake account. 0, or the minimum delegation or
    /// more. The stake is activating: the end of the epoch and an update make it active.
    pub validator_lamports: u64,
}

impl NewPool {
    /// An extended pool of the program `program_id` with an SPL Token mint, no fees, no validators, room for 10, 100 SOL in
    /// the reserve, and 100 SOL for each validator that is added to [`Self::validators`].
    pub fn new(program_id: Address) -> Self {
        Self {
            program_id,
            token_program: TOKEN_PROGRAM_ID,
            extended: true,
            max_validators: 10,
            epoch_fee: Fee::default(),
            withdrawal_fee: Fee::default(),
            deposit_fee: Fee::default(),
            referral_fee: 0,
            reserve_lamports: DEFAULT_LAMPORTS,
            validators: vec![],
            validator_lamports: DEFAULT_LAMPORTS,
        }
    }

    /// Creates the pool, adds its validators and stakes with them. `context.payer` pays for everything. The manager, who is
    /// the staker too, is a new key without lamports; its fee account gets the pool tokens for the lamports of the beginning.
    ///
    /// # Errors
    /// [`Error::Plan`] where the pool or a validator would be rejected, for a fee over 100 % for example; those of
    /// [`process`](crate::process).
    pub async fn create(&self, context: &mut ProgramTestContext) -> Result<TestPool, Error> {
        let manager = Keypair::new();
        let new_accounts: [Keypair; 4] = std::array::from_fn(|_| Keypair::new());
        let [pool, validator_list, reserve_stake, pool_mint] = new_accounts.each_ref().map(Keypair::pubkey);
        let new = CreatePool {
            manager: manager.pubkey(),
            staker: manager.pubkey(),
            token_program: self.token_program,
            epoch_fee: self.epoch_fee,
            withdrawal_fee: self.withdrawal_fee,
            deposit_fee: self.deposit_fee,
            referral_fee: self.referral_fee,
            initial_reserve_lamports: self.initial_lamports(context).await?,
            policy: self.extended.then_some(RebalancePolicy::DEFAULT),
            ..CreatePool::new(
                self.program_id,
                context.payer.pubkey(),
                self.max_validators,
                [pool, validator_list, reserve_stake, pool_mint],
            )
        };
        let rent = context.banks_client.get_rent().await?;
        let signers: Vec<&Keypair> = new_accounts.iter().chain([&manager]).collect();
        process_plan(context, &create_pool(&new, &rent)?, &signers).await?;
        let keys = PoolKeys::new(
            self.program_id,
            [pool, validator_list, reserve_stake, pool_mint],
            new.fee_account(),
            self.token_program,
        );
        let pool = TestPool { keys, manager };
        self.stake(context, &pool).await?;
        Ok(pool)
    }

    /// Lamports that the reserve has before any of them are staked.
    async fn initial_lamports(&self, context: &ProgramTestContext) -> Result<u64, Error> {
        let cluster = crate::ProgramTestCluster::from(context);
        let payer = context.payer.pubkey();
        let minimum = cluster.minimum_delegation(&payer).await.map_err(tidepool_client::pool::PoolError::from)?;
        let rent = context.banks_client.get_rent().await?.minimum_balance(STAKE_ACCOUNT_SPACE);
        let transient = if self.validator_lamports > 0 { self.validator_lamports.saturating_add(rent) } else { 0 };
        let each = minimum_stake_lamports(rent, minimum).saturating_add(transient);
        Ok(each.saturating_mul(self.validators.len() as u64).saturating_add(self.reserve_lamports))
    }

    async fn stake(&self, context: &mut ProgramTestContext, pool: &TestPool) -> Result<(), Error> {
        if self.validators.is_empty() {
            return Ok(());
        }
        let snapshot = pool.snapshot(context, StakeSelection::None).await?;
        let groups = self.validators.iter().map(|vote| add_validator(&snapshot, vote, 0)).collect::<Result<_, _>>()?;
        let mut plan = Plan::default();
        plan.push("add the validators", groups);
        process_plan(context, &plan, &[&pool.manager]).await?;
        if self.validator_lamports == 0 {
            return Ok(());
        }
        let snapshot = pool.snapshot(context, StakeSelection::All).await?;
        let increase = |vote| increase_validator_stake(&snapshot, vote, self.validator_lamports);
        let groups = self.validators.iter().map(increase).collect::<Result<_, _>>()?;
        let mut plan = Plan::default();
        plan.push("stake with the validators", groups);
        process_plan(context, &plan, &[&pool.manager]).await.map(drop)
    }
}
