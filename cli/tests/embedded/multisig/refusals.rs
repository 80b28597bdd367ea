//! What cannot be proposed, approved or executed, in a sentence; and proposals that no longer do what they say.

use {
    super::Safe,
    crate::harness::{NOT_NOW, REFUSED, SOL, USAGE, assert_fails, number, text},
    serde_json::json,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    tidepool_cli::exit::Exit,
    tidepool_squads::{
        address,
        instruction::{VaultTransactionCreate, proposal_approve, proposal_cancel, proposal_create, proposal_reject},
        message::VaultMessage,
    },
};

#[tokio::test]
async fn a_proposal_is_made_by_a_member_for_what_the_vault_may_change() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let stage = &safe.stage;
    let fee = format!("set-fee {pool} sol-deposit 1%");
    let (stranger, file) = stage.another_wallet("stranger", SOL);
    let vault = safe.vault;
    assert_fails(stage, &format!("{fee} --squads {vault}"), USAGE, &["the multisig account", "not that of its vault"])
        .await;
    assert_fails(stage, &format!("{fee} --squads {}", Address::new_unique()), USAGE, &["not a Squads v4 multisig"])
        .await;
    let other = format!("{} --vault 1", safe.line(&fee));
    assert_fails(stage, &other, USAGE, &["the pool's manager is", &vault.to_string()]).await;
    for (name, parts) in [("stranger", ["not a member", "--keypair"]), ("third", ["may not propose", "another member"])]
    {
        let refused = stage.run_as(name, &format!("{} --yes", safe.line(&fee))).await.unwrap_err().to_string();
        assert!(parts.iter().all(|part| refused.contains(part)), "{refused}");
    }
    assert!(file.contains("stranger") && stranger != vault);
    // The keys of new accounts would be gone when the proposal is executed.
    let create = safe.line(&format!("create-pool --program-id {}", stage.program_id));
    assert_fails(stage, &create, USAGE, &["--squads is for commands"]).await;
    for line in [format!("update {pool}"), format!("crank {pool}"), format!("show {pool}"), "sign -".into()] {
        assert_fails(stage, &safe.line(&line), USAGE, &["--squads is for commands"]).await;
    }
    // A stale pool is updated by itself, not by a vote.
    stage.cluster.advance_epoch().unwrap();
    assert_fails(stage, &safe.line(&format!("deposit-sol {pool} 1")), NOT_NOW, &["tidepool update", "proposed"]).await;
}

#[tokio::test]
async fn a_change_that_would_fail_is_not_proposed() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    // The vault has 100 SOL; the command's own check says so first.
    let line = safe.line(&format!("deposit-sol {pool} 500"));
    let (code, message) = safe.stage.fails(&line).await;
    assert!(message.contains("insufficient funds") && code != 0, "{message}");
    // What the cluster alone knows is simulated.
    let receiver = Address::new_unique();
    safe.changes(&format!("deposit-sol {pool} 5")).await;
    let line = safe.line(&format!("withdraw-sol {pool} 0.0001 --to {receiver}"));
    let answer = safe.stage.must(&line).await;
    assert_eq!(answer["simulated"][0]["would_land"], false, "{answer:#}");
    assert_eq!(safe.stage.exit.get(), Exit::Refused);
    let listed = safe.stage.must(&format!("squads list {}", safe.multisig)).await;
    assert_eq!(listed["proposals"], json!([]));
}

#[tokio::test]
async fn votes_and_executions_are_refused_with_the_reason() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let stage = &safe.stage;
    let multisig = safe.multisig;
    let index = number(&safe.propose(&format!("set-fee {pool} sol-deposit 1%")).await["proposed"]["index"]);
    let squads = format!("squads show {multisig}");
    assert_fails(stage, &squads, USAGE, &["missing number of the proposal", "squads list"]).await;
    assert_fails(stage, &format!("{squads} 99"), USAGE, &["no proposal 99", "its last is 2"]).await;
    assert_fails(stage, &format!("squads list {multisig} 1"), USAGE, &["omit the number"]).await;
    assert_fails(stage, &safe.action("execute", index), NOT_NOW, &["0 of 2 approvals"]).await;
    safe.approve_as("wallet", index).await;
    assert_fails(stage, &safe.action("approve", index), USAGE, &["has already approved"]).await;
    let stranger = stage.another_wallet("stranger", SOL).1;
    assert!(stranger.contains("stranger"));
    let as_stranger = format!("{} --yes", safe.action("approve", index));
    let refused = stage.run_as("stranger", &as_stranger).await.unwrap_err().to_string();
    assert!(refused.contains("not a member"), "{refused}");
    safe.approve_as("third", index).await;
    let refused = stage.run_as("third", &format!("{} --yes", safe.action("execute", index))).await.unwrap_err();
    assert!(refused.to_string().contains("may not execute"), "{refused}");
    stage.must(&safe.action("execute", index)).await;
    assert_fails(stage, &safe.action("execute", index), USAGE, &["already been executed"]).await;
    assert_fails(stage, &safe.action("approve", index), USAGE, &["not to be voted on"]).await;
}

