//! The events of a pool, followed on a real validator, stopped, killed and read again.

use {
    crate::{
        harness::{
            cluster::Cluster,
            user::{Running, User},
            wait_for,
        },
        world::Test,
    },
    serde_json::{Value, json},
    tidepool_tests::SOL,
};

pub const TESTS: &[Test] =
    &[("events::followed_pool_is_reconciled_after_a_stop_and_a_kill", |world| follow(world.steady()))];

fn lines(text: &str) -> Vec<Value> {
    // The last line of a killed command can be a part of one.
    text.lines().map_while(|line| serde_json::from_str(line).ok()).collect()
}

fn keys(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter(|line| line["type"] == "event").map(|line| line["key"].as_str().expect("a key")).collect()
}

/// Deposits, and waits until the command prints the event.
fn deposit(user: &User, pool: &str, following: &Running, sol: u64) {
    let deposited = user.must(&format!("deposit-sol {pool} {sol}"));
    let signature =
        deposited["transactions"].as_array().expect("transactions").last().expect("one")["signature"].clone();
    let event = wait_for("the event of a deposit", || {
        lines(&following.output()).into_iter().find(|line| line["type"] == "event" && line["signature"] == signature)
    });
    assert_eq!((&event["lamports_change"], &event["data"]["instruction"]), (&json!(sol * SOL), &json!("deposit_sol")));
}

fn follow(cluster: &Cluster) {
    let user = User::new(cluster);
    let created = user.must(&format!(
        "create-pool --program-id {} --max-validators 10 --epoch-fee 5% --initial-deposit 10",
        cluster.program_id
    ));
    let pool = created["pool"].as_str().expect("a pool");
    user.must(&format!("add-validator {pool} {} --accept", cluster.vote));
    // Events are read once they are final, and so is the pool.
    wait_for("the finality of the pool", || (user.run(&format!("events {pool}")).code == Some(0)).then_some(()));
    let line = format!("events {pool} --follow --state state.json --output json");

    let mut first = user.start(&line);
    deposit(&user, pool, &first, 5);
    assert!(lines(&first.output()).iter().any(|line| line["state"] == "listening"), "{}", first.output());
    first.interrupt();
    let status = wait_for("the end", || first.status());
    assert_eq!(status.code(), Some(0), "{}", first.errors());
    let mut seen = lines(&first.output());

    user.must(&format!("deposit-sol {pool} 6"));
    let mut second = user.start(&line);
    deposit(&user, pool, &second, 7);
    second.kill();
    seen.extend(lines(&second.output()));

    let third = user.start(&line);
    deposit(&user, pool, &third, 8);
    third.interrupt();
    seen.extend(lines(&third.finish().out));

    let whole = user.run(&format!("events {pool} --output json"));
    assert_eq!(whole.code, Some(0), "{}", whole.err);
    let whole = lines(&whole.out);
    let compared = whole.last().expect("a comparison");
    assert_eq!((&compared["type"], &compared["exact"]), (&json!("reconciliation"), &json!(true)), "{compared:#}");
    // Lines before the kill can be repeated, and none is missing.
    let mut seen = keys(&seen);
    seen.dedup();
    let whole = keys(&whole);
    assert_eq!(seen, whole[..seen.len()], "the pool can have been cranked since");
    assert!(seen.len() >= 5);
}
