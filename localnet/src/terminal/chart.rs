//! A line chart in characters.

use {
    console::style,
    rasciigraph::{Config, plot},
    std::{fmt::Write as _, io, io::Write},
};

/// Lines of the chart above its axis.
const HEIGHT: usize = 9;

/// Maximum width of the chart in characters.
const WIDTH: usize = 66;

/// Maximum characters from one point to the next.
const STEP: usize = 10;

/// Minimum characters from one label of the horizontal axis to the next.
const LABEL: usize = 8;

/// Writes a line through `points` (a label on the horizontal axis, a value). `label` formats values for the vertical axis.
///
/// # Errors
/// Those of `out`.
pub fn chart(out: &mut dyn Write, points: &[(u64, u64)], label: impl Fn(u64) -> String) -> io::Result<()> {
    let values = points.iter().map(|(_, value)| *value);
    let Some((least, most)) = values.clone().min().zip(values.clone().max()) else { return Ok(()) };
    let step = (WIDTH / points.len().max(2)).clamp(1, STEP);
    let config = Config::default().with_height(HEIGHT as u32 - 1).with_width((step * (points.len() - 1) + 1) as u32);
    // Its own labels have two decimals: they are replaced.
    let drawn = plot(values.map(|value| (value - least) as f64).collect(), config);
    let span = u128::from(most - least);
    for (index, row) in drawn.lines().enumerate() {
        let value = most - (span * index as u128 / (HEIGHT - 1) as u128) as u64;
        let curve = row.split_once(['┤', '┼']).map_or("", |(_, curve)| curve.trim_end());
        writeln!(out, "  {:>14} ┤{}", label(value), style(curve).cyan())?;
    }
    let mut axis = String::new();
    let every = LABEL.div_ceil(step);
    for (name, _) in points.iter().step_by(every) {
        write!(axis, "{name:<width$}", width = step * every).map_err(io::Error::other)?;
    }
    writeln!(out, "  {:>14}  {}", "epoch", axis.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[(u64, u64)]) -> Vec<String> {
        let mut out = Vec::new();
        chart(&mut out, points, |value| value.to_string()).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_rising_line_ends_at_the_top() {
        let lines = drawn(&[(800, 100), (801, 150), (802, 300)]);
        assert_eq!(lines.len(), HEIGHT + 1);
        assert!(lines[0].contains("300 ┤"), "{}", lines[0]);
        assert!(lines[0].ends_with('╭'), "{}", lines[0]);
        assert!(lines[HEIGHT - 1].contains("100 ┤─"), "{}", lines[HEIGHT - 1]);
        assert!(lines[HEIGHT].contains("800") && lines[HEIGHT].contains("802"));
    }

    #[test]
    fn a_flat_line_and_no_line_are_drawn_too() {
        assert!(drawn(&[(1, 5), (2, 5)])[0].contains("5 ┤──"));
        assert!(drawn(&[]).is_empty());
    }
}
