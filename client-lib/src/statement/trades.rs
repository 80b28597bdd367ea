//! The trades of a transaction: their kinds, pool tokens and lamports.

use {
    super::movements::MovementKind,
    crate::{
        cluster::{Call, LandedTransaction},
        events::{Event, EventLog, ExitStep, LoggedEvent},
        pool::PoolSnapshot,
    },
    solana_address::Address,
    std::collections::HashMap,
    tidepool_interface::address::STAKE_PROGRAM_ID,
};

/// Tags of the stake program's instructions that move lamports out of a pool: a `u32`, then the lamports.
const STAKE_SPLIT: u32 = 3;
const STAKE_WITHDRAW: u32 = 4;

/// All trades of one kind in a transaction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Trade {
    pub kind: MovementKind,
    /// The balance after it.
    pub after: u64,
    /// `None` for transfers, and if unknown.
    pub lamports: Option<u64>,
}

/// An instruction of the pool that trades.
pub(super) struct PoolCall<'a> {
    /// Among the calls of the transaction.
    index: usize,
    pub kind: MovementKind,
    call: &'a Call,
    /// Whether it names a token account of the wallet.
    pub is_own: bool,
}

impl PoolCall<'_> {
    /// The exit ticket that it requests or cancels.
    pub fn ticket(&self) -> Option<Address> {
        let index = match self.kind {
            MovementKind::RequestExit => 5,
            MovementKind::CancelExit => 2,
            _ => return None,
        };
        self.call.accounts.get(index).copied()
    }

    /// The number that follows the tag: pool tokens of a withdrawal, lamports of a deposit of SOL.
    fn amount(&self) -> Option<u64> {
        number(&self.call.data, 1)
    }
}

fn number(data: &[u8], from: usize) -> Option<u64> {
    data.get(from..)?.first_chunk().map(|bytes: &[u8; 8]| u64::from_le_bytes(*bytes))
}

fn sum(parts: impl Iterator<Item = u64>) -> u64 {
    parts.fold(0, u64::saturating_add)
}

/// Whether a call is of the pool's program and names the pool.
pub(super) fn is_of_pool(snapshot: &PoolSnapshot, call: &Call) -> bool {
    call.program_id == snapshot.program_id() && call.accounts.contains(&snapshot.address())
}

/// Events of the pool's program in a transaction; `None` if logs are not kept or truncated.
pub(super) fn events(snapshot: &PoolSnapshot, landed: &LandedTransaction) -> Option<Vec<LoggedEvent>> {
    let programs: Vec<_> = landed.calls.iter().take(landed.instructions).map(|call| call.program_id).collect();
    let log = EventLog::of_instructions(landed.logs.as_ref()?, &snapshot.program_id(), &programs);
    (!log.is_truncated).then_some(log.events)
}

/// The pool's instructions that trade.
pub(super) fn calls<'a>(
    snapshot: &PoolSnapshot,
    landed: &'a LandedTransaction,
    own: &HashMap<Address, u64>,
) -> Vec<PoolCall<'a>> {
    let is_own = |call: &Call| call.accounts.iter().any(|account| own.contains_key(account));
    let of_pool = landed.calls.iter().enumerate().filter(|(_, call)| is_of_pool(snapshot, call));
    let calls = of_pool.filter_map(|(index, call)| {
        let kind = MovementKind::of_tag(*call.data.first()?)?;
        Some(PoolCall { index, kind, call, is_own: is_own(call) })
    });
    calls.collect()
}

/// The wallet's trades in a transaction that changed its balance, one for each kind, in the order of the instructions. One that
/// sums them up if their parts are unknown.
pub(super) fn of_transaction(
    snapshot: &PoolSnapshot,
    landed: &LandedTransaction,
    calls: &[PoolCall<'_>],
    before: u64,
    after: u64,
) -> Vec<Trade> {
    let mut kinds: Vec<MovementKind> = Vec::new();
    for call in calls.iter().filter(|call| call.is_own) {
        if !kinds.contains(&call.kind) {
            kinds.push(call.kind);
        }
    }
    if kinds.is_empty() {
        let kind = if after > before { MovementKind::Received } else { MovementKind::Sent };
        return vec![Trade { kind, after, lamports: None }];
    }
    let reading = Reading::new(snapshot, landed, calls);
    if let [kind] = kinds[..] {
        return vec![Trade { kind, after, lamports: reading.lamports(kind) }];
    }
    if let Some(parts) = reading.parts(&kinds, before, after) {
        return parts;
    }
    let is_one_way = kinds.iter().all(|kind| kind.is_in() == (after > before));
    let lamports = kinds.iter().map(|kind| reading.lamports(*kind)).collect::<Option<Vec<u64>>>();
    let lamports = lamports.filter(|_| is_one_way).map(|parts| sum(parts.into_iter()));
    vec![Trade { kind: MovementKind::Several, after, lamports }]
}

struct Reading<'a> {
    landed: &'a LandedTransaction,
    calls: &'a [PoolCall<'a>],
    /// Events of the wallet's trades; `None` if they are unknown.
    events: Option<Vec<Event>>,
}

