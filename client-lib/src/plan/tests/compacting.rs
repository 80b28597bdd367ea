use super::*;
use {
    crate::{pack::MAX_ACCOUNT_LOCKS, plan::Stage, pool::PoolSnapshot, send::ComputeUnitPrice, transaction::Outgoing},
    tidepool_interface::{ExtensionError, instruction::ExtensionInstruction},
};

fn stale(validators: Vec<FixtureValidator>) -> Fixture {
    Fixture { last_update_epoch: EPOCH - 1, ..Fixture::extended(validators) }
}

fn quiet(count: usize) -> Fixture {
    stale(vec![FixtureValidator::new(SOL).stale(); count])
}

/// The records that each compact update of a plan covers, by its accounts.
fn compact_ranges(snapshot: &PoolSnapshot, plan: &Plan) -> Vec<Range<usize>> {
    plan.groups()
        .flat_map(|group| &group.instructions)
        .filter_map(|instruction| match ExtensionInstruction::decode(&instruction.data) {
            Ok(ExtensionInstruction::UpdateValidators { start_index }) => {
                let mut accounts = instruction.accounts[7..].iter();
                let start = start_index as usize;
                let mut end = start;
                while let Some(stake) = accounts.next() {
                    let validator = snapshot.validator_at(end).unwrap();
                    assert_eq!(stake.pubkey, validator.addresses.validator);
                    assert!(!stake.is_signer);
                    if validator.has_transient_stake() {
                        assert_eq!(accounts.next().unwrap().pubkey, validator.addresses.transient);
                    }
                    end += 1;
                }
                Some(start..end)
            }
            _ => None,
        })
        .collect()
}

fn with_tables(snapshot: &PoolSnapshot, content: LookupContent) -> (UpdateOptions, PackOptions) {
    let lookup_tables = tables(&lookup_addresses(snapshot, content));
    let options = UpdateOptions { lookup_tables: lookup_tables.clone(), ..UpdateOptions::default() };
    (options, PackOptions { lookup_tables, ..PackOptions::new(USER) })
}

fn packed(plan: &Plan, options: &PackOptions) -> Vec<Outgoing> {
    pack_plan(plan, options).unwrap().swap_remove(0)
}

#[test]
fn names_one_account_per_validator_and_transient_stake() {
    let moving = FixtureValidator::new(SOL).increasing(SOL).stale();
    let blocked = FixtureValidator::new(SOL).decreasing(SOL).stale();
    let quiet = FixtureValidator::new(SOL).stale();
    let snapshot = stale(vec![quiet, moving, quiet, blocked, quiet]).snapshot();
    let plan = update(&snapshot, &UpdateOptions::default()).unwrap();
    // Stake that cannot be merged does not fail the instruction, so there is no need to split.
    assert_eq!(compact_ranges(&snapshot, &plan), vec![0..5]);
    let shared: Vec<_> = plan.stages[0].groups[0].instructions[0].accounts[..7].to_vec();
    let mut contract = list_chunk(&snapshot, 0..0, false).unwrap().instructions.remove(0).accounts;
    // Nothing moves, so the reserve is not written.
    contract[3].is_writable = false;
    assert_eq!(shared, contract);
    assert_eq!(labels(&plan), ["update the validator list", "update the pool"]);
}

#[test]
fn uses_spl_instruction_on_request() {
    let snapshot = quiet(30).snapshot();
    let form = |options: UpdateOptions| {
        let plan = update(&snapshot, &options).unwrap();
        compact_ranges(&snapshot, &plan).is_empty()
    };
    assert!(!form(UpdateOptions::default()));
    assert!(form(UpdateOptions { in_spl_form: true, ..UpdateOptions::default() }));
    // The compact form merges everything that can be merged.
    assert!(form(UpdateOptions { no_merge: true, ..UpdateOptions::default() }));
    assert!(form(UpdateOptions { no_merge_for: BTreeSet::from([vote(1)]), ..UpdateOptions::default() }));
    let plain = Fixture { policy: None, ..quiet(30) };
    let error = compact_chunk(&plain.snapshot(), 0..1).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::NotExtended));
    assert_eq!(compact_ranges(&snapshot, &Plan::one("", compact_chunk(&snapshot, 3..9).unwrap())), vec![3..9]);
    assert!(compact_chunk(&snapshot, 3..31).is_err());
}

