//! The JSON of the page's script, described in `docs/json.md`.

use {
    super::{
        super::harness::{SIGNATURE, SOL, Stage, text},
        actions::{sign_and_send, transaction},
        get, post, visit,
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde_json::{Value, json},
    solana_signer::Signer as _,
    solana_transaction::versioned::VersionedTransaction,
};

const REFERENCE: &str = include_str!("../../../../docs/json.md");

fn assert_documented(json: &Value) {
    for (name, value) in json.as_object().into_iter().flatten() {
        assert!(REFERENCE.contains(&format!("`{name}`")), "docs/json.md does not describe {name}");
        assert_documented(value);
    }
    json.as_array().into_iter().flatten().for_each(assert_documented);
}

async fn pool() -> (Stage, String) {
    let stage = Stage::new();
    let pool = stage.pool("--initial-deposit 100 --epoch-fee 5% --withdrawal-fee 0.1%").await;
    stage.add_validators(&pool, 0..2).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("rebalance {pool}")).await;
    stage.next_epoch(&pool).await;
    (stage, pool)
}

#[tokio::test]
async fn quotes_match_the_program() {
    let (stage, pool) = pool().await;
    let account = stage.wallet.pubkey().to_string();
    let held = stage.must(&format!("deposit-sol {pool} 20")).await["token_account"].clone();
    visit(&stage, &pool, async |address| {
        let quote = async |query: &str| {
            let answer = get(address, &format!("/api/quote?{query}&account={account}")).await;
            assert_eq!(answer.status, 200, "{query}: {}", answer.text());
            assert_documented(&answer.json());
            answer.json()
        };
        let units = |value: &Value| text(value).parse::<u64>().expect("digits");
        let wanted = async |action: &str, amount: &str| {
            let body = json!({ "action": action, "amount": amount, "account": account });
            let answer = post(address, "/api/transaction", &body).await;
            assert_eq!(answer.status, 200, "{action}: {}", answer.text());
            assert_documented(&answer.json());
            answer.json()
        };

        let quoted = quote("action=stake&amount=1.5&slippage_basis_points=50").await;
        assert_eq!((units(&quoted["lamports"]), &quoted["slippage_basis_points"]), (3 * SOL / 2, &json!(50)));
        let before = stage.tokens(&held);
        sign_and_send(&stage, transaction(&wanted("stake", "1.5").await)).await;
        assert_eq!(stage.tokens(&held) - before, units(&quoted["pool_tokens"]));

        let quoted = quote("action=unstake-stake&amount=5").await;
        assert_eq!(quoted["stake_accounts"], 1);
        let built = wanted("unstake-stake", "5").await;
        let lamports = units(&built["quote"]["lamports"]);
        sign_and_send(&stage, transaction(&built)).await;
        let found = stage.must(&format!("balance {account} --pool {pool}")).await;
        let stakes = found["stake"]["accounts"].as_array().expect("stake accounts");
        let held = lamports + units(&built["quote"]["rent_lamports"]);
        assert!(stakes.iter().any(|stake| stake["lamports"] == held), "{held}: {found:#}");
    })
    .await;
}

#[tokio::test]
async fn tickets_are_requested_shown_and_cancelled() {
    let (stage, pool) = pool().await;
    let account = stage.wallet.pubkey().to_string();
    let held = stage.must(&format!("deposit-sol {pool} 20")).await["token_account"].clone();
    stage.must(&format!("withdraw {pool} 2 --as ticket")).await;
    visit(&stage, &pool, async |address| {
        let wallet = get(address, &format!("/api/wallet?account={account}")).await.json();
        assert_documented(&wallet);
        assert_eq!(text(&wallet["pool_tokens"]), stage.tokens(&held).to_string());
        let ticket = &wallet["tickets"][0];
        assert_eq!((&ticket["ticket_id"], text(&ticket["recipient"])), (&json!(0), account.clone()));
        let body = |id: u64| json!({ "action": "cancel-ticket", "ticket_id": id, "account": account });
        let early = post(address, "/api/transaction", &body(0)).await;
        assert_eq!(early.status, 422, "{}", early.text());
        let missing = post(address, "/api/transaction", &body(7)).await;
        assert!(missing.status == 400 && missing.message().contains("not open"));
        let other = solana_keypair::Keypair::new().pubkey().to_string();
        let body = json!({ "action": "cancel-ticket", "ticket_id": 0, "account": other });
        let others = post(address, "/api/transaction", &body).await;
        assert!(others.status == 400 && others.message().contains("belongs to"), "{}", others.text());
    })
    .await;
    stage.next_epoch(&pool).await;
    visit(&stage, &pool, async |address| {
        let before = stage.tokens(&held);
        let body = json!({ "action": "cancel-ticket", "ticket_id": 0, "account": account });
        let built = post(address, "/api/transaction", &body).await;
        assert_eq!(built.status, 200, "{}", built.text());
        sign_and_send(&stage, transaction(&built.json())).await;
        assert!(stage.tokens(&held) > before);
    })
    .await;
}

