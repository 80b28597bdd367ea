//! The cluster trait of the client crate for the embedded cluster.
//!
//! All calls return immediately: when `send` returns, the transaction is executed and final.

use {
    crate::{EmbeddedCluster, lock, transactions::first_signature},
    solana_account::{Account, ReadableAccount},
    solana_address::Address,
    solana_hash::Hash,
    solana_message::VersionedMessage,
    solana_signature::Signature,
    solana_transaction::{TransactionVerificationMode, versioned::VersionedTransaction},
    solana_transaction_error::TransactionError,
    std::time::Duration,
    tidepool_client::cluster::{
        Blockhash, BytesAt, Cluster, ClusterError, ClusterValidator, Confirmation, Execution, HISTORY_PAGE,
        InflationReward, LandedTransaction, PastTransaction, PerformanceSample, ReturnData, Simulation,
        TransactionStatus,
    },
};

/// Time of a performance sample.
const MINUTE: Duration = Duration::from_secs(60);

impl Cluster for EmbeddedCluster {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        Ok(addresses.iter().map(|address| EmbeddedCluster::account(self, address)).collect())
    }

    async fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        let matches = |data: &[u8]| filters.iter().all(|filter| filter.matches(data));
        let found = self
            .bank()
            .get_filtered_program_accounts(program, |account| matches(account.data()))
            .map_err(|error| ClusterError::Unreachable { detail: format!("the bank broke off its search: {error}") })?;
        Ok(found.into_iter().map(|(address, account)| (address, account.into())).collect())
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        let hash = self.unused_blockhash();
        let last_valid_block_height = self.bank().get_blockhash_last_valid_block_height(&hash).ok_or_else(|| {
            ClusterError::UnexpectedAnswer { detail: "the cluster moved on while it was asked".into() }
        })?;
        Ok(Blockhash { hash, last_valid_block_height })
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        Ok(self.bank().block_height())
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        let simulated = match self.dry_run(transaction.clone()) {
            Ok(simulated) => simulated,
            Err(error) => {
                return Ok(Simulation { error: Some(error), ..Simulation::default() });
            }
        };
        Ok(Simulation {
            error: simulated.result.err(),
            logs: simulated.logs,
            units_consumed: simulated.units_consumed,
            loaded_bytes: Some(simulated.loaded_accounts_data_size),
            return_data: simulated
                .return_data
                .map(|returned| ReturnData { program_id: returned.program_id, data: returned.data }),
        })
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        match self.execute(transaction.clone()) {
            // Clients may send a transaction repeatedly. It is executed once.
            Ok(_) | Err(TransactionError::AlreadyProcessed) => Ok(first_signature(transaction)),
            Err(error) => Err(ClusterError::TransactionRefused { error }),
        }
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        let state = self.turn();
        Ok(signatures
            .iter()
            .map(|signature| {
                let landed = state.landed.get(signature)?;
                Some(TransactionStatus {
                    slot: landed.slot,
                    error: landed.error.clone(),
                    confirmation: Confirmation::Finalized,
                })
            })
            .collect())
    }

    async fn execution(&self, signature: &Signature) -> Result<Option<Execution>, ClusterError> {
        let state = self.turn();
        Ok(state
            .landed
            .get(signature)
            .map(|landed| Execution { logs: landed.logs.clone(), units_consumed: Some(landed.units_consumed) }))
    }

    async fn fee(&self, message: &VersionedMessage) -> Result<Option<u64>, ClusterError> {
        let signatures = usize::from(message.header().num_required_signatures);
        let transaction =
            VersionedTransaction { signatures: vec![Signature::default(); signatures], message: message.clone() };
        let bank = self.bank();
        let verified = bank.verify_transaction(transaction, TransactionVerificationMode::HashOnly);
        Ok(verified.ok().and_then(|verified| bank.get_fee_for_message(verified.message())))
    }

    /// A minute of slots, since the cluster's slots all have the same length.
    async fn performance_samples(&self) -> Result<Vec<PerformanceSample>, ClusterError> {
        let slots = MINUTE.as_millis() / self.slot_time.as_millis().max(1);
        Ok(vec![PerformanceSample { slot: self.slot(), slots: slots as u64, seconds: MINUTE.as_secs() }])
    }

    async fn block_time(&self, slot: u64) -> Result<Option<i64>, ClusterError> {
        Ok((self.start_slot..=self.slot()).contains(&slot).then(|| self.time_of(slot)))
    }

    async fn history(
        &self,
        address: &Address,
        before: Option<&Signature>,
        limit: usize,
    ) -> Result<Option<Vec<PastTransaction>>, ClusterError> {
        let state = self.turn();
        let newest = state.history.iter().rev();
        let skipped =
            before.map_or(0, |before| newest.clone().take_while(|signature| *signature != before).count() + 1);
        let found = newest.skip(skipped).filter_map(|signature| {
            let landed = state.landed.get(signature).filter(|landed| landed.accounts.contains(address))?;
            Some(PastTransaction { signature: *signature, slot: landed.slot, succeeded: landed.error.is_none() })
        });
        Ok(Some(found.take(limit.min(HISTORY_PAGE)).collect()))
    }

    async fn landed(&self, signature: &Signature) -> Result<Option<LandedTransaction>, ClusterError> {
        Ok(self.turn().landed.get(signature).map(|landed| LandedTransaction {
            slot: landed.slot,
            // The bank executes one transaction at a time, and does not number them.
            index: None,
            block_time: Some(self.time_of(landed.slot)),
            succeeded: landed.error.is_none(),
            logs: Some(landed.logs.clone()),
            instructions: landed.instructions,
            calls: landed.calls.clone(),
            token_changes: Some(landed.token_changes.clone()),
        }))
    }

    async fn inflation_rewards(
        &self,
        accounts: &[Address],
        epoch: u64,
    ) -> Result<Option<Vec<Option<InflationReward>>>, ClusterError> {
        let kept = lock(&self.rewards);
        Ok(Some(accounts.iter().map(|account| kept.get(&(epoch, *account)).copied()).collect()))
    }

    async fn genesis_hash(&self) -> Result<Option<Hash>, ClusterError> {
        Ok(Some(self.genesis_hash))
    }

    async fn validator_set(&self) -> Result<Option<Vec<ClusterValidator>>, ClusterError> {
        let bank = self.bank();
        let admitted = bank.epoch_vote_accounts(bank.epoch());
        let performance = lock(&self.performance);
        let validators = bank.vote_accounts();
        let validators = validators.iter().map(|(vote, (stake, _))| ClusterValidator {
            vote: *vote,
            activated_stake: *stake,
            is_admitted: admitted.is_some_and(|admitted| admitted.contains_key(vote)),
            is_voting: performance.get(vote).is_some_and(|permille| *permille > 0),
        });
        Ok(Some(validators.collect()))
    }
}
