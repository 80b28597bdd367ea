//! The time of the epoch at which a watch rebalances, as it is written on the command line.

use {std::time::Duration, tidepool_client::crank::RebalanceAt};

const PERCENT: f64 = 100.0;

/// Parses `90%`, `2h`, `30m`, `45s` or `now`.
pub fn rebalance_at(text: &str) -> Result<RebalanceAt, String> {
    parse(text).ok_or_else(|| {
        "expected a percentage of the epoch below 100 % (90%), a time before its end (2h, 30m, 45s), or now".to_owned()
    })
}

fn parse(text: &str) -> Option<RebalanceAt> {
    if text == "now" {
        return Some(RebalanceAt::Now);
    }
    if let Some(percent) = text.strip_suffix('%') {
        let percent: f64 = percent.trim_end().parse().ok().filter(|percent| (0.0..100.0).contains(percent))?;
        // At most 9,999.
        let basis_points = (percent * PERCENT) as u16;
        return Some(if basis_points == 0 { RebalanceAt::Now } else { RebalanceAt::Share(basis_points) });
    }
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(seconds)?;
    Some(RebalanceAt::BeforeEnd(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_percentages_and_times() {
        let before = |seconds| RebalanceAt::BeforeEnd(Duration::from_secs(seconds));
        for (text, expected) in [
            ("90%", RebalanceAt::Share(9_000)),
            ("99.5 %", RebalanceAt::Share(9_950)),
            ("0%", RebalanceAt::Now),
            ("now", RebalanceAt::Now),
            ("2h", before(7_200)),
            ("30m", before(1_800)),
            ("45s", before(45)),
        ] {
            assert_eq!(rebalance_at(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn rejects_what_is_neither() {
        let most = format!("{}h", u64::MAX);
        for text in ["", "90", "100%", "-1%", "NaN%", "%", "h", "2d", "2 h", "-2h", "1.5h", "9\u{fc}", &most] {
            let error = rebalance_at(text).unwrap_err();
            assert!(error.contains("90%") && error.contains("2h"), "{text}: {error}");
        }
    }
}