#[test]
fn account_locks_limit_updates_with_tables() {
    let snapshot = quiet(1_000).snapshot();
    let (options, pack_options) = with_tables(&snapshot, LookupContent::default());
    let plan = update(&snapshot, &options).unwrap();
    let ranges = compact_ranges(&snapshot, &plan);
    assert!(ranges[..18].iter().all(|range| range.len() == 54));
    let transactions = packed(&plan, &pack_options);
    assert_eq!((ranges.len(), transactions.len()), (19, 19));
    assert!(transactions.iter().all(|transaction| transaction.lookup_tables.len() <= 3));
    let named: BTreeSet<_> = transactions[0].instructions[0].accounts.iter().map(|meta| meta.pubkey).collect();
    // With the payer, the program, and the compute budget program.
    assert_eq!(named.len() + 3, MAX_ACCOUNT_LOCKS);
    let legacy = update(&snapshot, &UpdateOptions::default()).unwrap();
    assert_eq!(packed(&legacy, &PackOptions::new(USER)).len(), 1_000usize.div_ceil(23));
}

#[test]
fn counts_bytes_of_addresses_outside_tables() {
    let moving = FixtureValidator::new(SOL).increasing(SOL).stale();
    let snapshot = stale(vec![moving; 100]).snapshot();
    let (options, pack_options) = with_tables(&snapshot, LookupContent::default());
    let plan = update(&snapshot, &options).unwrap();
    // Two accounts each, one of them in no table.
    assert_eq!(compact_ranges(&snapshot, &plan)[0].len(), 27);
    packed(&plan, &pack_options);
    // One of the four tables is missing.
    let snapshot = quiet(1_000).snapshot();
    let (mut options, mut pack_options) = with_tables(&snapshot, LookupContent::default());
    options.lookup_tables.remove(1);
    pack_options.lookup_tables.remove(1);
    let ranges = compact_ranges(&snapshot, &update(&snapshot, &options).unwrap());
    assert!(ranges.iter().any(|range| range.len() < 30) && ranges[0].len() == 54);
    packed(&update(&snapshot, &options).unwrap(), &pack_options);
}

#[test]
fn truncates_events_only_if_allowed() {
    let arrived = FixtureValidator {
        transient_epochs: (EPOCH - 1, NOT_DEACTIVATED),
        ..FixtureValidator::new(SOL).increasing(SOL).stale()
    };
    let snapshot = stale(vec![arrived; 100]).snapshot();
    let (options, pack_options) = with_tables(&snapshot, LookupContent::default());
    let plan = update(&snapshot, &options).unwrap();
    // Counted first, in fewer transactions.
    assert_eq!(labels(&plan), ["update the validator list", "update the pool", "merge stake and sweep idle lamports"]);
    assert_eq!((plan.stages[0].groups.len(), compact_ranges(&snapshot, &plan)[0].len()), (4, 27));
    // A merge, and a withdrawal of the rent that comes with it.
    assert_eq!(compact_ranges(&snapshot, &plan)[4].len(), 13);
    let group = &plan.stages[2].groups[0];
    assert_eq!((group.log_bytes, group.compute_units), (455 + 13 * (385 + 253), 8_000 + 13 * 33_000));
    let cut = update(&snapshot, &UpdateOptions { allow_event_truncation: true, ..options }).unwrap();
    assert_eq!(compact_ranges(&snapshot, &cut)[0].len(), 27);
    assert_eq!((labels(&cut).len(), packed(&cut, &pack_options).len()), (2, 4));
    // Stake that goes to the reserve leaves nothing behind.
    let returned = FixtureValidator {
        transient_epochs: (EPOCH - 10, EPOCH - 1),
        ..FixtureValidator::new(SOL).decreasing(SOL).stale()
    };
    let returned = compact_chunk(&stale(vec![returned]).snapshot(), 0..1).unwrap();
    assert_eq!(returned.log_bytes, 455 + 385);
    let removed = FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator).stale();
    let removed = compact_chunk(&stale(vec![removed]).snapshot(), 0..1).unwrap();
    assert_eq!(removed.log_bytes, 455 + 385);
}

#[test]
fn reserves_logs_for_unread_validators() {
    let unread = Fixture { with_stakes: false, ..quiet(100) };
    let snapshot = unread.snapshot();
    let (options, _) = with_tables(&snapshot, LookupContent::default());
    let plan = update(&snapshot, &options).unwrap();
    let group = &plan.stages[0].groups[0];
    let count = compact_ranges(&snapshot, &plan)[0].len() as u32;
    assert_eq!(group.log_bytes, 455 + 253 * count);
    assert!(group.log_bytes <= 9_460 && count == 35);
    assert_eq!(group.compute_units, 8_000 + 11_000 * count);
    let read = compact_chunk(&quiet(100).snapshot(), 0..54).unwrap();
    assert_eq!((read.log_bytes, read.compute_units), (455, 8_000 + 54 * 1_000));
    let searched = stale(vec![FixtureValidator::new(SOL).without_bumps().stale(); 54]);
    assert_eq!(compact_chunk(&searched.snapshot(), 0..54).unwrap().compute_units, 8_000 + 54 * 13_000);
    // Tips arrived.
    let fixture = quiet(1);
    let mut snapshot = fixture.snapshot();
    let addresses = snapshot.clone();
    snapshot.set_stake_accounts(
        |_| true,
        |address| {
            let mut account = fixture.stake_account_at(&addresses, address)?;
            account.lamports += 1;
            Some(account)
        },
    );
    assert_eq!(compact_chunk(&snapshot, 0..1).unwrap().log_bytes, 455 + 253);
}

