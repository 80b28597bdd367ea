//! Hearing of changes through a websocket.

use {
    futures_util::StreamExt as _,
    solana_address::Address,
    solana_commitment_config::CommitmentConfig,
    solana_pubsub_client::nonblocking::pubsub_client::{PubsubClient, PubsubClientError},
    solana_rpc_client_api::{client_error::reqwest::Url, config::RpcAccountInfoConfig},
};

/// The URL at which the endpoint at `url` should take subscriptions, by the rule of Solana's own tools: the port is one more, if
/// there is one. `None` for what is no URL.
pub(super) fn websocket_url(url: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    // The scheme's usual port counts as none.
    let port = url.port().and_then(|port| port.checked_add(1));
    url.set_scheme(scheme).ok()?;
    url.set_port(port).ok()?;
    Some(url.into())
}

/// Waits for the next change of an account. An error means that changes cannot be heard of.
pub(super) async fn next_change(
    websocket_url: &str,
    address: &Address,
    commitment: CommitmentConfig,
) -> Result<(), PubsubClientError> {
    let client = PubsubClient::new(websocket_url).await?;
    let config = RpcAccountInfoConfig { commitment: Some(commitment), ..RpcAccountInfoConfig::default() };
    let (mut changes, _unsubscribe) = client.account_subscribe(address, Some(config)).await?;
    // The connection is closed when the client is dropped, and the subscription ends with it.
    match changes.next().await {
        Some(_) => Ok(()),
        None => Err(PubsubClientError::ConnectionClosed("by the endpoint".into())),
    }
}
