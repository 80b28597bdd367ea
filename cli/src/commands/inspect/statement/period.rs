//! The bounds of a statement: dates and epochs.

use {
    chrono::{Days, NaiveDate},
    std::str::FromStr,
};

/// A bound of a period: a day in UTC, or an epoch. Both are part of the period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bound {
    Epoch(u64),
    Day(NaiveDate),
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Epoch).map_err(|_| format!("{text} is too large for an epoch"));
        }
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == "2026-01-31".len());
        day.map(Self::Day)
            .ok_or_else(|| format!("invalid date \"{text}\": expected a day such as 2026-01-31, or an epoch"))
    }
}

/// A period; without a bound, up to the beginning or the end.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Period {
    pub from: Option<Bound>,
    pub to: Option<Bound>,
}

impl Period {
    /// Whether a time is before the period. Where the time is unknown, only epochs can tell.
    pub fn is_before(&self, epoch: u64, timestamp: Option<i64>) -> bool {
        match self.from {
            None => false,
            Some(Bound::Epoch(from)) => epoch < from,
            Some(Bound::Day(day)) => timestamp.is_some_and(|timestamp| timestamp < midnight(day)),
        }
    }

    /// Whether a time is after the period.
    pub fn is_after(&self, epoch: u64, timestamp: Option<i64>) -> bool {
        match self.to {
            None => false,
            Some(Bound::Epoch(to)) => epoch > to,
            Some(Bound::Day(day)) => {
                let end = day.checked_add_days(Days::new(1)).map_or(i64::MAX, midnight);
                timestamp.is_some_and(|timestamp| timestamp >= end)
            }
        }
    }
}

/// Unix time, in seconds, of the beginning of a day in UTC.
fn midnight(day: NaiveDate) -> i64 {
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_days_or_epochs() {
        assert_eq!("812".parse(), Ok(Bound::Epoch(812)));
        assert_eq!("2026-01-31".parse(), Ok(Bound::Day(NaiveDate::from_ymd_opt(2026, 1, 31).unwrap())));
        for text in ["", "2026-02-30", "31.01.2026", "2026-1-31", "-1", "1.5", "2026-01-31T00:00:00Z"] {
            assert!(text.parse::<Bound>().unwrap_err().contains("expected a day such as"), "{text}");
        }
        assert!("99999999999999999999".parse::<Bound>().unwrap_err().contains("too large"));
    }

    #[test]
    fn both_days_are_part_of_the_period() {
        let day = "2027-01-15".parse().unwrap();
        let period = Period { from: Some(day), to: Some(day) };
        let noon = 1_800_000_000 + 4 * 3_600;
        let outside = |timestamp| (period.is_before(1, Some(timestamp)), period.is_after(1, Some(timestamp)));
        assert_eq!(outside(noon), (false, false));
        assert_eq!(outside(noon - 12 * 3_600), (false, false));
        assert_eq!(outside(noon - 12 * 3_600 - 1), (true, false));
        assert_eq!(outside(noon + 12 * 3_600 - 1), (false, false));
        assert_eq!(outside(noon + 12 * 3_600), (false, true));
        let epochs = Period { from: Some(Bound::Epoch(5)), to: Some(Bound::Epoch(6)) };
        let outside = |epoch| epochs.is_before(epoch, None) || epochs.is_after(epoch, None);
        assert_eq!([4, 5, 6, 7].map(outside), [true, false, false, true]);
    }
}
