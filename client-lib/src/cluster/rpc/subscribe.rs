//! Account subscriptions through a websocket.

use {
    futures_util::StreamExt as _,
    solana_address::Address,
    solana_commitment_config::CommitmentConfig,
    solana_pubsub_client::nonblocking::pubsub_client::{PubsubClient, PubsubClientError},
    solana_rpc_client_api::{
        client_error::reqwest::Url,
        config::{RpcAccountInfoConfig, RpcTransactionLogsConfig, RpcTransactionLogsFilter},
    },
    std::convert::Infallible,
};

/// The websocket URL of the endpoint at `url`, by the rule of the Solana CLI: the port plus one, if there is a port.
/// `None` for an invalid URL.
pub(super) fn websocket_url(url: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    // The scheme's default port counts as no port.
    let port = url.port().and_then(|port| port.checked_add(1));
    url.set_scheme(scheme).ok()?;
    url.set_port(port).ok()?;
    Some(url.into())
}

/// Waits for the next change of an account. Errors if the subscription fails.
pub(super) async fn next_change(
    websocket_url: &str,
    address: &Address,
    commitment: CommitmentConfig,
) -> Result<(), PubsubClientError> {
    let client = PubsubClient::new(websocket_url).await?;
    let config = RpcAccountInfoConfig { commitment: Some(commitment), ..RpcAccountInfoConfig::default() };
    let (mut changes, _unsubscribe) = client.account_subscribe(address, Some(config)).await?;
    // The connection is closed when the client is dropped, which ends the subscription.
    match changes.next().await {
        Some(_) => Ok(()),
        None => Err(PubsubClientError::ConnectionClosed("by the endpoint".into())),
    }
}

/// Calls `heard` when the subscription to transactions that name `address` begins, and after each of them. Errors when
/// it ends.
pub(super) async fn listen(
    websocket_url: &str,
    address: &Address,
    commitment: CommitmentConfig,
    heard: &(dyn Fn() + Sync),
) -> Result<Infallible, PubsubClientError> {
    let client = PubsubClient::new(websocket_url).await?;
    let filter = RpcTransactionLogsFilter::Mentions(vec![address.to_string()]);
    let config = RpcTransactionLogsConfig { commitment: Some(commitment) };
    let (mut transactions, _unsubscribe) = client.logs_subscribe(filter, config).await?;
    heard();
    while transactions.next().await.is_some() {
        heard();
    }
    Err(PubsubClientError::ConnectionClosed("by the endpoint".into()))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::cluster::{Cluster as _, RpcCluster},
        futures_util::SinkExt as _,
        serde_json::{Value, json},
        std::time::Duration,
        tokio::{
            net::TcpListener,
            task::JoinHandle,
            time::{Instant, sleep},
        },
        tokio_tungstenite::{accept_async, tungstenite::Message},
    };

    /// Longer than any test that does not time out.
    const LONG: Duration = Duration::from_secs(30);

    const SHORT: Duration = Duration::from_millis(300);

    /// Accepts one subscription, then sends the messages in `then`. Returns its URL, and the request when it arrives.
    async fn endpoint(then: Vec<Value>) -> (String, JoinHandle<Value>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let mut stream = accept_async(listener.accept().await.unwrap().0).await.unwrap();
            let request: Value =
                serde_json::from_str(stream.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
            let answer = json!({ "jsonrpc": "2.0", "id": request["id"], "result": 7 });
            for message in std::iter::once(answer).chain(then) {
                stream.send(Message::text(message.to_string())).await.unwrap();
                // A real endpoint is silent for a moment after its response.
                sleep(Duration::from_millis(50)).await;
            }
            tokio::spawn(async move { while stream.next().await.is_some() {} });
            request
        });
        (url, serving)
    }

    fn notification() -> Value {
        let account = json!({ "lamports": 1, "data": "", "owner": "11111111111111111111111111111111", "executable": false,
                              "rentEpoch": 0, "space": 0 });
        let result = json!({ "context": { "slot": 5 }, "value": account });
        json!({ "jsonrpc": "2.0", "method": "accountNotification", "params": { "subscription": 7, "result": result } })
    }

    #[test]
    fn derives_websocket_url_like_solana_cli() {
        for (url, expected) in [
            ("http://localhost:8899", "ws://localhost:8900/"),
            ("http://127.0.0.1:18899/path", "ws://127.0.0.1:18900/path"),
            ("https://api.devnet.solana.com", "wss://api.devnet.solana.com/"),
            ("https://rpc.example.org/?api-key=1", "wss://rpc.example.org/?api-key=1"),
            ("https://rpc.example.org:8443", "wss://rpc.example.org:8444/"),
        ] {
            assert_eq!(websocket_url(url).as_deref(), Some(expected));
        }
        assert_eq!(websocket_url("nonsense"), None);
    }

    #[tokio::test]
    async fn change_ends_wait() {
        let (url, serving) = endpoint(vec![notification()]).await;
        let (began, address) = (Instant::now(), Address::new_unique());
        RpcCluster::new("http://127.0.0.1:1").websocket(url).wait_for_change(&address, LONG).await;
        assert!(began.elapsed() < LONG / 2);
        let request = serving.await.unwrap();
        assert_eq!(
            (&request["method"], &request["params"][0]),
            (&json!("accountSubscribe"), &json!(address.to_string()))
        );
        assert_eq!(request["params"][1]["commitment"], "confirmed");
    }

    #[tokio::test]
    async fn waits_for_timeout_without_change() {
        let (silent, _serving) = endpoint(vec![]).await;
        // An endpoint that closes the connection, a closed port, and an invalid URL.
        let closing = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = format!("ws://{}", closing.local_addr().unwrap());
        tokio::spawn(async move { while closing.accept().await.is_ok() {} });
        for url in [silent, closed, "ws://127.0.0.1:1".into(), "nonsense".into()] {
            let began = Instant::now();
            RpcCluster::new("http://127.0.0.1:1").websocket(url).wait_for_change(&Address::new_unique(), SHORT).await;
            assert!(began.elapsed() >= SHORT);
        }
    }
}
