//! The sections of a report.

use {
    super::{counted, flows},
    crate::{
        commands::inspect::{
            history::Entry,
            report::{
                concentration::Part,
                figures::{Figures, supply_changes},
                validators::Validator,
            },
        },
        output::Line,
        units::{Share, Units, sol, utc_time},
    },
    maud::{Markup, html},
    tidepool_client::words::duration,
    tidepool_serve::chart::{Base, line, trimmed},
};

/// Lamports of a SOL, and smallest units of a pool token, for charts.
const WHOLE: f64 = 1e9;

fn entries(report: &Figures) -> &[Entry] {
    report.ledger.as_ref().map_or(&[], |ledger| &ledger.entries)
}

/// Exchange rate and yields.
pub(super) fn rate(report: &Figures) -> Markup {
    let entries = entries(report);
    let rates: Vec<_> = entries
        .iter()
        .filter_map(|entry| Some((entry.epoch, entry.lamports_per_whole_pool_token? as f64 / WHOLE)))
        .collect();
    let totals: Vec<_> = entries.iter().map(|entry| (entry.epoch, entry.total_lamports as f64 / WHOLE)).collect();
    html! {
        section {
            h2 { "Exchange rate and yield" }
            @if report.ledger.is_none() {
                p { "This pool keeps no ledger of its updates: earlier rates are unknown." }
            }
            div.charts {
                (line("SOL per pool token, by epoch", &trend("The exchange rate", " SOL per pool token", &rates, 9), &rates, Base::Lowest, |value| trimmed(value, 6)))
                (line("Total stake in SOL, by epoch", &trend("The total stake", " SOL", &totals, 3), &totals, Base::Zero, compact))
            }
            @if !report.summary.yields.is_empty() { (yields(report)) }
            @if !entries.is_empty() { (updates(entries)) }
        }
    }
}

