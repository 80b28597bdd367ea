//! Pages, rendered on the server: readable without scripts, with a keyboard and a screen reader.

mod control;
mod exits;
mod fees;
mod figures;
mod format;
mod pay;
mod trade;
mod validators;

use {
    crate::{
        http::{SCRIPT, STYLE},
        problem::Problem,
        read::Reading,
        trade::Quote,
    },
    format::{age, short_sol, utc},
    maud::{DOCTYPE, Markup, html},
    std::time::{Duration, UNIX_EPOCH},
    tidepool_client::{
        units::{Units, sol},
        words::lamports_per_whole_pool_token,
    },
};

/// The page of the pool. `chain` is the CAIP-2 name of the cluster; `failed_for` is the age of the reading if it could not be read again.
pub fn index(reading: &Reading, url: &str, chain: Option<&str>, failed_for: Option<Duration>) -> Markup {
    let content = html! {
        (figures::glance(reading))
        (trade::forms(reading, chain))
        (pay::section(url))
        (figures::history(reading))
        (fees::section(reading))
        (exits::section(reading))
        (validators::section(reading))
        (control::section(reading))
    };
    layout(&title(reading), &content, Some((reading, failed_for)))
}

/// All validators of the pool.
pub fn all_validators(reading: &Reading, failed_for: Option<Duration>) -> Markup {
    let content = html! {
        p { a href="/" { "Back to the pool" } }
        (validators::all(reading))
    };
    layout(&format!("Validators · {}", title(reading)), &content, Some((reading, failed_for)))
}

/// The quote of a trade, or why there is none.
pub fn quote(reading: &Reading, url: &str, quoted: &Result<Quote, Problem>) -> Markup {
    let content = html! {
        (trade::quote(reading, url, quoted))
        p { a href="/" { "Back to the pool" } }
    };
    layout(&format!("Quote · {}", title(reading)), &content, Some((reading, None)))
}

/// The page for a path that does not exist.
pub fn missing() -> Markup {
    let content = html! {
        h1 { "There is no such page" }
        p { a href="/" { "Go to the pool" } }
    };
    layout("Not found", &content, None)
}

/// The pool in two sentences, for wallets.
pub fn summary(reading: &Reading) -> String {
    let snapshot = &reading.snapshot;
    let rate = lamports_per_whole_pool_token(snapshot)
        .map_or(String::new(), |price| format!("1 pool token = {}. ", sol(price)));
    let fees = fees::headline(snapshot);
    let out = short_sol(snapshot.sol_withdrawal_lamports());
    format!("{rate}{fees} Up to {out} can be withdrawn as SOL at once; more as an exit ticket or a stake account.")
}

fn title(reading: &Reading) -> String {
    match &reading.slow.label {
        Some(label) => label.name.clone(),
        None => format!("Stake pool {}", format::shortened(&reading.snapshot.address())),
    }
}

fn layout(title: &str, content: &Markup, pool: Option<(&Reading, Option<Duration>)>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="description" content="Stake SOL with a Solana stake pool: rate, fees, validators and keys in view";
                title { (title) }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href=(STYLE.path);
                // A module: it runs after the page is shown.
                script type="module" src=(SCRIPT.path) {}
            }
            body {
                a .skip href="#main" { "Skip to the content" }
                @if let Some((reading, failed_for)) = pool {
                    (header(reading))
                    main #main { (notices(reading, failed_for)) (content) }
                    (footer(reading))
                } @else {
                    main #main { (content) }
                }
            }
        }
    }
}

fn header(reading: &Reading) -> Markup {
    let address = reading.snapshot.address();
    html! {
        header {
            p .name {
                a href="/" { (title(reading)) }
                @if let Some(label) = reading.slow.label.as_ref().filter(|label| !label.symbol.is_empty()) {
                    " " span .symbol { (label.symbol) }
                }
            }
            p .address { "Pool " code { (address) } }
            @if reading.slow.label.is_some() {
                p .small { "The name is what the token's metadata says: check the address." }
            }
        }
    }
}

/// What a holder has to know before anything else.
fn notices(reading: &Reading, failed_for: Option<Duration>) -> Markup {
    let snapshot = &reading.snapshot;
    html! {
        @if let Some(age_of) = failed_for {
            p .notice role="status" {
                "The pool cannot be read at the moment. These figures are " (age(age_of)) " old."
            }
        }
        @if snapshot.is_stale() {
            p .notice role="status" {
                "The pool was not updated in epoch " (snapshot.epoch()) " yet. Deposits and withdrawals wait for the update, which any \
                 crank can send."
            }
        }
        @if snapshot.environment().rewards_are_being_paid() {
            p .notice role="status" {
                "The rewards of the last epoch are being paid. Stake cannot move until that is finished."
            }
        }
        @if let Some(epoch) = snapshot.halted_until_epoch() {
            p .notice role="status" {
                "The rate guard has halted deposits and SOL withdrawals until epoch " (epoch) "."
            }
        }
    }
}

fn footer(reading: &Reading) -> Markup {
    let snapshot = &reading.snapshot;
    let read = reading.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let read = utc(i64::try_from(read).unwrap_or_default());
    html! {
        footer {
            p { "Read at " time { (read) } ", in epoch " (snapshot.epoch()) "; updated in epoch "
                (snapshot.pool().head.last_update_epoch.get()) "." }
            p { "Program " code { (snapshot.program_id()) } }
            p { "Pool token " code { (snapshot.pool().head.pool_mint) } }
            p { "Served by Tidepool. This server holds no key: your wallet signs, after it has shown you the transaction." }
        }
    }
}

/// A list of names and values.
fn facts(rows: &[(&str, Markup)]) -> Markup {
    html! {
        dl {
            @for (name, value) in rows {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// An amount of SOL, exact, as a part of a table.
fn exact(lamports: u64) -> Markup {
    html! { (Units(lamports)) }
}
