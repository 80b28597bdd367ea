//! What a crank of one pool sees, as conditions.

use {
    super::{Alerts, Cause, Condition, cause},
    crate::{
        units::{Units, sol},
        view::limits::Announced,
    },
    solana_address::Address,
    std::{cell::RefCell, collections::BTreeSet, rc::Rc, time::Duration},
    tidepool_client::pool::PoolSnapshot,
    tidepool_core::rebalance::Rebalance,
    tokio::time::Instant,
};

/// Time for which a pool may be stale. An update takes minutes after the end of the rewards' distribution.
const STALE_AFTER: Duration = Duration::from_secs(30 * 60);

/// A fee payer below this is low: an update of a large pool takes a few hundred transactions in the worst case.
const PAYER_LOW_LAMPORTS: u64 = 50_000_000;

/// Epochs in which a reserve may be below its target.
const RESERVE_EPOCHS: u64 = 2;

/// What alerts remember of a pool between two reads. It is lost when the watch ends: the next one begins anew.
#[derive(Default)]
struct Memory {
    stale_since: Option<Instant>,
    /// The highest rate: total lamports and supply.
    best_rate: Option<(u64, u64)>,
    below_target_since: Option<u64>,
}

/// Alerts about one pool and the fee payer.
pub struct PoolAlerts {
    alerts: Option<Rc<Alerts>>,
    pool: Address,
    memory: RefCell<Memory>,
}

impl PoolAlerts {
    pub fn new(alerts: Option<Rc<Alerts>>, pool: Address) -> Self {
        Self { alerts, pool, memory: RefCell::default() }
    }

    /// The pool was read, or could not be (`None`).
    pub fn read(&self, snapshot: Option<&PoolSnapshot>) {
        let Some(alerts) = &self.alerts else { return };
        let mut memory = self.memory.borrow_mut();
        if snapshot.is_some_and(|snapshot| !snapshot.is_stale()) {
            memory.stale_since = None;
            alerts.set(Condition::StalePool, Some(self.pool), None);
            return;
        }
        let since = *memory.stale_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= STALE_AFTER {
            let reason =
                format!("the pool has not been seen up to date for {} minutes", since.elapsed().as_secs() / 60);
            let advice =
                "check the crank's log, its endpoint and its fee payer; deposits and withdrawals fail until an update";
            alerts.set(Condition::StalePool, Some(self.pool), Some(about(reason, advice)));
        }
    }

    /// There is nothing left to do for the crank.
    pub fn finished(&self, snapshot: &PoolSnapshot) {
        self.read(Some(snapshot));
        let Some(alerts) = &self.alerts else { return };
        let set = |condition, cause| alerts.set(condition, Some(self.pool), cause);
        set(Condition::Announcement, announcements(snapshot));
        set(Condition::ValidatorDemoted, demoted(snapshot));
        let rate = snapshot.rate();
        let rate = (rate.total_lamports.get(), rate.pool_token_supply.get());
        let mut memory = self.memory.borrow_mut();
        set(Condition::RateFell, memory.rate_fell(rate));
        let target =
            snapshot.rebalance_inputs().map(|inputs| Rebalance::survey(snapshot.records(), &inputs).reserve_target());
        // Without weights nothing refills the reserve.
        let target = target.filter(|_| snapshot.weighted().next().is_some()).unwrap_or(0);
        set(Condition::ReserveBelowTarget, memory.below_target(snapshot.reserve_lamports(), target, snapshot.epoch()));
    }

    pub fn payer_balance(&self, payer: &Address, lamports: u64) {
        let Some(alerts) = &self.alerts else { return };
        let low = (lamports < PAYER_LOW_LAMPORTS).then(|| {
            let reason = format!("the fee payer {payer} holds {}", sol(lamports));
            about(reason, format!("send SOL to it; below {} alerts begin", Units(PAYER_LOW_LAMPORTS)))
        });
        alerts.set(Condition::PayerLow, None, low);
    }
}

