//! Well-formed responses that are false.

use {super::*, crate::text::is_invisible};

fn account(data: Value) -> Value {
    json!({ "lamports": 5, "owner": "11111111111111111111111111111111", "executable": false, "rentEpoch": u64::MAX, "data": data })
}

fn with_context(request: &Value, value: Vec<Value>) -> Value {
    result(request, json!({ "context": { "slot": 1 }, "value": value }))
}

fn asked(request: &Value) -> usize {
    request["params"][0].as_array().unwrap().len()
}

fn is_nonsense<T: std::fmt::Debug>(answer: Result<T, ClusterError>) -> String {
    match answer {
        Err(error @ ClusterError::UnexpectedAnswer { .. }) => error.to_string(),
        other => panic!("it makes no sense, and was taken as {other:?}"),
    }
}

#[tokio::test]
async fn rejects_other_account_encoding() {
    let forms: [fn(&Value) -> Value; 7] = [
        |request| with_context(request, vec![account(json!({ "program": "x", "parsed": {}, "space": 3 }))]),
        |request| with_context(request, vec![account(json!("3yZe7d"))]),
        |request| with_context(request, vec![account(json!(["AQID", "base64+zstd"]))]),
        |request| with_context(request, vec![account(json!(["3yZe7d", "base58"]))]),
        |request| with_context(request, vec![account(json!(["no base64!", "base64"]))]),
        |request| {
            let mut account = account(json!(["AQID", "base64"]));
            account["owner"] = "nobody".into();
            with_context(request, vec![account])
        },
        |request| {
            let mut account = account(json!(["AQID", "base64"]));
            account["lamports"] = (-5).into();
            with_context(request, vec![account])
        },
    ];
    for form in forms {
        let (url, _) = endpoint("200 OK", form);
        is_nonsense(RpcCluster::new(url).account(&Address::new_unique()).await);
    }
}

#[tokio::test]
async fn rejects_wrong_number_of_answers() {
    let (few, _) = endpoint("200 OK", |request| with_context(request, vec![Value::Null; asked(request) - 1]));
    let (many, _) = endpoint("200 OK", |request| with_context(request, vec![Value::Null; asked(request) + 1]));
    for url in [few, many] {
        let cluster = RpcCluster::new(url);
        assert!(is_nonsense(cluster.accounts(&[Address::new_unique(); 3]).await).contains("3 accounts were requested"));
        assert!(is_nonsense(cluster.statuses(&[Signature::default(); 3]).await).contains("3 statuses were requested"));
    }
}

#[tokio::test]
async fn checks_number_of_answers_per_request() {
    // 100 and 100 accounts, 256 and 256 statuses: the sum is right, but half of them would be assigned to other
    // addresses.
    let (url, _) = endpoint("200 OK", |request| {
        let first = request["params"][0][0] == Address::default().to_string()
            || request["params"][0][0] == Signature::default().to_string();
        with_context(request, vec![Value::Null; if first { asked(request) + 1 } else { asked(request) - 1 }])
    });
    let cluster = RpcCluster::new(url);
    let mut addresses = vec![Address::default(); 100];
    addresses.resize_with(200, Address::new_unique);
    is_nonsense(cluster.accounts(&addresses).await);
    let mut signatures = vec![Signature::default(); 256];
    signatures.resize(512, Signature::from([1; 64]));
    is_nonsense(cluster.statuses(&signatures).await);
}

#[tokio::test]
async fn rejects_signature_of_other_transaction() {
    let (url, _) = endpoint("200 OK", |request| result(request, Signature::from([7; 64]).to_string().into()));
    is_nonsense(RpcCluster::new(url).send(&transaction()).await);
}

#[tokio::test]
async fn rejects_invalid_values() {
    let values: [fn(&Value) -> Value; 6] = [
        |request| result(request, Value::Null),
        |request| result(request, json!("up")),
        |request| result(request, json!({ "context": {}, "value": {} })),
        |request| result(request, json!([1, 2, 3])),
        |request| {
            result(
                request,
                json!({ "context": { "slot": 1 }, "value": { "blockhash": "0", "lastValidBlockHeight": 1 } }),
            )
        },
        |request| {
            result(
                request,
                json!({ "context": { "slot": 1 }, "value": { "blockhash": 7, "err": 7, "unitsConsumed": -1 } }),
            )
        },
    ];
    for value in values {
        let (url, _) = endpoint("200 OK", value);
        let cluster = RpcCluster::new(url);
        is_nonsense(cluster.latest_blockhash().await);
        is_nonsense(cluster.block_height().await);
        is_nonsense(cluster.simulate(&transaction()).await);
        is_nonsense(cluster.send(&transaction()).await);
        is_nonsense(cluster.statuses(&[Signature::default()]).await);
        is_nonsense(cluster.account(&Address::default()).await);
        is_nonsense(cluster.program_accounts(&Address::default(), &[]).await);
    }
}

#[tokio::test]
async fn escapes_and_cuts_endpoint_messages() {
    let (url, _) = endpoint("200 OK", |request| {
        let words = format!("fine\u{1b}[2J\r\nerror: \u{202e}send\u{e0041} your keys{}", " please".repeat(100_000));
        error(request, -32_601, &words)
    });
    let refused = RpcCluster::new(url).block_height().await.unwrap_err();
    assert!(matches!(refused, ClusterError::Refused { .. }));
    let sentence = refused.to_string();
    assert!(sentence.chars().count() < 400, "{} characters", sentence.chars().count());
    assert!(!sentence.contains(is_invisible), "{sentence:?}");
    assert!(sentence.contains(r"fine\u{1b}[2J\u{d}\u{a}error: \u{202e}send\u{e0041} your keys please"), "{sentence}");
    let (url, _) = endpoint("200 OK", |request| error(request, -32_000, &"\u{e0041}".repeat(200)));
    let sentence = RpcCluster::new(url).block_height().await.unwrap_err().to_string();
    assert!(sentence.chars().count() < 400, "{} characters", sentence.chars().count());
}
