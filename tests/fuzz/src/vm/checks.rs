//! What has to hold of an instruction, whatever it was given.

use {
    super::stage::Stage,
    solana_account::Account,
    solana_address::Address,
    solana_instruction::error::InstructionError,
    std::collections::HashMap,
    tidepool_interface::{
        address::{INSTRUCTIONS_ID, STAKE_PROGRAM_ID},
        external::{stake::StakeState, token::Mint},
        instruction::tag,
        state::{PoolExtension, StakePool},
    },
    tidepool_tests::vm::Outcome,
};

type Accounts = HashMap<Address, Account>;

/// Fails a check with a message.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}

/// # Errors
/// The fault.
pub fn check(stage: &Stage, before: &Accounts, outcome: &Outcome) -> Result<(), String> {
    check_orderly(stage, outcome)?;
    if !outcome.is_ok() {
        return Ok(());
    }
    check_lamports(before, outcome)?;
    // Of accounts that no program could have made, nothing else can be promised.
    if stage.is_forged { Ok(()) } else { check_pool(stage, before) }
}

/// The program refuses, and does not break off: no panic, no access to memory that is not there, compute units suffice.
fn check_orderly(stage: &Stage, outcome: &Outcome) -> Result<(), String> {
    let Err(error) = &outcome.result.raw_result else { return Ok(()) };
    // The first that failed, of those that called each other: a program that was given nonsense may break off itself.
    let failed = outcome.logs.iter().find(|line| line.contains(" failed: "));
    let ours = format!("Program {} failed: ", stage.vm.program_id);
    let is_ours = failed.is_none_or(|line| line.starts_with(&ours));
    let is_orderly = !matches!(
        error,
        InstructionError::ProgramFailedToComplete
            | InstructionError::ComputationalBudgetExceeded
            | InstructionError::MaxInstructionTraceLengthExceeded
            | InstructionError::CallDepth
            | InstructionError::UnbalancedInstruction
    );
    ensure!(is_orderly || !is_ours || is_lists_panic(stage, outcome), "{error:?}: {:#?}", outcome.logs);
    Ok(())
}

/// The one panic that is meant, since the SPL program ends so, too: the validator list stands in the place of a stake account.
fn is_lists_panic(stage: &Stage, outcome: &Outcome) -> bool {
    const PLACE: &str = "Panicked in program/src/validation/stake.rs";
    let list = stage.pool.state.head.validator_list;
    let mentions = stage.instruction.accounts.iter().filter(|meta| meta.pubkey == list).count();
    mentions > 1 && outcome.logs.iter().any(|line| line.contains(PLACE))
}

fn check_lamports(before: &Accounts, outcome: &Outcome) -> Result<(), String> {
    let accounts = outcome.result.resulting_accounts.iter().filter(|(address, _)| *address != INSTRUCTIONS_ID);
    let (mut old, mut new) = (0u128, 0u128);
    for (address, account) in accounts {
        old += before.get(address).map_or(0, |account| u128::from(account.lamports));
        new += u128::from(account.lamports);
    }
    ensure!(old == new, "{old} lamports became {new}");
    Ok(())
}

/// The pool before and after.
struct Change<'a> {
    stage: &'a Stage,
    before: &'a Accounts,
    old: StakePool,
    new: StakePool,
}

fn check_pool(stage: &Stage, before: &Accounts) -> Result<(), String> {
    let address = &stage.pool.pool;
    let decode = |account: Option<&Account>| account.map(|account| StakePool::decode_initialized(&account.data));
    let Some(Ok(old)) = decode(before.get(address)) else { return Ok(()) };
    let Some(Ok(new)) = decode(stage.vm.accounts.get(address)) else {
        return Err("the pool is none any more".into());
    };
    let change = Change { stage, before, old, new };
    change.check_worth()?;
    change.check_supply()?;
    change.check_stake()?;
    change.check_authorities()
}

