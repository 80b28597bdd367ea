//! Movements of a wallet's pool tokens, from the history of its token accounts.
//!
//! Over 400 lines: one reading of all kinds of movements.

use {
    crate::{
        cluster::{Call, Cluster, ClusterError, HISTORY_PAGE, LandedTransaction, PastTransaction},
        events::{Event, EventLog},
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
    tidepool_interface::{address::STAKE_PROGRAM_ID, instruction::tag},
};

/// Transactions that are fetched at the same time.
const PARALLEL: usize = 8;

/// Tags of the stake program's instructions that move lamports out of a pool: a `u32`, then the lamports.
const STAKE_SPLIT: u32 = 3;
const STAKE_WITHDRAW: u32 = 4;

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
    /// Pool tokens were received from others: a transfer, or a trade in a market.
    Received,
    /// Pool tokens were sent to others, or burned without the pool.
    Sent,
    /// Several of these in one transaction.
    Several,
}

/// A transaction that changed the pool tokens of a wallet.
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
    /// Lamports that entered the pool for the pool tokens, or left it. `None` for transfers, and if unknown.
    pub lamports: Option<u64>,
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
    /// The name, for machine-readable output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DepositSol => "deposit_sol",
            Self::DepositStake => "deposit_stake",
            Self::WithdrawSol => "withdraw_sol",
            Self::WithdrawStake => "withdraw_stake",
            Self::RequestExit => "request_exit",
            Self::CancelExit => "cancel_exit",
            Self::Received => "received",
            Self::Sent => "sent",
            Self::Several => "several",
        }
    }

    /// Of an instruction of a stake pool that trades.
    const fn of_tag(instruction: u8) -> Option<Self> {
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
    let mut book = Book { snapshot, schedule, balances: HashMap::new(), movements: Movements::default() };
    for (past, landed) in &landed {
        book.add(past, landed.as_ref(), &present);
    }
    Ok(book.close(&present))
}

