//! Endpoints with canned answers.

use {
    super::ADDRESS,
    base64::{Engine as _, prelude::BASE64_STANDARD},
    bytemuck::Zeroable as _,
    serde_json::{Value, json},
    std::{
        io::{BufRead as _, BufReader, Read as _, Write as _},
        net::TcpListener,
        thread,
    },
    tidepool_interface::state::{AccountType, POOL_MAX_LENGTH, PoolHead},
};

/// An endpoint that answers every request with this error.
pub fn endpoint_with_error(message: &str) -> String {
    let error = json!({ "code": -32_000, "message": message });
    endpoint(move |_| json!({ "error": error }))
}

/// An endpoint of one program with one pool, of the largest total and the largest supply that a double holds exactly.
pub fn endpoint_with_a_large_pool() -> String {
    let mut head = PoolHead::zeroed();
    head.account_type = AccountType::StakePool as u8;
    head.total_lamports = u64::MAX.into();
    head.pool_token_supply = 9_007_199_254_740_991.into();
    let mut pool = bytemuck::bytes_of(&head).to_vec();
    pool.resize(POOL_MAX_LENGTH, 0);
    let account = |owner: &str, data: &[u8]| {
        json!({
            "lamports": 1, "owner": owner, "executable": false, "rentEpoch": 0,
            "data": [BASE64_STANDARD.encode(data), "base64"],
        })
    };
    let found = json!([{ "pubkey": ADDRESS, "account": account(ADDRESS, &pool) }]);
    let clock = account("Sysvar1111111111111111111111111111111111111", &[0; 40]);
    endpoint(move |request| match request["method"].as_str() {
        Some("getProgramAccounts") => json!({ "result": found }),
        // The clock, and no validator list.
        Some("getMultipleAccounts") if request["params"][1]["dataSlice"].is_null() => {
            json!({ "result": { "context": { "slot": 1 }, "value": [clock] } })
        }
        _ => json!({ "result": { "context": { "slot": 1 }, "value": [null] } }),
    })
}

/// An endpoint that answers each request with what `answer` makes of it: a `result` or an `error`.
fn endpoint(answer: impl Fn(&Value) -> Value + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let (mut length, mut line) = (0, String::new());
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a length");
                }
                line.clear();
            }
            let mut request = vec![0; length];
            reader.read_exact(&mut request).expect("a request");
            let request: Value = serde_json::from_slice(&request).expect("requests are JSON");
            let mut body = answer(&request);
            body["jsonrpc"] = "2.0".into();
            body["id"] = request["id"].clone();
            let body = body.to_string();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            // A client that goes away reads no answer.
            let _ = (&stream).write_all((head + &body).as_bytes());
        }
    });
    url
}
