//! Every holder can leave with their own signature: after any user has cranked the pool, all pool tokens turn into SOL or
//! stake, as the client plans it.
//!
//! What SPL itself cannot pay may be left: less than the value of a lamport; and, where the reserve has less than that (or SOL
//! takes another user's signature), less than it takes to split a stake account. It splits none with less than two SOL, its
//! rent and the value of a pool token; it gives a whole one only for all that it holds; and none at all of a validator whose transient
//! stake can never arrive, as it has been deactivated by others in a pool without the extension. Who sends such stake two SOL or
//! more bars all accounts that can be had as a whole only, too: SPL looks at lamports, the stake program at stake. Nor does it split
//! stake below the minimum delegation, which is what a rise of rent leaves of the minimum (SIMD-0392), until that has grown.
//! A holder with too little for a whole account can deposit the rest for a moment, and leaves with both: tried where any user
//! may deposit.
//!
//! Some states take until the next epoch, with no action but the crank's: all stake is activating or deactivating, a validator
//! was removed and its stake cools down, or the preferred validator is being removed. While epoch rewards are paid no stake moves
//! stake, so the payment is over first; and stake moves as it does in a cluster much larger than the pool.

use {
    crate::{
        accounts::token_balance,
        ensure,
        history::{Finding, World, expectation::MINIMUM},
        instructions::Holder,
    },
    solana_account::Account,
    solana_system_interface::instruction::transfer,
    std::ops::AddAssign,
    tidepool_client::{
        actions::{NewStakeAccount, TokenSource},
        error::PlanError,
        plan::{self, Withdrawal, WithdrawalOrder},
        quote::WithdrawFrom,
    },
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        quote as interface_quote,
    },
    tidepool_interface::{StakePoolError, external::stake::StakeState, state::ValidatorStakeInfo},
};

/// Epochs that a leaving holder waits at most.
const EPOCHS: u64 = 6;

/// Plans in one epoch: the rest of one may be possible after it.
const PLANS: usize = 4;

/// Lamports that a holder deposits for a moment: more than any stake account holds that can be had as a whole only.
const LOAN: u64 = 8 * MINIMUM;

/// A cluster that is far larger than any pool, with almost no activating or deactivating stake, in lamports.
const LARGE_CLUSTER: (u64, u64) = (400_000_000_000_000_000, 1);

/// How holders left.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Those who left.
    pub exits: u64,
    /// Of these, with nothing left, or less than the value of a lamport.
    pub entire: u64,
    /// With something left that is less than the stake program splits.
    pub below_minimum: u64,
    /// With something left that is more, but nothing can be split for it.
    pub unsplittable: u64,
    /// Those who had to wait for another epoch.
    pub waited: u64,
    /// Epochs that the longest wait took.
    pub longest_wait: u64,
    /// Those who took a stake account out of the reserve.
    pub from_reserve: u64,
    /// Those who had to pay for rent that has risen.
    pub topped_up: u64,
    /// Those who deposited SOL for a moment, so that a whole account was not too large for them.
    pub lent: u64,
}

/// What a leaving holder takes first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    SolFirst,
    StakeFirst,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.exits += other.exits;
        self.entire += other.entire;
        self.below_minimum += other.below_minimum;
        self.unsplittable += other.unsplittable;
        self.waited += other.waited;
        self.longest_wait = self.longest_wait.max(other.longest_wait);
        self.from_reserve += other.from_reserve;
        self.topped_up += other.topped_up;
        self.lent += other.lent;
    }
}

/// Lets a holder leave, and comes back to the state before.
pub fn try_one(world: &mut World, holder: Holder) -> Result<(), Finding> {
    let start = world.snapshot();
    prepare(world);
    let outcome = leave(world, holder);
    world.restore(&start);
    outcome
}

/// Lets one holder after the other leave, until none is left, and comes back to the state before.
pub fn try_all(world: &mut World) -> Result<(), Finding> {
    let start = world.snapshot();
    prepare(world);
    let outcome = world.holders.clone().into_iter().try_for_each(|holder| leave(world, holder));
    world.restore(&start);
    outcome
}

fn prepare(world: &mut World) {
    world.book.sabotage = None;
    world.book.pays_rewards = false;
    world.set_sysvars();
}

