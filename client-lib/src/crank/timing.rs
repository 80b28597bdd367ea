//! When a watch rebalances within an epoch.
//!
//! Stake that a rebalance moves takes effect at the end of the epoch, at whatever time it was moved. So a rebalance
//! near the end costs nothing, and corrects what others did earlier in the epoch.

use {
    super::pace::Pace,
    crate::{
        cluster::{SlotTime, times},
        plan::Plan,
    },
    solana_clock::Clock,
    solana_epoch_schedule::EpochSchedule,
    std::{fmt, time::Duration},
    tidepool_core::rebalance::BASIS_POINTS,
};

/// Blocks after which a lost transaction has expired and is signed again.
const EXPIRY: u64 = 150;

/// Slots until a stage is confirmed, resent transactions included.
const SLOTS_PER_STAGE: u64 = 32;

/// Transactions of a stage that land in one slot.
const TRANSACTIONS_PER_SLOT: u64 = 4;

/// The margin before the end of the epoch is at most this fraction of it (1/16): epochs of test clusters are short.
const LARGEST_MARGIN: u64 = 16;

/// Within this time before a rebalance, the watch waits for it without another poll.
const CLOSE: Duration = Duration::from_secs(8);

/// When in an epoch a watch rebalances first. It rebalances a second time just before the end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RebalanceAt {
    /// At every poll, from the beginning of the epoch.
    Now,
    /// After this fraction of the epoch, in basis points.
    Share(u16),
    /// This long before the end of the epoch.
    BeforeEnd(Duration),
}

impl Default for RebalanceAt {
    fn default() -> Self {
        Self::Share(9_000)
    }
}

impl fmt::Display for RebalanceAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => f.write_str("at once"),
            Self::Share(basis_points) => write!(f, "at {} % of the epoch", f64::from(*basis_points) / 100.0),
            Self::BeforeEnd(time) => {
                let (time, unit) = match time.as_secs() {
                    seconds if seconds % 3_600 == 0 => (seconds / 3_600, "h"),
                    seconds if seconds % 60 == 0 => (seconds / 60, "min"),
                    seconds => (seconds, "s"),
                };
                write!(f, "{time} {unit} before the end of the epoch")
            }
        }
    }
}

/// Time of a watch's next rebalance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NextRebalance {
    /// The slot.
    pub slot: u64,
    /// Time until then, by the measured slot time; `None` if it is not measured yet.
    pub within: Option<Duration>,
    /// The configured time.
    pub at: RebalanceAt,
}

/// Slots of the rebalances, counted from the first slot of the epoch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Points {
    /// The first rebalance.
    first: u64,
    /// The second one, just before the end.
    last: u64,
}

/// A watch's position in the epoch, and the rebalances done in it.
#[derive(Debug)]
pub(super) struct Timing {
    at: RebalanceAt,
    schedule: EpochSchedule,
    pub pace: Pace,
    epoch: Option<u64>,
    /// Whether the first and the second rebalance of the epoch are done.
    first_is_done: bool,
    last_is_done: bool,
    /// Whether the previous epoch ended without a rebalance.
    is_late: bool,
    /// Slots that a rebalance needs.
    margin: u64,
}

impl Timing {
    /// Timing of a watch. `slot_time` is the cluster's, until the watch has measured it.
    pub fn new(at: RebalanceAt, schedule: EpochSchedule, slot_time: Option<SlotTime>) -> Self {
        Self {
            at,
            schedule,
            pace: Pace::new(slot_time),
            epoch: None,
            first_is_done: false,
            last_is_done: false,
            is_late: false,
            margin: EXPIRY,
        }
    }

    /// Whether every poll rebalances.
    pub fn is_always(&self) -> bool {
        self.at == RebalanceAt::Now
    }

