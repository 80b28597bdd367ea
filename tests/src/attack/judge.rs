//! Whether any user lost anything by an instruction who did not agree to it.
//!
//! It looks at accounts alone and not at what the program says of itself, so that it holds for whatever is done to a pool.

use {
    super::{Accounts, AttackScenario},
    crate::{SOL, pool::PoolFixture, vm::Vm},
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_program_pack::Pack as _,
    solana_rent::Rent,
    spl_token_interface::state::{Account as TokenAccount, Mint},
    std::{collections::HashSet, fmt::Write as _},
    tidepool_interface::{
        address::{
            CLOCK_ID, RENT_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID,
            TOKEN_PROGRAM_ID,
        },
        external::stake::{StakeMeta, StakeState},
        instruction::tag,
        state::{StakePool, split_validator_list},
    },
};

/// What a pool has and owes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    /// Lamports in all stake accounts that the pool's withdraw authority commands, the reserve's rent aside.
    pub commanded: u128,
    /// Lamports that an update would count: those of the list's records, and what the reserve holds above its rent.
    pub counted: u128,
    /// Lamports that the pool states.
    pub total: u128,
    /// Pool tokens that the pool states.
    pub stated_supply: u128,
    /// Supply of the mint.
    pub supply: u128,
    /// Pool tokens in all token accounts.
    pub held: u128,
}

impl Position {
    /// The pool's position; missing accounts count 0.
    pub fn of(pool: &PoolFixture, accounts: &Accounts, rent: &Rent) -> Self {
        let head = pool.state.head;
        let mut position = Self::default();
        if let Some(account) = accounts.get(&pool.pool)
            && let Ok(state) = StakePool::decode_initialized(&account.data)
        {
            let rate = state.head.exchange_rate();
            (position.total, position.stated_supply) =
                (rate.total_lamports.get().into(), rate.pool_token_supply.get().into());
        }
        for (address, account) in accounts {
            if account.owner == STAKE_PROGRAM_ID {
                position.commanded += u128::from(commanded(pool, *address, account, rent));
            } else if let Some(tokens) = token_account(account)
                && tokens.mint == head.pool_mint
            {
                position.held += u128::from(tokens.amount);
            }
        }
        if let Some(list) = accounts.get(&head.validator_list)
            && let Ok((_, records)) = split_validator_list(&list.data)
        {
            let lamports = records.iter().map(|record| {
                u128::from(record.active_stake_lamports.get()) + u128::from(record.transient_stake_lamports.get())
            });
            position.counted += lamports.sum::<u128>();
        }
        if let Some(reserve) = accounts.get(&head.reserve_stake) {
            position.counted += u128::from(commanded(pool, head.reserve_stake, reserve, rent));
        }
        if let Some(mint) = accounts.get(&head.pool_mint) {
            position.supply = Mint::unpack_from_slice(&mint.data[..Mint::LEN.min(mint.data.len())])
                .map_or(0, |mint| mint.supply.into());
        }
        position
    }
}

fn token_account(account: &Account) -> Option<TokenAccount> {
    let is_tokens = [TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID].contains(&account.owner);
    is_tokens.then(|| account.data.get(..TokenAccount::LEN).and_then(|data| TokenAccount::unpack(data).ok())).flatten()
}

fn stake_meta(account: &Account) -> Option<StakeMeta> {
    match StakeState::decode(&account.data) {
        Ok(StakeState::Initialized(meta) | StakeState::Stake(meta, _)) if account.owner == STAKE_PROGRAM_ID => {
            Some(*meta)
        }
        _ => None,
    }
}

/// Lamports of a stake account that the pool commands; of the reserve those above its rent.
fn commanded(pool: &PoolFixture, address: Address, account: &Account, rent: &Rent) -> u64 {
    let Some(meta) = stake_meta(account) else { return 0 };
    if !meta.is_usable_by_pool(&pool.withdraw_authority, &pool.state.head.lockup) {
        return 0;
    }
    let is_reserve = address == pool.state.head.reserve_stake;
    account.lamports.saturating_sub(if is_reserve { rent.minimum_balance(account.data.len()) } else { 0 })
}

/// `a / b` is not below `c / d`; a value of 0 cannot fall.
fn is_rate_kept((a, b): (u128, u128), (c, d): (u128, u128)) -> bool {
    b == 0 || d == 0 || a * d >= c * b
}

