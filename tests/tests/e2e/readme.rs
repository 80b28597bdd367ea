//! The commands of the README for managers and for stakers, typed as they are written.

use {
    crate::{
        chain,
        harness::{terminal::type_in, user::User},
        world::{Test, World},
    },
    tidepool_tests::SOL,
};

pub const TESTS: &[Test] = &[("readme::first_steps", first_steps)];

const README: &str = include_str!("../../../README.md");

/// Sections whose commands are typed, in order.
const HEADINGS: [&str; 2] = ["## For managers", "## For stakers"];

/// Commands that are not typed here: two that run until Ctrl-C, and a proposal to a multisig. Tests of their own run them.
const OTHERS: [&str; 3] = ["serve POOL", "crank POOL --watch", "--squads MULTISIG"];

/// What `policy.toml` contains: all validators, with the same weight.
const POLICY: &str = "[weight]\nformula = \"1\"\n";

/// The commands of a section, without their comments.
fn commands(heading: &str) -> impl Iterator<Item = &'static str> {
    let section = README.split(heading).nth(1).expect("the README has the section");
    let section = section.split("\n## ").next().expect("the section ends");
    let lines = section.lines().filter_map(|line| line.strip_prefix("    tidepool "));
    let commands = lines.map(|line| line.split(" #").next().unwrap_or(line).trim());
    commands.filter(|command| !OTHERS.iter().any(|other| command.contains(other)))
}

fn first_steps(world: &World) {
    let cluster = &world.settled().cluster;
    let user = User::new(cluster);
    user.file("policy.toml", POLICY);
    let mut pool = None;
    let mut typed = 0;
    for command in HEADINGS.into_iter().flat_map(commands) {
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
    // 100 + 100 - 50 pool tokens, unless an epoch with rewards has ended in between. Those of the ticket are still there.
    assert!(chain.mint_supply.abs_diff(150 * SOL) < SOL, "{} smallest units", chain.mint_supply);
    let record = &chain.records[0];
    let stake = record.active_stake_lamports.get() + record.transient_stake_lamports.get();
    assert!(stake > 5 * SOL, "the deposit is not delegated: {stake} lamports");
}
