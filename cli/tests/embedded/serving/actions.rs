//! Solana Actions and Solana Pay, by the published shapes (`@solana/actions-spec` 2.4.2).

use {
    super::{
        super::harness::{SOL, Stage, text},
        Answer, ask, get, post, visit,
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde_json::{Value, json},
    solana_message::VersionedMessage,
    solana_signature::Signature,
    solana_signer::Signer as _,
    solana_transaction::versioned::VersionedTransaction,
    std::net::SocketAddr,
    tidepool_client::cluster::Cluster as _,
};

/// The headers that the specification asks of every answer.
fn assert_open(answer: &Answer) {
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET,POST,PUT,OPTIONS"),
        (
            "access-control-allow-headers",
            "Content-Type, Authorization, Content-Encoding, Accept-Encoding, X-Accept-Action-Version, X-Accept-Blockchain-Ids",
        ),
        ("access-control-expose-headers", "X-Action-Version, X-Blockchain-Ids"),
        ("x-action-version", "2.4"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}: {answer:?}");
    }
}

/// `ActionGetResponse`, and the fields that Solana Pay reads.
fn assert_action(action: &Value) {
    assert_eq!(action["type"], "action");
    for field in ["icon", "title", "description", "label"] {
        assert!(!text(&action[field]).is_empty(), "{field}: {action:#}");
    }
    assert!(text(&action["icon"]).starts_with("http") && text(&action["icon"]).ends_with(".svg"));
    for linked in action["links"]["actions"].as_array().expect("linked actions") {
        assert_eq!(linked["type"], "transaction");
        let href = text(&linked["href"]);
        assert!(href.starts_with("/actions/") && !text(&linked["label"]).is_empty(), "{linked:#}");
        for parameter in linked["parameters"].as_array().into_iter().flatten() {
            assert!(href.contains(&format!("{{{}}}", text(&parameter["name"]))), "{linked:#}");
            assert_eq!((&parameter["type"], &parameter["required"]), (&json!("number"), &json!(true)));
            assert!(parameter["label"].is_string() && parameter["min"].is_number());
        }
    }
}

/// The transaction of an answer.
pub fn transaction(answer: &Value) -> VersionedTransaction {
    let bytes = BASE64_STANDARD.decode(text(&answer["transaction"])).expect("base64");
    wincode::deserialize(&bytes).expect("a transaction")
}

/// Signs as a wallet does, and sends.
pub async fn sign_and_send(stage: &Stage, mut transaction: VersionedTransaction) {
    let signature = stage.wallet.sign_message(&transaction.message.serialize());
    assert_eq!(
        transaction.signatures,
        [Signature::default()],
        "it is unsigned, and asks for the wallet's signature alone"
    );
    transaction.signatures = vec![signature];
    stage.cluster.send(&transaction).await.expect("it is sent");
    let status = stage.cluster.statuses(&[signature]).await.expect("the cluster answers").pop().flatten();
    assert_eq!(status.expect("it landed").error, None);
}

async fn pool() -> (Stage, String) {
    let stage = Stage::new();
    let pool = stage.pool("--initial-deposit 100").await;
    stage.add_validators(&pool, 0..2).await;
    (stage, pool)
}

async fn built(address: SocketAddr, path: &str, stage: &Stage) -> Value {
    let answer = post(address, path, &json!({ "account": stage.wallet.pubkey().to_string() })).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_open(&answer);
    let json = answer.json();
    assert_eq!(json["type"], "transaction");
    assert!(text(&json["message"]).chars().count() <= 80);
    json
}

#[tokio::test]
async fn offers_have_the_published_shape() {
    let (stage, pool) = pool().await;
    visit(&stage, &pool, async |address| {
        let rules = get(address, "/actions.json").await;
        assert_open(&rules);
        let rule = &rules.json()["rules"][0];
        assert!(rule["pathPattern"].is_string() && rule["apiPath"].is_string());
        for (action, links) in [("stake", 4), ("unstake", 3), ("ticket", 1), ("unstake-stake", 1)] {
            let path = format!("/actions/{action}");
            let offer = get(address, &path).await;
            assert_eq!((offer.status, offer.header("content-type")), (200, Some("application/json")));
            assert_open(&offer);
            assert_action(&offer.json());
            assert_eq!(offer.json()["links"]["actions"].as_array().unwrap().len(), links, "{action}");
            // Solana Pay: the link has its amount.
            let paid = get(address, &format!("{path}?amount=1.5")).await;
            assert_action(&paid.json());
            assert_eq!(paid.json()["links"]["actions"][0]["href"], format!("{path}?amount=1.5"));
            let preflight = ask(address, "OPTIONS", &path, &["origin: https://example.com"], "").await;
            assert_eq!(preflight.status, 204);
            assert_open(&preflight);
        }
        assert_open(&ask(address, "OPTIONS", "/actions.json", &[], "").await);
        let icon = get(address, "/assets/icon.svg").await;
        assert_eq!(icon.header("cross-origin-resource-policy"), Some("cross-origin"));
        assert_eq!(icon.header("content-type"), Some("image/svg+xml"));
    })
    .await;
}

