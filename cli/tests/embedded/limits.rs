//! What transactions request and what they pay.

use {
    super::{
        endpoints::{PRICE, TestEndpoint},
        harness::{SIGNATURE, SOL, Stage, number, said, text},
    },
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    solana_message::VersionedMessage,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    tidepool_client::{
        cluster::Cluster as _,
        loaded_data::{MAX_BYTES, PAGE, PER_ACCOUNT},
    },
    tidepool_interface::{address::COMPUTE_BUDGET_PROGRAM_ID, state::validator_list_length},
};

/// Kinds of the compute budget program's instructions.
const UNITS: u8 = 2;
const LOADED_BYTES: u8 = 4;

/// The limit of this kind that a transaction requests.
fn limit(transaction: &VersionedTransaction, kind: u8) -> u32 {
    if let VersionedMessage::V1(message) = &transaction.message {
        let config = message.config;
        let limits = [(UNITS, config.compute_unit_limit), (LOADED_BYTES, config.loaded_accounts_data_size_limit)];
        return limits.iter().find(|(of, _)| *of == kind).and_then(|(_, limit)| *limit).expect("a limit in the header");
    }
    let keys = transaction.message.static_account_keys();
    let of_kind: Vec<_> = transaction
        .message
        .instructions()
        .iter()
        .filter(|instruction| keys[usize::from(instruction.program_id_index)] == COMPUTE_BUDGET_PROGRAM_ID)
        .filter(|instruction| instruction.data[0] == kind)
        .collect();
    let [one] = of_kind.as_slice() else { panic!("{} instructions of kind {kind}", of_kind.len()) };
    u32::from_le_bytes(one.data[1..5].try_into().unwrap())
}

/// Runs every kind of transaction on an endpoint.
async fn run_all(stage: &Stage, endpoint: &TestEndpoint<'_>) {
    let run = async |line: String| {
        stage
            .run_on(endpoint, "wallet", &format!("{line} --yes"))
            .await
            .unwrap_or_else(|error| panic!("{line}: {error}"))
    };
    stage.cluster.advance_blocks(40);
    let program = stage.program_id;
    let create = "create-pool --max-validators 20000 --initial-deposit 10 --withdrawal-fee 0 --turnover-budget 100%";
    let created = run(format!("{create} --program-id {program}")).await;
    let pool = text(&created["pool"]);
    run(format!("deposit-sol {pool} 200")).await;
    run(format!("withdraw-sol {pool} 1")).await;
    for index in 0..4 {
        run(format!("add-validator {pool} {}", stage.vote(index))).await;
    }
    run(format!("set-weights {pool} --equal")).await;
    run(format!("set-fee {pool} epoch 2%")).await;
    run(format!("lookup-tables {pool} --make")).await;
    run(format!("rebalance {pool} --lookup-tables auto")).await;
    stage.cluster.advance_epoch().unwrap();
    run(format!("update {pool} --lookup-tables none")).await;
    run(format!("rebalance {pool} --lookup-tables none")).await;
    stage.cluster.advance_epoch().unwrap();
    run(format!("crank {pool} --lookup-tables auto")).await;
    let withdrawn = run(format!("withdraw-stake {pool} 5 --validator {}", stage.vote(0))).await;
    run(format!("deposit-stake {pool} {}", text(&withdrawn["stake_accounts"][0]["address"]))).await;
    run(format!("set-preferred-validator {pool} deposit {}", stage.vote(1))).await;
    run(format!("remove-validator {pool} {}", stage.vote(3))).await;
}

#[tokio::test]
async fn every_transaction_has_limits_that_hold() {
    for is_complete in [true, false] {
        let stage = Stage::new();
        let endpoint = match is_complete {
            true => TestEndpoint::new(&stage.cluster),
            false => TestEndpoint::incomplete(&stage.cluster),
        };
        run_all(&stage, &endpoint).await;
        let sent = endpoint.sent();
        assert!(sent.len() >= 18, "{}", sent.len());
        assert!(sent.iter().any(|transaction| transaction.message.address_table_lookups().is_some()));
        for transaction in &sent {
            let landed = stage.cluster.execution(&transaction.signatures[0]).await.unwrap().unwrap();
            let (used, units) = (landed.units_consumed.unwrap(), u64::from(limit(transaction, UNITS)));
            assert!(units <= used * 103 / 100, "{units} of {used}: {:#?}", landed.logs);
            let bytes = limit(transaction, LOADED_BYTES);
            assert!(bytes < if is_complete { 5 * 1024 * 1024 } else { MAX_BYTES / 2 }, "{bytes}");
        }
    }
}

