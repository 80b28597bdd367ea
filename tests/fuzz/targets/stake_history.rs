//! The stake history sysvar, against the stake program's own arithmetic: stake that we take for settled is settled.

#![no_main]

use {
    libfuzzer_sys::fuzz_target,
    solana_stake_interface::{
        stake_history::{StakeHistory as Published, StakeHistoryEntry},
        state::{Delegation as PublishedDelegation, StakeActivationStatus},
    },
    tidepool_interface::external::{stake::Delegation, stake_history::StakeHistory},
};

/// More than any cluster has.
const ALL_LAMPORTS: u64 = 1 << 50;

// A delegation, an epoch, and the sysvar's data.
fuzz_target!(|data: &[u8]| {
    let Some((delegation, rest)) = data.split_at_checked(size_of::<Delegation>()) else { return };
    let Some((epoch, history)) = rest.split_first_chunk() else { return };
    let (delegation, epoch): (&Delegation, _) = (bytemuck::from_bytes(delegation), u64::from_le_bytes(*epoch));
    let theirs = bincode::deserialize::<Published>(history);
    let Ok(ours) = StakeHistory::decode(history) else {
        assert!(theirs.is_err());
        return;
    };
    let Ok(theirs) = theirs else { return };
    // The runtime writes one entry for each epoch, newest first.
    let epochs: Vec<u64> = theirs.iter().map(|(epoch, _)| *epoch).collect();
    if !epochs.windows(2).all(|pair| pair[0].checked_sub(1) == Some(pair[1])) {
        return;
    }
    for past in epochs.iter().copied().chain([epoch, 0, u64::MAX]) {
        let found =
            ours.get(past).map(|stake| (stake.effective.get(), stake.activating.get(), stake.deactivating.get()));
        let published = theirs.get(past).map(|stake| (stake.effective, stake.activating, stake.deactivating));
        assert_eq!(found, published, "epoch {past}");
    }
    check_settled(delegation, epoch, &ours, &theirs);
});

/// Never too early: that would count stake which the stake program does not merge.
fn check_settled(delegation: &Delegation, epoch: u64, ours: &StakeHistory, theirs: &Published) {
    let stake = delegation.stake.get();
    let (since, until) = (delegation.activation_epoch.get(), delegation.deactivation_epoch.get());
    // What moves counts the stake in question, too; where it is far less than that, the published sums overflow.
    let is_sane = |stakes: &StakeHistoryEntry| {
        let most = stakes.effective.max(stakes.activating).max(stakes.deactivating);
        most <= ALL_LAMPORTS && (stakes.activating == 0 || stakes.activating >= stake / 4_096)
    };
    if stake > ALL_LAMPORTS || since >= epoch || since > until || !theirs.iter().all(|(_, stakes)| is_sane(stakes)) {
        return;
    }
    let published = PublishedDelegation {
        voter_pubkey: delegation.voter,
        stake,
        activation_epoch: since,
        deactivation_epoch: until,
        ..PublishedDelegation::default()
    };
    #[expect(
        deprecated,
        reason = "stake programs before the change to whole numbers count so, and clusters still run them"
    )]
    let in_floating_point = published.stake_activating_and_deactivating(epoch, theirs, Some(0));
    let in_whole_numbers = published.stake_activating_and_deactivating_v2(epoch, theirs, Some(0));
    for StakeActivationStatus { effective, activating, deactivating } in [in_floating_point, in_whole_numbers] {
        if until > epoch && ours.is_warmed_up(delegation, epoch) {
            assert_eq!((effective, activating), (stake, 0), "taken for warmed up");
        }
        if until < epoch && ours.is_cooled_down(delegation, epoch) {
            assert_eq!((effective, deactivating), (0, 0), "taken for cooled down");
        }
    }
}
