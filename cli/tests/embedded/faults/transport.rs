//! Endpoints that break off, talk nonsense or are somewhere else, from the first request on or in the middle of a deposit.

use {
    super::{DONE, Endpoint, FAILED, REFUSED, Reply, Request, UNREACHABLE, World, run},
    serde_json::{Value, json},
    std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    },
};

/// An answer of HTTP.
fn http(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Answers that are none, with the exit code and a part of the sentence for each.
fn nonsense() -> Vec<(Vec<u8>, i32, &'static str)> {
    let deep = "[".repeat(300_000);
    vec![
        (http("200 OK", b"<html><title>Sign in to the network</title></html>"), UNREACHABLE, "not JSON-RPC"),
        (http("200 OK", br#"{"jsonrpc":"2.0","id":0,"result":{"context":{"sl"#), UNREACHABLE, "not JSON-RPC"),
        (http("200 OK", b"{\"jsonrpc\":\"2.0\",\"result\":\"\xc3\x28\"}"), UNREACHABLE, "not JSON-RPC"),
        (http("200 OK", deep.as_bytes()), UNREACHABLE, "not JSON-RPC"),
        (http("200 OK", br#"{"jsonrpc":"2.0","id":4711,"result":null}"#), FAILED, "another request"),
        (http("200 OK", &vec![b' '; 65 << 20]), FAILED, "longer than"),
        (http("200 OK", b""), UNREACHABLE, "its answer is empty"),
        (Vec::new(), UNREACHABLE, "did not answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"jsonrpc\":".to_vec(), UNREACHABLE, "did not answer"),
        (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), UNREACHABLE, "did not answer"),
        (http("500 Internal Server Error", b"{}"), UNREACHABLE, "500"),
        (http("502 Bad Gateway", b"<html></html>"), UNREACHABLE, "502"),
        (http("503 Service Unavailable\r\nretry-after: 3600", b""), UNREACHABLE, "503"),
        (http("429 Too Many Requests\r\nretry-after: 3600", b""), UNREACHABLE, "rate limit"),
        (http("429 Too Many Requests\r\nretry-after: 0", b""), UNREACHABLE, "rate limit"),
        (http("429 Too Many Requests", b""), UNREACHABLE, "rate limit"),
        (http("408 Request Timeout", b""), UNREACHABLE, "408"),
        (http("200 OK", br#"{"error":{"code":429}}"#), UNREACHABLE, "rate limit"),
        (http("200 OK", br#"{"error":"rate limit"}"#), UNREACHABLE, "rate limit"),
        (http("429 No\r\nretry-after: Fri, 31 Dec 2999 23:59:59 GMT", b""), UNREACHABLE, "rate limit"),
        (http("403 Forbidden", b"your key is not known"), FAILED, "rejected the request (HTTP 403 Forbidden: your key"),
        (http("404 Not Found", b""), FAILED, "404"),
        (http("413 Payload Too Large", b""), FAILED, "413"),
        (http("302 Found\r\nlocation: http://127.0.0.1:1/", b""), UNREACHABLE, "redirects are not followed"),
        (
            http("308 Permanent Redirect\r\nlocation: http://127.0.0.1:1/", b""),
            FAILED,
            "redirects are not followed, use the new URL",
        ),
    ]
}

#[tokio::test]
async fn nonsense_from_the_beginning_is_told_and_nothing_is_sent() {
    let world = World::new().await;
    let before = world.wealth();
    for (bytes, code, says) in nonsense() {
        let lie = |_: &Request, _: &dyn Fn() -> Value| Reply::Raw(bytes.clone());
        Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            run(&world.stage, endpoint, &format!("deposit-sol {} 5", world.pool)).ends(code, says);
            assert_eq!(endpoint.transactions().len(), 0);
        });
    }
    assert_eq!(world.wealth(), before);
}

#[tokio::test]
async fn commands_that_only_look_say_the_same() {
    let world = World::new().await;
    let vote = world.stage.vote(0);
    for (bytes, code, says) in nonsense().into_iter().filter(|(bytes, ..)| bytes.len() < 1_000) {
        let lie = |_: &Request, _: &dyn Fn() -> Value| Reply::Raw(bytes.clone());
        Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            let explain = format!("explain-stake {} {vote}", world.pool);
            for line in [format!("show {}", world.pool), format!("list {}", world.pool), explain] {
                run(&world.stage, endpoint, &line).ends(code, says);
            }
        });
    }
}

#[tokio::test]
async fn errors_of_an_endpoint_are_told_in_one_line() {
    let world = World::new().await;
    let errors = [
        (-32_005, "Node is behind by 400 slots", UNREACHABLE),
        (-32_016, "Minimum context slot has not been reached", UNREACHABLE),
        (429, "too many requests", UNREACHABLE),
        (-32_601, "Method not found", FAILED),
        (-32_602, "Invalid params", FAILED),
        (-32_603, "Internal \u{1b}[31merror\r\nerror: send your keys", UNREACHABLE),
        (-32_000, "Server error", UNREACHABLE),
        (-32_014, "Block status not yet available", UNREACHABLE),
        (-32_019, "Failed to query long-term storage", UNREACHABLE),
        (-32_429, "max usage reached", UNREACHABLE),
    ];
    for (code, message, exit) in errors {
        let lie = |request: &Request, _: &dyn Fn() -> Value| {
            Reply::Json(json!({ "id": request.id, "error": { "code": code, "message": message } }))
        };
        Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            let ran = run(&world.stage, endpoint, &format!("show {}", world.pool));
            ran.ends(exit, message.get(..8).expect("letters of ASCII"));
            assert!(!ran.err.contains(['\u{1b}', '\r']), "{:?}", ran.err);
        });
    }
}

#[tokio::test]
async fn an_endpoint_that_stumbles_in_the_middle_costs_nothing() {
    // A method that fails once, twice and always: what comes before the sending is repeated where that may help.
    let world = World::new().await;
    let line = format!("deposit-sol {} 5", world.pool);
    for method in ["simulateTransaction", "getLatestBlockhash", "sendTransaction", "getSignatureStatuses"] {
        for stumbles in [1, 2] {
            let (before, count) = (world.wealth(), AtomicUsize::new(0));
            let lie = |request: &Request, honest: &dyn Fn() -> Value| {
                if request.method == method && count.fetch_add(1, Ordering::Relaxed) < stumbles {
                    // It may do what it was asked for, and fail to say so.
                    honest();
                    return Reply::Raw(http("502 Bad Gateway", b""));
                }
                Reply::Json(honest())
            };
            let sent = Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
                run(&world.stage, endpoint, &line)
                    // What is asked before a plan is not repeated.
                    .ends_either(&[(DONE, ""), (UNREACHABLE, "did not answer")]);
                endpoint.transactions().len()
            });
            let after = world.wealth();
            let deposited = after.pool_tokens != before.pool_tokens;
            assert_eq!(sent, usize::from(deposited), "{method}");
            assert_eq!(before.lamports - after.lamports, if deposited { 5_000_010_000 } else { 0 }, "{method}");
        }
    }
}