#[tokio::test]
async fn a_transaction_fails_one_byte_below_what_it_loads() {
    let (stage, pool) = Stage::with_pool("").await;
    let endpoint = TestEndpoint::new(&stage.cluster);
    stage.run_on(&endpoint, "wallet", &format!("deposit-sol {pool} 5 --yes")).await.unwrap();
    let sent = endpoint.sent().remove(0);
    let loaded = stage.cluster.simulate(&sent).await.unwrap().loaded_bytes.unwrap();
    // The program's data account and the list count.
    let shown = stage.must(&format!("show {pool}")).await;
    let list = validator_list_length(number(&shown["validators"]["maximum"]) as u32) as u32;
    let program = stage.cluster.account(&stage.program_id).unwrap();
    let programdata = Address::new_from_array(program.data[4..36].try_into().unwrap());
    let programdata = stage.cluster.account(&programdata).unwrap().data.len() as u32;
    assert!(loaded > programdata + list, "{loaded} {programdata} {list}");
    assert!((loaded..loaded + loaded / 32 + 2 * PAGE).contains(&limit(&sent, LOADED_BYTES)));

    // The same accounts, and nothing done with them.
    let keys = sent.message.static_account_keys()[1..].iter();
    let named = keys.map(|key| AccountMeta::new_readonly(*key, false)).collect();
    let run = |bytes: u32| {
        let data = [&[LOADED_BYTES][..], &bytes.to_le_bytes()].concat();
        let instruction = Instruction::new_with_bytes(COMPUTE_BUDGET_PROGRAM_ID, &data, Vec::clone(&named));
        stage.cluster.process(&[instruction], &stage.wallet, &[]).map_err(|failure| failure.error)
    };
    let created = PER_ACCOUNT * 10;
    assert!(run(loaded + created).is_ok());
    let exceeded = TransactionError::MaxLoadedAccountsDataSizeExceeded;
    assert_eq!(run(programdata).unwrap_err(), exceeded);
    let least = (programdata..loaded + created).collect::<Vec<_>>();
    let least = least[0] + least.partition_point(|bytes| run(*bytes).is_err()) as u32;
    assert_eq!((run(least - 1).unwrap_err(), run(least).is_ok()), (exceeded, true));
}

#[tokio::test]
async fn quotes_and_dry_runs_show_the_fee_of_the_cluster() {
    let (stage, pool) = Stage::with_pool("").await;
    let line = format!("deposit-sol {pool} 5");
    for (is_complete, note) in [(true, ""), (false, " (computed, because the endpoint does not report fees)")] {
        let endpoint = match is_complete {
            true => TestEndpoint::new(&stage.cluster),
            false => TestEndpoint::incomplete(&stage.cluster),
        };
        let simulated = stage.run_on(&endpoint, "wallet", &format!("{line} --dry-run --yes")).await.unwrap();
        let simulated = &simulated["simulated"][0];
        assert_eq!(number(&simulated["fee_lamports"]), number(&simulated["signatures"]) * SIGNATURE);
        assert_eq!(simulated["fee_computed"], !is_complete);
        let fee = format!("{} SOL{note}", number(&simulated["signatures"]) as f64 * 0.000_005);
        assert!(
            said().iter().any(|said| said.ends_with(&format!("costs     a transaction fee of {fee}"))),
            "{:?}",
            said()
        );
        assert!(stage.text.borrow()[0].contains(&format!("a fee of {fee}")), "{}", stage.text.borrow()[0]);
    }
}

#[tokio::test]
async fn a_price_of_recent_blocks_falls_back_aloud() {
    let (stage, pool) = Stage::with_pool("").await;
    let line = format!("deposit-sol {pool} 5 --compute-unit-price auto");
    let wallet = |stage: &Stage| stage.cluster.lamports(&solana_signer::Signer::pubkey(&stage.wallet));

    let endpoint = TestEndpoint::new(&stage.cluster);
    let before = wallet(&stage);
    let answer = stage.run_on(&endpoint, "wallet", &format!("{line} --yes")).await.unwrap();
    assert!(answer["warnings"].is_null());
    let paid = before - wallet(&stage) - 5 * SOL;
    let units = u64::from(limit(&endpoint.sent()[0], UNITS));
    let signatures = endpoint.sent()[0].signatures.len() as u64;
    assert_eq!(paid, signatures * SIGNATURE + units * PRICE.min(1_000_000) / 1_000_000);

    let endpoint = TestEndpoint::incomplete(&stage.cluster);
    let before = wallet(&stage);
    let answer = stage.run_on(&endpoint, "wallet", &format!("{line} --yes")).await.unwrap();
    let [warning] = answer["warnings"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert!(text(warning).contains("--compute-unit-price"), "{warning}");
    assert_eq!(said().iter().filter(|said| said.starts_with("warning: no recent")).count(), 1);
    assert_eq!(wallet(&stage), before - 5 * SOL - signatures * SIGNATURE);
}
