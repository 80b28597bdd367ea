//! Movements of a wallet's pool tokens, from the history of its token accounts.

use {
    super::{
        payments::{Outcome, outcomes},
        trades::{self, PoolCall},
    },
    crate::{
        cluster::{Cluster, ClusterError, HISTORY_PAGE, LandedTransaction, PastTransaction},
        holdings,
        pool::PoolSnapshot,
    },
    futures_util::{StreamExt as _, TryStreamExt as _, stream},
    solana_address::Address,
    solana_epoch_schedule::EpochSchedule,
    solana_signature::Signature,
    spl_associated_token_account_interface::address::get_associated_token_address_with_program_id,
    std::{
        collections::{BTreeSet, HashMap, HashSet},
        fmt,
    },
    tidepool_interface::instruction::tag,
};

/// Transactions that are fetched at the same time.
pub(super) const PARALLEL: usize = 8;

/// Kind of a movement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MovementKind {
    /// SOL was deposited.
    DepositSol,
    /// A stake account was deposited.
    DepositStake,
    /// SOL was withdrawn from the reserve.
    WithdrawSol,
    /// A stake account was withdrawn.
    WithdrawStake,
    /// An exit ticket took pool tokens into escrow.
    RequestExit,
    /// An exit ticket was given back.
    CancelExit,
    /// The SOL of an exit ticket was paid: no pool tokens, which left at its request.
    TicketPaid,
    /// Pool tokens were received from others: a transfer, or a trade in a market.
    Received,
    /// Pool tokens were sent to others, or burned without the pool.
    Sent,
    /// Several of these in one transaction, whose parts are unknown.
    Several,
}

/// A change of the pool tokens of a wallet: all trades of one kind in a transaction; or the payment of an exit ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Movement {
    /// The transaction.
    pub signature: Signature,
    /// The slot of its block.
    pub slot: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Unix time of the block, in seconds, if the cluster reports it.
    pub block_time: Option<i64>,
    /// Its kind.
    pub kind: MovementKind,
    /// The balance before it, of all the wallet's accounts.
    pub before: u64,
    /// The balance after it.
    pub after: u64,
    /// Lamports that entered the pool for the pool tokens, or left it; for exit tickets those that were fixed at the request.
    /// `None` for transfers, and if unknown.
    pub lamports: Option<u64>,
    /// For the payment of an exit ticket: lamports that were fixed at its request. More than `lamports` after a loss of the pool.
    pub owed_lamports: Option<u64>,
}

/// What the history does not tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gap {
    /// The cluster keeps no history.
    NoHistory,
    /// The history of a token account begins with a balance.
    Beginning {
        /// The token account.
        account: Address,
        /// Its balance then.
        pool_tokens: u64,
        /// The slot of the first transaction that the cluster keeps.
        slot: u64,
    },
    /// The cluster does not keep this transaction, or not its token balances.
    NotKept(Signature),
    /// The balance changed between two transactions of the history, or after the last one.
    Unexplained {
        /// The token account.
        account: Address,
        /// Its balance by the history.
        expected: u64,
        /// The balance that was found.
        found: u64,
    },
    /// The lamports of this trade are unknown: its logs are truncated or not kept, or the pool emits no events.
    UnknownLamports(Signature),
    /// The exit ticket of this address is closed, and the history does not tell how: it was paid or cancelled.
    UnknownPayment(Address),
}

/// Movements, the oldest first, and the gaps.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Movements {
    /// The movements.
    pub all: Vec<Movement>,
    /// What the history does not tell.
    pub gaps: Vec<Gap>,
    /// The balance now.
    pub balance: u64,
}

impl Movements {
    /// The balance before an epoch.
    pub fn balance_before_epoch(&self, epoch: u64) -> u64 {
        let after = self.all.iter().rev().find(|movement| movement.epoch < epoch).map(|movement| movement.after);
        after.or(self.all.first().map(|movement| movement.before)).unwrap_or(self.balance)
    }

    /// Adds the payment of an exit ticket, after the movements of its slot.
    fn settle(&mut self, outcome: Outcome, schedule: &EpochSchedule) {
        let paid = match outcome {
            Outcome::Open | Outcome::Cancelled => return,
            Outcome::Unknown(gap) => return self.gaps.push(gap),
            Outcome::Paid(paid) => paid,
        };
        if paid.lamports.is_none() {
            self.gaps.push(Gap::UnknownLamports(paid.past.signature));
        }
        let index = self.all.partition_point(|movement| movement.slot <= paid.past.slot);
        let before = index.checked_sub(1).and_then(|last| self.all.get(last)).map_or(0, |last| last.after);
        let payment = Movement {
            signature: paid.past.signature,
            slot: paid.past.slot,
            epoch: schedule.get_epoch(paid.past.slot),
            block_time: paid.block_time,
            kind: MovementKind::TicketPaid,
            before,
            after: before,
            lamports: paid.lamports.map(|(_, paid)| paid),
            owed_lamports: paid.lamports.map(|(owed, _)| owed),
        };
        self.all.insert(index, payment);
    }
}

