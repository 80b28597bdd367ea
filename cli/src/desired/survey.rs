//! A pool, what differs from a file, and the steps to it.

use {
    crate::error::CliError,
    solana_address::Address,
    tidepool_client::{
        cluster::Cluster,
        desired::{self, Desired, Difference, Fault, Live, Step},
        pool::{PoolSnapshot, StakeSelection},
    },
};

/// A pool, what differs from a file, and the steps to it.
pub struct Survey {
    pub live: Live,
    pub differences: Vec<Difference>,
    pub steps: Vec<Step>,
}

impl Survey {
    /// Reads what the steps from `snapshot` to `desired` depend on, and plans them. `payer` pays the fees, if that is known already;
    /// of two keys that can sign a step, one of `keys` does. `blame` makes errors of faults.
    pub async fn read<C: Cluster>(
        cluster: &C,
        payer: Option<Address>,
        snapshot: PoolSnapshot,
        desired: &Desired,
        keys: &[Address],
        blame: impl Fn(Fault) -> CliError,
    ) -> Result<Self, CliError> {
        let removed = desired.removed(&snapshot);
        let snapshot = if removed.is_empty() {
            snapshot
        } else {
            // Stake that is deactivated already is no turnover.
            snapshot.read_again(cluster, StakeSelection::Only(removed)).await?
        };
        // Transactions of an earlier run can land between two reads: all that follows is of the last one.
        let live = Live::read(cluster, snapshot, desired).await?;
        let differences = desired::differences(&live, desired).map_err(&blame)?;
        let payer = payer.unwrap_or(live.snapshot.pool().head.manager);
        let steps = desired::steps(&live, &differences, &payer, keys).map_err(&blame)?;
        Ok(Self { live, differences, steps })
    }
}
