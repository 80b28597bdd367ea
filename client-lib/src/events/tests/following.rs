//! Following a scripted chain.

use {
    super::{
        POOL, PROGRAM,
        chain::{Chain, Transaction, transaction},
        change, funds,
    },
    crate::events::*,
};

fn next_deposit(number: u64) -> Transaction {
    transaction(number, 10 + number, &[funds(POOL, change(number, number + 1), change(number, number + 1))])
}

fn chain() -> Chain {
    let chain = Chain::of(vec![Transaction { creates: Some(POOL), ..next_deposit(0) }]);
    chain.state().has_websocket = true;
    chain
}

fn follow(chain: &Chain) -> Follow<'_, Chain> {
    Follow::new(EventReader::new(chain, POOL, PROGRAM), FollowOptions::default())
}

/// The next item, in short.
async fn next(follow: &mut Follow<'_, Chain>) -> String {
    match follow.next().await {
        Followed::Record(Record::Event(record)) => {
            let Event::Funds(funds) = &record.event else { panic!("{record:?}") };
            format!("event {}", funds.total_lamports.old.get())
        }
        Followed::Record(record) => panic!("{record:?}"),
        Followed::Note(Note::Failed(error)) => format!("failed: {error}").split(" (").next().unwrap().into(),
        Followed::Note(Note::Lost { detail }) => format!("lost: {detail}"),
        Followed::Note(Note::Polling { detail }) => format!("polling: {detail}"),
        Followed::Note(note) => format!("{note:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn new_transactions_are_returned_as_they_come() {
    let chain = chain();
    let mut follow = follow(&chain);
    for expected in ["Listening", "event 0", "CaughtUp"] {
        assert_eq!(next(&mut follow).await, expected);
    }
    for number in 1..4 {
        let (event, ()) = tokio::join!(next(&mut follow), async {
            tokio::task::yield_now().await;
            chain.land(next_deposit(number));
        });
        assert_eq!(event, format!("event {number}"));
    }
}

#[tokio::test(start_paused = true)]
async fn hole_of_a_lost_subscription_is_filled() {
    let chain = chain();
    let mut follow = follow(&chain);
    for expected in ["Listening", "event 0", "CaughtUp"] {
        assert_eq!(next(&mut follow).await, expected);
    }
    chain.cut();
    assert_eq!(next(&mut follow).await, "lost: cut");
    // No notification names these.
    chain.state().transactions.extend([next_deposit(1), next_deposit(2)]);
    for expected in ["Listening", "event 1", "event 2"] {
        assert_eq!(next(&mut follow).await, expected);
    }
    assert_eq!(chain.state().subscriptions, 2);
}

#[tokio::test(start_paused = true)]
async fn silent_subscription_is_not_relied_upon() {
    let chain = chain();
    let mut follow = follow(&chain);
    for expected in ["Listening", "event 0", "CaughtUp"] {
        assert_eq!(next(&mut follow).await, expected);
    }
    chain.state().transactions.push(next_deposit(1));
    assert_eq!(next(&mut follow).await, "event 1");
}

#[tokio::test(start_paused = true)]
async fn polls_without_websocket_and_says_so_once() {
    let chain = chain();
    chain.state().has_websocket = false;
    let mut follow = follow(&chain);
    for expected in ["polling: no websocket", "event 0", "CaughtUp"] {
        assert_eq!(next(&mut follow).await, expected);
    }
    for number in 1..30 {
        chain.state().transactions.push(next_deposit(number));
        assert_eq!(next(&mut follow).await, format!("event {number}"));
    }
    // It listens as soon as it can.
    chain.state().has_websocket = true;
    assert_eq!(next(&mut follow).await, "Listening");
}

#[tokio::test(start_paused = true)]
async fn failures_are_told_and_retried() {
    let chain = chain();
    chain.state().failures = 3;
    let mut follow = follow(&chain);
    assert_eq!(next(&mut follow).await, "Listening");
    for _ in 0..3 {
        assert_eq!(next(&mut follow).await, "failed: the cluster did not answer");
    }
    assert_eq!(next(&mut follow).await, "event 0");
}

#[tokio::test(start_paused = true)]
async fn notice_before_the_history_is_followed_up() {
    let chain = chain();
    let mut follow = follow(&chain);
    for expected in ["Listening", "event 0", "CaughtUp"] {
        assert_eq!(next(&mut follow).await, expected);
    }
    let began = tokio::time::Instant::now();
    // The subscription is earlier than the history.
    let (event, ()) = tokio::join!(next(&mut follow), async {
        tokio::task::yield_now().await;
        chain.land(next_deposit(1));
        let hidden = chain.state().transactions.pop().unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        chain.state().transactions.push(hidden);
    });
    assert_eq!(event, "event 1");
    assert!(began.elapsed() < FollowOptions::default().check_every);
}