impl Movement {
    /// Whether pool tokens came in.
    pub const fn is_in(&self) -> bool {
        self.after > self.before
    }

    /// Number of pool tokens that came or went.
    pub const fn pool_tokens(&self) -> u64 {
        self.after.abs_diff(self.before)
    }
}

impl MovementKind {
    /// Whether pool tokens came from others or went to them, without a price.
    pub const fn is_transfer(self) -> bool {
        matches!(self, Self::Received | Self::Sent)
    }

    /// Whether the trade brings pool tokens.
    pub(super) const fn is_in(self) -> bool {
        matches!(self, Self::DepositSol | Self::DepositStake | Self::CancelExit | Self::Received)
    }

    /// The name, for machine-readable output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DepositSol => "deposit_sol",
            Self::DepositStake => "deposit_stake",
            Self::WithdrawSol => "withdraw_sol",
            Self::WithdrawStake => "withdraw_stake",
            Self::RequestExit => "request_exit",
            Self::CancelExit => "cancel_exit",
            Self::TicketPaid => "ticket_paid",
            Self::Received => "received",
            Self::Sent => "sent",
            Self::Several => "several",
        }
    }

    /// Of an instruction of a stake pool that trades.
    pub(super) const fn of_tag(instruction: u8) -> Option<Self> {
        Some(match instruction {
            tag::DEPOSIT_SOL | tag::DEPOSIT_SOL_WITH_SLIPPAGE => Self::DepositSol,
            tag::DEPOSIT_STAKE | tag::DEPOSIT_STAKE_WITH_SLIPPAGE => Self::DepositStake,
            tag::WITHDRAW_SOL | tag::WITHDRAW_SOL_WITH_SLIPPAGE => Self::WithdrawSol,
            tag::WITHDRAW_STAKE | tag::WITHDRAW_STAKE_WITH_SLIPPAGE => Self::WithdrawStake,
            tag::REQUEST_EXIT => Self::RequestExit,
            tag::CANCEL_EXIT => Self::CancelExit,
            _ => return None,
        })
    }
}

/// Reads all movements of the pool tokens of `wallet`: its token accounts of the pool's mint, and its associated one if that was closed.
/// Other accounts that were closed are not found.
///
/// # Errors
/// [`ClusterError`].
pub async fn read_movements<C: Cluster>(
    cluster: &C,
    snapshot: &PoolSnapshot,
    wallet: &Address,
) -> Result<Movements, ClusterError> {
    let head = &snapshot.pool().head;
    let programs = BTreeSet::from([head.token_program_id]);
    let held = holdings::token_accounts(cluster, wallet, &programs).await?;
    let mut present: HashMap<Address, u64> = held
        .iter()
        .filter(|tokens| tokens.mint == head.pool_mint)
        .map(|tokens| (tokens.address, tokens.amount))
        .collect();
    let associated = get_associated_token_address_with_program_id(wallet, &head.pool_mint, &head.token_program_id);
    present.entry(associated).or_insert(0);
    let schedule = cluster.epoch_schedule().await?;
    let Some(past) = history(cluster, present.keys()).await? else {
        let balance = present.values().fold(0, |sum: u64, amount| sum.saturating_add(*amount));
        return Ok(Movements { gaps: vec![Gap::NoHistory], balance, ..Movements::default() });
    };
    let fetch =
        |past: PastTransaction| async move { cluster.landed(&past.signature).await.map(|landed| (past, landed)) };
    let mut landed: Vec<_> = stream::iter(past).map(fetch).buffered(PARALLEL).try_collect().await?;
    landed.sort_by_key(|(past, landed)| (past.slot, landed.as_ref().and_then(|landed| landed.index)));
    let (balances, tickets) = (HashMap::new(), BTreeSet::new());
    let mut book = Book { snapshot, schedule: &schedule, balances, tickets, movements: Movements::default() };
    for (past, landed) in &landed {
        book.add(past, landed.as_ref(), &present);
    }
    let tickets = outcomes(cluster, snapshot, &book.tickets).await?;
    let mut movements = book.close(&present);
    for outcome in tickets {
        movements.settle(outcome, &schedule);
    }
    Ok(movements)
}

