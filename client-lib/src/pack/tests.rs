use {
    super::*,
    crate::pool::fixture::{Fixture, FixtureValidator, SOL, vote},
    solana_hash::Hash,
    solana_instruction::AccountMeta,
    solana_message::{Message, VersionedMessage, v0},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::collections::BTreeSet,
};

const PAYER: Address = Address::new_from_array([201; 32]);

/// The length of the transaction in wire format.
fn wire_bytes(plan: &Outgoing) -> usize {
    let message = if plan.lookup_tables.is_empty() {
        VersionedMessage::Legacy(Message::new_with_blockhash(&plan.instructions, Some(&PAYER), &Hash::default()))
    } else {
        let tables = &plan.lookup_tables;
        VersionedMessage::V0(v0::Message::try_compile(&PAYER, &plan.instructions, tables, Hash::default()).unwrap())
    };
    let signers = usize::from(message.header().num_required_signatures);
    let named: BTreeSet<_> = message.static_account_keys()[..signers].iter().copied().collect();
    assert_eq!(named, plan.signers().into_iter().chain([PAYER]).collect());
    bincode::serialize(&VersionedTransaction { signatures: vec![Signature::default(); signers], message })
        .unwrap()
        .len()
}

/// A group with accounts of its own, distinct for each `seed`.
fn made_up(seed: usize, accounts: usize, signers: usize, data: usize) -> InstructionGroup {
    let metas = (0..accounts).map(|index| AccountMeta::new(vote(1_000 * seed + index), index < signers)).collect();
    let program = vote(999_999);
    InstructionGroup::one(format!("group {seed}"), Instruction::new_with_bytes(program, &vec![0; data], metas), 10_000)
}

#[test]
fn counts_wire_bytes() {
    let options = PackOptions::new(PAYER);
    for (accounts, signers, data) in [(0, 0, 0), (1, 1, 1), (5, 3, 127), (5, 0, 128), (18, 3, 200), (27, 1, 0)] {
        let plans = pack(&[made_up(1, accounts, signers, data)], &options).unwrap();
        let [plan] = plans.as_slice() else { panic!("{plans:?}") };
        assert_eq!(transaction_bytes(&PAYER, &plan.instructions), wire_bytes(plan));
    }
}

#[test]
fn packs_every_group_once() {
    let options = PackOptions::new(PAYER);
    let groups: Vec<_> = (0..40).map(|seed| made_up(seed, 1 + seed % 13, seed % 3, 10 * (seed % 7))).collect();
    let plans = pack(&groups, &options).unwrap();
    assert!(plans.len() < groups.len());
    let mut labels: Vec<_> = plans.iter().flat_map(|plan| plan.label.split(", ")).collect();
    labels.sort();
    let mut expected: Vec<_> = groups.iter().map(|group| group.label.clone()).collect();
    expected.sort();
    assert_eq!(labels, expected);
    for plan in &plans {
        assert!(wire_bytes(plan) + COMPUTE_BUDGET_BYTES <= MAX_TRANSACTION_BYTES);
        assert!(plan.compute_units >= Some(10_000 * plan.label.split(", ").count() as u32));
    }
}

#[test]
fn separates_groups_on_request() {
    let options = PackOptions { max_groups: 1, ..PackOptions::new(PAYER) };
    let groups = [made_up(0, 1, 0, 0), made_up(1, 1, 0, 0)];
    assert_eq!(pack(&groups, &options).unwrap().len(), 2);
    assert_eq!(pack(&groups, &PackOptions::new(PAYER)).unwrap().len(), 1);
}

#[test]
fn compute_units_limit_a_transaction() {
    let options = PackOptions::new(PAYER);
    let heavy = |seed| InstructionGroup { compute_units: 800_000, ..made_up(seed, 1, 0, 0) };
    assert_eq!(pack(&[heavy(0), heavy(1)], &options).unwrap().len(), 2);
    let too_heavy = InstructionGroup { compute_units: 1_400_000, ..made_up(7, 1, 0, 0) };
    let error = pack(&[too_heavy], &options).unwrap_err();
    assert!(matches!(&error, PackError::TooManyComputeUnits { label, .. } if label == "group 7"), "{error}");
}

