//! What networks do to a crank: it loses transactions and its endpoint, and the epoch ends while it works.

use {
    crate::{
        chain::{self, OnChain},
        harness::{
            PATIENCE,
            cluster::Cluster,
            proxy::{Proxy, Rules},
            user::{Running, User},
            wait_for,
        },
        world::Test,
    },
    serde_json::Value,
    std::{thread, time::Duration},
};

pub const TESTS: &[Test] = &[
    ("faults::the_endpoint_is_gone_in_the_middle_of_a_crank", |world| world.on_quick(endpoint_gone)),
    ("faults::the_endpoint_is_gone_while_a_crank_watches", |world| world.on_quick(endpoint_gone_in_a_watch)),
    ("faults::3_of_10_transactions_are_lost_through_several_epochs", |world| world.on_quick(losses)),
    ("faults::the_epoch_ends_in_the_middle_of_a_crank", |world| world.on_quick(epoch_ends)),
];

/// Time for which the endpoint is gone.
const GONE: Duration = Duration::from_secs(4);

/// A pool of a user's, with one validator, which earns.
fn make_pool(cluster: &Cluster) -> (User, String) {
    let user = User::new(cluster);
    let line = format!("create-pool --program-id {} --max-validators 5 --initial-deposit 10", cluster.program_id);
    let pool = user.must_soon(&line)["pool"].as_str().expect("an address").to_owned();
    user.must_soon(&format!("add-validator {pool} {} --accept", cluster.vote));
    user.must_soon(&format!("set-weights {pool} --equal --accept"));
    (user, pool)
}

fn last_update(cluster: &Cluster, pool: &str) -> u64 {
    OnChain::read(cluster, pool).pool.head.last_update_epoch.get()
}

/// Waits for an epoch in which the pool has not been updated yet.
fn wait_until_stale(cluster: &Cluster, pool: &str) {
    cluster.rpc.wait_for_epoch(last_update(cluster, pool) + 1);
}

/// What a watching crank has printed: a line of JSON for each epoch.
fn lines(watch: &Running) -> Vec<Value> {
    let output = watch.output();
    // The last line may not have been written to its end.
    let whole = output.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Waits until a watching crank has printed this many lines, and returns them.
fn wait_for_lines(watch: &mut Running, count: usize) -> Vec<Value> {
    wait_for("a line for each epoch", || {
        assert!(watch.status().is_none(), "the crank has ended: {}", watch.errors());
        let lines = lines(watch);
        (lines.len() >= count).then_some(lines)
    })
}

pub fn endpoint_gone(cluster: &Cluster) {
    let (user, pool) = make_pool(cluster);
    wait_until_stale(cluster, &pool);
    let before = last_update(cluster, &pool);
    // The first transaction is handed over, and the answer lost.
    let mut proxy = Proxy::start(cluster.rpc, Rules { down_at_send: Some(1), ..Rules::default() }, 1);
    let crank = user.start(&format!("crank {pool} --output json --url {}", proxy.url()));
    proxy.wait_until_down();
    thread::sleep(GONE);
    proxy.set(Rules::default());
    proxy.come_back();
    let cranked = crank.finish().json();
    assert_eq!(cranked["pools"][0]["validators_behind"], 0, "{cranked}");
    assert!(last_update(cluster, &pool) > before, "the pool is stale: {cranked}");
}

fn endpoint_gone_in_a_watch(cluster: &Cluster) {
    let (user, pool) = make_pool(cluster);
    let rate = OnChain::read(cluster, &pool);
    let mut proxy = Proxy::start(cluster.rpc, Rules::default(), 1);
    let line = format!("crank {pool} --watch --interval 1 --output json-compact --url {}", proxy.url());
    let mut watch = user.start(&line);
    let first = wait_for_lines(&mut watch, 2);
    proxy.go_down();
    thread::sleep(GONE);
    assert!(watch.status().is_none(), "the crank has ended: {}", watch.errors());
    proxy.come_back();
    let lines = wait_for_lines(&mut watch, first.len() + 3);
    watch.interrupt();
    let answer = watch.finish();
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let epochs: Vec<u64> = lines.iter().map(|line| line["epoch"].as_u64().expect("an epoch")).collect();
    assert!(epochs.is_sorted(), "{epochs:?}");
    assert!(OnChain::read(cluster, &pool).has_more_value_than(&rate), "rewards have not raised the rate");
    println!(
        "watched from epoch {} to {}, and {} s without an endpoint",
        epochs[0],
        epochs[epochs.len() - 1],
        GONE.as_secs()
    );
}

pub fn losses(cluster: &Cluster) {
    let (user, pool) = make_pool(cluster);
    let rules = Rules { dropped_percent: 30, ..Rules::default() };
    let proxy = Proxy::start(cluster.rpc, rules, 3);
    let mut epochs = 0;
    while epochs < 3 {
        wait_until_stale(cluster, &pool);
        let before = last_update(cluster, &pool);
        let cranked = user.must(&format!("crank {pool} --url {}", proxy.url()));
        assert!(last_update(cluster, &pool) > before, "the pool is stale: {cranked}");
        epochs += 1;
    }
    let dropped = proxy.passed().iter().filter(|passed| passed.dropped).count();
    assert!(dropped > 0, "none of {} transactions was lost", proxy.passed().len());
    println!("{epochs} epochs cranked, {dropped} of {} transactions lost", proxy.passed().len());
}

fn epoch_ends(cluster: &Cluster) {
    let (user, pool) = make_pool(cluster);
    wait_until_stale(cluster, &pool);
    let before = cluster.rpc.epoch();
    // With 300 ms for each request, a plan made in one epoch is sent in the next.
    let proxy = Proxy::start(cluster.rpc, Rules { delay: Duration::from_millis(300), ..Rules::default() }, 1);
    let crank = user.start(&format!("crank {pool} --output json --url {}", proxy.url()));
    cluster.rpc.wait_for_epoch(before + 2);
    proxy.set(Rules::default());
    let answer = crank.finish();
    assert!(answer.took < PATIENCE);
    let cranked = answer.json();
    let epoch = cranked["pools"][0]["epoch"].as_u64().expect("an epoch");
    assert!(epoch > before, "{cranked}");
    assert!(last_update(cluster, &pool) >= epoch, "{cranked}");
    chain::check(cluster, &user, &pool);
}
