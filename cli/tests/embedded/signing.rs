//! Transactions that are shown, signed in one place and sent from another.

use {
    super::harness::{SOL, Stage, assert_fails, text},
    serde_json::Value,
    solana_account::Account,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_nonce::{
        state::{DurableNonce, State},
        versions::Versions,
    },
    solana_signer::Signer as _,
    tidepool_cli::exit::Exit,
    tidepool_client::cluster::Cluster as _,
};

async fn blockhash(stage: &Stage) -> String {
    stage.cluster.latest_blockhash().await.unwrap().hash.to_string()
}

/// The first of the transactions that were signed and not sent.
fn first(answer: &Value) -> &Value {
    assert_eq!(answer["sent"], false);
    &answer["transactions"][0]
}

/// What `--signer` takes.
fn signature(transaction: &Value) -> String {
    text(&transaction["signers"][0])
}

/// A nonce account of 1 SOL.
pub fn nonce_account(stage: &Stage, authority: Address) -> (Address, String) {
    let nonce = DurableNonce::from_blockhash(&solana_hash::Hash::new_unique());
    let data = bincode::serialize(&Versions::new(State::new_initialized(&authority, nonce, 5_000))).unwrap();
    let address = Address::new_unique();
    let owner = solana_sdk_ids::system_program::ID;
    stage.cluster.set_account(&address, Account { lamports: SOL, data, owner, ..Account::default() });
    (address, nonce.as_hash().to_string())
}

#[tokio::test]
async fn a_dry_run_shows_what_would_happen_and_needs_no_key() {
    let (stage, pool) = Stage::with_pool("").await;
    let wallet = stage.wallet.pubkey();
    let before = stage.cluster.lamports(&wallet);
    let line = format!("--keypair {wallet} deposit-sol {pool} 5 --dry-run --yes");
    let answer = stage.run_without_key(&line).await.unwrap();
    let simulated = &answer["simulated"][0];
    assert_eq!(simulated["would_land"], true);
    assert!(simulated["compute_units"].as_u64().unwrap() > 1_000);
    assert!(text(&simulated["events"][0]).contains("reserve"), "{simulated:#}");
    assert!(stage.text.borrow()[0].contains("token program"), "{}", stage.text.borrow()[0]);
    assert_eq!(stage.cluster.lamports(&wallet), before);

    // A key that is only an address cannot send.
    let refused = stage.run_without_key(&line.replace("--dry-run", "")).await.unwrap_err();
    assert_eq!(refused.exit() as u8, 2);
    assert!(refused.to_string().contains("--signer"), "{refused}");
}

#[tokio::test]
async fn a_dry_run_tells_a_failure_and_what_was_not_looked_at() {
    let (stage, pool) = Stage::with_pool("").await;
    let other = Address::new_unique();
    // The program checks who signs; a simulation does not, but a stale pool shows.
    stage.cluster.advance_epoch().unwrap();
    let answer = stage.must(&format!("update {pool} --dry-run")).await;
    assert_eq!(answer["simulated"][0]["would_land"], true);
    let poor = stage.run_without_key(&format!("--keypair {other} update {pool} --dry-run --yes")).await;
    let told = poor.map(|answer| answer.to_string()).unwrap_or_else(|error| error.to_string());
    assert!(told.contains("lamports") || told.contains("SOL") || told.contains("fee"), "{told}");
}

#[tokio::test]
async fn a_dry_run_ends_as_sending_would() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.must(&format!("deposit-sol {pool} 5")).await;
    assert_eq!(stage.exit.get(), Exit::Done);
    let tokens = text(&stage.must(&format!("deposit-sol {pool} 5 --dry-run --verbose")).await["simulated"][0]["label"]);
    assert_eq!((tokens.as_str(), stage.exit.get()), ("deposit SOL", Exit::Done));
    // The SOL is less than the rent of a new wallet, which only the cluster looks at.
    let receiver = Address::new_unique();
    let answer = stage.must(&format!("withdraw-sol {pool} 0.0001 --to {receiver} --dry-run")).await;
    assert_eq!(answer["simulated"][0]["would_land"], false, "{answer:#}");
    assert!(stage.text.borrow()[0].contains("would fail"), "the answer is given all the same");
    assert_eq!(stage.exit.get(), Exit::Refused);
}