/// Successful transactions that name one of the accounts, the oldest first; `None` without a history.
pub(super) async fn history<C: Cluster>(
    cluster: &C,
    accounts: impl Iterator<Item = &Address>,
) -> Result<Option<Vec<PastTransaction>>, ClusterError> {
    let (mut all, mut known) = (vec![], HashSet::new());
    for account in accounts {
        let mut before = None;
        loop {
            let Some(page) = cluster.history(account, before.as_ref(), HISTORY_PAGE).await? else { return Ok(None) };
            let Some(last) = page.last() else { break };
            before = Some(last.signature);
            all.extend(page.into_iter().filter(|past| past.succeeded && known.insert(past.signature)));
        }
    }
    all.reverse();
    all.sort_by_key(|past| past.slot);
    Ok(Some(all))
}

struct Book<'a> {
    snapshot: &'a PoolSnapshot,
    schedule: &'a EpochSchedule,
    /// Balances of the accounts by the history.
    balances: HashMap<Address, u64>,
    /// Exit tickets that were requested, and not cancelled.
    tickets: BTreeSet<Address>,
    movements: Movements,
}

impl Book<'_> {
    fn balance(&self) -> u64 {
        self.balances.values().fold(0, |sum, amount| sum.saturating_add(*amount))
    }

    fn add(&mut self, past: &PastTransaction, landed: Option<&LandedTransaction>, own: &HashMap<Address, u64>) {
        let Some((landed, changes)) = landed.and_then(|landed| Some((landed, landed.token_changes.as_ref()?))) else {
            self.movements.gaps.push(Gap::NotKept(past.signature));
            return;
        };
        let changes: Vec<_> = changes.iter().filter(|change| own.contains_key(&change.account)).collect();
        for change in &changes {
            self.expect(change.account, change.before, past.slot);
        }
        let before = self.balance();
        for change in &changes {
            self.balances.insert(change.account, change.after);
        }
        let after = self.balance();
        let calls = trades::calls(self.snapshot, landed, own);
        self.note_tickets(&calls);
        if before == after {
            return;
        }
        let trades = trades::of_transaction(self.snapshot, landed, &calls, before, after);
        let is_unknown = |trade: &trades::Trade| trade.lamports.is_none() && !trade.kind.is_transfer();
        if trades.iter().any(is_unknown) {
            self.movements.gaps.push(Gap::UnknownLamports(past.signature));
        }
        let mut balance = before;
        for trade in trades {
            self.movements.all.push(Movement {
                signature: past.signature,
                slot: past.slot,
                epoch: self.schedule.get_epoch(past.slot),
                block_time: landed.block_time,
                kind: trade.kind,
                before: balance,
                after: trade.after,
                lamports: trade.lamports,
                owed_lamports: None,
            });
            balance = trade.after;
        }
    }

    /// Notes the exit tickets that a transaction requests and cancels.
    fn note_tickets(&mut self, calls: &[PoolCall<'_>]) {
        for call in calls.iter().filter(|call| call.is_own) {
            match (call.kind, call.ticket()) {
                (MovementKind::RequestExit, Some(ticket)) => self.tickets.insert(ticket),
                (MovementKind::CancelExit, Some(ticket)) => self.tickets.remove(&ticket),
                _ => false,
            };
        }
    }

    /// Notes a gap unless the account has this balance by the history.
    fn expect(&mut self, account: Address, found: u64, slot: u64) {
        let gap = match self.balances.insert(account, found) {
            None if found > 0 => Gap::Beginning { account, pool_tokens: found, slot },
            Some(expected) if expected != found => Gap::Unexplained { account, expected, found },
            _ => return,
        };
        self.movements.gaps.push(gap);
    }

    fn close(mut self, present: &HashMap<Address, u64>) -> Movements {
        for (account, found) in present {
            let expected = self.balances.get(account).copied().unwrap_or(0);
            if expected != *found {
                self.movements.gaps.push(Gap::Unexplained { account: *account, expected, found: *found });
            }
        }
        self.movements.balance = present.values().fold(0, |sum, amount| sum.saturating_add(*amount));
        self.movements
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHistory => f.write_str("the endpoint keeps no history: only the present balance is known"),
            Self::Beginning { account, pool_tokens, slot } => write!(
                f,
                "the history of {account} begins in slot {slot} with {} pool tokens of unknown cost",
                crate::units::Units(*pool_tokens)
            ),
            Self::NotKept(signature) => write!(f, "the endpoint does not keep transaction {signature}"),
            Self::Unexplained { account, expected, found } => write!(
                f,
                "the history of {account} explains {} pool tokens, and it held {}",
                crate::units::Units(*expected),
                crate::units::Units(*found)
            ),
            Self::UnknownPayment(ticket) => write!(
                f,
                "the exit ticket with address {ticket} is closed, and the endpoint's history does not tell when its SOL was paid"
            ),
            Self::UnknownLamports(signature) => write!(f, "the SOL of transaction {signature} is unknown"),
        }
    }
}
