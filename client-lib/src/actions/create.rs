//! Making a pool.

use {
    super::extend::check_policy,
    crate::{
        compute,
        error::PlanError,
        plan::{InstructionGroup, Plan},
        pool::Role,
    },
    solana_address::Address,
    solana_instruction::Instruction,
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
    tidepool_interface::{
        MAX_VALIDATORS_IN_POOL, POOL_MINT_DECIMALS, STAKE_ACCOUNT_SPACE, StakePoolError,
        address::{SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID, find_withdraw_authority},
        external::token::MINT_LENGTH,
        instruction::{
            ExtendPoolAccounts, ExtensionInstruction, InitializeAccounts, SetRebalancePolicyAccounts,
            StakePoolInstruction,
        },
        maths::Fee,
        state::{EXTENDED_POOL_LENGTH, POOL_MAX_LENGTH, RebalancePolicy, validator_list_length},
    },
};

/// A pool to be made. The pool, the list, the reserve and the mint are new accounts, each of which signs its creation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CreatePool {
    /// The program.
    pub program_id: Address,
    /// Pays for all accounts.
    pub payer: Address,
    /// The manager, who signs.
    pub manager: Address,
    /// The staker.
    pub staker: Address,
    /// New account: the pool.
    pub pool: Address,
    /// New account: its validator list.
    pub validator_list: Address,
    /// New account: its reserve.
    pub reserve_stake: Address,
    /// New account: its mint.
    pub pool_mint: Address,
    /// The token program of the mint.
    pub token_program: Address,
    /// The manager's token account for fees, which must exist by then; the manager's associated one where it is `None`, which
    /// is created.
    pub manager_fee_account: Option<Address>,
    /// Validators that the list has room for, for ever: 73 bytes of rent each.
    pub max_validators: u32,
    /// Fee on rewards.
    pub epoch_fee: Fee,
    /// Fee on stake and SOL withdrawals.
    pub withdrawal_fee: Fee,
    /// Fee on stake and SOL deposits.
    pub deposit_fee: Fee,
    /// Referrers' share of deposit fees, in percent.
    pub referral_fee: u8,
    /// Must sign each deposit of stake or SOL, if set; it signs here too.
    pub deposit_authority: Option<Address>,
    /// Lamports for the reserve besides its rent. The manager's fee account gets as many pool tokens.
    pub initial_reserve_lamports: u64,
    /// Length of the pool account in bytes: [`POOL_MAX_LENGTH`] holds all that the contract knows. With the extension it is
    /// [`EXTENDED_POOL_LENGTH`] at least.
    pub pool_account_length: usize,
    /// The policy of a pool with the extension, which behaves no otherwise until weights are set; `None` without the extension.
    pub policy: Option<RebalancePolicy>,
}

impl CreatePool {
    /// A pool with the extension and the default policy, an SPL Token mint, a list for `max_validators`, no fees, `payer` as manager and staker, and
    /// these new accounts: pool, validator list, reserve, mint.
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

    /// The addresses that belong to the pool, with their parts in it, for [`NonSigner::of`](crate::pool::NonSigner::of).
    pub fn parts(&self) -> [(Address, Role); 5] {
        [
            (self.pool, Role::Pool),
            (self.validator_list, Role::ValidatorList),
            (self.reserve_stake, Role::Reserve),
            (self.pool_mint, Role::Mint),
            (find_withdraw_authority(&self.program_id, &self.pool).0, Role::WithdrawAuthority),
        ]
    }

    /// Length in bytes that the pool account gets.
    pub fn account_length(&self) -> usize {
        match self.policy {
            Some(_) => self.pool_account_length.max(EXTENDED_POOL_LENGTH),
            None => self.pool_account_length,
        }
    }

    /// The token account that gets the manager's fees.
    pub fn fee_account(&self) -> Address {
        self.manager_fee_account.unwrap_or_else(|| {
            get_associated_token_address_with_program_id(&self.manager, &self.pool_mint, &self.token_program)
        })
    }

    fn check(&self) -> Result<(), PlanError> {
        if [self.epoch_fee, self.withdrawal_fee, self.deposit_fee].iter().any(Fee::is_too_high)
            || self.referral_fee > 100
        {
            return Err(StakePoolError::FeeTooHigh.into());
        }
        self.policy.iter().try_for_each(check_policy)?;
        if self.max_validators == 0 {
            return Err(PlanError::refused(
                StakePoolError::UnexpectedValidatorListAccountSize,
                "a pool needs room for one validator at least",
            ));
        }
        if self.max_validators > MAX_VALIDATORS_IN_POOL {
            return Err(PlanError::refused(
                StakePoolError::TooManyValidatorsInPool,
                format!("a pool holds {MAX_VALIDATORS_IN_POOL} validators at most, not {}", self.max_validators),
            ));
        }
        if ![TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID].contains(&self.token_program) {
            return Err(PlanError::invalid(format!(
                "{} is no token program: choose {TOKEN_PROGRAM_ID} or {TOKEN_2022_PROGRAM_ID}",
                self.token_program
            )));
        }
        if self.pool_account_length < POOL_MAX_LENGTH {
            return Err(PlanError::invalid(format!(
                "a pool account of {} bytes could not hold all settings: use {POOL_MAX_LENGTH} at least",
                self.pool_account_length
            )));
        }
        Ok(())
    }
}