#[test]
fn respects_requested_chunk_size() {
    let snapshot = quiet(100).snapshot();
    let sized = |size| UpdateOptions { validators_per_instruction: Some(size), ..UpdateOptions::default() };
    assert!(update(&snapshot, &sized(0)).is_err() && update(&snapshot, &sized(55)).is_err());
    let plan = update(&snapshot, &sized(54)).unwrap();
    assert_eq!(compact_ranges(&snapshot, &plan), vec![0..54, 54..100]);
}

#[test]
fn table_addresses_follow_list_order() {
    let snapshot = quiet(3).snapshot();
    let addresses = lookup_addresses(&snapshot, LookupContent::default());
    let stakes: Vec<_> = snapshot.stake_addresses().iter().map(|stake| stake.validator).collect();
    assert_eq!(addresses[7..], stakes);
    let all = lookup_addresses(&snapshot, LookupContent { votes: true, transients: true });
    let first = snapshot.stake_addresses()[0];
    assert_eq!(all[10..13], [first.validator, vote(0), first.transient]);
    assert_eq!(all.len(), 10 + 9);
    assert_eq!(update_addresses(&snapshot).len(), 7 + 6);
}

/// The pool, read with these idle lamports beside the delegations.
fn with_idle(fixture: &Fixture, idle: &[u64]) -> PoolSnapshot {
    let mut snapshot = fixture.snapshot();
    let addresses = snapshot.clone();
    let stakes: Vec<_> = snapshot.stake_addresses().iter().map(|stake| stake.validator).collect();
    snapshot.set_stake_accounts(
        |_| true,
        |address| {
            let mut account = fixture.stake_account_at(&addresses, address)?;
            let index = stakes.iter().position(|stake| stake == address);
            account.lamports += index.map_or(0, |index| idle[index]);
            Some(account)
        },
    );
    snapshot
}

/// The vote accounts that each group of a stage sweeps, with the lamports.
fn sweeps(stage: &Stage) -> Vec<Vec<(Address, u64)>> {
    let sweep = |step: &Step| match *step {
        Step::Sweep { vote, lamports } => (vote, lamports),
        _ => unreachable!("an update has no other steps"),
    };
    stage.groups.iter().map(|group| group.steps.iter().map(sweep).collect()).collect()
}

#[test]
fn sweeps_what_is_worth_the_call() {
    assert_eq!(Sweep::default().threshold(), 1_000_000);
    let at = |price| Sweep::at(price).threshold();
    assert_eq!(at(ComputeUnitPrice::Fixed(10_000)), (200 + 100) * 5_000);
    assert_eq!(at(ComputeUnitPrice::Recent { percentile: 75, at_most: 10_000 }), (200 + 100) * 5_000);
    let fixture = quiet(4);
    let snapshot = with_idle(&fixture, &[0, 1_000_000, 1_000_001, 5]);
    let swept = |sweep| -> Vec<usize> {
        let options = UpdateOptions { sweep, ..UpdateOptions::default() };
        sweepable(&snapshot, &options).iter().map(|validator| validator.index).collect()
    };
    assert_eq!(swept(Sweep::default()), [2]);
    assert_eq!(swept(Sweep::Above(0)), [1, 2, 3]);
    assert_eq!(swept(Sweep::Above(4)), [1, 2, 3]);
    assert!(swept(Sweep::Never).is_empty());
    // Unread accounts, and the SPL instruction, which sweeps all.
    assert!(sweepable(&Fixture { with_stakes: false, ..quiet(4) }.snapshot(), &UpdateOptions::default()).is_empty());
    let spl = UpdateOptions { in_spl_form: true, ..UpdateOptions::default() };
    assert!(sweepable(&snapshot, &spl).is_empty());
}

