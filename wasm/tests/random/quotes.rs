//! The Rust client's quotes of a random pool, with the codes and the order of results of the exported functions.

use super::{Random, RandomPool};
use solana_stake_interface::error::StakeError;
use tidepool_client::{
    error::{Cause, PlanError},
    pool::{NoYield, PoolSnapshot},
    quote::{self, StakeActivation, StakeCondition, WithdrawFrom},
};
use tidepool_core::{
    quote::DepositQuote,
    rebalance::{Rebalance, Verdict},
    withdrawal::StakeSource,
};
use tidepool_interface::{Address, ExtensionError, StakePoolError, external::stake::StakeState, state::ExitTicket};

const STALE: i32 = StakePoolError::StakeListAndPoolOutOfDate as i32;

/// A call of an exported function, and the client's answer.
#[derive(Debug)]
pub struct Call {
    pub name: &'static str,
    /// The index of the record or of the subject that the call is about, if any; `u32::MAX` is the reserve.
    pub index: Option<u32>,
    pub is_from_fee_account: bool,
    pub amount: u64,
    pub minimum: u64,
    /// Results, or a code.
    pub answer: Result<Vec<u64>, i32>,
}

/// Calls with random amounts.
pub fn calls(pool: &RandomPool, random: &mut Random) -> Vec<Call> {
    let snapshot = pool.snapshot(true);
    let fee_account = snapshot.pool().head.manager_fee_account;
    let mut calls = Vec::new();
    for _ in 0..3 {
        let amount = random.amount(2_000 * super::pool::SOL);
        let exempt = random.one_in(5);
        let from = if exempt { fee_account } else { Address::default() };
        let mut add = |name, index, minimum, answer| {
            calls.push(Call { name, index, is_from_fee_account: exempt, amount, minimum, answer });
        };
        let some = |minimum: u64| (minimum > 0).then_some(minimum);
        let minimum = if random.one_in(3) { random.amount(amount + 1) } else { 0 };
        let deposit = quote::quote_deposit_sol(&snapshot, amount, some(minimum));
        let deposit = deposit.map(|quote| [vec![quote.growth_charge.get()], tokens(&quote.pool_tokens)].concat());
        add("deposit_sol", None, minimum, coded(deposit));
        let sol = quote::quote_withdraw_sol(&snapshot, &from, amount, some(minimum));
        let sol = sol.map(|quote| vec![quote.burnt.get(), quote.fee.get(), quote.lamports.get()]);
        add("withdraw_sol", None, minimum, coded(sol));
        add("largest_sol_withdrawal", None, 0, Ok(vec![quote::largest_sol_withdrawal(&snapshot, &from)]));
        let exit = quote::quote_exit(&snapshot, &from, amount, some(minimum)).map(|quote| {
            let terms = quote.terms;
            let epoch = quote.payable_from_epoch.unwrap_or(u64::MAX);
            vec![terms.burnt.get(), terms.fee.get(), terms.lamports.get(), quote.reserve_lamports, epoch]
        });
        add("exit", None, minimum, coded(exit));
        let count = pool.stakes.len() as u64;
        let index = random.below(count + 1);
        let (index, source) = match snapshot.records().get(index as usize) {
            Some(record) => (index as u32, WithdrawFrom::Validator(record.vote_account_address)),
            None => (u32::MAX, WithdrawFrom::Reserve),
        };
        let stake = quote::quote_withdraw_stake(&snapshot, source, &from, amount, some(minimum)).map(|quote| {
            let yields = quote.yields;
            let (activation, epoch) = quote.condition.map_or((0, 0), condition);
            let source = source_number(quote.source);
            vec![yields.burnt.get(), yields.fee.get(), yields.lamports.get(), source, activation, epoch]
        });
        add("withdraw_stake", Some(index), minimum, coded(stake));
    }
    of_subjects(pool, &snapshot, random, &mut calls);
    of_pool(&snapshot, random, &mut calls);
    calls
}

fn of_subjects(pool: &RandomPool, snapshot: &PoolSnapshot, random: &mut Random, calls: &mut Vec<Call>) {
    let mut add = |name, index: usize, minimum, answer| {
        let index = Some(index as u32);
        calls.push(Call { name, index, is_from_fee_account: false, amount: 0, minimum, answer });
    };
    for (index, stake) in pool.deposits.iter().enumerate() {
        let minimum = if random.one_in(4) { random.amount(stake.lamports) } else { 0 };
        let quote = quote::quote_deposit_stake(snapshot, stake, (minimum > 0).then_some(minimum));
        let quote =
            quote.map(|quote| [vec![quote.total_lamports, quote.stake_lamports], tokens(&quote.pool_tokens)].concat());
        add("deposit_stake", index, minimum, coded(quote));
    }
    const NOT_A_TICKET: i32 = -9;
    for (index, account) in pool.tickets.iter().enumerate() {
        let ticket = ExitTicket::decode(&account.data).map_err(|_| NOT_A_TICKET);
        let claimable = ticket
            .and_then(|ticket| coded(quote::claimable_lamports(snapshot, ticket).map(|lamports| vec![lamports.get()])));
        add("claimable", index, 0, claimable);
        // A cancellation needs a fresh pool: checked by the action in the client, and by the quote here.

        let cancellation = if snapshot.is_stale() {
            Err(STALE)
        } else {
            ticket.and_then(|ticket| {
                let quote = quote::quote_cancellation(snapshot, ticket);
                coded(quote.map(|quote| vec![quote.returned.get(), quote.burnt.get()]))
            })
        };
        add("cancellation", index, 0, cancellation);
    }
}

