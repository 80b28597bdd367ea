//! Plans cover all wanted addresses, and a second plan is empty.

use {
    super::*,
    crate::pack::{PackOptions, pack_plan},
    proptest::prelude::*,
    solana_rent::Rent,
    std::collections::{BTreeSet, HashMap, HashSet},
};

const SLOTS: std::ops::Range<Slot> = 5_000..5_050;

fn slots() -> Vec<Slot> {
    SLOTS.collect()
}

fn planned(existing: &[LookupTable], wanted: &[Address]) -> LookupPlan {
    plan(existing, wanted, &TABLE_OWNER, &slots()).unwrap()
}

/// Number of active tables that hold each address besides the pool's.
fn coverage(tables: &[LookupTable]) -> HashMap<Address, usize> {
    let mut counts = HashMap::new();
    for address in tables.iter().filter(|table| table.is_active()).flat_map(|table| &table.addresses) {
        *counts.entry(*address).or_default() += usize::from(*address != POOL);
    }
    counts
}

#[test]
fn creates_tables() {
    let wanted = addresses(0..600);
    let first = planned(&[], &wanted);
    let sizes: Vec<_> = first.changes.iter().map(|change| change.added.len()).collect();
    assert_eq!(sizes, [256, 256, 600 - 2 * 255 + 1]);
    assert!(first.changes.iter().all(|change| change.is_new() && change.added[0] == POOL));
    let stages: Vec<_> = first.plan.stages.iter().map(|stage| (stage.label.as_str(), stage.groups.len())).collect();
    assert_eq!(stages, [("create lookup tables", 3), ("extend lookup tables", 10 + 10 + 3)]);
    assert_eq!(first.rent(&Rent::default()), {
        let rent = |addresses: usize| Rent::default().minimum_balance(56 + 32 * addresses);
        2 * rent(256) + rent(91)
    });

    let mut tables = vec![];
    run(&first.plan, &mut tables, 5_100);
    assert!(coverage(&tables).values().all(|count| *count <= 1));
    assert_eq!(tables[1].addresses[1..], wanted[255..510], "neighbours are in one table");
    assert!(planned(&tables, &wanted).is_empty());
}

#[test]
fn empty_request_needs_no_table() {
    assert!(planned(&[], &[]).is_empty());
    let alone = planned(&[], &[POOL]);
    assert_eq!(alone.changes[0].added, [POOL]);
    assert!(planned(&[table(1, [])], &[POOL]).is_empty());
    assert!(planned(&[table(1, 0..3)], &[POOL, address(0), address(2), address(0)]).is_empty());
}

#[test]
fn extends_table_of_growing_pool() {
    let tables = [table(1, 0..250), table(2, 300..320)];
    let wanted: Vec<_> = addresses((0..253).chain(300..320));
    let grown = planned(&tables, &wanted);
    assert_eq!(grown.changes.len(), 1);
    let change = &grown.changes[0];
    assert_eq!((change.address, change.present, change.added.clone()), (tables[0].address, 251, addresses(250..253)));
    assert_eq!(change.rent(&Rent::default()), Rent::default().minimum_balance(56 + 32 * 254) - 1_001);

    // An address that no longer fits beside its neighbours goes to the table with room.
    let grown = planned(&tables, &addresses((0..260).chain(300..320)));
    assert_eq!(grown.changes[0].added, addresses(250..255));
    assert_eq!(grown.changes[1].added, addresses(255..260));
}

#[test]
fn keeps_long_runs_together() {
    let tables = [table(1, 0..250), table(2, 300..550)];
    let run_of_fifty = addresses(600..650);
    let wanted: Vec<_> = run_of_fifty.iter().copied().chain(addresses((0..250).chain(300..550))).collect();
    let grown = planned(&tables, &wanted);
    assert_eq!(grown.changes.len(), 1);
    assert!(grown.changes[0].is_new());
    assert_eq!(grown.changes[0].added[1..], run_of_fifty);
}

#[test]
fn replaces_table_with_few_wanted_addresses() {
    let tables = [table(1, 0..100), table(2, 100..200)];
    let wanted = addresses((0..49).chain(100..150));
    let shrunk = planned(&tables, &wanted);
    assert_eq!(shrunk.replaced, [tables[0].address]);
    assert_eq!(shrunk.changes.len(), 1, "half of the second is wanted, and it takes the rest of the first");
    assert_eq!(shrunk.changes[0].added, addresses(0..49));
    assert!(shrunk.plan.stages.last().unwrap().label.contains("deactivate"));
    let mut after = tables.to_vec();
    run(&shrunk.plan, &mut after, 5_100);
    assert_eq!(after[0].deactivation_slot, Some(5_100));
    assert!(planned(&after, &wanted).is_empty());
}

