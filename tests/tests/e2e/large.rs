//! A pool of 1,000 validators: how long it takes until it is fresh, and in how many transactions.

use {
    crate::{
        harness::{
            proxy::{Proxy, Rules},
            user::User,
        },
        world::{MANY, Test, World},
    },
    solana_address::Address,
    std::{
        collections::BTreeSet,
        time::{Duration, Instant},
    },
};

pub const TESTS: &[Test] = &[
    ("large::a_pool_of_1000_validators_is_fresh_within_a_minute", without_losses),
    ("large::also_where_3_of_10_transactions_are_lost", with_losses),
];

/// What is promised.
const MOST_TRANSACTIONS: usize = 25;
const MOST_TIME: Duration = Duration::from_secs(60);

fn without_losses(world: &World) {
    crank(world, 0, Rules::default());
}

fn with_losses(world: &World) {
    crank(world, 1, Rules { dropped_percent: 30, ..Rules::default() });
}

fn crank(world: &World, pool: usize, rules: Rules) {
    let settled = world.settled();
    let (cluster, pool) = (&settled.cluster, settled.large[pool]);
    let user = User::new(cluster);
    let b=Instant::now();
    user.must(&format!("lookup-tables {pool} --make"));
    println!("tables {:?}", b.elapsed());
    assert!(is_stale(&user, &pool));
    let proxy = Proxy::start(cluster.rpc, rules, 1);
    let began = Instant::now();
    let answer = user.must_via(&proxy, &format!("update {pool}"));
    let took = began.elapsed();
    assert!(!is_stale(&user, &pool));
    let passed = proxy.passed();
    let signatures: Vec<String> = passed.iter().map(|passed| passed.signature.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let landed = cluster.rpc.landed(&signatures).into_iter().filter(|landed| *landed == Some(true)).count();
    let dropped = passed.iter().filter(|passed| passed.dropped).count();
    println!("{MANY} validators, fresh in {:.1} s and {landed} transactions; {dropped} of {} lost", took.as_secs_f64(), passed.len());
    println!("{}", answer["transactions"].as_array().unwrap().len());
    assert!(landed <= MOST_TRANSACTIONS, "{landed} transactions");
    assert!(took < MOST_TIME, "{took:?}");
}

fn is_stale(user: &User, pool: &Address) -> bool {
    user.must(&format!("show {pool}"))["stale"].as_bool().expect("a flag")
}
