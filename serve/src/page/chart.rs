//! The chart of the exchange rate: SVG with a text alternative, without styles of its own.

use {
    maud::{Markup, html},
    std::fmt::Write as _,
    tidepool_client::units::Units,
};

/// Size of the chart in its own units, and the margins for the labels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 4.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;

/// The rate by epoch: at least two points, the oldest first, in lamports of a whole pool token.
pub fn rate(points: &[(u64, u64)]) -> Markup {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return html! {} };
    let least = points.iter().map(|point| point.1).min().unwrap_or(0);
    let most = points.iter().map(|point| point.1).max().unwrap_or(0);
    let place = |value: u64, low: u64, high: u64| (value - low) as f64 / (high - low).max(1) as f64;
    let x = |epoch: u64| LEFT + place(epoch, first.0, last.0.max(first.0)) * (WIDTH - 2.0 * LEFT);
    let y = |price: u64| HEIGHT - BOTTOM - place(price, least, most) * (HEIGHT - BOTTOM - TOP);
    let line = points.iter().fold(String::new(), |mut line, (epoch, price)| {
        let _ = write!(line, "{:.1},{:.1} ", x(*epoch), y(*price));
        line
    });
    let text = format!(
        "One pool token was {} SOL in epoch {}, and {} SOL in epoch {}; between {} and {} SOL in this time.",
        Units(first.1),
        first.0,
        Units(last.1),
        last.0,
        Units(least),
        Units(most)
    );
    html! {
        figure {
            svg .chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby="chart-text" {
                line .axis x1=(LEFT) x2=(WIDTH - LEFT) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM) {}
                polyline .line points=(line.trim_end()) {}
                circle .dot cx=(format!("{:.1}", x(last.0))) cy=(format!("{:.1}", y(last.1))) r="4" {}
                text x=(LEFT) y=(HEIGHT - 6.0) { "epoch " (first.0) }
                text x=(WIDTH - LEFT) y=(HEIGHT - 6.0) text-anchor="end" { "epoch " (last.0) }
            }
            figcaption #chart-text { (text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chart_has_its_text() {
        let chart = rate(&[(5, 1_000_000_000), (6, 1_000_500_000), (8, 1_001_000_000)]).into_string();
        assert!(chart.contains("points=\"4.0,176.0 214.7,94.0 636.0,12.0\""), "{chart}");
        assert!(chart.contains("One pool token was 1 SOL in epoch 5, and 1.001 SOL in epoch 8"), "{chart}");
        assert!(!chart.contains("style="), "{chart}");
        // A rate that does not change, and a single epoch, divide by nothing.
        assert!(!rate(&[(5, 7), (5, 7)]).into_string().contains("NaN"));
    }
}
