//! A scripted chain.

use {
    super::{PROGRAM, data, invoke, success},
    crate::{
        cluster::{
            Blockhash, BytesAt, Call, Cluster, ClusterError, Confirmation, Execution, LandedTransaction, ListenEnd,
            PastTransaction, Simulation, TransactionStatus,
        },
        events::*,
    },
    solana_account::Account,
    solana_address::Address,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        future::poll_fn,
        sync::{Mutex, MutexGuard},
        task::{Poll, Waker},
    },
    tokio::task::yield_now,
};

/// Transactions of a page.
const PAGE: usize = 3;

#[derive(Clone)]
pub struct Transaction {
    pub signature: Signature,
    pub slot: u64,
    pub succeeded: bool,
    pub is_final: bool,
    /// `None` if the endpoint does not keep it.
    pub logs: Option<Vec<String>>,
    pub creates: Option<Address>,
}

#[derive(Default)]
pub struct State {
    /// The oldest first.
    pub transactions: Vec<Transaction>,
    pub first_available: u64,
    /// Transactions that the asked node does not have yet, at the end.
    pub late: usize,
    pub failures: usize,
    pub requests: usize,
    /// Subscriptions that were opened.
    pub subscriptions: usize,
    pub has_websocket: bool,
    /// Notices since the subscription began, and whether it has ended.
    pub notices: usize,
    pub is_cut: bool,
    waker: Option<Waker>,
}

/// A chain, as an endpoint tells of it.
#[derive(Default)]
pub struct Chain(pub Mutex<State>);

pub fn signature(number: u64) -> Signature {
    let mut bytes = [9; 64];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes.into()
}

/// Logs of one instruction of the program that emits these events.
pub fn logs(events: &[FundsEvent]) -> Vec<String> {
    std::iter::once(invoke(PROGRAM, 1)).chain(events.iter().map(data)).chain([success(PROGRAM)]).collect()
}

pub fn transaction(number: u64, slot: u64, events: &[FundsEvent]) -> Transaction {
    let logs = Some(logs(events));
    Transaction { signature: signature(number), slot, succeeded: true, is_final: true, logs, creates: None }
}

impl Chain {
    pub fn of(transactions: Vec<Transaction>) -> Self {
        Self(Mutex::new(State { transactions, ..State::default() }))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Adds a transaction, and tells the subscriber.
    pub fn land(&self, transaction: Transaction) {
        let mut state = self.state();
        state.transactions.push(transaction);
        state.notices += 1;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// Ends the subscription.
    pub fn cut(&self) {
        let mut state = self.state();
        state.is_cut = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// A request, during which others can run. It fails if failures are scripted.
    async fn request(&self) -> Result<(), ClusterError> {
        yield_now().await;
        let mut state = self.state();
        state.requests += 1;
        if state.failures == 0 {
            return Ok(());
        }
        state.failures -= 1;
        Err(ClusterError::Unreachable { detail: "scripted".into() })
    }
}

impl Cluster for Chain {
    async fn history(
        &self,
        _: &Address,
        before: Option<&Signature>,
        limit: usize,
    ) -> Result<Option<Vec<PastTransaction>>, ClusterError> {
        self.request().await?;
        let state = self.state();
        let newest = state.transactions.iter().rev().skip(state.late);
        let older = newest.clone().position(|past| before.is_some_and(|before| past.signature == *before));
        let page = newest.skip(older.map_or(0, |position| position + 1)).take(limit.min(PAGE));
        let available = page.filter(|past| past.slot >= state.first_available);
        let past = |past: &Transaction| PastTransaction {
            signature: past.signature,
            slot: past.slot,
            succeeded: past.succeeded,
        };
        Ok(Some(available.map(past).collect()))
    }

    async fn first_available_block(&self) -> Result<u64, ClusterError> {
        self.request().await?;
        Ok(self.state().first_available)
    }

    async fn landed(&self, signature: &Signature) -> Result<Option<LandedTransaction>, ClusterError> {
        self.request().await?;
        let state = self.state();
        let Some(found) = state.transactions.iter().find(|past| past.signature == *signature) else { return Ok(None) };
        let call = match found.creates {
            Some(pool) => Call { program_id: PROGRAM, accounts: vec![pool], data: vec![0] },
            None => Call { program_id: PROGRAM, accounts: vec![], data: vec![] },
        };
        Ok(found.logs.clone().map(|logs| LandedTransaction {
            slot: found.slot,
            succeeded: found.succeeded,
            logs: Some(logs),
            instructions: 1,
            calls: vec![call],
            ..LandedTransaction::default()
        }))
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        self.request().await?;
        let state = self.state();
        let kept = &state.transactions[..state.transactions.len() - state.late];
        let status = |signature: &Signature| {
            let found = kept.iter().find(|past| past.signature == *signature)?;
            let confirmation = if found.is_final { Confirmation::Finalized } else { Confirmation::Confirmed };
            Some(TransactionStatus { slot: found.slot, error: None, confirmation })
        };
        Ok(signatures.iter().map(status).collect())
    }

    async fn listen(&self, _: &Address, heard: &(dyn Fn() + Sync)) -> ListenEnd {
        {
            let mut state = self.state();
            if !state.has_websocket {
                return ListenEnd::Lost { detail: "no websocket".into() };
            }
            state.subscriptions += 1;
            (state.notices, state.is_cut) = (0, false);
        }
        heard();
        poll_fn(|context| {
            let mut state = self.state();
            if std::mem::take(&mut state.is_cut) {
                return Poll::Ready(ListenEnd::Lost { detail: "cut".into() });
            }
            if std::mem::take(&mut state.notices) > 0 {
                heard();
            }
            state.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    async fn accounts(&self, _: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        unreachable!()
    }
    async fn program_accounts(&self, _: &Address, _: &[BytesAt]) -> Result<Vec<(Address, Account)>, ClusterError> {
        unreachable!()
    }
    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        unreachable!()
    }
    async fn block_height(&self) -> Result<u64, ClusterError> {
        unreachable!()
    }
    async fn simulate(&self, _: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        unreachable!()
    }
    async fn send(&self, _: &VersionedTransaction) -> Result<Signature, ClusterError> {
        unreachable!()
    }
    async fn execution(&self, _: &Signature) -> Result<Option<Execution>, ClusterError> {
        unreachable!()
    }
}
