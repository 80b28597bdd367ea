//! The way from a pool as it is to a pool as it is to be.
//!
//! A [`Desired`] pool names some parts of a pool, with their values: [`Setting`]s, and validators with weights. [`Live`] is the
//! pool as it is. [`differences`] lists the parts that differ, and [`steps`] plans the instructions for them: what can be sent
//! now, and what has to wait, with the reason. Nothing is remembered between two calls: a step that has been made shows in
//! the pool, so it is not planned again. Send the ready steps, read again, and repeat.
//!
//! ```no_run
//! use tidepool_client::{
//!     cluster::Cluster,
//!     desired::{self, Desired, Fault, Live, LiveError, Setting, State, Value},
//!     plan::Plan,
//!     pool::PoolSnapshot,
//! };
//!
//! /// What can be sent now to set the fee on rewards.
//! async fn example<C: Cluster>(cluster: &C, snapshot: PoolSnapshot) -> Result<Vec<Plan>, Box<dyn std::error::Error>> {
//!     let mut desired = Desired::default();
//!     desired.settings.insert(Setting::EpochFee, Value::parse(Setting::EpochFee.kind(), "4%")?);
//!     let payer = snapshot.pool().head.manager;
//!     let live = Live::read(cluster, snapshot, &desired).await?;
//!     let differences = desired::differences(&live, &desired)?;
//!     let steps = desired::steps(&live, &differences, &payer, &[])?;
//!     let ready = steps.into_iter().filter_map(|step| match step.state {
//!         State::Ready { plan, .. } => Some(plan),
//!         State::Waits(_) => None,
//!     });
//!     Ok(ready.collect())
//! }
//! ```

mod difference;
mod live;
mod outlook;
mod setting;
mod steps;
mod value;

#[cfg(test)]
mod tests;

pub use {
    difference::{Desired, Difference, Fault, differences},
    live::{Live, LiveError, LiveMetadata},
    outlook::{Outlook, outlook},
    setting::{Kind, Part, Setting, VALIDATORS},
    steps::{State, Step, StepKind, Wait, steps},
    value::Value,
};
