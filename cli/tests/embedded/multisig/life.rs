//! A proposal from its creation to its execution.

use {
    super::Safe,
    crate::{
        harness::{number, text},
        signing::nonce_account,
    },
    serde_json::json,
    solana_signer::Signer as _,
};

#[tokio::test]
async fn a_proposal_is_explained_at_each_step() {
    let (safe, pool) = Safe::with_pool(60, "").await;
    let before = safe.stage.must(&format!("show {pool}")).await;
    let proposed = safe.propose(&format!("set-fee {pool} sol-deposit 1% --memo ticket-7")).await;
    assert_eq!(proposed["sent"], false);
    let (index, proposal) = (number(&proposed["proposed"]["index"]), &proposed["proposed"]);
    assert_eq!(proposal["vault"], safe.vault.to_string());
    assert_eq!((&proposal["approvals_needed"], &proposal["time_lock_seconds"]), (&json!(2), &json!(60)));
    assert!(text(&proposal["does"][0]).contains("SetFee"), "{proposal:#}");
    assert_eq!(proposed["transactions"].as_array().unwrap().len(), 1);
    let told = safe.stage.text.borrow()[0].clone();
    assert!(told.contains(&format!("tidepool squads approve {} {index}", safe.multisig)), "{told}");
    assert!(told.contains("2 approvals, and then a wait of 1 minute"), "{told}");
    assert_eq!(safe.stage.must(&format!("show {pool}")).await["fees"], before["fees"], "nothing has changed yet");

    let listed = safe.stage.must(&format!("squads list {}", safe.multisig)).await;
    assert_eq!(listed["multisig"]["threshold"], 2);
    assert_eq!(listed["multisig"]["default_vault"], safe.vault.to_string());
    assert_eq!(listed["multisig"]["members"].as_array().unwrap().len(), 3);
    assert_eq!(listed["proposals"].as_array().unwrap().len(), 1, "{listed:#}");
    // Without --program-id nothing says that the program is a pool's: the account of another program proves nothing.
    assert!(listed["proposals"][0]["cautions"].to_string().contains("--program-id"), "{listed:#}");

    let approved = safe.approve_as("wallet", index).await;
    assert_eq!(approved["proposals"][0]["approved_by"], json!([safe.stage.wallet.pubkey().to_string()]));
    assert_eq!(approved["proposals"][0]["status"], "active");
    let approved = safe.approve_as("third", index).await;
    assert_eq!(approved["proposals"][0]["status"], "approved");

    let (code, message) = safe.stage.fails(&safe.action("execute", index)).await;
    assert_eq!(code, crate::harness::NOT_NOW, "{message}");
    assert!(message.contains("time lock"), "{message}");
    let from = approved["proposals"][0]["executable_from"].as_i64().unwrap();
    safe.wait_until(from);
    safe.stage.must(&safe.action("execute", index)).await;
    let after = safe.stage.must(&format!("show {pool}")).await;
    assert_ne!(after["fees"]["sol_deposit"], before["fees"]["sol_deposit"]);

    let listed = safe.stage.must(&format!("squads list {}", safe.multisig)).await;
    assert_eq!(listed["proposals"], json!([]));
    let shown = safe.shown(index).await;
    assert_eq!((&shown["status"], &shown["problems"]), (&json!("executed"), &json!([])));
}

#[tokio::test]
async fn the_message_of_a_proposal_is_explained_before_it_is_signed() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let dumped =
        safe.stage.must(&safe.line(&format!("set-fee {pool} sol-deposit 1% --dump-transaction-message"))).await;
    let message = text(&dumped["transactions"][0]["message"]);
    let signed = safe.stage.must(&format!("sign {message} --program-id {}", safe.stage.program_id)).await;
    let does = signed["transactions"][0]["does"].to_string();
    for part in ["Squads multisig program: propose to multisig", "SetFee", "create proposal 2"] {
        assert!(does.contains(part), "{does} does not say {part}");
    }
    assert!(!does.contains("unknown"), "{does}");
}

#[tokio::test]
async fn a_proposal_is_signed_with_a_nonce_of_the_member() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let wallet = safe.stage.wallet.pubkey();
    let (nonce, _) = nonce_account(&safe.stage, wallet);
    let line = format!("set-fee {pool} sol-deposit 1% --nonce {nonce} --memo {}", "m".repeat(40));
    let signed = safe.stage.must(&safe.line(&format!("{line} --sign-only"))).await;
    let transaction = &signed["transactions"][0];
    assert_eq!(transaction["absent"], json!([]), "{signed:#}");
    assert!(text(&transaction["signers"][0]).starts_with(&wallet.to_string()), "{signed:#}");
    assert_eq!(safe.propose(&line).await["proposed"]["index"], 2);
}

#[tokio::test]
async fn a_dry_run_shows_what_the_vault_would_do() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let rehearsed = safe.stage.must(&safe.line(&format!("set-fee {pool} sol-deposit 1% --dry-run"))).await;
    assert_eq!(rehearsed["simulated"][0]["would_land"], true, "{rehearsed:#}");
    let listed = safe.stage.must(&format!("squads list {}", safe.multisig)).await;
    assert_eq!(listed["multisig"]["transaction_index"], 1, "nothing was proposed");
}

#[tokio::test]
async fn a_large_change_is_a_batch() {
    const VALIDATORS: usize = 45;
    let safe = Safe::of(VALIDATORS, 0);
    let pool = safe.stage.pool("--initial-deposit 100 --max-validators 50").await;
    safe.stage.add_validators(&pool, 0..VALIDATORS).await;
    safe.takes_over(&pool).await;
    let proposed = safe.propose(&format!("set-weights {pool} --equal --accept")).await;
    assert_eq!(proposed["proposed"]["batch"], true);
    // The batch, its two transactions, and the vote.
    assert_eq!(proposed["transactions"].as_array().unwrap().len(), 4);
    let index = number(&proposed["proposed"]["index"]);
    let shown = safe.shown(index).await;
    assert_eq!((&shown["kind"], &shown["size"], &shown["executed"]), (&json!("batch"), &json!(2), &json!(0)));
    let does = shown["does"].as_array().unwrap();
    assert_eq!(does.len(), 2, "{shown:#}");
    assert!(text(&does[0]).starts_with("(1 of 2) ") && text(&does[1]).starts_with("(2 of 2) "), "{shown:#}");
    let executed = safe.passes(index).await;
    assert_eq!(executed["transactions"].as_array().unwrap().len(), 2);
    assert_eq!(executed["proposals"][0]["executed"], 2);
    let listed = safe.stage.must(&format!("list {pool}")).await;
    let weights = listed["validators"].as_array().unwrap().iter().map(|row| number(&row["weight"]));
    assert!(weights.clone().all(|weight| weight > 0), "{:?}", weights.collect::<Vec<_>>());
}