impl<'a> Reading<'a> {
    fn new(snapshot: &PoolSnapshot, landed: &'a LandedTransaction, calls: &'a [PoolCall<'a>]) -> Self {
        let pool = snapshot.address();
        let of_pool = |event: &Event| match event {
            Event::Funds(funds) => funds.pool == pool,
            Event::Exit(exit) => exit.pool == pool,
            _ => false,
        };
        let has_others = calls.iter().any(|call| !call.is_own);
        // The place of an instruction that another program called is not known.
        let is_known = !has_others || calls.iter().all(|call| call.index < landed.instructions);
        let is_own = |logged: &LoggedEvent| {
            let mut own = calls.iter().filter(|call| call.is_own);
            !has_others || (logged.place.call.is_none() && own.any(|call| call.index == logged.place.instruction))
        };
        let logged = events(snapshot, landed).filter(|_| is_known);
        let own = logged.map(|logged| logged.into_iter().filter(is_own).map(|logged| logged.event));
        Self { landed, calls, events: own.map(|events| events.filter(of_pool).collect()) }
    }

    fn own(&self, kind: MovementKind) -> impl Iterator<Item = &PoolCall<'a>> {
        self.calls.iter().filter(move |call| call.is_own && call.kind == kind)
    }

    /// A trade for each kind; `None` if their pool tokens do not explain the change of the balance.
    fn parts(&self, kinds: &[MovementKind], before: u64, after: u64) -> Option<Vec<Trade>> {
        let mut rest = i128::from(after) - i128::from(before);
        for kind in kinds.iter().filter(|kind| !kind.is_in()) {
            rest += self.withdrawn(*kind)?;
        }
        let is_only_deposit = kinds.iter().filter(|kind| kind.is_in()).count() == 1;
        let mut balance = i128::from(before);
        let mut trades = Vec::with_capacity(kinds.len());
        for kind in kinds {
            balance += match kind.is_in() {
                false => -self.withdrawn(*kind)?,
                true => {
                    let minted = if is_only_deposit { rest } else { self.minted(*kind)? };
                    rest -= minted;
                    minted
                }
            };
            trades.push(Trade { kind: *kind, after: u64::try_from(balance).ok()?, lamports: self.lamports(*kind) });
        }
        let is_growing = |pair: (&MovementKind, (u64, u64))| pair.0.is_in() == (pair.1.1 > pair.1.0);
        let balances = [before].into_iter().chain(trades.iter().map(|trade| trade.after));
        let steps = balances.zip(trades.iter().map(|trade| trade.after));
        (rest == 0 && kinds.iter().zip(steps).all(is_growing)).then_some(trades)
    }

    /// Pool tokens that withdrawals or requests take, by their instructions.
    fn withdrawn(&self, kind: MovementKind) -> Option<i128> {
        self.own(kind).map(|call| call.amount().map(i128::from)).sum()
    }

    /// Pool tokens that deposits mint, by the pool's events: the fees included, which go to others.
    fn minted(&self, kind: MovementKind) -> Option<i128> {
        let of_kind = self.events.as_ref()?.iter().filter_map(|event| match event {
            Event::Funds(funds) if MovementKind::of_tag(funds.instruction) == Some(kind) => {
                let supply = &funds.pool_token_supply;
                Some(i128::from(supply.new.get()) - i128::from(supply.old.get()))
            }
            _ => None,
        });
        Some(of_kind.sum())
    }

    fn lamports(&self, kind: MovementKind) -> Option<u64> {
        self.event_lamports(kind).or_else(|| self.call_lamports(kind))
    }

    /// Lamports by the pool's events; `None` without any.
    fn event_lamports(&self, kind: MovementKind) -> Option<u64> {
        let step = match kind {
            MovementKind::RequestExit => Some(ExitStep::Requested as u8),
            MovementKind::CancelExit => Some(ExitStep::Cancelled as u8),
            _ => None,
        };
        let lamports = self.events.as_ref()?.iter().filter_map(|event| match event {
            Event::Funds(funds) if step.is_none() && MovementKind::of_tag(funds.instruction) == Some(kind) => {
                Some(funds.total_lamports.new.get().abs_diff(funds.total_lamports.old.get()))
            }
            Event::Exit(exit) if step == Some(exit.step) => Some(exit.lamports.get()),
            _ => None,
        });
        let lamports: Vec<u64> = lamports.collect();
        (!lamports.is_empty()).then(|| sum(lamports.into_iter()))
    }

