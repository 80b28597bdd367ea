//! The events of one transaction.

use {
    crate::{
        context::Context,
        error::CliError,
        output::CommandOutput,
        view::events::{event_json, write_event},
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signature::Signature,
    std::{collections::BTreeSet, fmt},
    tidepool_client::{
        cluster::{Cluster, LandedTransaction},
        events::{EventKey, EventLog, EventRecord},
    },
};

#[derive(Debug)]
pub struct Output {
    signature: Signature,
    slot: u64,
    succeeded: bool,
    /// Whether the logs are truncated, so that events can be missing; also without logs.
    truncated: bool,
    events: Vec<EventRecord>,
}

/// Reads the events of a transaction. A program's events count if it owns the pool that they name.
pub async fn read<C: Cluster>(context: &Context<'_, C>, signature: &Signature) -> Result<Output, CliError> {
    let landed = context.cluster.landed(signature).await?.ok_or_else(|| {
        CliError::usage(format!(
            "the endpoint has no transaction {signature}: check the signature, the URL and --commitment"
        ))
    })?;
    let mut output = Output {
        signature: *signature,
        slot: landed.slot,
        succeeded: landed.succeeded,
        truncated: landed.logs.is_none(),
        events: vec![],
    };
    let Some(logs) = landed.logs.as_ref().filter(|_| landed.succeeded) else { return Ok(output) };
    let own: Vec<_> = landed.calls.iter().take(landed.instructions).map(|call| call.program_id).collect();
    let programs: BTreeSet<_> = landed.calls.iter().map(|call| call.program_id).collect();
    for program in programs {
        let log = EventLog::of_instructions(logs, &program, &own);
        output.truncated |= log.is_truncated;
        let pools: Vec<Address> =
            log.events.iter().map(|logged| *logged.event.pool()).collect::<BTreeSet<_>>().into_iter().collect();
        let accounts = context.cluster.accounts(&pools).await?;
        let owned = pools.iter().zip(accounts);
        let owned: BTreeSet<_> = owned
            .filter(|(_, account)| account.as_ref().is_some_and(|account| account.owner == program))
            .map(|(pool, _)| *pool)
            .collect();
        let events = log.events.iter().filter(|logged| owned.contains(logged.event.pool()));
        output.events.extend(events.map(|logged| record(signature, &landed, logged)));
    }
    output.events.sort_by_key(|record| record.key.place);
    Ok(output)
}

fn record(
    signature: &Signature,
    landed: &LandedTransaction,
    logged: &tidepool_client::events::LoggedEvent,
) -> EventRecord {
    EventRecord {
        key: EventKey { signature: *signature, place: logged.place },
        slot: landed.slot,
        transaction_index: landed.index,
        block_time: landed.block_time,
        event: logged.event,
    }
}

impl CommandOutput for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        for event in &self.events {
            write_event(f, event)?;
            writeln!(f)?;
        }
        match (self.succeeded, self.truncated) {
            (false, _) => writeln!(f, "The transaction failed, and changed nothing"),
            (true, true) => writeln!(f, "The logs are truncated or not kept: events can be missing"),
            (true, false) if self.events.is_empty() => writeln!(f, "No events of a pool"),
            (true, false) => Ok(()),
        }
    }

    fn json(&self) -> Value {
        json!({
            "signature": self.signature.to_string(),
            "slot": self.slot,
            "succeeded": self.succeeded,
            "truncated": self.truncated,
            "events": self.events.iter().map(event_json).collect::<Vec<_>>(),
        })
    }
}
