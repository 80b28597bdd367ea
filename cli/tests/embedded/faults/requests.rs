//! Endpoints that serve fewer accounts per request than the protocol allows, and proxies that change fields which are not used.

use {
    super::{DONE, Endpoint, Reply, Request, UNREACHABLE, World, run},
    serde_json::{Value, json},
    std::sync::atomic::{AtomicU64, Ordering},
};

/// How an endpoint refuses a request for its size.
fn refusals(request: &Request) -> [Reply; 3] {
    let error =
        |code, message| json!({ "jsonrpc": "2.0", "id": request.id, "error": { "code": code, "message": message } });
    [
        Reply::Raw(b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\n\r\n".to_vec()),
        Reply::Json(error(-32_602, "Too many inputs provided; max 5")),
        Reply::Json(error(-32_000, "getMultipleAccounts is limited to a 5 range")),
    ]
}

fn is_larger(request: &Request, most: usize) -> bool {
    request.method == "getMultipleAccounts" && request.params[0].as_array().expect("a list").len() > most
}

#[tokio::test]
async fn endpoints_with_a_limit_of_accounts_serve_every_command() {
    let world = World::new().await;
    for most in [1, 5, 75] {
        for kind in 0..3 {
            let lie = |request: &Request, honest: &dyn Fn() -> Value| {
                if is_larger(request, most) {
                    return refusals(request).into_iter().nth(kind).expect("there is one");
                }
                Reply::Json(honest())
            };
            Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
                let pool = world.pool;
                for line in [format!("show {pool}"), format!("list {pool}"), format!("crank {pool}")] {
                    run(&world.stage, endpoint, &line).ends(DONE, "");
                }
                run(&world.stage, endpoint, &format!("deposit-sol {pool} 1")).ends(DONE, "");
            });
        }
        world.stage.cluster.advance_epoch().expect("an epoch");
    }
}

#[tokio::test]
async fn a_pool_is_read_in_one_slot_or_not_at_all() {
    let world = World::new().await;
    let slot = AtomicU64::new(1);
    // A slot for each request.
    let lie = |request: &Request, honest: &dyn Fn() -> Value| {
        if is_larger(request, 5) {
            return refusals(request).into_iter().next().expect("there is one");
        }
        let mut answer = honest();
        if request.method == "getMultipleAccounts" {
            answer["result"]["context"]["slot"] = slot.fetch_add(1, Ordering::Relaxed).into();
        }
        Reply::Json(answer)
    };
    Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
        let before = world.wealth();
        run(&world.stage, endpoint, &format!("deposit-sol {} 5", world.pool))
            .ends(UNREACHABLE, "cannot read 11 accounts at one slot (the endpoint returns 5 accounts per request");
        assert_eq!((world.wealth(), endpoint.transactions().len()), (before, 0));
    });
}

/// Replaces every field of this name, wherever it is.
fn replace(value: &mut Value, name: &str, odd: &Value) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                if field == name { value.clone_from(odd) } else { replace(value, name, odd) }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, name, odd)),
        _ => {}
    }
}

#[tokio::test]
async fn fields_that_are_not_used_may_hold_anything() {
    let world = World::new().await;
    let rounded: Value = serde_json::from_str("18446744073709552000").expect("a number");
    for odd in [rounded, json!("a string"), Value::Null, json!({ "an": "object" })] {
        let lie = |_: &Request, honest: &dyn Fn() -> Value| {
            let mut answer = honest();
            for name in ["rentEpoch", "space", "context", "apiVersion", "confirmations", "status", "logs", "jsonrpc"] {
                replace(&mut answer, name, &odd);
            }
            Reply::Json(answer)
        };
        Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            let pool = world.pool;
            for line in ["show", "list", "crank", "update"] {
                run(&world.stage, endpoint, &format!("{line} {pool}")).ends(DONE, "");
            }
            run(&world.stage, endpoint, &format!("deposit-sol {pool} 1")).ends(DONE, "");
            run(&world.stage, endpoint, &format!("withdraw-sol {pool} 0.1")).ends(DONE, "");
        });
        world.stage.cluster.advance_epoch().expect("an epoch");
    }
}
