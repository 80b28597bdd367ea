//! Feature gates that are pending on the cluster and unknown to this build.

use {
    super::harness::{Stage, said},
    serde_json::json,
    solana_account::Account,
    solana_address::Address,
    std::time::Duration,
    tidepool_client::gates,
    tokio::{select, time::sleep},
};

/// Makes a gate pending, as its keypair's holder does.
fn propose(stage: &Stage, gate: Address) {
    const FEATURE_ACCOUNT_LENGTH: usize = 9;
    let account = Account {
        lamports: 1_000_000,
        data: vec![0; FEATURE_ACCOUNT_LENGTH],
        owner: solana_sdk_ids::feature::ID,
        ..Account::default()
    };
    stage.cluster.set_account(&gate, account);
}

#[tokio::test]
async fn show_names_pending_gates_that_are_unknown() {
    let (stage, pool) = Stage::with_pool("").await;
    let known = gates::known().iter().find(|gate| gate.mainnet_epoch.is_none()).unwrap();
    propose(&stage, known.address);
    assert_eq!(stage.must(&format!("show {pool}")).await["unknown_pending_gates"], json!(null));
    assert_eq!(stage.must(&format!("show {pool} -v")).await["unknown_pending_gates"], json!([]));
    assert!(stage.text.borrow()[1].contains("all known to this version of tidepool"));

    let unknown = Address::new_unique();
    propose(&stage, unknown);
    let shown = stage.must(&format!("show {pool} -v")).await;
    assert_eq!(shown["unknown_pending_gates"], json!([unknown.to_string()]));
    let [plain, verbose] = &*stage.text.borrow();
    let warning = format!("warning: feature gate {unknown} is pending and unknown to this version of tidepool");
    assert!(!plain.contains(&warning) && verbose.contains(&warning), "{verbose}");
}

#[tokio::test]
async fn a_watch_warns_of_an_unknown_gate_once() {
    let (stage, pool) = Stage::with_pool("").await;
    let unknown = Address::new_unique();
    propose(&stage, unknown);
    let warnings = || said().iter().filter(|line| line.contains(&unknown.to_string())).count();
    let warned = async {
        while warnings() == 0 {
            sleep(Duration::from_millis(10)).await;
        }
        // Several looks at the pool later.
        sleep(Duration::from_secs(3)).await;
    };
    let line = format!("crank {pool} --watch --interval 1");
    select! {
        ended = stage.run_as("wallet", &line) => panic!("it ended with {ended:?}"),
        () = warned => {}
    }
    assert_eq!(warnings(), 1);
}
