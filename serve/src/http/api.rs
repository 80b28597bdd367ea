//! The JSON interface of the page's script. `docs/json.md` describes it.

use {
    super::{
        Shared,
        client::Peer,
        pages::{Asked, address, quoted},
    },
    crate::{
        problem::Problem,
        read::Reading,
        trade::{Action, Quote, TicketAction},
        worker::{Built, Job, OpenTicket, Status, Wallet},
    },
    axum::{
        Router,
        body::{Body, to_bytes},
        extract::{Query, State, rejection::QueryRejection},
        http::{HeaderValue, StatusCode, header},
        response::{IntoResponse, Response},
        routing::{get, post},
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde::{Deserialize, de::DeserializeOwned},
    serde_json::{Value, json},
    solana_transaction::versioned::VersionedTransaction,
    std::time::{Duration, UNIX_EPOCH},
    tidepool_client::cluster::Confirmation,
    tokio::time::timeout,
};

/// Longest body of a request in bytes, and the longest time for it. A transaction has at most 1,644 characters.
const BODY_BYTES: usize = 4_096;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/pool", get(pool))
        .route("/api/quote", get(quote))
        .route("/api/transaction", post(transaction))
        .route("/api/wallet", get(wallet))
        .route("/api/status", get(status))
        .route("/api/send", post(send))
}

/// Reads a JSON body within its bounds.
pub async fn read_json<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let bytes = match timeout(BODY_TIMEOUT, to_bytes(body, BODY_BYTES)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return Err(Problem::too_large(BODY_BYTES)),
        Err(_) => return Err(Problem::too_slow()),
    };
    serde_json::from_slice(&bytes).map_err(|_| Problem::invalid("invalid JSON: see docs/json.md for the fields"))
}

