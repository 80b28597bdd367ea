//! In-flight transactions.

use {
    super::{NotSent, Outgoing, Sender, lifetime::BLOCKHASH_LIFE},
    crate::cluster::{Blockhash, Cluster, ClusterError, Confirmation, TransactionStatus},
    solana_instruction::Instruction,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    tokio::time::{Duration, Instant},
};

/// Blocks after the last valid block height until a transaction counts as expired: the endpoint that returns the height
/// may be ahead of the one that returns the status.
const MARGIN_BLOCKS: u64 = 20;

pub(super) struct InFlight<'t> {
    /// Index in the stage.
    pub index: usize,
    pub outgoing: &'t Outgoing,
    instructions: Vec<Instruction>,
    transaction: VersionedTransaction,
    pub signature: Signature,
    last_valid_block_height: u64,
    /// The block height at the last status check.
    last_height: u64,
    /// Most blocks between two status checks.
    unseen_blocks: u64,
    /// How often it was signed.
    pub attempt: u32,
    /// Time at which the current signature was made or submitted.
    pub since: Instant,
    last_sent: Option<Instant>,
    /// Whether an endpoint may have accepted the current signature.
    was_submitted: bool,
    /// Error of the first endpoint if it rejected the transaction.
    refused: Option<TransactionError>,
    /// Whether the last status check found it in a block.
    pub seen: bool,
    /// Whether any status check found it confirmed.
    was_confirmed: bool,
    /// When its blockhash was found to be expired.
    expired_at: Option<Instant>,
}

impl<'t> InFlight<'t> {
    pub fn start<C: Cluster>(
        sender: &Sender<'_, C>,
        index: usize,
        outgoing: &'t Outgoing,
        instructions: Vec<Instruction>,
        blockhash: &Blockhash,
    ) -> Result<Self, NotSent> {
        let transaction = sender.sign(&instructions, outgoing, blockhash.hash)?;
        let last = blockhash.last_valid_block_height;
        let height = last.saturating_sub(BLOCKHASH_LIFE);
        Ok(Self {
            instructions,
            last_height: height,
            unseen_blocks: 0,
            ..Self::signed(index, outgoing, transaction, last)
        })
    }

    /// A transaction that is signed already, and may have been submitted before.
    pub fn signed(
        index: usize,
        outgoing: &'t Outgoing,
        transaction: VersionedTransaction,
        last_valid_block_height: u64,
    ) -> Self {
        Self {
            index,
            outgoing,
            instructions: vec![],
            signature: transaction.signatures.first().copied().unwrap_or_default(),
            transaction,
            last_valid_block_height,
            last_height: 0,
            unseen_blocks: u64::MAX,
            attempt: 1,
            since: Instant::now(),
            last_sent: None,
            was_submitted: false,
            refused: None,
            seen: false,
            was_confirmed: false,
            expired_at: None,
        }
    }

    /// Signs it again with a new blockhash. Only for an expired transaction.
    pub fn restart<C: Cluster>(&mut self, sender: &Sender<'_, C>, blockhash: &Blockhash) -> Result<(), NotSent> {
        let instructions = std::mem::take(&mut self.instructions);
        let attempt = self.attempt + 1;
        *self = Self::start(sender, self.index, self.outgoing, instructions, blockhash)?;
        self.attempt = attempt;
        Ok(())
    }

    pub fn transaction(&self) -> &VersionedTransaction {
        &self.transaction
    }

    /// Whether it is due for submission, first or repeated.
    pub fn is_due(&self, resend_every: Duration) -> bool {
        !self.seen
            && self.expired_at.is_none()
            && self.refused.is_none()
            && self.last_sent.is_none_or(|sent| sent.elapsed() >= resend_every)
    }

    /// Records the result of a submission. Returns an error that does not concern the transaction itself.
    pub fn note_sent(&mut self, result: Result<Signature, ClusterError>) -> Option<ClusterError> {
        self.last_sent = Some(Instant::now());
        match result {
            Ok(_) => self.was_submitted = true,
            Err(ClusterError::TransactionRefused { error }) => match error {
                // It has landed already. The status will show it.
                TransactionError::AlreadyProcessed => self.was_submitted = true,
                // This node is behind the one that returned the blockhash, or the blockhash has expired. A later check
                // shows which.
                TransactionError::BlockhashNotFound => {}
                // After an endpoint has accepted it, a rejection proves nothing: the transaction may have landed.
                _ if self.was_submitted => {}
                error => self.refused = Some(error),
            },
            Err(error) => {
                // An unanswered request may have arrived.
                self.was_submitted = true;
                return Some(error);
            }
        }
        None
    }

    /// The rejection, if it is final: no endpoint has accepted the transaction.
    pub fn refusal(&self) -> Option<&TransactionError> {
        self.refused.as_ref().filter(|_| !self.was_submitted && !self.seen)
    }

    /// Records the result of a status check. Returns whether it has changed.
    pub fn note_seen(&mut self, status: Option<&TransactionStatus>) -> bool {
        let before = std::mem::replace(&mut self.seen, status.is_some());
        self.was_confirmed |= status.is_some_and(|status| status.confirmation >= Confirmation::Confirmed);
        before != self.seen
    }

    /// Records the block height (in blocks) after a status check. No cluster makes a block in less than
    /// `shortest_block`: if a blockhash seems to expire sooner, the endpoint is wrong.
    pub fn note_height(&mut self, height: u64, shortest_block: Duration) {
        self.unseen_blocks = self.unseen_blocks.max(height.saturating_sub(self.last_height));
        self.last_height = self.last_height.max(height);
        let least_life = shortest_block.saturating_mul(BLOCKHASH_LIFE as u32);
        let is_past = height > self.last_valid_block_height.saturating_add(MARGIN_BLOCKS);
        if is_past && self.since.elapsed() >= least_life {
            self.note_expired();
        }
    }

    /// Most blocks between two status checks.
    pub const fn unseen_blocks(&self) -> u64 {
        self.unseen_blocks
    }

    /// Records that its blockhash or nonce is no longer valid.
    pub fn note_expired(&mut self) {
        self.expired_at.get_or_insert_with(Instant::now);
    }

    /// Whether the current signature may have reached an endpoint.
    pub const fn may_be_in_flight(&self) -> bool {
        self.was_submitted || self.seen
    }

    /// Whether it can no longer land: a status check that began at `checked_at`, at least `settle` after its expiry, did
    /// not find it. A transaction that was ever confirmed is not lost.
    pub fn is_lost(&self, checked_at: Instant, settle: Duration) -> bool {
        !self.seen && !self.was_confirmed && self.expired_at.is_some_and(|expired| checked_at >= expired + settle)
    }
}
