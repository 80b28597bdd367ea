//! A scripted cluster.

use {
    crate::{
        cluster::{Blockhash, BytesAt, Cluster, ClusterError, Confirmation, Execution, Simulation, TransactionStatus},
        send::{DurableNonce, Stop},
    },
    solana_account::Account,
    solana_address::Address,
    solana_hash::Hash,
    solana_message::VersionedMessage,
    solana_nonce::{
        state::{DurableNonce as DurableNonceHash, State as NonceState},
        versions::Versions,
    },
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    std::{
        collections::BTreeMap,
        sync::{Mutex, MutexGuard},
    },
};

/// Blocks for which a blockhash is valid.
pub const BLOCKHASH_LIFE: u64 = 150;

/// Faults of the scripted network.
#[derive(Default)]
pub struct Script {
    /// Drops this number of sends of each signed transaction.
    pub lose_sends: u32,
    /// Drops every transaction with one of the first blockhashes, up to this number.
    pub lose_blockhashes: u64,
    /// Hides a landed transaction from this number of status checks.
    pub hide_for_checks: u32,
    /// Shows a landed transaction as processed only, for this number of status checks.
    pub unconfirmed_checks: u32,
    /// Leaves this number of status requests unanswered.
    pub unanswered_checks: u32,
    /// Makes no blocks.
    pub halted: bool,
    /// Rejects transactions before they run.
    pub refuse: Option<TransactionError>,
    /// Runs transactions, which then fail.
    pub fail: Option<TransactionError>,
    /// Fails simulations.
    pub fail_simulation: Option<TransactionError>,
    /// Prices of a compute unit in recent blocks, in micro-lamports.
    pub prices: Vec<u64>,
    /// Does not report prices.
    pub has_no_prices: bool,
    /// Bytes of account data that simulations load.
    pub loaded_bytes: Option<u32>,
    /// The fee of a message, in lamports.
    pub fee: Option<u64>,
    /// Makes this number of blocks between the first send and the first status check. Only the history has the statuses
    /// by then.
    pub blocks_before_first_check: u64,
    /// Keeps no history.
    pub has_no_history: bool,
    /// Requests this stop when the first transaction arrives.
    pub stop_on_arrival: Option<Stop>,
}

#[derive(Default)]
pub struct State {
    pub height: u64,
    pub blockhashes: u64,
    /// Blockhash to its number (from 1) and last valid block height.
    pub valid: BTreeMap<Hash, (u64, u64)>,
    pub sends: BTreeMap<Signature, u32>,
    pub landed: BTreeMap<Signature, u32>,
    /// First instruction data of each executed transaction, in order.
    pub ran: Vec<Vec<u8>>,
    pub looks: u32,
    /// The only account: a nonce, which is advanced by the transaction that uses it.
    pub nonce: Option<DurableNonce>,
    /// Simulated transactions, in order.
    pub simulated: Vec<VersionedTransaction>,
    /// Messages whose fees were requested, in order.
    pub priced: Vec<VersionedMessage>,
    /// Signed transactions in the order of arrival.
    pub arrived: Vec<VersionedTransaction>,
}

#[derive(Default)]
pub struct Scripted {
    script: Script,
    state: Mutex<State>,
}

impl Scripted {
    pub fn new(script: Script) -> Self {
        Self { script, ..Self::default() }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn ran(&self) -> usize {
        self.state().ran.len()
    }

    /// Number of different signed transactions that arrived.
    pub fn signatures(&self) -> usize {
        self.state().sends.len()
    }
}

impl Cluster for Scripted {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        let nonce = self.state().nonce;
        Ok(addresses
            .iter()
            .map(|address| nonce.filter(|nonce| nonce.account == *address).map(|nonce| nonce_account(&nonce)))
            .collect())
    }