#[tokio::test]
async fn rejected_and_cancelled_proposals_stay_so() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let (wallet, second) = (safe.stage.wallet.pubkey(), safe.second.pubkey());
    let index = number(&safe.propose(&format!("set-fee {pool} sol-deposit 1%")).await["proposed"]["index"]);
    let reject = [wallet, second].map(|member| proposal_reject(&safe.multisig, index, &member, None).unwrap());
    safe.process(&reject, &[&safe.second]);
    let shown = safe.shown(index).await;
    assert_eq!(shown["status"], "rejected");
    assert!(shown["problems"].to_string().contains("propose the change again"), "{shown:#}");
    assert_fails(&safe.stage, &safe.action("execute", index), USAGE, &["not approved"]).await;

    let index = number(&safe.propose(&format!("set-fee {pool} sol-deposit 1%")).await["proposed"]["index"]);
    safe.approve_as("wallet", index).await;
    safe.approve_as("second", index).await;
    let cancel = [wallet, second].map(|member| proposal_cancel(&safe.multisig, index, &member, None).unwrap());
    safe.process(&cancel, &[&safe.second]);
    assert_eq!(safe.shown(index).await["status"], "cancelled");
    assert_fails(&safe.stage, &safe.action("execute", index), USAGE, &["not approved"]).await;
    let listed = safe.stage.must(&format!("squads list {}", safe.multisig)).await;
    assert_eq!(listed["proposals"], json!([]));
}

/// A change of the multisig itself, which makes older proposals stale: another threshold.
fn change_threshold(safe: &Safe, index: u64, threshold: u16) {
    let member = safe.stage.wallet.pubkey();
    let mut data = vec![0x9b, 0xec, 0x57, 0xe4, 0x89, 0x4b, 0x51, 0x27];
    data.extend(1_u32.to_le_bytes());
    data.push(2);
    data.extend(threshold.to_le_bytes());
    data.push(0);
    let system = Address::default();
    let create = Instruction::new_with_bytes(
        tidepool_squads::PROGRAM_ID,
        &data,
        vec![
            AccountMeta::new(safe.multisig, false),
            AccountMeta::new(address::transaction(&safe.multisig, index), false),
            AccountMeta::new_readonly(member, true),
            AccountMeta::new(member, true),
            AccountMeta::new_readonly(system, false),
        ],
    );
    let propose = proposal_create(&safe.multisig, index, &member, &member, false);
    safe.process(&[create, propose], &[]);
}

fn execute_change(safe: &Safe, index: u64) {
    let member = safe.stage.wallet.pubkey();
    let execute = Instruction::new_with_bytes(
        tidepool_squads::PROGRAM_ID,
        &[0x72, 0x92, 0xf4, 0xbd, 0xfc, 0x8c, 0x24, 0x28],
        vec![
            AccountMeta::new(safe.multisig, false),
            AccountMeta::new_readonly(member, true),
            AccountMeta::new(address::proposal(&safe.multisig, index), false),
            AccountMeta::new_readonly(address::transaction(&safe.multisig, index), false),
            AccountMeta::new(member, true),
            AccountMeta::new_readonly(Address::default(), false),
        ],
    );
    safe.process(&[execute], &[]);
}

