//! Requests about the past, the pace and the validators of a cluster.

use {
    super::*,
    crate::cluster::{Call, InflationReward, TokenChange},
};

const KEYS: [&str; 4] = [
    "11111111111111111111111111111111",
    "Stake11111111111111111111111111111111111111",
    "Vote111111111111111111111111111111111111111",
    "SysvarC1ock11111111111111111111111111111111",
];

fn key(index: usize) -> Address {
    KEYS[index].parse().unwrap()
}

#[tokio::test]
async fn decodes_performance_samples() {
    let (url, _) = endpoint("200 OK", |request| {
        let sample = json!({
            "slot": 900, "numSlots": 170, "samplePeriodSecs": 60, "numTransactions": 1.5, "numNonVoteTransactions": null,
        });
        result(request, json!([sample]))
    });
    let expected = PerformanceSample { slot: 900, slots: 170, seconds: 60 };
    assert_eq!(RpcCluster::new(url).performance_samples().await.unwrap(), [expected]);
}

#[tokio::test]
async fn decodes_block_time() {
    let (url, requests) = endpoint("200 OK", |request| match request["params"][0].as_u64() {
        Some(7) => result(request, json!(1_700_000_000)),
        Some(8) => result(request, Value::Null),
        _ => error(request, -32_009, "Slot 9 was skipped, or missing in long-term storage"),
    });
    let cluster = RpcCluster::new(url);
    assert_eq!(cluster.block_time(7).await.unwrap(), Some(1_700_000_000));
    assert_eq!(cluster.block_time(8).await.unwrap(), None);
    assert!(cluster.block_time(9).await.is_err());
    assert!(requests.try_iter().all(|request| request["method"] == "getBlockTime"));
}

#[tokio::test]
async fn decodes_history() {
    let (url, requests) = endpoint("200 OK", |request| {
        let past = |slot: u64, err: Value| json!({ "signature": Signature::default().to_string(), "slot": slot, "err": err, "blockTime": null, "memo": null });
        result(request, json!([past(9, Value::Null), past(8, json!({ "InstructionError": [0, { "Custom": 1 }] }))]))
    });
    let cluster = RpcCluster::new(url);
    let signature = Signature::default();
    let found = cluster.history(&key(1), Some(&signature), 7).await.unwrap().unwrap();
    let past = |slot, succeeded| PastTransaction { signature, slot, succeeded };
    assert_eq!(found, [past(9, true), past(8, false)]);
    let request = requests.recv().unwrap();
    assert_eq!((&request["method"], &request["params"][0]), (&json!("getSignaturesForAddress"), &json!(KEYS[1])));
    let expected = json!({ "before": signature.to_string(), "commitment": "confirmed", "limit": 7 });
    assert_eq!(request["params"][1], expected);
}

/// A transaction of this version, with an instruction that uses a lookup table, and one that a program called.
fn landed_transaction(version: Value, last_account: usize) -> Value {
    json!({
        "slot": 9,
        "version": version,
        "blockTime": 1_700_000_000,
        "transactionIndex": 4,
        "transaction": {
            "signatures": [],
            "message": {
                "accountKeys": [KEYS[0], KEYS[1]],
                "instructions": [{ "programIdIndex": 1, "accounts": [0, 2], "data": "8", "stackHeight": null }],
            },
        },
        "meta": {
            "err": null,
            "logMessages": ["Program log: x\ny"],
            "preTokenBalances": [{ "accountIndex": 2, "uiTokenAmount": { "amount": "18446744073709551615", "decimals": 9 } }],
            "postTokenBalances": [{ "accountIndex": 0, "uiTokenAmount": { "amount": "7", "decimals": 9 } }],
            "loadedAddresses": { "writable": [KEYS[2]], "readonly": [KEYS[3]] },
            "innerInstructions": [{
                "index": 0,
                "instructions": [{ "programIdIndex": 3, "accounts": [last_account], "data": "", "stackHeight": 2 }],
            }],
        },
    })
}

