//! A pool of 1,000 validators: how long it takes until it is fresh, and in how many transactions.

use {
    crate::{
        harness::{
            cluster::Cluster,
            proxy::{Proxy, Rules},
            user::User,
        },
        world::{MANY, Test, World},
    },
    solana_address::Address,
    std::{collections::BTreeSet, time::Duration},
};

pub const TESTS: &[Test] = &[
    ("large::a_pool_of_1000_validators_is_fresh_within_a_minute", without_losses),
    ("large::also_where_3_of_10_transactions_are_lost", with_losses),
];

/// Promised figures.
const MOST_TRANSACTIONS: usize = 25;
const MOST_TIME: Duration = Duration::from_secs(60);

fn without_losses(world: &World) {
    let settled = world.settled();
    crank(&settled.cluster, &settled.large[0], Rules::default(), "v1");
}

fn with_losses(world: &World) {
    let settled = world.settled();
    crank(&settled.cluster, &settled.large[1], Rules { dropped_percent: 30, ..Rules::default() }, "v0");
}

/// Cranks a stale pool of [`MANY`] validators with transactions of this version; v0 needs lookup tables to be as short. Where the epoch ends
/// meanwhile, the pool is cranked for the next one, too.
pub fn crank(cluster: &Cluster, pool: &Address, rules: Rules, version: &str) {
    let user = User::new(cluster);
    if version == "v0" {
        // Made once for a pool, by its cranker.
        user.must(&format!("lookup-tables {pool} --make"));
    }
    assert!(is_stale(&user, pool));
    let epoch = cluster.rpc.epoch();
    let proxy = Proxy::start(cluster.rpc, rules, 1);
    let answer = user.run(&format!("crank {pool} --transaction-version {version} --output json --url {}", proxy.url()));
    let cranked = answer.json();
    assert_eq!(cranked["pools"][0]["validators_behind"], 0);
    let has_ended = || cluster.rpc.epoch() > epoch;
    assert!(!is_stale(&user, pool) || has_ended());

    let passed = proxy.passed();
    let signatures: BTreeSet<String> = passed.iter().map(|passed| passed.signature.clone()).collect();
    let signatures: Vec<String> = signatures.into_iter().collect();
    let landed = cluster.rpc.landed(&signatures);
    let landed: BTreeSet<&str> = signatures
        .iter()
        .zip(landed)
        .filter(|(_, landed)| *landed == Some(true))
        .map(|(signature, _)| &**signature)
        .collect();
    let told = cranked["pools"][0]["transactions"].as_array().expect("transactions");
    let told: BTreeSet<&str> = told.iter().map(|each| each["signature"].as_str().expect("a signature")).collect();
    assert_eq!(told, landed, "what the crank says has landed is not what has");
    let lost = passed.iter().filter(|passed| passed.dropped).count();
    println!(
        "{MANY} validators, {version}: fresh in {:.1} s with {} transactions, each confirmed; of {} that were sent, {lost} were lost",
        answer.took.as_secs_f64(),
        landed.len(),
        passed.len(),
    );
    assert_eq!(lost > 0, rules.dropped_percent > 0);
    assert!(landed.len() <= MOST_TRANSACTIONS || has_ended(), "{} transactions", landed.len());
    assert!(answer.took < MOST_TIME, "{:?}", answer.took);
}

fn is_stale(user: &User, pool: &Address) -> bool {
    user.must(&format!("show {pool}"))["stale"].as_bool().expect("a flag")
}