fn leave(world: &mut World, holder: Holder) -> Result<(), Finding> {
    if !world.can_spend(holder) || token_balance(&holder.tokens, world.vm) == 0 {
        return Ok(());
    }
    let mut tally = Tally { exits: 1, ..Tally::default() };
    for epoch in 0..EPOCHS {
        // Whatever others do before.
        world.crank()?;
        if top_up(world, holder)? {
            tally.topped_up = 1;
            world.crank()?;
        }
        for _ in 0..PLANS {
            if !withdraw(world, holder, Side::SolFirst, &mut tally)? {
                break;
            }
        }
        world.take_finding()?;
        if value(world, holder) == 0 || !has_moving_stake(world) {
            break;
        }
        tally.longest_wait = epoch + 1;
        world.book.cluster = LARGE_CLUSTER;
        world.turn_epoch(1, 0);
        world.set_sysvars();
    }
    tally.waited = u64::from(tally.longest_wait > 0);
    if value(world, holder) > 0 && lend(world, holder) {
        tally.lent += 1;
        for _ in 0..PLANS {
            if !withdraw(world, holder, Side::StakeFirst, &mut tally)? {
                break;
            }
        }
        world.take_finding()?;
    }
    let value = value(world, holder);
    match value {
        0 => tally.entire += 1,
        _ if value < MINIMUM => tally.below_minimum += 1,
        _ => tally.unsplittable += 1,
    }
    world.exits += tally;
    check_left(world, value)
}

/// Deposits SOL, to have it back with the rest: an amount too small for the smallest stake account that can be had is enough
/// together. Returns whether that was possible: not where another user has to sign for deposits or withdrawals of SOL.
fn lend(world: &mut World, holder: Holder) -> bool {
    let terms = world.pool.read_state(world.vm).terms;
    if terms.sol_deposit_authority.is_some() || terms.sol_withdraw_authority.is_some() {
        return false;
    }
    let deposit = world.pool.deposit_sol(holder.wallet, world.receiver(holder), None, LOAN, None);
    world.run(&deposit).is_ok()
}

/// Tops stake accounts up to their rent. Where rent has risen since they were made, the stake program splits none that does
/// not hold today's beside its delegation; any user may send it. Returns whether any was below it.
fn top_up(world: &mut World, holder: Holder) -> Result<bool, Finding> {
    let mut accounts = vec![];
    for record in world.records() {
        for address in [world.stake_of(&record).0, world.transient_of(&record).0] {
            let Some(account) = world.vm.accounts.get(&address).filter(|account| world.is_of_pool(account)) else {
                continue;
            };
            let Ok((_, delegation)) = StakeState::decode_delegated(&account.data) else { continue };
            let needed = delegation.stake.get().saturating_add(world.stake_rent);
            let lacking = needed.saturating_sub(account.lamports);
            // What was withdrawn of inactive stake is still stated as delegated.
            if lacking > 0 && lacking <= world.stake_rent {
                accounts.push((address, lacking));
            }
        }
    }
    for (address, lamports) in &accounts {
        let outcome = world.run(&transfer(&holder.wallet, address, *lamports));
        ensure!(outcome.is_ok(), "exit: {lamports} lamports cannot be sent: {:?}", outcome.result.raw_result);
    }
    Ok(!accounts.is_empty())
}

/// What a holder may be left with, in lamports.
fn check_left(world: &World, value: u64) -> Result<(), Finding> {
    let state = world.pool.read_state(world.vm);
    let reserve = world.lamports(&state.head.reserve_stake).saturating_sub(world.stake_rent);
    if value > 0 && state.terms.sol_withdraw_authority.is_none() {
        ensure!(world.withdrawable() < value, "exit: {value} lamports are left, and the reserve has {reserve}");
    }
    let token = state.head.exchange_rate().lamports_per_pool_token().map_or(0, Lamports::get);
    let records = world.records();
    let waiting: Vec<_> = records.iter().filter(|record| is_held_up(world, record)).collect();
    let held_up = waiting.len() as u64;
    let gifts: u64 = waiting.iter().map(|record| not_delegated(world, record)).sum();
    // By its lamports such an account can be split, and then no other can be had as a whole.
    let barred = if gifts > MINIMUM { records.len() as u64 } else { 0 };
    let shrunk: u64 = records.iter().map(|record| below_minimum(world, record)).sum();
    let most = (1 + 2 * held_up + barred) * (2 * MINIMUM + world.stake_rent + token) + gifts + shrunk;
    ensure!(
        value <= most,
        "exit: {value} lamports cannot leave, {held_up} validators are held up, the reserve has {reserve}: {:?}",
        records
    );
    Ok(())
}

