//! A whole life of a pool.

use crate::{
    harness::{SOL, user::User},
    stake,
    world::{Test, World},
};

pub const TESTS: &[Test] = &[("life::first", first)];

fn first(world: &World) {
    let cluster = world.quick();
    let user = User::new(cluster);
    let pool =
        user.must(&format!("create-pool --program-id {} --epoch-fee 5% --initial-deposit 10", cluster.program_id));
    let pool = pool["pool"].as_str().unwrap();
    let vote = stake::create_vote_account(cluster, &user);
    println!("{}", user.must(&format!("add-validator {pool} {}", cluster.vote)));
    println!("{}", user.must(&format!("add-validator {pool} {vote}")));
    for _ in 0..10 {
        println!("{}", user.must(&format!("deposit-sol {pool} 100")));
    }
    let account = stake::delegate(cluster, &user, &cluster.vote, SOL);
    println!("{account}");
    println!("{}", user.must(&format!("show {pool}")));
}
