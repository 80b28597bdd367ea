//! Executing an approved proposal.

use {
    super::reading::{Content, Found, Messages, Part, Reading},
    crate::{
        context::{Context, too_large},
        error::CliError,
        keys::Key,
        output::Landed,
        units::local_time,
        unsent::Halt,
    },
    solana_address::Address,
    solana_message::AddressLookupTableAccount,
    tidepool_client::{
        cluster::Cluster,
        compute,
        pack::TransactionFormat,
        plan::{InstructionGroup, Plan},
    },
    tidepool_squads::{
        instruction::{batch_execute_transaction, vault_transaction_execute},
        state::Status,
    },
};

/// Compute units of a transaction before its simulation.
const COMPUTE_UNITS: u32 = compute::MAX_PER_TRANSACTION / 2;

/// Checks that a proposal can be executed, and returns its transactions.
pub fn executable<'a>(reading: &Reading, found: &'a Found) -> Result<&'a Messages, CliError> {
    let index = found.index;
    let status = found.proposal.as_ref().map(|proposal| proposal.status);
    let since = match status {
        Some(Status::Approved(since)) => since,
        Some(Status::Active(_)) => {
            let (given, needed) = (found.proposal.as_ref().map_or(0, |p| p.approved.len()), reading.multisig.threshold);
            return Err(CliError::Waiting(format!(
                "proposal {index} has {given} of {needed} approvals: approve it first with `tidepool squads approve {} {index}`",
                reading.address
            )));
        }
        Some(Status::Executed(_)) => {
            return Err(CliError::usage(format!("proposal {index} has already been executed: nothing is left to do")));
        }
        _ => {
            return Err(CliError::usage(format!(
                "proposal {index} is not approved: see `tidepool squads show {} {index}`",
                reading.address
            )));
        }
    };
    let from = since.saturating_add(reading.multisig.time_lock.into());
    if reading.now < from {
        return Err(CliError::Waiting(format!(
            "the time lock of proposal {index} ends at {}: execute it from then on",
            local_time(from)
        )));
    }
    match &found.content {
        Content::Messages(messages) => Ok(messages),
        Content::Config(_) => Err(CliError::usage(format!(
            "proposal {index} changes the multisig itself, which this command does not execute: use Squads' own application"
        ))),
        Content::Closed | Content::Unreadable(_) => Err(CliError::usage(format!(
            "the transaction of proposal {index} cannot be read: see `tidepool squads show {} {index}`",
            reading.address
        ))),
    }
}

/// Executes what has not been executed yet.
pub async fn execute<C: Cluster>(
    context: &Context<'_, C>,
    reading: &Reading,
    found: &Found,
    messages: &Messages,
    keys: &[Key],
) -> Result<Vec<Landed>, Halt> {
    let member = context.own_wallet()?.pubkey();
    let remaining: Vec<_> = messages.parts.iter().filter(|part| part.number > messages.executed).collect();
    let payer = context.own_fee_payer()?.pubkey();
    check_signers(&remaining, messages, keys, payer)?;
    let (mut plan, mut tables) = (Plan::default(), vec![]);
    for part in remaining {
        let problem = |problem: &String| CliError::usage(problem.clone());
        for table in part.tables.as_ref().map_err(problem)? {
            let table = AddressLookupTableAccount { key: table.address, addresses: table.addresses.clone() };
            if !tables.contains(&table) {
                tables.push(table);
            }
        }
        let unsigned: Vec<_> = part.derived.iter().copied().chain([messages.vault.address]).collect();
        let accounts = part.message.accounts(&unsigned, &part.loaded).map_err(too_large)?;
        let (multisig, index) = (&reading.address, found.index);
        let (label, instruction) = if messages.is_batch {
            let label = format!("execute transaction {} of {} of proposal {index}", part.number, messages.size);
            (label, batch_execute_transaction(multisig, (index, part.number), &member, accounts))
        } else {
            (format!("execute proposal {index}"), vault_transaction_execute(multisig, index, &member, accounts))
        };
        plan.push(label.clone(), vec![InstructionGroup::one(label, instruction, COMPUTE_UNITS)]);
    }
    let format = TransactionFormat::with_tables(tables);
    let program_id = context.global.program_id.unwrap_or_else(|| {
        let programs = messages.next().map(|part| part.shown().unknown_programs());
        programs.and_then(|programs| programs.first().copied()).unwrap_or_default()
    });
    context.send_now(&plan, keys, context.send_options(program_id)?, &format).await
}

/// Checks that the keys of all signers besides the vault are there.
fn check_signers(parts: &[&Part], messages: &Messages, keys: &[Key], payer: Address) -> Result<(), CliError> {
    let has = |signer: &Address| *signer == payer || keys.iter().any(|key| key.pubkey() == *signer);
    let missing = parts.iter().flat_map(|part| part.others(&messages.vault.address)).find(|signer| !has(signer));
    match missing {
        Some(signer) => Err(CliError::usage(format!(
            "the proposal is also signed by {signer}: specify its keypair with --co-signer, or as --keypair or --fee-payer"
        ))),
        None => Ok(()),
    }
}
