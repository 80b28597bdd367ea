//! Ctrl-C: what has not been sent is not, and what may land is named.

use {
    crate::{
        harness::{
            PATIENCE,
            proxy::{Proxy, Rules},
            user::User,
            wait_for,
        },
        world::{Test, World},
    },
    std::time::Duration,
};

pub const TESTS: &[Test] = &[
    ("interrupts::before_anything_was_sent", before),
    ("interrupts::while_a_transaction_is_under_way", under_way),
    ("interrupts::between_two_transactions", between),
];

const UNKNOWN: i32 = 6;
const INTERRUPTED: i32 = 8;

fn before(world: &World) {
    let settled = world.settled();
    let user = User::new(&settled.cluster);
    let rules = Rules { delay: Duration::from_secs(2), ..Rules::default() };
    let proxy = Proxy::start(settled.cluster.rpc, rules, 1);
    let update = user.start(&format!("update {} --url {}", settled.stale, proxy.url()));
    wait_for("a request", || (proxy.requests() > 0).then_some(()));
    update.interrupt();
    let answer = update.finish();
    assert!(answer.took < PATIENCE);
    answer.assert_refused(INTERRUPTED, &["interrupted before anything was sent"]);
    assert_eq!(proxy.passed().len(), 0);
}

fn under_way(world: &World) {
    let settled = world.settled();
    let user = User::new(&settled.cluster);
    let proxy = Proxy::start(settled.cluster.rpc, Rules { dropped_percent: 100, ..Rules::default() }, 1);
    let update = user.start(&format!("update {} --url {}", settled.stale, proxy.url()));
    proxy.wait_for_sends(1);
    update.interrupt();
    let answer = update.finish();
    let signature = &proxy.passed()[0].signature;
    answer.assert_refused(UNKNOWN, &["unknown outcome", signature]);
}

fn between(world: &World) {
    let settled = world.settled();
    let (cluster, user) = (&settled.cluster, User::new(&settled.cluster));
    let created = user.must(&format!("create-pool --program-id {} --initial-deposit 10", cluster.program_id));
    let pool = created["pool"].as_str().expect("an address");
    user.must(&format!("add-validator {pool} {} --accept", cluster.vote));
    let proxy = Proxy::start(cluster.rpc, Rules::default(), 1);
    // First the validators, then the pool's totals.
    let update = user.start(&format!("update {pool} --force --url {}", proxy.url()));
    proxy.wait_for_sends(1);
    update.interrupt();
    update.finish().assert_refused(INTERRUPTED, &["1 of 2 transactions landed"]);
    let passed: Vec<String> = proxy.passed().into_iter().map(|passed| passed.signature).collect();
    assert!(passed.iter().all(|signature| *signature == passed[0]), "{passed:?}");
    assert_eq!(cluster.rpc.landed(&passed[..1]), [Some(true)]);
}