#[tokio::test]
async fn a_change_of_the_multisig_is_explained_and_makes_older_proposals_stale() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let old = number(&safe.propose(&format!("set-fee {pool} sol-deposit 1%")).await["proposed"]["index"]);
    let approved = number(&safe.propose(&format!("set-fee {pool} sol-deposit 2%")).await["proposed"]["index"]);
    safe.approve_as("wallet", approved).await;
    safe.approve_as("second", approved).await;
    let change = approved + 1;
    change_threshold(&safe, change, 1);
    let shown = safe.shown(change).await;
    assert_eq!(shown["kind"], "config_transaction");
    assert!(text(&shown["does"][0]).contains("change the threshold to 1 approvals"), "{shown:#}");
    assert!(shown["cautions"].to_string().contains("changes the multisig itself"));
    safe.approve_as("wallet", change).await;
    safe.approve_as("third", change).await;
    assert_fails(&safe.stage, &safe.action("execute", change), USAGE, &["changes the multisig itself"]).await;
    execute_change(&safe, change);

    let shown = safe.shown(old).await;
    assert_eq!((&shown["stale"], &shown["status"]), (&json!(true), &json!("active")));
    assert!(shown["problems"].to_string().contains("stale"), "{shown:#}");
    assert_fails(&safe.stage, &safe.action("approve", old), USAGE, &["stale", "propose the change again"]).await;
    // One that was approved before can still be executed, and the list says so.
    let listed = safe.stage.must(&format!("squads list {}", safe.multisig)).await;
    let pending: Vec<_> = listed["proposals"].as_array().unwrap().iter().map(|one| number(&one["index"])).collect();
    assert_eq!(pending, [approved]);
    assert!(safe.shown(approved).await["cautions"].to_string().contains("it can still be executed"));
    safe.stage.must(&safe.action("execute", approved)).await;
}

#[tokio::test]
async fn a_proposal_whose_pool_has_changed_says_so() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let vote = safe.stage.vote(0);
    let add = number(&safe.propose(&format!("add-validator {pool} {vote}")).await["proposed"]["index"]);
    let staker =
        number(&safe.propose(&format!("set-staker {pool} {}", safe.second.pubkey())).await["proposed"]["index"]);
    assert_eq!(safe.shown(add).await["would_succeed"], true);
    safe.passes(staker).await;
    let shown = safe.shown(add).await;
    let problems = shown["problems"].to_string();
    let now = format!("the staker of pool {pool} is {} now, not {}", safe.second.pubkey(), safe.vault);
    assert!(problems.contains(&now), "{problems}");
    assert!(problems.contains("would fail now"), "{problems}");
    assert_eq!(shown["would_succeed"], false);
    safe.approve_as("wallet", add).await;
    safe.approve_as("third", add).await;
    // Nothing is sent that would fail.
    let (code, message) = safe.stage.fails(&safe.action("execute", add)).await;
    assert_eq!(code, REFUSED, "{message}");
    assert!(message.contains("execute proposal"), "{message}");
    assert_eq!(safe.shown(add).await["status"], "approved");
}

#[tokio::test]
async fn unknown_instructions_are_named() {
    let (safe, _) = Safe::with_pool(0, "").await;
    let member = safe.stage.wallet.pubkey();
    let program = Address::new_unique();
    let change = Instruction::new_with_bytes(program, &[250, 251, 252], vec![AccountMeta::new(safe.vault, true)]);
    let message = VaultMessage::compile(&[change]).unwrap();
    let create = VaultTransactionCreate { vault_index: 0, message: &message, memo: None };
    let create = create.instruction(&safe.multisig, 2, &member, &member).unwrap();
    safe.process(&[create, proposal_create(&safe.multisig, 2, &member, &member, false)], &[]);
    let shown = safe.shown(2).await;
    let does = text(&shown["does"][0]);
    assert!(does.contains(&program.to_string()) && does.contains("unknown instruction data fafbfc"), "{does}");
    let cautions = shown["cautions"].to_string();
    assert!(cautions.contains(&format!("program {program} is unknown")), "{cautions}");
    assert_eq!(shown["would_succeed"], false);
}

#[tokio::test]
async fn an_index_that_was_taken_meanwhile_is_refused_by_the_program() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let member = safe.stage.wallet.pubkey();
    let index = number(&safe.propose(&format!("set-fee {pool} sol-deposit 1%")).await["proposed"]["index"]);
    let message = VaultMessage::compile(&[]).unwrap();
    let create = VaultTransactionCreate { vault_index: 0, message: &message, memo: None };
    let create = create.instruction(&safe.multisig, index, &member, &member).unwrap();
    assert!(safe.stage.cluster.process(&[create], &safe.stage.wallet, &[]).is_err());
    // A vote by someone else's key is refused as well.
    let stranger = Keypair::new();
    let vote = proposal_approve(&safe.multisig, index, &stranger.pubkey(), None).unwrap();
    let failed = safe.stage.cluster.process(&[vote], &safe.stage.wallet, &[&stranger]).unwrap_err();
    let not_a_member = tidepool_squads::ProgramError::NotAMember as u32;
    assert!(format!("{:?}", failed.error).contains(&not_a_member.to_string()), "{failed:?}");
}
