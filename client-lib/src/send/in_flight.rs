//! One transaction on its way.

use {
    super::{NotSent, Outgoing, Sender, lifetime::BLOCKHASH_LIFE},
    crate::cluster::{Blockhash, Cluster, ClusterError, Confirmation, TransactionStatus},
    solana_instruction::Instruction,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    tokio::time::{Duration, Instant},
};

/// Blocks after the last in which a transaction can land, until it counts as expired: the endpoint that tells the height may be
/// ahead of the one that tells the status.
const MARGIN_BLOCKS: u64 = 20;

pub(super) struct InFlight<'t> {
    /// Its place among the transactions of the stage.
    pub index: usize,
    pub outgoing: &'t Outgoing,
    instructions: Vec<Instruction>,
    transaction: VersionedTransaction,
    pub signature: Signature,
    last_valid_block_height: u64,
    /// The block height at the last look for it.
    last_height: u64,
    /// Most blocks between two looks.
    unseen_blocks: u64,
    /// How often it has been signed.
    pub attempt: u32,
    /// When it was signed, as it is signed now, or given to be sent.
    pub since: Instant,
    last_sent: Option<Instant>,
    /// Whether an endpoint has ever taken it, as it is signed now.
    was_submitted: bool,
    /// Why the first endpoint to get it would not take it.
    refused: Option<TransactionError>,
    /// Whether the last look found it in a block.
    pub seen: bool,
    /// Whether any look found it in a block that most of the cluster has voted for.
    was_confirmed: bool,
    /// When its blockhash was found to have expired.
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

    /// One that is signed already. It may have been sent long before.
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

    /// Signs anew. Only for a transaction that can no longer land.
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

    /// Whether it is time to hand it over, for the first time or again.
    pub fn is_due(&self, resend_every: Duration) -> bool {
        !self.seen
            && self.expired_at.is_none()
            && self.refused.is_none()
            && self.last_sent.is_none_or(|sent| sent.elapsed() >= resend_every)
    }

    /// Notes how handing it over went. Returns an error that says nothing about the transaction itself.
    pub fn note_sent(&mut self, result: Result<Signature, ClusterError>) -> Option<ClusterError> {
        self.last_sent = Some(Instant::now());
        match result {
            Ok(_) => self.was_submitted = true,
            Err(ClusterError::TransactionRefused { error }) => match error {
                // It has landed. The status will say so.
                TransactionError::AlreadyProcessed => self.was_submitted = true,
                // That machine is behind the one that gave the blockhash, or the blockhash has expired. Either shows.
                TransactionError::BlockhashNotFound => {}
                // Once an endpoint has taken it, a refusal proves nothing: it may be because it has landed.
                _ if self.was_submitted => {}
                error => self.refused = Some(error),
            },
            Err(error) => {
                // A request without an answer may have arrived.
                self.was_submitted = true;
                return Some(error);
            }
        }
        None
    }

    /// Why it was refused, if that is final: no endpoint has it.
    pub fn refusal(&self) -> Option<&TransactionError> {
        self.refused.as_ref().filter(|_| !self.was_submitted && !self.seen)
    }

    /// Notes what a look for it has found. Returns whether that is news.
    pub fn note_seen(&mut self, status: Option<&TransactionStatus>) -> bool {
        let before = std::mem::replace(&mut self.seen, status.is_some());
        self.was_confirmed |= status.is_some_and(|status| status.confirmation >= Confirmation::Confirmed);
        before != self.seen
    }

    /// Notes the block height (in blocks) of the cluster, after a look for the transaction. No cluster makes a block in less than
    /// `shortest_block`: a blockhash that seems to have expired before it can have is that of an endpoint which errs.
    pub fn note_height(&mut self, height: u64, shortest_block: Duration) {
        self.unseen_blocks = self.unseen_blocks.max(height.saturating_sub(self.last_height));
        self.last_height = self.last_height.max(height);
        let least_life = shortest_block.saturating_mul(BLOCKHASH_LIFE as u32);
        let is_past = height > self.last_valid_block_height.saturating_add(MARGIN_BLOCKS);
        if is_past && self.since.elapsed() >= least_life {
            self.note_expired();
        }
    }

    /// Most blocks that have passed between two looks for it.
    pub const fn unseen_blocks(&self) -> u64 {
        self.unseen_blocks
    }

    /// Notes that what it was signed with is used up.
    pub fn note_expired(&mut self) {
        self.expired_at.get_or_insert_with(Instant::now);
    }

    /// Whether an endpoint may have it, as it is signed now.
    pub const fn may_be_in_flight(&self) -> bool {
        self.was_submitted || self.seen
    }

    /// Whether it can no longer land: a look that began at `looked_at`, long enough after its expiry, has not found it. What most
    /// of the cluster has voted for is not lost, whatever a later look says.
    pub fn is_lost(&self, looked_at: Instant, settle: Duration) -> bool {
        !self.seen && !self.was_confirmed && self.expired_at.is_some_and(|expired| looked_at >= expired + settle)
    }
}
