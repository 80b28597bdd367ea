//! Estimates when the epoch ends.

use {
    crate::cluster::{per_slot, slot_time},
    solana_clock::Clock,
    solana_epoch_schedule::EpochSchedule,
    std::time::Duration,
    tokio::time::Instant,
};

/// Slot time before any measurement.
const USUAL_SLOT: Duration = Duration::from_millis(400);

/// Older measurements are dropped: the slot time may have changed.
const LONGEST_MEASUREMENT: Duration = Duration::from_secs(3_600);

#[derive(Debug, Default)]
pub(super) struct Pace {
    first: Option<(u64, Instant)>,
    last: Option<(u64, Instant)>,
}

impl Pace {
    /// Poll interval while the slot time is not measured.
    pub const MEASUREMENT: Duration = Duration::from_secs(4);

    /// Whether the slot time was measured by this client.
    pub fn is_measured(&self) -> bool {
        self.measured().is_some()
    }

    fn measured(&self) -> Option<Duration> {
        let ((first, then), (last, now)) = self.first.zip(self.last)?;
        per_slot(now.duration_since(then), last.saturating_sub(first))
    }

    /// Records that `slot` was current at time `at`.
    pub fn note(&mut self, slot: u64, at: Instant) {
        let is_usable =
            |(first, then): &(u64, Instant)| *first <= slot && at.duration_since(*then) <= LONGEST_MEASUREMENT;
        if self.first.as_ref().is_none_or(|first| !is_usable(first)) {
            self.first = self.last.filter(is_usable).or(Some((slot, at)));
        }
        self.last = Some((slot, at));
    }

    /// The slot time: measured here, else from the cluster's clock since the epoch began, else the default.
    pub fn slot_time(&self, clock: &Clock, schedule: &EpochSchedule) -> Duration {
        self.measured().or_else(|| slot_time(clock, schedule)).unwrap_or(USUAL_SLOT)
    }

    /// Time until the epoch after that of `clock` is expected to begin.
    pub fn until_next_epoch(&self, clock: &Clock, schedule: &EpochSchedule) -> Duration {
        let next = schedule.get_first_slot_in_epoch(clock.epoch.saturating_add(1));
        let slots = u32::try_from(next.saturating_sub(clock.slot)).unwrap_or(u32::MAX);
        self.slot_time(clock, schedule).saturating_mul(slots)
    }
}
