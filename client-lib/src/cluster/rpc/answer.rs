//! Decoding of JSON-RPC response bodies.

use {
    super::error::{is_rate_limit, not_json_rpc, wrap},
    serde_json::Value,
    solana_rpc_client_api::{
        client_error::{Error, ErrorKind, Result},
        custom_error::JSON_RPC_SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
        request::{RpcError, RpcResponseErrorData},
    },
    solana_transaction_status_client_types::UiTransactionError,
};

/// Bytes of a body other than JSON-RPC that are read for an error message.
const MAX_TEXT_BYTES: usize = 1_000;

pub(super) fn result_of(bytes: &[u8], id: u64) -> Result<Value> {
    let not_json_rpc = || wrap(not_json_rpc(&body_text(bytes)));
    let mut answer: Value = serde_json::from_slice(bytes).map_err(|_| not_json_rpc())?;
    let object = answer.as_object_mut().ok_or_else(not_json_rpc)?;
    let error = object.remove("error").filter(|error| !error.is_null()).map(|error| refusal(error, not_json_rpc));
    let (answered, result) = (object.remove("id").unwrap_or_default(), object.remove("result"));
    match (error, result) {
        // A gateway does not know the id of the request. Neither does an endpoint that could not parse it.
        (Some(error), _) if answered.as_u64() == Some(id) || answered.is_null() || is_rate_limit(&error) => Err(error),
        (None, result) if answered.as_u64() == Some(id) => Ok(result.unwrap_or(Value::Null)),
        (None, None) => Err(not_json_rpc()),
        _ => Err(invalid_response("it belongs to another request".into())),
    }
}

fn refusal(error: Value, not_json_rpc: impl FnOnce() -> Error) -> Error {
    let code = match &error["code"] {
        Value::String(text) => text.parse().ok(),
        code => code.as_i64(),
    };
    let Some(code) = code else { return not_json_rpc() };
    if code == JSON_RPC_SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE
        && let Ok(error) = serde_json::from_value::<UiTransactionError>(error["data"]["err"].clone())
    {
        return ErrorKind::TransactionError(error.into()).into();
    }
    let message = error["message"].as_str().unwrap_or("it has no message").to_owned();
    RpcError::RpcResponseError { code, message, data: RpcResponseErrorData::Empty }.into()
}

/// Text of a body for an error message: its `message` field, or the beginning of the text.
pub(super) fn body_text(bytes: &[u8]) -> String {
    let parsed: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let said = [&parsed["error"]["message"], &parsed["message"], &parsed["error"], &parsed];
    match said.into_iter().find_map(Value::as_str) {
        Some(message) => message.to_owned(),
        None => {
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_TEXT_BYTES)]);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        }
    }
}

pub(super) fn invalid_response(detail: String) -> Error {
    RpcError::RpcRequestError(detail).into()
}
