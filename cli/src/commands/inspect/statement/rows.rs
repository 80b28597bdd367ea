//! The rows of a statement.

use {
    super::{Balance, Output, Totals, period::Period, signed},
    crate::{
        output::{Text, csv},
        units::{Units, utc_time},
    },
    serde::Serialize,
    solana_signature::Signature,
    tidepool_client::{
        pool::Recorded,
        statement::{Accrual, Disposal, Gap, Lots, Movement, MovementKind, Movements, rate_in_epoch, value},
        words::lamports_per_whole_token,
    },
    tidepool_core::maths::ExchangeRate,
};

const HEADING: [&str; 14] = [
    "date",
    "epoch",
    "type",
    "pool_tokens",
    "sol",
    "sol_basis",
    "sol_per_pool_token",
    "balance_pool_tokens",
    "balance_sol",
    "fifo_cost_sol",
    "fifo_gain_sol",
    "average_cost_sol",
    "average_gain_sol",
    "transaction",
];

/// A movement, or the growth of the balance at an update.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    epoch: u64,
    /// Unix time in seconds; `null` if the endpoint does not report it.
    timestamp: Option<i64>,
    /// `accrual`, or the kind of the movement.
    pub kind: &'static str,
    /// That came, or went if negative; 0 for an accrual.
    pub change_pool_tokens: i64,
    /// Paid for them or received for them, always positive; the growth of the value for an accrual, negative for a loss. `null` if unknown.
    pub change_lamports: Option<i64>,
    /// Where the lamports are from: `paid`, by the transaction; `owed`, fixed by an exit ticket, whose payment has a row of its own;
    /// `rate`, by the exchange rate; `null` if they are unknown.
    sol_basis: Option<&'static str>,
    lamports_per_whole_pool_token: Option<u64>,
    balance_pool_tokens: u64,
    balance_lamports: Option<u64>,
    /// What pool tokens that went had cost; `null` for others, and if unknown.
    first_in_cost_lamports: Option<u64>,
    first_in_gain_lamports: Option<i64>,
    average_cost_lamports: Option<u64>,
    average_gain_lamports: Option<i64>,
    signature: Option<Text<Signature>>,
}

/// Rows and sums while they are made.
pub(super) struct Book<'a> {
    recorded: &'a [Recorded],
    period: Period,
    /// The rate now.
    now: ExchangeRate,
    lots: Lots,
    /// Lamports of open exit tickets; `None` if unknown.
    owed: Option<u64>,
    pub opening: Balance,
    pub closing: Balance,
    pub totals: Totals,
    pub rows: Vec<Row>,
}

impl<'a> Book<'a> {
    pub fn new(recorded: &'a [Recorded], now: ExchangeRate, period: Period) -> Self {
        let totals = Totals {
            deposited_lamports: Some(0),
            withdrawn_lamports: Some(0),
            first_in_gain_lamports: Some(0),
            average_gain_lamports: Some(0),
            ..Totals::default()
        };
        let balance = Balance::default();
        let (lots, owed) = (Lots::default(), Some(0));
        Self { recorded, period, now, lots, owed, opening: balance, closing: balance, totals, rows: vec![] }
    }

    /// Takes all movements and accruals up to the end of the period, and keeps those in it.
    pub fn keep(mut self, movements: &Movements, accruals: &[Accrual]) -> Self {
        if let Some(first) = movements.all.first().filter(|first| first.before > 0) {
            self.lots.acquire(first.before, None);
        } else if movements.all.is_empty() && movements.balance > 0 {
            self.lots.acquire(movements.balance, None);
        }
        let mut balance = movements.all.first().map_or(movements.balance, |first| first.before);
        let mut last_epoch = None;
        if movements.gaps.iter().any(|gap| matches!(gap, Gap::UnknownPayment(_))) {
            self.owed = None;
        }
        let mut accruals = accruals.iter().filter(|accrual| accrual.pool_tokens > 0).peekable();
        self.opening = self.balance(balance, None);
        for movement in movements.all.iter().map(Some).chain([None]) {
            // An update comes before the trades of its epoch.
            while let Some(accrual) =
                accruals.next_if(|accrual| movement.is_none_or(|movement| accrual.update.epoch <= movement.epoch))
            {
                if self.place(accrual.update.epoch, Some(accrual.update.timestamp), balance, &mut last_epoch) {
                    self.accrue(accrual);
                }
            }
            let Some(movement) = movement else { break };
            let (is_in_period, before) =
                (self.place(movement.epoch, movement.block_time, balance, &mut last_epoch), balance);
            if self.period.is_after(movement.epoch, movement.block_time) {
                break;
            }
            // A gap of the history: tokens of unknown cost, or gone.
            if movement.before > before {
                self.lots.acquire(movement.before - before, None);
            } else {
                let _ = self.lots.dispose(before - movement.before);
            }
            balance = movement.after;
            self.take(movement, is_in_period);
        }
        self.closing = self.balance(balance, last_epoch);
        if self.period.to.is_none() {
            self.closing.lamports = value(&self.now, balance);
        }
        if self.rows.is_empty() {
            self.opening = self.closing;
        }
        self
    }