impl Memory {
    /// Compares the rate with the highest one that was seen.
    fn rate_fell(&mut self, rate: (u64, u64)) -> Option<Cause> {
        let is_lower = |(total, supply): (u64, u64), than: (u64, u64)| {
            u128::from(total) * u128::from(than.1) < u128::from(than.0) * u128::from(supply)
        };
        let best = *self.best_rate.get_or_insert(rate);
        if rate.1 == 0 || best.1 == 0 || !is_lower(rate, best) {
            self.best_rate = Some(rate);
            return None;
        }
        let per_token = |(total, supply): (u64, u64)| {
            Units(u64::try_from(u128::from(total) * 1_000_000_000 / u128::from(supply)).unwrap_or(u64::MAX))
        };
        let reason =
            format!("the exchange rate fell from {} to {} SOL per pool token", per_token(best), per_token(rate));
        Some(about(
            reason,
            "find the loss with `tidepool list` and `tidepool history`: only lost stake lowers the rate",
        ))
    }

    fn below_target(&mut self, reserve: u64, target: u64, epoch: u64) -> Option<Cause> {
        if reserve >= target {
            self.below_target_since = None;
            return None;
        }
        let since = *self.below_target_since.get_or_insert(epoch);
        (epoch >= since.saturating_add(RESERVE_EPOCHS)).then(|| {
            let reason =
                format!("the reserve holds {}, below its target of {}, since epoch {since}", sol(reserve), sol(target));
            about(reason, "raise the turnover budget with `tidepool set-policy`, or lower the target, or deposit SOL")
        })
    }
}

fn about(reason: impl Into<String>, advice: impl Into<String>) -> Cause {
    Cause { subjects: BTreeSet::new(), reason: reason.into(), advice: advice.into() }
}

fn announcements(snapshot: &PoolSnapshot) -> Option<Cause> {
    let announced = Announced::of(snapshot);
    let subjects = announced.iter().map(|announced| format!("{} {}", announced.kind, announced.value)).collect();
    let words = |_: &BTreeSet<String>| announced.iter().map(Announced::line).collect();
    let advice = format!(
        "if it is not yours, withdraw it with `tidepool cancel-announcement {}`; holders can leave before it is made",
        snapshot.address()
    );
    cause(subjects, "changes", words, advice)
}

fn demoted(snapshot: &PoolSnapshot) -> Option<Cause> {
    let all: Vec<_> = snapshot
        .records()
        .iter()
        .filter(|record| record.is_active())
        .filter_map(|record| Some((record.vote_account_address, snapshot.demotion_of(record)?.epoch)))
        .collect();
    let subjects = all.iter().map(|(vote, _)| vote.to_string()).collect();
    let words =
        |_: &BTreeSet<String>| all.iter().map(|(vote, epoch)| format!("{vote} was demoted in epoch {epoch}")).collect();
    let advice = "rebalances return their stake; remove them, or reinstate one by a weight (`tidepool set-weights`)";
    cause(subjects, "validators", words, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_of_the_rate_lasts_until_the_rate_is_back() {
        let mut memory = Memory::default();
        for (rate, reason) in [
            ((0, 0), None),
            ((1_000, 1_000), None),
            ((1_100, 1_000), None),
            ((2_199, 2_000), Some("the exchange rate fell from 1.1 to 1.0995 SOL per pool token")),
            ((u64::MAX, u64::MAX), Some("the exchange rate fell from 1.1 to 1 SOL per pool token")),
            ((11, 10), None),
            ((11, 10), None),
        ] {
            assert_eq!(memory.rate_fell(rate).map(|cause| cause.reason).as_deref(), reason, "{rate:?}");
        }
    }

    #[test]
    fn a_reserve_may_be_below_target_for_two_epochs() {
        let mut memory = Memory::default();
        let below = |memory: &mut Memory, reserve, epoch| memory.below_target(reserve, 10, epoch).is_some();
        assert_eq!([7, 8, 9, 10].map(|epoch| below(&mut memory, 5, epoch)), [false, false, true, true]);
        assert_eq!([below(&mut memory, 10, 10), below(&mut memory, 9, 10), below(&mut memory, 9, 11)], [false; 3]);
        assert!(below(&mut memory, 9, 12));
    }
}