/// Successful transactions that name one of the accounts, the oldest first; `None` without a history.
async fn history<C: Cluster>(
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
    schedule: EpochSchedule,
    /// Balances of the accounts by the history.
    balances: HashMap<Address, u64>,
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
        if before == after {
            return;
        }
        let (kind, lamports) = self.trade(landed, own, after > before);
        let is_transfer = matches!(kind, MovementKind::Received | MovementKind::Sent);
        if lamports.is_none() && !is_transfer {
            self.movements.gaps.push(Gap::UnknownLamports(past.signature));
        }
        self.movements.all.push(Movement {
            signature: past.signature,
            slot: past.slot,
            epoch: self.schedule.get_epoch(past.slot),
            block_time: landed.block_time,
            kind,
            before,
            after,
            lamports,
        });
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

    /// The kind of a movement, and its lamports.
    fn trade(
        &self,
        landed: &LandedTransaction,
        own: &HashMap<Address, u64>,
        is_in: bool,
    ) -> (MovementKind, Option<u64>) {
        let of_pool = |call: &&Call| {
            call.program_id == self.snapshot.program_id() && call.accounts.contains(&self.snapshot.address())
        };
        let trades = landed
            .calls
            .iter()
            .filter(of_pool)
            .filter_map(|call| Some((MovementKind::of_tag(*call.data.first()?)?, call)));
        let trades: Vec<_> = trades.collect();
        let is_own = |call: &Call| call.accounts.iter().any(|account| own.contains_key(account));
        let mut kinds = trades.iter().filter(|(_, call)| is_own(call)).map(|(kind, _)| *kind);
        let Some(kind) = kinds.next() else {
            return (if is_in { MovementKind::Received } else { MovementKind::Sent }, None);
        };
        if kinds.any(|other| other != kind) || trades.iter().any(|(_, call)| !is_own(call)) {
            return (MovementKind::Several, None);
        }
        (kind, self.event_lamports(landed, kind).or_else(|| call_lamports(landed, kind, &trades)))
    }

    /// Lamports by the pool's events; `None` without any.
    fn event_lamports(&self, landed: &LandedTransaction, kind: MovementKind) -> Option<u64> {
        let programs: Vec<_> = landed.calls.iter().take(landed.instructions).map(|call| call.program_id).collect();
        let log = EventLog::of_instructions(landed.logs.as_ref()?, &self.snapshot.program_id(), &programs);
        if log.is_truncated {
            return None;
        }
        let pool = self.snapshot.address();
        let lamports = log.events.iter().filter_map(|logged| match &logged.event {
            Event::Funds(funds) if funds.pool == pool && MovementKind::of_tag(funds.instruction) == Some(kind) => {
                let exits = matches!(kind, MovementKind::RequestExit | MovementKind::CancelExit);
                (!exits).then(|| funds.total_lamports.new.get().abs_diff(funds.total_lamports.old.get()))
            }
            Event::Exit(exit) if exit.pool == pool => Some(exit.lamports.get()),
            _ => None,
        });
        let lamports: Vec<_> = lamports.collect();
        (!lamports.is_empty()).then(|| lamports.iter().fold(0, |sum: u64, part| sum.saturating_add(*part)))
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

/// Lamports by the instructions, for a pool without events. A deposit of stake names none.
fn call_lamports(landed: &LandedTransaction, kind: MovementKind, trades: &[(MovementKind, &Call)]) -> Option<u64> {
    let number =
        |data: &[u8], from: usize| data.get(from..)?.first_chunk().map(|bytes: &[u8; 8]| u64::from_le_bytes(*bytes));
    let of_stake_program = |instruction: u32| -> Option<u64> {
        let (own, called) = landed.calls.split_at_checked(landed.instructions)?;
        let is_move = |call: &&Call| {
            call.program_id == STAKE_PROGRAM_ID && call.data.first_chunk() == Some(&instruction.to_le_bytes())
        };
        // Beside those of the wallet itself, it is unclear which are the pool's.
        if own.iter().any(|call| is_move(&call)) {
            return None;
        }
        let moves = called.iter().filter(is_move);
        let lamports = moves.map(|call| number(&call.data, 4)).collect::<Option<Vec<u64>>>()?;
        // A cluster may not keep the calls of programs.
        (!lamports.is_empty()).then(|| lamports.into_iter().fold(0, u64::saturating_add))
    };
    match kind {
        MovementKind::DepositSol => trades.iter().map(|(_, call)| number(&call.data, 1)).sum(),
        MovementKind::WithdrawSol => of_stake_program(STAKE_WITHDRAW),
        MovementKind::WithdrawStake => of_stake_program(STAKE_SPLIT),
        _ => None,
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
            Self::UnknownLamports(signature) => write!(f, "the SOL of transaction {signature} is unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lamports_of_a_withdrawal_are_those_that_the_pool_moved() {
        let call = |program_id, data: Vec<u8>| Call { program_id, accounts: vec![], data };
        let moved = |instruction: u32, lamports: u64| {
            call(STAKE_PROGRAM_ID, [&instruction.to_le_bytes()[..], &lamports.to_le_bytes()].concat())
        };
        let landed = |calls| LandedTransaction { instructions: 1, calls, ..LandedTransaction::default() };
        let pool = || call(Address::new_from_array([7; 32]), vec![tag::WITHDRAW_SOL]);
        let one = landed(vec![pool(), moved(STAKE_WITHDRAW, 5), moved(STAKE_SPLIT, 9), moved(STAKE_WITHDRAW, 6)]);
        assert_eq!(call_lamports(&one, MovementKind::WithdrawSol, &[]), Some(11));
        assert_eq!(call_lamports(&one, MovementKind::WithdrawStake, &[]), Some(9));
        // Without calls of programs, and with the wallet's own, they are unknown.
        assert_eq!(call_lamports(&landed(vec![pool()]), MovementKind::WithdrawSol, &[]), None);
        let own = landed(vec![moved(STAKE_WITHDRAW, 5), moved(STAKE_WITHDRAW, 6)]);
        assert_eq!(call_lamports(&own, MovementKind::WithdrawSol, &[]), None);
        assert_eq!(call_lamports(&one, MovementKind::DepositStake, &[]), None);
    }
}