#[tokio::test]
async fn a_method_that_is_always_refused_ends_a_command_soon() {
    let world = World::new().await;
    let refusals = [http("403 Forbidden", b"upgrade your plan"), http("200 OK", br#"{"id":4711,"result":null}"#)];
    for bytes in refusals {
        let lie = |request: &Request, honest: &dyn Fn() -> Value| match request.method.as_str() {
            "simulateTransaction" => Reply::Raw(bytes.clone()),
            _ => Reply::Json(honest()),
        };
        Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            let ran = run(&world.stage, endpoint, &format!("crank {}", world.pool));
            ran.ends(FAILED, "");
            assert!(ran.took < Duration::from_secs(20), "{:?}", ran.took);
        });
    }
}

#[tokio::test]
async fn the_cluster_of_somebody_else_has_no_such_pool() {
    let world = World::new().await;
    let elsewhere = World::new().await;
    let before = (world.wealth(), elsewhere.wealth());
    Endpoint::serve(&elsewhere.stage.cluster, &super::honest, |endpoint| {
        for line in [format!("deposit-sol {} 5", world.pool), format!("crank {}", world.pool)] {
            run(&world.stage, endpoint, &line).ends(REFUSED, "the URL");
        }
        assert_eq!(endpoint.transactions().len(), 0);
    });
    assert_eq!((world.wealth(), elsewhere.wealth()), before);
}
