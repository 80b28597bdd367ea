//! Classification of an endpoint's errors: final, or transient.

use {
    crate::{
        cluster::ClusterError,
        text::{Form, visible},
    },
    solana_rpc_client_api::{
        client_error::{
            Error, ErrorKind,
            reqwest::{self, StatusCode},
        },
        custom_error::{
            JSON_RPC_SERVER_ERROR_KEY_EXCLUDED_FROM_SECONDARY_INDEX,
            JSON_RPC_SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
            JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE,
            JSON_RPC_SERVER_ERROR_TRANSACTION_PRECOMPILE_VERIFICATION_FAILURE,
            JSON_RPC_SERVER_ERROR_TRANSACTION_SIGNATURE_LEN_MISMATCH,
            JSON_RPC_SERVER_ERROR_TRANSACTION_SIGNATURE_VERIFICATION_FAILURE,
            JSON_RPC_SERVER_ERROR_UNSUPPORTED_TRANSACTION_VERSION,
        },
        request::RpcError,
    },
    solana_transaction_error::TransactionError,
    std::{io, time::Duration},
};

/// Error codes of JSON-RPC itself. All are final: the request is well-formed, so the endpoint does not serve it.
const PARSE_ERROR: i64 = -32_700;
const INVALID_REQUEST: i64 = -32_600;
const METHOD_NOT_FOUND: i64 = -32_601;
const INVALID_PARAMS: i64 = -32_602;

/// Codes that providers use for too many requests, after the HTTP status.
const TOO_MANY_REQUESTS: [i64; 4] = [429, -429, -32_029, -32_429];

/// Codes that providers use for a missing permission, after the HTTP statuses.
const NO_PERMISSION: [i64; 6] = [401, 402, 403, -32_401, -32_402, -32_403];

/// Phrases for too many requests, in lower case.
const RATE_PHRASES: [&str; 10] = [
    "rate limit",
    "rate-limit",
    "ratelimit",
    "too many requests",
    "request limit",
    "limit exceeded",
    "requests per",
    "units per second",
    "throttl",
    "quota",
];

/// Phrases for a request or response of too many items or bytes, in lower case.
const SIZE_PHRASES: [&str; 9] = [
    "too many input",
    "too many account",
    "too many address",
    "too many pubkey",
    "too many key",
    "too large",
    "too big",
    "is limited to",
    "maximum number",
];

/// Words that can mean the same for a request of many items, in lower case. Halving such a request in vain does no
/// harm.
const AMBIGUOUS_SIZE_WORDS: [&str; 3] = ["limit", "max", "exceed"];

/// Most characters of an endpoint's message that are shown.
const MAX_CHARACTERS: usize = 200;

/// The [`ClusterError`] of an endpoint's error, for a request of `items` items.
pub(super) fn from_client(error: Error, items: usize) -> ClusterError {
    use ClusterError::{RateLimited, Refused, TooLarge, UnexpectedAnswer, Unreachable};
    match classify(error, items) {
        Unreachable { detail } => Unreachable { detail: printable(&detail) },
        RateLimited { detail, retry_after } => RateLimited { detail: printable(&detail), retry_after },
        Refused { detail } => Refused { detail: printable(&detail) },
        TooLarge { detail } => TooLarge { detail: printable(&detail) },
        UnexpectedAnswer { detail } => UnexpectedAnswer { detail: printable(&detail) },
        error => error,
    }
}

/// An endpoint's message as a part of a sentence: printable, on one line, and cut to [`MAX_CHARACTERS`].
fn printable(words: &str) -> String {
    // Escapes are longer than the characters they replace, so both are cut.
    let (start, is_whole) = cut(words);
    let shown = visible(start, Form::OneLine);
    let (shown, shows_all) = cut(&shown);
    if is_whole && shows_all { shown.to_owned() } else { format!("{shown}…") }
}

/// The first [`MAX_CHARACTERS`] of a text, and whether that is all of it.
fn cut(text: &str) -> (&str, bool) {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => (&text[..end], false),
        None => (text, true),
    }
}

/// Wraps an error for the inner RPC client; [`from_client`] unwraps it.
pub(super) fn wrap(error: ClusterError) -> Error {
    ErrorKind::Io(io::Error::other(error)).into()
}