#[tokio::test]
async fn a_message_alone_holds_no_signature() {
    let (stage, pool) = Stage::with_pool("").await;
    let wallet = stage.wallet.pubkey();
    let (payer, file) = stage.another_wallet("payer", SOL);
    let line = format!("set-staker {pool} {payer} --fee-payer {file} --dump-transaction-message");
    let dumped = stage.must(&line).await;
    assert_eq!(first(&dumped)["signers"], serde_json::json!([]));
    assert_eq!(first(&dumped)["absent"], serde_json::json!([payer.to_string(), wallet.to_string()]));
    // Who wants to have it signed says so.
    let both = stage.must(&format!("{line} --sign-only --blockhash {}", blockhash(&stage).await)).await;
    assert_eq!(first(&both)["signers"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_the_program_itself_makes_is_explained() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.must(&format!("deposit-sol {pool} 20")).await;
    let (program, vote) = (stage.program_id, stage.vote(0));
    let lines = [
        format!("create-pool --program-id {program} --initial-deposit 1"),
        format!("create-pool --program-id {program} --token-program token-2022"),
        format!("deposit-sol {pool} 5 --to {}", Address::new_unique()),
        format!("withdraw-sol {pool} 5"),
        format!("withdraw-stake {pool} 5 --from-reserve"),
        format!("add-validator {pool} {vote}"),
        format!("set-policy {pool} --reserve-share 1%"),
        format!("lookup-tables {pool} --make"),
    ];
    for line in lines {
        let dumped = stage.must(&format!("{line} --dump-transaction-message")).await;
        for transaction in dumped["transactions"].as_array().unwrap() {
            let signed = stage.must(&format!("sign {} --program-id {program}", text(&transaction["message"]))).await;
            let does = first(&signed)["does"].to_string();
            assert!(!does.contains("unknown instruction data"), "{line}: {does}");
            assert!(does.contains("program"), "{line}: {does}");
        }
    }
}

#[tokio::test]
async fn what_is_signed_elsewhere_is_submitted() {
    let (stage, pool) = Stage::with_pool("").await;
    let (manager, hash) = (stage.wallet.pubkey(), blockhash(&stage).await);
    let (payer, payer_file) = stage.another_wallet("payer", SOL);
    let staker = Address::new_unique();

    // With a network and the payer's key, without the manager's.
    let line = format!("set-staker {pool} {staker} --fee-payer {payer_file} --sign-only --blockhash {hash} --yes");
    let built = stage.run_without_key(&format!("--keypair {manager} {line}")).await.unwrap();
    let half = first(&built);
    assert_eq!(half["blockhash"], hash);
    assert_eq!(half["absent"], serde_json::json!([manager.to_string()]));
    assert!(signature(half).starts_with(&payer.to_string()));
    let message = text(&half["message"]);

    // With the manager's key; nothing is asked of the network.
    let signed = stage.must(&format!("sign {message} --program-id {}", stage.program_id)).await;
    assert_eq!(first(&signed)["fee_payer"], payer.to_string());
    let does: Vec<_> = first(&signed)["does"].as_array().unwrap().iter().map(text).collect();
    let set = format!("stake pool program {}: SetStaker", stage.program_id);
    assert!(does.iter().any(|what| what.starts_with(&set)), "{does:#?}");
    assert!(does.iter().any(|what| what.contains("compute unit limit")), "{does:#?}");
    assert!(stage.text.borrow()[0].contains("Signers (Pubkey=Signature):"));
    let both = format!("--signer {} --signer {}", signature(half), signature(first(&signed)));

    // With neither.
    let submitted = stage.run_without_key(&format!("submit {message} {both}")).await.unwrap();
    assert!(!text(&submitted["transactions"][0]["signature"]).is_empty());
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["authorities"]["staker"], staker.to_string());
    assert_eq!(stage.cluster.lamports(&payer), SOL - 10_000);
}

#[tokio::test]
async fn the_command_itself_takes_signatures_from_elsewhere() {
    let (stage, pool) = Stage::with_pool("").await;
    let (manager, hash) = (stage.wallet.pubkey(), blockhash(&stage).await);
    let (_, payer_file) = stage.another_wallet("payer", SOL);
    let staker = Address::new_unique();
    let line = format!("set-staker {pool} {staker} --fee-payer {payer_file} --blockhash {hash} --yes");
    let signed = stage.must(&format!("{line} --sign-only").replace(" --yes", "")).await;
    let signers = first(&signed)["signers"].as_array().unwrap();
    let manager_signed = signers.iter().map(text).find(|signer| signer.starts_with(&manager.to_string())).unwrap();

    let wrong = stage
        .run_without_key(&format!("--keypair {manager} {line} --signer {manager}={}", signature_of_nothing()))
        .await
        .unwrap_err();
    assert_eq!(wrong.exit() as u8, 2, "{wrong}");
    assert!(wrong.to_string().contains("belongs to another transaction"), "{wrong}");
    let sent = stage.run_without_key(&format!("--keypair {manager} {line} --signer {manager_signed}")).await;
    sent.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stage.must(&format!("show {pool}")).await["authorities"]["staker"], staker.to_string());
}

