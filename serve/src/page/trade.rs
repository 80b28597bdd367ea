//! The forms of trades, and the page with a quote: both work without scripts.

use {
    super::{facts, pay},
    crate::{
        problem::Problem,
        read::Reading,
        trade::{Action, Quote},
    },
    maud::{Markup, html},
    tidepool_client::units::{Share, sol, tokens},
};

/// The forms: one to stake, one to unstake in each of its ways.
pub fn forms(reading: &Reading) -> Markup {
    let has_tickets = reading.snapshot.is_extended();
    html! {
        section #trade aria-labelledby="stake" data-pool=(reading.snapshot.address()) {
            h2 #stake { "Stake" }
            form action="/quote" method="get" data-trade="stake" {
                input type="hidden" name="action" value="stake";
                (amount("stake-amount", "Amount of SOL"))
                button type="submit" { "Get a quote" }
            }
            h2 #unstake { "Unstake" }
            form action="/quote" method="get" data-trade="unstake" {
                fieldset {
                    legend { "As what" }
                    (way(Action::Unstake, true, "SOL at once, from the reserve"))
                    @if has_tickets { (way(Action::Ticket, false, "an exit ticket: SOL later, the amount fixed now")) }
                    (way(Action::UnstakeStake, false, "a stake account: at once, SOL after one epoch of cool-down"))
                }
                (amount("unstake-amount", "Amount of pool tokens"))
                button type="submit" { "Get a quote" }
            }
            #wallet aria-live="polite" {}
        }
    }
}

fn amount(id: &str, label: &str) -> Markup {
    html! {
        label for=(id) { (label) }
        input #(id) name="amount" type="text" inputmode="decimal" autocomplete="off" required pattern="[0-9]*[.]?[0-9]{0,9}" maxlength="20"
            title="A number such as 1.5";
    }
}

fn way(action: Action, checked: bool, text: &str) -> Markup {
    html! { label .way { input type="radio" name="action" value=(action) checked[checked]; " " (text) } }
}

/// A quote to the lamport, with the code to sign it elsewhere; or why there is none.
pub fn quote(reading: &Reading, url: &str, quoted: &Result<Quote, Problem>) -> Markup {
    html! {
        @match quoted {
            Ok(quote) => {
                h1 { (quote.trade.action.title()) }
                (facts(&rows(reading, quote)))
                p { "Exact while the pool does not change. Below the minimum the transaction fails, and nothing is traded." }
                (pay::code(url, quote.trade))
            }
            Err(problem) => {
                h1 { "No quote" }
                p .notice role="alert" { (problem.message) }
            }
        }
    }
}

fn rows(reading: &Reading, quote: &Quote) -> Vec<(&'static str, Markup)> {
    let is_deposit = quote.trade.action == Action::Stake;
    let (lamports, given) =
        (sol(quote.lamports), tokens(quote.pool_tokens.saturating_sub(quote.remaining_pool_tokens)));
    let (pay, get) = if is_deposit { (lamports, given) } else { (given, lamports) };
    let minimum = quote.minimum.map(|minimum| if is_deposit { tokens(minimum) } else { sol(minimum) });
    let text = |text: String| html! { (text) };
    let fee = if quote.fee_pool_tokens == 0 {
        "none".into()
    } else {
        format!("{}, already deducted", tokens(quote.fee_pool_tokens))
    };
    let slippage = Share(quote.trade.slippage);
    let mut rows = vec![
        ("You pay", text(pay)),
        ("You get", html! { strong { (get) } }),
        ("Fee", text(fee)),
        ("At least", text(format!("{} ({slippage} below the quote)", minimum.unwrap_or_else(|| "any amount".into())))),
    ];
    if quote.growth_charge_lamports > 0 {
        rows.push((
            "For all holders",
            text(format!("{} of it: the growth that you did not wait for", sol(quote.growth_charge_lamports))),
        ));
    }
    if quote.remaining_pool_tokens > 0 {
        rows.push((
            "Stays with you",
            text(format!("{}, which cannot be withdrawn as stake now", tokens(quote.remaining_pool_tokens))),
        ));
    }
    match quote.trade.action {
        Action::UnstakeStake => {
            let rent =
                format!("{}, which stays in the {} new stake accounts", sol(quote.rent_lamports), quote.stake_accounts);
            rows.push(("Rent", text(rent)));
            rows.push((
                "When",
                text("the stake is yours at once; SOL after you deactivate it and one epoch of cool-down".into()),
            ));
        }
        Action::Ticket => {
            rows.push((
                "Rent",
                text(format!("{}, returned when the ticket is paid or cancelled", sol(quote.rent_lamports))),
            ));
            rows.push(("When", text(when(reading, quote))));
        }
        Action::Unstake => rows.push(("When", text("at once".into()))),
        Action::Stake => {}
    }
    rows
}

fn when(reading: &Reading, quote: &Quote) -> String {
    let epoch = reading.snapshot.epoch();
    match quote.payable_from_epoch {
        Some(payable) if payable <= epoch => "the reserve can pay it now".into(),
        Some(payable) => format!("from about epoch {payable} on; it is epoch {epoch} now"),
        None => "when the reserve gets more SOL: rebalances do not fill it".into(),
    }
}
