//! What a crank tells Prometheus, and what Grafana draws of it.

use {
    super::{
        crank::{is_fresh, weighted_pool},
        harness::{SIGNATURE, Stage, number, text},
    },
    serde_json::{Value, json},
    solana_signer::Signer as _,
    std::{
        collections::BTreeSet,
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
        time::Duration,
    },
    tokio::{select, time::sleep},
};

const DASHBOARD: &str = include_str!("../../grafana/tidepool.json");

/// The page with the figures, as it comes over the network.
async fn fetch(port: u16, path: &'static str) -> String {
    let fetching = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
        let mut page = String::new();
        stream.read_to_string(&mut page).ok().map(|_| page)
    });
    fetching.await.unwrap().unwrap_or_default()
}

/// The value of a figure: the only one whose line begins like this.
fn figure(page: &str, name: &str) -> u64 {
    let mut lines = page.lines().filter(|line| line.starts_with(name) && !line.starts_with('#'));
    let (Some(line), None) = (lines.next(), lines.next()) else { panic!("{name} is not there once:\n{page}") };
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

/// The names of figures in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let is_of_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    text.split(|letter| !is_of_name(letter)).filter(|word| word.starts_with("tidepool_")).collect()
}

/// A port that is probably free.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn figures_are_served_while_it_watches() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let port = free_port();
    let line = format!("crank {pool} --watch --rebalance-at now --interval 1 --metrics 127.0.0.1:{port}");
    let page = async {
        loop {
            let page = fetch(port, "/metrics").await;
            if page.contains("tidepool_finished_total") && figure(&page, "tidepool_finished_total") > 0 {
                return page;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let page = select! {
        ended = stage.run_as("wallet", &line) => panic!("it should watch, and ended with {ended:?}"),
        page = page => page,
    };
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("text/plain; version=0.0.4"), "{page}");
    let shown = stage.must(&format!("show {pool}")).await;
    for (name, value) in [
        ("tidepool_cluster_epoch", &shown["epoch"]),
        ("tidepool_pool_epoch", &shown["last_update_epoch"]),
        ("tidepool_pool_total_lamports", &shown["total_lamports"]),
        ("tidepool_pool_token_supply_units", &shown["pool_token_supply"]),
        ("tidepool_pool_token_value_lamports", &shown["lamports_per_whole_pool_token"]),
        ("tidepool_pool_reserve_lamports", &shown["stake"]["reserve_lamports"]),
        ("tidepool_pool_reserve_missing_rent_lamports", &json!(0)),
        ("tidepool_pool_in_motion_lamports", &shown["stake"]["activating_lamports"]),
        ("tidepool_pool_validators{", &shown["validators"]["count"]),
        ("tidepool_pool_stale", &json!(0)),
        ("tidepool_pool_validators_behind", &json!(0)),
        ("tidepool_pool_announcements_pending", &json!(0)),
        ("tidepool_pool_announcements_due", &json!(0)),
        ("tidepool_pool_halted", &json!(0)),
        ("tidepool_pool_validators_off_target", &json!(0)),
        ("tidepool_rpc_errors_total", &json!(0)),
        ("tidepool_payer_balance_lamports", &json!(stage.cluster.lamports(&stage.wallet.pubkey()))),
    ] {
        assert_eq!(&json!(figure(&page, name)), value, "{name}");
    }
    assert!(page.contains(&format!("tidepool_pool_epoch{{pool=\"{pool}\"}} 1")), "{page}");
    let sent = figure(&page, "tidepool_transactions_total{outcome=\"landed\"");
    assert!(sent > 0);
    assert_eq!(figure(&page, "tidepool_payer_spent_lamports_total"), sent * SIGNATURE);

    assert_every_figure_is_explained(&page);
    assert_eq!(names(DASHBOARD), names(&page), "the dashboard draws every figure, and no other");
}

fn assert_every_figure_is_explained(page: &str) {
    for name in names(page) {
        assert!(page.contains(&format!("# HELP {name} ")), "{name} has no explanation");
    }
}

#[tokio::test]
async fn a_port_in_use_is_told_of_before_anything_is_sent() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let (code, message) = stage.fails(&format!("crank {pool} --metrics {address}")).await;
    assert!(code == 2 && message.contains("--metrics"), "{message}");
    assert!(!is_fresh(&stage, &pool).await);
    let error = stage.fails(&format!("crank {pool} --metrics nowhere")).await;
    assert_eq!(error.0, 2, "{}", error.1);
}

/// The dashboard is one that Grafana can read, whatever the data source is called.
#[test]
fn the_dashboard_asks_for_its_data_source() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let is_source = |variable: &Value| variable["type"] == "datasource" && variable["query"] == "prometheus";
    let source = format!("${{{}}}", text(&variables.iter().find(|variable| is_source(variable)).unwrap()["name"]));
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| number(&panel["id"])).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        assert_eq!(panel["datasource"]["uid"], source, "{}", panel["title"]);
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{}", panel["title"]);
        let width = number(&panel["gridPos"]["x"]) + number(&panel["gridPos"]["w"]);
        assert!(width <= 24, "{}", panel["title"]);
    }
}
