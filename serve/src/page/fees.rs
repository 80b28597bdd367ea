//! Fees with their ceilings, the other limits, and announced changes.

use {
    super::format::utc,
    crate::read::Reading,
    maud::{Markup, html},
    tidepool_client::{
        announcement::{AnnouncedChange, TimeLeft, kind_name},
        pool::PoolSnapshot,
        units::{Share, percent},
        words::{announced_value, demotion_rows, limit_rows},
    },
    tidepool_core::maths::{Fee, FutureEpoch},
    tidepool_interface::state::{Announcement, AnnouncementKind, Ceiling},
};

struct Row {
    name: &'static str,
    fee: Fee,
    next: Option<(Fee, u64)>,
    ceiling: Ceiling,
}

fn rows(snapshot: &PoolSnapshot) -> [Row; 5] {
    let (head, terms) = (&snapshot.pool().head, &snapshot.pool().terms);
    let [epoch, sol_deposit, stake_deposit, sol_withdrawal, stake_withdrawal] = snapshot.limits().ceilings.as_array();
    let delayed =
        |name, fee, next: &FutureEpoch<Fee>, ceiling| Row { name, fee, next: snapshot.pending_fee(next), ceiling };
    let fixed = |name, fee, ceiling| Row { name, fee, next: None, ceiling };
    [
        delayed("Rewards", head.epoch_fee.get(), &terms.next_epoch_fee, epoch),
        fixed("Deposits of SOL", terms.sol_deposit_fee, sol_deposit),
        fixed("Deposits of stake", terms.stake_deposit_fee, stake_deposit),
        delayed(
            "Withdrawals as SOL, and exit tickets",
            terms.sol_withdrawal_fee,
            &terms.next_sol_withdrawal_fee,
            sol_withdrawal,
        ),
        delayed("Withdrawals as stake", terms.stake_withdrawal_fee, &terms.next_stake_withdrawal_fee, stake_withdrawal),
    ]
}

/// The fees in a sentence.
pub fn headline(snapshot: &PoolSnapshot) -> String {
    let [rewards, deposit, _, withdrawal, _] = rows(snapshot).map(|row| percent(&row.fee));
    format!("Fees: {rewards} of rewards, {deposit} of deposits, {withdrawal} of withdrawals.")
}

/// Fees, limits and announcements.
pub fn section(reading: &Reading) -> Markup {
    let snapshot = &reading.snapshot;
    let limits = snapshot.limits();
    let others: Vec<_> = limit_rows(&limits).into_iter().filter(|(name, _)| !name.starts_with("fee on")).collect();
    let demotion = snapshot.extension().map(|extension| demotion_rows(&extension.demotion)).unwrap_or_default();
    html! {
        section aria-labelledby="fees" {
            h2 #fees { "Fees and their limits" }
            .scroll tabindex="0" role="region" aria-label="Table of fees" { table {
                caption { "The fee on rewards is part of the yields above" }
                thead { tr { th scope="col" { "Fee on" } th scope="col" { "Now" } th scope="col" { "Pending" } th scope="col" { "Ceiling" } } }
                tbody { @for row in rows(snapshot) { (fee_row(&row)) } }
            } }
            @if !snapshot.manager_fee_account_is_valid() {
                p { "The manager's fee account cannot receive fees: withdrawals and rewards are free until it can." }
            }
            @if others.is_empty() {
                p { "The pool has no notice and no other limits: its manager can change terms at once." }
            } @else {
                (named("Other limits, which the manager can tighten but not loosen", &others))
            }
            @if !demotion.is_empty() { (named("A validator is demoted by any crank if it breaks these rules", &demotion)) }
        }
        section aria-labelledby="announced" {
            h2 #announced { "Announced changes" }
            (announcements(snapshot))
        }
    }
}

fn fee_row(row: &Row) -> Markup {
    html! {
        tr {
            th scope="row" { (row.name) }
            td { (percent(&row.fee)) }
            td { @match row.next { Some((fee, epoch)) => { (percent(&fee)) " from epoch " (epoch) } None => "none" } }
            td { @match row.ceiling.get() { Some(points) => (Share(points)), None => "no ceiling" } }
        }
    }
}

fn named(caption: &str, rows: &[(&'static str, String)]) -> Markup {
    html! {
        .scroll tabindex="0" role="region" aria-label=(caption) { table {
            caption { (caption) }
            tbody { @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } } }
        } }
    }
}

fn announcements(snapshot: &PoolSnapshot) -> Markup {
    let all: Vec<_> = snapshot.announcements().collect();
    html! {
        @if all.is_empty() {
            p { "None. " @if snapshot.limits().has_notice() { "Changes of authorities, deposit fees and policies are announced here first." } }
        } @else {
            ul { @for (kind, announcement) in all { li { (announced(snapshot, kind, announcement)) } } }
        }
    }
}

fn announced(snapshot: &PoolSnapshot, kind: AnnouncementKind, announcement: &Announcement) -> Markup {
    let clock = &snapshot.environment().clock;
    let value = announced_value(&AnnouncedChange::decode(kind, &announcement.value));
    let left = TimeLeft::of(announcement, clock.epoch, clock.unix_timestamp);
    html! {
        strong { (kind_name(kind)) } " to " (value) ": "
        @if announcement.is_due(clock.epoch, clock.unix_timestamp) {
            "the notice is over, the manager can make it now"
        } @else {
            "possible from epoch " (announcement.from_epoch.get()) " and " (utc(announcement.from_timestamp.get())) " on, " (left) " from now"
        }
    }
}