fn of_pool(snapshot: &PoolSnapshot, random: &mut Random, calls: &mut Vec<Call>) {
    let mut add = |name, amount, answer| {
        calls.push(Call { name, index: None, is_from_fee_account: false, amount, minimum: 0, answer });
    };
    for _ in 0..2 {
        let epochs = 1 + random.below(45);
        add("yield_over", epochs, yield_over(snapshot, epochs));
    }
    let environment = snapshot.environment();
    let condition = vec![
        snapshot.is_stale().into(),
        environment.rewards_are_being_paid().into(),
        snapshot.halted_until_epoch().unwrap_or(0),
        snapshot.reserve_lamports_above_rent(),
        snapshot.withdrawable_reserve_lamports(),
        snapshot.working_lamports(),
        environment.stake_rent(),
        tidepool_client::actions::ticket_rent(snapshot),
    ];
    add("condition", 0, Ok(condition));
    add("rebalance", 0, rebalance(snapshot));
}

fn yield_over(snapshot: &PoolSnapshot, epochs: u64) -> Result<Vec<u64>, i32> {
    match snapshot.yield_over(epochs) {
        Ok(found) => {
            let interval = found.interval;
            let [growth, annual] = [found.growth, found.annual].map(f64::to_bits);
            Ok(vec![interval.since, interval.until, interval.seconds, growth, annual])
        }
        Err(NoYield::ShortEpochs { .. }) => Err(-11),
        Err(NoYield::MoreThanRewards { .. }) => Err(-12),
        Err(_) => Err(-10),
    }
}

/// Target of the reserve, turnover, selections; then kind, lamports and target of each record.
fn rebalance(snapshot: &PoolSnapshot) -> Result<Vec<u64>, i32> {
    let inputs = snapshot.rebalance_inputs().ok_or(ExtensionError::NotExtended as i32)?;
    if snapshot.environment().rewards_are_being_paid() {
        return Err(-5);
    }
    if snapshot.is_stale() {
        return Err(STALE);
    }
    let records = snapshot.records();
    let mut rebalance = Rebalance::survey(records, &inputs);
    let mut rows = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let moving = record.transient_stake_lamports.get().saturating_sub(inputs.stake_rent);
        let is_deactivating = record.extension.is_deactivating();
        let (kind, lamports) = match rebalance.verdict(records, index) {
            Verdict::Increase(lamports) if lamports >= moving => (1, lamports - moving),
            Verdict::Increase(lamports) => (3, moving - lamports),
            Verdict::Decrease(lamports) if lamports >= moving => (2, lamports - moving),
            Verdict::Decrease(lamports) => (4, moving - lamports),
            Verdict::Recall => (if is_deactivating { 4 } else { 3 }, moving),
            Verdict::Nothing(reason) => (16 + reason as u64, 0),
        };
        let minimum = inputs.stake_rent + inputs.minimum_delegation;
        let demoted = record.is_active() && record.extension.is_demoted();
        let target = rebalance.target(record).unwrap_or(if demoted { minimum } else { u64::MAX });
        rows.extend([kind, lamports, target]);
    }
    let selections = rebalance.selections().map(|ranked| ranked.map_or(0, |ranked| ranked + 1));
    let survey = [rebalance.reserve_target(), rebalance.turnover_left(), selections[0], selections[1]];
    Ok(survey.into_iter().chain(rows).collect())
}

fn tokens(quote: &DepositQuote) -> Vec<u64> {
    vec![quote.minted.get(), quote.to_depositor.get(), quote.to_manager.get(), quote.to_referrer.get()]
}

const fn source_number(source: Option<StakeSource>) -> u64 {
    match source {
        None => 0,
        Some(StakeSource::Active) => 1,
        Some(StakeSource::Transient) => 2,
        Some(StakeSource::ValidatorRemoval) => 3,
    }
}

fn condition(condition: StakeCondition) -> (u64, u64) {
    let activation = match condition.activation {
        StakeActivation::Inactive => 1,
        StakeActivation::Deactivating => 2,
        StakeActivation::Activating => 3,
        StakeActivation::Active => 4,
    };
    (activation, condition.withdrawable_from_epoch)
}

fn coded(answer: Result<Vec<u64>, PlanError>) -> Result<Vec<u64>, i32> {
    answer.map_err(|error| match error {
        PlanError::EpochRewardsActive { .. } => -5,
        PlanError::StakeAccountsNotRead { .. } => -2,
        PlanError::Refused(refusal) => match refusal.cause {
            Cause::StakePool(error) => error as i32,
            Cause::Extension(error) => error as i32,
            Cause::Stake(error) => stake_code(&error),
            Cause::Instruction(error) => match format!("{error:?}").as_str() {
                "IncorrectProgramId" => -6,
                "InvalidAccountData" => -7,
                "InsufficientFunds" => -8,
                other => panic!("no code for {other}"),
            },
        },
        error @ (PlanError::Weights(_) | PlanError::Invalid { .. }) => panic!("{error}"),
    })
}

fn stake_code(error: &StakeError) -> i32 {
    -1_000 - error.clone() as i32
}

/// The vote account of a stake account.
pub fn vote_of(data: &[u8]) -> Option<Address> {
    StakeState::decode_delegated(data).ok().map(|(_, delegation)| delegation.voter)
}
