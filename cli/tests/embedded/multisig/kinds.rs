//! Each kind of change: proposed, explained, approved by two of three, executed.

use {
    super::Safe,
    crate::{
        harness::{number, text},
        metadata::metadata_program,
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signer::Signer as _,
    tidepool_interface::address::METADATA_PROGRAM_ID,
};

async fn pool(safe: &Safe, pool: &str) -> Value {
    safe.stage.must(&format!("show {pool}")).await
}

#[tokio::test]
async fn a_vault_sets_fees_authorities_and_limits() {
    let (safe, address) = Safe::with_pool(0, "").await;
    let before = pool(&safe, &address).await;
    assert_eq!(before["authorities"]["manager"], safe.vault.to_string());
    assert_eq!(before["authorities"]["staker"], safe.vault.to_string());

    safe.changes(&format!("set-fee {address} sol-deposit 1%")).await;
    safe.changes(&format!("set-fee {address} epoch 4%")).await;
    let who = safe.stage.another_wallet("who", 1_000_000_000).0;
    safe.changes(&format!("set-funding-authority {address} sol-deposit {who}")).await;
    safe.changes(&format!("set-policy {address} --reserve-share 2%")).await;
    safe.changes(&format!("set-demotion-policy {address} --max-commission 7% --require-bls-key true")).await;
    safe.changes(&format!("set-limits {address} --max-epoch-fee 5% --guardian {who}")).await;
    let after = pool(&safe, &address).await;
    assert_eq!(after["fees"]["sol_deposit"]["numerator"], 1, "{after:#}");
    assert_eq!(after["fees"]["epoch"]["pending"]["numerator"], 4, "{after:#}");
    assert_eq!(after["authorities"]["sol_deposit"], who.to_string(), "{after:#}");
    for part in ["policy", "demotion_policy", "limits"] {
        assert_ne!(after["extension"][part], before["extension"][part], "{part}: {after:#}");
    }
}

#[tokio::test]
async fn a_vault_looks_after_validators() {
    let (safe, address) = Safe::with_pool(0, "").await;
    let [one, two] = [safe.stage.vote(0), safe.stage.vote(1)];
    safe.changes(&format!("add-validator {address} {one}")).await;
    safe.changes(&format!("add-validator {address} {two}")).await;
    safe.changes(&format!("set-weights {address} --set {one}=3 --set {two}=1")).await;
    safe.changes(&format!("set-preferred-validator {address} deposit {one}")).await;
    safe.changes(&format!("increase {address} {one} 5")).await;
    safe.stage.next_epoch(&address).await;
    safe.stage.next_epoch(&address).await;
    safe.changes(&format!("decrease {address} {one} 2")).await;
    safe.changes(&format!("set-preferred-validator {address} deposit none")).await;
    safe.changes(&format!("remove-validator {address} {two}")).await;
    let listed = safe.stage.must(&format!("list {address}")).await;
    let row = |vote: Address| {
        let rows = listed["validators"].as_array().unwrap().iter();
        rows.clone().find(|row| row["vote"] == vote.to_string()).unwrap()
    };
    assert_eq!(number(&row(one)["weight"]), 3);
    assert!(number(&row(one)["transient_lamports"]) > 0, "the decrease deactivates stake");
    assert_ne!(row(two)["status"], "active");
}

#[tokio::test]
async fn a_vault_names_the_token_and_extends_a_pool() {
    let (safe, address) = Safe::with_pool(0, "--without-extension").await;
    safe.stage.cluster.replace_program(&METADATA_PROGRAM_ID, metadata_program()).unwrap();
    safe.changes(&format!("set-metadata {address} --name Tide --symbol TIDE")).await;
    assert_eq!(pool(&safe, &address).await["metadata"]["name"], "Tide");
    safe.changes(&format!("extend-pool {address}")).await;
    assert!(pool(&safe, &address).await["extension"].is_object());
}

#[tokio::test]
async fn a_vault_withdraws_an_announcement() {
    let (safe, address) = Safe::with_pool(0, "").await;
    safe.changes(&format!("set-limits {address} --notice-epochs 2")).await;
    let announced = safe.propose(&format!("set-fee {address} sol-deposit 2%")).await;
    safe.passes(number(&announced["proposed"]["index"])).await;
    let announcements = safe.stage.must(&format!("announcements {address}")).await;
    assert_eq!(announcements["announcements"].as_array().unwrap().len(), 1, "{announcements:#}");
    safe.changes(&format!("cancel-announcement {address} sol-deposit-fee")).await;
    let announcements = safe.stage.must(&format!("announcements {address}")).await;
    assert_eq!(announcements["announcements"], json!([]));
}

#[tokio::test]
async fn a_vault_holds_and_sells_pool_tokens() {
    let (safe, address) = Safe::with_pool(0, "").await;
    safe.changes(&format!("deposit-sol {address} 5")).await;
    let tokens = safe.stage.must(&format!("balance {} --pool {address}", safe.vault)).await;
    assert!(tokens.to_string().contains("5000000000"), "{tokens:#}");
    safe.changes(&format!("withdraw-sol {address} 2")).await;
    let tokens = safe.stage.must(&format!("balance {} --pool {address}", safe.vault)).await;
    assert!(tokens.to_string().contains("3000000000"), "{tokens:#}");
    // The new stake account is derived from the vault, so no other key signs.
    safe.changes(&format!("withdraw-stake {address} 2 --from-reserve")).await;
    let tokens = safe.stage.must(&format!("balance {} --pool {address}", safe.vault)).await;
    assert!(tokens.to_string().contains("1000000000"), "{tokens:#}");
}

#[tokio::test]
async fn a_pool_is_handed_back_to_a_wallet() {
    let (safe, address) = Safe::with_pool(0, "").await;
    let second = safe.stage.folder_file("second");
    safe.changes(&format!("set-staker {address} {}", safe.second.pubkey())).await;
    let index = number(&safe.propose(&format!("set-manager {address} {second}")).await["proposed"]["index"]);
    let shown = safe.shown(index).await;
    assert_eq!(shown["also_signed_by"], json!([safe.second.pubkey().to_string()]));
    safe.approve_as("wallet", index).await;
    safe.approve_as("second", index).await;
    // The new manager signs too.
    let (code, message) = safe.stage.fails(&safe.action("execute", index)).await;
    assert_eq!(code, crate::harness::USAGE);
    assert!(message.contains("--co-signer"), "{message}");
    let executed = safe.stage.must(&format!("{} --co-signer {second}", safe.action("execute", index))).await;
    assert_eq!(text(&executed["proposals"][0]["status"]), "executed");
    assert_eq!(pool(&safe, &address).await["authorities"]["manager"], safe.second.pubkey().to_string());
}