    /// Lamports by the instructions, for a pool without events. A deposit of stake names none.
    fn call_lamports(&self, kind: MovementKind) -> Option<u64> {
        let has = |wanted: MovementKind| self.calls.iter().any(|call| call.kind == wanted);
        match kind {
            MovementKind::DepositSol => self.own(kind).map(PoolCall::amount).sum(),
            // A deposit of stake withdraws what it cannot merge.
            MovementKind::WithdrawSol if !has(MovementKind::DepositStake) => self.stake_moved(STAKE_WITHDRAW),
            MovementKind::WithdrawStake => self.stake_moved(STAKE_SPLIT),
            _ => None,
        }
    }

    /// Lamports that the pool moved with an instruction of the stake program.
    fn stake_moved(&self, instruction: u32) -> Option<u64> {
        let (own, called) = self.landed.calls.split_at_checked(self.landed.instructions)?;
        let is_move = |call: &&Call| {
            call.program_id == STAKE_PROGRAM_ID && call.data.first_chunk() == Some(&instruction.to_le_bytes())
        };
        // Beside those of the wallet itself, and of others, it is unclear which are for the wallet's pool tokens.
        if own.iter().any(|call| is_move(&call)) || self.calls.iter().any(|call| !call.is_own) {
            return None;
        }
        let moves = called.iter().filter(is_move);
        let lamports = moves.map(|call| number(&call.data, 4)).collect::<Option<Vec<u64>>>()?;
        // A cluster may not keep the calls of programs.
        (!lamports.is_empty()).then(|| sum(lamports.into_iter()))
    }
}

#[cfg(test)]
mod tests {
    use {super::*, tidepool_interface::instruction::tag};

    #[test]
    fn lamports_of_a_withdrawal_are_those_that_the_pool_moved() {
        let call = |program_id, data: Vec<u8>| Call { program_id, accounts: vec![], data };
        let moved = |instruction: u32, lamports: u64| {
            call(STAKE_PROGRAM_ID, [&instruction.to_le_bytes()[..], &lamports.to_le_bytes()].concat())
        };
        let landed = |calls| LandedTransaction { instructions: 1, calls, ..LandedTransaction::default() };
        let lamports = |landed: &LandedTransaction, kind| Reading { landed, calls: &[], events: None }.lamports(kind);
        let pool = || call(Address::new_from_array([7; 32]), vec![tag::WITHDRAW_SOL]);
        let one = landed(vec![pool(), moved(STAKE_WITHDRAW, 5), moved(STAKE_SPLIT, 9), moved(STAKE_WITHDRAW, 6)]);
        assert_eq!(lamports(&one, MovementKind::WithdrawSol), Some(11));
        assert_eq!(lamports(&one, MovementKind::WithdrawStake), Some(9));
        // Without calls of programs, and with the wallet's own, they are unknown.
        assert_eq!(lamports(&landed(vec![pool()]), MovementKind::WithdrawSol), None);
        let own = landed(vec![moved(STAKE_WITHDRAW, 5), moved(STAKE_WITHDRAW, 6)]);
        assert_eq!(lamports(&own, MovementKind::WithdrawSol), None);
        assert_eq!(lamports(&one, MovementKind::DepositStake), None);
    }

    #[test]
    fn trades_of_both_kinds_have_their_own_pool_tokens() {
        let data = |tag: u8, amount: u64| [&[tag][..], &amount.to_le_bytes()].concat();
        let call = |data| Call { program_id: Address::default(), accounts: vec![], data };
        let (sol, stake) = (call(data(tag::WITHDRAW_SOL, 30)), call(data(tag::WITHDRAW_STAKE, 20)));
        let landed = LandedTransaction::default();
        let of = |index, kind, call| PoolCall { index, kind, call, is_own: true };
        let calls = [of(0, MovementKind::WithdrawSol, &sol), of(1, MovementKind::WithdrawStake, &stake)];
        let reading = Reading { landed: &landed, calls: &calls, events: None };
        let kinds = [MovementKind::WithdrawSol, MovementKind::WithdrawStake];
        let balances = |before, after| {
            let parts = reading.parts(&kinds, before, after)?;
            Some(parts.iter().map(|trade| trade.after).collect::<Vec<_>>())
        };
        assert_eq!(balances(100, 50), Some(vec![70, 50]));
        // The instructions have to explain the whole change.
        assert_eq!(balances(100, 51), None);
        assert_eq!(balances(40, 0), None);
    }
}
