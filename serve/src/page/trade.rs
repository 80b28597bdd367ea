//! The forms of trades, and the page with a quote: both work without scripts.

use {
    super::{facts, format::short_sol, pay},
    crate::{
        problem::Problem,
        read::Reading,
        trade::{Action, DEFAULT_SLIPPAGE, MAX_SLIPPAGE, Quote},
    },
    maud::{Markup, html},
    tidepool_client::units::{Share, sol, tokens},
};

/// Slippage bounds to choose from, in basis points.
const SLIPPAGES: [u16; 4] = [DEFAULT_SLIPPAGE, 50, 100, MAX_SLIPPAGE];

/// The wallet and the forms: one to stake, one to unstake in each of its ways. The attributes name all accounts that a transaction may
/// touch: the script rejects one with others.
pub fn forms(reading: &Reading, chain: Option<&str>) -> Markup {
    let snapshot = &reading.snapshot;
    let head = &snapshot.pool().head;
    html! {
        section #trade aria-labelledby="your-wallet" data-pool=(snapshot.address()) data-program=(snapshot.program_id())
            data-mint=(head.pool_mint) data-token-program=(head.token_program_id) data-validator-list=(head.validator_list)
            data-reserve=(head.reserve_stake) data-manager-fee=(head.manager_fee_account) data-chain=[chain]
        {
            h2 #your-wallet { "Your wallet" }
            .wallet data-wallet { p { "To sign on this page, connect a wallet of this browser. To sign on your phone, get a quote and scan its code." } }
            div data-result="ticket" aria-live="polite" {}
            h2 #stake { "Stake" }
            form action="/quote" method="get" data-trade="stake" {
                input type="hidden" name="action" value="stake";
                (amount("stake-amount", "Amount of SOL"))
                (slippage("stake-slippage"))
                button type="submit" { "Get a quote" }
            }
            div data-result="stake" aria-live="polite" {}
            h2 #unstake { "Unstake" }
            form action="/quote" method="get" data-trade="unstake" {
                fieldset {
                    legend { "As" }
                    @let now = short_sol(snapshot.sol_withdrawal_lamports());
                    (way(Action::Unstake, true, "SOL", &format!("At once, from the reserve: up to {now} now.")))
                    @if snapshot.is_extended() {
                        (way(Action::Ticket, false, "An exit ticket", "The amount of SOL is fixed now, and paid when the reserve has it, \
                             mostly within a few epochs. You can cancel it from the next epoch on."))
                    }
                    (way(Action::UnstakeStake, false, "A stake account", "At once, any amount from a validator's minimum on. It earns on; \
                         for SOL you deactivate it and wait for the end of the epoch."))
                }
                (amount("unstake-amount", "Amount of pool tokens"))
                (slippage("unstake-slippage"))
                button type="submit" { "Get a quote" }
            }
            div data-result="unstake" aria-live="polite" {}
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

fn slippage(id: &str) -> Markup {
    html! {
        label for=(id) { "Slippage bound" }
        select #(id) name="slippage_basis_points" {
            @for bound in SLIPPAGES {
                option value=(bound) selected[bound == DEFAULT_SLIPPAGE] { "at most " (Share(bound)) " below the quote" }
            }
        }
    }
}

fn way(action: Action, checked: bool, name: &str, text: &str) -> Markup {
    html! {
        label .way {
            input type="radio" name="action" value=(action) checked[checked];
            span { strong { (name) } " " span .small { (text) } }
        }
    }
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