/// Plans the making of a pool: first the mint, the reserve and the fee account, then the pool itself.
///
/// Signers are the payer, the manager and the new accounts: reserve and mint in the first stage, pool and list in the second.
///
/// # Errors
/// Refusals: `FeeTooHigh`, `ShareOverWhole`, `ContradictoryPolicy`, `UnexpectedValidatorListAccountSize`, `TooManyValidatorsInPool`; [`PlanError::Invalid`] for an
/// unknown token program or a pool account that is too short.
pub fn create_pool(new: &CreatePool, rent: &Rent) -> Result<Plan, PlanError> {
    new.check()?;
    let mut plan = Plan::default();
    plan.push("create the mint, the reserve and the fee account", vec![foundations(new, rent)?]);
    plan.push("create the pool", vec![pool_itself(new, rent)]);
    Ok(plan)
}

fn foundations(new: &CreatePool, rent: &Rent) -> Result<InstructionGroup, PlanError> {
    let (withdraw_authority, _) = find_withdraw_authority(&new.program_id, &new.pool);
    let mut instructions = stake::create_account(
        &new.payer,
        &new.reserve_stake,
        &Authorized::auto(&withdraw_authority),
        &Lockup::default(),
        rent.minimum_balance(STAKE_ACCOUNT_SPACE),
    );
    instructions.push(new_account(new, rent, &new.pool_mint, MINT_LENGTH, &new.token_program));
    let initialize_mint =
        token::initialize_mint2(&new.token_program, &new.pool_mint, &withdraw_authority, None, POOL_MINT_DECIMALS);
    instructions
        .push(initialize_mint.map_err(|error| PlanError::invalid(format!("the mint cannot be made: {error}")))?);
    if new.manager_fee_account.is_none() {
        instructions.push(create_associated_token_account_idempotent(
            &new.payer,
            &new.manager,
            &new.pool_mint,
            &new.token_program,
        ));
    }
    Ok(InstructionGroup::new(
        "create the mint, the reserve and the fee account",
        instructions,
        compute::CREATE_TOKEN_ACCOUNT + 4 * compute::FOREIGN,
    ))
}

/// Creation and initialization in one transaction: in between, anybody could initialize the accounts for themselves. What the
/// reserve is to hold goes along: sent before, it would be lost with the pool's key if the pool never came about.
fn pool_itself(new: &CreatePool, rent: &Rent) -> InstructionGroup {
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
    let mut instructions = vec![
        new_account(new, rent, &new.pool, new.account_length(), &new.program_id),
        new_account(new, rent, &new.validator_list, list_length, &new.program_id),
    ];
    if new.initial_reserve_lamports > 0 {
        instructions.push(system::transfer(&new.payer, &new.reserve_stake, new.initial_reserve_lamports));
    }
    instructions.push(initialize.with_accounts(&new.program_id, accounts.metas()));
    let mut compute_units = compute::INITIALIZE + 3 * compute::FOREIGN;
    if let Some(policy) = new.policy {
        let accounts = ExtendPoolAccounts {
            pool: new.pool,
            manager: new.manager,
            payer: new.payer,
            validator_list: new.validator_list,
            system_program: SYSTEM_PROGRAM_ID,
        };
        instructions.push(ExtensionInstruction::ExtendPool.with_accounts(&new.program_id, accounts.metas()));
        compute_units += compute::extend_pool(0);
        if policy != RebalancePolicy::DEFAULT {
            let accounts = SetRebalancePolicyAccounts { pool: new.pool, manager: new.manager };
            let set = ExtensionInstruction::SetRebalancePolicy { policy };
            instructions.push(set.with_accounts(&new.program_id, accounts.metas()));
            compute_units += compute::SETTING;
        }
    }
    InstructionGroup::new("create the pool", instructions, compute_units)
}

fn new_account(new: &CreatePool, rent: &Rent, address: &Address, length: usize, owner: &Address) -> Instruction {
    system::create_account(&new.payer, address, rent.minimum_balance(length), length as u64, owner)
}
