//! Many visitors: requests to the cluster do not grow with them.

use {
    super::{super::harness::Stage, Endpoint, ask, get, post, serve},
    futures_util::future::join_all,
    serde_json::json,
    solana_signer::Signer as _,
};

#[tokio::test]
async fn visitors_cost_no_requests_to_the_cluster() {
    let stage = Stage::new();
    let pool = stage.pool("--initial-deposit 100").await;
    stage.add_validators(&pool, 0..4).await;
    let endpoint = Endpoint::default();
    serve(
        &endpoint.of(&stage),
        &pool,
        |_| {},
        async |address| {
            let before = endpoint.count();
            let paths =
                ["/", "/validators", "/actions/stake", "/actions.json", "/api/pool", "/health", "/metrics", "/nothing"];
            for _ in 0..20 {
                join_all(paths.iter().map(|path| get(address, path))).await;
            }
            for _ in 0..5 {
                assert_eq!(get(address, "/api/quote?action=stake&amount=1").await.status, 200);
            }
            assert_eq!(endpoint.count(), before);
        },
    )
    .await;
}

#[tokio::test]
async fn a_transaction_takes_few_requests_and_clients_are_limited() {
    let stage = Stage::new();
    let pool = stage.pool("--initial-deposit 100").await;
    stage.add_validators(&pool, 0..4).await;
    let endpoint = Endpoint::default();
    let body = json!({ "account": stage.wallet.pubkey().to_string() });
    serve(
        &endpoint.of(&stage),
        &pool,
        |_| {},
        async |address| {
            let before = endpoint.count();
            assert_eq!(post(address, "/actions/stake?amount=1", &body).await.status, 200);
            assert_eq!(endpoint.count() - before, 2, "a simulation and a blockhash");
            let before = endpoint.count();
            // Fewer than the connections that a client may have.
            let answers = join_all((0..50).map(|_| post(address, "/actions/stake?amount=1", &body))).await;
            let served = answers.iter().filter(|answer| answer.status == 200).count();
            assert_eq!(endpoint.count() - before, 2 * served);
            assert!(served < 40, "{served}");
            let refused = answers.iter().find(|answer| answer.status == 429).expect("a limit");
            assert!(refused.header("retry-after").is_some() && refused.message().contains("wait a few seconds"));
            assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
            // Pages are not limited, and a client cannot choose its address.
            assert_eq!(get(address, "/").await.status, 200);
            let headers = ["x-forwarded-for: 203.0.113.9"];
            let mut again = vec![];
            for _ in 0..20 {
                again.push(ask(address, "POST", "/actions/stake?amount=1", &headers, &body.to_string()).await.status);
            }
            assert!(again.contains(&429), "{again:?}");
        },
    )
    .await;
}

#[tokio::test]
async fn clients_behind_a_proxy_are_told_apart() {
    let (stage, pool) = Stage::with_pool("").await;
    let body = json!({ "account": stage.wallet.pubkey().to_string() }).to_string();
    serve(
        &stage.cluster,
        &pool,
        |options| options.behind_proxy = true,
        async |address| {
            let asked = async |client: &str| {
                let header = format!("x-forwarded-for: 198.51.100.1, {client}");
                ask(address, "POST", "/actions/stake?amount=1", &[&header], &body).await.status
            };
            while asked("203.0.113.9").await == 200 {}
            assert_eq!([asked("203.0.113.9").await, asked("203.0.113.10").await], [429, 200]);
        },
    )
    .await;
}

#[tokio::test]
async fn first_load_takes_less_than_100_kb() {
    let stage = Stage::of(120);
    let pool = stage.pool("--initial-deposit 500").await;
    stage.add_validators(&pool, 0..120).await;
    serve(
        &stage.cluster,
        &pool,
        |_| {},
        async |address| {
            let load = async |path: &str| ask(address, "GET", path, &["accept-encoding: gzip, br"], "").await;
            let page = get(address, "/").await;
            let mut bytes = load("/").await.body.len();
            let linked: Vec<_> = page.text().split('"').filter(|part| part.starts_with("/assets/")).collect();
            for path in &linked {
                bytes += load(path).await.body.len();
            }
            assert!(linked.len() >= 2 && bytes < 100_000, "{bytes} bytes");
            assert!(page.text().contains("All 120 validators"));
            let all = get(address, "/validators").await;
            assert_eq!(all.text().matches("<tr>").count(), 121);
        },
    )
    .await;
}
