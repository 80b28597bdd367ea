//! Results of the cluster trait.

use {
    crate::{SOL, cluster_of},
    solana_address::Address,
    solana_keypair::Keypair,
    solana_message::{Message, VersionedMessage},
    solana_signer::Signer,
    solana_system_interface::instruction as system_instruction,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    tidepool_client::{
        cluster::{Cluster, ClusterError, Confirmation},
        send::{Outcome, Outgoing, SendOptions, Sender},
    },
    tidepool_embedded::{EmbeddedCluster, ValidatorSpec},
};

fn transfer(from: &Keypair, to: &Address, lamports: u64) -> VersionedTransaction {
    let instruction = system_instruction::transfer(&from.pubkey(), to, lamports);
    let message = Message::new(&[instruction], Some(&from.pubkey()));
    VersionedTransaction { signatures: vec![], message: VersionedMessage::Legacy(message) }
}

fn sign(mut transaction: VersionedTransaction, hash: solana_hash::Hash, key: &Keypair) -> VersionedTransaction {
    transaction.message.set_recent_blockhash(hash);
    VersionedTransaction::try_new(transaction.message, &[key]).expect("one signer is enough")
}

#[tokio::test]
async fn a_client_sees_what_happened() {
    let embedded = cluster_of([ValidatorSpec::default()]);
    let from = embedded.funded_keypair(10 * SOL);
    let to = Address::new_unique();
    simulates(&embedded, &from, &to).await;
    let blockhash = Cluster::latest_blockhash(&embedded).await.unwrap();
    assert_eq!(blockhash.last_valid_block_height, Cluster::block_height(&embedded).await.unwrap() + 150);

    let paid = sign(transfer(&from, &to, SOL), blockhash.hash, &from);
    let signature = Cluster::send(&embedded, &paid).await.unwrap();
    assert_eq!(Cluster::send(&embedded, &paid).await.unwrap(), signature, "again does no harm");
    assert_eq!(embedded.lamports(&to), SOL);

    let failing = sign(transfer(&from, &to, 100 * SOL), blockhash.hash, &from);
    let failed = Cluster::send(&embedded, &failing).await.unwrap();
    let statuses = embedded.statuses(&[signature, failed, Default::default()]).await.unwrap();
    let landed = statuses[0].as_ref().unwrap();
    assert_eq!(landed.error, None);
    assert_eq!(landed.confirmation, Confirmation::Finalized);
    assert!(statuses[1].as_ref().unwrap().error.is_some());
    assert_eq!(statuses[2], None);
    let execution = embedded.execution(&failed).await.unwrap().unwrap();
    assert!(execution.logs.iter().any(|line| line.contains("insufficient lamports")));
    assert!(execution.units_consumed.unwrap() > 0);
}

async fn simulates(cluster: &EmbeddedCluster, from: &Keypair, to: &Address) {
    let good = cluster.simulate(&transfer(from, to, SOL)).await.unwrap();
    assert_eq!(good.error, None);
    assert!(good.units_consumed > 0);
    let bad = cluster.simulate(&transfer(from, to, 100 * SOL)).await.unwrap();
    assert!(matches!(bad.error, Some(TransactionError::InstructionError(0, _))));
    assert_eq!(cluster.lamports(to), 0, "a simulation changes nothing");

    assert_eq!(cluster.minimum_delegation(&from.pubkey()).await.unwrap(), SOL);
    assert_eq!(Cluster::clock(cluster).await.unwrap(), cluster.clock());
    assert_eq!(Cluster::rent(cluster).await.unwrap(), cluster.rent());
    assert!(!Cluster::epoch_rewards(cluster).await.unwrap().active);
    assert_eq!(cluster.epoch_schedule().await.unwrap().slots_per_epoch, 432_000);
}

#[tokio::test]
async fn an_old_blockhash_is_refused() {
    let cluster = cluster_of([ValidatorSpec::default()]);
    let from = cluster.funded_keypair(10 * SOL);
    let to = Address::new_unique();
    let blockhash = Cluster::latest_blockhash(&cluster).await.unwrap();
    cluster.advance_blocks(151);
    assert!(Cluster::block_height(&cluster).await.unwrap() > blockhash.last_valid_block_height);
    let late = sign(transfer(&from, &to, SOL), blockhash.hash, &from);
    assert!(matches!(
        Cluster::send(&cluster, &late).await,
        Err(ClusterError::TransactionRefused { error: TransactionError::BlockhashNotFound })
    ));
}

#[tokio::test]
async fn a_sender_works_against_it() {
    let cluster = cluster_of([ValidatorSpec::default()]);
    let payer = cluster.funded_keypair(SOL);
    let other = cluster.funded_keypair(10 * SOL);
    let to = Address::new_unique();
    let pay = |lamports| {
        let instruction = system_instruction::transfer(&other.pubkey(), &to, lamports);
        Outgoing::new(format!("pay {lamports}"), vec![instruction])
    };
    let options = SendOptions { report_units: true, ..SendOptions::default() };
    let sender = Sender::new(&cluster, &payer).signers([&other as &dyn Signer]).options(options);

    let paid = sender.send_stages(&[vec![pay(SOL), pay(2 * SOL)], vec![pay(3 * SOL)]]).await;
    assert!(paid.is_success());
    assert_eq!(cluster.lamports(&to), 6 * SOL);
    assert_eq!(cluster.lamports(&payer.pubkey()), SOL - 3 * 2 * 5_000);
    assert!(matches!(
        paid.transactions[0].outcome,
        Outcome::Landed { units_consumed: Some(units), .. } if units > 0
    ));

    let unpaid = sender.send(&[pay(100 * SOL), pay(SOL)]).await;
    let refusal = unpaid.transactions[0].outcome.to_string();
    assert!(refusal.to_lowercase().contains("insufficient funds"), "{refusal}");
    assert!(unpaid.transactions[1].outcome.is_landed());
}
