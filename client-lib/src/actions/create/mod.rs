//! Creates pools.

mod checks;
mod found;
mod part;
mod work;

pub use {
    found::{FoundPool, FoundPoolError},
    part::ExistingAccount,
};

use {
    super::extend::check_policy,
    crate::{
        compute,
        error::PlanError,
        pool::Role,
        transaction::{InstructionGroup, Plan},
    },
    part::Progress,
    solana_address::Address,
    solana_rent::Rent,
    solana_stake_interface::{
        instruction as stake,
        state::{Authorized, Lockup},
    },
    solana_system_interface::instruction as system,
    spl_associated_token_account_interface::{
        address::get_associated_token_address_with_program_id, instruction::create_associated_token_account_idempotent,
    },
    spl_token_2022_interface::instruction as token,
    tidepool_core::{MAX_VALIDATORS_IN_POOL, maths::Fee},
    tidepool_interface::{
        POOL_MINT_DECIMALS, STAKE_ACCOUNT_SPACE, StakePoolError,
        address::{STAKE_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID, find_withdraw_authority},
        external::token::{MINT_LENGTH, TOKEN_ACCOUNT_LENGTH},
        instruction::{InitializeAccounts, StakePoolInstruction},
        state::{EXTENDED_POOL_LENGTH, POOL_MAX_LENGTH, RebalancePolicy, validator_list_length},
    },
    work::Work,
};

/// A new pool. The pool, the list, the reserve and the mint are new accounts, which sign their creation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CreatePool {
    /// The stake pool program.
    pub program_id: Address,
    /// Pays for all accounts.
    pub payer: Address,
    /// The manager, a signer.
    pub manager: Address,
    /// The staker.
    pub staker: Address,
    /// Address of the new pool account.
    pub pool: Address,
    /// Address of the new validator list.
    pub validator_list: Address,
    /// Address of the new reserve.
    pub reserve_stake: Address,
    /// Address of the new mint.
    pub pool_mint: Address,
    /// The token program of the mint.
    pub token_program: Address,
    /// The manager's existing token account for fees. If `None`, the manager's associated token account, which is
    /// created.
    pub manager_fee_account: Option<Address>,
    /// Fixed capacity of the validator list: 73 bytes of rent each.
    pub max_validators: u32,
    /// Epoch fee, on rewards.
    pub epoch_fee: Fee,
    /// Withdrawal fee for stake and SOL.
    pub withdrawal_fee: Fee,
    /// Deposit fee for stake and SOL.
    pub deposit_fee: Fee,
    /// Referral fee: share of deposit fees, in percent.
    pub referral_fee: u8,
    /// Signer of every deposit of stake or SOL, if set; it signs here too.
    pub deposit_authority: Option<Address>,
    /// Lamports of the reserve above its rent. The manager's fee account gets as many pool tokens.
    pub initial_reserve_lamports: u64,
    /// Length of the pool account in bytes: [`POOL_MAX_LENGTH`] holds the whole SPL layout. With the extension it is at
    /// least [`EXTENDED_POOL_LENGTH`].
    pub pool_account_length: usize,
    /// Rebalance policy of an extended pool, without effect until weights are set; `None` without the extension.
    pub policy: Option<RebalancePolicy>,
}

impl CreatePool {
    /// An extended pool with the default policy, an SPL Token mint, capacity for `max_validators`, no fees, and `payer`
    /// as manager and staker. `new_accounts` are pool, validator list, reserve and mint.
    pub fn new(program_id: Address, payer: Address, max_validators: u32, new_accounts: [Address; 4]) -> Self {
        let [pool, validator_list, reserve_stake, pool_mint] = new_accounts;
        Self {
            program_id,
            payer,
            manager: payer,
            staker: payer,
            pool,
            validator_list,
            reserve_stake,
            pool_mint,
            token_program: TOKEN_PROGRAM_ID,
            manager_fee_account: None,
            max_validators,
            epoch_fee: Fee::default(),
            withdrawal_fee: Fee::default(),
            deposit_fee: Fee::default(),
            referral_fee: 0,
            deposit_authority: None,
            initial_reserve_lamports: 0,
            pool_account_length: POOL_MAX_LENGTH,
            policy: Some(RebalancePolicy::DEFAULT),
        }
    }

    /// The pool's addresses with their roles, for [`NonSigner::of`](crate::pool::NonSigner::of).
    pub fn parts(&self) -> [(Address, Role); 5] {
        [
            (self.pool, Role::Pool),
            (self.validator_list, Role::ValidatorList),
            (self.reserve_stake, Role::Reserve),
            (self.pool_mint, Role::Mint),
            (find_withdraw_authority(&self.program_id, &self.pool).0, Role::WithdrawAuthority),
        ]
    }

