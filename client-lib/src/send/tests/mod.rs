//! A sender on a lossy network. The cluster follows a script.

mod budgets;
mod false_answers;
mod lifetimes;
mod scripted;
mod stopping;

use {
    super::*,
    scripted::{BLOCKHASH_LIFE, Script, Scripted},
    solana_instruction::{AccountMeta, Instruction, error::InstructionError},
    solana_keypair::Keypair,
    solana_signature::Signature,
    solana_signer::Signer,
    solana_transaction_error::TransactionError,
    std::{collections::BTreeSet, sync::Mutex},
};

/// A transaction that is recognised by its data and does nothing.
fn outgoing(mark: u8) -> Outgoing {
    let instruction = Instruction::new_with_bytes(Address::new_from_array([9; 32]), &[mark], vec![]);
    Outgoing::new(format!("transaction {mark}"), vec![instruction])
}

async fn send(cluster: &Scripted, transactions: &[Outgoing]) -> Summary {
    Sender::new(cluster, &Keypair::new()).send(transactions).await
}

fn error() -> TransactionError {
    TransactionError::InstructionError(0, InstructionError::Custom(3))
}

#[tokio::test(start_paused = true)]
async fn all_land_at_once() {
    let cluster = Scripted::default();
    let summary = send(&cluster, &[outgoing(1), outgoing(2), outgoing(3)]).await;
    assert!(summary.is_success());
    assert_eq!(summary.landed(), 3);
    assert_eq!(summary.transactions[2].label, "transaction 3");
    let distinct: BTreeSet<_> = summary.signatures().collect();
    assert_eq!(distinct.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn resends_lost_transaction_unchanged() {
    let cluster = Scripted::new(Script { lose_sends: 1, ..Script::default() });
    let summary = send(&cluster, &[outgoing(1)]).await;
    assert!(summary.is_success());
    assert_eq!((cluster.signatures(), cluster.ran()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn signs_expired_transaction_again() {
    let cluster = Scripted::new(Script { lose_blockhashes: 2, ..Script::default() });
    let summary = send(&cluster, &[outgoing(1), outgoing(2)]).await;
    assert!(summary.is_success());
    assert_eq!(cluster.signatures(), 6, "two transactions, signed three times");
    assert_eq!(cluster.ran(), 2);
}

#[tokio::test(start_paused = true)]
async fn does_not_resend_after_unseen_confirmation() {
    // Long enough for the blockhash to expire while this endpoint does not know the transaction's block.
    let cluster = Scripted::new(Script { hide_for_checks: 18, ..Script::default() });
    let summary = send(&cluster, &[outgoing(1)]).await;
    assert!(summary.is_success());
    assert!(cluster.state().height > BLOCKHASH_LIFE);
    assert_eq!((cluster.signatures(), cluster.ran()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn checks_history_after_gap_in_status_checks() {
    let asleep = |has_no_history| Script { blocks_before_first_check: 1_000, has_no_history, ..Script::default() };
    let cluster = Scripted::new(asleep(false));
    assert!(send(&cluster, &[outgoing(1)]).await.is_success());
    assert_eq!((cluster.signatures(), cluster.ran()), (1, 1));

    // Without a history the outcome is unknown.
    let cluster = Scripted::new(asleep(true));
    let summary = send(&cluster, &[outgoing(1)]).await;
    assert!(matches!(summary.transactions[0].outcome, Outcome::Unknown { reason: UnknownReason::Forgotten, .. }));
    assert_eq!((cluster.signatures(), cluster.ran()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn needs_no_history_with_frequent_status_checks() {
    let script = Script { lose_blockhashes: 1, has_no_history: true, ..Script::default() };
    let cluster = Scripted::new(script);
    assert!(send(&cluster, &[outgoing(1)]).await.is_success());
    assert_eq!((cluster.signatures(), cluster.ran()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn waits_for_confirmation_of_processed_transaction() {
    let cluster = Scripted::new(Script { unconfirmed_checks: 25, ..Script::default() });
    let summary = send(&cluster, &[outgoing(1)]).await;
    assert!(summary.is_success());
    assert!(cluster.state().height > BLOCKHASH_LIFE);
    assert_eq!(cluster.signatures(), 1);
}

#[tokio::test(start_paused = true)]
async fn survives_unanswered_status_checks() {
    let cluster = Scripted::new(Script { unanswered_checks: 5, ..Script::default() });
    assert!(send(&cluster, &[outgoing(1)]).await.is_success());
    assert_eq!(cluster.ran(), 1);
}

#[tokio::test(start_paused = true)]
async fn limits_attempts() {
    let cluster = Scripted::new(Script { lose_blockhashes: u64::MAX, ..Script::default() });
    let summary = send(&cluster, &[outgoing(1)]).await;
    assert!(matches!(summary.transactions[0].outcome, Outcome::Expired { attempts: 5, .. }));
    assert_eq!((cluster.signatures(), cluster.ran()), (5, 0));
}

#[tokio::test(start_paused = true)]
async fn outcome_is_unknown_on_halted_cluster() {
    let cluster = Scripted::new(Script { lose_blockhashes: u64::MAX, halted: true, ..Script::default() });
    let summary = send(&cluster, &[outgoing(1)]).await;
    let outcome = &summary.transactions[0].outcome;
    assert!(matches!(outcome, Outcome::Unknown { reason: UnknownReason::NoBlocks, .. }));
    assert!(outcome.to_string().contains("before you repeat it"));
    assert_eq!(cluster.signatures(), 1, "nothing may be signed anew while the first may land");
}

#[tokio::test(start_paused = true)]
async fn reports_failure() {
    let cluster = Scripted::new(Script { fail: Some(error()), ..Script::default() });
    let summary = send(&cluster, &[outgoing(1)]).await;
    assert!(!summary.is_success());
    match &summary.transactions[0].outcome {
        Outcome::Failed { failure, .. } => {
            assert_eq!(failure.error, error());
            assert_eq!(failure.logs, ["Program log: no"]);
            assert_eq!(failure.explanation.instruction, Some(0));
        }
        other => panic!("it failed, and was told as {other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn does_not_send_failing_transaction() {
    let cluster = Scripted::new(Script { fail_simulation: Some(error()), ..Script::default() });
    let summary = send(&cluster, &[outgoing(1)]).await;
    assert!(matches!(summary.transactions[0].outcome, Outcome::WouldFail(_)));
    assert_eq!(cluster.signatures(), 0);
}

#[tokio::test(start_paused = true)]
async fn rejected_transaction_costs_nothing() {
    let cluster =
        Scripted::new(Script { refuse: Some(TransactionError::InsufficientFundsForFee), ..Script::default() });
    let summary = send(&cluster, &[outgoing(1)]).await;
    match &summary.transactions[0].outcome {
        Outcome::WouldFail(failure) => assert_eq!(failure.error, TransactionError::InsufficientFundsForFee),
        other => panic!("it was refused, and told as {other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn missing_signer_affects_its_transaction_only() {
    let cluster = Scripted::default();
    let other = Keypair::new();
    let mut signed_by_other = outgoing(1);
    signed_by_other.instructions[0].accounts.push(AccountMeta::new_readonly(other.pubkey(), true));
    let both = [signed_by_other, outgoing(2)];

    let without = send(&cluster, &both).await;
    assert!(matches!(
        without.transactions[0].outcome,
        Outcome::NotSent(NotSent::MissingSigner { signer }) if signer == other.pubkey()
    ));
    assert!(without.transactions[1].outcome.is_landed());

    let payer = Keypair::new();
    let with = Sender::new(&cluster, &payer).signers([&other as &dyn Signer]).send(&both).await;
    assert!(with.is_success());
}

#[tokio::test(start_paused = true)]
async fn does_not_send_oversized_transaction() {
    let mut large = outgoing(1);
    large.instructions[0].data = vec![0; 1_300];
    let summary = send(&Scripted::default(), &[large]).await;
    assert!(matches!(summary.transactions[0].outcome, Outcome::NotSent(NotSent::TooLarge { limit: 1_232, .. })));
}

#[tokio::test(start_paused = true)]
async fn stages_run_in_order() {
    let stages = [vec![outgoing(1), outgoing(2)], vec![outgoing(3)]];
    let payer = Keypair::new();
    let good = Scripted::default();
    assert!(Sender::new(&good, &payer).send_stages(&stages).await.is_success());
    assert_eq!(good.state().ran.last(), Some(&vec![3]));

    let bad = Scripted::new(Script { fail: Some(error()), ..Script::default() });
    let summary = Sender::new(&bad, &payer).send_stages(&stages).await;
    assert!(matches!(summary.transactions[2].outcome, Outcome::NotSent(NotSent::EarlierDidNotLand)));
    assert_eq!(bad.ran(), 2);
}

#[tokio::test(start_paused = true)]
async fn reports_all_progress() {
    #[derive(Default)]
    struct Recorded(Mutex<Vec<String>>);
    impl Progress for Recorded {
        fn started(&self, transactions: usize) {
            self.0.lock().unwrap().push(format!("started {transactions}"));
        }
        fn sent(&self, transaction: &Outgoing, attempt: u32, _: &Signature) {
            self.0.lock().unwrap().push(format!("{} sent {attempt}", transaction.label));
        }
        fn finished(&self, transaction: &Outgoing, outcome: &Outcome) {
            let landed = outcome.is_landed();
            self.0.lock().unwrap().push(format!("{} landed {landed}", transaction.label));
        }
    }
    let heard = Recorded::default();
    let cluster = Scripted::new(Script { lose_blockhashes: 1, ..Script::default() });
    let payer = Keypair::new();
    Sender::new(&cluster, &payer).progress(&heard).send(&[outgoing(1)]).await;
    let heard = heard.0.into_inner().unwrap();
    assert_eq!(heard.first().unwrap(), "started 1");
    assert!(heard.contains(&"transaction 1 sent 2".to_owned()));
    assert_eq!(heard.last().unwrap(), "transaction 1 landed true");
}
