//! A line chart in characters.

use {
    console::style,
    std::{fmt::Write as _, io, io::Write},
};

/// Lines of the chart above its axis.
const HEIGHT: usize = 9;

/// Maximum width of the chart in characters.
const WIDTH: usize = 66;

/// Maximum characters from one point to the next.
const STEP: usize = 10;

/// Writes a line through `points` (a label on the horizontal axis, a value). `label` formats values for the vertical axis.
///
/// # Errors
/// Those of `out`.
pub fn chart(out: &mut dyn Write, points: &[(u64, u64)], label: impl Fn(u64) -> String) -> io::Result<()> {
    let values: Vec<u64> = points.iter().map(|(_, value)| *value).collect();
    let (Some(least), Some(most)) = (values.iter().min().copied(), values.iter().max().copied()) else {
        return Ok(());
    };
    let step = (WIDTH / points.len().max(2)).clamp(1, STEP);
    let rows = draw(&interpolate(&values, step), least, most);
    for (index, row) in rows.iter().enumerate() {
        let from_bottom = (HEIGHT - 1 - index) as u128;
        let value = least + (u128::from(most - least) * from_bottom / (HEIGHT - 1) as u128) as u64;
        writeln!(out, "  {:>14} ┤{}", label(value), style(row.trim_end()).cyan())?;
    }
    let mut axis = String::new();
    // Labels that would touch each other are left out.
    let every = (8usize).div_ceil(step);
    for (name, _) in points.iter().step_by(every) {
        write!(axis, "{name:<width$}", width = step * every).map_err(io::Error::other)?;
    }
    writeln!(out, "  {:>14}  {}", "epoch", axis.trim_end())
}

/// The values, with `step - 1` points on straight lines between each two.
fn interpolate(values: &[u64], step: usize) -> Vec<f64> {
    let mut all = Vec::with_capacity(values.len() * step);
    for pair in values.windows(2) {
        let (from, to) = (pair[0] as f64, pair[1] as f64);
        all.extend((0..step).map(|index| from + (to - from) * index as f64 / step as f64));
    }
    all.extend(values.last().map(|last| *last as f64));
    all
}

/// The lines of the chart, from the top.
fn draw(curve: &[f64], least: u64, most: u64) -> Vec<String> {
    let span = (most - least).max(1) as f64;
    let rows: Vec<usize> =
        curve.iter().map(|value| ((value - least as f64) / span * (HEIGHT - 1) as f64).round() as usize).collect();
    let mut canvas = vec![vec![' '; curve.len()]; HEIGHT];
    let line = |row: usize| HEIGHT - 1 - row.min(HEIGHT - 1);
    for (column, &row) in rows.iter().enumerate() {
        let next = rows.get(column + 1).copied().unwrap_or(row);
        let (low, high) = (row.min(next), row.max(next));
        for between in low..=high {
            canvas[line(between)][column] = '│';
        }
        let (here, there) = match next.cmp(&row) {
            std::cmp::Ordering::Equal => ('─', '─'),
            std::cmp::Ordering::Greater => ('╯', '╭'),
            std::cmp::Ordering::Less => ('╮', '╰'),
        };
        canvas[line(row)][column] = here;
        canvas[line(next)][column] = there;
    }
    canvas.into_iter().map(|row| row.into_iter().collect()).collect()
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
        assert!(lines[0].ends_with('─'), "{}", lines[0]);
        assert!(lines[HEIGHT - 1].contains("100 ┤─"), "{}", lines[HEIGHT - 1]);
        assert!(lines[HEIGHT].contains("800") && lines[HEIGHT].contains("802"));
    }

    #[test]
    fn a_flat_line_and_no_line_are_drawn_too() {
        assert!(drawn(&[(1, 5), (2, 5)])[HEIGHT - 1].contains("──"));
        assert!(drawn(&[]).is_empty());
    }
}
