//! Estimates when the epoch ends.

use {
    crate::cluster::{SlotTime, per_slot, times},
    solana_clock::Clock,
    solana_epoch_schedule::EpochSchedule,
    std::time::Duration,
    tokio::time::Instant,
};

/// Older measurements are dropped: the slot time may have changed.
const LONGEST_MEASUREMENT: Duration = Duration::from_secs(3_600);

#[derive(Debug, Default)]
pub(super) struct Pace {
    first: Option<(u64, Instant)>,
    last: Option<(u64, Instant)>,
    /// The slot time that the cluster reported first.
    reported: Option<Duration>,
}

impl Pace {
    /// Poll interval while the slot time is not measured.
    pub const MEASUREMENT: Duration = Duration::from_secs(4);

    /// A pace that the cluster reported.
    pub fn new(reported: Option<SlotTime>) -> Self {
        Self { reported: reported.map(|measured| measured.mean), ..Self::default() }
    }

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

    /// The slot time: measured here, else by the cluster's clock since the epoch began, else as first reported; `None`
    /// if it is unknown.
    pub fn slot_time(&self, clock: &Clock, schedule: &EpochSchedule) -> Option<Duration> {
        let of_clock = || SlotTime::since_epoch_start(clock, schedule).map(|measured| measured.mean);
        self.measured().or_else(of_clock).or(self.reported)
    }

    /// Time until the epoch after that of `clock` is expected to begin; `None` if the slot time is unknown.
    pub fn until_next_epoch(&self, clock: &Clock, schedule: &EpochSchedule) -> Option<Duration> {
        let next = schedule.get_first_slot_in_epoch(clock.epoch.saturating_add(1));
        Some(times(self.slot_time(clock, schedule)?, next.saturating_sub(clock.slot)))
    }
}
