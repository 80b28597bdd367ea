//! Hostile text, bodies and clients.

use {
    super::{
        super::harness::{SOL, Stage, text},
        get, post, raw, serve, visit,
    },
    serde_json::json,
    solana_account::Account,
    solana_address::Address,
    solana_signer::Signer as _,
    std::net::SocketAddr,
    tidepool_interface::address::{METADATA_PROGRAM_ID, find_metadata},
    tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    },
};

/// Metadata as the Metaplex program stores it.
fn name_token(stage: &Stage, mint: &Address, name: &str, symbol: &str) {
    let text = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    let texts = [name, symbol, "https://example.org"].map(text).concat();
    let data = [&[4], &[7; 32][..], mint.as_ref(), &texts, &[0; 5]].concat();
    let account = Account { lamports: SOL, data, owner: METADATA_PROGRAM_ID, ..Account::default() };
    stage.cluster.set_account(&find_metadata(mint).0, account);
}

#[tokio::test]
async fn token_metadata_is_text() {
    let stage = Stage::new();
    let pool = stage.pool("").await;
    let mint: Address = text(&stage.must(&format!("show {pool}")).await["accounts"]["pool_mint"]).parse().unwrap();
    name_token(&stage, &mint, "<b>\u{202e}Tide\u{200b}\"'&", "<i>");
    visit(&stage, &pool, async |address| {
        let page = get(address, "/").await;
        let html = page.text();
        assert!(html.contains("&lt;b&gt;Tide&quot;'&amp;"), "{html}");
        assert!(html.contains("&lt;i&gt;") && !html.contains("<b>") && !html.contains("<i>"));
        assert!(!html.contains('\u{202e}') && !html.contains('\u{200b}'));
        let action = get(address, "/actions/stake").await.json();
        assert!(action["title"].as_str().unwrap().ends_with("<b>Tide\"'&"), "JSON is not HTML: {action:#}");
    })
    .await;
}

#[tokio::test]
async fn bodies_are_bounded() {
    let (stage, pool) = Stage::with_pool("").await;
    visit(&stage, &pool, async |address| {
        let huge = json!({ "account": "x".repeat(1_000_000) });
        for path in ["/actions/stake?amount=1", "/api/transaction", "/api/send"] {
            assert_eq!(post(address, path, &huge).await.status, 413, "{path}");
        }
        // One that says it is small, in chunks without an end.
        let chunks = "1000\r\n".to_owned() + &"x".repeat(0x1000) + "\r\n";
        let head = "POST /api/send HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
        let answer = raw(address, (head.to_owned() + &chunks.repeat(3)).as_bytes()).await;
        assert_eq!(answer.status, 413);
        let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(100_000));
        assert!([414, 431].contains(&raw(address, long.as_bytes()).await.status));
        let deep = "[".repeat(4_000);
        let answer = super::ask(address, "POST", "/api/transaction", &[], &deep).await;
        assert_eq!(answer.status, 400);
    })
    .await;
}

/// Whether the server has closed a connection.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut bytes = vec![];
    stream.read_to_end(&mut bytes).await.is_ok()
}

#[tokio::test]
async fn slow_clients_are_dropped() {
    let (stage, pool) = Stage::with_pool("").await;
    visit(&stage, &pool, async |address| {
        let open = async |address: SocketAddr, text: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            stream
        };
        let mut half_a_head = open(address, "GET / HTTP/1.1\r\nhost:").await;
        let mut half_a_body = open(address, "POST /api/send HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await;
        // Others are served meanwhile.
        assert_eq!(get(address, "/").await.status, 200);
        assert!(is_closed(&mut half_a_head).await);
        // Between requests too.
        let mut idle = open(address, "GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(is_closed(&mut idle).await);
        let mut bytes = [0; 12];
        half_a_body.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"HTTP/1.1 408");
    })
    .await;
}

#[tokio::test]
async fn stop_finishes_open_requests() {
    let (stage, pool) = Stage::with_pool("").await;
    let account = stage.wallet.pubkey().to_string();
    let body = json!({ "account": account }).to_string();
    let mut asked = None;
    serve(
        &stage.cluster,
        &pool,
        |_| {},
        async |address| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!(
                "POST /actions/stake?amount=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await.unwrap();
            // The server has taken it when the first bytes of another answer arrive.
            get(address, "/health").await;
            asked = Some(stream);
        },
    )
    .await;
    let mut bytes = vec![];
    asked.unwrap().read_to_end(&mut bytes).await.unwrap();
    assert!(bytes.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&bytes));
}

#[tokio::test]
async fn a_client_has_a_bounded_number_of_connections() {
    const PLACES: usize = 64;
    let (stage, pool) = Stage::with_pool("").await;
    let hold = async |address: SocketAddr| {
        let mut held = vec![];
        for _ in 0..PLACES {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            let mut bytes = [0; 12];
            stream.read_exact(&mut bytes).await.unwrap();
            held.push(stream);
        }
        held
    };
    let refused = async |address: SocketAddr| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        let mut bytes = vec![];
        let _ = stream.read_to_end(&mut bytes).await;
        bytes.is_empty()
    };
    visit(&stage, &pool, async |address| {
        let mut held = hold(address).await;
        assert!(refused(address).await);
        held.pop();
        // The server sees the end of a connection in a moment.
        while refused(address).await {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        drop(held);
        let metrics = super::until(address, "/metrics", |answer| answer.status == 200).await;
        assert!(metrics.text().contains("tidepool_serve_refused_connections_total"));
    })
    .await;
    // All connections of a proxy have its address.
    serve(
        &stage.cluster,
        &pool,
        |options| options.behind_proxy = true,
        async |address| {
            let _held = hold(address).await;
            assert!(!refused(address).await);
        },
    )
    .await;
}
