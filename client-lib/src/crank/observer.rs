//! Callbacks on the progress of a crank.

use {
    super::{CrankReport, Wait},
    crate::{
        plan::{Plan, RebalancePlan},
        pool::PoolSnapshot,
        send::Summary,
    },
    solana_address::Address,
    std::{error::Error, time::Duration},
};

/// Callbacks of a [`Crank`](super::Crank). Each method does nothing by default; `()` ignores all of them.
pub trait Observer {
    /// The pool was read.
    fn pool_read(&self, snapshot: &PoolSnapshot) {
        let _ = snapshot;
    }

    /// A rebalance was planned.
    fn planned(&self, snapshot: &PoolSnapshot, plan: &RebalancePlan) {
        let _ = (snapshot, plan);
    }

    /// A plan is about to be sent.
    fn sending(&self, plan: &Plan) {
        let _ = plan;
    }

    /// The outcomes of a plan's transactions are known, failed ones included.
    fn sent(&self, summary: &Summary) {
        let _ = summary;
    }

    /// Balance of the payer, in lamports. Called only with [`CrankOptions::report_balance`](super::CrankOptions).
    fn payer_balance(&self, payer: &Address, lamports: u64) {
        let _ = (payer, lamports);
    }

    /// The crank waits, for at most `most`.
    fn waiting(&self, wait: Wait, most: Duration) {
        let _ = (wait, most);
    }

    /// A retryable failure. `is_cluster` tells whether the endpoint did not serve a request.
    fn failed(&self, error: &dyn Error, is_cluster: bool) {
        let _ = (error, is_cluster);
    }

    /// Nothing is left to do now. A watch may rebalance later in the epoch.
    fn finished(&self, report: &CrankReport) {
        let _ = report;
    }
}

impl Observer for () {}
