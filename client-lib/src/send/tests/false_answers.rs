//! An endpoint with false responses. It forwards transactions to a correct cluster, which shows what was executed, and
//! how often.

use {
    super::*,
    crate::cluster::{Blockhash, BytesAt, ClusterError, Execution, Simulation, TransactionStatus},
    solana_account::Account,
    solana_hash::Hash,
    solana_transaction::versioned::VersionedTransaction,
    std::sync::atomic::{AtomicU32, Ordering},
    tokio::time::Instant,
};

/// False responses of the endpoint. Status checks are counted from 1.
struct FaultyEndpoint {
    honest: Scripted,
    /// The last valid block height that it claims for a blockhash.
    last_valid: Option<u64>,
    height: fn(u64) -> u64,
    status: fn(u32, Option<TransactionStatus>) -> Option<TransactionStatus>,
    history: fn(Option<TransactionStatus>) -> Option<TransactionStatus>,
    /// Statuses that it omits, and those that it omits with its history.
    missing: [usize; 2],
    units: u64,
    blockhash: Option<Hash>,
    looks: AtomicU32,
}

impl Default for FaultyEndpoint {
    fn default() -> Self {
        Self::before(Scripted::default())
    }
}

impl FaultyEndpoint {
    /// An endpoint that forwards to `honest` without changes.
    fn before(honest: Scripted) -> Self {
        Self {
            honest,
            last_valid: None,
            height: |height| height,
            status: |_, status| status,
            history: |status| status,
            missing: [0; 2],
            units: 10_000,
            blockhash: None,
            looks: AtomicU32::default(),
        }
    }

    /// Sends one transaction; returns its reported outcome and the time taken.
    async fn send_one(&self, options: SendOptions) -> (Outcome, Duration) {
        let began = Instant::now();
        let payer = Keypair::new();
        let mut summary = Sender::new(self, &payer).options(options).send(&[outgoing(1)]).await;
        (summary.transactions.remove(0).outcome, began.elapsed())
    }

    /// Number of different signed transactions that arrived, and of those that executed.
    fn signed_and_ran(&self) -> (usize, usize) {
        (self.honest.signatures(), self.honest.ran())
    }
}

impl Cluster for FaultyEndpoint {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        self.honest.accounts(addresses).await
    }

    async fn program_accounts(&self, _: &Address, _: &[BytesAt]) -> Result<Vec<(Address, Account)>, ClusterError> {
        Ok(vec![])
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        let mut blockhash = self.honest.latest_blockhash().await?;
        blockhash.hash = self.blockhash.unwrap_or(blockhash.hash);
        blockhash.last_valid_block_height = self.last_valid.unwrap_or(blockhash.last_valid_block_height);
        Ok(blockhash)
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        Ok((self.height)(self.honest.block_height().await?))
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        Ok(Simulation { units_consumed: self.units, ..self.honest.simulate(transaction).await? })
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        if self.blockhash.as_ref() == Some(transaction.message.recent_blockhash()) {
            return Err(ClusterError::TransactionRefused { error: TransactionError::BlockhashNotFound });
        }
        self.honest.send(transaction).await
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        let look = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
        let honest = self.honest.statuses(signatures).await?;
        Ok(honest.into_iter().skip(self.missing[0]).map(|status| (self.status)(look, status)).collect())
    }

    async fn statuses_in_history(
        &self,
        signatures: &[Signature],
    ) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        let honest = self.honest.statuses_in_history(signatures).await?;
        Ok(honest.into_iter().skip(self.missing[1]).map(self.history).collect())
    }

    async fn execution(&self, _: &Signature) -> Result<Option<Execution>, ClusterError> {
        Ok(None)
    }
}

fn with_status(confirmation: Confirmation, error: Option<TransactionError>) -> Option<TransactionStatus> {
    Some(TransactionStatus { slot: u64::MAX, error, confirmation })
}

