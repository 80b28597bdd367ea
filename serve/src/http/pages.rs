//! Pages for people.

use {
    super::{Shared, client::Peer, limiter},
    crate::{
        page,
        problem::Problem,
        trade::{Action, DEFAULT_SLIPPAGE, MAX_SLIPPAGE, Quote, Trade},
        worker::Job,
    },
    axum::{
        extract::{Query, State, rejection::QueryRejection},
        http::{HeaderMap, HeaderValue, StatusCode, header},
        response::{IntoResponse, Response},
    },
    serde::Deserialize,
    solana_address::Address,
    tidepool_client::units::{Units, positive},
};

pub async fn index(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    shared.site().index.respond(&headers)
}

pub async fn validators(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    shared.site().validators.respond(&headers)
}

/// What a quote or a transaction is asked for with.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    pub action: Option<String>,
    /// A decimal number of SOL or whole pool tokens.
    pub amount: Option<String>,
    pub slippage_basis_points: Option<u16>,
    pub account: Option<String>,
}

impl Asked {
    /// The trade that is asked for.
    pub fn trade(&self) -> Result<Trade, Problem> {
        let action = self.action.as_deref().unwrap_or_default().parse()?;
        self.trade_of(action)
    }

    /// The same for an action that the path names.
    pub fn trade_of(&self, action: Action) -> Result<Trade, Problem> {
        let amount = self.amount.as_deref().map(str::trim).filter(|amount| !amount.is_empty());
        let amount =
            amount.ok_or_else(|| Problem::invalid(format!("missing amount: enter a number of {}", action.unit())))?;
        // An error repeats the text: not at any length.
        let Units(amount) = match amount {
            amount if amount.len() > 40 => {
                return Err(Problem::invalid("invalid amount: it has more than 40 characters"));
            }
            amount => positive(amount).map_err(Problem::invalid)?,
        };
        let slippage = self.slippage_basis_points.unwrap_or(DEFAULT_SLIPPAGE);
        if slippage > MAX_SLIPPAGE {
            return Err(Problem::invalid(format!(
                "invalid slippage of {slippage} basis points: use at most {MAX_SLIPPAGE}"
            )));
        }
        Ok(Trade { action, amount, slippage })
    }

    /// The wallet, if one is named.
    pub fn holder(&self) -> Result<Option<Address>, Problem> {
        self.account.as_deref().map(address).transpose()
    }
}

/// Reads an address.
pub fn address(text: &str) -> Result<Address, Problem> {
    text.parse().map_err(|_| Problem::invalid("invalid account: expected a base58 public key"))
}

/// The quote of a trade: from memory, or for a withdrawal of stake from the stake accounts.
pub async fn quoted(shared: &Shared, peer: &Peer, trade: Trade, holder: Option<Address>) -> Result<Quote, Problem> {
    if trade.action == Action::UnstakeStake {
        return shared.work(peer, |reply| Job::Quote(trade, holder, reply)).await;
    }
    shared.admit(peer, limiter::QUOTE)?;
    Quote::of(&shared.site().reading.snapshot, trade, holder.as_ref())
}

/// The answer to the page's forms, for clients without scripts.
pub async fn quote(State(shared): State<Shared>, peer: Peer, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let asked = asked.map_or_else(|_| Asked::default(), |Query(asked)| asked);
    let quoted = async {
        let (trade, holder) = (asked.trade()?, asked.holder()?);
        quoted(&shared, &peer, trade, holder).await
    };
    let quoted = quoted.await;
    let status = quoted.as_ref().map_or_else(|problem| problem.status, |_| StatusCode::OK);
    let site = shared.site();
    let page = page::quote(&site.reading, &site.url, &quoted);
    html(status, page.into_string())
}

pub async fn not_found() -> Response {
    missing().into_response()
}

/// The page for a path that does not exist.
pub fn missing() -> impl IntoResponse {
    html(StatusCode::NOT_FOUND, page::missing().into_string())
}

fn html(status: StatusCode, page: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, page).into_response()
}
