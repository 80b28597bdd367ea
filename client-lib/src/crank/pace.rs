//! When the epoch should be over.

use {
    crate::cluster::{per_slot, slot_time},
    solana_clock::Clock,
    solana_epoch_schedule::EpochSchedule,
    std::time::Duration,
    tokio::time::Instant,
};

/// Time of a slot for as long as none was measured.
const USUAL_SLOT: Duration = Duration::from_millis(400);

/// A measurement that is older is dropped: slots may have become shorter or longer.
const LONGEST_MEASUREMENT: Duration = Duration::from_secs(3_600);

/// How fast slots go by, as far as it was seen.
#[derive(Debug, Default)]
pub(super) struct Pace {
    first: Option<(u64, Instant)>,
    last: Option<(u64, Instant)>,
}

impl Pace {
    /// Time after which to look again while the pace is not measured.
    pub const MEASUREMENT: Duration = Duration::from_secs(4);

    /// Whether the pace was measured here.
    pub fn is_measured(&self) -> bool {
        self.measured().is_some()
    }

    fn measured(&self) -> Option<Duration> {
        let ((first, then), (last, now)) = self.first.zip(self.last)?;
        per_slot(now.duration_since(then), last.saturating_sub(first))
    }

    /// Takes note that it was this slot at that moment.
    pub fn note(&mut self, slot: u64, at: Instant) {
        let is_usable =
            |(first, then): &(u64, Instant)| *first <= slot && at.duration_since(*then) <= LONGEST_MEASUREMENT;
        if self.first.as_ref().is_none_or(|first| !is_usable(first)) {
            self.first = self.last.filter(is_usable).or(Some((slot, at)));
        }
        self.last = Some((slot, at));
    }

    /// Time that a slot takes: as measured here, or by the cluster's own clock since the epoch began, or as is usual.
    pub fn slot_time(&self, clock: &Clock, schedule: &EpochSchedule) -> Duration {
        self.measured().or_else(|| slot_time(clock, schedule)).unwrap_or(USUAL_SLOT)
    }

    /// Time until the epoch after that of `clock` should begin.
    pub fn until_next_epoch(&self, clock: &Clock, schedule: &EpochSchedule) -> Duration {
        let next = schedule.get_first_slot_in_epoch(clock.epoch.saturating_add(1));
        let slots = u32::try_from(next.saturating_sub(clock.slot)).unwrap_or(u32::MAX);
        self.slot_time(clock, schedule).saturating_mul(slots)
    }
}