#[test]
fn a_transaction_grows_only_by_others_of_its_stage() {
    let options = PackOptions::new(PAYER);
    let growing = |seed| made_up(seed, 1, 0, 600).growing(7_000);
    let growth = |groups: &[InstructionGroup]| -> Vec<u32> {
        pack(groups, &options).unwrap().iter().map(|plan| plan.compute_growth).collect()
    };
    assert_eq!(growth(&[growing(0)]), [0]);
    assert_eq!(growth(&[growing(0), growing(1)]), [7_000, 7_000]);
}

#[test]
fn logs_limit_a_transaction_unless_a_group_alone_exceeds_them() {
    let options = PackOptions::new(PAYER);
    let chatty = |seed, log_bytes| made_up(seed, 1, 0, 0).logging(log_bytes);
    assert_eq!(pack(&[chatty(0, 4_600), chatty(1, 4_600)], &options).unwrap().len(), 1);
    assert_eq!(pack(&[chatty(0, 4_600), chatty(1, 4_900)], &options).unwrap().len(), 2);
    assert_eq!(pack(&[chatty(0, 20_000), chatty(1, 100)], &options).unwrap().len(), 2);
}

#[test]
fn names_group_that_does_not_fit() {
    let error = pack(&[made_up(0, 1, 0, 0), made_up(3, 35, 0, 0)], &PackOptions::new(PAYER)).unwrap_err();
    assert!(
        matches!(&error, PackError::TooManyBytes { label, bytes } if label == "group 3" && *bytes > 1232),
        "{error}"
    );
}

#[test]
fn account_locks_limit_transactions_with_tables() {
    let fixture = Fixture { with_stakes: false, ..Fixture::of(vec![FixtureValidator::new(SOL); 200]) };
    let snapshot = fixture.snapshot();
    let addresses = crate::plan::update_addresses(&snapshot);
    let lookup_tables: Vec<_> = addresses
        .chunks(256)
        .enumerate()
        .map(|(index, addresses)| AddressLookupTableAccount { key: vote(5_000 + index), addresses: addresses.to_vec() })
        .collect();
    let options = PackOptions { lookup_tables, ..PackOptions::new(PAYER) };
    let most = max_update_pairs_by_locks(&options);
    assert_eq!(most, 27);
    // These are in both tables.
    let group = crate::plan::list_chunk(&snapshot, 110..110 + most, false).unwrap();
    let plans = pack(&[group], &options).unwrap();
    let [plan] = plans.as_slice() else { panic!("{plans:?}") };
    assert_eq!(plan.lookup_tables.len(), 2);
    let mut footprint = Footprint::new(PAYER);
    plan.instructions.iter().for_each(|instruction| footprint.add(instruction));
    assert_eq!(footprint.bytes(&Tables::new(&options.lookup_tables)), wire_bytes(plan));
    let one_more = crate::plan::list_chunk(&snapshot, 0..most + 1, false).unwrap();
    assert!(matches!(pack(&[one_more], &options), Err(PackError::TooManyAccounts { accounts: 66, .. })));
    let small = pack(&[made_up(1, 1, 0, 0)], &options).unwrap();
    assert!(small[0].lookup_tables.is_empty());
}

#[test]
fn fills_list_update() {
    let options = PackOptions::new(PAYER);
    let pairs = max_update_pairs(&options);
    let without_budget = PackOptions { reserved_bytes: 0, ..options.clone() };
    assert_eq!((pairs, max_update_pairs(&without_budget)), (11, 12));
    let fixture = Fixture { with_stakes: false, ..Fixture::of(vec![FixtureValidator::new(SOL); 20]) };
    let snapshot = fixture.snapshot();
    let chunk = |pairs| crate::plan::list_chunk(&snapshot, 0..pairs, false).unwrap();
    for (pairs, options) in [(pairs, options), (pairs + 1, without_budget)] {
        let plans = pack(&[chunk(pairs)], &options).unwrap();
        assert!(wire_bytes(&plans[0]) + options.reserved_bytes <= MAX_TRANSACTION_BYTES);
        assert!(pack(&[chunk(pairs + 1)], &options).is_err());
    }
}
