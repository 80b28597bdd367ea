//! Unused fields in every response: missing or malformed.

use super::*;

/// Malformed values of unused fields.
fn oddities() -> [Value; 9] {
    [
        Value::Null,
        json!("a string"),
        json!(1.5),
        // A `u64` rounded by JavaScript.
        serde_json::from_str("18446744073709552000").unwrap(),
        json!(-1),
        json!(true),
        json!([1, "two"]),
        json!({ "an": "object" }),
        json!({}),
    ]
}

/// Sets these fields of `object` to `odd`, or removes them.
fn spoil(mut object: Value, unused: &[&str], odd: Option<&Value>) -> Value {
    for field in unused {
        match odd {
            Some(odd) => object[field] = odd.clone(),
            None => drop(object.as_object_mut().unwrap().remove(*field)),
        }
    }
    object
}

fn account(odd: Option<&Value>) -> Value {
    let account = json!({ "lamports": 5, "owner": "11111111111111111111111111111111", "data": ["AQID", "base64"] });
    spoil(account, &["executable", "rentEpoch", "space"], odd)
}

/// A valid response to a request, apart from its unused fields.
fn answer(request: &Value, odd: Option<&Value>) -> Value {
    let with_context = |value: Value| spoil(json!({ "value": value }), &["context", "apiVersion"], odd);
    let result = match request["method"].as_str().unwrap() {
        "getMultipleAccounts" => with_context(json!([account(odd), null])),
        "getProgramAccounts" => {
            json!([spoil(json!({ "pubkey": Address::default().to_string(), "account": account(odd) }), &["slot"], odd)])
        }
        "getLatestBlockhash" => {
            let value = json!({ "blockhash": Address::default().to_string(), "lastValidBlockHeight": 7 });
            with_context(spoil(value, &["feeCalculator", "slot"], odd))
        }
        "getBlockHeight" => json!(7),
        "simulateTransaction" => {
            let returned = json!({ "programId": Address::default().to_string(), "data": ["AQID", "base64"] });
            let value = json!({ "err": null, "unitsConsumed": 7, "returnData": spoil(returned, &["slot"], odd) });
            let unused = [
                "logs",
                "accounts",
                "fee",
                "innerInstructions",
                "loadedAccountsDataSize",
                "loadedAddresses",
                "preBalances",
                "postTokenBalances",
                "replacementBlockhash",
            ];
            with_context(spoil(value, &unused, odd))
        }
        "sendTransaction" => json!(Signature::default().to_string()),
        "getRecentPrioritizationFees" => json!([spoil(json!({ "prioritizationFee": 7 }), &["slot"], odd)]),
        "getSignatureStatuses" => {
            let value = json!({ "slot": 7, "err": null, "confirmationStatus": "confirmed" });
            with_context(json!([spoil(value, &["confirmations", "status"], odd)]))
        }
        "getTransaction" => {
            let meta = json!({ "logMessages": ["Program log: hello"], "computeUnitsConsumed": 7 });
            let unused = ["err", "fee", "innerInstructions", "loadedAddresses", "preBalances", "rewards", "status"];
            let value = json!({ "meta": spoil(meta, &unused, odd) });
            spoil(value, &["blockTime", "slot", "transaction", "transactionIndex", "version"], odd)
        }
        other => panic!("{other}"),
    };
    let answer = json!({ "id": request["id"], "result": result });
    spoil(answer, &["jsonrpc", "usage"], odd)
}

/// An endpoint whose responses all have these malformed fields.
fn odd_endpoint(odd: Option<Value>) -> RpcCluster {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(request) = read_request(&mut stream) else { continue };
            let body = answer(&request, odd.as_ref()).to_string();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length";
            let _ = write!(stream, "{head}: {}\r\n\r\n{body}", body.len());
        }
    });
    RpcCluster::new(url)
}

#[tokio::test]
async fn ignores_unused_fields() {
    let oddities = oddities().map(Some).into_iter().chain([None]);
    for odd in oddities {
        let cluster = odd_endpoint(odd.clone());
        let address = Address::default();
        let expected = Account { lamports: 5, data: vec![1, 2, 3], ..Account::default() };
        let account = cluster.accounts(&[address; 2]).await.unwrap_or_else(|error| panic!("{odd:?}: {error}"));
        // `true` is a valid value: a program must be decoded as executable.
        let executable = odd == Some(Value::Bool(true));
        let expected = Account { executable, ..expected };
        assert_eq!(account, [Some(expected.clone()), None], "{odd:?}");
        assert_eq!(cluster.program_accounts(&address, &[]).await.unwrap(), [(address, expected)], "{odd:?}");
        assert_eq!(cluster.latest_blockhash().await.unwrap().last_valid_block_height, 7, "{odd:?}");
        assert_eq!(cluster.block_height().await.unwrap(), 7, "{odd:?}");
        let simulation = cluster.simulate(&transaction()).await.unwrap();
        assert_eq!((simulation.error, simulation.units_consumed), (None, 7), "{odd:?}");
        assert_eq!(simulation.return_data.unwrap().data, [1, 2, 3], "{odd:?}");
        assert_eq!(cluster.send(&transaction()).await.unwrap(), Signature::default(), "{odd:?}");
        assert_eq!(cluster.recent_prices(&[address]).await.unwrap(), [7], "{odd:?}");
        for statuses in [
            cluster.statuses(&[Signature::default()]).await,
            cluster.statuses_in_history(&[Signature::default()]).await,
        ] {
            let status = statuses.unwrap().remove(0).unwrap();
            assert_eq!((status.slot, status.error, status.confirmation), (7, None, Confirmation::Confirmed), "{odd:?}");
        }
        let execution = cluster.execution(&Signature::default()).await.unwrap().unwrap();
        assert_eq!((execution.logs.len(), execution.units_consumed), (1, Some(7)), "{odd:?}");
    }
}

#[tokio::test]
async fn reports_rejected_transaction_with_malformed_fields() {
    let (url, _) = endpoint("200 OK", |request| {
        let data = json!({ "err": "BlockhashNotFound", "logs": 1.5, "accounts": "odd", "unitsConsumed": {} });
        json!({ "id": request["id"], "error": { "code": -32_002, "message": "no", "data": data } })
    });
    let error = RpcCluster::new(url).send(&transaction()).await.unwrap_err();
    let refused = TransactionError::BlockhashNotFound;
    assert!(matches!(&error, ClusterError::TransactionRefused { error } if *error == refused), "{error}");
}

#[tokio::test]
async fn rejects_status_without_error_field() {
    let (url, _) = endpoint("200 OK", |request| {
        let status = json!({ "slot": 7, "status": { "Err": "AccountNotFound" }, "confirmationStatus": "finalized" });
        result(request, json!({ "context": { "slot": 9 }, "value": [status] }))
    });
    let error = RpcCluster::new(url).statuses(&[Signature::default()]).await.unwrap_err();
    assert!(matches!(error, ClusterError::UnexpectedAnswer { .. }), "{error}");
}