pub(super) fn judge(
    scenario: &AttackScenario,
    instruction: &Instruction,
    before: &Accounts,
    vm: &Vm,
) -> Result<(), String> {
    let mut text = String::new();
    let rent = &vm.mollusk.sysvars.rent;
    for (name, pool) in [("the pool", &scenario.pool), ("the other pool", &scenario.other)] {
        let [old, new] = [before, &vm.accounts].map(|accounts| Position::of(pool, accounts, rent));
        judge_pool(&mut text, name, instruction.data[0], &old, &new);
    }
    for address in [scenario.other.pool, scenario.other.state.head.validator_list] {
        // Any user can give it lamports.
        let state = |accounts: &Accounts| accounts.get(&address).map(|account| (account.owner, account.data.clone()));
        if state(before) != state(&vm.accounts) {
            let _ = writeln!(text, "the other pool's state changed");
        }
    }
    judge_others(&mut text, scenario, instruction, before, vm);
    let [old, new] = [before, &vm.accounts].map(lamports);
    if old != new {
        let _ = writeln!(text, "{old} lamports became {new}");
    }
    if text.is_empty() { Ok(()) } else { Err(text) }
}

/// All lamports but those of programs and sysvars, which the machine makes anew for each instruction.
fn lamports(accounts: &Accounts) -> u128 {
    let is_made = |address: &Address| {
        [CLOCK_ID, RENT_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID].contains(address)
    };
    let counted = accounts.iter().filter(|(address, account)| !is_made(address) && !account.executable);
    counted.map(|(_, account)| u128::from(account.lamports)).sum()
}

fn judge_pool(text: &mut String, name: &str, instruction: u8, old: &Position, new: &Position) {
    let is_update = instruction == tag::UPDATE_STAKE_POOL_BALANCE;
    // A pool that is only now made has no holders yet; an update finds what was earned, and takes the manager's share of it.
    let (old_rate, new_rate) = if is_update {
        ((old.total, old.stated_supply), (new.total, new.supply))
    } else {
        ((old.commanded, old.supply), (new.commanded, new.supply))
    };
    if !is_rate_kept(new_rate, old_rate) {
        let _ = writeln!(text, "a token of {name} lost value: {old:?} became {new:?}");
    }
    if !is_update && !is_rate_kept((new.counted, new.supply), (old.counted, old.supply)) {
        let _ = writeln!(text, "{name} lost sight of lamports: {old:?} became {new:?}");
    }
    if new.total > new.counted {
        let _ = writeln!(text, "{name} states more than it has: {old:?} became {new:?}");
    }
    if old != new && new.stated_supply != new.supply {
        let _ = writeln!(text, "{name} states another supply than its mint: {old:?} became {new:?}");
    }
    if new.held.abs_diff(old.held) != new.supply.abs_diff(old.supply)
        || (new.held > old.held) != (new.supply > old.supply)
    {
        let _ = writeln!(text, "{name}'s tokens came from nowhere: {old:?} became {new:?}");
    }
}

/// Who did not sign has as much as before: wallets, token accounts and stake accounts that neither pool commands.
fn judge_others(text: &mut String, scenario: &AttackScenario, instruction: &Instruction, before: &Accounts, vm: &Vm) {
    let signers: HashSet<_> =
        instruction.accounts.iter().filter(|meta| meta.is_signer).map(|meta| meta.pubkey).collect();
    let pools = [scenario.pool.withdraw_authority, scenario.other.withdraw_authority];
    // Who deposits stake hands it to the deposit authority first.
    let deposit_authority = scenario.pool.state.head.stake_deposit_authority;
    let is_deposit = [tag::DEPOSIT_STAKE, tag::DEPOSIT_STAKE_WITH_SLIPPAGE].contains(&instruction.data[0]);
    for (address, old) in before {
        let new = vm.account(address);
        if let Some(tokens) = token_account(old) {
            let left = token_account(&new).map_or(0, |tokens| tokens.amount);
            if left < tokens.amount && !signers.contains(&tokens.owner) {
                let _ = writeln!(text, "{address}: {} tokens became {left}", tokens.amount);
            }
        } else if let Some(meta) = stake_meta(old) {
            let is_agreed = pools.contains(&meta.withdrawer)
                || signers.contains(&meta.withdrawer)
                || is_deposit && meta.withdrawer == deposit_authority;
            if !is_agreed && (new.lamports < old.lamports || stake_meta(&new) != Some(meta)) {
                let _ = writeln!(text, "{address}: a stake account changed hands");
            }
        } else if old.owner == SYSTEM_PROGRAM_ID
            && new.lamports < old.lamports
            && old.lamports >= SOL
            && !signers.contains(address)
        {
            let _ = writeln!(text, "{address}: {} lamports became {}", old.lamports, new.lamports);
        }
    }
}
