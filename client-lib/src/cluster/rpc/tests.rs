//! The RPC client against a scripted endpoint.

mod connections;
mod false_answers;
mod history;
mod limits;
mod malformed_fields;
mod transient_errors;
mod transport;

use {
    super::*,
    serde_json::{Value, json},
    solana_instruction::error::InstructionError,
    solana_message::VersionedMessage,
    solana_transaction_error::TransactionError,
    std::{
        io::{BufRead, BufReader, Read, Write},
        net::{TcpListener, TcpStream},
        sync::mpsc::{self, Receiver},
        thread,
    },
};

/// Serves the same response to every request. Returns its URL, with a key in it, and the requests as they arrive.
fn endpoint(status: &'static str, answer: fn(&Value) -> Value) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/?api-key=secret", listener.local_addr().unwrap());
    let (requests, received) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let requests = requests.clone();
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                while let Some(request) = read_request(&mut stream) {
                    let body = answer(&request).to_string();
                    let _ = requests.send(request);
                    let head = format!(
                        "HTTP/1.1 {status}\r\nretry-after: 0\r\ncontent-type: application/json\r\ncontent-length: {}",
                        body.len()
                    );
                    if write!(stream, "{head}\r\n\r\n{body}").is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, received)
}

fn read_request(stream: &mut TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn result(request: &Value, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": request["id"], "result": result })
}

fn error(request: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": request["id"], "error": { "code": code, "message": message } })
}

fn transaction() -> VersionedTransaction {
    VersionedTransaction { signatures: vec![Signature::default()], message: VersionedMessage::default() }
}

#[tokio::test]
async fn splits_long_lists() {
    let (url, requests) = endpoint("200 OK", |request| {
        let addresses = request["params"][0].as_array().unwrap();
        let accounts: Vec<_> = addresses
            .iter()
            .map(|address| {
                let data = BASE64_STANDARD.encode(address.as_str().unwrap());
                json!({
                    "lamports": 5, "owner": "11111111111111111111111111111111",
                    "executable": false, "rentEpoch": 0, "data": [data, "base64"],
                })
            })
            .collect();
        result(request, json!({ "context": { "slot": 1 }, "value": accounts }))
    });
    let addresses: Vec<_> = (0..250).map(|_| Address::new_unique()).collect();
    let accounts = RpcCluster::new(url).accounts(&addresses).await.unwrap();
    for (address, account) in addresses.iter().zip(&accounts) {
        assert_eq!(account.as_ref().unwrap().data, address.to_string().into_bytes());
    }
    let mut sizes: Vec<_> = requests.try_iter().map(|request| request["params"][0].as_array().unwrap().len()).collect();
    sizes.sort();
    assert_eq!(sizes, [50, 100, 100]);
}

#[tokio::test]
async fn searches_program_accounts() {
    let found = Address::new_unique();
    let (url, requests) = endpoint("200 OK", |request| {
        let bytes = &request["params"][1]["filters"][0]["memcmp"]["bytes"];
        let address: Address = bytes.as_str().unwrap().parse().unwrap();
        let account = json!({
            "lamports": 7, "owner": request["params"][0], "executable": false, "rentEpoch": 0,
            "data": [BASE64_STANDARD.encode([&[1; 21], address.as_array().as_slice()].concat()), "base64"],
        });
        result(request, json!([{ "pubkey": bytes, "account": account }]))
    });
    let program = Address::new_unique();
    let filters = [BytesAt::new(21, found.to_bytes()), BytesAt::new(0, [1])];
    let cluster = RpcCluster::new(url);
    let accounts = cluster.program_accounts(&program, &filters).await.unwrap();
    let data = [&[1; 21], found.as_array().as_slice()].concat();
    let expected = Account { lamports: 7, data, owner: program, ..Account::default() };
    assert_eq!(accounts, [(found, expected)]);

    let other = cluster.program_accounts(&program, &[BytesAt::new(21, found.to_bytes()), BytesAt::new(0, [2])]).await;
    assert!(matches!(other, Err(ClusterError::UnexpectedAnswer { .. })), "what does not match was not asked for");

    let request = requests.recv().unwrap();
    assert_eq!(request["method"], "getProgramAccounts");
    let config = &request["params"][1];
    assert_eq!((&config["encoding"], &config["commitment"]), (&json!("base64"), &json!("confirmed")));
    let memcmp = |index: usize| &config["filters"][index]["memcmp"];
    assert_eq!((&memcmp(0)["offset"], &memcmp(0)["bytes"]), (&json!(21), &json!(found.to_string())));
    assert_eq!((&memcmp(1)["offset"], &memcmp(1)["bytes"]), (&json!(0), &json!("2")));
}

#[tokio::test]
async fn reads_token_accounts_by_owner() {
    let (owner, program) = (Address::new_unique(), Address::new_unique());
    let (url, requests) = endpoint("200 OK", |request| {
        let [owner, program] = [&request["params"][0], &request["params"][1]["programId"]];
        let owner: Address = owner.as_str().unwrap().parse().unwrap();
        let account = json!({
            "lamports": 7, "owner": program, "executable": false, "rentEpoch": 0,
            "data": [BASE64_STANDARD.encode([&[1; 32], owner.as_array().as_slice()].concat()), "base64"],
        });
        let found = json!([{ "pubkey": owner.to_string(), "account": account }]);
        result(request, json!({ "context": { "slot": 1 }, "value": found }))
    });
    let found = RpcCluster::new(url).token_accounts(&owner, &program).await.unwrap();
    assert_eq!((found[0].0, found[0].1.owner, &found[0].1.data[32..]), (owner, program, owner.as_array().as_slice()));
    let request = requests.recv().unwrap();
    assert_eq!(request["method"], "getTokenAccountsByOwner");
    assert_eq!(request["params"][2], json!({ "encoding": "base64", "commitment": "confirmed" }));
}

#[tokio::test]
async fn requests_account_heads_only() {
    let (url, requests) = endpoint("200 OK", |request| {
        let account = json!({
            "lamports": 7, "owner": "11111111111111111111111111111111", "executable": false, "rentEpoch": 0,
            "data": ["AAAA", "base64"],
        });
        result(request, json!({ "context": { "slot": 1 }, "value": [account] }))
    });
    let heads = RpcCluster::new(url).account_heads(&[Address::default()], 3).await.unwrap();
    assert_eq!(heads[0].as_ref().unwrap().data, [0; 3]);
    let request = requests.recv().unwrap();
    assert_eq!(request["params"][1]["dataSlice"], json!({ "offset": 0, "length": 3 }));
}

#[tokio::test]
async fn rejects_non_binary_account() {
    let (url, _) = endpoint("200 OK", |request| {
        let account = json!({
            "lamports": 7, "owner": "11111111111111111111111111111111", "executable": false, "rentEpoch": 0,
            "data": { "program": "x", "parsed": {}, "space": 3 },
        });
        result(request, json!([{ "pubkey": "11111111111111111111111111111111", "account": account }]))
    });
    let refused = RpcCluster::new(url).program_accounts(&Address::default(), &[]).await.unwrap_err();
    assert!(matches!(refused, ClusterError::UnexpectedAnswer { .. }), "{refused}");
}

#[tokio::test]
async fn decodes_simulation() {
    let (url, requests) = endpoint("200 OK", |request| {
        let value = json!({
            "err": { "InstructionError": [1, { "Custom": 17 }] },
            "logs": ["Program log: hello"],
            "unitsConsumed": 1234,
            "returnData": { "programId": "Stake11111111111111111111111111111111111111", "data": ["AMqaOwAAAAA=", "base64"] },
        });
        result(request, json!({ "context": { "slot": 1 }, "value": value }))
    });
    let simulation = RpcCluster::new(url).simulate(&transaction()).await.unwrap();
    let custom = InstructionError::Custom(17);
    assert_eq!(simulation.error, Some(TransactionError::InstructionError(1, custom)));
    assert_eq!(simulation.units_consumed, 1234);
    assert_eq!(simulation.return_data.unwrap().data, 1_000_000_000_u64.to_le_bytes());
    let config = &requests.recv().unwrap()["params"][1];
    assert_eq!((&config["sigVerify"], &config["replaceRecentBlockhash"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn decodes_statuses() {
    let (url, _) = endpoint("200 OK", |request| {
        let value = json!([
            null,
            { "slot": 5, "confirmations": 3, "status": { "Ok": null }, "err": null, "confirmationStatus": "processed" },
            { "slot": 6, "confirmations": null, "status": { "Err": "AccountNotFound" }, "err": "AccountNotFound",
              "confirmationStatus": "finalized" },
        ]);
        result(request, json!({ "context": { "slot": 9 }, "value": value }))
    });
    let statuses = RpcCluster::new(url).statuses(&[Signature::default(); 3]).await.unwrap();
    assert_eq!(statuses[0], None);
    assert_eq!(statuses[1].as_ref().unwrap().confirmation, Confirmation::Processed);
    let failed = statuses[2].as_ref().unwrap();
    assert_eq!(failed.error, Some(TransactionError::AccountNotFound));
    assert_eq!((failed.slot, failed.confirmation), (6, Confirmation::Finalized));
}

#[tokio::test]
async fn unknown_transaction_has_no_execution() {
    let (url, _) = endpoint("200 OK", |request| result(request, Value::Null));
    assert_eq!(RpcCluster::new(url).execution(&Signature::default()).await.unwrap(), None);
}

#[tokio::test]
async fn classifies_errors() {
    let (url, _) = endpoint("200 OK", |request| error(request, -32005, "Node is behind"));
    let behind = RpcCluster::new(url).block_height().await.unwrap_err();
    assert!(matches!(behind, ClusterError::Unreachable { .. }) && behind.is_transient());

    let (url, _) = endpoint("200 OK", |request| error(request, -32601, "Method not found"));
    let unknown = RpcCluster::new(url).block_height().await.unwrap_err();
    assert!(matches!(unknown, ClusterError::Refused { .. }) && !unknown.is_transient());

    let (url, _) = endpoint("429 Too Many Requests", |_| Value::Null);
    let limited = RpcCluster::new(url).block_height().await.unwrap_err();
    assert!(matches!(limited, ClusterError::RateLimited { .. }));

    let (url, _) = endpoint("403 Forbidden", |_| Value::Null);
    let forbidden = RpcCluster::new(url).block_height().await.unwrap_err();
    assert!(matches!(forbidden, ClusterError::Refused { .. }));
}

#[tokio::test]
async fn messages_contain_no_api_key() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unreachable = RpcCluster::new(format!("http://{closed}/?api-key=secret")).block_height().await.unwrap_err();
    assert!(matches!(unreachable, ClusterError::Unreachable { .. }));
    let (url, _) = endpoint("403 Forbidden", |_| Value::Null);
    let forbidden = RpcCluster::new(url).block_height().await.unwrap_err();
    for error in [unreachable, forbidden] {
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}
