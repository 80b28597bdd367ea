//! How one gets out: the reserve, tickets and stake accounts.

use {
    super::{
        facts,
        format::{grouped, short_sol},
    },
    crate::read::Reading,
    maud::{Markup, html},
    solana_address::Address,
    tidepool_client::{pool::PoolSnapshot, quote, units::tokens, words},
};

/// Shares of the supply for which the way out is told.
const SHARES: [(u64, &str); 3] =
    [(1_000, "0.1 % of all pool tokens"), (100, "1 % of all pool tokens"), (10, "10 % of all pool tokens")];

pub fn section(reading: &Reading) -> Markup {
    let snapshot = &reading.snapshot;
    let tickets = snapshot.extension().map(|extension| extension.tickets);
    let open = tickets.map_or(0, |tickets| tickets.open.get());
    html! {
        section aria-labelledby="exits" {
            h2 #exits { "Getting out" }
            ul {
                li { strong { "SOL at once" } ", from the reserve: up to " (short_sol(snapshot.sol_withdrawal_lamports())) " now." }
                li { strong { "An exit ticket" } ": the amount of SOL is fixed now, and paid when rebalances have filled the reserve. It pays \
                    less only if the rate falls until then. You can cancel it from the next epoch on." }
                li { strong { "A stake account" } ": at once, for any amount of a validator's stake. It is yours; deactivate it, and after one \
                    epoch of cool-down it is SOL." }
            }
            .scroll tabindex="0" role="region" aria-label="Ways out" { table {
                caption { "What each way takes now" }
                thead { tr { th scope="col" { "Amount" } th scope="col" { "As SOL" } th scope="col" { "As a ticket" } th scope="col" { "As stake" } } }
                tbody { @for (part, name) in SHARES { (way_out(snapshot, part, name)) } }
            } }
            (facts(&[
                ("Reserve", html! { (short_sol(snapshot.reserve_lamports())) }),
                ("Of it kept for work and tickets", html! { (short_sol(snapshot.working_lamports().saturating_add(snapshot.ticket_lamports()))) }),
                ("Open tickets", html! { (grouped(open)) @if open > 0 { ", for " (short_sol(snapshot.ticket_lamports())) } }),
            ]))
        }
    }
}

fn way_out(snapshot: &PoolSnapshot, part: u64, name: &str) -> Markup {
    let amount = snapshot.rate().pool_token_supply.get() / part;
    // Not the manager's fee account, which alone is exempt from fees.
    let holder = Address::default();
    let not_now = if snapshot.is_stale() { "after the update of this epoch" } else { "not now" };
    let as_sol = match quote::quote_withdraw_sol(snapshot, &holder, amount, None) {
        Ok(_) if snapshot.pool().terms.sol_withdraw_authority.is_some() => {
            "needs the signature of the SOL withdraw authority".to_owned()
        }
        Ok(_) => "at once".to_owned(),
        Err(_) => not_now.to_owned(),
    };
    let ticket = match quote::quote_exit(snapshot, &holder, amount, None) {
        Ok(quote) => match quote.payable_from_epoch {
            Some(epoch) if epoch <= snapshot.epoch() => "payable now".to_owned(),
            Some(epoch) => format!("about {}", words::epochs(epoch - snapshot.epoch())),
            None => "when the reserve gets more SOL".to_owned(),
        },
        Err(_) if snapshot.is_stale() => not_now.to_owned(),
        Err(_) => "not possible".to_owned(),
    };
    html! {
        tr {
            th scope="row" { (name) " (" (tokens(amount)) ")" }
            td { (as_sol) }
            td { (ticket) }
            td { "at once, then one epoch of cool-down" }
        }
    }
}
