//! Events in log lines, and whether they explain what changed.

use {
    crate::{pool::PoolFixture, vm::Vm},
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
    tidepool_interface::{
        event::{Change, Event, FundsEvent, NO_STATUS},
        instruction::tag,
        state::{PoolExtension, ValidatorStakeInfo, split_validator_list},
    },
};

/// A validator, its status, and what its record says of its stake accounts.
type Holding = (Address, u8, u64, u64);

const PREFIX: &str = "Program data: ";

/// The events among log lines.
pub fn decode(logs: &[String]) -> Vec<Event> {
    let lines = logs.iter().filter_map(|line| line.strip_prefix(PREFIX));
    lines
        .map(|line| {
            let bytes = BASE64_STANDARD.decode(line).expect("base64");
            Event::decode(&bytes).unwrap_or_else(|| panic!("no event: {bytes:?}"))
        })
        .collect()
}

/// The events that tell of balances.
pub fn funds(logs: &[String]) -> Vec<FundsEvent> {
    decode(logs)
        .into_iter()
        .filter_map(|event| if let Event::Funds(event) = event { Some(event) } else { None })
        .collect()
}

/// What events are to explain.
#[derive(Clone, Debug, PartialEq)]
pub struct Balances {
    is_extended: bool,
    /// Total lamports that the pool states.
    pub total: u64,
    /// Supply that the pool states.
    pub supply: u64,
    /// Lamports in the reserve.
    pub reserve: u64,
    records: Vec<ValidatorStakeInfo>,
}

/// What an instruction of this tag calls itself in its event.
const fn plain(instruction: u8) -> u8 {
    match instruction {
        tag::DEPOSIT_STAKE_WITH_SLIPPAGE => tag::DEPOSIT_STAKE,
        tag::WITHDRAW_STAKE_WITH_SLIPPAGE => tag::WITHDRAW_STAKE,
        tag::DEPOSIT_SOL_WITH_SLIPPAGE => tag::DEPOSIT_SOL,
        tag::WITHDRAW_SOL_WITH_SLIPPAGE => tag::WITHDRAW_SOL,
        other => other,
    }
}

/// Events of fees, authorities, weights and policies that a successful instruction emits.
const fn other_events(instruction: u8) -> usize {
    match instruction {
        tag::SET_MANAGER => 2,
        tag::SET_FEE
        | tag::SET_STAKER
        | tag::SET_FUNDING_AUTHORITY
        | tag::EXTEND_POOL
        | tag::SET_REBALANCE_POLICY
        | tag::SET_VALIDATOR_WEIGHTS => 1,
        _ => 0,
    }
}

macro_rules! ensure {
    ($so:expr, $($format:tt)+) => {
        if !$so {
            return Err(format!($($format)+));
        }
    };
}

impl Balances {
    /// Reads them.
    pub fn read(pool: &PoolFixture, vm: &Vm) -> Self {
        let head = pool.read_state(vm).head;
        let data = vm.account(&head.validator_list).data;
        Self {
            is_extended: PoolExtension::find(&vm.account(&pool.pool).data).is_some(),
            total: head.total_lamports.get(),
            supply: head.pool_token_supply.get(),
            reserve: vm.account(&head.reserve_stake).lamports,
            records: split_validator_list(&data).map_or(vec![], |(_, records)| records.to_vec()),
        }
    }

    /// Lamports in validator stake accounts, as the records say.
    pub fn active(&self) -> i128 {
        self.records.iter().map(|record| i128::from(record.active_stake_lamports.get())).sum()
    }

    /// Lamports in transient stake accounts, as the records say.
    pub fn transient(&self) -> i128 {
        self.records.iter().map(|record| i128::from(record.transient_stake_lamports.get())).sum()
    }

    fn status(&self, vote: &Address) -> u8 {
        let record = self.records.iter().find(|record| record.vote_account_address == *vote);
        record.map_or(NO_STATUS, |record| record.status)
    }

    /// Validators whose weight a rebalance took away, each with an event.
    fn weights_lost(&self, after: &Self, instruction: u8) -> usize {
        if instruction != tag::REBALANCE {
            return 0;
        }
        let weights = |of: &Self| of.records.iter().map(|record| record.extension.weight()).collect::<Vec<_>>();
        let pairs = weights(self).into_iter().zip(weights(after));
        pairs.filter(|(before, after)| *before > 0 && *after == 0).count()
    }

    /// Everything that a funds event is about.
    fn values(&self) -> (u64, u64, u64, Vec<Holding>) {
        let records = self.records.iter().map(|record| {
            let (active, transient) = (record.active_stake_lamports.get(), record.transient_stake_lamports.get());
            (record.vote_account_address, record.status, active, transient)
        });
        (self.total, self.supply, self.reserve, records.collect())
    }

    /// Checks that a successful instruction's events say what became of these balances, no more and no less.
    pub fn explain(&self, after: &Self, instruction: u8, logs: &[String]) -> Result<(), String> {
        let events = decode(logs);
        if !after.is_extended {
            ensure!(events.is_empty(), "events of a pool without the extension: {events:?}");
            return Ok(());
        }
        let funds = funds(logs);
        let others = events.len() - funds.len();
        let expected = other_events(instruction) + self.weights_lost(after, instruction);
        ensure!(others == expected, "{others} events of settings, not {expected}: {events:?}");
        let is_changed = self.values() != after.values();
        match funds[..] {
            [] => ensure!(!is_changed, "no event, but {self:?} became {after:?}"),
            [event] => return self.explain_funds(after, instruction, &event),
            _ => return Err(format!("more than one event: {funds:?}")),
        }
        Ok(())
    }

    fn explain_funds(&self, after: &Self, instruction: u8, event: &FundsEvent) -> Result<(), String> {
        ensure!(event.instruction == plain(instruction), "event of another instruction: {event:?}");
        let is = |change: Change, old: u64, new: u64| change.old.get() == old && change.new.get() == new;
        ensure!(is(event.total_lamports, self.total, after.total), "total: {event:?}, {self:?}, {after:?}");
        ensure!(is(event.pool_token_supply, self.supply, after.supply), "supply: {event:?}, {self:?}, {after:?}");
        let is_untouched = is(event.reserve_lamports, 0, 0) && self.reserve == after.reserve;
        let is_reserve_right = is_untouched || is(event.reserve_lamports, self.reserve, after.reserve);
        ensure!(is_reserve_right, "reserve: {event:?}, {self:?}, {after:?}");
        let (active, transient) = (after.active() - self.active(), after.transient() - self.transient());
        ensure!(event.active_stake_lamports.difference() == active, "active: {event:?}, {self:?}, {after:?}");
        ensure!(event.transient_stake_lamports.difference() == transient, "transient: {event:?}, {self:?}, {after:?}");
        let statuses = if event.vote == Address::default() {
            [NO_STATUS; 2]
        } else {
            [self.status(&event.vote), after.status(&event.vote)]
        };
        ensure!([event.old_status, event.new_status] == statuses, "status: {event:?}, {self:?}, {after:?}");
        let touched = self.touched(after);
        ensure!(event.records.get() >= touched, "{touched} records touched: {event:?}, {self:?}, {after:?}");
        Ok(())
    }

    /// Records that are not as they were, the unused bytes aside.
    fn touched(&self, after: &Self) -> u32 {
        let (before, after) = (self.values().3, after.values().3);
        let differing = |some: &[Holding], others: &[Holding]| {
            some.iter().filter(|record| others.iter().all(|other| other != *record)).count() as u32
        };
        differing(&before, &after).max(differing(&after, &before))
    }
}
