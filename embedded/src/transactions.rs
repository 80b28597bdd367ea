//! Execution of transactions.

use {
    crate::{EmbeddedCluster, TxFailure, TxReport},
    solana_account::{Account, ReadableAccount},
    solana_address::Address,
    solana_clock::Slot,
    solana_hash::Hash,
    solana_instruction::Instruction,
    solana_keypair::Keypair,
    solana_message::{Message, VersionedMessage, compiled_instruction::CompiledInstruction},
    solana_runtime::bank::{Bank, TransactionSimulationResult},
    solana_signature::Signature,
    solana_signer::Signer,
    solana_svm::{transaction_commit_result::CommittedTransaction, transaction_processor::ExecutionRecordingConfig},
    solana_svm_timings::ExecuteTimings,
    solana_transaction::{TransactionVerificationMode, versioned::VersionedTransaction},
    solana_transaction_error::TransactionError,
    tidepool_client::{
        cluster::{Call, TokenChange},
        pool::AccountKind,
    },
};

/// Byte offset of the amount in the data of a token account.
const TOKEN_AMOUNT_OFFSET: usize = 64;

/// Log messages are cut after this many bytes.
const MOST_LOG_BYTES: usize = 1_000_000;

/// An executed transaction, successful or failed. It has paid its fee.
#[derive(Clone)]
pub(crate) struct Landed {
    pub slot: Slot,
    pub error: Option<TransactionError>,
    pub logs: Vec<String>,
    /// Compute units.
    pub units_consumed: u64,
    /// Lamports.
    pub fee: u64,
    /// All accounts of the transaction.
    pub accounts: Vec<Address>,
    /// Number of its own instructions.
    pub instructions: usize,
    /// Its instructions, and those that programs called.
    pub calls: Vec<Call>,
    /// Balances of its token accounts.
    pub token_changes: Vec<TokenChange>,
}

impl EmbeddedCluster {
    /// Executes `instructions` in one transaction, signed by the payer and the other signers.
    ///
    /// Without a compute unit limit, each instruction gets 200,000 units.
    pub fn process(
        &self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
    ) -> Result<TxReport, TxFailure> {
        let message = Message::new_with_blockhash(instructions, Some(&payer.pubkey()), &self.unused_blockhash());
        let mut keys = vec![payer];
        for signer in signers {
            if !keys.iter().any(|key| key.pubkey() == signer.pubkey()) {
                keys.push(signer);
            }
        }
        let transaction = VersionedTransaction::try_new(VersionedMessage::Legacy(message), &keys)
            .map_err(|_| TxFailure::refused(TransactionError::SignatureFailure))?;
        self.process_transaction(transaction)
    }

    /// Executes a signed transaction.
    pub fn process_transaction(&self, transaction: VersionedTransaction) -> Result<TxReport, TxFailure> {
        self.process_verified(transaction, TransactionVerificationMode::FullVerification)
    }

    /// Executes a message without signatures, as if all signers had signed: for rehearsals of instructions that need other people's
    /// keys.
    pub fn process_unsigned(&self, mut message: VersionedMessage) -> Result<TxReport, TxFailure> {
        message.set_recent_blockhash(self.unused_blockhash());
        let signers = usize::from(message.header().num_required_signatures);
        // Signatures must be unique, but they are not verified.
        let mut signatures = vec![Signature::default(); signers];
        let hash = message.hash().to_bytes();
        signatures[0] = Signature::from(*[hash; 2].as_flattened().first_chunk().expect("two hashes have 64 bytes"));
        let transaction = VersionedTransaction { signatures, message };
        self.process_verified(transaction, TransactionVerificationMode::HashOnly)
    }

    fn process_verified(
        &self,
        transaction: VersionedTransaction,
        mode: TransactionVerificationMode,
    ) -> Result<TxReport, TxFailure> {
        let signature = first_signature(&transaction);
        let landed = self.execute_verified(transaction, mode).map_err(TxFailure::refused)?;
        match landed.error {
            None => {
                Ok(TxReport { signature, logs: landed.logs, units_consumed: landed.units_consumed, fee: landed.fee })
            }
            Some(error) => Err(TxFailure { error, logs: landed.logs, units_consumed: landed.units_consumed }),
        }
    }

    /// Executes a transaction and records its result. An error means that the bank rejected it before execution, without a fee.
    pub(crate) fn execute(&self, transaction: VersionedTransaction) -> Result<Landed, TransactionError> {
        self.execute_verified(transaction, TransactionVerificationMode::FullVerification)
    }