impl Change<'_> {
    fn is_update(&self) -> bool {
        self.stage.instruction.data.first() == Some(&tag::UPDATE_STAKE_POOL_BALANCE)
    }

    fn has_signed(&self, address: &Address) -> bool {
        self.stage.instruction.accounts.iter().any(|meta| meta.pubkey == *address && meta.is_signer)
    }

    /// The value of a pool token is what it was, or more. Only an update finds that stake was lost.
    fn check_worth(&self) -> Result<(), String> {
        let rate = |pool: &StakePool| {
            (u128::from(pool.head.total_lamports.get()), u128::from(pool.head.pool_token_supply.get()))
        };
        let ((old_total, old_supply), (new_total, new_supply)) = (rate(&self.old), rate(&self.new));
        if self.is_update() && new_total < old_total {
            ensure!(new_supply == old_supply, "a fee was paid on a loss");
            return Ok(());
        }
        ensure!(
            new_total * old_supply >= old_total * new_supply,
            "a pool token had the value {old_total}/{old_supply}, has {new_total}/{new_supply}"
        );
        Ok(())
    }

    /// What the pool says of its token is what the mint says.
    fn check_supply(&self) -> Result<(), String> {
        let mint = self.old.head.pool_mint;
        let supply = |accounts: &Accounts| {
            accounts.get(&mint).and_then(|account| Some(Mint::decode(&account.data).ok()?.supply)).unwrap_or(0)
        };
        let minted = i128::from(supply(&self.stage.vm.accounts)) - i128::from(supply(self.before));
        let stated =
            i128::from(self.new.head.pool_token_supply.get()) - i128::from(self.old.head.pool_token_supply.get());
        ensure!(minted == stated, "{minted} pool tokens were minted, {stated} are stated");
        Ok(())
    }

    /// Lamports in all stake accounts that the pool's authority commands.
    fn stake(&self, accounts: &Accounts) -> i128 {
        let authority = self.stage.pool.withdraw_authority;
        let is_of_pool = |account: &&Account| {
            account.owner == STAKE_PROGRAM_ID
                && matches!(
                    StakeState::decode(&account.data),
                    Ok(StakeState::Initialized(meta) | StakeState::Stake(meta, _)) if meta.withdrawer == authority
                )
        };
        accounts.values().filter(is_of_pool).map(|account| i128::from(account.lamports)).sum()
    }

    /// No more leaves the pool's accounts than the pool says. An update starts the count anew.
    fn check_stake(&self) -> Result<(), String> {
        let gained = self.stake(&self.stage.vm.accounts) - self.stake(self.before);
        let stated = i128::from(self.new.head.total_lamports.get()) - i128::from(self.old.head.total_lamports.get());
        let bound = if self.is_update() { 0 } else { stated };
        ensure!(gained >= bound, "the pool's accounts gained {gained} lamports, {stated} are stated");
        Ok(())
    }

    /// Rights and terms change only by their authorities.
    fn check_authorities(&self) -> Result<(), String> {
        let (old, new) = (&self.old.head, &self.new.head);
        let is_managers = self.has_signed(&old.manager);
        let is_stakers = self.has_signed(&old.staker);
        ensure!(new.manager == old.manager || is_managers, "a new manager, whom the old one has not named");
        ensure!(new.staker == old.staker || is_managers || is_stakers, "a new staker, whom no authority has named");
        ensure!(new.manager_fee_account == old.manager_fee_account || is_managers, "another user's fee account");
        ensure!(new.stake_deposit_authority == old.stake_deposit_authority || is_managers, "another authority");
        for (before, after) in [
            (old.pool_mint, new.pool_mint),
            (old.reserve_stake, new.reserve_stake),
            (old.validator_list, new.validator_list),
            (old.token_program_id, new.token_program_id),
        ] {
            ensure!(before == after, "{before} became {after}, without an authority");
        }
        let (old, new) = (&self.old.terms, &self.new.terms);
        ensure!(new.sol_deposit_authority == old.sol_deposit_authority || is_managers, "another authority");
        ensure!(new.sol_withdraw_authority == old.sol_withdraw_authority || is_managers, "another authority");
        ensure!(new.sol_deposit_fee == old.sol_deposit_fee || is_managers, "another fee");
        ensure!(new.stake_deposit_fee == old.stake_deposit_fee || is_managers, "another fee");
        ensure!(new.sol_withdrawal_fee == old.sol_withdrawal_fee || self.is_update(), "another fee, at once");
        ensure!(new.stake_withdrawal_fee == old.stake_withdrawal_fee || self.is_update(), "another fee, at once");
        let policy = |accounts: &Accounts| {
            let data = &accounts.get(&self.stage.pool.pool)?.data;
            PoolExtension::find(data).map(|extension| extension.policy)
        };
        ensure!(policy(self.before) == policy(&self.stage.vm.accounts) || is_managers, "another policy");
        Ok(())
    }
}