#[tokio::test]
async fn transactions_land_as_quoted() {
    let (stage, pool) = pool().await;
    let token_account = stage.must(&format!("deposit-sol {pool} 1")).await["token_account"].clone();
    visit(&stage, &pool, async |address| {
        let before = stage.tokens(&token_account);
        let staked = built(address, "/actions/stake?amount=1.5", &stage).await;
        assert_eq!(staked["message"], "Deposit 1.5 SOL for at least 1.4985 pool tokens");
        let transaction = transaction(&staked);
        assert!(matches!(transaction.message, VersionedMessage::Legacy(_)), "every wallet signs it");
        sign_and_send(&stage, transaction).await;
        assert_eq!(stage.tokens(&token_account) - before, 3 * SOL / 2);

        let unstaked = built(address, "/actions/unstake?amount=0.5", &stage).await;
        sign_and_send(&stage, super::actions::transaction(&unstaked)).await;
        assert_eq!(stage.tokens(&token_account) - before, SOL);
        // The amount can also be in the body.
        let body = json!({ "account": stage.wallet.pubkey().to_string(), "data": { "amount": "0.25" } });
        let ticket = post(address, "/actions/ticket", &body).await.json();
        sign_and_send(&stage, super::actions::transaction(&ticket)).await;
        let tickets = stage.must(&format!("tickets {pool}")).await;
        assert_eq!(tickets["tickets"].as_array().map(Vec::len), Some(1), "{tickets:#}");
    })
    .await;
}

#[tokio::test]
async fn errors_say_what_to_do() {
    let (stage, pool) = pool().await;
    let account = stage.wallet.pubkey().to_string();
    let poor = solana_keypair::Keypair::new().pubkey().to_string();
    visit(&stage, &pool, async |address| {
        for (path, body, status, part) in [
            ("/actions/stake", json!({ "account": account }), 400, "missing amount"),
            ("/actions/stake?amount=x", json!({ "account": account }), 400, "invalid amount"),
            ("/actions/stake?amount=1", json!({ "account": "me" }), 400, "invalid account"),
            ("/actions/stake?amount=1", json!({}), 400, "invalid JSON"),
            ("/actions/steak?amount=1", json!({ "account": account }), 404, "invalid action"),
            ("/actions/stake?amount=100000", json!({ "account": account }), 422, "would fail"),
            ("/actions/stake?amount=1", json!({ "account": poor }), 422, "would fail"),
            ("/actions/unstake?amount=1000", json!({ "account": account }), 422, "the reserve can pay at most"),
            ("/actions/unstake-stake?amount=1", json!({ "account": account }), 422, "cannot be withdrawn as stake now"),
        ] {
            let answer = post(address, path, &body).await;
            assert!(
                answer.status == status && answer.message().contains(part),
                "{path}: {} {}",
                answer.status,
                answer.text()
            );
            assert_open(&answer);
        }
        let answer = ask(address, "DELETE", "/actions/stake", &[], "").await;
        assert_eq!(answer.status, 405);
        assert_open(&answer);
        // A stale pool: the offer is disabled, and a transaction is refused.
        stage.cluster.advance_epoch().unwrap();
        let answer = post(address, "/actions/stake?amount=1", &json!({ "account": account })).await;
        assert!(answer.status == 422 && answer.message().contains("would fail"), "{}", answer.text());
    })
    .await;
    visit(&stage, &pool, async |address| {
        let offer = get(address, "/actions/stake").await.json();
        assert_eq!(offer["disabled"], true);
        assert!(text(&offer["error"]["message"]).contains("not up to date"));
        let answer = post(address, "/actions/stake?amount=1", &json!({ "account": account })).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
    })
    .await;
}