#[tokio::test(start_paused = true)]
async fn ignores_early_expiry() {
    // A node of another cluster behind the same URL: far ahead, and without the transactions.
    let faulty = FaultyEndpoint {
        height: |_| u64::MAX,
        status: |look, status| status.filter(|_| look > 20),
        history: |_| None,
        ..FaultyEndpoint::default()
    };
    let (outcome, _) = faulty.send_one(SendOptions::default()).await;
    assert!(outcome.is_landed(), "{outcome}");
    assert_eq!(faulty.signed_and_ran(), (1, 1));

    let short_lived = FaultyEndpoint {
        last_valid: Some(0),
        status: |look, status| status.filter(|_| look > 20),
        history: |_| None,
        ..FaultyEndpoint::default()
    };
    assert!(short_lived.send_one(SendOptions::default()).await.0.is_landed());
    assert_eq!(short_lived.signed_and_ran(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn hidden_transaction_with_one_attempt_executes_once() {
    let faulty = FaultyEndpoint { status: |_, _| None, history: |_| None, ..FaultyEndpoint::default() };
    let (outcome, _) = faulty.send_one(SendOptions { attempts: 1, ..SendOptions::default() }).await;
    assert!(matches!(outcome, Outcome::Expired { attempts: 1, has_fixed_hash: false }), "{outcome}");
    assert_eq!(faulty.signed_and_ran(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn does_not_resign_after_confirmation() {
    let faulty = FaultyEndpoint {
        status: |look, _| if look % 2 == 1 { with_status(Confirmation::Confirmed, None) } else { None },
        history: |_| None,
        ..FaultyEndpoint::default()
    };
    let options = SendOptions { confirmation: Confirmation::Finalized, ..SendOptions::default() };
    let (outcome, took) = faulty.send_one(options).await;
    assert!(matches!(outcome, Outcome::Unknown { reason: UnknownReason::Undecided, .. }), "{outcome}");
    assert!(took < Duration::from_secs(310), "{took:?}");
    assert_eq!(faulty.signed_and_ran(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn limits_follow_time() {
    let never_confirmed =
        FaultyEndpoint { status: |_, _| with_status(Confirmation::Processed, None), ..FaultyEndpoint::default() };
    let never_expires = FaultyEndpoint { last_valid: Some(u64::MAX), status: |_, _| None, ..FaultyEndpoint::default() };
    for faulty in [never_confirmed, never_expires] {
        let (outcome, took) = faulty.send_one(SendOptions::default()).await;
        assert!(matches!(outcome, Outcome::Unknown { reason: UnknownReason::Undecided, .. }), "{outcome}");
        assert!(outcome.to_string().contains("before you repeat it"), "{outcome}");
        assert!(took < Duration::from_secs(310), "{took:?}");
        assert_eq!(faulty.signed_and_ran(), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn ignores_short_status_list() {
    let faulty = FaultyEndpoint { missing: [1, 0], ..FaultyEndpoint::default() };
    let (outcome, took) = faulty.send_one(SendOptions::default()).await;
    let sentence = outcome.to_string();
    assert!(matches!(outcome, Outcome::Unknown { reason: UnknownReason::Cluster(_), .. }), "{sentence}");
    assert!(sentence.contains("1 statuses were requested, 0 returned"), "{sentence}");
    assert!(took < Duration::from_secs(70), "{took:?}");
    assert_eq!(faulty.signed_and_ran(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn ignores_short_history() {
    let faulty = FaultyEndpoint { status: |_, _| None, missing: [0, 1], ..FaultyEndpoint::default() };
    let (outcome, _) = faulty.send_one(SendOptions::default()).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome}");
    assert_eq!(faulty.signed_and_ran(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn accepts_false_status_without_resigning() {
    // There is no other source. A repeat by the user after a false failure is a new intent.
    let lost = || Scripted::new(Script { lose_sends: u32::MAX, ..Script::default() });
    let success =
        FaultyEndpoint { status: |_, _| with_status(Confirmation::Finalized, None), ..FaultyEndpoint::before(lost()) };
    assert!(success.send_one(SendOptions::default()).await.0.is_landed());
    assert_eq!(success.signed_and_ran(), (1, 0));

    let failure = FaultyEndpoint {
        status: |_, _| with_status(Confirmation::Finalized, Some(error())),
        ..FaultyEndpoint::default()
    };
    assert!(matches!(failure.send_one(SendOptions::default()).await.0, Outcome::Failed { .. }));
    assert_eq!(failure.signed_and_ran(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn invalid_blockhash_costs_nothing() {
    let faulty = FaultyEndpoint { blockhash: Some(Hash::new_from_array([77; 32])), ..FaultyEndpoint::default() };
    let (outcome, took) = faulty.send_one(SendOptions { attempts: 2, ..SendOptions::default() }).await;
    assert!(matches!(outcome, Outcome::Expired { attempts: 2, .. }), "{outcome}");
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert_eq!(faulty.signed_and_ran(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn handles_any_number_of_compute_units() {
    for units in [u64::MAX, u64::MAX / 2, 0] {
        let faulty = FaultyEndpoint { units, ..FaultyEndpoint::default() };
        assert!(faulty.send_one(SendOptions::default()).await.0.is_landed());
        let state = faulty.honest.state();
        let instructions = state.arrived[0].message.instructions();
        let limit = instructions.iter().find(|instruction| instruction.data[0] == 2).expect("a limit");
        let limit = u32::from_le_bytes(limit.data[1..5].try_into().unwrap());
        assert!((300..=1_400_000).contains(&limit), "{limit}");
    }
}