#[tokio::test]
async fn decodes_landed_transactions_of_all_versions() {
    let outer = Call { program_id: key(1), accounts: vec![key(0), key(2)], data: vec![7] };
    let expected = LandedTransaction {
        slot: 9,
        index: Some(4),
        block_time: Some(1_700_000_000),
        succeeded: true,
        logs: Some(vec!["Program log: x\ny".into()]),
        instructions: 1,
        calls: vec![outer, Call { program_id: key(3), accounts: vec![key(0)], data: vec![] }],
        token_changes: Some(vec![
            TokenChange { account: key(0), before: 0, after: 7 },
            TokenChange { account: key(2), before: u64::MAX, after: 0 },
        ]),
    };
    let answers: [fn(&Value) -> Value; 3] = [
        |request| result(request, landed_transaction(json!("legacy"), 0)),
        |request| result(request, landed_transaction(json!(0), 0)),
        |request| result(request, landed_transaction(json!(1), 0)),
    ];
    for answer in answers {
        let (url, requests) = endpoint("200 OK", answer);
        let cluster = RpcCluster::with_confirmation(url, Confirmation::Finalized);
        assert_eq!(cluster.landed(&Signature::default()).await.unwrap(), Some(expected.clone()));
        let request = requests.recv().unwrap();
        let config = json!({ "commitment": "finalized", "encoding": "json", "maxSupportedTransactionVersion": 1 });
        assert_eq!((&request["method"], &request["params"][1]), (&json!("getTransaction"), &config));
    }
}

#[tokio::test]
async fn rejects_malformed_landed_transactions() {
    let (url, _) = endpoint("200 OK", |request| result(request, Value::Null));
    assert_eq!(RpcCluster::new(url).landed(&Signature::default()).await.unwrap(), None);
    let answers: [fn(&Value) -> Value; 2] = [
        // An account that it does not have, and no word on whether it failed.
        |request| result(request, landed_transaction(json!(0), 4)),
        |request| {
            let mut landed = landed_transaction(json!(0), 0);
            landed["meta"].as_object_mut().unwrap().remove("err");
            result(request, landed)
        },
    ];
    for answer in answers {
        let (url, _) = endpoint("200 OK", answer);
        let error = RpcCluster::new(url).landed(&Signature::default()).await.unwrap_err();
        assert!(matches!(error, ClusterError::UnexpectedAnswer { .. }), "{error}");
    }
}

#[tokio::test]
async fn decodes_first_available_block() {
    let (url, requests) = endpoint("200 OK", |request| result(request, json!(77)));
    assert_eq!(RpcCluster::new(url).first_available_block().await.unwrap(), 77);
    assert_eq!(requests.recv().unwrap()["method"], "getFirstAvailableBlock");
}

#[tokio::test]
async fn decodes_validator_set() {
    let (url, _) = endpoint("200 OK", |request| {
        let validator = |key: &str, stake: u64, admitted: bool| {
            json!({
                "votePubkey": key, "nodePubkey": KEYS[0], "activatedStake": stake, "epochVoteAccount": admitted,
                "commission": 300, "lastVote": null, "epochCredits": "odd",
            })
        };
        let voting = [validator(KEYS[1], 5, true), validator(KEYS[2], 6, false)];
        result(request, json!({ "current": voting, "delinquent": [validator(KEYS[3], 7, true)] }))
    });
    let found = RpcCluster::new(url).validator_set().await.unwrap().unwrap();
    let validator = |index, activated_stake, is_admitted, is_voting| ClusterValidator {
        vote: key(index),
        activated_stake,
        is_admitted,
        is_voting,
    };
    assert_eq!(found, [validator(1, 5, true, true), validator(2, 6, false, true), validator(3, 7, true, false)]);
}

#[tokio::test]
async fn decodes_nodes_of_gossip() {
    let (url, _) = endpoint("200 OK", |request| {
        let node = |key: &str, version: Value| json!({ "pubkey": key, "version": version, "gossip": null, "tpu": 3 });
        result(request, json!([node(KEYS[1], json!("3.1.8")), node(KEYS[2], Value::Null), node(KEYS[3], json!(7))]))
    });
    let found = RpcCluster::new(url).gossip().await.unwrap().unwrap();
    let node = |index, version: Option<&str>| ClusterNode { identity: key(index), version: version.map(Into::into) };
    assert_eq!(found, [node(1, Some("3.1.8")), node(2, None), node(3, None)]);
}

#[tokio::test]
async fn decodes_inflation_rewards() {
    let (url, requests) = endpoint("200 OK", |request| {
        let first = json!({ "epoch": 5, "effectiveSlot": 9, "amount": 7, "postBalance": 8, "commission": 5, "commissionBps": 525 });
        result(request, json!([first, null, { "amount": 3, "commission": 10 }]))
    });
    let cluster = RpcCluster::new(url);
    let found = cluster.inflation_rewards(&[key(0), key(1), key(2)], 5).await.unwrap().unwrap();
    let reward = |lamports, points| Some(InflationReward { lamports, commission_bps: Some(points) });
    assert_eq!(found, [reward(7, 525), None, reward(3, 1_000)]);
    let request = requests.recv().unwrap();
    assert_eq!((&request["method"], &request["params"][1]["epoch"]), (&json!("getInflationReward"), &json!(5)));
    // Answers are matched by their position.
    assert!(cluster.inflation_rewards(&[key(0)], 5).await.is_err());
}
