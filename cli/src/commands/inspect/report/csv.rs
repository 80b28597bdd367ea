//! A report as rows of figures, for spreadsheets and scripts.

use {
    super::{
        concentration::Part,
        figures::{Figures, supply_changes},
        flows::{EpochFlows, change},
        validators::Validator,
    },
    crate::{
        commands::inspect::history::Entry,
        output::csv,
        units::{Units, utc_time},
    },
};

const HEADING: [&str; 5] = ["section", "subject", "date", "figure", "value"];

/// Rows of a report: what a figure is about, and the figure.
struct Rows(String);

impl Rows {
    fn add(&mut self, about: [&str; 3], figures: &[(&str, Option<String>)]) {
        for (name, value) in figures {
            let Some(value) = value else { continue };
            let [section, subject, date] = about;
            csv::row(&mut self.0, &[section, subject, date, name, value].map(str::to_owned));
        }
    }
}

pub(super) fn document(report: &Figures) -> String {
    let mut rows = Rows(String::new());
    csv::row(&mut rows.0, &HEADING.map(str::to_owned));
    pool(&mut rows, report);
    let entries = report.ledger.as_ref().map_or(&[][..], |ledger| &ledger.entries);
    for (entry, change) in entries.iter().zip(supply_changes(entries)) {
        update(&mut rows, entry, change);
    }
    for flows in report.flows.iter().flat_map(|flows| &flows.epochs) {
        flows_of(&mut rows, flows);
    }
    for validator in &report.validators {
        one_validator(&mut rows, report, validator);
    }
    concentration(&mut rows, report);
    for role in &report.control.roles {
        rows.add(["control", role.role, ""], &[("address", Some(role.address.to_string()))]);
    }
    rows.add(["control", "Program upgrades", ""], &[("by", Some(report.control.upgrades.clone()))]);
    rows.0
}

fn amount(lamports: u64) -> Option<String> {
    Some(Units(lamports).to_string())
}

fn pool(rows: &mut Rows, report: &Figures) {
    let (summary, stake, fees) = (&report.summary, &report.summary.stake, &report.summary.fees);
    let (address, date) = (summary.address.to_string(), utc_time(report.timestamp));
    let about = ["pool", address.as_str(), date.as_str()];
    let ledger = report.ledger.as_ref();
    rows.add(
        about,
        &[
            ("epoch", Some(summary.epoch.to_string())),
            ("last_update_epoch", Some(summary.last_update_epoch.to_string())),
            ("total_sol", amount(summary.total_lamports)),
            ("pool_token_supply", amount(summary.pool_token_supply)),
            ("sol_per_pool_token", summary.lamports_per_whole_pool_token.and_then(amount)),
            ("reserve_sol", amount(stake.reserve_lamports)),
            ("active_sol", amount(stake.active_lamports)),
            ("activating_sol", amount(stake.activating_lamports)),
            ("deactivating_sol", amount(stake.deactivating_lamports)),
            ("rewards_sol_since_extension", ledger.and_then(|ledger| amount(ledger.reward_lamports))),
            ("fee_pool_tokens_since_extension", ledger.and_then(|ledger| amount(ledger.fee_pool_tokens))),
            ("epoch_fee", Some(fees.epoch.percent())),
            ("sol_deposit_fee", Some(fees.sol_deposit.percent())),
            ("stake_deposit_fee", Some(fees.stake_deposit.percent())),
            ("sol_withdrawal_fee", Some(fees.sol_withdrawal.percent())),
            ("stake_withdrawal_fee", Some(fees.stake_withdrawal.percent())),
        ],
    );
    for figure in &summary.yields {
        let subject = format!("{} epochs", figure.over_epochs);
        let percent = |value: Option<f64>| value.map(|value| format!("{value:.6}"));
        rows.add(
            ["yield", &subject, &date],
            &[
                ("annual_percent", percent(figure.annual_yield_percent)),
                ("growth_percent", percent(figure.growth_percent)),
                ("epochs", figure.yield_epochs.map(|epochs| epochs.to_string())),
                ("seconds", figure.yield_seconds.map(|seconds| seconds.to_string())),
                ("unknown_because", figure.no_yield_estimate.map(str::to_owned)),
            ],
        );
    }
}

fn update(rows: &mut Rows, entry: &Entry, supply_change: Option<String>) {
    let (epoch, date) = (format!("epoch {}", entry.epoch), utc_time(entry.timestamp));
    rows.add(
        ["update", &epoch, &date],
        &[
            ("total_sol", amount(entry.total_lamports)),
            ("pool_token_supply", amount(entry.pool_token_supply)),
            ("sol_per_pool_token", entry.lamports_per_whole_pool_token.and_then(amount)),
            ("growth_percent", entry.growth_percent.map(|growth| format!("{growth:.9}"))),
            ("pool_token_supply_change", supply_change),
            ("seconds", entry.seconds.map(|seconds| seconds.to_string())),
        ],
    );
}

fn flows_of(rows: &mut Rows, flows: &EpochFlows) {
    let epoch = format!("epoch {}", flows.epoch);
    rows.add(
        ["flows", &epoch, ""],
        &[
            ("deposits", Some(flows.deposits.to_string())),
            ("deposited_sol", Some(change(flows.deposited_lamports))),
            ("minted_pool_tokens", Some(change(flows.minted_pool_tokens))),
            ("withdrawals", Some(flows.withdrawals.to_string())),
            ("withdrawn_sol", Some(change(flows.withdrawn_lamports))),
            ("burned_pool_tokens", Some(change(flows.burned_pool_tokens))),
            ("update_sol", Some(change(flows.update_lamports))),
            ("update_pool_tokens", Some(change(flows.update_pool_tokens))),
        ],
    );
}

fn one_validator(rows: &mut Rows, report: &Figures, validator: &Validator) {
    let (vote, percent) = (validator.vote.to_string(), |points: u16| format!("{}.{:02}", points / 100, points % 100));
    let epoch = report.rewards.rewards_epoch.map_or(String::new(), |epoch| format!("_in_epoch_{epoch}"));
    let (earned, cost) = (format!("earned_sol{epoch}"), format!("commission_sol{epoch}"));
    rows.add(
        ["validator", &vote, ""],
        &[
            ("status", Some(validator.status.to_owned())),
            ("stake_sol", amount(validator.stake_lamports)),
            ("share_percent", Some(percent(validator.share_basis_points))),
            ("weight", Some(validator.weight.to_string())),
            ("inflation_commission_percent", validator.inflation_commission_basis_points.map(percent)),
            ("block_commission_percent", validator.block_revenue_commission_basis_points.map(percent)),
            (&earned, validator.earned_lamports.and_then(amount)),
            (&cost, validator.cost_lamports.and_then(amount)),
            ("group", validator.group.clone()),
            ("cautions", Some(validator.cautions.join(" ")).filter(|cautions| !cautions.is_empty())),
        ],
    );
}

fn concentration(rows: &mut Rows, report: &Figures) {
    let found = &report.concentration;
    rows.add(
        ["concentration", "validators", ""],
        &[
            ("gini", found.gini.map(|gini| format!("{gini:.4}"))),
            ("validators_above_a_third", found.validators_above_a_third.map(|count| count.to_string())),
        ],
    );
    let parts = |rows: &mut Rows, section: &str, parts: &[Part]| {
        for part in parts {
            let figures =
                [("validators", Some(part.validator_count.to_string())), ("stake_sol", amount(part.lamports))];
            rows.add([section, &part.name, ""], &figures);
        }
    };
    parts(rows, "commission", &found.by_commission);
    parts(rows, "group", &found.by_group);
}