fn classify(error: Error, items: usize) -> ClusterError {
    if let Some(error) = error.get_transaction_error() {
        return ClusterError::TransactionRefused { error };
    }
    match *error.kind {
        ErrorKind::Io(error) => {
            error.downcast().unwrap_or_else(|other| ClusterError::Unreachable { detail: other.to_string() })
        }
        ErrorKind::Reqwest(error) => unanswered(error),
        ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) => match from_code(code, message) {
            ClusterError::Refused { detail } | ClusterError::Unreachable { detail }
                // The items are valid, so the request has too many of them.
                if items > 1 && (code == INVALID_PARAMS || has_any(&detail, &AMBIGUOUS_SIZE_WORDS)) =>
            {
                ClusterError::TooLarge { detail }
            }
            error => error,
        },
        ErrorKind::RpcError(
            RpcError::ParseError(detail) | RpcError::RpcRequestError(detail) | RpcError::ForUser(detail),
        ) => ClusterError::UnexpectedAnswer { detail },
        ErrorKind::SerdeJson(error) => ClusterError::UnexpectedAnswer { detail: error.to_string() },
        ErrorKind::Middleware(_) => ClusterError::Unreachable { detail: "the request failed".into() },
        other => ClusterError::Unreachable { detail: other.to_string() },
    }
}

/// A request without an HTTP response.
pub(super) fn unanswered(error: reqwest::Error) -> ClusterError {
    // The URL of a private endpoint contains its key, and must not appear in a message.
    let error = error.without_url();
    let detail = match std::iter::successors(std::error::Error::source(&error), |error| error.source()).last() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    ClusterError::Unreachable { detail }
}

/// A response with status 200 that is not JSON-RPC: from a gateway, a login page, or a proxy without its server.
pub(super) fn not_json_rpc(words: &str) -> ClusterError {
    let detail = match words.trim() {
        "" => "its answer is empty".to_owned(),
        words => format!("its answer is not JSON-RPC: {words}"),
    };
    if has_any(words, &RATE_PHRASES) {
        ClusterError::RateLimited { detail, retry_after: None }
    } else {
        ClusterError::Unreachable { detail }
    }
}

/// A response with an HTTP error status, and the text of its body.
pub(super) fn from_status(status: StatusCode, words: &str, retry_after: Option<Duration>) -> ClusterError {
    let detail = match words.trim() {
        "" => format!("HTTP {status}"),
        words => format!("HTTP {status}: {words}"),
    };
    match status {
        StatusCode::TOO_MANY_REQUESTS => ClusterError::RateLimited { detail, retry_after },
        _ if has_any(words, &RATE_PHRASES) => ClusterError::RateLimited { detail, retry_after },
        StatusCode::PAYLOAD_TOO_LARGE => ClusterError::TooLarge { detail },
        _ if status.is_client_error() && has_any(words, &SIZE_PHRASES) => ClusterError::TooLarge { detail },
        StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT => {
            ClusterError::Refused { detail: format!("HTTP {status}: redirects are not followed, use the new URL") }
        }
        _ if status.is_redirection() => {
            ClusterError::Unreachable { detail: format!("HTTP {status}: redirects are not followed") }
        }
        // The endpoint did not receive the whole request, or does not accept it yet.
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => ClusterError::Unreachable { detail },
        _ if status.is_client_error() => ClusterError::Refused { detail },
        _ => ClusterError::Unreachable { detail },
    }
}

/// The error of a JSON-RPC code. Codes for an unserved request or an invalid transaction are final. All others can be
/// transient: -32603 (internal error), -32005 (node is behind), codes of providers.
fn from_code(code: i64, message: String) -> ClusterError {
    let detail = format!("{message}, code {code}");
    match code {
        _ if TOO_MANY_REQUESTS.contains(&code) || has_any(&message, &RATE_PHRASES) => {
            ClusterError::RateLimited { detail, retry_after: None }
        }
        _ if has_any(&message, &SIZE_PHRASES) => ClusterError::TooLarge { detail },
        JSON_RPC_SERVER_ERROR_TRANSACTION_SIGNATURE_VERIFICATION_FAILURE => {
            ClusterError::TransactionRefused { error: TransactionError::SignatureFailure }
        }
        PARSE_ERROR
        | INVALID_REQUEST
        | METHOD_NOT_FOUND
        | INVALID_PARAMS
        | JSON_RPC_SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE
        | JSON_RPC_SERVER_ERROR_TRANSACTION_PRECOMPILE_VERIFICATION_FAILURE
        | JSON_RPC_SERVER_ERROR_KEY_EXCLUDED_FROM_SECONDARY_INDEX
        | JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE
        | JSON_RPC_SERVER_ERROR_TRANSACTION_SIGNATURE_LEN_MISMATCH
        | JSON_RPC_SERVER_ERROR_UNSUPPORTED_TRANSACTION_VERSION => ClusterError::Refused { detail },
        _ if NO_PERMISSION.contains(&code) => ClusterError::Refused { detail },
        _ => ClusterError::Unreachable { detail },
    }
}

pub(super) fn is_rate_limit(error: &Error) -> bool {
    let found = match error.kind() {
        ErrorKind::Io(error) => error.get_ref().and_then(|error| error.downcast_ref()).cloned(),
        ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) => {
            Some(from_code(*code, message.clone()))
        }
        _ => None,
    };
    matches!(found, Some(ClusterError::RateLimited { .. }))
}

fn has_any(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}