/// A JSON answer that no cache keeps.
pub fn answer(status: StatusCode, value: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, value.to_string()).into_response()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = answer(self.status, &json!({ "message": self.message }));
        if let Some(after) = self.retry_after {
            let seconds = HeaderValue::from(after.as_secs().saturating_add(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// Amounts are strings of digits: JavaScript's numbers would round them.
fn digits(number: u64) -> Value {
    number.to_string().into()
}

async fn pool(State(shared): State<Shared>) -> Response {
    let site = shared.site();
    answer(StatusCode::OK, &described(&site.reading, site.chain.as_deref(), &site.url))
}

fn described(reading: &Reading, chain: Option<&str>, url: &str) -> Value {
    let snapshot = &reading.snapshot;
    let (head, rate) = (&snapshot.pool().head, snapshot.rate());
    json!({
        "pool": snapshot.address().to_string(),
        "program_id": snapshot.program_id().to_string(),
        "chain": chain,
        "url": url,
        "epoch": snapshot.epoch(),
        "stale": snapshot.is_stale(),
        "read_timestamp": reading.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        "total_lamports": digits(rate.total_lamports.get()),
        "pool_token_supply": digits(rate.pool_token_supply.get()),
        "sol_withdrawal_lamports": digits(snapshot.sol_withdrawal_lamports()),
        "accounts": {
            "validator_list": head.validator_list.to_string(),
            "reserve_stake": head.reserve_stake.to_string(),
            "pool_mint": head.pool_mint.to_string(),
            "token_program": head.token_program_id.to_string(),
            "manager_fee": head.manager_fee_account.to_string(),
            "withdraw_authority": snapshot.withdraw_authority().to_string(),
        },
    })
}

async fn quote(
    State(shared): State<Shared>,
    peer: Peer,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(|_| Problem::invalid("invalid query: see docs/json.md for the fields"))?;
    let quoted = quoted(&shared, &peer, asked.trade()?, asked.holder()?).await?;
    Ok(answer(StatusCode::OK, &quote_json(&quoted)))
}

fn quote_json(quote: &Quote) -> Value {
    let is_deposit = quote.trade.action == Action::Stake;
    let minimum = quote.minimum.map(digits);
    json!({
        "action": quote.trade.action.name(),
        "lamports": digits(quote.lamports),
        "pool_tokens": digits(quote.pool_tokens),
        "fee_pool_tokens": digits(quote.fee_pool_tokens),
        "growth_charge_lamports": digits(quote.growth_charge_lamports),
        "minimum_pool_tokens": minimum.clone().filter(|_| is_deposit),
        "minimum_lamports": minimum.filter(|_| !is_deposit),
        "slippage_basis_points": quote.trade.slippage,
        "rent_lamports": digits(quote.rent_lamports),
        "stake_accounts": quote.stake_accounts,
        "remaining_pool_tokens": digits(quote.remaining_pool_tokens),
        "payable_from_epoch": quote.payable_from_epoch,
        "does": quote.sentence(),
    })
}

/// A transaction to build.
#[derive(Debug, Deserialize)]
struct Wanted {
    #[serde(flatten)]
    asked: Asked,
    /// The ticket to pay or to cancel.
    ticket_id: Option<u64>,
}

async fn transaction(State(shared): State<Shared>, peer: Peer, body: Body) -> Result<Response, Problem> {
    let wanted: Wanted = read_json(body).await?;
    let holder =
        wanted.asked.holder()?.ok_or_else(|| Problem::invalid("missing account: name the wallet that signs"))?;
    let action = wanted.asked.action.as_deref().and_then(TicketAction::named);
    let built = match (action, wanted.ticket_id) {
        (Some(action), Some(id)) => shared.work(&peer, |reply| Job::Ticket(action, id, holder, reply)).await?,
        (Some(_), None) => return Err(Problem::invalid("missing ticket_id: name the ticket")),
        (None, _) => {
            let trade = wanted.asked.trade()?;
            shared.work(&peer, |reply| Job::Trade(trade, holder, reply)).await?
        }
    };
    let Built { transaction, last_valid_block_height, sentence, quote } = built;
    Ok(answer(
        StatusCode::OK,
        &json!({
            "transaction": BASE64_STANDARD.encode(transaction),
            "last_valid_block_height": last_valid_block_height,
            "does": sentence,
            "quote": quote.as_ref().map(quote_json),
        }),
    ))
}

#[derive(Debug, Deserialize)]
struct OfWallet {
    account: String,
}

async fn wallet(
    State(shared): State<Shared>,
    peer: Peer,
    asked: Result<Query<OfWallet>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(|_| Problem::invalid("missing account: name the wallet"))?;
    let holder = address(&asked.account)?;
    let Wallet { lamports, pool_tokens, tickets } = shared.work(&peer, |reply| Job::Wallet(holder, reply)).await?;
    let tickets = tickets.map(|tickets| tickets.iter().map(ticket_json).collect::<Vec<_>>());
    Ok(answer(
        StatusCode::OK,
        &json!({ "lamports": digits(lamports), "pool_tokens": digits(pool_tokens), "tickets": tickets }),
    ))
}

fn ticket_json(open: &OpenTicket) -> Value {
    let OpenTicket { ticket, claimable_lamports, is_payable } = open;
    json!({
        "ticket_id": ticket.id.get(),
        "recipient": ticket.recipient.to_string(),
        "lamports": digits(ticket.lamports.get()),
        "pool_tokens": digits(ticket.pool_tokens.get()),
        "requested_in_epoch": ticket.epoch.get(),
        "claimable_lamports": claimable_lamports.map(digits),
        "payable": is_payable,
    })
}

#[derive(Debug, Deserialize)]
struct OfSignature {
    signature: String,
    last_valid_block_height: Option<u64>,
}

async fn status(
    State(shared): State<Shared>,
    peer: Peer,
    asked: Result<Query<OfSignature>, QueryRejection>,
) -> Result<Response, Problem> {
    let invalid = || Problem::invalid("invalid signature: expected base58 of 64 bytes");
    let Query(asked) = asked.map_err(|_| invalid())?;
    let signature = asked.signature.parse().map_err(|_| invalid())?;
    let last = asked.last_valid_block_height;
    let Status { reported, explanation, is_expired } =
        shared.work(&peer, |reply| Job::Status(signature, last, reply)).await?;
    let confirmation = reported.as_ref().map(|status| match status.confirmation {
        Confirmation::Processed => "processed",
        Confirmation::Confirmed => "confirmed",
        Confirmation::Finalized => "finalized",
    });
    let error = reported.as_ref().and_then(|status| status.error.as_ref()).map(ToString::to_string);
    let slot = reported.as_ref().map(|status| status.slot);
    Ok(answer(
        StatusCode::OK,
        &json!({
            "confirmation": confirmation, "error": error, "message": explanation, "slot": slot, "expired": is_expired,
        }),
    ))
}

#[derive(Debug, Deserialize)]
struct Signed {
    transaction: String,
}

async fn send(State(shared): State<Shared>, peer: Peer, body: Body) -> Result<Response, Problem> {
    let signed: Signed = read_json(body).await?;
    let invalid = || Problem::invalid("invalid transaction: expected the base64 of a signed transaction");
    let bytes = BASE64_STANDARD.decode(signed.transaction).map_err(|_| invalid())?;
    let transaction: VersionedTransaction = wincode::deserialize(&bytes).map_err(|_| invalid())?;
    let transaction = Box::new(transaction);
    let signature = shared.work(&peer, |reply| Job::Send(transaction, reply)).await?;
    Ok(answer(StatusCode::OK, &json!({ "signature": signature.to_string() })))
}
