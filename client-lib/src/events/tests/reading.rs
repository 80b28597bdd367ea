//! The reader against a scripted chain.

use {
    super::{
        POOL, PROGRAM,
        chain::{Chain, Transaction, signature, transaction},
        change, data, funds, invoke, success,
    },
    crate::{cluster::ClusterError, events::*},
    futures_util::FutureExt as _,
    solana_address::Address,
};

const OTHER: Address = Address::new_from_array([103; 32]);

/// A deposit of `lamports` into a pool of `total` lamports at a rate of one.
fn deposit(total: u64, lamports: u64) -> FundsEvent {
    funds(POOL, change(total, total + lamports), change(total, total + lamports))
}

/// A chain of several transactions: the pool's creation, two events in one transaction, another pool's, a failed one, one
/// without events.
fn life() -> Vec<Transaction> {
    let foreign = funds(OTHER, change(1, 2), change(1, 2));
    let create = Transaction { creates: Some(POOL), ..transaction(0, 10, &[]) };
    let failed = Transaction { succeeded: false, ..transaction(3, 12, &[deposit(13, 5)]) };
    vec![
        create,
        transaction(1, 11, &[deposit(0, 10)]),
        transaction(2, 11, &[deposit(10, 1), foreign, deposit(11, 2)]),
        failed,
        transaction(4, 12, &[]),
        transaction(5, 13, &[deposit(13, 3)]),
        transaction(6, 13, &[deposit(16, 4)]),
        transaction(7, 20, &[deposit(20, 5)]),
    ]
}

async fn all(reader: &mut EventReader<'_, Chain>) -> Vec<Record> {
    let mut records = vec![];
    while let Some(record) = reader.next().await.unwrap() {
        records.push(record);
    }
    records
}

fn reader(chain: &Chain) -> EventReader<'_, Chain> {
    EventReader::new(chain, POOL, PROGRAM)
}

/// Number of the transaction and the new total of each event.
fn told(records: &[Record]) -> Vec<(u64, u64)> {
    let number =
        |signature: &solana_signature::Signature| u64::from_be_bytes(*signature.as_ref().first_chunk().unwrap());
    let events = records.iter().map(|record| match record {
        Record::Event(record) => {
            let Event::Funds(funds) = &record.event else { panic!("{record:?}") };
            (number(&record.key.signature), funds.total_lamports.new.get())
        }
        other => panic!("{other:?}"),
    });
    events.collect()
}

const TOLD: [(u64, u64); 6] = [(1, 10), (2, 11), (2, 13), (5, 16), (6, 20), (7, 25)];

fn gap(from_slot: u64, to_slot: u64, cause: GapCause) -> Record {
    Record::Gap(Gap { from_slot, to_slot, cause })
}

#[tokio::test]
async fn reads_all_events_of_the_pool_in_order() {
    let chain = Chain::of(life());
    let mut reader = reader(&chain);
    let records = all(&mut reader).await;
    assert_eq!(told(&records), TOLD);
    let Record::Event(third) = &records[2] else { panic!() };
    assert_eq!((third.key.place.to_string(), third.slot), ("0.-.2".into(), 11));
    // Later ones, and none twice.
    assert_eq!(all(&mut reader).await, []);
    chain.land(transaction(8, 20, &[deposit(25, 1)]));
    chain.land(transaction(9, 21, &[deposit(26, 1)]));
    assert_eq!(told(&all(&mut reader).await), [(8, 26), (9, 27)]);
}

#[tokio::test]
async fn starts_at_a_slot_or_a_transaction() {
    let chain = Chain::of(life());
    for (start, skipped) in [
        (Start::Slot(0), 0),
        (Start::Slot(11), 0),
        (Start::Slot(12), 3),
        (Start::Slot(13), 3),
        (Start::Slot(21), 6),
        (Start::Transaction { signature: signature(2), slot: 11 }, 1),
        (Start::Transaction { signature: signature(6), slot: 13 }, 4),
    ] {
        let mut reader = reader(&chain).start(start.clone());
        assert_eq!(told(&all(&mut reader).await), TOLD[skipped..], "{start:?}");
    }
}