    /// Whether a time is in the period. Before it, the opening balance follows.
    fn place(&mut self, epoch: u64, timestamp: Option<i64>, balance: u64, last_epoch: &mut Option<u64>) -> bool {
        if self.period.is_after(epoch, timestamp) {
            return false;
        }
        let is_before = self.period.is_before(epoch, timestamp);
        if !is_before && self.rows.is_empty() {
            self.opening = self.balance(balance, *last_epoch);
        }
        *last_epoch = Some(epoch);
        !is_before
    }

    fn balance(&self, pool_tokens: u64, epoch: Option<u64>) -> Balance {
        let cost = self.lots.cost();
        let rate = epoch.and_then(|epoch| rate_in_epoch(self.recorded, epoch));
        Balance {
            pool_tokens,
            lamports: rate.map_or((pool_tokens == 0).then_some(0), |rate| value(&rate, pool_tokens)),
            first_in_cost_lamports: cost.first_in,
            average_cost_lamports: cost.average,
            owed_lamports: self.owed,
        }
    }

    fn accrue(&mut self, accrual: &Accrual) {
        let gained = saturating(accrual.gained_lamports);
        self.totals.accrued_lamports = self.totals.accrued_lamports.saturating_add(gained);
        self.rows.push(Row {
            epoch: accrual.update.epoch,
            timestamp: Some(accrual.update.timestamp),
            kind: "accrual",
            change_pool_tokens: 0,
            change_lamports: Some(gained),
            sol_basis: Some("rate"),
            lamports_per_whole_pool_token: lamports_per_whole_token(&accrual.update.rate),
            balance_pool_tokens: accrual.pool_tokens,
            balance_lamports: Some(accrual.lamports),
            first_in_cost_lamports: None,
            first_in_gain_lamports: None,
            average_cost_lamports: None,
            average_gain_lamports: None,
            signature: None,
        });
    }

    /// Counts what an exit ticket owes from its request until it is paid or cancelled.
    fn owe(&mut self, movement: &Movement) {
        self.owed = match movement.kind {
            MovementKind::RequestExit => self.owed.zip(movement.lamports).and_then(|(owed, new)| owed.checked_add(new)),
            MovementKind::CancelExit => self.owed.zip(movement.lamports).and_then(|(owed, old)| owed.checked_sub(old)),
            MovementKind::TicketPaid => {
                self.owed.zip(movement.owed_lamports).and_then(|(owed, paid)| owed.checked_sub(paid))
            }
            _ => self.owed,
        };
    }

    /// The cost of what left; `None` if nothing did.
    fn cost(&mut self, movement: &Movement, lamports: Option<u64>) -> Option<Disposal> {
        if movement.kind == MovementKind::TicketPaid {
            return None;
        }
        if movement.is_in() {
            self.lots.acquire(movement.pool_tokens(), lamports);
            return None;
        }
        Some(self.lots.dispose(movement.pool_tokens()))
    }