    /// Length of the pool account in bytes.
    pub fn account_length(&self) -> usize {
        match self.policy {
            Some(_) => self.pool_account_length.max(EXTENDED_POOL_LENGTH),
            None => self.pool_account_length,
        }
    }

    /// The token account for the manager's fees.
    pub fn fee_account(&self) -> Address {
        self.manager_fee_account.unwrap_or_else(|| {
            get_associated_token_address_with_program_id(&self.manager, &self.pool_mint, &self.token_program)
        })
    }

    /// Length of an associated token account in bytes. Token-2022 adds the immutable-owner extension.
    fn fee_account_length(&self) -> usize {
        if self.token_program == TOKEN_2022_PROGRAM_ID { TOKEN_ACCOUNT_LENGTH + 5 } else { TOKEN_ACCOUNT_LENGTH }
    }

    fn check(&self) -> Result<(), PlanError> {
        if [self.epoch_fee, self.withdrawal_fee, self.deposit_fee].iter().any(Fee::is_too_high)
            || self.referral_fee > 100
        {
            return Err(StakePoolError::FeeTooHigh.into());
        }
        self.policy.iter().try_for_each(check_policy)?;
        let addresses =
            [self.pool, self.validator_list, self.reserve_stake, self.pool_mint, self.payer, self.manager, self.staker];
        for (index, address) in addresses[..4].iter().enumerate() {
            if addresses[index + 1..].contains(address) {
                return Err(PlanError::invalid(format!(
                    "{address} is used for two accounts of the pool, or for a wallet and an account: use a different keypair \
                     for each new account"
                )));
            }
        }
        if self.max_validators == 0 {
            return Err(PlanError::refused(
                StakePoolError::UnexpectedValidatorListAccountSize,
                "invalid maximum number of validators 0: use at least 1",
            ));
        }
        if self.max_validators > MAX_VALIDATORS_IN_POOL {
            return Err(PlanError::refused(
                StakePoolError::TooManyValidatorsInPool,
                format!(
                    "invalid maximum number of validators: at most {MAX_VALIDATORS_IN_POOL}, not {}",
                    self.max_validators
                ),
            ));
        }
        if ![TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID].contains(&self.token_program) {
            return Err(PlanError::invalid(format!(
                "invalid token program {}: use {TOKEN_PROGRAM_ID} or {TOKEN_2022_PROGRAM_ID}",
                self.token_program
            )));
        }
        if self.pool_account_length < POOL_MAX_LENGTH {
            return Err(PlanError::invalid(format!(
                "a pool account of {} bytes cannot hold all settings: use at least {POOL_MAX_LENGTH}",
                self.pool_account_length
            )));
        }
        Ok(())
    }
}

/// Transactions that create or complete a pool.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PoolCreation {
    /// At most two transactions; none for a complete pool.
    pub plan: Plan,
    /// Lamports that the payer transfers in each stage: rent and the initial deposit, without fees.
    pub lamports: Vec<u64>,
    /// Lamports of these for the initial deposit.
    pub deposit_lamports: u64,
}

impl PoolCreation {
    /// Lamports of rent that the payer pays.
    pub fn rent_lamports(&self) -> u64 {
        self.lamports
            .iter()
            .fold(0, |sum: u64, lamports| sum.saturating_add(*lamports))
            .saturating_sub(self.deposit_lamports)
    }

    fn push(&mut self, label: &'static str, work: Work) {
        if !work.instructions.is_empty() {
            self.plan.push(label, vec![InstructionGroup::new(label, work.instructions, work.compute_units)]);
            self.lamports.push(work.lamports);
        }
    }
}

/// Plans a new pool without existing accounts: first the mint, the reserve and the fee account, then the pool.
///
/// Signers are the payer, the manager and the new accounts: reserve and mint in the first stage, pool and list in the
/// second.
///
/// # Errors
/// Refusals: `FeeTooHigh`, `ShareOverWhole`, `ContradictoryPolicy`, `UnexpectedValidatorListAccountSize`,
/// `TooManyValidatorsInPool`; [`PlanError::Invalid`] for an unknown token program or a pool account that is too short.
pub fn create_pool(new: &CreatePool, rent: &Rent) -> Result<Plan, PlanError> {
    Ok(complete_pool(new, &FoundPool::default(), rent)?.plan)
}