fn signature_of_nothing() -> String {
    Keypair::new().sign_message(b"").to_string()
}

#[tokio::test]
async fn a_message_alone_is_shown_for_a_multisig() {
    let (stage, pool) = Stage::with_pool("").await;
    let multisig = Address::new_unique();
    let line = format!("--keypair {multisig} deposit-sol {pool} 1 --dump-transaction-message --yes");
    stage.cluster.airdrop(&multisig, 10 * SOL);
    let answer = stage.run_without_key(&line).await.unwrap();
    let message = text(&first(&answer)["message"]);
    assert_eq!(stage.text.borrow()[0].trim(), message, "the message and nothing else");
    assert_eq!(first(&answer)["signers"], serde_json::json!([]));
    assert_fails(&stage, &format!("sign {message}"), 2, &["must be signed by", &multisig.to_string()]).await;
    assert_fails(&stage, &format!("submit {message}"), 2, &["signature of", &multisig.to_string()]).await;
}

#[tokio::test]
async fn a_nonce_lasts_until_it_is_used() {
    let (stage, pool) = Stage::with_pool("").await;
    let (nonce, hash) = nonce_account(&stage, stage.wallet.pubkey());
    let line = format!("set-staker {pool} {} --nonce {nonce}", Address::new_unique());
    let signed = stage.must(&format!("{line} --sign-only")).await;
    assert_eq!(first(&signed)["blockhash"], hash);
    let submit = format!("submit {} --signer {}", text(&first(&signed)["message"]), signature(first(&signed)));
    stage.cluster.advance_epoch().unwrap();
    let submitted = stage.must(&submit).await;
    // A second time it is the same transaction, which has landed.
    assert_eq!(stage.must(&submit).await, submitted);
    // Sent at once, with a fresh look at the nonce.
    stage.must(&line).await;

    let (foreign, _) = nonce_account(&stage, Address::new_unique());
    assert_fails(
        &stage,
        &format!("set-staker {pool} {} --nonce {foreign}", Address::new_unique()),
        2,
        &["--nonce-authority"],
    )
    .await;
    assert_fails(
        &stage,
        &format!("set-staker {pool} {} --nonce {pool}", Address::new_unique()),
        2,
        &["not an initialized nonce account"],
    )
    .await;
}

#[tokio::test]
async fn signing_apart_needs_a_hash_that_lasts() {
    let (stage, pool) = Stage::with_pool("").await;
    let staker = Address::new_unique();
    assert_fails(&stage, &format!("set-staker {pool} {staker} --sign-only"), 2, &["--blockhash", "--nonce"]).await;
    let (nonce, _) = nonce_account(&stage, stage.wallet.pubkey());
    let create = format!("create-pool --program-id {} --nonce {nonce}", stage.program_id);
    assert_fails(&stage, &create, 2, &["one transaction", "--nonce"]).await;
}
