//! Warnings about feature gates that this build does not know.

use {
    crate::context::Context,
    solana_address::Address,
    std::{collections::BTreeSet, convert::Infallible, time::Duration},
    tidepool_client::{cluster::Cluster, gates},
};

/// Time between two looks. A gate is activated at the end of the epoch in which it becomes pending, at the earliest.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// What a person has to know about a pending gate.
pub fn unknown_gate(address: &Address) -> String {
    format!(
        "feature gate {address} is pending and unknown to this version of tidepool: update tidepool before it is activated"
    )
}

/// Warns of each unknown pending gate once, for as long as it is polled.
pub async fn warn<C: Cluster>(context: &Context<'_, C>) -> Infallible {
    let mut told = BTreeSet::new();
    loop {
        // An endpoint that does not list gates is no reason to end a watch.
        for gate in gates::unknown_pending(context.cluster).await.unwrap_or_default() {
            if told.insert(gate) {
                context.terminal.note(&format!("warning: {}", unknown_gate(&gate)));
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
