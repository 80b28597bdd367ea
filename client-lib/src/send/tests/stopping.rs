//! A sender after a stop was requested.

use super::*;

#[tokio::test(start_paused = true)]
async fn sends_nothing_after_stop() {
    let cluster = Scripted::default();
    let (payer, stop) = (Keypair::new(), Stop::default());
    stop.request();
    let stages = [vec![outgoing(1)], vec![outgoing(2)]];
    let summary = Sender::new(&cluster, &payer).stop(&stop).send_stages(&stages).await;
    assert!(summary.is_stopped());
    assert_eq!((summary.landed(), cluster.signatures()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn follows_in_flight_transactions_after_stop() {
    let stop = Stop::default();
    let script = Script { stop_on_arrival: Some(stop.clone()), hide_for_checks: 3, ..Script::default() };
    let cluster = Scripted::new(script);
    let payer = Keypair::new();
    let stages = [vec![outgoing(1)], vec![outgoing(2)]];
    let summary = Sender::new(&cluster, &payer).stop(&stop).send_stages(&stages).await;
    assert!(summary.transactions[0].outcome.is_landed(), "{}", summary.transactions[0].outcome);
    assert!(matches!(summary.transactions[1].outcome, Outcome::NotSent(NotSent::Stopped)));
    assert_eq!(cluster.ran(), 1);
}

#[tokio::test(start_paused = true)]
async fn limits_follow_time_after_stop() {
    let stop = Stop::default();
    let script = Script { stop_on_arrival: Some(stop.clone()), lose_blockhashes: u64::MAX, ..Script::default() };
    let cluster = Scripted::new(script);
    let payer = Keypair::new();
    let began = tokio::time::Instant::now();
    let summary = Sender::new(&cluster, &payer).stop(&stop).send(&[outgoing(1)]).await;
    assert!(matches!(summary.transactions[0].outcome, Outcome::Unknown { reason: UnknownReason::Stopped, .. }));
    assert!(summary.is_stopped());
    assert!(began.elapsed() < Duration::from_secs(7));
    assert_eq!(cluster.state().arrived.len(), 1, "it was not sent again");
}