    /// Whether a rebalance with this `plan` is due now.
    pub fn is_due(&mut self, clock: &Clock, plan: &Plan) -> bool {
        if self.epoch != Some(clock.epoch) {
            self.is_late = self.epoch.is_some() && !self.first_is_done;
            (self.epoch, self.first_is_done, self.last_is_done) = (Some(clock.epoch), false, false);
        }
        self.margin = margin(plan);
        let (slot, points) = (self.slot_in_epoch(clock), self.points(clock, clock.epoch));
        self.is_late || (slot >= points.first && !self.first_is_done) || (slot >= points.last && !self.last_is_done)
    }

    /// Records that a rebalance begun at `begun` has nothing left to move.
    pub fn done(&mut self, begun: &Clock) {
        if self.epoch == Some(begun.epoch) {
            let (slot, points) = (self.slot_in_epoch(begun), self.points(begun, begun.epoch));
            self.is_late = false;
            self.first_is_done |= slot >= points.first;
            self.last_is_done |= slot >= points.last;
        }
    }

    /// The next rebalance; `None` if every poll rebalances.
    pub fn next(&self, clock: &Clock) -> Option<NextRebalance> {
        if self.is_always() {
            return None;
        }
        let (slot, points) = (self.slot_in_epoch(clock), self.points(clock, clock.epoch));
        let is_known = self.epoch == Some(clock.epoch);
        let next = match (is_known && self.first_is_done, is_known && self.last_is_done) {
            (_, true) => {
                let next_epoch = clock.epoch.saturating_add(1);
                let slots = self.schedule.get_slots_in_epoch(clock.epoch);
                slots.saturating_add(self.points(clock, next_epoch).first)
            }
            (true, false) => points.last,
            (false, false) => points.first,
        };
        let slots = next.saturating_sub(slot);
        let within = self.pace.slot_time(clock, &self.schedule).map(|slot_time| times(slot_time, slots));
        Some(NextRebalance { slot: clock.slot.saturating_add(slots), within, at: self.at })
    }

    /// Time until the next poll: half of the time to the end of the epoch or to the next rebalance, whichever comes
    /// first, since the slot time may change. Short while the slot time is not measured.
    pub fn until_next_poll(&self, clock: &Clock) -> Duration {
        let Some(end) = self.pace.until_next_epoch(clock, &self.schedule) else {
            return Pace::MEASUREMENT;
        };
        let next = self.next(clock).and_then(|next| next.within).map_or(end, |within| within.min(end));
        match self.pace.is_measured() {
            true if next > CLOSE => next / 2,
            true => next,
            false => next.min(Pace::MEASUREMENT),
        }
    }

    fn slot_in_epoch(&self, clock: &Clock) -> u64 {
        clock.slot.saturating_sub(self.schedule.get_first_slot_in_epoch(clock.epoch))
    }

    fn points(&self, clock: &Clock, epoch: u64) -> Points {
        let slots = self.schedule.get_slots_in_epoch(epoch);
        let margin = self.margin.min(slots / LARGEST_MARGIN).max(1);
        let wanted = match self.at {
            RebalanceAt::Now => 0,
            RebalanceAt::Share(basis_points) => {
                let share = u128::from(slots) * u128::from(basis_points) / u128::from(BASIS_POINTS);
                u64::try_from(share).unwrap_or(slots)
            }
            // Not due before the slot time is known.
            RebalanceAt::BeforeEnd(time) => self.pace.slot_time(clock, &self.schedule).map_or(slots, |slot_time| {
                let before = time.as_nanos() / slot_time.as_nanos().max(1);
                slots.saturating_sub(u64::try_from(before).unwrap_or(u64::MAX))
            }),
        };
        // The first rebalance ends before the second begins.
        Points { first: wanted.min(slots.saturating_sub(margin.saturating_mul(2))), last: slots.saturating_sub(margin) }
    }
}

/// Slots until all transactions of a plan have landed, lost ones that are signed again included.
fn margin(plan: &Plan) -> u64 {
    let (stages, groups) = (plan.stages.len() as u64, plan.groups().count() as u64);
    EXPIRY + SLOTS_PER_STAGE * stages + groups.div_ceil(TRANSACTIONS_PER_SLOT)
}
