//! The first steps of the README, typed as they are written.

use crate::{
    chain,
    harness::{SOL, terminal::type_in, user::User},
    world::{Test, World},
};

pub const TESTS: &[Test] = &[("readme::first_steps", first_steps)];

const README: &str = include_str!("../../../README.md");

const HEADING: &str = "## First steps with the command line";

/// The commands of the section, without the comments beside them.
fn commands() -> impl Iterator<Item = &'static str> {
    let section = README.split(HEADING).nth(1).expect("the README has the section");
    let section = section.split("\n## ").next().expect("the section ends");
    let lines = section.lines().filter_map(|line| line.strip_prefix("    tidepool "));
    lines.map(|line| line.split(" #").next().unwrap_or(line).trim())
}

fn first_steps(world: &World) {
    let cluster = &world.settled().cluster;
    let user = User::new(cluster);
    let mut pool = None;
    let mut typed = 0;
    for command in commands() {
        let words = command.split(' ').map(|word| match word {
            "PROGRAM" => cluster.program_id.to_string(),
            "VOTE_ACCOUNT" => cluster.vote.to_string(),
            "POOL" => pool.clone().expect("the pool has been created"),
            word => word.to_owned(),
        });
        let screen = type_in(&user, &words.collect::<Vec<_>>().join(" "));
        if let Some((_, created)) = screen.split_once("Created pool ") {
            pool = created.split_whitespace().next().map(str::to_owned);
        }
        typed += 1;
    }
    assert!(typed >= 10, "only {typed} commands were found");
    let pool = pool.expect("a pool was created");
    let chain = chain::check(cluster, &user, &pool);
    chain::check_total(cluster, &chain);
    assert_eq!(chain.mint_supply, 60 * SOL);
    assert!(chain.records[0].transient_stake_lamports.get() > 50 * SOL, "the stake is not on its way");
}