#[test]
fn keeps_tables_of_other_authorities() {
    let foreign = LookupTable { authority: Some(PAYER), ..table(1, 0..10) };
    let frozen = LookupTable { authority: None, ..table(2, 10..20) };
    let of_other_pool = LookupTable { addresses: addresses(20..30), ..table(3, []) };
    let deactivated = LookupTable { deactivation_slot: Some(4_000), ..table(4, 30..40) };
    let existing = [foreign, frozen, of_other_pool, deactivated];
    let all = planned(&existing, &addresses(0..40));
    assert!(all.replaced.is_empty());
    assert_eq!(all.changes.len(), 1);
    assert_eq!(all.changes[0].added[1..], addresses(30..40));
    assert!(planned(&existing, &addresses(0..5)).is_empty());
}

#[test]
fn deduplicates_tables() {
    let twice = [table(1, 0..10), table(1, 0..10)];
    let grown = planned(&twice, &addresses(0..300));
    assert_eq!(grown.changes.iter().map(|change| change.present).collect::<Vec<_>>(), [11, 0]);
    assert_eq!(planned(&twice, &[]).replaced.len(), 1);
    assert_eq!(close(&twice, &AUTHORITY, &RECIPIENT, &hashes_of([1])).unwrap().plan.groups().count(), 1);
}

#[test]
fn uses_one_slot_per_new_table() {
    let wanted = addresses(0..300);
    let error = plan(&[], &wanted, &TABLE_OWNER, &[5, 5, 5]).unwrap_err();
    assert!(matches!(error, LookupError::TooFewSlots { needed: 2, given: 1 }), "{error}");
    let full = table(5, 1_000..1_255);
    let existing = [LookupTable { authority: Some(PAYER), ..full }];
    let passed_over = plan(&existing, &wanted, &TABLE_OWNER, &[5, 6, 7]).unwrap();
    let expected = [6, 7].map(|slot| derive_lookup_table_address(&AUTHORITY, slot).0);
    assert_eq!(passed_over.changes.iter().map(|change| change.address).collect::<Vec<_>>(), expected);
}

#[test]
fn fills_transactions_with_one_or_two_signers() {
    let wanted = addresses(0..255);
    for (payer, first, next) in [(AUTHORITY, 28, 28), (PAYER, 25, 25)] {
        let table_owner = TableOwner { payer, ..TABLE_OWNER };
        let plan = plan(&[], &wanted, &table_owner, &slots()).unwrap().plan;
        let packed = pack_plan(&plan, &PackOptions::new(payer)).unwrap();
        assert_eq!(packed[0].len(), 1);
        assert!(packed[0][0].label.ends_with(&format!("with {first} addresses")), "{}", packed[0][0].label);
        assert_eq!(packed[1].len(), (256_usize - first).div_ceil(next));
        assert_eq!(packed[1][0].signers(), BTreeSet::from([payer, AUTHORITY]));
    }
}

/// Wanted addresses at some time: a part of 1,200 in some order.
fn wants() -> impl Strategy<Value = Vec<usize>> {
    let cuts = (0..1_200_usize, 0..700_usize, 1..5_usize);
    prop::collection::vec(cuts, 1..5).prop_map(|cuts| {
        let mut wanted = vec![];
        for (start, length, step) in cuts {
            wanted.extend((start..1_200).step_by(step).take(length));
        }
        wanted
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Over the lifetime of a pool, with any wanted addresses.
    #[test]
    fn covers_wanted_addresses(lives in prop::collection::vec(wants(), 1..6), pool_is_wanted: bool) {
        let mut tables: Vec<LookupTable> = vec![];
        for (time, life) in lives.into_iter().enumerate() {
            let mut wanted = addresses(life);
            if pool_is_wanted {
                wanted.push(POOL);
            }
            let slots: Vec<_> = (100 * time as u64..100 * time as u64 + 50).collect();
            let step = plan(&tables, &wanted, &TABLE_OWNER, &slots).unwrap();
            prop_assert!(pack_plan(&step.plan, &PackOptions::new(PAYER)).is_ok());
            let distinct: HashSet<_> = wanted.iter().collect();
            let new = step.changes.iter().filter(|change| change.is_new()).count();
            prop_assert!(new <= place::most_new_tables(distinct.len()));

            run(&step.plan, &mut tables, 10_000);
            let covered = coverage(&tables);
            for address in &wanted {
                let count = covered.get(address).copied();
                prop_assert_eq!(count, Some(usize::from(*address != POOL)), "exactly once, the pool in each table");
            }
            prop_assert!(plan(&tables, &wanted, &TABLE_OWNER, &[]).unwrap().is_empty(), "the second plan is empty");
        }
    }
}