/// Lamports of a validator's stake accounts that delegate less than the minimum: the stake program splits none of them.
fn below_minimum(world: &World, record: &ValidatorStakeInfo) -> u64 {
    let accounts = [world.stake_of(record).0, world.transient_of(record).0].map(|address| world.vm.account(&address));
    let is_below = |account: &&Account| {
        StakeState::decode_delegated(&account.data).is_ok_and(|(_, delegation)| delegation.stake.get() < MINIMUM)
    };
    accounts.iter().filter(is_below).map(|account| account.lamports).sum()
}

/// Lamports that others sent to a validator's transient stake: they cannot be split off before it has arrived.
fn not_delegated(world: &World, record: &ValidatorStakeInfo) -> u64 {
    let account = world.vm.account(&world.transient_of(record).0);
    let delegated = StakeState::decode_delegated(&account.data).map_or(0, |(_, delegation)| delegation.stake.get());
    account.lamports.saturating_sub(delegated).saturating_sub(world.stake_rent)
}

/// Whether a validator's transient stake can never arrive.
fn is_held_up(world: &World, record: &ValidatorStakeInfo) -> bool {
    record.transient_stake_lamports.get() > 0 && world.leaves(&world.stake_of(record).0) != Some(false)
}

/// Whether the next epochs may bring anything that can be had.
fn has_moving_stake(world: &World) -> bool {
    let moves = |record: &ValidatorStakeInfo| record.status != 0 || record.transient_stake_lamports.get() > 0;
    world.records().iter().any(moves)
}

/// What a holder's pool tokens yield in lamports, after the fee on stake.
fn value(world: &World, holder: Holder) -> u64 {
    yields(world, holder, token_balance(&holder.tokens, world.vm))
}

/// What this many of a holder's pool tokens yield in lamports, after the fee on stake.
fn yields(world: &World, holder: Holder, tokens: u64) -> u64 {
    let state = world.pool.read_state(world.vm);
    let fee = (holder.tokens != state.head.manager_fee_account).then_some(&state.terms.stake_withdrawal_fee);
    interface_quote::withdrawal(&state.head.exchange_rate(), fee, PoolTokens::new(tokens))
        .map_or(0, |quote| quote.lamports.get())
}

/// Withdraws what the client finds to be withdrawn, and returns whether that was anything.
fn withdraw(world: &mut World, holder: Holder, side: Side, tally: &mut Tally) -> Result<bool, Finding> {
    let tokens = token_balance(&holder.tokens, world.vm);
    if tokens == 0 {
        return Ok(false);
    }
    let snapshot = world.pool.snapshot(world.vm);
    let is_free = world.pool.read_state(world.vm).terms.sol_withdraw_authority.is_none();
    let withdrawal = Withdrawal {
        tokens: TokenSource { account: holder.tokens, authority: holder.wallet, throwaway: None },
        pool_tokens: tokens,
        stake_authority: holder.wallet,
        payer: holder.wallet,
        slippage_bps: None,
        take_whole_accounts: true,
        wrap: false,
        order: match side {
            _ if !is_free => WithdrawalOrder::StakeOnly,
            Side::SolFirst => WithdrawalOrder::SolFirst(holder.wallet),
            Side::StakeFirst => WithdrawalOrder::SolLast(holder.wallet),
        },
    };
    let first = world.book.new_accounts;
    let plan = plan::withdraw(&snapshot, &withdrawal, |index| new_account(holder, first + index as u64));
    let plan = match plan {
        Ok(plan) => plan,
        Err(error) if error.stake_pool_error() == Some(StakePoolError::WithdrawalTooSmall) => return Ok(false),
        Err(error) => return Err(format!("exit: no plan: {error}")),
    };
    world.book.new_accounts += plan.pieces.len() as u64;
    for instruction in plan.plan.groups().flat_map(|group| &group.instructions) {
        let others = instruction.accounts.iter().filter(|meta| meta.is_signer && meta.pubkey != holder.wallet);
        ensure!(others.count() == 0, "exit: another user is to sign");
        let outcome = world.run(instruction);
        ensure!(outcome.is_ok(), "exit: planned, and refused: {:?} {:#?}", outcome.result.raw_result, outcome.logs);
    }
    let from_reserve = plan.pieces.iter().filter(|piece| piece.quote.from == WithdrawFrom::Reserve);
    tally.from_reserve += from_reserve.count() as u64;
    Ok(!plan.plan.is_empty())
}

fn new_account(holder: Holder, number: u64) -> Result<NewStakeAccount, PlanError> {
    NewStakeAccount::with_seed(holder.wallet, &format!("exit {number}"))
}
