//! Answers that are not the cluster's and pass: of gateways, of nodes with a problem, of rate limits.

use {
    super::{Reply, Request},
    serde_json::json,
};

/// An answer of HTTP.
fn http(head: &str, body: &str) -> Reply {
    Reply::Raw(format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

fn error(request: &Request, code: i64, message: &str) -> Reply {
    Reply::Json(json!({ "jsonrpc": "2.0", "id": request.id, "error": { "code": code, "message": message } }))
}

/// A passing answer, with its name.
pub type Passing = (&'static str, fn(&Request) -> Reply);

/// All of them.
pub const PASSING: [Passing; 28] = [
    ("-32603", |request| error(request, -32_603, "Internal error")),
    ("-32000", |request| error(request, -32_000, "Server error")),
    ("-32014", |request| error(request, -32_014, "Block status not yet available for slot 7")),
    ("-32019", |request| error(request, -32_019, "Failed to query long-term storage; please try again")),
    ("-32429", |request| error(request, -32_429, "max usage reached")),
    ("-32601", |request| error(request, -32_601, "Method not found")),
    ("302", |_| http("302 Found\r\nlocation: http://127.0.0.1:1/maintenance", "")),
    ("308", |_| http("308 Permanent Redirect\r\nlocation: http://127.0.0.1:1/", "")),
    ("401", |_| http("401 Unauthorized", "")),
    ("403", |_| http("403 Forbidden", "your IP address is blocked")),
    ("404", |_| http("404 Not Found", "<html>404</html>")),
    ("408", |_| http("408 Request Timeout", "")),
    ("413", |_| http("413 Payload Too Large", "")),
    ("502", |_| http("502 Bad Gateway", "<html></html>")),
    ("503", |_| http("503 Service Unavailable", "")),
    ("no answer", |_| Reply::Raw(vec![])),
    ("HTML", |_| http("200 OK", "<html><title>Sign in to the network</title></html>")),
    ("an empty body", |_| http("200 OK", "")),
    ("a part of a body", |_| http("200 OK", r#"{"jsonrpc":"2.0","id":0,"result":{"cont"#)),
    ("the answer to another request", |_| http("200 OK", r#"{"jsonrpc":"2.0","id":4711,"result":null}"#)),
    ("a value of another form", |request| Reply::Json(json!({ "id": request.id, "result": "up" }))),
    ("429", |_| http("429 Too Many Requests\r\nretry-after: 0", "")),
    ("429 until a date", |_| {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        http(&format!("429 Too Many Requests\r\nretry-after: Sun, 06 Nov 1994 08:49:38 GMT\r\ndate: {date}"), "")
    }),
    ("429 in a body", |_| http("200 OK\r\nretry-after: 0", r#"{"error":{"code":429}}"#)),
    ("a rate limit as a string", |_| http("200 OK\r\nretry-after: 0", r#"{"error":"rate limit"}"#)),
    ("a rate limit as a message", |_| http("200 OK\r\nretry-after: 0", r#"{"message":"Too many requests"}"#)),
    ("a rate limit with another code", |request| error(request, -32_000, "Rate limit exceeded")),
    ("a rate limit with the number of another request", |_| {
        http("200 OK\r\nretry-after: 0", r#"{"id":4711,"error":{"code":429,"message":"Too many requests"}}"#)
    }),
];
