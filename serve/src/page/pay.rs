//! Links and QR codes of Solana Pay: a phone's wallet signs.

use {
    crate::trade::{Action, Trade},
    maud::{Markup, html},
    qrcode::{Color, EcLevel, QrCode},
    std::fmt::Write as _,
    tidepool_client::units::Units,
};

/// Light modules around a code.
const MARGIN: usize = 4;

/// Lamports of the code on the page of the pool.
const ONE: u64 = 1_000_000_000;

/// The code for a deposit of one SOL.
pub fn section(url: &str) -> Markup {
    html! {
        section .pay aria-labelledby="pay" {
            h2 #pay { "Sign on your phone" }
            (code(url, Trade { action: Action::Stake, amount: ONE, slippage: crate::trade::DEFAULT_SLIPPAGE }))
        }
    }
}

/// The code and the link for a trade.
pub fn code(url: &str, trade: Trade) -> Markup {
    let link = link(url, trade);
    let what = format!("{}: {} {}", trade.action.title(), Units(trade.amount), trade.action.unit());
    html! {
        figure .code {
            @if let Ok(code) = QrCode::with_error_correction_level(&link, EcLevel::M) { (drawn(&code, &what)) }
            figcaption {
                p { strong { (what) } }
                @if is_of_this_machine(url) {
                    p .notice { "This server has an address of this machine alone, which a phone cannot reach: `--public-url` names another." }
                }
                p { "Scan it with a wallet that knows Solana Pay, or " a href=(link) { "open it in a wallet on this device" } ". The wallet \
                    shows the transaction before it signs." }
            }
        }
    }
}

/// Whether no other machine can reach a URL.
fn is_of_this_machine(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["127.", "localhost", "[::1]"].iter().any(|start| host.starts_with(start))
}

/// `solana:` and the encoded URL of the transaction request.
fn link(url: &str, trade: Trade) -> String {
    let Trade { action, amount, .. } = trade;
    let request = format!("{url}/actions/{action}?amount={}", Units(amount));
    let mut link = "solana:".to_owned();
    for byte in request.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => link.push(char::from(byte)),
            byte => _ = write!(link, "%{byte:02X}"),
        }
    }
    link
}

/// A code as SVG: one path for all dark modules.
fn drawn(code: &QrCode, what: &str) -> Markup {
    let width = code.width();
    let side = width + 2 * MARGIN;
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let path = dark.fold(String::new(), |mut path, (index, _)| {
        let (x, y) = (index % width + MARGIN, index / width + MARGIN);
        let _ = write!(path, "M{x} {y}h1v1h-1z");
        path
    });
    html! {
        svg .qr viewBox=(format!("0 0 {side} {side}")) role="img" aria-label=(format!("QR code. {what}")) {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_told_what_it_cannot_reach() {
        assert!(["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80"].into_iter().all(is_of_this_machine));
        assert!(!is_of_this_machine("https://stake.example"));
        let shown = |url| section(url).into_string().contains("a phone cannot reach");
        assert!(shown("http://127.0.0.1:8080") && !shown("https://stake.example"));
    }

    #[test]
    fn link_is_a_transaction_request() {
        let trade = Trade { action: Action::Stake, amount: 1_500_000_000, slippage: 10 };
        assert_eq!(
            link("https://stake.example", trade),
            "solana:https%3A%2F%2Fstake.example%2Factions%2Fstake%3Famount%3D1.5"
        );
    }
}
