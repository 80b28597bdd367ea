//! The validators with their share, commission and standing.

use {
    super::{
        exact,
        format::{grouped, share},
    },
    crate::read::Reading,
    maud::{Markup, html},
    std::cmp::Reverse,
    tidepool_client::{pool::Validator, units::Share, vote::Caution, words::status_name},
};

/// Validators on the page of the pool; the others have a page of their own.
const SHOWN: usize = 50;

/// The largest validators.
pub fn section(reading: &Reading) -> Markup {
    let count = reading.snapshot.records().len();
    html! {
        section aria-labelledby="validators" {
            h2 #validators { "Validators" }
            @if count == 0 {
                p { "The pool has no validators yet." }
            } @else {
                (table(reading, SHOWN))
                @if count > SHOWN {
                    p { a href="/validators" { "All " (grouped(count as u64)) " validators" } }
                }
            }
        }
    }
}

/// All validators.
pub fn all(reading: &Reading) -> Markup {
    html! {
        h1 { "All " (grouped(reading.snapshot.records().len() as u64)) " validators" }
        (table(reading, usize::MAX))
    }
}

fn table(reading: &Reading, most: usize) -> Markup {
    let snapshot = &reading.snapshot;
    let total = snapshot.rate().total_lamports.get();
    let has_weights = snapshot.weighted().next().is_some();
    let mut validators: Vec<_> = snapshot.validators().collect();
    validators.sort_by_key(|validator| Reverse(stake(validator)));
    html! {
        .scroll tabindex="0" role="region" aria-label="Table of validators" { table .validators {
            caption { "The largest first. The share is of all SOL in the pool, the commission of inflation rewards" }
            thead { tr {
                th scope="col" { "Vote account" } th scope="col" { "SOL" } th scope="col" { "Share" } th scope="col" { "Commission" }
                th scope="col" { "Standing" }
            } }
            tbody { @for validator in validators.iter().take(most) { (row(reading, validator, total, has_weights)) } }
        } }
    }
}

fn stake(validator: &Validator) -> u64 {
    let record = validator.record;
    record.active_stake_lamports.get().saturating_add(record.transient_stake_lamports.get())
}

fn row(reading: &Reading, validator: &Validator, total: u64, has_weights: bool) -> Markup {
    let survey = &reading.slow.survey;
    let vote = validator.vote();
    let commission = survey.account(&vote).state().map(|state| Share(state.inflation_commission_bps));
    let cautions = survey.cautions_in_pool(&reading.snapshot, validator, has_weights);
    html! {
        tr {
            th scope="row" { code { (vote) } }
            td { (exact(stake(validator))) }
            td { (share(stake(validator), total)) }
            td { @match commission { Some(share) => (share), None => "unknown" } }
            td { (standing(validator, &cautions)) }
        }
    }
}

fn standing(validator: &Validator, cautions: &[Caution]) -> Markup {
    let mut words: Vec<_> = cautions.iter().map(|caution| caution.name().replace('_', " ")).collect();
    if !validator.record.is_active() {
        words.insert(0, format!("leaving ({})", status_name(validator.status()).replace('_', " ")));
    }
    html! { @if words.is_empty() { "good" } @else { span .caution { (words.join(", ")) } } }
}
