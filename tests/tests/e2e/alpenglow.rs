//! The same under Alpenglow: votes are no transactions, vote accounts have no credits, and this release pays no rewards.

use {
    crate::{
        faults,
        harness::proxy::Rules,
        large,
        life::{Rewards, live},
        world::{Test, World},
    },
    serde_json::json,
    tidepool_interface::address::TOKEN_PROGRAM_ID,
};

pub const TESTS: &[Test] = &[
    ("alpenglow::a_pool_lives", |world| {
        live(&world.alpenglow().0, "spl-token", TOKEN_PROGRAM_ID, Rewards::None);
    }),
    ("alpenglow::a_pool_of_1000_validators_is_fresh_within_a_minute", |world| {
        let (cluster, pool) = world.alpenglow();
        cluster.rpc.wait_for_epoch(1);
        large::crank(cluster, pool, Rules::default(), "v1");
    }),
    ("alpenglow::the_validator_has_no_credits_and_votes", no_credits),
    ("alpenglow::the_endpoint_is_gone_in_the_middle_of_a_crank", |world| faults::endpoint_gone(&world.alpenglow().0)),
    ("alpenglow::3_of_10_transactions_are_lost", |world| faults::losses(&world.alpenglow().0)),
];

fn no_credits(world: &World) {
    let (cluster, _) = world.alpenglow();
    cluster.rpc.wait_for_epoch(1);
    let accounts = cluster.rpc.get("getVoteAccounts", &json!([{ "commitment": "confirmed" }]));
    let row = &accounts["current"][0];
    assert_eq!(row["votePubkey"], cluster.vote.to_string());
    assert_eq!(row["epochCredits"], json!([]));
    assert!(row["lastVote"].as_u64() > Some(0), "{row}");
}