/// A reader that ends after any record, at any commitment, and another one that starts there.
#[tokio::test]
async fn goes_on_after_any_record() {
    for is_revocable in [false, true] {
        for finals in 0..=life().len() {
            for read in 1..=TOLD.len() {
                let mut transactions = life();
                transactions.iter_mut().skip(finals).for_each(|past| past.is_final = false);
                let chain = Chain::of(transactions);
                let new = || if is_revocable { reader(&chain).confirmed() } else { reader(&chain) };
                let (mut first, mut records) = (new(), vec![]);
                for _ in 0..read {
                    records.extend(first.next().await.unwrap());
                }
                let cursor = first.cursor().unwrap().clone();
                let mut second = new().start(Start::After(cursor));
                records.extend(all(&mut second).await);
                assert_eq!(told(&records), TOLD, "{is_revocable} {finals} {read}");
                chain.land(transaction(8, 22, &[deposit(25, 1)]));
                assert_eq!(told(&all(&mut second).await), [(8, 26)]);
            }
        }
    }
}

/// A reader whose work is dropped after any number of steps loses nothing.
#[tokio::test]
async fn can_be_cancelled_while_it_waits() {
    for patience in 1..40 {
        let chain = Chain::of(life());
        let (mut reader, mut records, mut polls) = (reader(&chain), vec![], 0);
        loop {
            // Longer each time: work that is always cut off at the same point never ends.
            let mut next = Box::pin(reader.next());
            let mut answer = None;
            for _ in 0..patience + polls {
                if let Some(ready) = (&mut next).now_or_never() {
                    answer = Some(ready.unwrap());
                    break;
                }
                tokio::task::yield_now().await;
            }
            polls += 1;
            match answer {
                Some(Some(record)) => records.push(record),
                Some(None) => break,
                None => {}
            }
        }
        assert_eq!(told(&records), TOLD, "{patience}");
    }
}

#[tokio::test]
async fn failed_request_can_be_repeated() {
    for failing in 0..30 {
        let chain = Chain::of(life());
        let (mut reader, mut records) = (reader(&chain), vec![]);
        loop {
            let fails = chain.state().requests == failing;
            chain.state().failures = usize::from(fails);
            match reader.next().await {
                Ok(Some(record)) => records.push(record),
                Ok(None) => break,
                Err(error) => assert!(error.is_transient()),
            }
        }
        assert_eq!(told(&records), TOLD);
    }
}

#[tokio::test]
async fn names_slots_that_the_endpoint_no_longer_has() {
    let chain = Chain::of(life());
    chain.state().first_available = 13;
    // From the beginning: the pool's creation is missing.
    let records = all(&mut reader(&chain)).await;
    assert_eq!(records[0], gap(0, 12, GapCause::PrunedHistory));
    assert_eq!(told(&records[1..]), TOLD[3..]);
    // From a slot that is gone.
    let mut from_slot = reader(&chain).start(Start::Slot(11));
    let records = all(&mut from_slot).await;
    assert_eq!(records[0], gap(11, 12, GapCause::PrunedHistory));
    assert_eq!(told(&records[1..]), TOLD[3..]);
    assert_eq!(all(&mut from_slot).await, [], "the gap is told once");
    // From a slot that is there.
    assert_eq!(told(&all(&mut reader(&chain).start(Start::Slot(13))).await), TOLD[3..]);
}

#[tokio::test]
async fn names_slots_that_were_pruned_while_nobody_read() {
    let chain = Chain::of(life());
    let mut first = reader(&chain);
    first.next().await.unwrap();
    let cursor = first.cursor().unwrap().clone();
    chain.state().first_available = 20;
    let records = all(&mut reader(&chain).start(Start::After(cursor.clone()))).await;
    assert_eq!(records[0], gap(11, 19, GapCause::PrunedHistory));
    assert_eq!(told(&records[1..]), TOLD[5..]);
    // Nothing is left at all.
    chain.state().first_available = 90;
    assert_eq!(all(&mut reader(&chain).start(Start::After(cursor))).await, [gap(11, 89, GapCause::PrunedHistory)]);
    assert_eq!(all(&mut reader(&chain)).await, [gap(0, 89, GapCause::PrunedHistory)]);
}

