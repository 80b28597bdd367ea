//! Transactions: signed, sent and confirmed at once.

use {
    crate::Error,
    solana_address::Address,
    solana_compute_budget_interface::ComputeBudgetInstruction,
    solana_instruction::Instruction,
    solana_keypair::Keypair,
    solana_program_test::ProgramTestContext,
    solana_signer::Signer as _,
    solana_transaction::Transaction,
    solana_transaction_error::TransactionError,
    tidepool_client::{
        compute,
        pack::{PackOptions, pack_plan},
        plan::Plan,
    },
};

/// Attempts to get a transaction processed while its blockhash is still known.
///
/// A bank of `solana-program-test` has a new blockhash every 6 ms and accepts the last 150: on a busy machine, a second may
/// pass between the request for a blockhash and its use.
const ATTEMPTS: usize = 10;

/// What a transaction did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Processed {
    /// Compute units used by all instructions together.
    pub compute_units: u64,
    /// What the programs logged.
    pub logs: Vec<String>,
    /// The program that returned data last, and the data.
    pub return_data: Option<(Address, Vec<u8>)>,
}

/// Processes the instructions in one transaction, with a new blockhash. `context.payer` pays the fee and signs; `signers` are
/// the other signers. The compute limit is the highest, 1,400,000 compute units, unless the first instruction is one of the
/// compute budget program.
///
/// # Errors
/// [`Error::Transaction`] where the transaction fails, with its logs; [`Error::Banks`], [`Error::Blockhash`].
///
/// # Panics
/// If a signer is missing or is one too many.
pub async fn process(
    context: &mut ProgramTestContext,
    instructions: &[Instruction],
    signers: &[&Keypair],
) -> Result<Processed, Error> {
    let has_limit = instructions.first().is_some_and(|first| first.program_id == solana_sdk_ids::compute_budget::ID);
    let limit = (!has_limit).then(|| ComputeBudgetInstruction::set_compute_unit_limit(compute::MAX_PER_TRANSACTION));
    let instructions: Vec<Instruction> = limit.into_iter().chain(instructions.iter().cloned()).collect();
    for _ in 1..ATTEMPTS {
        match attempt(context, &instructions, signers).await {
            // It was not processed, so another one is no repetition.
            Err(Error::Transaction { error: TransactionError::BlockhashNotFound, .. }) => {}
            result => return result,
        }
    }
    attempt(context, &instructions, signers).await
}

async fn attempt(
    context: &mut ProgramTestContext,
    instructions: &[Instruction],
    signers: &[&Keypair],
) -> Result<Processed, Error> {
    let blockhash = context.get_new_latest_blockhash().await?;
    let payer = &context.payer;
    let signers: Vec<&Keypair> = [payer].into_iter().chain(signers.iter().copied()).collect();
    let transaction = Transaction::new_signed_with_payer(instructions, Some(&payer.pubkey()), &signers, blockhash);
    let answer = context.banks_client.process_transaction_with_metadata(transaction).await?;
    let metadata = answer.metadata;
    let logs = metadata.as_ref().map(|metadata| metadata.log_messages.clone()).unwrap_or_default();
    answer.result.map_err(|error| Error::Transaction { error, logs: logs.clone() })?;
    Ok(Processed {
        compute_units: metadata.as_ref().map_or(0, |metadata| metadata.compute_units_consumed),
        logs,
        return_data: metadata
            .and_then(|metadata| metadata.return_data)
            .map(|returned| (returned.program_id, returned.data)),
    })
}

/// Processes a plan, one transaction after the other. Of `signers`, each transaction gets those that it needs.
pub(crate) async fn process_plan(
    context: &mut ProgramTestContext,
    plan: &Plan,
    signers: &[&Keypair],
) -> Result<Vec<Processed>, Error> {
    let payer = context.payer.pubkey();
    let packed = pack_plan(plan, &PackOptions::new(payer))?;
    let mut processed = vec![];
    for transaction in packed.into_iter().flatten() {
        let needed: Vec<&Keypair> = signers
            .iter()
            .copied()
            .filter(|signer| signer.pubkey() != payer && transaction.signers().contains(&signer.pubkey()))
            .collect();
        processed.push(process(context, &transaction.instructions, &needed).await?);
    }
    Ok(processed)
}

/// Transfers `lamports` from `context.payer` to `address`.
///
/// # Errors
/// Those of [`process`].
pub async fn fund(context: &mut ProgramTestContext, address: &Address, lamports: u64) -> Result<(), Error> {
    let transfer = solana_system_interface::instruction::transfer(&context.payer.pubkey(), address, lamports);
    process(context, &[transfer], &[]).await.map(drop)
}
