use {
    super::*,
    crate::pool::{PoolSnapshot, Validator},
    solana_stake_interface::stake_history::StakeHistoryEntry,
};

const STAGES: [&str; 3] = ["update the validator list", "update the pool", "clean up the validator list"];

fn stale(validators: Vec<FixtureValidator>) -> Fixture {
    Fixture { last_update_epoch: EPOCH - 1, with_stakes: false, ..Fixture::of(validators) }
}

#[test]
fn current_pool_needs_no_update() {
    let fixture = Fixture::of(vec![FixtureValidator::new(SOL); 3]);
    let snapshot = fixture.snapshot();
    assert!(update(&snapshot, &UpdateOptions::default()).unwrap().is_empty());
    let all = UpdateOptions { all: true, ..UpdateOptions::default() };
    let plan = update(&snapshot, &all).unwrap();
    assert_eq!(labels(&plan), STAGES[..2]);
    assert_eq!(ranges(&plan), [(0..3, false)]);
}

#[test]
fn empty_list_needs_totals_only() {
    let plan = update(&stale(vec![]).snapshot(), &UpdateOptions::default()).unwrap();
    assert_eq!(labels(&plan), STAGES[1..2]);
}

#[test]
fn large_pool_fills_transactions() {
    let fixture = stale(vec![FixtureValidator::new(SOL).stale(); 1_990]);
    let plan = update(&fixture.snapshot(), &UpdateOptions::default()).unwrap();
    let options = PackOptions::new(USER);
    let packed = pack_plan(&plan, &options).unwrap();
    assert_eq!(packed[0].len(), 1_990usize.div_ceil(max_update_pairs(&options)));
    assert_eq!(packed[1].len(), 1);
}

#[test]
fn cleans_up_deactivating_entries() {
    let removed = FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator).stale();
    let plan = update(&stale(vec![removed]).snapshot(), &UpdateOptions::default()).unwrap();
    assert_eq!(labels(&plan), STAGES);
    let gone = FixtureValidator::new(0).with_status(StakeStatus::ReadyForRemoval);
    let plan = update(&Fixture::of(vec![gone]).snapshot(), &UpdateOptions::default()).unwrap();
    assert_eq!(labels(&plan), STAGES[2..]);
}

#[test]
fn merges_nothing_on_request() {
    let fixture = stale(vec![FixtureValidator::new(SOL).stale(); 25]);
    let options = UpdateOptions { no_merge_for: BTreeSet::from([vote(12)]), ..UpdateOptions::default() };
    let plan = update(&fixture.snapshot(), &options).unwrap();
    assert_eq!(ranges(&plan), [(0..11, false), (11..22, true), (22..25, false)]);
}

#[test]
fn unmergeable_stake_does_not_block_others() {
    let ready = FixtureValidator {
        transient_epochs: (EPOCH - 1, NOT_DEACTIVATED),
        ..FixtureValidator::new(SOL).increasing(SOL).stale()
    };
    let quiet = FixtureValidator::new(SOL).stale();
    // The program tries to merge deactivating stake, and the stake program refuses.
    let blocked = FixtureValidator::new(SOL).decreasing(SOL).stale();
    let fixture = Fixture { with_stakes: true, ..stale(vec![quiet, ready, quiet, blocked, quiet, blocked, ready]) };
    let plan = update(&fixture.snapshot(), &UpdateOptions::default()).unwrap();
    assert_eq!(ranges(&plan), [(0..3, false), (3..6, true), (6..7, false)]);
    // Unread stake counts as mergeable at the first update in an epoch only.
    let unread = Fixture { with_stakes: false, ..fixture };
    let plan = update(&unread.snapshot(), &UpdateOptions::default()).unwrap();
    assert_eq!(ranges(&plan), [(0..7, false)]);
    let fresh = Fixture { with_stakes: false, ..Fixture::of(vec![FixtureValidator::new(SOL).increasing(SOL)]) };
    let all = UpdateOptions { all: true, ..UpdateOptions::default() };
    assert_eq!(ranges(&update(&fresh.snapshot(), &all).unwrap()), [(0..1, true)]);
}

fn indices(snapshot: &PoolSnapshot, options: &UpdateOptions) -> Vec<usize> {
    mergeable(snapshot, options).iter().map(|validator| validator.index).collect()
}

