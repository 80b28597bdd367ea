//! Deposits and withdrawals of a report.

use {
    super::{card, counted},
    crate::{
        commands::inspect::report::flows::{EpochFlows, Flows, change},
        units::sol,
    },
    maud::{Markup, html},
};

pub(super) fn table(found: &Flows) -> Markup {
    let total = found.total();
    let counted = |count: usize, name: &str| counted(count as u64, name);
    html! {
        dl.cards {
            (card("Deposits", &sol(total.deposited_lamports.unsigned_abs()), &counted(total.deposits, "deposit")))
            (card("Withdrawals", &sol(total.withdrawn_lamports.unsigned_abs()), &counted(total.withdrawals, "withdrawal")))
        }
        @if found.exact { p.soft { "By the events of the pool. Their sums are those of the pool account and its ledger, to the lamport. Like all figures here, they are of finalized blocks, some seconds or minutes old, unless another commitment was asked for." } }
        @else { p.warn { "By the events of the pool, which are incomplete: the history of the endpoint has " (counted(found.gaps, "gap")) "." } }
        h3 #flows { "Deposits and withdrawals" }
        div.table.long tabindex="0" role="region" aria-labelledby="flows" {
            table {
                caption { "The newest epoch first, in SOL and pool tokens. Update: rewards and gifts, less losses; and the fee, less tokens that holders burned. A cancelled exit ticket is a deposit." }
                thead { tr { @for name in ["epoch", "deposits", "SOL", "minted", "withdrawals", "SOL", "burned", "update (SOL)", "update (tokens)"] { th scope="col" { (name) } } } }
                tbody {
                    @for flows in found.epochs.iter().rev() { (row(&flows.epoch.to_string(), flows)) }
                    (row("all", &total))
                }
            }
        }
    }
}

fn row(name: &str, flows: &EpochFlows) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            td { (flows.deposits) }
            td { (change(flows.deposited_lamports)) }
            td { (change(flows.minted_pool_tokens)) }
            td { (flows.withdrawals) }
            td { (change(flows.withdrawn_lamports)) }
            td { (change(flows.burned_pool_tokens)) }
            td { (change(flows.update_lamports)) }
            td { (change(flows.update_pool_tokens)) }
        }
    }
}
