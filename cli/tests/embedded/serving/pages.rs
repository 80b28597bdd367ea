//! Pages for people.

use {
    super::{super::harness::Stage, Endpoint, ask, get, serve, until, visit},
    solana_signer::Signer as _,
    std::{collections::BTreeSet, sync::atomic::Ordering, time::Duration},
};

const DASHBOARD: &str = include_str!("../../../../serve/grafana/tidepool-serve.json");

/// Headers of every answer.
const SECURE: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin-allow-popups"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// A pool with limits, fees, weights, an announcement and a ledger of three epochs.
async fn lively() -> (Stage, String) {
    let stage = Stage::new();
    let pool = stage.pool("--initial-deposit 100 --epoch-fee 5% --withdrawal-fee 0.1%").await;
    stage.add_validators(&pool, 0..3).await;
    let weights = format!("--set {}=2 --set {}=1", stage.vote(0), stage.vote(1));
    stage.must(&format!("set-weights {pool} {weights}")).await;
    stage.must(&format!("set-policy {pool} --reserve-share 20%")).await;
    let (guardian, _) = stage.another_wallet("guardian", super::super::harness::SOL);
    stage
        .must(&format!(
            "set-limits {pool} --max-epoch-fee 10% --max-sol-withdrawal-fee 1% --notice-epochs 2 --guardian {guardian}"
        ))
        .await;
    stage.must(&format!("set-fee {pool} sol-deposit 1%")).await;
    for _ in 0..3 {
        stage.must(&format!("rebalance {pool}")).await;
        stage.next_epoch(&pool).await;
    }
    (stage, pool)
}

