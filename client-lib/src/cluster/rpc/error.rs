//! What an endpoint's errors mean.

use {
    crate::{
        cluster::ClusterError,
        text::{Form, visible},
    },
    solana_rpc_client_api::{
        client_error::{Error, ErrorKind, reqwest},
        custom_error::{
            JSON_RPC_SERVER_ERROR_BLOCK_NOT_AVAILABLE, JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED,
            JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY, JSON_RPC_SERVER_ERROR_TRANSACTION_SIGNATURE_VERIFICATION_FAILURE,
        },
        request::RpcError,
    },
    solana_transaction_error::TransactionError,
};

/// Code that some endpoints give for too many requests, after the HTTP status of that meaning.
const TOO_MANY_REQUESTS: i64 = 429;

/// Characters of what an endpoint says that get into a message.
const MOST_CHARACTERS: usize = 200;

/// What an endpoint's error means, in words that can be shown.
pub(super) fn from_client(error: Error) -> ClusterError {
    use ClusterError::{RateLimited, Refused, UnexpectedAnswer, Unreachable};
    match meaning(error) {
        Unreachable { detail } => Unreachable { detail: plain(&detail) },
        RateLimited { detail } => RateLimited { detail: plain(&detail) },
        Refused { detail } => Refused { detail: plain(&detail) },
        UnexpectedAnswer { detail } => UnexpectedAnswer { detail: plain(&detail) },
        error => error,
    }
}

/// An endpoint's words as a part of a sentence: visible, on one line, and cut to [`MOST_CHARACTERS`].
fn plain(words: &str) -> String {
    // Escapes are longer than what they stand for, so both are cut.
    let (start, is_whole) = cut(words);
    let shown = visible(start, Form::OneLine);
    let (shown, shows_all) = cut(&shown);
    if is_whole && shows_all { shown.to_owned() } else { format!("{shown}…") }
}

/// The first [`MOST_CHARACTERS`] of a text, and whether that is all of it.
fn cut(text: &str) -> (&str, bool) {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => (&text[..end], false),
        None => (text, true),
    }
}

fn meaning(error: Error) -> ClusterError {
    if let Some(error) = error.get_transaction_error() {
        return ClusterError::TransactionRefused { error };
    }
    match *error.kind {
        ErrorKind::Reqwest(error) => from_http(error),
        ErrorKind::RpcError(error) => from_rpc(error),
        ErrorKind::SerdeJson(error) => ClusterError::UnexpectedAnswer { detail: error.to_string() },
        ErrorKind::Middleware(_) => ClusterError::Unreachable { detail: "the request failed on its way".into() },
        other => ClusterError::Unreachable { detail: other.to_string() },
    }
}

fn from_http(error: reqwest::Error) -> ClusterError {
    // The URL of a private endpoint holds its key, and must not get into a message.
    let error = error.without_url();
    let status = error.status();
    let detail = match std::iter::successors(std::error::Error::source(&error), |error| error.source()).last() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    match status {
        Some(reqwest::StatusCode::TOO_MANY_REQUESTS) => ClusterError::RateLimited { detail },
        // The endpoint did not receive the whole request.
        Some(reqwest::StatusCode::REQUEST_TIMEOUT) => ClusterError::Unreachable { detail },
        Some(status) if status.is_client_error() => ClusterError::Refused { detail },
        _ if error.is_decode() => ClusterError::UnexpectedAnswer { detail },
        _ => ClusterError::Unreachable { detail },
    }
}

fn from_rpc(error: RpcError) -> ClusterError {
    match error {
        RpcError::RpcResponseError { code, message, .. } => from_code(code, message),
        RpcError::ParseError(detail) | RpcError::RpcRequestError(detail) => ClusterError::UnexpectedAnswer { detail },
        RpcError::ForUser(detail) => ClusterError::Refused { detail },
    }
}

fn from_code(code: i64, message: String) -> ClusterError {
    match code {
        JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY
        | JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED
        | JSON_RPC_SERVER_ERROR_BLOCK_NOT_AVAILABLE => ClusterError::Unreachable { detail: message },
        JSON_RPC_SERVER_ERROR_TRANSACTION_SIGNATURE_VERIFICATION_FAILURE => {
            ClusterError::TransactionRefused { error: TransactionError::SignatureFailure }
        }
        TOO_MANY_REQUESTS => ClusterError::RateLimited { detail: message },
        _ => ClusterError::Refused { detail: format!("{message}, code {code}") },
    }
}
