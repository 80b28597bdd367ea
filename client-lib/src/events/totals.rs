//! Sums of events.

use {
    super::{Change, Event, FundsEvent},
    solana_address::Address,
    std::collections::BTreeMap,
    tidepool_interface::instruction::tag,
};

/// Sums of the changes in several events of one pool.
///
/// The sum of a balance's changes is the change of that balance. Lamports sent to the pool's accounts outside the
/// program count when an update finds them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Number of events about balances.
    pub events: usize,
    /// Total lamports and supply before the first event, and after the last one; `None` without events.
    pub span: Option<[Balances; 2]>,
    /// Change of the pool's total lamports.
    pub total_lamports: i128,
    /// Change of the pool token supply, in its smallest unit.
    pub pool_token_supply: i128,
    /// Change of the reserve's lamports.
    pub reserve_lamports: i128,
    /// Change of lamports in validator stake accounts, by the records.
    pub active_stake_lamports: i128,
    /// Change of lamports in transient stake accounts, by the records.
    pub transient_stake_lamports: i128,
    /// Events whose old total or supply differs from the previous event's new one: events are missing or out of order.
    pub gaps: usize,
    /// Lamports of rewards that updates found, as the pool's ledger counts them. Gifts to the pool are among them: events do
    /// not tell them apart.
    pub reward_lamports: u128,
    /// Change of the supply at updates: pool tokens minted to the manager, less those that holders burned without the
    /// program since the update before. Events do not tell them apart.
    pub supply_at_updates: i128,
    /// Lamports that the reserve received between events, from transfers without the program.
    pub reserve_received_lamports: i128,
    /// The reserve after the last event that tells of it.
    pub last_reserve_lamports: Option<u64>,
    /// The same by the tag of the instruction.
    pub kinds: BTreeMap<u8, Kind>,
}

/// Totals of a pool.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Balances {
    /// Total lamports.
    pub lamports: u64,
    /// Supply of the pool token, in its smallest unit.
    pub pool_tokens: u64,
}

/// Sums of the events of one kind of instruction.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Kind {
    /// Number of events.
    pub events: usize,
    /// Change of the pool's total lamports.
    pub lamports: i128,
    /// Change of the pool token supply, in its smallest unit.
    pub pool_tokens: i128,
}

impl Totals {
    /// Sums up the events of `pool`, in chronological order. Only [`FundsEvent`]s change balances.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>, pool: &Address) -> Self {
        let mut totals = Self::default();
        for event in events {
            if let Event::Funds(funds) = event
                && funds.pool == *pool
            {
                totals.add(funds);
            }
        }
        totals
    }

    /// Adds the next event.
    pub fn add(&mut self, event: &FundsEvent) {
        let (old, new) = (Balances::before(event), Balances::after(event));
        self.gaps += usize::from(self.span.is_some_and(|[_, last]| last != old));
        self.span = Some([self.span.map_or(old, |[first, _]| first), new]);
        self.events += 1;
        for (sum, change) in [
            (&mut self.total_lamports, &event.total_lamports),
            (&mut self.pool_token_supply, &event.pool_token_supply),
            (&mut self.reserve_lamports, &event.reserve_lamports),
            (&mut self.active_stake_lamports, &event.active_stake_lamports),
            (&mut self.transient_stake_lamports, &event.transient_stake_lamports),
        ] {
            *sum = sum.saturating_add(change.difference());
        }
        if event.instruction == tag::UPDATE_STAKE_POOL_BALANCE {
            let reward = u128::try_from(event.total_lamports.difference()).unwrap_or_default();
            self.reward_lamports = self.reward_lamports.saturating_add(reward);
            self.supply_at_updates = self.supply_at_updates.saturating_add(event.pool_token_supply.difference());
        }
        self.add_reserve(&event.reserve_lamports);
        let kind = self.kinds.entry(event.instruction).or_default();
        kind.events += 1;
        kind.lamports = kind.lamports.saturating_add(event.total_lamports.difference());
        kind.pool_tokens = kind.pool_tokens.saturating_add(event.pool_token_supply.difference());
    }

    fn add_reserve(&mut self, change: &Change) {
        // Instructions that leave the reserve alone do not tell its balance, which is at least its rent.
        if *change == Change::default() {
            return;
        }
        if let Some(last) = self.last_reserve_lamports {
            let received = i128::from(change.old.get()) - i128::from(last);
            self.reserve_received_lamports = self.reserve_received_lamports.saturating_add(received);
        }
        self.last_reserve_lamports = Some(change.new.get());
    }
}

impl Balances {
    /// Those before an event.
    pub const fn before(event: &FundsEvent) -> Self {
        Self { lamports: event.total_lamports.old.get(), pool_tokens: event.pool_token_supply.old.get() }
    }

    /// Those after an event.
    pub const fn after(event: &FundsEvent) -> Self {
        Self { lamports: event.total_lamports.new.get(), pool_tokens: event.pool_token_supply.new.get() }
    }

    /// Changes from `earlier` to these: lamports, pool tokens.
    pub fn since(&self, earlier: &Self) -> (i128, i128) {
        let difference = |new: u64, old: u64| i128::from(new) - i128::from(old);
        (difference(self.lamports, earlier.lamports), difference(self.pool_tokens, earlier.pool_tokens))
    }
}