#[tokio::test]
async fn page_shows_what_the_commands_show() {
    let (stage, pool) = lively().await;
    let shown = stage.must(&format!("show {pool}")).await;
    let list = stage.must(&format!("list {pool}")).await;
    visit(&stage, &pool, async |address| {
        let page = get(address, "/").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let text = page.text();
        let price = tidepool_client::units::sol(shown["lamports_per_whole_pool_token"].as_u64().unwrap());
        let authorities = &shown["authorities"];
        let parts = [&pool, &price, authorities["manager"].as_str().unwrap(), shown["program_id"].as_str().unwrap()];
        let words = [
            "5 %",
            "10 %",
            "0.1 %",
            "1 %",
            "2 epochs",
            "fee on SOL deposits",
            "Guardian",
            "Upgrade authority",
            "Exit",
            "one epoch of cool-down",
            "<svg",
            "<title>",
            "lang=\"en\"",
            "One pool token was",
        ];
        for part in parts.into_iter().chain(words.map(|word| if word == "Exit" { "exit ticket" } else { word })) {
            assert!(text.contains(part), "{part}: {text}");
        }
        for validator in list["validators"].as_array().unwrap() {
            assert!(text.contains(validator["vote"].as_str().unwrap()));
        }
        assert!(text.contains("no weight"), "a caution of the third validator");
        for (name, value) in SECURE {
            assert_eq!(page.header(name), Some(value), "{name}");
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!text.contains("style=") && !text.contains("<style") && !text.contains("onclick"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn forms_work_without_scripts() {
    let (stage, pool) = lively().await;
    visit(&stage, &pool, async |address| {
        for (query, parts) in [
            ("action=stake&amount=1.5", ["You pay", "1.5 SOL"]),
            ("action=unstake&amount=2", ["2 pool tokens", "at once"]),
            ("action=ticket&amount=3", ["Request an exit ticket", "returned when the ticket is paid"]),
            ("action=unstake-stake&amount=4", ["new stake accounts", "cool-down"]),
        ] {
            let page = get(address, &format!("/quote?{query}")).await;
            assert_eq!(
                (page.status, page.header("cache-control")),
                (200, Some("no-store")),
                "{query}: {}",
                page.text()
            );
            let has = |part: &str| page.text().contains(part);
            assert!(parts.iter().all(|part| has(part)) && has("At least") && has("solana:http"), "{}", page.text());
        }
        for (query, status, part) in [
            ("", 400, "invalid action"),
            ("action=stake", 400, "missing amount"),
            ("action=stake&amount=-1", 400, "invalid amount"),
            ("action=stake&amount=0", 400, "invalid amount 0"),
            ("action=unstake&amount=100000000", 422, "reserve can pay at most"),
            ("action=stake&amount=1&slippage_basis_points=501", 400, "at most 500"),
            ("action=stake&amount=1&slippage_basis_points=x", 400, "invalid action"),
            ("action=stake&amount=%3Cscript%3E", 400, "&lt;script&gt;"),
        ] {
            let page = get(address, &format!("/quote?{query}")).await;
            assert!(page.status == status && page.text().contains(part), "{query}: {} {}", page.status, page.text());
            assert!(!page.text().contains("<script>"));
        }
        assert_eq!(get(address, "/nothing").await.status, 404);
        assert_eq!(ask(address, "POST", "/", &[], "").await.status, 405);
    })
    .await;
}

#[tokio::test]
async fn content_is_compressed_and_not_sent_twice() {
    let (stage, pool) = lively().await;
    visit(&stage, &pool, async |address| {
        let plain = get(address, "/").await;
        let coded = async |coding: &str| ask(address, "GET", "/", &[&format!("accept-encoding: {coding}")], "").await;
        for coding in ["gzip", "br"] {
            let answer = coded(coding).await;
            assert_eq!(answer.header("content-encoding"), Some(coding));
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            assert!(answer.body.len() * 2 < plain.body.len(), "{coding}: {}", answer.body.len());
        }
        let tag = plain.header("etag").unwrap();
        let again = ask(address, "GET", "/", &[&format!("if-none-match: {tag}")], "").await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        let style = plain.text().split('"').find(|part| part.starts_with("/assets/style-")).unwrap();
        let style = get(address, style).await;
        assert_eq!(style.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
        assert_eq!(get(address, "/assets/style-0000.css").await.status, 404);
        assert_eq!(get(address, "/assets/..%2f..%2fCargo.toml").await.status, 404);
        assert_eq!(ask(address, "HEAD", "/", &[], "").await.body.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn old_figures_say_so() {
    let (stage, pool) = lively().await;
    let endpoint = Endpoint::default();
    let often = |options: &mut tidepool_serve::Options| options.refresh = Duration::from_millis(5);
    serve(&endpoint.of(&stage), &pool, often, async |address| {
        let page = get(address, "/").await;
        assert!(!page.text().contains("cannot be read"));
        endpoint.is_down.store(true, Ordering::Relaxed);
        let page = until(address, "/", |page| page.text().contains("cannot be read")).await;
        assert!(page.text().contains(" old."), "{}", page.text());
        assert!(!page.text().contains("secret-key"), "words of the endpoint stay inside");
        assert!(get(address, "/metrics").await.text().contains("tidepool_serve_read_failures_total"));
        endpoint.is_down.store(false, Ordering::Relaxed);
        until(address, "/", |page| !page.text().contains("cannot be read")).await;
        // A new epoch: the pool is stale until a crank updates it.
        stage.cluster.advance_epoch().unwrap();
        until(address, "/", |page| page.text().contains("was not updated in epoch")).await;
        stage.must(&format!("update {pool}")).await;
        until(address, "/", |page| !page.text().contains("was not updated in epoch")).await;
    })
    .await;
}

#[tokio::test]
async fn health_and_metrics_are_served() {
    let (stage, pool) = lively().await;
    visit(&stage, &pool, async |address| {
        let health = get(address, "/health").await;
        assert_eq!((health.status, health.text()), (200, "ok\n"));
        get(address, "/nothing-1").await;
        get(address, "/nothing-2").await;
        let metrics = get(address, "/metrics").await;
        let expected = "tidepool_serve_requests_total{route=\"other\",status=\"404\"} 2";
        assert!(metrics.text().contains(expected), "paths are no labels: {}", metrics.text());
        // Every figure is explained, and the dashboard draws each of them and no other.
        get(address, &format!("/api/wallet?account={}", stage.wallet.pubkey())).await;
        let metrics = get(address, "/metrics").await;
        let help = metrics.text().lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next());
        let is_of_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        let drawn = DASHBOARD.split(|letter| !is_of_name(letter)).filter(|word| word.starts_with("tidepool_"));
        let drawn = drawn.map(|name| name.trim_end_matches("_bucket"));
        assert_eq!(drawn.collect::<BTreeSet<_>>(), help.collect());
    })
    .await;
}
