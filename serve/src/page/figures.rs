//! The rate, the yields, and the history from the ledger.

use {
    super::{
        facts,
        format::{fraction, share, short_sol, utc},
    },
    crate::{
        chart::{Base, line, trimmed},
        read::Reading,
    },
    maud::{Markup, html},
    tidepool_client::{
        pool::{NoYield, YieldEstimate},
        units::{Units, sol},
        words::{self, duration, lamports_per_whole_pool_token, lamports_per_whole_token},
    },
};

/// Rows of the history's table: a month of epochs. The chart has all.
const ROWS: usize = 15;

/// The figures that matter most.
pub fn glance(reading: &Reading) -> Markup {
    let snapshot = &reading.snapshot;
    let rate = snapshot.rate();
    let totals = snapshot.stake_totals();
    let staked = totals.active.saturating_add(totals.activating);
    let price = lamports_per_whole_pool_token(snapshot);
    html! {
        section aria-labelledby="glance" {
            h1 #glance { "The pool at a glance" }
            (facts(&[
                ("1 pool token", html! { strong { (price.map_or("1 SOL: the pool is empty".into(), sol)) } }),
                ("Yield a year", html! { strong { (yield_of(reading)) } }),
                ("SOL in the pool", html! { (short_sol(rate.total_lamports.get())) }),
                ("Of it with validators", html! { (share(staked, rate.total_lamports.get())) }),
                ("Validators", html! { (snapshot.records().len()) }),
                ("SOL to withdraw at once", html! { (short_sol(snapshot.sol_withdrawal_lamports())) }),
            ]))
            (yields(reading))
        }
    }
}

/// The yield over the longest time that the ledger has, or at the last update.
fn yield_of(reading: &Reading) -> String {
    let estimate = reading.slow.estimate;
    let longest = reading.snapshot.yields(estimate).into_iter().rev().find_map(|(_, figure)| figure.ok());
    longest
        .or(estimate.ok())
        .map_or("no estimate yet".into(), |figure| format!("{}, an estimate", fraction(figure.annual)))
}

fn yields(reading: &Reading) -> Markup {
    let all = reading.snapshot.yields(reading.slow.estimate);
    html! {
        @if !all.is_empty() {
            table {
                caption { "Yields after the fee on rewards, from the rate of the pool token" }
                thead { tr { th scope="col" { "Over" } th scope="col" { "A year" } th scope="col" { "In that time" } th scope="col" { "Measured" } } }
                tbody { @for (epochs, figure) in &all { (yield_row(*epochs, figure)) } }
            }
            p .small { "Past growth, compounded. It says nothing certain about the future." }
        } @else if let Err(why) = reading.slow.estimate {
            p .small { "There is no estimate of the yield: " (why) "." }
        }
    }
}

fn yield_row(epochs: u64, figure: &Result<YieldEstimate, NoYield>) -> Markup {
    html! {
        tr {
            th scope="row" { (words::epochs(epochs)) }
            @match figure {
                Ok(figure) => {
                    td { (fraction(figure.annual)) }
                    td { (format!("{:.4} %", figure.growth * 100.0)) }
                    td { (words::epochs(figure.interval.epochs())) ", " (duration(figure.interval.seconds)) }
                }
                Err(why) => td colspan="3" { "no figure: " (why) },
            }
        }
    }
}

/// The chart of the rate: at least two points, the oldest first, in lamports of a whole pool token.
fn rate(points: &[(u64, u64)]) -> Markup {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return html! {} };
    let prices = || points.iter().map(|point| point.1);
    let (least, most) = (prices().min().unwrap_or(0), prices().max().unwrap_or(0));
    let text = format!(
        "One pool token was {} SOL in epoch {}, and {} SOL in epoch {}; between {} and {} SOL in this time.",
        Units(first.1),
        first.0,
        Units(last.1),
        last.0,
        Units(least),
        Units(most)
    );
    let points: Vec<_> = points.iter().map(|(epoch, price)| (*epoch, *price as f64 / 1e9)).collect();
    line("SOL per pool token, by epoch", &text, &points, Base::Lowest, |value| trimmed(value, 6))
}

/// The chart of the rate, with its table.
pub fn history(reading: &Reading) -> Markup {
    let mut recorded = reading.snapshot.recorded();
    let newest: Vec<_> = recorded.iter().take(ROWS + 1).copied().collect();
    recorded.reverse();
    let points: Vec<_> =
        recorded.iter().filter_map(|entry| Some((entry.epoch, lamports_per_whole_token(&entry.rate)?))).collect();
    html! {
        @if points.len() > 1 {
            section aria-labelledby="history" {
                h2 #history { "History" }
                (rate(&points))
                details {
                    summary { "The last epochs as a table" }
                    table {
                        caption { "Rate after the update of each epoch, the newest first; from the ledger in the pool account" }
                        thead { tr {
                            th scope="col" { "Epoch" } th scope="col" { "Update" } th scope="col" { "SOL per pool token" }
                            th scope="col" { "Growth" } th scope="col" { "SOL in the pool" }
                        } }
                        tbody {
                            @for (index, entry) in newest.iter().enumerate().take(ROWS) {
                                @let growth = newest.get(index + 1).and_then(|before| entry.growth_since(before));
                                tr {
                                    th scope="row" { (entry.epoch) }
                                    td { (utc(entry.timestamp)) }
                                    td { @if let Some(price) = lamports_per_whole_token(&entry.rate) { (Units(price)) } @else { "none" } }
                                    td { @if let Some(growth) = growth { (format!("{:.4} %", growth * 100.0)) } }
                                    td { (short_sol(entry.rate.total_lamports.get())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
