//! Usable addresses, and closing.

use {super::*, solana_slot_hashes::MAX_ENTRIES};

#[test]
fn new_addresses_are_usable_in_next_slot() {
    let mut table = table(100, 0..5);
    table.settled = 2;
    let usable = |table: &LookupTable, newest| table.usable(&hashes_of([newest])).map(|usable| usable.addresses);
    assert_eq!(usable(&table, 99), Some(vec![POOL, address(0)]));
    assert_eq!(usable(&table, 100), Some(table.addresses.clone()));
    assert_eq!(table.usable(&hashes_of([100])).unwrap().key, table.address);
    table.settled = 0;
    assert_eq!(usable(&table, 99), None);
    table.deactivation_slot = Some(100);
    assert_eq!(usable(&table, 101), None);
}

#[test]
fn ignores_invalid_table_meta() {
    let table = LookupTable { settled: 9, ..table(100, 0..5) };
    assert_eq!(table.usable(&hashes_of([99])), None);
}

#[test]
fn table_cools_down_for_512_blocks() {
    let deactivated = LookupTable { deactivation_slot: Some(1_000), ..table(1, 0..3) };
    let blocks = |slots: std::ops::RangeInclusive<Slot>| match deactivated.state(&hashes_of(slots)) {
        TableState::CoolingDown { blocks } => Some(blocks),
        TableState::Closable => None,
        TableState::Active => panic!("it was deactivated"),
    };
    let most = MAX_ENTRIES as u64;
    assert_eq!(blocks(900..=998), Some(most + 1), "the node with the hashes is behind");
    assert_eq!(blocks(900..=999), Some(most + 1));
    assert_eq!(blocks(900..=1_000), Some(most));
    assert_eq!(blocks(900..=1_000 + most - 1), Some(1));
    assert_eq!(blocks(900..=1_000 + most), None);
    assert_eq!(table(1, 0..3).state(&hashes_of(900..=2_000)), TableState::Active);
}

#[test]
fn plans_next_step_of_each_table() {
    let slot_hashes = hashes_of(1_000..=1_600);
    let active = table(1, 0..3);
    let cooling = LookupTable { deactivation_slot: Some(1_500), ..table(2, 0..3) };
    let closable = LookupTable { deactivation_slot: Some(1_010), ..table(3, 0..3) };
    let mut tables = vec![active, cooling, closable];
    let before = tables.clone();
    let closing = close(&tables, &AUTHORITY, &RECIPIENT, &slot_hashes).unwrap();
    let states: Vec<_> = closing.tables.iter().map(|table| table.state).collect();
    assert_eq!(states, [TableState::Active, TableState::CoolingDown { blocks: 412 }, TableState::Closable]);
    assert_eq!((closing.refund(), closing.later_refund(), closing.wait()), (1_003, 1_001 + 1_002, Some(412)));
    assert_eq!(closing.plan.groups().count(), 2);
    let last = closing.plan.groups().last().unwrap();
    assert_eq!(last.instructions[0].accounts[2].pubkey, RECIPIENT);

    run(&closing.plan, &mut tables, 1_601);
    assert_eq!(tables[0].deactivation_slot, Some(1_601));
    assert_eq!(tables[1..], before[1..2]);
    let again = close(&tables, &AUTHORITY, &RECIPIENT, &hashes_of(1_000..=1_602)).unwrap();
    assert!(again.plan.is_empty());
    assert_eq!(again.wait(), Some(511));
    run(&close(&tables, &AUTHORITY, &RECIPIENT, &hashes_of(2_000..=2_600)).unwrap().plan, &mut tables, 2_601);
    assert!(tables.is_empty());
}

#[test]
fn rejects_other_authority() {
    let foreign = LookupTable { authority: Some(PAYER), ..table(1, 0..3) };
    let frozen = LookupTable { authority: None, ..table(1, 0..3) };
    let error = |table| close(&[table], &AUTHORITY, &RECIPIENT, &hashes_of([1])).unwrap_err();
    assert!(matches!(error(foreign), LookupError::NotAuthority { owner: PAYER, .. }));
    assert!(matches!(error(frozen), LookupError::Frozen { .. }));
}
