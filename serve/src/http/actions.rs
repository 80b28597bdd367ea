//! Solana Actions (`@solana/actions-spec` 2.4) and transaction requests of Solana Pay: one URL serves both.

use {
    super::{
        Shared,
        api::{answer, read_json},
        client::Peer,
        pages::{Asked, address},
    },
    crate::{problem::Problem, site::Site, trade::Action, worker::Job},
    axum::{
        Router,
        body::Body,
        extract::{Path, Query, Request, State, rejection::QueryRejection},
        http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
        middleware::{self, Next},
        response::{IntoResponse as _, Response},
        routing::get,
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde::Deserialize,
    serde_json::{Value, json},
    tidepool_client::units::Units,
};

/// The version of the specification.
const VERSION: &str = "2.4";

/// Amounts of SOL that a wallet offers as buttons.
const AMOUNTS: [&str; 3] = ["1", "5", "10"];

/// Longest message that wallets show in full: Solana Pay shows 80 characters.
const MESSAGE_LENGTH: usize = 80;

pub fn routes(shared: &Shared) -> Router<Shared> {
    Router::new()
        .route("/actions.json", get(rules).options(preflight))
        .route("/actions/{action}", get(offer).post(build).options(preflight))
        .layer(middleware::from_fn(open))
        .layer(middleware::from_fn_with_state(shared.clone(), named))
}

/// Any origin may read these answers: they have no cookies, and nothing of a user.
pub fn open_to_all() -> HeaderMap {
    let fixed = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET,POST,PUT,OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Content-Type, Authorization, Content-Encoding, Accept-Encoding, X-Accept-Action-Version, X-Accept-Blockchain-Ids",
        ),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "X-Action-Version, X-Blockchain-Ids"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    fixed.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect()
}

/// The headers of every answer, errors included.
async fn open(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().extend(open_to_all());
    response
}

async fn named(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let chain = shared.site().chain.clone();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert("x-action-version", HeaderValue::from_static(VERSION));
    if let Some(chain) = chain.and_then(|chain| HeaderValue::from_str(&chain).ok()) {
        headers.insert("x-blockchain-ids", chain);
    }
    response
}

async fn preflight() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn rules() -> Response {
    answer(StatusCode::OK, &json!({ "rules": [{ "pathPattern": "/actions/**", "apiPath": "/actions/**" }] }))
}

/// What wallets show. The link of Solana Pay has its amount already.
async fn offer(
    State(shared): State<Shared>,
    Path(action): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let action: Action = action.parse().map_err(missing)?;
    let asked = asked.map_err(|_| Problem::invalid("invalid query: expected amount"))?.0;
    let amount = match asked.amount {
        Some(_) => Some(Units(asked.trade_of(action)?.amount)),
        None => None,
    };
    Ok(answer(StatusCode::OK, &offered(&shared.site(), action, amount)))
}

fn missing(problem: Problem) -> Problem {
    Problem { status: StatusCode::NOT_FOUND, ..problem }
}

fn offered(site: &Site, action: Action, amount: Option<Units>) -> Value {
    let (reading, snapshot) = (&site.reading, &site.reading.snapshot);
    let name = reading.slow.label.as_ref().map_or("the stake pool", |label| &label.name);
    let links: Vec<_> = match (action, amount) {
        (action, Some(amount)) => vec![fixed(action, &amount.to_string())],
        (Action::Stake, None) => AMOUNTS.iter().map(|amount| fixed(action, amount)).chain([chosen(action)]).collect(),
        (Action::Unstake, None) => [Action::Unstake, Action::Ticket, Action::UnstakeStake].map(chosen).to_vec(),
        (action, None) => vec![chosen(action)],
    };
    let problem = snapshot.is_stale().then_some("the pool is not up to date in this epoch yet: retry in some minutes");
    let mut offered = json!({
        "type": "action",
        "icon": format!("{}/assets/icon.svg", site.url),
        "title": format!("{} · {name}", action.title()),
        "description": crate::page::summary(reading),
        "label": action.title(),
        "disabled": problem.is_some(),
        "links": { "actions": links },
    });
    if let Some(problem) = problem {
        offered["error"] = json!({ "message": problem });
    }
    offered
}

fn fixed(action: Action, amount: &str) -> Value {
    let label =
        if action == Action::Stake { format!("Stake {amount} SOL") } else { format!("{}: {amount}", action.title()) };
    json!({ "type": "transaction", "label": label, "href": format!("/actions/{action}?amount={amount}") })
}

fn chosen(action: Action) -> Value {
    json!({
        "type": "transaction",
        "label": action.title(),
        "href": format!("/actions/{action}?amount={{amount}}"),
        "parameters": [{
            "type": "number",
            "name": "amount",
            "label": if action == Action::Stake { "Amount of SOL" } else { "Amount of pool tokens" },
            "required": true,
            "min": 0.000_000_001,
        }],
    })
}

/// The body that wallets post.
#[derive(Debug, Deserialize)]
struct Posted {
    account: String,
    data: Option<Asked>,
}

async fn build(
    State(shared): State<Shared>,
    peer: Peer,
    Path(action): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
    body: Body,
) -> Result<Response, Problem> {
    let action: Action = action.parse().map_err(missing)?;
    let Query(mut asked) = asked.map_err(|_| Problem::invalid("invalid query: expected amount"))?;
    let posted: Posted = read_json(body).await?;
    let holder = address(&posted.account)?;
    asked.amount = asked.amount.or(posted.data.and_then(|data| data.amount));
    let trade = asked.trade_of(action)?;
    let built = shared.work(&peer, |reply| Job::Trade(trade, holder, reply)).await?;
    let message: String = built.sentence.chars().take(MESSAGE_LENGTH).collect();
    let transaction = BASE64_STANDARD.encode(built.transaction);
    let answered = json!({ "type": "transaction", "transaction": transaction, "message": message });
    Ok(answer(StatusCode::OK, &answered).into_response())
}
