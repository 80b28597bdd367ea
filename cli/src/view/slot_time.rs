//! The slot time by which a command estimates times.

use {
    serde::Serialize,
    std::fmt,
    tidepool_client::{
        cluster::{SlotTime, SlotTimeSource},
        words::duration,
    },
};

/// A measured slot time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MeasuredSlotTime {
    milliseconds: f64,
    /// Number of slots over which it was measured.
    slots: u64,
    /// Time since the last of them.
    age_seconds: u64,
    /// `clock` or `performance_samples`.
    source: &'static str,
}

impl From<SlotTime> for MeasuredSlotTime {
    fn from(measured: SlotTime) -> Self {
        Self {
            milliseconds: measured.mean.as_secs_f64() * 1_000.0,
            slots: measured.slots,
            age_seconds: measured.age.as_secs(),
            source: match measured.source {
                SlotTimeSource::Clock => "clock",
                SlotTimeSource::Samples => "performance_samples",
            },
        }
    }
}

impl fmt::Display for MeasuredSlotTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} ms, measured over {} slots", self.milliseconds, self.slots)?;
        match self.age_seconds {
            0 => Ok(()),
            seconds => write!(f, " until {} ago", duration(seconds)),
        }
    }
}