#[tokio::test(start_paused = true)]
async fn names_transactions_that_are_not_kept_or_truncated() {
    let mut transactions = life();
    transactions[1].logs = None;
    transactions[5].logs = Some(vec![invoke(PROGRAM, 1), data(&deposit(13, 3)), "Log truncated".into()]);
    transactions[6].logs = Some(vec![invoke(PROGRAM, 1), "Log truncated".into(), success(PROGRAM)]);
    let records = all(&mut reader(&Chain::of(transactions))).await;
    assert_eq!(records[0], gap(11, 11, GapCause::NotKept(signature(1))));
    assert_eq!(told(&records[1..4]), TOLD[1..4]);
    assert_eq!(records[4], gap(13, 13, GapCause::TruncatedLogs(signature(5))));
    assert_eq!(records[5], gap(13, 13, GapCause::TruncatedLogs(signature(6))));
    // What the missing event moved follows from its neighbours.
    assert_eq!(records[6], gap(13, 20, GapCause::Unexplained { lamports: 4, pool_tokens: 4 }));
    assert_eq!(told(&records[7..]), TOLD[5..]);
}

#[tokio::test]
async fn fork_retracts_events() {
    let mut transactions = life();
    transactions.iter_mut().skip(5).for_each(|past| past.is_final = false);
    let chain = Chain::of(transactions);
    let mut reader = reader(&chain).confirmed();
    assert_eq!(told(&all(&mut reader).await), TOLD);
    // Transactions that are final by now are omitted after the next search.
    let unfinal = [(1, 11), (2, 11), (5, 13), (6, 13)].map(|(number, slot)| (signature(number), slot));
    assert_eq!(reader.cursor().unwrap().unfinal, unfinal);
    // 6 moves to another slot; 7 is dropped.
    {
        let transactions = &mut chain.state().transactions;
        transactions.truncate(6);
        transactions.push(transaction(8, 14, &[deposit(16, 7)]));
        transactions.push(transaction(6, 21, &[deposit(23, 4)]));
    }
    let records = all(&mut reader).await;
    let retracted = |number, slot| Record::Retracted(Retraction { signature: signature(number), slot });
    assert_eq!(records[..2], [retracted(6, 13), retracted(7, 20)]);
    assert_eq!(told(&records[2..]), [(8, 23), (6, 27)]);
    assert_eq!(all(&mut reader).await, []);
    assert_eq!(reader.cursor().unwrap().unfinal, [(signature(5), 13), (signature(8), 14)]);
}

#[tokio::test]
async fn late_node_retracts_nothing() {
    let mut transactions = life();
    transactions.iter_mut().skip(5).for_each(|past| past.is_final = false);
    let chain = Chain::of(transactions);
    let mut reader = reader(&chain).confirmed();
    assert_eq!(told(&all(&mut reader).await), TOLD);
    chain.state().late = 2;
    assert_eq!(all(&mut reader).await, []);
    chain.state().late = 0;
    assert_eq!(all(&mut reader).await, []);
}

#[tokio::test]
async fn finalized_transaction_cannot_be_missing() {
    let chain = Chain::of(life());
    let mut reader = reader(&chain);
    assert_eq!(told(&all(&mut reader).await), TOLD);
    chain.state().late = 1;
    let error = reader.next().await.unwrap_err();
    assert!(matches!(&error, ClusterError::UnexpectedAnswer { detail } if detail.contains("of slot 20")), "{error}");
    chain.state().late = 0;
    assert_eq!(all(&mut reader).await, []);
}

#[tokio::test]
async fn history_without_order_is_an_error() {
    let mut transactions = life();
    transactions.swap(2, 6);
    let error = reader(&Chain::of(transactions)).next().await.unwrap_err();
    assert!(matches!(error, ClusterError::UnexpectedAnswer { .. }), "{error}");
}