fn yields(report: &Figures) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label="Yields" {
            table {
                caption { "Growth of the exchange rate, after the fee on rewards and before fees of deposits and withdrawals. A year is counted in real time." }
                thead { tr { th scope="col" { "asked for" } th scope="col" { "a year" } th scope="col" { "growth" } th scope="col" { "from" } } }
                tbody {
                    @for figure in &report.summary.yields {
                        tr {
                            th scope="row" { (counted(figure.over_epochs, "epoch")) }
                            td { (figure.annual_yield_percent.map_or("unknown".into(), |percent| format!("{percent:.2} %"))) }
                            td { (figure.growth_percent.map_or(String::new(), |growth| format!("{growth:.4} %"))) }
                            td {
                                @if let (Some(epochs), Some(seconds)) = (figure.yield_epochs, figure.yield_seconds) {
                                    (counted(epochs, "epoch")) ", " (duration(seconds))
                                }
                                @if let Some(why) = figure.no_yield_estimate { (why.replace('_', " ")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn updates(entries: &[Entry]) -> Markup {
    let changes = supply_changes(entries);
    html! {
        h3 #updates { "Updates" }
        div.table.long tabindex="0" role="region" aria-labelledby="updates" {
            table {
                caption { "The newest first. Change of supply: pool tokens of deposits and of fees on rewards, less those of withdrawals." }
                thead {
                    tr {
                        @for name in ["epoch", "time (UTC)", "total SOL", "pool tokens", "SOL per token", "growth", "change of supply"] {
                            th scope="col" { (name) }
                        }
                    }
                }
                tbody {
                    @for (entry, change) in entries.iter().zip(&changes).rev() {
                        tr {
                            th scope="row" { (entry.epoch) }
                            td { (utc_time(entry.timestamp)) }
                            td { (Units(entry.total_lamports)) }
                            td { (Units(entry.pool_token_supply)) }
                            td { (entry.lamports_per_whole_pool_token.map_or("none".into(), |price| Units(price).to_string())) }
                            td { (entry.growth_percent.map_or(String::new(), |growth| format!("{growth:.5} %"))) }
                            td { (change.as_deref().unwrap_or("")) }
                        }
                    }
                }
            }
        }
    }
}

/// Rewards and fees.
pub(super) fn income(report: &Figures) -> Markup {
    let fees = &report.summary.fees;
    let growths: Vec<_> =
        entries(report).iter().filter_map(|entry| Some((entry.epoch, entry.growth_percent?))).collect();
    let referral = |share: u8| if share == 0 { String::new() } else { format!(", {share} % of it to the referrer") };
    let rows = [
        ("on rewards", fees.epoch.percent()),
        ("SOL deposit", format!("{}{}", fees.sol_deposit.percent(), referral(fees.sol_referral_percent))),
        ("stake deposit", format!("{}{}", fees.stake_deposit.percent(), referral(fees.stake_referral_percent))),
        ("SOL withdrawal", fees.sol_withdrawal.percent()),
        ("stake withdrawal", fees.stake_withdrawal.percent()),
    ];
    html! {
        section {
            h2 { "Rewards and fees" }
            @if let Some(ledger) = &report.ledger {
                dl.cards {
                    (super::card("Rewards", &sol(ledger.reward_lamports), "since the ledger began, before the fee; gifts count as rewards"))
                    (super::card("Fees taken on rewards", &format!("{} pool tokens", Units(ledger.fee_pool_tokens)), "since the ledger began"))
                }
                p.soft { "The ledger has the running totals of rewards and fees, not those of each epoch." }
            }
            div.charts {
                (line("Growth of the rate since the update before, in percent", &trend("Growth at each update", " %", &growths, 5), &growths, Base::Zero, |value| trimmed(value, 4)))
            }
            @if let Some(found) = &report.flows { (flows::table(found)) }
            (words("Fees in force", &rows.map(|(name, value)| (name, value))))
            @if !fees.collected {
                p.warn { "The manager's fee account cannot receive fees, so none are charged on rewards and withdrawals." }
            }
        }
    }
}

/// Reserve and stake by state.
pub(super) fn stake(report: &Figures) -> Markup {
    let stake = &report.summary.stake;
    let mut rows = vec![
        ("with validators", sol(stake.active_lamports)),
        ("activating", sol(stake.activating_lamports)),
        ("deactivating", sol(stake.deactivating_lamports)),
        ("reserve", sol(stake.reserve_lamports)),
        ("withdrawable as SOL now", sol(stake.withdrawable_reserve_lamports)),
    ];
    if let Some(tickets) = report.summary.extension.as_ref().and_then(|extension| extension.tickets.line()) {
        rows.push(("exit tickets", tickets));
    }
    html! { section { h2 { "Stake and reserve" } (words("Lamports by state, rents included", &rows)) } }
}

/// Validators and concentration.
pub(super) fn validators(report: &Figures) -> Markup {
    let (found, validators) = (&report.concentration, &report.validators);
    let ranked: Vec<_> =
        (1..).zip(validators).map(|(rank, validator)| (rank, validator.stake_lamports as f64 / WHOLE)).collect();
    let share = |points: Option<u16>| points.map_or("none".into(), |points| Share(points).to_string());
    html! {
        section {
            h2 { "Validators" }
            dl.cards {
                (super::card("Largest share", &share(found.largest_share_basis_points), "of the stake with validators"))
                (super::card("More than a third", &found.validators_above_a_third.map_or("none".into(), |count| counted(count as u64, "validator")), "the fewest that hold it together"))
                (super::card("Gini coefficient", &found.gini.map_or("none".into(), |gini| format!("{gini:.3}")), "0: all equal; 1: one has all"))
            }
            div.charts {
                (line("Stake in SOL, by rank of the validator", &trend("Stake by rank, the largest first", " SOL", &ranked, 3), &ranked, Base::Zero, compact))
            }
            (parts("Stake by commission on inflation rewards", &found.by_commission))
            (parts("Stake by group", &found.by_group))
            @if !validators.is_empty() { (validator_table(report)) }
        }
    }
}

fn validator_table(report: &Figures) -> Markup {
    let caption = match (report.rewards.rewards_epoch, report.rewards.no_rewards) {
        (Some(epoch), _) => format!(
            "The largest first. Earned: inflation rewards for epoch {epoch} that the pool's stake accounts received. Cost: the \
             validator's commission on them, by its rate."
        ),
        (None, Some("being_paid")) => "The largest first. The rewards of the last epoch are being paid now.".into(),
        (None, _) => "The largest first. The endpoint does not report the rewards of the last epoch.".into(),
    };
    let has_groups = report.validators.iter().any(|validator| validator.group.is_some());
    html! {
        h3 #validators { "Each validator" }
        div.table.long tabindex="0" role="region" aria-labelledby="validators" {
            table {
                caption { (caption) }
                thead {
                    tr {
                        @for name in ["vote account", "stake (SOL)", "share", "weight", "commission", "of blocks", "earned (SOL)", "cost (SOL)"] {
                            th scope="col" { (name) }
                        }
                        @if has_groups { th scope="col" { "group" } }
                        th scope="col" { "notes" }
                    }
                }
                tbody { @for validator in &report.validators { (validator_row(validator, has_groups)) } }
            }
        }
    }
}

fn validator_row(validator: &Validator, has_groups: bool) -> Markup {
    let share = |points: Option<u16>| points.map_or("-".into(), |points| Share(points).to_string());
    let amount = |lamports: Option<u64>| lamports.map_or("-".into(), |lamports| Units(lamports).to_string());
    let status = Some(validator.status).filter(|status| *status != "active");
    let notes: Vec<_> =
        status.into_iter().chain(validator.cautions.iter().copied()).map(|note| note.replace('_', " ")).collect();
    html! {
        tr {
            th scope="row" { code { (validator.vote) } }
            td { (Units(validator.stake_lamports)) }
            td { (Share(validator.share_basis_points)) }
            td { (validator.weight) }
            td { (share(validator.inflation_commission_basis_points)) }
            td { (share(validator.block_revenue_commission_basis_points)) }
            td { (amount(validator.earned_lamports)) }
            td { (amount(validator.cost_lamports)) }
            @if has_groups { td { (validator.group.as_deref().unwrap_or("-")) } }
            td { (notes.join(", ")) }
        }
    }
}

fn parts(title: &str, parts: &[Part]) -> Markup {
    if parts.is_empty() {
        return html! {};
    }
    html! {
        div.table tabindex="0" role="region" aria-label=(title) {
            table {
                caption { (title) }
                thead { tr { th scope="col" { (title.rsplit_once(" by ").map_or(title, |(_, by)| by)) } th scope="col" { "validators" } th scope="col" { "SOL" } th scope="col" { "share" } th scope="col" aria-hidden="true" {} } }
                tbody {
                    @for part in parts {
                        tr {
                            th scope="row" { (part.name) }
                            td { (part.validator_count) }
                            td { (Units(part.lamports)) }
                            td { (Share(part.share_basis_points)) }
                            td.bars aria-hidden="true" { span.bar style=(format!("width:{}%", part.share_basis_points / 100)) {} }
                        }
                    }
                }
            }
        }
    }
}

/// Limits, announcements, policies.
pub(super) fn promises(report: &Figures) -> Markup {
    let Some(extension) = &report.summary.extension else {
        return html! {
            section {
                h2 { "Limits and announcements" }
                p { "This pool has no limits: its manager can change fees and authorities as the SPL stake pool allows." }
            }
        };
    };
    html! {
        section {
            h2 { "Limits and announcements" }
            @if let Some(epoch) = extension.halted_until_epoch {
                p.warn { "The rate guard has halted deposits and SOL withdrawals until epoch " (epoch) ". Stake can be withdrawn." }
            }
            @if extension.announcements.is_empty() { p { "No change is announced." } }
            @else {
                h3 { "Announced changes" }
                ul { @for announced in &extension.announcements { li { (announced.line()) } } }
            }
            @if extension.limits.lines().is_empty() { p { "The manager has set no limits." } }
            @else { (words("Limits that bind the manager", extension.limits.lines())) }
            (words("Rebalancing", &extension.policy.lines()))
            @if !extension.demotion_policy.lines().is_empty() { (words("Demotion of validators", extension.demotion_policy.lines())) }
        }
    }
}

/// Who can change what.
pub(super) fn control(report: &Figures) -> Markup {
    html! {
        section {
            h2 #control { "Who can change what" }
            div.table tabindex="0" role="region" aria-labelledby="control" {
                table.words {
                    thead { tr { th scope="col" { "role" } th scope="col" { "key" } } }
                    tbody {
                        @for role in &report.control.roles {
                            tr { th scope="row" { (role.role) } td { (role.can) br; code { (role.address) } br; span.soft { (role.words) } } }
                        }
                        tr { th scope="row" { "Program upgrades" } td { "can replace the program" br; code { (report.control.upgrades) } } }
                    }
                }
            }
        }
    }
}

/// Where the figures are from.
pub(super) fn method(report: &Figures) -> Markup {
    html! {
        section {
            h2 { "Where the figures are from" }
            p { "Rate, total stake and supply are those of the pool account at its last update, and of its ledger for earlier ones. A row of the ledger is the last update of an epoch; an epoch without an update has none." }
            p { "Yields compare two rows of the ledger over the seconds between them. They say nothing about later epochs." }
            p { "Commissions, weights and cautions are those of the accounts in epoch " (report.summary.epoch) ". The rewards of a stake account that was closed since are missing." }
        }
    }
}

fn words(caption: &str, rows: &[Line]) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(caption) {
            table.words {
                caption { (caption) }
                tbody { @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } } }
            }
        }
    }
}

/// A chart in a sentence.
fn trend(what: &str, unit: &str, points: &[(u64, f64)], decimals: usize) -> String {
    let ([(from, first), ..], [.., (to, last)]) = (points, points) else { return String::new() };
    let [first, last] = [*first, *last].map(|value| trimmed(value, decimals));
    format!("{what}: {first}{unit} at {from}, {last}{unit} at {to}; {} points, in the table below.", points.len())
}

/// `1.5M`, `20k`, `12`.
fn compact(value: f64) -> String {
    match value.abs() {
        size if size >= 1e6 => format!("{}M", trimmed(value / 1e6, 2)),
        size if size >= 1e4 => format!("{}k", trimmed(value / 1e3, 1)),
        size if size >= 100.0 => trimmed(value, 0),
        _ => trimmed(value, 2),
    }
}