    async fn program_accounts(&self, _: &Address, _: &[BytesAt]) -> Result<Vec<(Address, Account)>, ClusterError> {
        Ok(vec![])
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        let mut state = self.state();
        state.blockhashes += 1;
        let number = state.blockhashes;
        let hash = Hash::new_from_array([number as u8; 32]);
        let last_valid_block_height = state.height + BLOCKHASH_LIFE;
        state.valid.insert(hash, (number, last_valid_block_height));
        Ok(Blockhash { hash, last_valid_block_height })
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        let mut state = self.state();
        state.height += if self.script.halted { 0 } else { 10 };
        Ok(state.height)
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        self.state().simulated.push(transaction.clone());
        Ok(Simulation {
            error: self.script.fail_simulation.clone(),
            units_consumed: 10_000,
            loaded_bytes: self.script.loaded_bytes,
            ..Simulation::default()
        })
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        assert!(transaction.verify_with_results().iter().all(|valid| *valid));
        if let Some(error) = self.script.refuse.clone() {
            return Err(ClusterError::TransactionRefused { error });
        }
        let signature = transaction.signatures[0];
        if let Some(stop) = &self.script.stop_on_arrival {
            stop.request();
        }
        let mut state = self.state();
        state.arrived.push(transaction.clone());
        let hash = transaction.message.recent_blockhash();
        let (number, last_valid) = match state.nonce {
            Some(nonce) if nonce.hash == *hash => (u64::MAX, u64::MAX),
            _ => state.valid[hash],
        };
        let sends = state.sends.entry(signature).or_default();
        *sends += 1;
        let lost = *sends <= self.script.lose_sends || number <= self.script.lose_blockhashes;
        if !lost && state.height <= last_valid && !state.landed.contains_key(&signature) {
            state.landed.insert(signature, 0);
            let data = transaction.message.instructions()[0].data.clone();
            state.ran.push(data);
            if let Some(nonce) = state.nonce.as_mut().filter(|_| number == u64::MAX) {
                nonce.hash = Hash::new_from_array([200; 32]);
            }
        }
        Ok(signature)
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        let mut state = self.state();
        state.looks += 1;
        if state.looks == 1 {
            state.height += self.script.blocks_before_first_check;
        }
        if self.script.blocks_before_first_check > 0 {
            return Ok(vec![None; signatures.len()]);
        }
        if state.looks <= self.script.unanswered_checks {
            return Err(ClusterError::Unreachable { detail: "timed out".into() });
        }
        Ok(signatures
            .iter()
            .map(|signature| {
                let looks = state.landed.get_mut(signature)?;
                *looks += 1;
                let visible = looks.checked_sub(self.script.hide_for_checks + 1)?;
                Some(TransactionStatus {
                    slot: 7,
                    error: self.script.fail.clone(),
                    confirmation: if visible < self.script.unconfirmed_checks {
                        Confirmation::Processed
                    } else {
                        Confirmation::Confirmed
                    },
                })
            })
            .collect())
    }

    async fn statuses_in_history(
        &self,
        signatures: &[Signature],
    ) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        if self.script.has_no_history {
            return Err(ClusterError::Refused { detail: "no history".into() });
        }
        let state = self.state();
        let status = TransactionStatus { slot: 7, error: None, confirmation: Confirmation::Finalized };
        let known = |signature| state.landed.contains_key(signature).then(|| status.clone());
        Ok(signatures.iter().map(known).collect())
    }

    async fn recent_prices(&self, _: &[Address]) -> Result<Vec<u64>, ClusterError> {
        if self.script.has_no_prices {
            return Err(ClusterError::Refused { detail: "method not found".into() });
        }
        Ok(self.script.prices.clone())
    }

    async fn fee(&self, message: &VersionedMessage) -> Result<Option<u64>, ClusterError> {
        let mut state = self.state();
        assert!(state.valid.contains_key(message.recent_blockhash()), "the cluster knows the blockhash");
        state.priced.push(message.clone());
        Ok(self.script.fee)
    }

    async fn execution(&self, _: &Signature) -> Result<Option<Execution>, ClusterError> {
        Ok(Some(Execution { logs: vec!["Program log: no".into()], units_consumed: Some(9_000) }))
    }
}

/// The nonce account of the system program. The runtime derives a nonce from a blockhash; the test uses the stored
/// value directly.
fn nonce_account(nonce: &DurableNonce) -> Account {
    let mut data = bincode::serialize(&Versions::new(NonceState::new_initialized(
        &nonce.authority,
        DurableNonceHash::default(),
        5_000,
    )))
    .unwrap();
    // Version, state and authority come before the hash.
    data[40..72].copy_from_slice(nonce.hash.as_ref());
    Account { lamports: 1, data, owner: solana_sdk_ids::system_program::ID, ..Account::default() }
}
