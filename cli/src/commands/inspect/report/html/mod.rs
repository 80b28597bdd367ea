//! A report as one HTML file: style sheet and charts are in it; no script, nothing to load.

mod flows;
mod sections;

use {
    super::figures::Figures,
    crate::{
        units::{Units, sol, utc_time},
        view::metadata::printable,
    },
    maud::{DOCTYPE, Markup, PreEscaped, html},
};

const STYLE: &str = include_str!("style.css");

pub(super) fn document(report: &Figures) -> String {
    let (summary, title) = (&report.summary, title(report));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                // Without it, browsers ask for an icon.
                link rel="icon" href="data:,";
                title { "Report on " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p.soft {
                        "Stake pool " code { (summary.address) } ", epoch " (summary.epoch) ", read at " (utc_time(report.timestamp)) "."
                    }
                    @if summary.stale {
                        p.warn { "The pool was last updated in epoch " (summary.last_update_epoch) ": its figures are of that epoch." }
                    }
                }
                main {
                    (cards(report))
                    (sections::rate(report))
                    (sections::income(report))
                    (sections::stake(report))
                    (sections::validators(report))
                    (sections::promises(report))
                    (sections::control(report))
                    (sections::method(report))
                }
                footer { "Made by tidepool " (env!("CARGO_PKG_VERSION")) " from public accounts of the cluster. Program " code { (summary.program_id) } "." }
            }
        }
    }
    .into_string()
}

fn title(report: &Figures) -> String {
    match &report.summary.metadata {
        Some(metadata) if !metadata.name.trim().is_empty() => printable(metadata.name.trim()),
        _ => "Stake pool".into(),
    }
}

fn cards(report: &Figures) -> Markup {
    let summary = &report.summary;
    let symbol = summary.metadata.as_ref().map(|metadata| metadata.symbol.trim()).filter(|symbol| !symbol.is_empty());
    let token = symbol.map_or("pool token".into(), printable);
    let longest = summary.yields.iter().rev().find(|figure| figure.annual_yield_percent.is_some());
    let (percent, epochs) = longest.map_or((summary.estimated_annual_yield_percent, summary.yield_epochs), |figure| {
        (figure.annual_yield_percent, figure.yield_epochs)
    });
    html! {
        dl.cards {
            (card(&format!("Rate of 1 {token}"), &summary.lamports_per_whole_pool_token.map_or("none".into(), sol), "at the last update"))
            (card("Yield a year", &percent.map_or("unknown".into(), |percent| format!("{percent:.2} %")), &epochs.map_or(String::new(), |epochs| format!("from {}", counted(epochs, "epoch")))))
            (card("Total stake", &sol(summary.total_lamports), &format!("{} pool tokens", Units(summary.pool_token_supply))))
            (card("Reserve", &sol(summary.stake.reserve_lamports), &format!("{} withdrawable", sol(summary.stake.withdrawable_reserve_lamports))))
            (card("Validators", &summary.validators.count.to_string(), &report.concentration.validators_above_a_third.map_or(String::new(), |count| format!("{count} with more than a third of the stake"))))
            (card("Fee on rewards", &summary.fees.epoch.percent(), &format!("withdrawal {} as SOL, {} as stake", summary.fees.sol_withdrawal.percent(), summary.fees.stake_withdrawal.percent())))
        }
    }
}

fn card(name: &str, value: &str, note: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) @if !note.is_empty() { small { (note) } } } } }
}

/// `1 epoch`, `2 epochs`.
fn counted(count: u64, name: &str) -> String {
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

#[cfg(test)]
mod tests {
    use {
        super::STYLE,
        tidepool_serve::chart::{Base, line},
    };

    #[test]
    fn the_style_sheet_has_all_colours_of_charts() {
        let svg =
            line("Rate", "The rate grew.", &[(1, 1.0), (2, 2.0)], Base::Zero, |value| value.to_string()).into_string();
        let colours: Vec<_> = svg.split('"').filter(|part| part.starts_with('#')).collect();
        assert!(!colours.is_empty(), "{svg}");
        assert!(colours.iter().all(|colour| STYLE.contains(&format!("\"{colour}\""))), "{colours:?}");
    }
}