#[test]
fn mergeable_stake_is_due_in_current_pool() {
    let quiet = FixtureValidator::new(20 * SOL);
    let warm = FixtureValidator { transient_epochs: (EPOCH - 1, NOT_DEACTIVATED), ..quiet.increasing(SOL) };
    let cold = FixtureValidator { transient_epochs: (1, EPOCH - 1), ..quiet.decreasing(SOL) };
    let of_this_epoch = quiet.increasing(SOL);
    let validators = vec![quiet, warm, of_this_epoch, cold, quiet];
    for fixture in [Fixture::of(validators.clone()), Fixture::extended(validators)] {
        let fixture = Fixture { with_stakes: true, ..fixture };
        let (snapshot, options) = (fixture.snapshot(), UpdateOptions::default());
        assert!(!snapshot.is_stale());
        assert_eq!(indices(&snapshot, &options), [1, 3]);
        let plan = update(&snapshot, &options).unwrap();
        assert_eq!(labels(&plan), STAGES[..2]);
        assert_eq!(plan.groups().next().unwrap().label, "update validators 1 to 3");
        // Excluded by options, and without the accounts.
        for options in [
            UpdateOptions { no_merge: true, ..UpdateOptions::default() },
            UpdateOptions { no_merge_for: BTreeSet::from([vote(1), vote(3)]), ..UpdateOptions::default() },
        ] {
            assert!(indices(&snapshot, &options).is_empty() && update(&snapshot, &options).unwrap().is_empty());
        }
        let unread = Fixture { with_stakes: false, ..fixture.clone() }.snapshot();
        assert!(update(&unread, &options).unwrap().is_empty());
        // While the cluster's warm-up limit is exceeded, stake is mergeable in a later epoch.
        let mut environment = fixture.environment();
        let busy = StakeHistoryEntry { effective: 100, activating: 1_000, deactivating: 1_000 };
        environment.stake_history.add(EPOCH - 1, busy);
        let mut slow = PoolSnapshot::from_accounts(POOL, fixture.accounts(), environment).unwrap();
        let addresses: Vec<_> =
            snapshot.validators().map(|validator| (validator.addresses, validator.accounts)).collect();
        slow.set_stake_accounts(
            |_| true,
            |address| {
                addresses.iter().find_map(|(addresses, accounts)| {
                    let accounts = (*accounts)?;
                    match *address {
                        address if address == addresses.validator => accounts.validator.clone(),
                        address if address == addresses.transient => accounts.transient.clone(),
                        _ => None,
                    }
                })
            },
        );
        assert!(indices(&slow, &options).is_empty() && update(&slow, &options).unwrap().is_empty());
    }
}

#[test]
fn deactivated_stake_of_removed_validators_is_due() {
    for (deactivated, expected) in [(EPOCH - 1, vec![0, 1]), (EPOCH, vec![])] {
        let removed = |status| FixtureValidator::new(20 * SOL).with_status(status);
        let validators = vec![removed(StakeStatus::DeactivatingValidator), removed(StakeStatus::DeactivatingAll)];
        let fixture = Fixture { with_stakes: true, ..Fixture::extended(validators) };
        let mut snapshot = fixture.snapshot();
        let deactivate = |validator: Validator| {
            let mut account = validator.accounts.unwrap().validator.clone().unwrap();
            let offset = 4 + 120 + 32 + 8 + 8;
            account.data[offset..offset + 8].copy_from_slice(&u64::to_le_bytes(deactivated));
            (validator.addresses.validator, account)
        };
        let accounts: HashMap<_, _> = snapshot.validators().map(deactivate).collect();
        snapshot.set_stake_accounts(|_| true, |address| accounts.get(address).cloned());
        assert_eq!(indices(&snapshot, &UpdateOptions::default()), expected);
    }
}

#[test]
fn rejects_update_during_epoch_rewards() {
    let fixture = stale(vec![FixtureValidator::new(SOL).stale()]);
    let mut environment = fixture.environment();
    environment.epoch_rewards.active = true;
    environment.epoch_rewards.distribution_starting_block_height = 1_000;
    environment.epoch_rewards.num_partitions = 4;
    let snapshot = crate::pool::PoolSnapshot::from_accounts(POOL, fixture.accounts(), environment.clone()).unwrap();
    let expected = PlanError::EpochRewardsActive { epoch: EPOCH - 1, until_block_height: 1_004 };
    assert_eq!(update(&snapshot, &UpdateOptions::default()), Err(expected));
    // An update of the totals alone needs no stake account.
    let empty = stale(vec![]);
    let snapshot = crate::pool::PoolSnapshot::from_accounts(POOL, empty.accounts(), environment).unwrap();
    assert_eq!(labels(&update(&snapshot, &UpdateOptions::default()).unwrap()), STAGES[1..2]);
}

#[test]
fn rejects_range_outside_list() {
    let snapshot = stale(vec![FixtureValidator::new(SOL)]).snapshot();
    assert!(list_chunk(&snapshot, 0..2, false).is_err());
    let options = |size| UpdateOptions { validators_per_instruction: Some(size), ..UpdateOptions::default() };
    assert!(update(&snapshot, &options(0)).is_err());
    assert!(update(&snapshot, &options(28)).is_err());
    assert!(update(&snapshot, &options(27)).is_ok());
}

proptest! {
    /// Every stale record is updated once, and no instruction begins or ends with a current one.
    #[test]
    fn covers_stale_records(stale_flags in prop::collection::vec(any::<bool>(), 0..120), size in 1..12usize) {
        let validators = stale_flags.iter().map(|stale| {
            let validator = FixtureValidator::new(SOL);
            if *stale { validator.stale() } else { validator }
        });
        let fixture = Fixture { with_stakes: false, ..Fixture::of(validators.collect()) };
        let options = UpdateOptions { validators_per_instruction: Some(size), ..UpdateOptions::default() };
        let ranges = ranges(&update(&fixture.snapshot(), &options).unwrap());
        let mut covered = vec![0; stale_flags.len()];
        for (range, _) in &ranges {
            prop_assert!(range.len() <= size);
            prop_assert!(stale_flags[range.start] && stale_flags[range.end - 1]);
            range.clone().for_each(|index| covered[index] += 1);
        }
        for (stale, times) in stale_flags.iter().zip(covered) {
            prop_assert!(times == usize::from(*stale) || (!stale && times <= 1));
        }
    }
}