/// Plans the remaining steps of a partly created pool.
///
/// # Errors
/// Those of [`create_pool`].
pub fn complete_pool(new: &CreatePool, found: &FoundPool, rent: &Rent) -> Result<PoolCreation, PlanError> {
    new.check()?;
    let mut creation = PoolCreation::default();
    if !found.is_initialized() {
        creation.push("create the mint, the reserve and the fee account", supporting_accounts(new, found, rent)?);
        let (work, deposit) = pool_accounts(new, found, rent);
        creation.deposit_lamports = deposit;
        creation.push("create the pool", work);
    } else if !found.is_complete(new) {
        let mut work = Work::default();
        work.add_account(new, rent, &new.pool, found.pool, new.account_length(), &new.program_id);
        work.extend(new, found);
        creation.push("extend the pool", work);
    }
    Ok(creation)
}

fn supporting_accounts(new: &CreatePool, found: &FoundPool, rent: &Rent) -> Result<Work, PlanError> {
    let (withdraw_authority, _) = find_withdraw_authority(&new.program_id, &new.pool);
    let mut work = Work::default();
    let reserve = &new.reserve_stake;
    work.add_account(new, rent, reserve, found.reserve_stake, STAKE_ACCOUNT_SPACE, &STAKE_PROGRAM_ID);
    if found.reserve_stake.progress != Progress::Initialized {
        let authorized = Authorized::auto(&withdraw_authority);
        work.add(stake::initialize(reserve, &authorized, &Lockup::default()), compute::FOREIGN);
    }
    work.add_account(new, rent, &new.pool_mint, found.pool_mint, MINT_LENGTH, &new.token_program);
    if found.pool_mint.progress != Progress::Initialized {
        let initialize =
            token::initialize_mint2(&new.token_program, &new.pool_mint, &withdraw_authority, None, POOL_MINT_DECIMALS);
        let initialize = initialize.map_err(|error| PlanError::invalid(format!("cannot create the mint: {error}")))?;
        work.add(initialize, compute::FOREIGN);
    }
    if new.manager_fee_account.is_none() && found.fee_account.progress == Progress::Missing {
        let (payer, mint) = (&new.payer, &new.pool_mint);
        let create = create_associated_token_account_idempotent(payer, &new.manager, mint, &new.token_program);
        work.add(create, compute::CREATE_TOKEN_ACCOUNT);
        // The associated token account program tops up the rent of the address.
        let lacks = rent.minimum_balance(new.fee_account_length()).saturating_sub(found.fee_account.lamports);
        work.lamports = work.lamports.saturating_add(lacks);
    }
    Ok(work)
}

/// Creation and initialization share a transaction: in between, any fee payer could initialize the accounts as another
/// pool. The reserve is funded in it, too: lamports sent before would be lost with the pool's key if the pool were
/// never created.
fn pool_accounts(new: &CreatePool, found: &FoundPool, rent: &Rent) -> (Work, u64) {
    let accounts = InitializeAccounts {
        pool: new.pool,
        manager: new.manager,
        staker: new.staker,
        withdraw_authority: find_withdraw_authority(&new.program_id, &new.pool).0,
        validator_list: new.validator_list,
        reserve_stake: new.reserve_stake,
        pool_mint: new.pool_mint,
        manager_fee_account: new.fee_account(),
        token_program: new.token_program,
        deposit_authority: new.deposit_authority,
    };
    let initialize = StakePoolInstruction::Initialize {
        fee: new.epoch_fee,
        withdrawal_fee: new.withdrawal_fee,
        deposit_fee: new.deposit_fee,
        referral_fee: new.referral_fee,
        max_validators: new.max_validators,
    };
    let list_length = validator_list_length(new.max_validators);
    let mut work = Work::default();
    // A shorter account also gets the rent of its extension.
    work.add_account(new, rent, &new.pool, found.pool, new.account_length(), &new.program_id);
    work.add_account(new, rent, &new.validator_list, found.validator_list, list_length, &new.program_id);
    // Lamports of the reserve above its rent count towards the first deposit.
    let held = found.reserve_stake.lamports.saturating_sub(rent.minimum_balance(STAKE_ACCOUNT_SPACE));
    let deposit = new.initial_reserve_lamports.saturating_sub(held);
    if deposit > 0 {
        work.add(system::transfer(&new.payer, &new.reserve_stake, deposit), compute::FOREIGN);
        work.lamports = work.lamports.saturating_add(deposit);
    }
    work.add(initialize.with_accounts(&new.program_id, accounts.metas()), compute::INITIALIZE);
    work.extend(new, found);
    (work, deposit)
}
