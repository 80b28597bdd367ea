//! Rewards under Alpenglow: the credits of a vote account are the lamports that it and its delegators share.

use {
    crate::SOL,
    solana_stake_interface::state::StakeStateV2,
    solana_vote_interface::state::VoteStateV4,
    tidepool_embedded::{EmbeddedCluster, EmbeddedClusterBuilder, ValidatorSpec},
};

/// Lamports of a ticket for an epoch.
const TICKET: u64 = 16 * SOL / 10;

/// Two validators with a commission of 10 %. The second one misses every second vote.
fn builder() -> EmbeddedClusterBuilder {
    let spec = ValidatorSpec { commission_bps: 1_000, ..ValidatorSpec::default() };
    let half = ValidatorSpec { performance_permille: 500, ..spec.clone() };
    EmbeddedCluster::builder().validator_specs([spec, half]).alpenglow()
}

fn delegated(cluster: &EmbeddedCluster, index: usize) -> u64 {
    let account = cluster.account(&cluster.validators()[index].stake).unwrap();
    let StakeStateV2::Stake(_, stake, _) = bincode::deserialize(&account.data).unwrap() else { panic!("no stake") };
    stake.delegation.stake
}

/// Lamports that a validator's credits grew by in its last epoch with credits.
fn credits(cluster: &EmbeddedCluster, index: usize) -> u64 {
    let vote = cluster.votes()[index];
    let state = VoteStateV4::deserialize(&cluster.account(&vote).unwrap().data, &vote).unwrap();
    assert_eq!(state.epoch_credits[0], (u64::MAX, u64::MAX, u64::MAX), "the marker");
    let (_, total, before) = *state.epoch_credits.last().unwrap();
    total - before
}

#[test]
fn pays_the_lamports_of_the_credits() {
    let cluster = builder().start().unwrap();
    // The epoch of the migration, which this cluster begins with, pays nothing.
    cluster.advance_epoch().unwrap();
    for epoch in 2..5 {
        let before = [0, 1].map(|index| (delegated(&cluster, index), cluster.lamports(&cluster.votes()[index])));
        assert_eq!(cluster.advance_epoch().unwrap().epoch, epoch);
        for (index, (stake, held)) in before.into_iter().enumerate() {
            let paid = credits(&cluster, index);
            let earned = delegated(&cluster, index) - stake;
            assert_eq!(earned, paid / 10 * 9 + paid % 10 * 9 / 10);
            assert_eq!(cluster.lamports(&cluster.votes()[index]), held + (paid - earned) - TICKET);
        }
        let per_million = (delegated(&cluster, 0) - before[0].0) * 1_000_000 / before[0].0;
        assert!(
            (200..2_000).contains(&per_million),
            "a realistic epoch pays 0.02 to 0.2 %, not {per_million} millionths"
        );
    }
    assert!(credits(&cluster, 0).abs_diff(2 * credits(&cluster, 1)) < credits(&cluster, 0) / 1_000);
}

#[test]
fn starts_in_a_later_epoch() {
    let cluster = builder().start_epoch(5).start().unwrap();
    let change = cluster.advance_epoch().unwrap();
    assert!(change.epoch == 6 && change.rewards > 0, "{change:?}");
}