#[tokio::test]
async fn tickets_are_paid() {
    let (stage, pool) = pool().await;
    let account = stage.wallet.pubkey().to_string();
    stage.must(&format!("deposit-sol {pool} 20")).await;
    stage.must(&format!("withdraw {pool} 60 --as ticket")).await;
    visit(&stage, &pool, async |address| {
        let wallet = get(address, &format!("/api/wallet?account={account}")).await.json();
        let ticket = &wallet["tickets"][0];
        assert_eq!((&ticket["payable"], &ticket["claimable_lamports"]), (&json!(false), &ticket["lamports"]));
        let claim = json!({ "action": "claim-ticket", "ticket_id": 0, "account": account });
        let early = post(address, "/api/transaction", &claim).await;
        assert!(early.status == 422 && early.message().contains("the reserve can pay"), "{}", early.text());
    })
    .await;
    stage.must(&format!("deposit-sol {pool} 100")).await;
    visit(&stage, &pool, async |address| {
        let wallet = get(address, &format!("/api/wallet?account={account}")).await.json();
        let ticket = &wallet["tickets"][0];
        assert_eq!(ticket["payable"], true, "{wallet:#}");
        let lamports: u64 = text(&ticket["claimable_lamports"]).parse().unwrap();
        let claim = |account: &str| json!({ "action": "claim-ticket", "ticket_id": 0, "account": account });
        // Permissionless: another wallet can pay for it.
        let (other, _) = stage.another_wallet("other", SOL);
        let built = post(address, "/api/transaction", &claim(&other.to_string())).await;
        assert_eq!(built.status, 200, "{}", built.text());
        let built = post(address, "/api/transaction", &claim(&account)).await.json();
        assert_documented(&built);
        assert!(built["quote"].is_null());
        let before = stage.cluster.lamports(&stage.wallet.pubkey());
        sign_and_send(&stage, transaction(&built)).await;
        assert!(stage.cluster.lamports(&stage.wallet.pubkey()) > before + lamports - SIGNATURE);
        let missing = json!({ "action": "claim-ticket", "account": account });
        assert_eq!(post(address, "/api/transaction", &missing).await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn failures_and_expiry_are_told() {
    let (stage, pool) = pool().await;
    let account = stage.wallet.pubkey().to_string();
    visit(&stage, &pool, async |address| {
        let body = json!({ "action": "stake", "amount": "1", "account": account });
        let answered = post(address, "/api/transaction", &body).await.json();
        let mut built = transaction(&answered);
        let last = answered["last_valid_block_height"].as_u64().expect("a block height");
        built.signatures = vec![stage.wallet.sign_message(&built.message.serialize())];
        let status = async |last: u64| {
            let signature = built.signatures[0];
            let query = format!("signature={signature}&last_valid_block_height={last}");
            get(address, &format!("/api/status?{query}")).await.json()
        };
        assert_eq!(status(last).await["expired"], false);
        assert_eq!(status(0).await["expired"], true);
        // An epoch begins between the quote and the signature.
        stage.cluster.begin_epoch().unwrap();
        let encoded = BASE64_STANDARD.encode(wincode::serialize(&built).unwrap());
        let sent = post(address, "/api/send", &json!({ "transaction": encoded })).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        let status = status(0).await;
        assert_documented(&status);
        assert_eq!(status["expired"], false, "it has landed: {status:#}");
        assert!(text(&status["message"]).contains("update"), "{status:#}");
        // Again: the cluster knows it.
        assert_eq!(post(address, "/api/send", &json!({ "transaction": encoded })).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn only_transactions_of_this_server_are_sent() {
    let (stage, pool) = pool().await;
    let account = stage.wallet.pubkey().to_string();
    visit(&stage, &pool, async |address| {
        let body = json!({ "action": "stake", "amount": "1", "account": account });
        let mut built = transaction(&post(address, "/api/transaction", &body).await.json());
        built.signatures = vec![stage.wallet.sign_message(&built.message.serialize())];
        let encoded =
            |transaction: &VersionedTransaction| BASE64_STANDARD.encode(wincode::serialize(transaction).unwrap());
        let sent = post(address, "/api/send", &json!({ "transaction": encoded(&built) })).await;
        assert_eq!(text(&sent.json()["signature"]), built.signatures[0].to_string(), "{}", sent.text());
        assert_documented(&sent.json());
        let status = get(address, &format!("/api/status?signature={}", built.signatures[0])).await.json();
        assert_documented(&status);
        assert!(status["error"].is_null() && status["confirmation"].is_string(), "{status:#}");
        let unknown = solana_signature::Signature::from([7; 64]);
        let status = get(address, &format!("/api/status?signature={unknown}")).await.json();
        assert!(status["confirmation"].is_null());

        built.message.set_recent_blockhash(solana_hash::Hash::new_from_array([9; 32]));
        let other = post(address, "/api/send", &json!({ "transaction": encoded(&built) })).await;
        assert!(other.status == 400 && other.message().contains("has not built"), "{}", other.text());
        for body in [json!({ "transaction": "?" }), json!({ "transaction": "AAAA" }), json!({})] {
            assert_eq!(post(address, "/api/send", &body).await.status, 400, "{body}");
        }
    })
    .await;
}

#[tokio::test]
async fn pool_is_described() {
    let (stage, pool) = pool().await;
    visit(&stage, &pool, async |address| {
        let described = get(address, "/api/pool").await.json();
        assert_documented(&described);
        assert_eq!((text(&described["pool"]), &described["stale"]), (pool.clone(), &json!(false)));
        assert_eq!(described["url"], format!("http://{address}"));
    })
    .await;
}
