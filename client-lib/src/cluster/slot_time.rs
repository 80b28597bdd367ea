//! The length of a slot, as measured. It differs between clusters and changes (SIMD-0525), so none is a constant.

use {
    super::{Cluster, PerformanceSample},
    solana_clock::Clock,
    solana_epoch_schedule::EpochSchedule,
    std::{ops::RangeInclusive, time::Duration},
};

/// Fewest slots from which the slot time is measured.
const MIN_SLOTS: u64 = 16;

/// Other slot times come from a wrong clock, or from a cluster that stood still.
const PLAUSIBLE: RangeInclusive<Duration> = Duration::from_millis(5)..=Duration::from_secs(5);

/// A measured slot time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SlotTime {
    /// Mean length of a slot.
    pub mean: Duration,
    /// Number of slots over which it was measured.
    pub slots: u64,
    /// Age of the measurement: time since its last slot.
    pub age: Duration,
    /// Source of the measurement.
    pub source: SlotTimeSource,
}

/// Source of a slot time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SlotTimeSource {
    /// Block times since the beginning of the epoch, from the clock.
    Clock,
    /// The endpoint's performance samples.
    Samples,
}

impl SlotTime {
    /// The mean since the epoch of `clock` began; `None` if too few slots have passed, or if the clock is wrong.
    pub fn since_epoch_start(clock: &Clock, schedule: &EpochSchedule) -> Option<Self> {
        let seconds = clock.unix_timestamp.saturating_sub(clock.epoch_start_timestamp);
        let slots = clock.slot.saturating_sub(schedule.get_first_slot_in_epoch(clock.epoch));
        // The clock has a resolution of one second.
        let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds >= MIN_SLOTS)?;
        let mean = per_slot(Duration::from_secs(seconds), slots)?;
        Some(Self { mean, slots, age: Duration::ZERO, source: SlotTimeSource::Clock })
    }

    /// The mean of all samples, at the slot `now`; `None` without samples of enough slots.
    pub fn of_samples(samples: &[PerformanceSample], now: u64) -> Option<Self> {
        let sum = |part: fn(&PerformanceSample) -> u64| samples.iter().map(part).fold(0, u64::saturating_add);
        let slots = sum(|sample| sample.slots);
        let mean = per_slot(Duration::from_secs(sum(|sample| sample.seconds)), slots)?;
        let newest = samples.iter().map(|sample| sample.slot).max()?;
        Some(Self { mean, slots, age: times(mean, now.saturating_sub(newest)), source: SlotTimeSource::Samples })
    }

    /// Time that this number of slots takes.
    pub fn of(&self, slots: u64) -> Duration {
        times(self.mean, slots)
    }
}

/// Time that `slots` slots of length `slot` take.
pub(crate) fn times(slot: Duration, slots: u64) -> Duration {
    slot.saturating_mul(u32::try_from(slots).unwrap_or(u32::MAX))
}

/// Slot time if `slots` slots took `time`; `None` for too few slots, and for an implausible result.
pub(crate) fn per_slot(time: Duration, slots: u64) -> Option<Duration> {
    let slots = u32::try_from(slots).ok().filter(|slots| u64::from(*slots) >= MIN_SLOTS)?;
    time.checked_div(slots).filter(|time| PLAUSIBLE.contains(time))
}

pub(super) async fn measure<C>(cluster: &C, clock: &Clock, schedule: &EpochSchedule) -> Option<SlotTime>
where
    C: Cluster + ?Sized,
{
    if let Some(measured) = SlotTime::since_epoch_start(clock, schedule) {
        return Some(measured);
    }
    // Only a figure is missing without them.
    let samples = cluster.performance_samples().await.unwrap_or_default();
    SlotTime::of_samples(&samples, clock.slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: u64 = 432_000;

    fn clock(slots: u64, seconds: i64) -> Clock {
        Clock {
            slot: 3 * EPOCH + slots,
            epoch: 3,
            epoch_start_timestamp: 1_000_000,
            unix_timestamp: 1_000_000 + seconds,
            ..Clock::default()
        }
    }

    fn measured(slots: u64, seconds: i64) -> Option<u128> {
        let schedule = EpochSchedule::custom(EPOCH, EPOCH, false);
        SlotTime::since_epoch_start(&clock(slots, seconds), &schedule).map(|measured| measured.mean.as_millis())
    }

    #[test]
    fn clock_gives_mean_since_epoch_start() {
        assert_eq!(measured(1_000, 400), Some(400));
        assert_eq!(measured(1_000, 200), Some(200));
        assert_eq!(measured(100_000, 35_000), Some(350));
    }

    #[test]
    fn wrong_clock_gives_no_slot_time() {
        // Too young, backwards, without block times, and decades in the future.
        for (slots, seconds) in
            [(1_000, 3), (15, 16), (1_000, -500), (1_000, 0), (1_000, 1_000_000_000), (0, i64::MAX / 2)]
        {
            assert_eq!(measured(slots, seconds), None, "{slots} slots, {seconds} s");
        }
    }

    fn sample(slot: u64, slots: u64, seconds: u64) -> PerformanceSample {
        PerformanceSample { slot, slots, seconds }
    }

    #[test]
    fn samples_give_mean_and_age() {
        let one = SlotTime::of_samples(&[sample(1_000, 150, 60)], 1_300).unwrap();
        assert_eq!((one.mean.as_millis(), one.slots, one.age), (400, 150, Duration::from_secs(120)));
        let two = SlotTime::of_samples(&[sample(1_000, 200, 60), sample(800, 100, 60)], 900).unwrap();
        assert_eq!((two.mean.as_millis(), two.slots, two.age), (400, 300, Duration::ZERO));
        for useless in [vec![], vec![sample(1_000, 15, 6)], vec![sample(1_000, 150, 0)], vec![sample(9, u64::MAX, 60)]]
        {
            assert_eq!(SlotTime::of_samples(&useless, 1_300), None, "{useless:?}");
        }
    }
}
