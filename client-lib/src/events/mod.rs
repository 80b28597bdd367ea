//! Events of pools: decoded from logs, and read as a gap-free stream.
//!
//! [`EventLog`] decodes one transaction. [`EventReader`] reads all events of a pool through a [`Cluster`], from any point
//! on, and [`Follow`] goes on with new ones. [`Totals`] adds them up, and [`Reconciliation`] compares the sums with the pool.
//!
//! [`Cluster`]: crate::cluster::Cluster
//!
//! ```no_run
//! # use solana_address::Address;
//! # use solana_signature::Signature;
//! # use tidepool_client::{cluster::Cluster, events::{EventLog, Totals}};
//! # async fn example(cluster: &impl Cluster, signature: &Signature, program: &Address, pool: &Address) -> Result<(), Box<dyn std::error::Error>> {
//! let execution = cluster.execution(signature).await?.ok_or("the cluster does not keep it")?;
//! let log = EventLog::of(&execution.logs, program);
//! let totals = Totals::of(log.events.iter().map(|logged| &logged.event), pool);
//! println!("{} lamports more", totals.total_lamports);
//! # Ok(())
//! # }
//! ```

mod follow;
mod key;
mod log;
mod reader;
mod reconcile;
mod record;
mod totals;

#[cfg(test)]
mod tests;

pub use {
    follow::{Follow, FollowOptions, Followed, Note},
    key::EventKey,
    log::{EventLog, LoggedEvent, Place},
    reader::{Cursor, EventReader, Start},
    reconcile::Reconciliation,
    record::{EventRecord, Gap, GapCause, Record, Retraction},
    tidepool_interface::event::{
        AnnouncementEvent, AnnouncementStep, Authority, AuthorityEvent, Change, DemotionEvent, DemotionPolicyEvent,
        Event, ExitEvent, ExitStep, FeeEvent, FundsEvent, LimitsEvent, PolicyEvent, WeightsEvent,
    },
    totals::{Balances, Kind, Totals},
};
