//! A hook for whoever wants to know what a crank does.

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

/// Hears what a [`Crank`](super::Crank) does. Every method does nothing unless it is implemented; `()` hears nothing.
pub trait Observer {
    /// The pool was read.
    fn pool_read(&self, snapshot: &PoolSnapshot) {
        let _ = snapshot;
    }

    /// It was worked out what a rebalance would move, and why it would not move the rest.
    fn planned(&self, snapshot: &PoolSnapshot, plan: &RebalancePlan) {
        let _ = (snapshot, plan);
    }

    /// A plan is about to be sent.
    fn sending(&self, plan: &Plan) {
        let _ = plan;
    }

    /// It is known what became of a plan's transactions, those that did not land included.
    fn sent(&self, summary: &Summary) {
        let _ = summary;
    }

    /// The payer has so many lamports. Told only if the options ask for it.
    fn payer_balance(&self, payer: &Address, lamports: u64) {
        let _ = (payer, lamports);
    }

    /// Nothing happens for so long, unless what is waited for comes before.
    fn waiting(&self, wait: Wait, most: Duration) {
        let _ = (wait, most);
    }

    /// Something failed that may pass, and will be tried again. `is_cluster` tells whether the endpoint did not serve a request.
    fn failed(&self, error: &dyn Error, is_cluster: bool) {
        let _ = (error, is_cluster);
    }

    /// There is nothing left to do now, as far as is known. A watch may rebalance later in the epoch.
    fn finished(&self, report: &CrankReport) {
        let _ = report;
    }
}

impl Observer for () {}
