//! Endpoints that close connections. Where that loses an answer, the command repeats the request and succeeds.

use {
    super::{DONE, Endpoint, Reply, Request, UNREACHABLE, World, run},
    serde_json::{Value, json},
    std::{
        collections::HashSet,
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
    },
};

/// Lamports that the wallet pays for a deposit of 5 SOL, with two signatures.
const PAID: u64 = 5_000_010_000;

/// Headers of an endpoint that does what it announces, and of one that closes the connection all the same.
const CLOSE: &str = "connection: close";
const KEEP: &str = "connection: keep-alive";

/// An answer of HTTP, after which the endpoint closes the connection.
fn http(status: &str, header: &str, body: &str) -> Reply {
    Reply::Raw(format!("HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into())
}

/// The first part of an answer.
fn half(body: &str) -> Reply {
    let (length, half) = (body.len(), &body[..body.len() / 2]);
    Reply::Raw(format!("HTTP/1.1 200 OK\r\n{KEEP}\r\ncontent-length: {length}\r\n\r\n{half}").into())
}

/// Requests that have come before. A repeat has the number of the request.
#[derive(Default)]
struct Seen(Mutex<HashSet<String>>);

impl Seen {
    /// Whether the request comes for the first time.
    fn is_first(&self, request: &Request) -> bool {
        self.0.lock().expect("no poisoned lock").insert(request.id.to_string())
    }
}

/// Runs commands in front of `endpoint`, each of which has to succeed, with one deposit of 5 SOL.
fn deposit_and_show(world: &World, endpoint: &Endpoint) {
    let before = world.wealth();
    run(&world.stage, endpoint, &format!("show {}", world.pool)).ends(DONE, "");
    run(&world.stage, endpoint, &format!("deposit-sol {} 5", world.pool)).ends(DONE, "");
    let after = world.wealth();
    assert_eq!(before.lamports - after.lamports, PAID);
    assert!(after.pool_tokens > before.pool_tokens);
    assert_eq!(endpoint.transactions().len(), 1);
}

#[tokio::test]
async fn closes_idle_connections() {
    let world = World::new().await;
    let lie = |_: &Request, honest: &dyn Fn() -> Value| http("200 OK", KEEP, &honest().to_string());
    Endpoint::serve(&world.stage.cluster, &lie, |endpoint| deposit_and_show(&world, endpoint));
}

#[tokio::test]
async fn closes_connections_after_each_rate_limit() {
    let world = World::new().await;
    let before = world.wealth();
    for command in ["show", "list", "deposit-sol"] {
        let seen = Seen::default();
        let lie = |request: &Request, honest: &dyn Fn() -> Value| {
            if seen.is_first(request) {
                return http("429 Too Many Requests\r\nretry-after: 0", KEEP, "");
            }
            http("200 OK", KEEP, &honest().to_string())
        };
        let amount = if command == "deposit-sol" { "5" } else { "" };
        Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            run(&world.stage, endpoint, &format!("{command} {} {amount}", world.pool)).ends(DONE, "");
        });
    }
    assert_eq!(before.lamports - world.wealth().lamports, PAID);
}

#[tokio::test]
async fn loses_the_first_answer_to_each_request() {
    let world = World::new().await;
    let losses: [fn(&str) -> Reply; 3] = [|_| Reply::Raw(vec![]), half, |_| http("408 Request Timeout", CLOSE, "")];
    for loss in losses {
        let before = world.wealth();
        let seen = Seen::default();
        let lie = |request: &Request, honest: &dyn Fn() -> Value| {
            if seen.is_first(request) {
                // What was asked for is done before the answer is lost.
                return loss(&honest().to_string());
            }
            Reply::Json(honest())
        };
        Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            run(&world.stage, endpoint, &format!("deposit-sol {} 5", world.pool)).ends(DONE, "");
            assert_eq!(endpoint.transactions().len(), 1);
        });
        assert_eq!(before.lamports - world.wealth().lamports, PAID);
    }
}

#[tokio::test]
async fn a_refused_repeat_is_not_taken_for_a_failure() {
    let world = World::new().await;
    let before = world.wealth();
    let seen = Seen::default();
    let looks = AtomicUsize::new(0);
    let lie = |request: &Request, honest: &dyn Fn() -> Value| match request.method.as_str() {
        "sendTransaction" if seen.is_first(request) => {
            honest();
            Reply::Raw(vec![])
        }
        "sendTransaction" => {
            let error = json!({ "code": -32_003, "message": "Transaction signature verification failure" });
            Reply::Json(json!({ "jsonrpc": "2.0", "id": request.id, "error": error }))
        }
        // The first look comes before the block. A final refusal would end the command here.
        "getSignatureStatuses" if looks.fetch_add(1, Ordering::Relaxed) == 0 => {
            let result = json!({ "context": { "slot": 1 }, "value": [null] });
            Reply::Json(json!({ "jsonrpc": "2.0", "id": request.id, "result": result }))
        }
        _ => Reply::Json(honest()),
    };
    Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
        run(&world.stage, endpoint, &format!("deposit-sol {} 5", world.pool)).ends(DONE, "");
        assert_eq!(endpoint.transactions().len(), 1);
    });
    assert_eq!(before.lamports - world.wealth().lamports, PAID);
}

#[tokio::test]
async fn closes_every_other_connection_at_once() {
    let world = World::new().await;
    // Each request opens a connection, and the first attempt at each is lost.
    let lie = |_: &Request, honest: &dyn Fn() -> Value| http("200 OK", CLOSE, &honest().to_string());
    Endpoint::serve_accepted(&world.stage.cluster, &|number| number % 2 == 1, &lie, |endpoint| {
        deposit_and_show(&world, endpoint);
    });
}

#[tokio::test]
async fn closes_every_connection_at_once() {
    let world = World::new().await;
    let before = world.wealth();
    let opened = AtomicUsize::new(0);
    let never = |_| {
        opened.fetch_add(1, Ordering::Relaxed);
        false
    };
    Endpoint::serve_accepted(&world.stage.cluster, &never, &super::honest, |endpoint| {
        run(&world.stage, endpoint, &format!("show {}", world.pool)).ends(UNREACHABLE, "did not answer");
        // The first connection, and one repeat.
        assert_eq!(opened.load(Ordering::Relaxed), 2);
        run(&world.stage, endpoint, &format!("deposit-sol {} 5", world.pool)).ends(UNREACHABLE, "did not answer");
        assert!(endpoint.requests().is_empty());
    });
    assert_eq!(world.wealth(), before);
}
