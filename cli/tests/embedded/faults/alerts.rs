//! `crank --watch --webhook` with a webhook that works, and one that hangs.

use {
    super::{
        Endpoint, Reply, Request,
        watch::{Watch, is_updated},
    },
    crate::{crank::weighted_pool, harness::Stage},
    serde_json::Value,
    solana_signer::Signer as _,
    std::{
        io::{BufRead as _, BufReader, Read as _, Write as _},
        net::{TcpListener, TcpStream},
        sync::{Arc, Mutex},
        thread::spawn,
    },
    tokio::runtime::Runtime,
};

/// What a webhook has received.
type Received = Arc<Mutex<Vec<Value>>>;

/// A webhook: its URL, and what it receives. It never answers if it `hangs`.
fn webhook(hangs: bool) -> (String, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/services/secret", listener.local_addr().expect("it is bound"));
    let received = Received::default();
    let keep = Arc::clone(&received);
    spawn(move || {
        let mut open = vec![];
        for stream in listener.incoming().flatten() {
            if let Some(body) = read(&stream) {
                keep.lock().expect("no poisoned lock").push(body);
            }
            if hangs {
                open.push(stream);
            } else {
                let _ = (&stream).write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
            }
        }
    });
    (url, received)
}

/// The body of a request.
fn read(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

#[test]
fn alerts_begin_and_end_while_another_webhook_hangs() {
    let runtime = Runtime::new().expect("a runtime");
    let stage = Stage::new();
    let pool = runtime.block_on(weighted_pool(&stage));
    let honest = |_: &Request, honest: &dyn Fn() -> Value| Reply::Json(honest());
    let ((good, received), (hanging, _)) = (webhook(false), webhook(true));
    let file = stage.file("webhook", format!("{good}\n"));
    Endpoint::serve(&stage.cluster, &honest, |endpoint| {
        // Less than what alerts begin below, and more than an update takes.
        let wallet = stage.wallet.pubkey();
        let rest = stage.cluster.lamports(&wallet) - 40_000_000;
        runtime.block_on(stage.must(&format!(
            "deposit-sol {pool} {}.{:09}",
            rest / 1_000_000_000,
            rest % 1_000_000_000
        )));
        stage.cluster.advance_epoch().expect("an epoch");
        let line = format!("crank {pool} --webhook {hanging} --webhook @{file}");
        let mut watch = Watch::start(&stage, &endpoint.url, &line);
        let states = || {
            let all = received.lock().expect("no poisoned lock");
            let of_payer = all.iter().filter(|message| message["condition"] == "payer_low");
            of_payer.map(|message| message["state"].as_str().expect("a text").to_owned()).collect::<Vec<_>>()
        };
        watch.wait_until("the fee payer is low", || states() == ["firing"]);
        watch.wait_until("it updates the pool", || is_updated(&runtime, &stage, &pool));
        stage.cluster.airdrop(&wallet, 1_000_000_000);
        // The balance is read in each round.
        watch.wait_until("the fee payer has SOL again", || states() == ["firing", "resolved"]);
        stage.cluster.advance_epoch().expect("an epoch");
        watch.wait_until("it updates the pool again", || is_updated(&runtime, &stage, &pool));
        let said = watch.stop();
        assert!(!said.contains("secret"), "{said}");
    });
    let all = received.lock().expect("no poisoned lock");
    let first = all.iter().find(|message| message["condition"] == "payer_low").expect("it was sent");
    assert!(first["reason"].as_str().is_some_and(|reason| reason.contains("holds 0.0")), "{first}");
    assert!(first["advice"].as_str().is_some_and(|advice| advice.starts_with("send SOL to it")), "{first}");
}

#[test]
fn a_webhook_that_is_no_url_is_refused_without_showing_it() {
    let runtime = Runtime::new().expect("a runtime");
    let stage = Stage::new();
    let pool = runtime.block_on(weighted_pool(&stage));
    let (code, message) =
        runtime.block_on(stage.fails(&format!("crank {pool} --watch --webhook hooks.example/secret")));
    assert!(code == 2 && message.starts_with("invalid --webhook") && !message.contains("secret"), "{message}");
}