    fn execute_verified(
        &self,
        transaction: VersionedTransaction,
        mode: TransactionVerificationMode,
    ) -> Result<Landed, TransactionError> {
        let mut state = self.turn();
        let bank = self.bank();
        let signature = first_signature(&transaction);
        let verified = bank.verify_transaction(transaction.clone(), mode)?;
        let accounts: Vec<_> = verified.message().account_keys().iter().copied().collect();
        let before = token_balances(&bank, &accounts);
        let committed = commit(&bank, transaction)?;
        let inner = committed.inner_instructions.iter().flatten().flatten().map(|inner| &inner.instruction);
        let calls =
            verified.message().instructions().iter().chain(inner).map(|instruction| call(&accounts, instruction));
        let landed = Landed {
            slot: bank.slot(),
            error: committed.status.err(),
            logs: committed.log_messages.unwrap_or_default(),
            units_consumed: committed.executed_units,
            fee: committed.fee_details.total_fee(),
            instructions: verified.message().instructions().len(),
            calls: calls.collect(),
            token_changes: token_changes(&accounts, &before, &token_balances(&bank, &accounts)),
            accounts,
        };
        state.blockhash_used = true;
        state.landed.insert(signature, landed.clone());
        state.history.push(signature);
        Ok(landed)
    }

    /// Simulates a transaction on the current state. Signatures and blockhash are not checked.
    pub(crate) fn dry_run(
        &self,
        mut transaction: VersionedTransaction,
    ) -> Result<TransactionSimulationResult, TransactionError> {
        let blockhash = self.unused_blockhash();
        transaction.message.set_recent_blockhash(blockhash);
        let signatures = transaction.message.header().num_required_signatures;
        transaction.signatures.resize(usize::from(signatures), Signature::default());
        let bank = self.bank();
        let transaction = bank.verify_transaction(transaction, TransactionVerificationMode::HashOnly)?;
        Ok(bank.simulate_transaction_unchecked(&transaction, false))
    }

    /// The newest blockhash, which no transaction has used yet.
    pub(crate) fn unused_blockhash(&self) -> Hash {
        let mut state = self.turn();
        let bank = self.bank();
        if std::mem::take(&mut state.blockhash_used) {
            bank.register_unique_recent_blockhash_for_test();
        }
        bank.last_blockhash()
    }
}

/// Executes a transaction, and records what its programs call, as a validator with history does.
fn commit(bank: &Bank, transaction: VersionedTransaction) -> Result<CommittedTransaction, TransactionError> {
    let batch = bank.prepare_entry_batch(vec![transaction])?;
    let recording = ExecutionRecordingConfig {
        enable_cpi_recording: true,
        enable_log_recording: true,
        enable_return_data_recording: false,
        enable_transaction_balance_recording: false,
    };
    let timings = &mut ExecuteTimings::default();
    let (mut results, _) = bank.load_execute_and_commit_transactions(&batch, recording, timings, Some(MOST_LOG_BYTES));
    results.pop().expect("one transaction, one result")
}

/// Balances of those that are token accounts, in smallest units.
fn token_balances(bank: &Bank, accounts: &[Address]) -> Vec<Option<u64>> {
    let balance = |address| {
        let account = bank.get_account(address)?;
        let kind = AccountKind::of(&Account::from(account.clone()));
        let amount = account.data().get(TOKEN_AMOUNT_OFFSET..)?.first_chunk()?;
        (kind == AccountKind::TokenAccount).then(|| u64::from_le_bytes(*amount))
    };
    accounts.iter().map(balance).collect()
}

fn token_changes(accounts: &[Address], before: &[Option<u64>], after: &[Option<u64>]) -> Vec<TokenChange> {
    let sides = accounts.iter().zip(before.iter().zip(after));
    let held = sides.filter(|(_, (before, after))| before.is_some() || after.is_some());
    held.map(|(account, (before, after))| TokenChange {
        account: *account,
        before: before.unwrap_or(0),
        after: after.unwrap_or(0),
    })
    .collect()
}

fn call(accounts: &[Address], instruction: &CompiledInstruction) -> Call {
    let account = |index: &u8| accounts[usize::from(*index)];
    Call {
        program_id: account(&instruction.program_id_index),
        accounts: instruction.accounts.iter().map(account).collect(),
        data: instruction.data.clone(),
    }
}

/// The first signature, which identifies a transaction.
pub(crate) fn first_signature(transaction: &VersionedTransaction) -> Signature {
    transaction.signatures.first().copied().unwrap_or_default()
}