#[test]
fn few_sweeps_go_with_the_update() {
    let fixture = quiet(10);
    let snapshot = with_idle(&fixture, &[0, 0, SOL, 0, 0, 0, 0, 9, 0, 0]);
    let plan = update(&snapshot, &UpdateOptions::default()).unwrap();
    assert_eq!(labels(&plan), ["update the validator list", "update the pool"]);
    assert_eq!(sweeps(&plan.stages[0]), [vec![(vote(2), SOL)]]);
    let instruction = &plan.stages[0].groups[0].instructions[0];
    let written: Vec<_> = instruction.accounts[7..].iter().map(|meta| meta.is_writable).collect();
    assert_eq!(written.iter().filter(|written| **written).count(), 1);
    assert!(written[2] && instruction.accounts[3].is_writable);
    assert_eq!(plan.stages[0].groups[0].log_bytes, 455 + 253);
}

#[test]
fn many_sweeps_follow_the_totals() {
    let fixture = quiet(1_000);
    let snapshot = with_idle(&fixture, &vec![SOL; 1_000]);
    let (options, pack_options) = with_tables(&snapshot, LookupContent::default());
    let plan = update(&snapshot, &options).unwrap();
    assert_eq!(labels(&plan), ["update the validator list", "update the pool", "merge stake and sweep idle lamports"]);
    assert_eq!((plan.stages[0].groups.len(), plan.stages[2].groups.len()), (19, 29));
    assert!(plan.stages[0].groups.iter().all(|group| {
        group.steps.is_empty() && group.instructions[0].accounts.iter().filter(|meta| meta.is_writable).count() == 1
    }));
    assert!(sweeps(&plan.stages[2]).iter().all(|swept| swept.len() <= 35));
    assert!(pack_plan(&plan, &pack_options).is_ok());
}

#[test]
fn sweeps_a_current_pool() {
    let fixture = Fixture::extended(vec![FixtureValidator::new(SOL); 30]);
    let mut idle = vec![0; 30];
    (idle[3], idle[8], idle[20]) = (SOL, SOL, SOL);
    let snapshot = with_idle(&fixture, &idle);
    let plan = update(&snapshot, &UpdateOptions::default()).unwrap();
    // Quiet validators are included only in small gaps.
    assert_eq!(compact_ranges(&snapshot, &plan), vec![3..9, 20..21]);
    assert!(update(&snapshot, &UpdateOptions { sweep: Sweep::Never, ..UpdateOptions::default() }).unwrap().is_empty());
}

#[test]
fn writes_what_the_program_would_not_count() {
    let removed = FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator).stale();
    let quiet = FixtureValidator::new(SOL).stale();
    let snapshot = stale(vec![quiet, removed, quiet]).snapshot();
    let plan = update(&snapshot, &UpdateOptions::default()).unwrap();
    let written = |snapshot: &PoolSnapshot, plan: &Plan| -> Vec<bool> {
        assert_eq!(compact_ranges(snapshot, plan), vec![0..3]);
        plan.stages[0].groups[0].instructions[0].accounts[7..].iter().map(|meta| meta.is_writable).collect()
    };
    assert_eq!(written(&snapshot, &plan), [false, true, false]);
    let unread = Fixture { with_stakes: false, ..stale(vec![quiet; 3]) }.snapshot();
    assert_eq!(written(&unread, &update(&unread, &UpdateOptions::default()).unwrap()), [true; 3]);
}

proptest! {
    /// Every stale record is updated once, and every plan can be packed.
    #[test]
    fn covers_stale_records(kinds in prop::collection::vec(0..8u8, 1..150), use_tables: bool, read: bool) {
        let validators = kinds.iter().map(|kind| match kind {
            0 => FixtureValidator::new(SOL),
            1 => FixtureValidator::new(SOL).increasing(SOL).stale(),
            2 => FixtureValidator::new(SOL).decreasing(SOL).stale(),
            3 => FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator).stale(),
            4 => FixtureValidator::new(SOL).without_bumps().stale(),
            _ => FixtureValidator::new(SOL).stale(),
        });
        let fixture = Fixture { with_stakes: read, ..stale(validators.collect()) };
        let snapshot = fixture.snapshot();
        let (mut options, mut pack_options) = with_tables(&snapshot, LookupContent::default());
        if !use_tables {
            options.lookup_tables.clear();
            pack_options.lookup_tables.clear();
        }
        let plan = update(&snapshot, &options).unwrap();
        let mut covered = vec![0; kinds.len()];
        for range in compact_ranges(&snapshot, &plan) {
            prop_assert!(kinds[range.start] > 0 && kinds[range.end - 1] > 0);
            range.for_each(|index| covered[index] += 1);
        }
        for (kind, times) in kinds.iter().zip(covered) {
            prop_assert!(times == 1 || (*kind == 0 && times == 0));
        }
        prop_assert!(pack_plan(&plan, &pack_options).is_ok());
        prop_assert!(plan.groups().all(|group| group.log_bytes <= 9_460));
    }
}
