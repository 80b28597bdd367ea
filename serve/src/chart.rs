//! Charts as SVG, drawn by `plotters`: a maintained crate that writes plain shapes and text, without fonts, scripts or a browser.
//!
//! It writes fixed colours, as attributes: no policy against inline styles forbids them. A style sheet replaces each of them by the colour
//! of the theme: that of the page, and that of `tidepool report`.

use {
    maud::{Markup, PreEscaped, html},
    plotters::{
        backend::SVGBackend,
        chart::ChartBuilder,
        drawing::{DrawingAreaErrorKind, IntoDrawingArea as _},
        series::{AreaSeries, LineSeries},
        style::{Color as _, IntoFont as _, IntoTextStyle as _, RGBColor, ShapeStyle},
    },
    std::io,
};

/// Size of a chart in pixels of its own; the page scales it. Its text is legible on a phone of 360 pixels.
const SIZE: (u32, u32) = (400, 220);
const FONT: u32 = 13;

/// Colours, each replaced by the style sheet.
const LINE: RGBColor = RGBColor(0x0b, 0x5c, 0xad);
const GRID: RGBColor = RGBColor(0xd0, 0xd7, 0xde);
const TEXT: RGBColor = RGBColor(0x45, 0x4c, 0x54);

/// Labels on an axis.
const LABELS: usize = 5;

/// Where the lines of a chart begin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Base {
    /// At zero: amounts.
    Zero,
    /// Near the lowest value: changes of a rate are small.
    Lowest,
}

/// A line through points in ascending order, with its area. `text` says in a sentence what it shows, for those who do not see it.
/// Nothing with fewer than two points.
pub fn line(title: &str, text: &str, points: &[(u64, f64)], base: Base, label: impl Fn(f64) -> String) -> Markup {
    if points.len() < 2 {
        return html! {};
    }
    // Memory can be drawn to.
    let svg = draw(points, base, &label).unwrap_or_default();
    html! {
        figure {
            figcaption { (title) }
            div role="img" aria-label=(text) { (PreEscaped(svg)) }
        }
    }
}

/// A number without closing zeros, for labels.
pub fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn draw(
    points: &[(u64, f64)],
    base: Base,
    label: &dyn Fn(f64) -> String,
) -> Result<String, DrawingAreaErrorKind<io::Error>> {
    let x = |index: usize| points.get(index).map_or(0.0, |point| point.0 as f64);
    let (low, high) = bounds(points, base);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let widest = [low, high].map(|value| label(value).chars().count()).into_iter().max().unwrap_or(0);
        let width = u32::try_from(widest).unwrap_or(0) * FONT * 3 / 5 + FONT;
        let mut chart = ChartBuilder::on(&area)
            .margin(8)
            .margin_right(FONT * 2)
            .x_label_area_size(FONT * 2)
            .y_label_area_size(width)
            .build_cartesian_2d(x(0)..x(points.len() - 1), low..high)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(LABELS)
            .y_labels(LABELS)
            .light_line_style(GRID.mix(0.0))
            .bold_line_style(GRID)
            .axis_style(GRID)
            .label_style(("sans-serif", FONT).into_font().color(&TEXT).into_text_style(&area))
            // Epochs and ranks are whole numbers.
            .x_label_formatter(&|value| if value.fract() == 0.0 { format!("{value:.0}") } else { String::new() })
            .y_label_formatter(&|value| label(*value))
            .draw()?;
        let points = points.iter().map(|(at, value)| (*at as f64, *value));
        chart.draw_series(AreaSeries::new(points.clone(), low, LINE.mix(0.15)))?;
        chart.draw_series(LineSeries::new(points, ShapeStyle::from(&LINE).stroke_width(2)))?;
        area.present()?;
    }
    Ok(svg)
}

/// The lowest and the highest value on the vertical axis, which differ.
fn bounds(points: &[(u64, f64)], base: Base) -> (f64, f64) {
    let values = points.iter().map(|point| point.1);
    let (low, high) = (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max));
    let low = if base == Base::Zero { low.min(0.0) } else { low };
    let room = if high > low { (high - low) * 0.08 } else { high.abs().max(1.0) * 0.01 };
    (if base == Base::Zero { low } else { low - room }, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[(u64, f64)]) -> String {
        line("Rate", "The rate grew.", points, Base::Lowest, |value| format!("{value:.4}")).into_string()
    }

    #[test]
    fn a_chart_has_a_text_and_only_colours_of_the_style_sheet() {
        let svg = drawn(&[(800, 1.0), (801, 1.001), (805, 1.002)]);
        assert!(svg.contains("role=\"img\" aria-label=\"The rate grew.\"") && svg.contains("<polyline"), "{svg}");
        let style = include_str!("../assets/style.css");
        for colour in svg.split('"').filter(|part| part.starts_with('#')) {
            assert!(style.contains(&format!("\"{colour}\"")), "{colour} has no theme");
        }
        assert!(!svg.contains("script") && !svg.contains("style=") && svg.contains("800"), "{svg}");
    }

    #[test]
    fn labels_have_no_closing_zeros() {
        assert_eq!((trimmed(1.2500, 4), trimmed(20.0, 0), trimmed(3.0, 2)), ("1.25".into(), "20".into(), "3".into()));
    }

    #[test]
    fn flat_lines_are_drawn_and_single_points_are_not() {
        assert!(drawn(&[(1, 1.0), (2, 1.0)]).contains("<svg"));
        assert!(drawn(&[(1, 0.0), (2, 0.0)]).contains("<svg"));
        assert_eq!((drawn(&[(1, 1.0)]), drawn(&[])), (String::new(), String::new()));
        assert_eq!(bounds(&[(1, 5.0), (2, 7.0)], Base::Zero).0, 0.0);
    }
}