    fn take(&mut self, movement: &Movement, is_in_period: bool) {
        let rate = rate_in_epoch(self.recorded, movement.epoch);
        let is_transfer = movement.kind.is_transfer();
        self.owe(movement);
        let by_rate = rate.filter(|_| is_transfer).and_then(|rate| value(&rate, movement.pool_tokens()));
        let lamports = movement.lamports.or(by_rate);
        let cost = self.cost(movement, lamports);
        if !is_in_period {
            return;
        }
        let gain = |cost: Option<u64>| Some(saturating(i128::from(lamports?) - i128::from(cost?)));
        let (first_in, average) = (cost.and_then(|cost| cost.first_in), cost.and_then(|cost| cost.average));
        // The request has the gain of a ticket. Only a loss of the pool until the payment is left.
        let shortfall = movement.owed_lamports.zip(lamports).filter(|(owed, paid)| paid < owed);
        let lost = shortfall.map(|(owed, paid)| saturating(i128::from(paid) - i128::from(owed)));
        let (first_in_gain, average_gain) = (gain(first_in).or(lost), gain(average).or(lost));
        self.add(movement, is_transfer, lamports);
        if cost.is_some() || lost.is_some() {
            let plus = |sum: &mut Option<i64>, part: Option<i64>| {
                *sum = sum.zip(part).map(|(sum, part)| sum.saturating_add(part))
            };
            plus(&mut self.totals.first_in_gain_lamports, first_in_gain);
            plus(&mut self.totals.average_gain_lamports, average_gain);
        }
        let sign = if movement.is_in() { 1 } else { -1 };
        self.rows.push(Row {
            epoch: movement.epoch,
            timestamp: movement.block_time,
            kind: movement.kind.name(),
            change_pool_tokens: saturating(i128::from(movement.pool_tokens()) * sign),
            change_lamports: lamports.map(|lamports| saturating(lamports.into())),
            sol_basis: movement.lamports.map(|_| basis(movement.kind)).or(by_rate.map(|_| "rate")),
            lamports_per_whole_pool_token: rate.as_ref().and_then(lamports_per_whole_token),
            balance_pool_tokens: movement.after,
            balance_lamports: rate.and_then(|rate| value(&rate, movement.after)),
            first_in_cost_lamports: first_in,
            first_in_gain_lamports: first_in_gain,
            average_cost_lamports: average,
            average_gain_lamports: average_gain,
            signature: Some(Text(movement.signature)),
        });
    }

    fn add(&mut self, movement: &Movement, is_transfer: bool, lamports: Option<u64>) {
        let totals = &mut self.totals;
        if movement.kind == MovementKind::TicketPaid {
            return;
        }
        match (is_transfer, movement.is_in()) {
            (true, true) => {
                totals.received_pool_tokens = totals.received_pool_tokens.saturating_add(movement.pool_tokens())
            }
            (true, false) => totals.sent_pool_tokens = totals.sent_pool_tokens.saturating_add(movement.pool_tokens()),
            (false, is_in) => {
                let sum = if is_in { &mut totals.deposited_lamports } else { &mut totals.withdrawn_lamports };
                *sum = sum.zip(lamports).map(|(sum, lamports)| sum.saturating_add(lamports));
            }
        }
    }
}

/// Where the lamports of a trade are from.
const fn basis(kind: MovementKind) -> &'static str {
    if matches!(kind, MovementKind::RequestExit | MovementKind::CancelExit) { "owed" } else { "paid" }
}

fn saturating(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

/// A row for each movement and accrual, with plain decimals and ISO times.
pub(super) fn csv(statement: &Output) -> String {
    let mut text = String::new();
    csv::row(&mut text, &HEADING.map(str::to_owned));
    for row in &statement.rows {
        let amount = |amount: Option<u64>| amount.map_or(String::new(), |amount| Units(amount).to_string());
        let change = |change: Option<i64>| change.map_or(String::new(), signed);
        csv::row(
            &mut text,
            &[
                row.timestamp.map_or(String::new(), utc_time),
                row.epoch.to_string(),
                row.kind.to_owned(),
                signed(row.change_pool_tokens),
                change(row.change_lamports),
                row.sol_basis.unwrap_or_default().to_owned(),
                amount(row.lamports_per_whole_pool_token),
                amount(Some(row.balance_pool_tokens)),
                amount(row.balance_lamports),
                amount(row.first_in_cost_lamports),
                change(row.first_in_gain_lamports),
                amount(row.average_cost_lamports),
                change(row.average_gain_lamports),
                row.signature.map_or(String::new(), |signature| signature.to_string()),
            ],
        );
    }
    text
}

impl Row {
    /// The cells for a person.
    pub fn cells(&self) -> [String; 7] {
        let change = |change: Option<i64>| change.map_or("unknown".into(), signed);
        [
            self.timestamp.map_or("unknown".into(), utc_time),
            self.epoch.to_string(),
            self.kind.replace('_', " "),
            if self.change_pool_tokens == 0 { String::new() } else { signed(self.change_pool_tokens) },
            change(self.change_lamports),
            Units(self.balance_pool_tokens).to_string(),
            self.balance_lamports.map_or("unknown".into(), |lamports| Units(lamports).to_string()),
        ]
    }
}
